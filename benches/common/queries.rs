//! What shoppers type: head queries, whose words stand together in many products, and long-tail ones, whose words
//! do not all stand together in any.

use anyhow::ensure;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::bare::Bare;
use super::catalog::{Product, Words};

/// A head query's words stand together in this share of the catalog: thousands to tens of thousands of a million.
const HEAD_SHARE: std::ops::RangeInclusive<f64> = 0.001..=0.08;
/// More tries than this for one query mean that the catalog does not have such queries.
const TRIES_MAX: usize = 2_000;

/// The queries of both kinds.
pub struct Queries {
    pub head: Vec<String>,
    pub long_tail: Vec<String>,
}

/// `count` queries of each kind, the same for the same seed.
pub fn queries(
    bare: &Bare,
    words: &Words,
    seed: u64,
    products: usize,
    count: usize,
) -> anyhow::Result<Queries> {
    let mut random = StdRng::seed_from_u64(seed + 3);
    let product = |random: &mut StdRng| words.product(seed, random.random_range(0..products));
    let mut queries = Queries {
        head: Vec::new(),
        long_tail: Vec::new(),
    };
    for number in 0..count * TRIES_MAX {
        if queries.head.len() == count && queries.long_tail.len() == count {
            break;
        }
        if number % 2 == 0 && queries.head.len() < count {
            let query = head(&product(&mut random), &mut random);
            let share = bare.count_all_words(&query)? as f64 / products as f64;
            if HEAD_SHARE.contains(&share) {
                queries.head.push(query);
            }
        } else if queries.long_tail.len() < count {
            let (one, other) = (product(&mut random), product(&mut random));
            let query = long_tail(&one, &other, &mut random);
            if bare.count_all_words(&query)? == 0 {
                queries.long_tail.push(query);
            }
        }
    }
    ensure!(
        queries.head.len() == count && queries.long_tail.len() == count,
        "the catalog has too few queries of one kind: {} head, {} long-tail",
        queries.head.len(),
        queries.long_tail.len()
    );
    Ok(queries)
}

/// One to three words that describe a product: one in five one word, half two, the others three.
fn head(product: &Product, random: &mut StdRng) -> String {
    let (modifier, noun) = kind(product);
    let quality = match random.random_range(0..4) {
        0 | 1 => &product.color,
        2 => &product.material,
        _ => &product.brand,
    };
    match random.random_range(0..10) {
        0 | 1 => noun.to_string(),
        2..=4 => format!("{modifier} {noun}"),
        5 | 6 => format!("{quality} {noun}"),
        _ => format!("{quality} {modifier} {noun}"),
    }
    .to_lowercase()
}

/// Three to six words: a product's type and wishes that no product of this type meets together, or words that are
/// misspelt or that the shop does not have.
fn long_tail(product: &Product, other: &Product, random: &mut StdRng) -> String {
    let (modifier, noun) = kind(product);
    let mut words = vec![modifier.to_string(), noun.to_string()];
    let rare = other.description.split(' ').next_back().unwrap_or_default();
    let wishes = [
        other.brand.as_str(),
        &other.color,
        &product.material,
        &other.material,
        rare.trim_end_matches('.'),
        other.title.split(' ').nth(1).unwrap_or_default(),
    ];
    for _ in 0..random.random_range(1..=4) {
        let wish = wishes[random.random_range(0..wishes.len())].to_string();
        if !words.contains(&wish) {
            words.insert(0, wish);
        }
    }
    if words.len() < 3 || random.random_bool(0.3) {
        let at = random.random_range(0..words.len());
        words[at] = misspelt(&words[at], random);
    }
    words.truncate(6);
    words.join(" ").to_lowercase()
}

fn kind(product: &Product) -> (&str, &str) {
    let kind = product.category.rsplit(" > ").next().unwrap_or_default();
    kind.split_once(' ').unwrap_or((kind, ""))
}

/// Two neighbouring letters exchanged, one left out, or one doubled.
fn misspelt(word: &str, random: &mut StdRng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 3 {
        return format!("{word}q");
    }
    let at = random.random_range(0..letters.len() - 1);
    match random.random_range(0..3) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        _ => letters.insert(at, letters[at]),
    }
    letters.into_iter().collect()
}
