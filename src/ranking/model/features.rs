//! What a model looks at. Names and meanings stay: models are files that outlive a release.

use crate::catalog::schema::Role;
use crate::ranking::signals::{demanded, fresh_products, relevance, spread};
use crate::ranking::{Ranking, Shelf};
use crate::retrieval::Candidate;

/// The features by their names, in the order of a row:
/// - `relevance`: `ln(relevance / best relevance)`, at most 0
/// - `bm25`, and `bm25_share`: the same over the best candidate's
/// - `coverage`, `adjacent`, `type`: as `explain` says them, 0 to 1
/// - `popularity`, `rating`, `stock`: spread from 0 to 1 over the candidates
/// - `freshness`: 1 when released now, half after every half-life
/// - `price`: the share of the candidates with a price that cost less
/// - `demand`: how much shoppers want it next to the most wanted candidate, a logarithm, at most 0
pub const FEATURES: [&str; 12] = [
    "relevance",
    "bm25",
    "bm25_share",
    "coverage",
    "adjacent",
    "type",
    "popularity",
    "rating",
    "stock",
    "freshness",
    "price",
    "demand",
];

/// What is known of a candidate; 0 where nothing is.
pub type Row = [f64; FEATURES.len()];

/// What is known of these candidates, next to one another.
pub fn rows(shelf: Shelf<'_>, ranking: &Ranking<'_>, candidates: &[Candidate]) -> Vec<Row> {
    let products: Vec<u32> = candidates.iter().map(|of| of.ordinal).collect();
    let numbers = |role: Role| match shelf.schema.role(role) {
        Some(attribute) => shelf.columns.numbers(attribute, &products),
        None => vec![None; products.len()],
    };
    let best = candidates
        .iter()
        .map(|of| of.features.bm25)
        .fold(f32::MIN_POSITIVE, f32::max);
    let relevance = relevance(ranking, candidates);
    let spreads = [Role::Popularity, Role::Rating, Role::Stock].map(|role| spread(&numbers(role)));
    let fresh = fresh_products(&numbers(Role::Released), ranking);
    let cheaper = cheaper(&numbers(Role::Price));
    let demanded = demanded(ranking, candidates);
    let row = |(at, candidate): (usize, &Candidate)| {
        let features = &candidate.features;
        [
            f64::from(relevance[at]),
            f64::from(features.bm25),
            f64::from(features.bm25 / best),
            f64::from(features.coverage),
            f64::from(features.adjacent),
            f64::from(features.head),
            spreads[0][at],
            spreads[1][at],
            spreads[2][at],
            fresh[at],
            cheaper[at],
            demanded[at],
        ]
    };
    candidates.iter().enumerate().map(row).collect()
}

/// The share of those with a price that cost less; 0 for those without.
fn cheaper(prices: &[Option<f64>]) -> Vec<f64> {
    let mut sorted: Vec<f64> = prices.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let share = |price: f64| {
        let less = sorted.partition_point(|other| *other < price);
        less as f64 / sorted.len().max(1) as f64
    };
    prices
        .iter()
        .map(|price| price.map_or(0.0, share))
        .collect()
}
