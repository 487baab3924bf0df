//! What shoppers in general do with products: how much each is wanted, and which are wanted together.

mod partners;
mod trend;

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::profile::Recent;
use super::weights::weight;
use super::words::{PRODUCT, attribute_of, own_attribute};
use crate::journal::{Deed, EventKind, Word};
use partners::Partners;
use trend::Trend;

/// At most this many products are remembered; those beyond are not learned until the table is made anew.
const PRODUCTS_MAX: usize = 300_000;

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

/// So many baskets with both are needed to believe halfway that two products are bought together.
const BASKET_PRIOR: f64 = 5.0;

/// What is bought often anyway is no completion: a pair counts by its partner's baskets to the power of minus this.
const COMMON: f64 = 0.5;

/// Of a basket, what was put in so many products before the latest counts 1 ÷ e of that, and none less than `LEAST`.
const BASKET_FADING: f64 = 3.0;
const LEAST: f64 = 0.1;

/// What was bought together counts as much as so many views together.
const BOUGHT: f32 = 8.0;

/// The products of a shop, as its shoppers see them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Demand {
    /// The last record it contains.
    pub(super) sequence: u64,
    products: FxHashMap<Word, ProductDemand>,
    trend: Trend,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct ProductDemand {
    /// Weights of events as of `at_ms`, halved since.
    wanted: f32,
    at_ms: i64,
    /// As `Trend` has it; `None` before the first event.
    trend: Option<f64>,
    /// In how many baskets it was bought.
    baskets: f32,
    /// What it is looked at with, in views, and bought with, in baskets.
    viewed: Partners,
    bought: Partners,
}

