//! Every word of the catalog, its stem, and in how many products it stands.

use std::cmp::Reverse;
use std::io;
use std::path::Path;
use std::sync::Arc;

use fst::{Automaton, IntoStreamer, Streamer};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::added::Added;
use super::completions::{COMPLETIONS_MAX, Completions};
use super::compounds::{self, Part};
use super::near::{Edits, Nearby, near, near_beginnings};
use super::values::{ValueTerm, Values};
use crate::text::Analyzer;

const WORDS_FILE: &str = "words.fst";
const STEMS_FILE: &str = "stems.bin";

/// The words of a catalog, each with the number of its stem; those it was built with, and those that came later.
#[derive(Clone)]
pub struct Vocabulary {
    built: Arc<Built>,
    added: Arc<Added>,
    /// By stem: in how many products it stands now; what the catalog was built with, when nothing changed since.
    counts: Option<Arc<Vec<u32>>>,
}

/// The words that a catalog was built with, sorted.
struct Built {
    words: fst::Map<Vec<u8>>,
    stems: Stems,
    numbers: FxHashMap<String, u32>,
    values: Values,
    /// By stem: the words that have it, the stem itself aside.
    forms: FxHashMap<u32, Vec<String>>,
    completions: Completions,
    /// By compound: the stems of its parts.
    parts: FxHashMap<u32, Vec<u32>>,
    /// By term of a part: the compounds that have it, sorted.
    compounds: FxHashMap<u32, Vec<u32>>,
}

/// Set in the number of a word that stands only where no typo is forgiven.
const EXACT: u64 = 1 << 32;

#[derive(Default, Serialize, Deserialize)]
struct Stems {
    texts: Vec<String>,
    /// By stem: in how many products it stands.
    product_counts: Vec<u32>,
    /// Words made of others: their stems and those of their parts.
    compounds: Vec<(u32, Vec<u32>)>,
    /// In how many products a part of a compound stands by itself, at least.
    part_products_min: u32,
}

/// Numbers stems in order of first sight while a catalog is read.
#[derive(Default)]
pub struct VocabularyBuilder {
    /// What is known already when products are read that change a catalog.
    below: Option<Arc<Built>>,
    words: FxHashMap<String, u32>,
    /// Words of attributes that are read in another way than the shop's language: their stems, and whether typos are
    /// forgiven.
    elsewhere: FxHashMap<String, (u32, bool)>,
    numbers: FxHashMap<String, u32>,
    stems: Stems,
    /// By stem: the last product it was counted for.
    last_product: Vec<u32>,
}

impl Stems {
    /// These stems, those that stand in the most products first, at most `COMPLETIONS_MAX`.
    fn most_frequent(&self, stems: Vec<u32>) -> Vec<u32> {
        most_frequent(stems, |stem| {
            let found_in = self.product_counts[stem as usize];
            (found_in, self.texts[stem as usize].as_str())
        })
    }
}

/// Stems, those that stand in the most products first, at most `COMPLETIONS_MAX`; `about` says in how many each
/// stands, and its text.
fn most_frequent<'t>(mut stems: Vec<u32>, about: impl Fn(u32) -> (u32, &'t str)) -> Vec<u32> {
    stems.sort_unstable();
    stems.dedup();
    let rank = |stem: &u32| {
        let (found_in, text) = about(*stem);
        (Reverse(found_in), text.len(), text)
    };
    if stems.len() > COMPLETIONS_MAX {
        stems.select_nth_unstable_by(COMPLETIONS_MAX, |one, other| rank(one).cmp(&rank(other)));
        stems.truncate(COMPLETIONS_MAX);
    }
    stems.sort_unstable_by(|one, other| rank(one).cmp(&rank(other)));
    stems
}

impl VocabularyBuilder {
    /// The number of a folded word's stem, in the shop's language.
    pub fn stem(&mut self, analyzer: &Analyzer, folded: &str) -> u32 {
        match self.words.get(folded) {
            Some(stem) => *stem,
            None => {
                if let Some(below) = &self.below
                    && let Some(stem) = below.words.get(folded).filter(|stem| stem & EXACT == 0)
                {
                    return stem as u32;
                }
                let stem = self.stem_number(analyzer, folded);
                self.words.insert(folded.to_string(), stem);
                stem
            }
        }
    }

