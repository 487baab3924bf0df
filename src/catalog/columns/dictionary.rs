//! The distinct values of a word attribute, and their codes.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};

use crate::text::fold;

/// The distinct values of an attribute, sorted, so that codes compare as values do.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Dictionary {
    values: Vec<String>,
    /// By code: in how many products the value occurs.
    product_counts: Vec<u32>,
    /// By hash of a value: the code of one that has it, which spares most searches for a value.
    #[serde(skip)]
    hashed: FxHashMap<u64, u32>,
    #[serde(skip)]
    folded: FxHashMap<String, Vec<u32>>,
}

impl Dictionary {
    /// Sorted, distinct values, and in how many products each occurs.
    pub(super) fn new(values: Vec<String>, product_counts: Vec<u32>) -> Self {
        debug_assert!(values.is_sorted());
        Dictionary {
            values,
            product_counts,
            hashed: FxHashMap::default(),
            folded: FxHashMap::default(),
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

    /// Rebuilds what is not stored.
    pub(super) fn index(&mut self) {
        let hashed = (0..).zip(&self.values);
        self.hashed = hashed.map(|(code, value)| (hash(value), code)).collect();
        self.folded = FxHashMap::default();
        for (code, value) in self.values.iter().enumerate() {
            self.folded
                .entry(fold(value))
                .or_default()
                .push(code as u32);
        }
    }
}

fn hash(value: &str) -> u64 {
    FxBuildHasher.hash_one(value)
}
