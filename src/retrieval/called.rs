//! Which products are called what: by what attributes say they are, and by the heads of their titles.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::heads::Heads;
use super::matching::Matches;
use super::passages::{Passages, Place};
use super::text_index::TextIndex;

/// A title calls a product by words that are its head at least so likely.
const HEAD_MIN: f32 = 0.8;

/// When some are wanted, so many are looked up.
const LOOKED_UP_MAX: usize = 2_048;

/// By the stem of what they are called: products.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Called(FxHashMap<u32, Vec<u32>>);

impl Called {
    /// What all products are called. A brand is no kind of thing.
    pub(super) fn learn(passages: &Passages, heads: &Heads) -> Self {
        let mut called: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for product in 0..passages.products() {
            let brand = passages.of(product, Place::Brand);
            let title = passages.of(product, Place::Title);
            let named = heads.named(title, HEAD_MIN);
            let named = named.filter(|stem| !brand.contains(stem));
            let stated = passages.of(product, Place::Type).iter().copied();
            for stem in stated.chain(named) {
                let products = called.entry(stem).or_default();
                if products.last() != Some(&product) {
                    products.push(product);
                }
            }
        }
        Called(called)
    }

    fn by(&self, stem: u32) -> &[u32] {
        self.0.get(&stem).map_or(&[], Vec::as_slice)
    }
}

/// The products that are called what a query asks for.
#[derive(Default)]
pub(super) struct AskedFor {
    products: Vec<u32>,
    /// A bit for each product of the catalog.
    bits: Vec<u64>,
}

impl AskedFor {
    pub(super) fn new(index: &TextIndex, plan: &Plan) -> Self {
        let Some(head) = plan.head.and_then(|head| plan.units.get(head)) else {
            return AskedFor::default();
        };
        let mut asked_for = AskedFor {
            products: Vec::new(),
            bits: vec![0; index.products.div_ceil(u64::BITS) as usize],
        };
        let last = head.alternatives.iter().filter_map(|way| way.stems.last());
        for stem in last.filter_map(|stem| index.vocabulary.number_of(stem)) {
            let names = index.vocabulary.names_compounds(stem);
            let compounds = index.vocabulary.compounds_with(stem).iter();
            for stem in [stem].iter().chain(compounds.filter(|_| names)) {
                for product in index.called.by(*stem) {
                    asked_for.add(*product);
                }
            }
        }
        asked_for
    }

    fn add(&mut self, product: u32) {
        if !self.contains(product) {
            self.products.push(product);
            self.bits[(product / u64::BITS) as usize] |= 1 << (product % u64::BITS);
        }
    }

    #[inline]
    pub(super) fn contains(&self, product: u32) -> bool {
        let word = self.bits.get((product / u64::BITS) as usize);
        word.is_some_and(|word| word & (1 << (product % u64::BITS)) != 0)
    }

    /// Some of those that match, from everywhere in the catalog.
    pub(super) fn some_of(&self, matches: &[Matches<'_>]) -> Vec<u32> {
        let step = self.products.len().div_ceil(LOOKED_UP_MAX).max(1);
        let looked_up = self.products.iter().step_by(step).copied();
        let has = |product: &u32| matches.iter().any(|matches| matches.has(*product));
        looked_up.filter(has).collect()
    }
}
