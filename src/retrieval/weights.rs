//! How much of a query each unit is, and how much of it a product meets.

use super::bm25::rarity;
use super::matching::UNITS_MAX;
use super::text_index::TextIndex;
use crate::query::Unit;

/// How much of the query each unit is.
pub(super) struct UnitWeights {
    /// By unit: its share of the query, rarer words weighing more; they sum to 1.
    shares: Vec<f32>,
    /// By unit: the numbers of the stems of its alternatives.
    stems: Vec<Vec<Vec<u32>>>,
}

impl UnitWeights {
    pub(super) fn new(index: &TextIndex, units: &[Unit]) -> Self {
        let mut shares = Vec::with_capacity(units.len());
        let mut stems = Vec::with_capacity(units.len());
        for unit in units.iter().take(UNITS_MAX) {
            let mut found = 0;
            let mut numbers = Vec::with_capacity(unit.alternatives.len());
            for alternative in &unit.alternatives {
                let mut rarest = u32::MAX;
                for stem in &alternative.stems {
                    rarest = rarest.min(index.products_with(stem));
                }
                found += rarest;
                let known = alternative
                    .stems
                    .iter()
                    .map(|stem| index.vocabulary.number_of(stem));
                numbers.extend(known.collect::<Option<Vec<u32>>>());
            }
            shares.push(rarity(found.min(index.products), index.products));
            stems.push(numbers);
        }
        let sum: f32 = shares.iter().sum();
        shares
            .iter_mut()
            .for_each(|share| *share /= sum.max(f32::MIN_POSITIVE));
        UnitWeights { shares, stems }
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

    /// The share of the query that the title names only after a word such as "for".
    pub(super) fn made_for(&self, index: &TextIndex, product: u32) -> f32 {
        if !index.names_a_purpose[product as usize] {
            return 0.0;
        }
        let title = index.titles.of(product);
        let Some(purpose) = title.iter().position(|stem| index.purposes.contains(stem)) else {
            return 0.0;
        };
        let named =
            |part: &[u32], unit: usize| self.stems[unit].iter().any(|stems| names(part, stems));
        let (before, after) = title.split_at(purpose);
        let only_after = |unit: &usize| named(after, *unit) && !named(before, *unit);
        (0..self.stems.len())
            .filter(only_after)
            .map(|unit| self.shares[unit])
            .sum()
    }
}

/// Whether these stems stand side by side in a part of a title.
fn names(part: &[u32], stems: &[u32]) -> bool {
    !stems.is_empty() && part.windows(stems.len()).any(|window| window == stems)
}
