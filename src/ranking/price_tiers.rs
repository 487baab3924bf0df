//! Where each product's price stands among those of its category: the lowest fifth is tier 1, the highest tier 5.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Shelf;
use crate::catalog::schema::Role;

/// How many tiers there are.
pub(super) const TIERS: usize = 5;

/// The share of the products that a tier has.
pub const TIER_SHARE: f64 = 1.0 / TIERS as f64;

/// Tiers by product ordinal.
#[derive(Debug, Clone, Default)]
pub struct PriceTiers {
    /// 0 where there is no price.
    tiers: Vec<u8>,
    /// By category: the highest price of each tier but the last, or that of the tier below where it has none.
    bounds: Arc<FxHashMap<Option<u32>, [f64; TIERS - 1]>>,
}

impl PriceTiers {
    pub fn new(shelf: Shelf<'_>) -> Self {
        let Some(price) = shelf.schema.role(Role::Price) else {
            return PriceTiers::default();
        };
        let products: Vec<u32> = (0..shelf.columns.products()).collect();
        let prices = shelf.columns.numbers(price, &products);
        let leaf = |product| deepest_category(shelf, product);
        let mut by_category: FxHashMap<Option<u32>, Vec<(f64, u32)>> = FxHashMap::default();
        for (product, price) in (0..).zip(prices) {
            if let Some(price) = price {
                let shelf = by_category.entry(leaf(product)).or_default();
                shelf.push((price, product));
            }
        }
        let mut tiers = vec![0; products.len()];
        let mut bounds = FxHashMap::default();
        for (category, mut priced) in by_category {
            let mut highest = [f64::NEG_INFINITY; TIERS - 1];
            priced.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
            let count = priced.len();
            let mut at = 0;
            // Products of the same price share the tier of the middle one.
            for same in priced.chunk_by(|left, right| left.0 == right.0) {
                let middle = (at as f64 + same.len() as f64 / 2.0) / count as f64;
                let tier = ((middle * TIERS as f64) as usize).min(TIERS - 1) + 1;
                for (_, product) in same {
                    tiers[*product as usize] = tier as u8;
                }
                // Prices rise, and so do tiers.
                highest
                    .iter_mut()
                    .skip(tier - 1)
                    .for_each(|bound| *bound = same[0].0);
                at += same.len();
            }
            bounds.insert(category, highest);
        }
        PriceTiers {
            tiers,
            bounds: Arc::new(bounds),
        }
    }

    /// The tiers when some products have other prices: where those stand among the prices there were.
    pub fn with(&self, shelf: Shelf<'_>, changed: impl Iterator<Item = u32>) -> PriceTiers {
        let mut tiers = self.clone();
        let Some(price) = shelf.schema.role(Role::Price) else {
            return tiers;
        };
        tiers.tiers.resize(shelf.columns.products() as usize, 0);
        for product in changed {
            let tier = shelf.columns.number(price, product).map_or(0, |price| {
                let bounds = self.bounds.get(&deepest_category(shelf, product));
                let below = |bounds: &[f64; TIERS - 1]| {
                    bounds.iter().filter(|bound| **bound < price).count()
                };
                // A category's first price stands in its middle.
                bounds.map_or(TIERS / 2, below) as u8 + 1
            });
            tiers.tiers[product as usize] = tier;
        }
        tiers
    }

    /// The tier of a product, 1 to 5; `None` without a price.
    #[inline]
    pub fn of(&self, product: u32) -> Option<u8> {
        let tier = self.tiers.get(product as usize).copied()?;
        (tier > 0).then_some(tier)
    }
}

/// The code of the category that says most.
fn deepest_category(shelf: Shelf<'_>, product: u32) -> Option<u32> {
    let (dictionary, codes, per_variant) =
        shelf.columns.words(shelf.schema.role(Role::Category)?)?;
    let rows = shelf.columns.rows_of(per_variant, product);
    let codes = rows.flat_map(|row| codes.of(row));
    codes.max_by_key(|code| (dictionary.value(*code).len(), *code))
}
