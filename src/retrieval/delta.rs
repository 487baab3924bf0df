//! Products that change after the index was built: a small segment of their own, in memory, over the others.
//!
//! What is counted (in how many products a word stands, how long texts are) is kept exact. What is learned from whole
//! catalogs, such as which words are heads and which words of new products are made of others, waits for the next build.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use tantivy::fieldnorm::FieldNormReader;

use super::bits::Bits;
use super::languages::Languages;
use super::passages::{Passages, Texts};
use super::postings::Postings;
use super::terms::Meaning;
use super::text_index::{Part, Segment, TextIndex};
use super::words::WordsReader;
use crate::catalog::product::Product;
use crate::catalog::schema::Schema;
use crate::query::VocabularyBuilder;

/// What changed in the words of a catalog since its index was built.
pub struct TextDelta {
    built: Arc<TextIndex>,
    schema: Arc<Schema>,
    reader: WordsReader,
    languages: Languages,
    vocabulary: VocabularyBuilder,
    /// By compound: the terms of its parts.
    parts: FxHashMap<u32, Vec<u32>>,
    passages: Passages,
    /// By segment of the index: documents that hold no more.
    hidden: Vec<Bits>,
    /// By ordinal: what is indexed of a product that changed; `None` when it is gone.
    changed: BTreeMap<u32, Option<Indexed>>,
    products: u32,
    /// Words of all products together.
    words: f64,
    /// How often a product was read.
    read: u32,
}

/// What a product is indexed by.
struct Indexed {
    /// The stems of its texts, with repetitions.
    stems: Vec<u32>,
    /// Terms that are no words of its texts.
    terms: Vec<u32>,
    /// Everything that counts it, once.
    counted: Vec<u32>,
}

impl TextDelta {
    /// Nothing changed yet.
    pub fn of(built: Arc<TextIndex>, schema: Arc<Schema>) -> Self {
        let hidden = built.segments.iter();
        TextDelta {
            reader: WordsReader::new(&schema),
            languages: Languages::new(&schema),
            vocabulary: built.vocabulary.above(),
            parts: built.vocabulary.terms_of_compounds(),
            passages: built.passages.clone(),
            hidden: hidden
                .map(|part| Bits::none_of(part.segment.documents()))
                .collect(),
            changed: BTreeMap::new(),
            products: built.products,
            words: f64::from(built.average_words) * f64::from(built.products),
            read: 0,
            schema,
            built,
        }
    }

    /// Whether two versions of a product have the same words; then the newer need not be told.
    pub fn reads_alike(&self, one: &Product, other: &Product) -> bool {
        self.reader.reads_alike(one, other)
    }

    /// How many products have other words than when the index was built.
    pub fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Puts a product in place of what it was; `None` for one that is not there.
    pub fn replace(&mut self, ordinal: u32, before: Option<&Product>, now: Option<&Product>) {
        let known = self.changed.remove(&ordinal);
        let before = before.map(|before| {
            let (indexed, texts) = self.read(before);
            // Reading counted it once more.
            self.discount(&indexed);
            (indexed, texts)
        });
        if let Some((indexed, _)) = &before {
            self.discount(indexed);
            self.products -= 1;
            self.words -= indexed.stems.len() as f64;
        }
        if known.is_none() {
            self.hide(ordinal);
        }
        let now = now.map(|now| self.read(now));
        if let Some((indexed, _)) = &now {
            self.products += 1;
            self.words += indexed.stems.len() as f64;
        }
        let (indexed, texts) = now.unzip();
        let texts_before = before.map(|(_, texts)| texts);
        self.passages.replace(ordinal, texts_before, texts);
        self.changed.insert(ordinal, indexed);
    }

    /// Hides what the index was built with of a product.
    fn hide(&mut self, ordinal: u32) {
        for (part, hidden) in self.built.segments.iter().zip(&mut self.hidden) {
            if let Some(document) = part.segment.document(ordinal) {
                hidden.insert(document);
            }
        }
    }

    fn discount(&mut self, indexed: &Indexed) {
        for stem in &indexed.counted {
            self.vocabulary.discount(*stem);
        }
    }

