//! What a publication adds, changes and removes, by a fingerprint of every product.

use std::fs;
use std::io;
use std::path::Path;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::fingerprint;
use crate::catalog::product::Product;
use crate::catalog::write_durably;

/// Every product's id and what it holds, in a generation.
pub(super) const CONTENTS_FILE: &str = "contents.bin";

/// At most this many ids of each kind are named.
pub const SAMPLE_MAX: usize = 10;

/// How one generation differs from the one before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Differences {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    pub sample: Sample,
}

/// Some ids of products that differ, the first of each kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sample {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
}

/// Products by their order, each with a fingerprint of all its values.
#[derive(Debug, Default)]
pub(super) struct Contents(Vec<(String, u64)>);

impl Contents {
    pub(super) fn push(&mut self, product: &Product, content: u64) {
        self.0.push((product.id.clone(), content));
    }

    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        let bytes = postcard::to_stdvec(&self.0).map_err(io::Error::other)?;
        write_durably(&dir.join(CONTENTS_FILE), &bytes)
    }

    /// How these products differ from those of a generation; `None` when that says nothing of its own.
    pub(super) fn differences(&self, earlier: &Path) -> Option<Differences> {
        let bytes = fs::read(earlier.join(CONTENTS_FILE)).ok()?;
        let earlier: Vec<(&str, u64)> = postcard::from_bytes(&bytes).ok()?;
        let mut gone: FxHashMap<&str, u64> = earlier.iter().copied().collect();
        let mut found = Differences::default();
        for (id, content) in &self.0 {
            match gone.remove(id.as_str()) {
                None => count(&mut found.added, &mut found.sample.added, id),
                Some(was) if was != *content => {
                    count(&mut found.changed, &mut found.sample.changed, id);
                }
                Some(_) => {}
            }
        }
        for (id, _) in earlier.iter().filter(|(id, _)| gone.contains_key(id)) {
            count(&mut found.removed, &mut found.sample.removed, id);
        }
        Some(found)
    }
}

fn count(number: &mut u64, sample: &mut Vec<String>, id: &str) {
    *number += 1;
    if sample.len() < SAMPLE_MAX {
        sample.push(id.to_string());
    }
}

/// A fingerprint of all values of a product and its variants, as they are stored.
pub(super) fn content(stored: &[u8]) -> u64 {
    let (words, rest) = stored.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    words
        .chain(rest)
        .fold(fingerprint::OF_NOTHING, fingerprint::add)
}