/// A product that goes with a basket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Complement {
    pub product: Word,
    /// Above 0.
    pub strength: f64,
    /// The product of the basket that it goes with most, and in about how many baskets both were.
    pub with: Word,
    pub baskets: u32,
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
                .rev()
                .copied()
                .chain(met)
                .filter(|other| other != product)
                .take(PAIRED_MAX)
                .collect();
            self.want(*product, weight, at_ms);
            if kind == EventKind::Purchase {
                self.buy(*product, &others);
            } else {
                self.pair(*product, &others, weight as f32, |of| &mut of.viewed);
            }
        }
    }

    /// Learns from a basket in the order things were put in, and from nothing else about it.
    pub fn learn_basket(&mut self, products: &[Word]) {
        for (at, product) in products.iter().enumerate() {
            let others = products[..at].iter().rev();
            let others = others.filter(|other| *other != product).take(PAIRED_MAX);
            let others: Vec<Word> = others.copied().collect();
            self.buy(*product, &others);
        }
    }

    fn want(&mut self, product: Word, weight: f64, at_ms: i64) {
        let Some(known) = self.product(product) else {
            return;
        };
        known.want(weight as f32, at_ms);
        let trend = trend::added(known.trend, weight, at_ms);
        known.trend = Some(trend);
        self.trend.note(product, trend);
    }

    fn buy(&mut self, product: Word, others: &[Word]) {
        if let Some(known) = self.product(product) {
            known.baskets += 1.0;
        }
        self.pair(product, others, 1.0, |of| &mut of.bought);
    }

    /// A product was met with others.
    fn pair(
        &mut self,
        product: Word,
        others: &[Word],
        weight: f32,
        partners: impl Fn(&mut ProductDemand) -> &mut Partners,
    ) {
        let Some(known) = self.product(product) else {
            return;
        };
        for other in others {
            partners(known).meet(*other, weight);
        }
        for other in others {
            if let Some(known) = self.product(*other) {
                partners(known).meet(product, weight);
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

    /// The products that are wanted most in the last days, the most wanted first, each with how much, in views of now.
    pub fn trending(&self, now_ms: i64) -> Vec<(Word, f64)> {
        let most = self.trend.most().into_iter();
        most.map(|(product, logarithm)| (product, trend::views(logarithm, now_ms)))
            .collect()
    }

    /// The products that are wanted together with one, and how strongly, 0 to 1.
    pub fn together(&self, product: Word) -> impl Iterator<Item = (Word, f64)> {
        let known = self.products.get(&product);
        let all = known.map_or(0.0, |known| known.viewed.all + BOUGHT * known.bought.all);
        let viewed = known.into_iter().flat_map(|known| {
            let times = |(other, times): &(Word, f32)| {
                (*other, times + BOUGHT * known.bought.times(*other))
            };
            known.viewed.with.iter().map(times)
        });
        let bought = known.into_iter().flat_map(|known| {
            let only = known.bought.with.iter();
            only.filter(|(other, _)| known.viewed.times(*other) == 0.0)
                .map(|(other, times)| (*other, BOUGHT * times))
        });
        viewed.chain(bought).map(move |(other, times)| {
            let strength = times / all.max(1.0) * times / (times + PAIR_PRIOR);
            (other, f64::from(strength))
        })
    }

    /// The products that are looked at with one rather than bought with it, and how strongly, 0 to 1.
    pub fn instead_of(&self, product: Word) -> impl Iterator<Item = (Word, f64)> {
        let known = self.products.get(&product).into_iter();
        known.flat_map(|known| {
            let rather = |(other, views): &(Word, f32)| {
                let bought = BOUGHT * known.bought.times(*other);
                let rather = (views + 1.0) / (views + bought + 1.0);
                let strength = views / known.viewed.all.max(1.0) * views / (views + PAIR_PRIOR);
                (*other, f64::from(strength * rather))
            };
            known.viewed.with.iter().map(rather)
        })
    }

    /// Whether a product is rather looked at than bought together with another.
    pub fn is_instead_of(&self, product: Word, other: Word) -> bool {
        let known = self.products.get(&product);
        known.is_some_and(|known| known.viewed.times(other) > BOUGHT * known.bought.times(other))
    }

    /// What completes a basket, the latest product first, the strongest first.
    pub fn complements(&self, basket: &[Word]) -> Vec<Complement> {
        let mut found: FxHashMap<Word, (Complement, f64)> = FxHashMap::default();
        for (place, own) in basket.iter().enumerate() {
            let Some(known) = self.products.get(own) else {
                continue;
            };
            let fading = (-(place as f64) / BASKET_FADING).exp().max(LEAST);
            for (other, baskets) in &known.bought.with {
                if basket.contains(other) {
                    continue;
                }
                let common = self.products.get(other).map_or(1.0, |other| other.baskets);
                let baskets = f64::from(*baskets);
                let strength = fading * baskets / f64::from(common.max(1.0)).powf(COMMON)
                    * (baskets / (baskets + BASKET_PRIOR));
                let complement = Complement {
                    product: *other,
                    strength: 0.0,
                    with: *own,
                    baskets: baskets as u32,
                };
                let (known, most) = found.entry(*other).or_insert((complement, 0.0));
                let sum = known.strength + strength;
                if strength > *most {
                    (*known, *most) = (complement, strength);
                }
                known.strength = sum;
            }
        }
        let mut found: Vec<Complement> = found.into_values().map(|(found, _)| found).collect();
        found.sort_unstable_by(|one, other| {
            let by_strength = other.strength.total_cmp(&one.strength);
            by_strength.then(one.product.cmp(&other.product))
        });
        found
    }

    /// In how many baskets a product was bought.
    pub fn baskets(&self, product: Word) -> f64 {
        let known = self.products.get(&product);
        known.map_or(0.0, |known| f64::from(known.baskets))
    }

    /// The products that are in the most baskets, the most bought first.
    pub fn most_bought(&self, count: usize) -> Vec<Word> {
        let bought = self.products.iter();
        let mut bought: Vec<(f32, Word)> = bought.map(|(word, of)| (of.baskets, *word)).collect();
        bought.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        bought
            .into_iter()
            .take(count)
            .map(|(_, word)| word)
            .collect()
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
}

fn fading(age_ms: i64) -> f64 {
    (-(age_ms as f64) / (HALF_LIFE_DAYS * 86_400_000.0)).exp2()
}