    /// The number of the stem of a word that stands in an attribute with a language of its own, or one whose words
    /// nothing is corrected to when no `typos` are forgiven there.
    pub fn stem_elsewhere(&mut self, analyzer: &Analyzer, folded: &str, typos: bool) -> u32 {
        let stem = self.stem_number(analyzer, folded);
        let below = self.below.as_ref();
        if below.is_some_and(|below| below.words.contains_key(folded)) {
            return stem;
        }
        let known = self.elsewhere.entry(folded.to_string());
        known.or_insert((stem, false)).1 |= typos;
        stem
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

    /// Says that one product fewer has a stem.
    pub fn discount(&mut self, stem: u32) {
        let count = &mut self.stems.product_counts[stem as usize];
        *count = count.saturating_sub(1);
    }

    /// The vocabulary with what was read since `above`.
    pub fn grown(&self) -> Option<Vocabulary> {
        let built = self.below.clone()?;
        Some(Vocabulary {
            added: Arc::new(Added::new(
                self.first(),
                &self.stems.texts,
                self.sorted_words(),
            )),
            counts: Some(Arc::new(self.stems.product_counts.clone())),
            built,
        })
    }

    /// By stem: its text.
    pub fn texts(&self) -> &[String] {
        &self.stems.texts
    }

    /// The number of a term that is no word.
    pub fn term(&mut self, term: &str) -> u32 {
        match self.known(term) {
            Some(number) => number,
            None => self.number(term.to_string()),
        }
    }

    /// The number of a stem or term that was seen before.
    fn known(&self, text: &str) -> Option<u32> {
        let below = || self.below.as_ref()?.numbers.get(text);
        self.numbers.get(text).or_else(below).copied()
    }

    /// How many stems were known before.
    fn first(&self) -> usize {
        self.below
            .as_ref()
            .map_or(0, |below| below.stems.texts.len())
    }

    /// The text of a stem.
    pub fn text(&self, stem: u32) -> &str {
        match &self.below {
            Some(below) if (stem as usize) < below.stems.texts.len() => {
                &below.stems.texts[stem as usize]
            }
            _ => &self.stems.texts[stem as usize - self.first()],
        }
    }

    /// Whether the last product counted for a stem or term is this one.
    #[inline]
    pub fn is_counted(&self, number: u32, product: u32) -> bool {
        self.last_product[number as usize] == product
    }

    /// The texts of these stems.
    pub fn texts_of(&self, stems: &[u32]) -> Vec<&str> {
        stems.iter().map(|stem| self.text(*stem)).collect()
    }

    fn stem_number(&mut self, analyzer: &Analyzer, folded: &str) -> u32 {
        let text = analyzer.stem(folded);
        match self.known(&text) {
            Some(stem) => stem,
            None => self.number(text),
        }
    }

    fn number(&mut self, text: String) -> u32 {
        let next = (self.first() + self.stems.texts.len()) as u32;
        self.stems.texts.push(text.clone());
        self.stems.product_counts.push(0);
        self.last_product.push(u32::MAX);
        self.numbers.insert(text, next);
        next
    }

    /// Finds the words that are made of others, once `products` are counted. Returns the numbers of the terms of their
    /// parts, by stem; none in languages that put a space between words.
    pub fn take_apart(&mut self, analyzer: &Analyzer, products: u32) -> FxHashMap<u32, Vec<u32>> {
        self.stems.part_products_min = compounds::products_min(products);
        if analyzer.joints().is_none() {
            return FxHashMap::default();
        }
        let known = |word: &str| {
            let own = self.words.get(word).or_else(|| self.numbers.get(word));
            let stem = *own.or_else(|| self.numbers.get(&analyzer.stem(word)))?;
            Some((stem, self.stems.product_counts[stem as usize]))
        };
        let mut found: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (word, value) in self.sorted_words() {
            let parts = compounds::take_apart(analyzer, word, self.stems.part_products_min, known);
            let is_other = |parts: &Vec<u32>| !parts.contains(&(value as u32));
            if let Some(parts) = parts.filter(is_other) {
                found.entry(value as u32).or_insert(parts);
            }
        }
        let mut compounds: Vec<(u32, Vec<u32>)> = found
            .iter()
            .map(|(stem, parts)| (*stem, parts.clone()))
            .collect();
        compounds.sort_unstable();
        let mut terms: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (compound, _) in &compounds {
            for (part, stem) in all_parts(&found, *compound) {
                let term = part.term(&self.stems.texts[stem as usize]);
                let term = self.term(&term);
                terms.entry(*compound).or_default().push(term);
            }
        }
        self.stems.compounds = compounds;
        terms
    }

    /// Every word in the order of the alphabet, with the number of its stem and how it is read.
    fn sorted_words(&self) -> Vec<(&str, u64)> {
        let own = self
            .words
            .iter()
            .map(|(word, stem)| (word.as_str(), u64::from(*stem)));
        let elsewhere = self.elsewhere.iter();
        let elsewhere = elsewhere.filter(|(word, _)| !self.words.contains_key(*word));
        let elsewhere = elsewhere.map(|(word, (stem, typos))| {
            let exact = if *typos { 0 } else { EXACT };
            (word.as_str(), u64::from(*stem) | exact)
        });
        let mut words: Vec<(&str, u64)> = own.chain(elsewhere).collect();
        words.sort_unstable();
        words
    }

    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut builder = fst::MapBuilder::memory();
        for (word, value) in self.sorted_words() {
            builder.insert(word, value).map_err(io::Error::other)?;
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
        let numbers: FxHashMap<String, u32> = numbered
            .map(|(number, text)| (text.clone(), number as u32))
            .collect();
        let parts: FxHashMap<u32, Vec<u32>> = stems.compounds.iter().cloned().collect();
        let built = Built {
            compounds: by_part(&parts, &stems, &numbers),
            parts,
            forms: forms(&words, &stems),
            completions: Completions::of_words(&words, |stems_of| stems.most_frequent(stems_of)),
            words,
            values: Values::of(&stems.texts),
            stems,
            numbers,
        };
        Ok(Vocabulary {
            added: Arc::new(Added::nothing(built.stems.texts.len())),
            built: Arc::new(built),
            counts: None,
        })
    }

    /// Reads products that change the catalog: what is known keeps its number.
    pub fn above(&self) -> VocabularyBuilder {
        let product_counts = self.built.stems.product_counts.clone();
        VocabularyBuilder {
            below: Some(self.built.clone()),
            last_product: vec![u32::MAX; product_counts.len()],
            stems: Stems {
                product_counts,
                ..Stems::default()
            },
            ..VocabularyBuilder::default()
        }
    }

    /// The number of a stem.
    pub fn number_of(&self, stem: &str) -> Option<u32> {
        let built = self.built.numbers.get(stem).copied();
        built.or_else(|| self.added.number_of(stem))
    }

    /// The number of the stem of a folded word; `None` when the catalog does not have the word.
    pub fn stem_of(&self, folded: &str) -> Option<u32> {
        let built = self.built.words.get(folded);
        let stem = built.or_else(|| self.added.words().get(folded));
        stem.map(|stem| stem as u32)
    }

    /// The text of a stem.
    pub fn text(&self, stem: u32) -> &str {
        let built = self.built.stems.texts.get(stem as usize);
        built.map_or_else(|| self.added.text(stem), String::as_str)
    }

    /// Every word of the catalog that has this stem, or, for a part of compounds, every compound that has it.
    pub fn words_of<'v>(&'v self, stem: &'v str) -> impl Iterator<Item = &'v str> {
        let number = self.number_of(stem);
        let compounds = number.map_or(&[][..], |number| self.compounds_with(number));
        let stems = number.into_iter().chain(compounds.iter().copied());
        stems.flat_map(|number| {
            let stem = self.text(number);
            let itself = (self.stem_of(stem) == Some(number)).then_some(stem);
            let built = self.built.forms.get(&number).into_iter().flatten();
            let forms = built.chain(self.added.forms_of(number));
            itself.into_iter().chain(forms.map(String::as_str))
        })
    }

    /// The stems of the words that a word of the catalog is made of, by its stem.
    pub(super) fn parts(&self, stem: u32) -> Option<&[u32]> {
        self.built.parts.get(&stem).map(Vec::as_slice)
    }

    /// The compounds that have a part, by the number of the part's term; sorted.
    pub fn compounds_with(&self, part: u32) -> &[u32] {
        self.built.compounds.get(&part).map_or(&[], Vec::as_slice)
    }

    /// The terms of all parts of every compound, by the compound's stem.
    pub fn terms_of_compounds(&self) -> FxHashMap<u32, Vec<u32>> {
        let mut terms: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (part, compounds) in &self.built.compounds {
            for compound in compounds {
                terms.entry(*compound).or_default().push(*part);
            }
        }
        terms
    }

    /// Whether the compounds that have a part are what the part names: a `laufschuh` is a `schuh`, and no `lauf`.
    pub fn names_compounds(&self, part: u32) -> bool {
        !Part::Other.is_of(self.text(part))
    }

    /// In how many products a part of a compound stands by itself, at least.
    pub(super) fn part_products_min(&self) -> u32 {
        self.built.stems.part_products_min
    }

    /// In how many products a stem stands.
    pub fn product_count(&self, stem: u32) -> u32 {
        match &self.counts {
            None => self.built.stems.product_counts[stem as usize],
            Some(counts) => counts[stem as usize],
        }
    }

    /// The stems that stand in at least so many of the products that the catalog was built with.
    pub fn found_in_at_least(&self, products: u32) -> impl Iterator<Item = u32> {
        let counted = (0..).zip(&self.built.stems.product_counts);
        counted
            .filter(move |(_, count)| **count >= products)
            .map(|(stem, _)| stem)
    }

    /// The stems of the words that begin with `prefix`, most frequent first, at most `COMPLETIONS_MAX`.
    pub fn complete(&self, prefix: &str) -> Vec<u32> {
        let added = self.added.beginning_with(prefix);
        let known = self.built.completions.of(prefix);
        let mut found = match known {
            Some(known) if added.is_empty() => return known.to_vec(),
            Some(known) => known.to_vec(),
            None => {
                let automaton = fst::automaton::Str::new(prefix).starts_with();
                let mut stream = self.built.words.search(automaton).into_stream();
                let mut found: Vec<u32> = Vec::new();
                while let Some((_, stem)) = stream.next() {
                    found.push(stem as u32);
                }
                found
            }
        };
        found.extend(added);
        most_frequent(found, |stem| (self.product_count(stem), self.text(stem)))
    }

    /// Whether any word begins with `prefix`.
    pub(super) fn begins_a_word(&self, prefix: &str) -> bool {
        let begins_in = |words: &fst::Map<Vec<u8>>| {
            let automaton = fst::automaton::Str::new(prefix).starts_with();
            words.search(automaton).into_stream().next().is_some()
        };
        begins_in(&self.built.words) || begins_in(self.added.words())
    }

    /// The words without digits so near to another, those left out that nothing is corrected to.
    pub(super) fn near(&self, word: &str, edits: Edits) -> Vec<Nearby> {
        let mut found = near(self.built.words.as_fst(), word, edits);
        found.extend(near(self.added.words().as_fst(), word, edits));
        found.retain(|nearby| nearby.value & EXACT == 0);
        if self.counts.is_some() {
            let was_taken_away = |stem: u32| {
                let built = self.built.stems.product_counts.get(stem as usize);
                built.is_some_and(|count| *count > 0) && self.product_count(stem) == 0
            };
            found.retain(|nearby| !was_taken_away(nearby.stem()));
        }
        found
    }

    /// The beginnings of words one edit away from what no word begins with.
    pub(super) fn near_beginnings(&self, begun: &str) -> Vec<Nearby> {
        let mut found = near_beginnings(self.built.words.as_fst(), begun);
        found.extend(near_beginnings(self.added.words().as_fst(), begun));
        found
    }

    /// The attributes that have exactly these words as a value.
    pub(super) fn values_exactly(&self, stems: &[String]) -> impl Iterator<Item = &ValueTerm> {
        let built = self.built.values.exactly(stems);
        built.iter().chain(self.added.values().exactly(stems))
    }
}

/// The parts of a compound, and theirs: what its last word ends with is what the compound is.
fn all_parts(found: &FxHashMap<u32, Vec<u32>>, compound: u32) -> Vec<(Part, u32)> {
    let mut all = Vec::new();
    let mut open = vec![(Part::Head, compound)];
    while let Some((kind, stem)) = open.pop() {
        let parts = found.get(&stem).map_or(&[][..], Vec::as_slice);
        for (at, part) in parts.iter().enumerate() {
            let own = match Part::of(at, parts.len()) {
                Part::Head => kind,
                Part::Other => Part::Other,
            };
            if !all.contains(&(own, *part)) {
                all.push((own, *part));
                open.push((own, *part));
            }
        }
    }
    all
}

/// By term of a part: the compounds that have it, sorted.
fn by_part(
    parts: &FxHashMap<u32, Vec<u32>>,
    stems: &Stems,
    numbers: &FxHashMap<String, u32>,
) -> FxHashMap<u32, Vec<u32>> {
    let mut by_part: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (compound, _) in &stems.compounds {
        for (part, stem) in all_parts(parts, *compound) {
            let term = part.term(&stems.texts[stem as usize]);
            if let Some(term) = numbers.get(&term) {
                by_part.entry(*term).or_default().push(*compound);
            }
        }
    }
    by_part
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
