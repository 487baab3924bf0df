//! Words of products that changed since the catalog was built, beside those that it was built with.

use std::collections::BTreeMap;

use fst::{Automaton, IntoStreamer, Streamer};
use rustc_hash::FxHashMap;

use super::values::Values;

/// Stems, terms and words that the catalog was built without.
pub(super) struct Added {
    /// The number of the first stem.
    first: usize,
    texts: Vec<String>,
    numbers: FxHashMap<String, u32>,
    /// Each with the number of its stem.
    words: fst::Map<Vec<u8>>,
    /// By stem, which may be an old one: the words that have it, the stem itself aside.
    forms: FxHashMap<u32, Vec<String>>,
    values: Values,
}

impl Added {
    /// Nothing was added to so many stems.
    pub(super) fn nothing(first: usize) -> Self {
        Added::new(first, &[], Vec::new())
    }

    /// Stems that are numbered from `first` on, and new words in the order of the alphabet.
    pub(super) fn new(first: usize, texts: &[String], words: Vec<(&str, u64)>) -> Self {
        let numbered = (first as u32..).zip(texts);
        let numbers = numbered.map(|(number, text)| (text.clone(), number));
        let numbers: FxHashMap<String, u32> = numbers.collect();
        let mut forms: FxHashMap<u32, Vec<String>> = FxHashMap::default();
        for (word, stem) in &words {
            let stem = *stem as u32;
            if numbers.get(*word) != Some(&stem) {
                forms.entry(stem).or_default().push((*word).to_string());
            }
        }
        let sorted: BTreeMap<&str, u64> = words.into_iter().collect();
        Added {
            values: Values::numbered_from(first as u32, texts),
            words: fst::Map::from_iter(sorted).expect("words are sorted and there once"),
            texts: texts.to_vec(),
            first,
            numbers,
            forms,
        }
    }

    pub(super) fn number_of(&self, stem: &str) -> Option<u32> {
        self.numbers.get(stem).copied()
    }

    /// The text of a stem that was added.
    pub(super) fn text(&self, stem: u32) -> &str {
        &self.texts[stem as usize - self.first]
    }

    pub(super) fn words(&self) -> &fst::Map<Vec<u8>> {
        &self.words
    }

    pub(super) fn forms_of(&self, stem: u32) -> impl Iterator<Item = &String> {
        self.forms.get(&stem).into_iter().flatten()
    }

    pub(super) fn values(&self) -> &Values {
        &self.values
    }

    /// The stems of the words that begin so.
    pub(super) fn beginning_with(&self, prefix: &str) -> Vec<u32> {
        let automaton = fst::automaton::Str::new(prefix).starts_with();
        let mut stream = self.words.search(automaton).into_stream();
        let mut found = Vec::new();
        while let Some((_, stem)) = stream.next() {
            found.push(stem as u32);
        }
        found
    }
}
