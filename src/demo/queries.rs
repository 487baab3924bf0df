//! What shoppers type before they find something: short, in lower case, sometimes misspelt.

use rand::RngExt;
use rand::rngs::StdRng;

use super::catalog::{Product, pick};
use super::shoppers::Taste;
use super::tables::tables;

/// The words that would lead this shopper to this product.
pub(crate) fn query(product: &Product, taste: &Taste, rng: &mut StdRng) -> String {
    let leaf = &tables().leaves[product.leaf];
    let noun = pick(&leaf.nouns, rng).to_lowercase();
    let color = product.variants[0]
        .color
        .filter(|color| taste.color.contains(color));
    let words = match rng.random_range(0..10) {
        0..4 => noun,
        4..6 if taste.brand.contains(&product.brand) => {
            format!("{} {noun}", product.brand.to_lowercase())
        }
        6 if color.is_some() => format!("{} {noun}", color.unwrap_or_default().to_lowercase()),
        7 if product.gender.is_some_and(|gender| gender != "unisex") => {
            format!("{noun} {}", product.gender.unwrap_or_default())
        }
        8 => format!("{} {noun}", product.material.unwrap_or_default()),
        9 => product.brand.to_lowercase(),
        _ => leaf
            .category
            .rsplit(" > ")
            .next()
            .unwrap_or_default()
            .to_lowercase(),
    };
    if rng.random_bool(0.05) {
        misspelt(&words, rng)
    } else {
        words
    }
}

/// Two neighbouring letters change places.
fn misspelt(words: &str, rng: &mut StdRng) -> String {
    let mut letters: Vec<char> = words.chars().collect();
    if letters.len() > 4 {
        let position = rng.random_range(1..letters.len() - 2);
        letters.swap(position, position + 1);
    }
    letters.into_iter().collect()
}