    /// What a product is indexed by, and what it says; it is counted.
    fn read(&mut self, product: &Product) -> (Indexed, Texts) {
        self.read += 1;
        let stamp = self.read;
        let words = self.reader.read(std::iter::once(product));
        let vocabulary = &mut self.vocabulary;
        let meanings: Vec<Meaning> = words
            .distinct()
            .map(|text| Meaning::of(vocabulary, &self.languages, &self.schema, text))
            .collect();
        let own = &words.products[0];
        let stems = |range: &std::ops::Range<usize>| -> Vec<u32> {
            let tokens = words.tokens[range.clone()].iter();
            tokens
                .filter_map(|token| match &meanings[*token as usize] {
                    Meaning::Stem(stem) => Some(*stem),
                    Meaning::Term(_) | Meaning::Value(_) => None,
                })
                .collect()
        };
        let all = stems(&own.all);
        all.iter().for_each(|stem| vocabulary.count(*stem, stamp));
        let mut terms = Vec::new();
        for token in &words.tokens[own.terms.clone()] {
            meanings[*token as usize].add_terms(vocabulary, stamp, &mut terms);
        }
        let mut counted = all.clone();
        counted.extend_from_slice(&terms);
        // A value that its texts say is counted too, and found by those.
        for token in &words.tokens[own.terms.clone()] {
            if let Meaning::Value(values) = &meanings[*token as usize] {
                counted.extend(values.iter().map(|value| value.term));
            }
        }
        let mut parts: Vec<u32> = all
            .iter()
            .filter_map(|stem| self.parts.get(stem))
            .flatten()
            .copied()
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts.iter().for_each(|part| vocabulary.count(*part, stamp));
        counted.extend_from_slice(&parts);
        terms.append(&mut parts);
        counted.sort_unstable();
        counted.dedup();
        let indexed = Indexed {
            stems: all,
            terms,
            counted,
        };
        (indexed, own.places.each_ref().map(stems))
    }

    /// The index with everything that changed.
    pub fn index(&self) -> TextIndex {
        let built = self.built.segments.iter().zip(&self.hidden);
        let mut segments: Vec<Part> = built
            .map(|(part, hidden)| Part {
                segment: part.segment.clone(),
                hidden: Arc::new(hidden.clone()),
            })
            .collect();
        segments.push(Part::whole(self.segment()));
        let grown = self.vocabulary.grown();
        TextIndex {
            segments,
            average_words: (self.words / f64::from(self.products.max(1))) as f32,
            products: self.products,
            vocabulary: grown.unwrap_or_else(|| self.built.vocabulary.clone()),
            passages: self.passages.clone(),
            ..TextIndex::clone(&self.built)
        }
    }

    /// The products that changed and are there.
    fn segment(&self) -> Segment {
        let there = self.changed.iter();
        let there = there.filter_map(|(ordinal, indexed)| Some((*ordinal, indexed.as_ref()?)));
        let (ordinals, indexed): (Vec<u32>, Vec<&Indexed>) = there.unzip();
        let mut listed: Vec<(u32, u32)> = Vec::new();
        for (document, indexed) in (0..).zip(&indexed) {
            let all = indexed.stems.iter().chain(&indexed.terms);
            listed.extend(all.map(|stem| (*stem, document)));
        }
        listed.sort_unstable();
        let mut frequent = FxHashMap::default();
        let mut documents = Vec::new();
        for same in listed.chunk_by(|one, next| one.0 == next.0) {
            documents.clear();
            documents.extend(same.iter().map(|(_, document)| *document));
            let text = self.vocabulary.text(same[0].0).to_string();
            frequent.insert(text, Postings::listed(&documents, ordinals.len() as u32));
        }
        let length =
            |indexed: &&Indexed| FieldNormReader::fieldnorm_to_id(indexed.stems.len() as u32);
        Segment {
            inverted: None,
            length_ids: indexed.iter().map(length).collect(),
            first: 0,
            ordinals,
            frequent,
        }
    }
}
