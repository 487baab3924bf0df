//! Whether arms got as many units as they should: when not, something is wrong with who was counted, and no figure holds.

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Below this, the split is suspicious.
pub const SUSPICIOUS_BELOW: f64 = 0.01;

/// Below this, the split is wrong.
pub const WRONG_BELOW: f64 = 0.001;

/// What a split looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    AsPlanned,
    Suspicious,
    Wrong,
}

/// The sample-ratio check: how often chance alone splits units as unevenly as this (Pearson's chi-squared test), and
/// what that means. Arms of weight zero are left out.
pub fn balance(units: &[u64], weights: &[f64]) -> (f64, Balance) {
    let planned = || {
        units
            .iter()
            .zip(weights)
            .filter(|(_, weight)| **weight > 0.0)
    };
    let total: f64 = planned().map(|(units, _)| *units as f64).sum();
    let weight_of_all: f64 = planned().map(|(_, weight)| weight).sum();
    let distance: f64 = planned()
        .map(|(units, weight)| {
            let expected = weight / weight_of_all * total;
            (*units as f64 - expected).powi(2) / expected
        })
        .sum();
    let freedom = planned().count().saturating_sub(1) as f64;
    let chi_squared = ChiSquared::new(freedom).ok().filter(|_| total > 0.0);
    let p_value = chi_squared.map_or(1.0, |chi_squared| chi_squared.sf(distance));
    let seen = match p_value {
        p if p < WRONG_BELOW => Balance::Wrong,
        p if p < SUSPICIOUS_BELOW => Balance::Suspicious,
        _ => Balance::AsPlanned,
    };
    (p_value, seen)
}
