//! Every word of the catalog, its stem, and in how many products it stands.

use std::io;
use std::path::Path;

use fst::{Automaton, IntoStreamer, Streamer};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::text::Analyzer;

const WORDS_FILE: &str = "words.fst";
const STEMS_FILE: &str = "stems.bin";

/// The words of a catalog, sorted, each with the number of its stem.
pub struct Vocabulary {
    words: fst::Map<Vec<u8>>,
    stems: Stems,
    numbers: FxHashMap<String, u32>,
    /// By the number of edits, less 1: what recognises words that near.
    edits: [LevenshteinAutomatonBuilder; 2],
}

#[derive(Default, Serialize, Deserialize)]
struct Stems {
    texts: Vec<String>,
    /// By stem: in how many products it stands.
    product_counts: Vec<u32>,
}

/// Numbers stems in order of first sight while a catalog is read.
#[derive(Default)]
pub struct VocabularyBuilder {
    words: FxHashMap<String, u32>,
    numbers: FxHashMap<String, u32>,
    stems: Stems,
    /// By stem: the last product it was counted for.
    last_product: Vec<u32>,
}

impl VocabularyBuilder {
    /// The number of a folded word's stem.
    pub fn stem(&mut self, analyzer: &Analyzer, folded: &str) -> u32 {
        match self.words.get(folded) {
            Some(stem) => *stem,
            None => self.add(analyzer, folded),
        }
    }

    /// Counts a stem, once for each product.
    #[inline]
    pub fn count(&mut self, stem: u32, product: u32) {
        let last_product = &mut self.last_product[stem as usize];
        if *last_product != product {
            *last_product = product;
            self.stems.product_counts[stem as usize] += 1;
        }
    }

    /// By stem: its text.
    pub fn texts(&self) -> &[String] {
        &self.stems.texts
    }

    fn add(&mut self, analyzer: &Analyzer, folded: &str) -> u32 {
        let text = analyzer.stem(folded);
        let next = self.stems.texts.len() as u32;
        let stem = *self.numbers.entry(text.clone()).or_insert(next);
        if stem == next {
            self.stems.texts.push(text);
            self.stems.product_counts.push(0);
            self.last_product.push(u32::MAX);
        }
        self.words.insert(folded.to_string(), stem);
        stem
    }

    pub fn write(self, dir: &Path) -> io::Result<()> {
        let mut words: Vec<(String, u32)> = self.words.into_iter().collect();
        words.sort_unstable();
        let mut builder = fst::MapBuilder::memory();
        for (word, stem) in &words {
            builder
                .insert(word, u64::from(*stem))
                .map_err(io::Error::other)?;
        }
        let bytes = builder.into_inner().map_err(io::Error::other)?;
        crate::catalog::write_durably(&dir.join(WORDS_FILE), &bytes)?;
        let stems = postcard::to_stdvec(&self.stems).map_err(io::Error::other)?;
        crate::catalog::write_durably(&dir.join(STEMS_FILE), &stems)
    }
}

impl Vocabulary {
    pub fn open(dir: &Path) -> io::Result<Self> {
        let words =
            fst::Map::new(std::fs::read(dir.join(WORDS_FILE))?).map_err(io::Error::other)?;
        words.as_fst().verify().map_err(io::Error::other)?;
        let bytes = std::fs::read(dir.join(STEMS_FILE))?;
        let stems: Stems = postcard::from_bytes(&bytes).map_err(io::Error::other)?;
        let numbered = stems.texts.iter().enumerate();
        let numbers = numbered
            .map(|(number, text)| (text.clone(), number as u32))
            .collect();
        let edits = [1, 2].map(|edits| LevenshteinAutomatonBuilder::new(edits, true));
        Ok(Vocabulary {
            words,
            stems,
            numbers,
            edits,
        })
    }

    /// The number of a stem.
    pub fn number_of(&self, stem: &str) -> Option<u32> {
        self.numbers.get(stem).copied()
    }

    /// The number of the stem of a folded word; `None` when the catalog does not have the word.
    pub fn stem_of(&self, folded: &str) -> Option<u32> {
        self.words.get(folded).map(|stem| stem as u32)
    }

    /// The text of a stem.
    pub fn text(&self, stem: u32) -> &str {
        &self.stems.texts[stem as usize]
    }

    /// In how many products a stem stands.
    pub fn product_count(&self, stem: u32) -> u32 {
        self.stems.product_counts[stem as usize]
    }

    /// The stems that stand in at least so many products.
    pub fn found_in_at_least(&self, products: u32) -> impl Iterator<Item = u32> {
        let counted = (0..).zip(&self.stems.product_counts);
        counted
            .filter(move |(_, count)| **count >= products)
            .map(|(stem, _)| stem)
    }

    /// The words that begin with `prefix`, most frequent stem first, at most `words_max`.
    pub fn complete(&self, prefix: &str, words_max: usize) -> Vec<(String, u32)> {
        /// A very short prefix is completed from this many words only.
        const SCANNED_MAX: usize = 50_000;
        let automaton = fst::automaton::Str::new(prefix).starts_with();
        let mut stream = self.words.search(automaton).into_stream();
        let mut found: Vec<(String, u32)> = Vec::new();
        while let Some((word, stem)) = stream.next() {
            found.push((String::from_utf8_lossy(word).into_owned(), stem as u32));
            if found.len() >= SCANNED_MAX {
                break;
            }
        }
        found.sort_by_key(|(word, stem)| {
            (
                std::cmp::Reverse(self.product_count(*stem)),
                word.len(),
                word.clone(),
            )
        });
        found.truncate(words_max);
        found
    }

    /// The words within `edits_max` edits, 1 or 2, of another, with their stem and how far they are. Swapping two
    /// neighbouring letters is one edit.
    pub fn near(&self, word: &str, edits_max: u8) -> Vec<(String, u32, Distance)> {
        let builder = &self.edits[usize::from(edits_max.clamp(1, 2)) - 1];
        let automaton = Near(builder.build_dfa(word));
        let mut stream = self.words.search(&automaton).into_stream();
        let mut found = Vec::new();
        while let Some((near, stem)) = stream.next() {
            let near = String::from_utf8_lossy(near).into_owned();
            let distance = automaton.0.eval(&near);
            found.push((near, stem as u32, distance));
        }
        found
    }
}

/// An automaton that accepts words near another.
struct Near(DFA);

impl Automaton for Near {
    type State = u32;

    fn start(&self) -> u32 {
        self.0.initial_state()
    }

    fn is_match(&self, state: &u32) -> bool {
        matches!(self.0.distance(*state), Distance::Exact(_))
    }

    fn can_match(&self, state: &u32) -> bool {
        *state != SINK_STATE
    }

    fn accept(&self, state: &u32, byte: u8) -> u32 {
        self.0.transition(*state, byte)
    }
}
