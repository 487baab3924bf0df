//! How much of a query each unit is, and how much of it a product meets.

use super::bm25::rarity;
use super::matching::UNITS_MAX;
use super::text_index::TextIndex;
use crate::query::Unit;

/// How much of the query each unit is.
pub(super) struct UnitWeights {
    /// By unit: its share of the query, rarer words weighing more; they sum to 1.
    pub(super) shares: Vec<f32>,
}

impl UnitWeights {
    pub(super) fn new(index: &TextIndex, units: &[Unit]) -> Self {
        let mut shares = Vec::with_capacity(units.len());
        for unit in units.iter().take(UNITS_MAX) {
            let mut found = 0;
            for alternative in &unit.alternatives {
                let mut rarest = u32::MAX;
                for stem in &alternative.stems {
                    rarest = rarest.min(index.products_with(stem));
                }
                found += rarest;
            }
            shares.push(rarity(found.min(index.products), index.products));
        }
        let sum: f32 = shares.iter().sum();
        shares
            .iter_mut()
            .for_each(|share| *share /= sum.max(f32::MIN_POSITIVE));
        UnitWeights { shares }
    }

    /// The share of the query that these units are, 0 to 1.
    pub(super) fn coverage(&self, units: u32) -> f32 {
        self.shares
            .iter()
            .enumerate()
            .filter(|(unit, _)| units & (1 << unit) != 0)
            .map(|(_, share)| share)
            .sum()
    }
}
