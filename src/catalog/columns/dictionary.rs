//! The distinct values of a word attribute, and their codes.

use std::hash::BuildHasher;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};

use crate::text::fold;

/// The distinct values of an attribute, sorted, so that codes compare as values do; a copy shares them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Dictionary {
    values: Arc<Vec<String>>,
    /// By code: in how many products the value occurs.
    product_counts: Vec<u32>,
    /// By hash of a value: the code of one that has it, which spares most searches for a value.
    #[serde(skip)]
    hashed: Arc<FxHashMap<u64, u32>>,
    #[serde(skip)]
    folded: Arc<FxHashMap<String, Vec<u32>>>,
}

impl Dictionary {
    /// Sorted, distinct values, and in how many products each occurs.
    pub(super) fn new(values: Vec<String>, product_counts: Vec<u32>) -> Self {
        debug_assert!(values.is_sorted());
        Dictionary {
            values: Arc::new(values),
            product_counts,
            hashed: Arc::default(),
            folded: Arc::default(),
        }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn value(&self, code: u32) -> &str {
        &self.values[code as usize]
    }

    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }

    /// In how many products the value occurs.
    pub fn product_count(&self, code: u32) -> u32 {
        self.product_counts[code as usize]
    }

    /// The code of exactly this value.
    pub fn code(&self, value: &str) -> Option<u32> {
        let hashed = *self.hashed.get(&hash(value))?;
        if self.value(hashed) == value {
            return Some(hashed);
        }
        let own = |own: &String| own.as_str().cmp(value);
        let found = self.values.binary_search_by(own).ok()?;
        Some(found as u32)
    }

    /// The code of exactly this value or, when there is none, of those that differ only in case and accents.
    pub fn codes_like(&self, value: &str) -> Vec<u32> {
        match self.code(value) {
            Some(code) => vec![code],
            None => self.folded.get(&fold(value)).cloned().unwrap_or_default(),
        }
    }

    /// The same values with these among them, which are sorted and new; no product has them yet. Also says by code
    /// where each value stands now.
    pub(super) fn with(&self, new: &[String]) -> (Dictionary, Vec<u32>) {
        let mut values: Vec<String> = self.values.iter().chain(new).cloned().collect();
        values.sort_unstable();
        let place = |value: &String| values.binary_search(value).expect("it was put there") as u32;
        let places: Vec<u32> = self.values.iter().map(place).collect();
        let mut product_counts = vec![0; values.len()];
        for (place, count) in places.iter().zip(&self.product_counts) {
            product_counts[*place as usize] = *count;
        }
        let mut dictionary = Dictionary::new(values, product_counts);
        dictionary.index();
        (dictionary, places)
    }

    /// Whether another has the same values under the same codes, because it is a copy.
    pub fn shares_values_with(&self, other: &Dictionary) -> bool {
        Arc::ptr_eq(&self.values, &other.values)
    }

    /// Says that one product more, or one fewer, has a value.
    pub(super) fn count(&mut self, code: u32, more: bool) {
        let count = &mut self.product_counts[code as usize];
        *count = if more {
            *count + 1
        } else {
            count.saturating_sub(1)
        };
    }

    /// Rebuilds what is not stored.
    pub(super) fn index(&mut self) {
        let hashed = (0..).zip(self.values.iter());
        let hashed = hashed.map(|(code, value)| (hash(value), code)).collect();
        let mut folded: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        for (code, value) in (0..).zip(self.values.iter()) {
            folded.entry(fold(value)).or_default().push(code);
        }
        (self.hashed, self.folded) = (Arc::new(hashed), Arc::new(folded));
    }
}

fn hash(value: &str) -> u64 {
    FxBuildHasher.hash_one(value)
}
