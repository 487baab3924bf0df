//! A seed in, ten thousand products out: each with its words, prices, stock and history.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rustc_hash::FxHashSet;
use serde::Serialize;

use super::phrases::{Words, expand, sentence};
use super::tables::{Gender, Leaf, Tables, tables};
use super::variants::{self, Offer};

/// How many products the demo shop sells.
pub const PRODUCTS: usize = 10_000;
const FIRST_ID: usize = 10_001;
/// How often a product is drawn again because its title is taken.
const TITLE_ATTEMPTS: u64 = 12;
const OLDEST_DAYS: f64 = 1_100.0;

/// A product as the feed prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Product {
    pub id: String,
    pub title: String,
    pub description: String,
    pub brand: &'static str,
    pub category: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub material: Option<&'static str>,
    /// 1 to 5 stars; absent while nobody has written a review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    pub reviews: u32,
    /// 0 to 1.
    pub popularity: f64,
    /// Share of the price that is left after costs, 0 to 1.
    pub margin: f64,
    /// A day, `2026-10-01`.
    pub released: String,
    pub image: String,
    pub variants: Vec<Variant>,
    /// Position of the category in the tables.
    #[serde(skip)]
    pub(crate) leaf: usize,
    /// Price level of the brand, 1 to 4.
    #[serde(skip)]
    pub(crate) tier: u8,
}

/// What can be bought: one colour and size.
#[derive(Clone, Debug, Serialize)]
pub struct Variant {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<&'static str>,
    /// Euros.
    pub price: f64,
    /// The price before a reduction, in euros.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_price: Option<f64>,
    pub stock: u32,
    pub image: String,
    /// The colour of the picture, also where the feed names none.
    #[serde(skip)]
    pub(crate) shade: &'static str,
}

impl Product {
    /// Whether any variant is in stock.
    pub fn buyable(&self) -> bool {
        self.variants.iter().any(|variant| variant.stock > 0)
    }

    /// The lowest price of any variant, in euros.
    pub fn price(&self) -> f64 {
        self.variants
            .iter()
            .map(|variant| variant.price)
            .fold(f64::INFINITY, f64::min)
    }
}

/// The products of the demo shop in the order of their ids: the same seed and day give the same products.
pub fn catalog(seed: u64, now: Timestamp) -> Catalog {
    Catalog {
        tables: tables(),
        seed,
        now,
        next: 0,
        titles: FxHashSet::default(),
    }
}

/// Iterator over the demo shop's products.
pub struct Catalog {
    tables: &'static Tables,
    seed: u64,
    now: Timestamp,
    next: usize,
    titles: FxHashSet<String>,
}

impl Iterator for Catalog {
    type Item = Product;

    fn next(&mut self) -> Option<Product> {
        if self.next == PRODUCTS {
            return None;
        }
        let mut attempt = 0;
        let mut product = self.draw(attempt);
        while self.titles.contains(&product.title) && attempt < TITLE_ATTEMPTS {
            attempt += 1;
            product = self.draw(attempt);
        }
        if self.titles.contains(&product.title) {
            product
                .title
                .push_str(&format!(" No. {}", self.next % 97 + 2));
        }
        self.titles.insert(product.title.clone());
        self.next += 1;
        Some(product)
    }
}

impl Catalog {
    fn draw(&self, attempt: u64) -> Product {
        let mut rng = rng(self.seed, (self.next as u64) << 8 | attempt);
        product(self.tables, self.now, FIRST_ID + self.next, &mut rng)
    }
}

