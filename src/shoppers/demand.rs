//! What shoppers in general do with products: how much each is wanted, and which are wanted together.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::profile::Recent;
use super::weights::weight;
use super::words::{PRODUCT, attribute_of, own_attribute};
use crate::journal::{Deed, EventKind, Word};

/// At most this many products are remembered; those beyond are not learned until the table is made anew.
const PRODUCTS_MAX: usize = 300_000;

/// A product is remembered with at most this many others; the weakest gives way.
const PARTNERS_MAX: usize = 40;

/// Products that are looked at within this time of each other are looked at together.
const VISIT_MS: i64 = 30 * 60_000;

/// Products that are bought within this time of each other are bought together.
const BASKET_MS: i64 = 60 * 60_000;

/// Of the products a shopper met before, this many are paired with the next.
const PAIRED_MAX: usize = 12;

/// Demand halves in this many days.
const HALF_LIFE_DAYS: f64 = 60.0;

/// How much evidence a pair needs to be believed halfway.
const PAIR_PRIOR: f32 = 3.0;

/// The products of a shop, as its shoppers see them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Demand {
    /// The last record it contains.
    pub(super) sequence: u64,
    products: FxHashMap<Word, ProductDemand>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct ProductDemand {
    /// Weights of events as of `at_ms`, halved since.
    wanted: f32,
    at_ms: i64,
    /// How often it was looked at or bought together with any other.
    pairs: f32,
    partners: Vec<(Word, f32)>,
}

impl Demand {
    /// Learns from a deed of a shopper who met `recent` before it.
    pub(super) fn learn(&mut self, recent: &[Recent], deed: &Deed) {
        let kind = deed.event.kind;
        let (weight, at_ms) = (weight(kind), deed.event.at.as_millisecond());
        if deed.robot || weight <= 0.0 {
            return;
        }
        let is_product = |word: &&Word| attribute_of(**word) == own_attribute(PRODUCT);
        let products: Vec<Word> = deed.words.iter().filter(is_product).copied().collect();
        for (at, product) in products.iter().enumerate() {
            let within_ms = if kind == EventKind::Purchase {
                BASKET_MS
            } else {
                VISIT_MS
            };
            let is_near = |met: &&Recent| {
                (at_ms - met.at_ms).abs() <= within_ms
                    && (met.kind == EventKind::Purchase) == (kind == EventKind::Purchase)
            };
            let met = recent.iter().filter(is_near).map(|met| met.product);
            let others: Vec<Word> = products[..at]
                .iter()
                .copied()
                .chain(met)
                .filter(|other| other != product)
                .take(PAIRED_MAX)
                .collect();
            let Some(known) = self.product(*product) else {
                continue;
            };
            known.want(weight as f32, at_ms);
            for other in &others {
                known.meet(*other, weight as f32);
            }
            for other in others {
                if let Some(known) = self.product(other) {
                    known.meet(*product, weight as f32);
                }
            }
        }
    }

    fn product(&mut self, product: Word) -> Option<&mut ProductDemand> {
        let is_full = self.products.len() >= PRODUCTS_MAX;
        match self.products.entry(product) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(_) if is_full => None,
            Entry::Vacant(new) => Some(new.insert(ProductDemand::default())),
        }
    }

    /// How much a product is wanted, in views that faded as much.
    pub fn wanted(&self, product: Word, now_ms: i64) -> f64 {
        let known = self.products.get(&product);
        known.map_or(0.0, |known| {
            f64::from(known.wanted) * fading(now_ms - known.at_ms)
        })
    }

    /// The products that are wanted together with one, and how strongly, 0 to 1.
    pub fn together(&self, product: Word) -> impl Iterator<Item = (Word, f64)> {
        let known = self.products.get(&product);
        let pairs = known.map_or(1.0, |known| known.pairs.max(1.0));
        let partners = known.map_or(&[][..], |known| &known.partners);
        partners.iter().map(move |(other, times)| {
            let strength = times / pairs * times / (times + PAIR_PRIOR);
            (*other, f64::from(strength))
        })
    }

    /// How many products are remembered.
    pub fn len(&self) -> usize {
        self.products.len()
    }

    pub fn is_empty(&self) -> bool {
        self.products.is_empty()
    }
}

impl ProductDemand {
    fn want(&mut self, weight: f32, at_ms: i64) {
        if at_ms >= self.at_ms {
            self.wanted = self.wanted * fading(at_ms - self.at_ms) as f32 + weight;
            self.at_ms = at_ms;
        } else {
            self.wanted += weight * fading(self.at_ms - at_ms) as f32;
        }
    }

    /// Counts a partner. A new one takes the place of the weakest only once it has worn that down.
    fn meet(&mut self, other: Word, weight: f32) {
        self.pairs += weight;
        if let Some(known) = self.partners.iter_mut().find(|known| known.0 == other) {
            known.1 += weight;
            return;
        }
        if self.partners.len() < PARTNERS_MAX {
            self.partners.push((other, weight));
            return;
        }
        let weakest = self
            .partners
            .iter_mut()
            .min_by(|left, right| left.1.total_cmp(&right.1));
        if let Some(weakest) = weakest {
            weakest.1 -= weight;
            if weakest.1 <= 0.0 {
                *weakest = (other, weight);
            }
        }
    }
}

fn fading(age_ms: i64) -> f64 {
    (-(age_ms as f64) / (HALF_LIFE_DAYS * 86_400_000.0)).exp2()
}
