//! Every word of the catalog, its stem, and in how many products it stands.

use std::io;
use std::path::Path;

use fst::{Automaton, IntoStreamer, Streamer};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::near::{Edits, Nearby, near, near_beginnings};
use super::values::Values;
use crate::text::Analyzer;

const WORDS_FILE: &str = "words.fst";
const STEMS_FILE: &str = "stems.bin";

/// The words of a catalog, sorted, each with the number of its stem.
pub struct Vocabulary {
    words: fst::Map<Vec<u8>>,
    stems: Stems,
    numbers: FxHashMap<String, u32>,
    values: Values,
    /// By stem: the words that have it, the stem itself aside.
    forms: FxHashMap<u32, Vec<String>>,
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

    /// The number of a term that is no word.
    pub fn term(&mut self, term: &str) -> u32 {
        match self.numbers.get(term) {
            Some(number) => *number,
            None => self.number(term.to_string()),
        }
    }

    /// Whether the last product counted for a stem or term is this one.
    #[inline]
    pub fn is_counted(&self, number: u32, product: u32) -> bool {
        self.last_product[number as usize] == product
    }

    /// The texts of these stems.
    pub fn texts_of(&self, stems: &[u32]) -> Vec<&str> {
        let texts = stems.iter().map(|stem| &self.stems.texts[*stem as usize]);
        texts.map(String::as_str).collect()
    }

    fn add(&mut self, analyzer: &Analyzer, folded: &str) -> u32 {
        let text = analyzer.stem(folded);
        let stem = match self.numbers.get(&text) {
            Some(stem) => *stem,
            None => self.number(text),
        };
        self.words.insert(folded.to_string(), stem);
        stem
    }

    fn number(&mut self, text: String) -> u32 {
        let next = self.stems.texts.len() as u32;
        self.stems.texts.push(text.clone());
        self.stems.product_counts.push(0);
        self.last_product.push(u32::MAX);
        self.numbers.insert(text, next);
        next
    }

    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let words = self.words.iter();
        let mut words: Vec<(&str, u32)> =
            words.map(|(word, stem)| (word.as_str(), *stem)).collect();
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
        Ok(Vocabulary {
            forms: forms(&words, &stems),
            words,
            values: Values::of(&stems.texts),
            stems,
            numbers,
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

    /// Every word of the catalog that has this stem.
    pub fn words_of<'v>(&'v self, stem: &'v str) -> impl Iterator<Item = &'v str> {
        let number = self.number_of(stem);
        let itself = number.filter(|number| self.stem_of(stem) == Some(*number));
        let forms = number.and_then(|number| self.forms.get(&number));
        let forms = forms.into_iter().flatten().map(String::as_str);
        itself.map(|_| stem).into_iter().chain(forms)
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

    /// The stems of the words that begin with `prefix`, most frequent first, at most `stems_max`.
    pub fn complete(&self, prefix: &str, stems_max: usize) -> Vec<u32> {
        /// A very short prefix is completed from this many words only.
        const SCANNED_MAX: usize = 50_000;
        let automaton = fst::automaton::Str::new(prefix).starts_with();
        let mut stream = self.words.search(automaton).into_stream();
        let mut found: Vec<u32> = Vec::new();
        while let Some((_, stem)) = stream.next() {
            found.push(stem as u32);
            if found.len() >= SCANNED_MAX {
                break;
            }
        }
        found.sort_unstable();
        found.dedup();
        found.sort_by_key(|stem| {
            let text = self.text(*stem);
            (
                std::cmp::Reverse(self.product_count(*stem)),
                text.len(),
                text,
            )
        });
        found.truncate(stems_max);
        found
    }

    /// The words without digits so near to another.
    pub(super) fn near(&self, word: &str, edits: Edits) -> Vec<Nearby> {
        near(self.words.as_fst(), word, edits)
    }

    /// The beginnings of words one edit away from what no word begins with.
    pub(super) fn near_beginnings(&self, begun: &str) -> Vec<Nearby> {
        near_beginnings(self.words.as_fst(), begun)
    }

    /// The values of attributes.
    pub(super) fn values(&self) -> &Values {
        &self.values
    }
}

fn forms(words: &fst::Map<Vec<u8>>, stems: &Stems) -> FxHashMap<u32, Vec<String>> {
    let mut forms: FxHashMap<u32, Vec<String>> = FxHashMap::default();
    let mut stream = words.stream();
    while let Some((word, stem)) = stream.next() {
        let stem = stem as u32;
        if stems.texts[stem as usize].as_bytes() != word {
            let word = String::from_utf8_lossy(word).into_owned();
            forms.entry(stem).or_default().push(word);
        }
    }
    forms
}