/// A generator for one thing of one seed, so that things do not depend on what was drawn before them.
pub(crate) fn rng(seed: u64, thing: u64) -> StdRng {
    let mixed =
        (seed ^ thing.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_mul(0xD134_2543_DE82_EF95);
    StdRng::seed_from_u64(mixed ^ (mixed >> 29))
}

fn product(tables: &'static Tables, now: Timestamp, id: usize, rng: &mut StdRng) -> Product {
    let leaves: Vec<usize> = (0..tables.leaves.len()).collect();
    let leaf_position = weighted(&leaves, |&position| tables.leaves[position].weight, rng);
    let leaf = &tables.leaves[*leaf_position];
    let brand = &tables.brands[*weighted(
        &leaf.brands,
        |&position| tables.brands[position].weight,
        rng,
    )];
    let gender = gender(leaf, rng);
    let noun = pick(&leaf.nouns, rng).as_str();
    let quality = quality(leaf, noun, rng);
    let material = pick(&leaf.materials, rng).as_str();
    let words = Words {
        brand: &brand.name,
        line: pick(&brand.lines, rng).as_str(),
        noun,
        material,
        quality: &quality.0,
        gender: if leaf.gender == Gender::All {
            possessive(gender)
        } else {
            ""
        },
    };
    let title = expand(pick(&leaf.titles, rng).as_str(), &words, rng);
    let description = description(leaf, &words, &quality.1, rng);
    let offer = Offer {
        id,
        tier: brand.tier,
        gender,
        sold_out: rng.random_bool(variants::SOLD_OUT_PRODUCTS),
    };
    let variants = variants::variants(tables, leaf, &offer, rng);
    let history = history(brand.tier, brand.weight, rng);
    let reduced = variants.iter().any(|variant| variant.list_price.is_some());
    Product {
        id: id.to_string(),
        title,
        description,
        brand: &brand.name,
        category: &leaf.category,
        gender,
        material: Some(material),
        rating: history.rating,
        reviews: history.reviews,
        popularity: history.popularity,
        margin: margin(leaf, reduced, rng),
        released: day(now, history.age_days),
        image: variants[0].image.clone(),
        variants,
        leaf: *leaf_position,
        tier: brand.tier,
    }
}

/// A trait that the noun does not already name, so that no title says `Solar Solar Lantern`.
fn quality(leaf: &'static Leaf, noun: &str, rng: &mut StdRng) -> &'static (String, String) {
    let noun = noun.to_lowercase();
    let news: Vec<&(String, String)> = leaf
        .traits
        .iter()
        .filter(|quality| !noun.contains(&quality.0.to_lowercase()))
        .collect();
    news.choose(rng)
        .copied()
        .expect("a noun names one trait at most")
}

fn gender(leaf: &Leaf, rng: &mut StdRng) -> Option<&'static str> {
    match leaf.gender {
        Gender::None => None,
        Gender::Women => Some("women"),
        Gender::All => Some(match rng.random_range(0..10) {
            0..4 => "women",
            4..8 => "men",
            _ => "unisex",
        }),
    }
}

fn possessive(gender: Option<&str>) -> &'static str {
    match gender {
        Some("women") => "Women's",
        Some("men") => "Men's",
        _ => "",
    }
}

fn description(leaf: &Leaf, words: &Words, about_quality: &str, rng: &mut StdRng) -> String {
    let opening = sentence(pick(&leaf.openings, rng).as_str(), words, rng);
    let middle = sentence(about_quality, words, rng);
    let fact = sentence(pick(&leaf.facts, rng).as_str(), words, rng);
    if rng.random_bool(0.2) {
        format!("{opening} {middle}")
    } else {
        format!("{opening} {middle} {fact}")
    }
}

struct History {
    popularity: f64,
    reviews: u32,
    rating: Option<f64>,
    age_days: i64,
}

/// Few products are loved by many; old ones have had more time to be reviewed; dear brands disappoint less.
fn history(tier: u8, brand_weight: f64, rng: &mut StdRng) -> History {
    let popularity = (rng.random::<f64>().powi(3) * 0.8 * brand_weight.powf(0.35) + 0.005).min(1.0);
    let age_days = 1 + (rng.random::<f64>().powf(1.6) * OLDEST_DAYS) as i64;
    let exposure = (age_days as f64 / OLDEST_DAYS).sqrt();
    let reviews = (popularity * exposure * rng.random_range(150.0..900.0)) as u32;
    let spread = rng.random::<f64>() + rng.random::<f64>() + rng.random::<f64>() - 1.5;
    let liking = 4.15 + 0.08 * f64::from(tier) + 0.85 * spread;
    // Hardly anything is perfect: what lies above 4.5 is squeezed under 5.
    let rating = if liking > 4.5 {
        4.5 + (liking - 4.5) * 0.4
    } else {
        liking
    };
    History {
        popularity: (popularity * 1_000.0).round() / 1_000.0,
        reviews,
        rating: (reviews > 0).then_some((rating * 10.0).round() / 10.0),
        age_days,
    }
}

fn margin(leaf: &Leaf, reduced: bool, rng: &mut StdRng) -> f64 {
    let margin =
        rng.random_range(leaf.margin[0]..leaf.margin[1]) - if reduced { 0.12 } else { 0.0 };
    (margin.max(0.04) * 100.0).round() / 100.0
}

fn day(now: Timestamp, age_days: i64) -> String {
    let then = now - jiff::SignedDuration::from_hours(24 * age_days);
    TimeZone::UTC.to_datetime(then).date().to_string()
}

/// Any of a list that the tests have shown not to be empty.
pub(crate) fn pick<'a, T>(list: &'a [T], rng: &mut StdRng) -> &'a T {
    list.choose(rng).expect("the tables hold no empty lists")
}

pub(crate) fn weighted<'a, T>(
    list: &'a [T],
    weight: impl Fn(&T) -> f64,
    rng: &mut StdRng,
) -> &'a T {
    list.choose_weighted(rng, weight)
        .expect("the tables hold positive weights")
}
