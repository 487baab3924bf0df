//! A synthetic catalog: products whose words are as unevenly spread as those of real shops.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};

use super::words::{
    ADJECTIVES, COLORS, DEPARTMENTS, FUNCTION_WORDS, MATERIALS, PROSE, SIZES, capital, invented,
    split,
};

const BRANDS: usize = 2_000;
const SERIES: usize = 8_000;
const RARE_WORDS: usize = 30_000;
const DESCRIPTION_WORDS: std::ops::Range<usize> = 16..34;
/// Share of products of which nothing is left.
const SOLD_OUT: f64 = 0.08;

/// One line of the feed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Product {
    pub id: String,
    pub title: String,
    pub brand: String,
    /// Three levels: department, noun, type.
    pub category: String,
    pub color: String,
    pub material: String,
    pub size: String,
    pub description: String,
    pub price: f64,
    pub stock: u32,
    pub rating: f64,
    pub popularity: f64,
}

/// What products are made of.
pub struct Words {
    pub brands: Vec<String>,
    pub types: Vec<Type>,
    pub colors: Vec<&'static str>,
    pub materials: Vec<&'static str>,
    pub adjectives: Vec<&'static str>,
    sizes: Vec<&'static str>,
    series: Vec<String>,
    prose: Vec<String>,
    function_words: Vec<&'static str>,
}

/// A kind of thing, such as trail running shoes.
pub struct Type {
    pub department: &'static str,
    pub noun: &'static str,
    pub modifier: &'static str,
}

impl Words {
    pub fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let brands = invented(BRANDS, 2, &mut random);
        let series = invented(SERIES, 2, &mut random);
        let mut prose: Vec<String> = split(PROSE).into_iter().map(str::to_string).collect();
        prose.extend(invented(RARE_WORDS, 3, &mut random));
        Words {
            brands: brands.iter().map(|brand| capital(brand)).collect(),
            types: types(),
            colors: split(COLORS),
            materials: split(MATERIALS),
            adjectives: split(ADJECTIVES),
            sizes: split(SIZES),
            series: series.iter().map(|word| capital(word)).collect(),
            prose,
            function_words: split(FUNCTION_WORDS),
        }
    }

    /// The product with this number; the same for the same seed.
    pub fn product(&self, seed: u64, number: usize) -> Product {
        let random = &mut StdRng::seed_from_u64(seed ^ (number as u64).wrapping_mul(0x9E37_79B9));
        let brand = zipf(&self.brands, 0.9, random);
        let kind = zipf(&self.types, 0.7, random);
        let color = *zipf(&self.colors, 0.8, random);
        let material = *zipf(&self.materials, 0.8, random);
        let adjective = *zipf(&self.adjectives, 0.6, random);
        let size = *zipf(&self.sizes, 0.3, random);
        // A brand has a few series of its own.
        let series = &self.series[(brand.len() * 31
            + random.random_range(0..12) * 641
            + usize::from(brand.as_bytes()[0]) * 97
            + usize::from(brand.as_bytes()[2]) * 13)
            % SERIES];
        let Type { noun, modifier, .. } = kind;
        let mut title = format!("{brand} {series} ");
        if random.random_bool(0.7) {
            title += &format!("{} ", capital(adjective));
        }
        if random.random_bool(0.4) {
            title += &format!("{} ", capital(material));
        }
        title += &format!("{modifier} {noun} {color}");
        if random.random_bool(0.5) {
            title += &format!(" {size}");
        }
        if random.random_bool(0.6) {
            title += &format!(" {}", model_code(random));
        }
        Product {
            id: format!("p{number}"),
            title,
            brand: brand.clone(),
            category: kind.path(),
            color: color.to_string(),
            material: material.to_string(),
            size: size.to_string(),
            description: self.description(kind, material, random),
            price: (random.random::<f64>().powi(3) * 400.0 + 4.0).round() - 0.01,
            stock: if random.random_bool(SOLD_OUT) {
                0
            } else {
                random.random_range(1..300)
            },
            rating: (random.random_range(2.5..5.0_f64) * 10.0).round() / 10.0,
            popularity: (random.random::<f64>().powi(4) * 1000.0).round() / 1000.0,
        }
    }

    fn description(&self, kind: &Type, material: &str, random: &mut StdRng) -> String {
        let mut text = String::new();
        for _ in 0..random.random_range(DESCRIPTION_WORDS) {
            let word = match random.random::<f64>() {
                share if share < 0.35 => *zipf(&self.function_words, 0.8, random),
                share if share < 0.39 => kind.noun,
                share if share < 0.42 => material,
                share if share < 0.50 => *zipf(&self.adjectives, 0.6, random),
                share if share < 0.52 => *zipf(&self.colors, 0.8, random),
                share if share < 0.54 => zipf(&self.types, 0.7, random).modifier,
                _ => zipf(&self.prose, 1.0, random).as_str(),
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text.push('.');
        text
    }
}

impl Type {
    /// The category, its levels joined as feeds join them.
    pub fn path(&self) -> String {
        let Type {
            department,
            noun,
            modifier,
        } = self;
        format!("{department} > {noun} > {modifier} {noun}")
    }
}

/// Writes the feed of `products` products, one JSON object a line.
pub fn write_feed(path: &Path, words: &Words, seed: u64, products: usize) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for number in 0..products {
        serde_json::to_writer(&mut file, &words.product(seed, number))?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()
}

/// One of the list, the first ones far more often: the chance of rank `r` is close to `r^-skew`.
pub fn zipf<'l, T>(list: &'l [T], skew: f64, random: &mut StdRng) -> &'l T {
    let length = list.len() as f64 + 1.0;
    let drawn: f64 = random.random();
    let rank = if (skew - 1.0).abs() < 1e-9 {
        length.powf(drawn)
    } else {
        let power = 1.0 - skew;
        (drawn * (length.powf(power) - 1.0) + 1.0).powf(1.0 / power)
    };
    &list[(rank as usize - 1).min(list.len() - 1)]
}

/// All types, mixed so that no department has all the frequent ones.
fn types() -> Vec<Type> {
    let mut types = Vec::new();
    for round in 0..50 {
        for (department, nouns, modifiers) in DEPARTMENTS {
            let (nouns, modifiers) = (split(nouns), split(modifiers));
            let (noun, turn) = (round % 10, round / 10);
            types.push(Type {
                department,
                noun: nouns[noun],
                modifier: modifiers[(noun * 3 + turn) % modifiers.len()],
            });
        }
    }
    types
}

fn model_code(random: &mut StdRng) -> String {
    let letter = |random: &mut StdRng| char::from(random.random_range(b'A'..=b'Z'));
    format!(
        "{}{}{}",
        letter(random),
        letter(random),
        random.random_range(100..10_000)
    )
}
