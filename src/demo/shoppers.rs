//! Two thousand shoppers with hidden tastes; the first few have a face.

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};
use serde::Serialize;

use super::catalog::{pick, rng, weighted};
use super::tables::{FaceEntry, Gender, Leaf, Tables, tables};

/// How many shoppers the demo shop knows, faces included.
pub const SHOPPERS: usize = 2_000;
/// The price levels in the order of brand tiers 1 to 4.
pub const PRICE_TIERS: [&str; 4] = ["budget", "mid", "premium", "luxury"];
const SHOPPERS_SALT: u64 = 0x5A0F_FE25;

/// What a shopper likes. Events follow from it; a profile should find it again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taste {
    pub brand: Vec<&'static str>,
    /// Groups such as `Shoes > Boots`.
    pub category: Vec<&'static str>,
    pub color: Vec<&'static str>,
    pub price_tier: &'static str,
    pub gender: &'static str,
}

/// A shopper and the taste that drives her or him.
#[derive(Clone, Debug, Serialize)]
pub struct Shopper {
    pub shopper: String,
    pub tastes: Taste,
    /// How many times the shopper visits in the month.
    #[serde(skip)]
    pub(crate) sessions: u32,
}

/// A shopper offered in the storefront's picker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Face {
    pub shopper: &'static str,
    pub name: &'static str,
    pub blurb: &'static str,
    pub tastes: Taste,
}

/// The shoppers with a face, in the picker's order.
pub fn faces() -> Vec<Face> {
    let face = |entry: &'static FaceEntry| Face {
        shopper: &entry.shopper,
        name: &entry.name,
        blurb: &entry.blurb,
        tastes: written_taste(entry),
    };
    tables().faces.iter().map(face).collect()
}

/// All shoppers, faces first.
pub fn shoppers(seed: u64) -> Vec<Shopper> {
    let mut rng = rng(seed, SHOPPERS_SALT);
    let mut shoppers: Vec<Shopper> = faces()
        .into_iter()
        .map(|face| with_face(face, &mut rng))
        .collect();
    while shoppers.len() < SHOPPERS {
        let name = format!("shopper-{:04}", shoppers.len() + 1);
        let sessions = 1 + (-rng.random::<f64>().max(1e-6).ln() * 4.6) as u32;
        shoppers.push(Shopper {
            shopper: name,
            tastes: taste(tables(), &mut rng),
            sessions: sessions.min(30),
        });
    }
    shoppers
}

fn with_face(face: Face, rng: &mut impl Rng) -> Shopper {
    Shopper {
        shopper: face.shopper.to_owned(),
        tastes: face.tastes,
        sessions: rng.random_range(14..=19),
    }
}

fn written_taste(entry: &'static FaceEntry) -> Taste {
    let borrow = |names: &'static [String]| names.iter().map(String::as_str).collect();
    Taste {
        brand: borrow(&entry.brand),
        category: borrow(&entry.category),
        color: borrow(&entry.color),
        price_tier: &entry.price_tier,
        gender: &entry.gender,
    }
}

/// One to three groups, brands that sell there at about the right price, one or two colours they come in.
fn taste(tables: &'static Tables, rng: &mut StdRng) -> Taste {
    let tier = *weighted(
        &[(1_u8, 0.3), (2, 0.4), (3, 0.21), (4, 0.09)],
        |choice| choice.1,
        rng,
    );
    let gender = *pick(&["women", "men"], rng);
    let mut leaves: Vec<&'static Leaf> = Vec::new();
    let wanted = rng.random_range(1..=3);
    while leaves.len() < wanted {
        let leaf = weighted(&tables.leaves, |leaf| leaf.weight, rng);
        let suits = leaf.gender != Gender::Women || gender == "women";
        if suits && leaves.iter().all(|other| other.group != leaf.group) {
            leaves.push(leaf);
        }
    }
    Taste {
        brand: favourite_brands(tables, &leaves, tier.0, rng),
        category: leaves.iter().map(|leaf| leaf.group.as_str()).collect(),
        color: favourite_colors(tables, &leaves, rng),
        price_tier: PRICE_TIERS[usize::from(tier.0) - 1],
        gender,
    }
}

fn favourite_brands(
    tables: &'static Tables,
    leaves: &[&Leaf],
    tier: u8,
    rng: &mut StdRng,
) -> Vec<&'static str> {
    let mut sellers: Vec<usize> = leaves
        .iter()
        .flat_map(|leaf| leaf.brands.iter().copied())
        .collect();
    sellers.sort_unstable();
    sellers.dedup();
    sellers.shuffle(rng);
    sellers.sort_by_key(|&brand| tables.brands[brand].tier.abs_diff(tier));
    let count = rng.random_range(1..=3);
    sellers
        .iter()
        .take(count)
        .map(|&brand| tables.brands[brand].name.as_str())
        .collect()
}

fn favourite_colors(
    tables: &'static Tables,
    leaves: &[&Leaf],
    rng: &mut StdRng,
) -> Vec<&'static str> {
    let mut colors: Vec<usize> = leaves
        .iter()
        .flat_map(|leaf| leaf.palette.iter().copied())
        .collect();
    colors.sort_unstable();
    colors.dedup();
    let count = rng.random_range(1..=2);
    colors
        .sample(rng, count)
        .map(|&color| tables.colors[color].name.as_str())
        .collect()
}
