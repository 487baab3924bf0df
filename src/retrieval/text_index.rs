//! The inverted index: one combined, stemmed field, and beside it what a close look needs.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;
use tantivy::index::SegmentId;
use tantivy::schema::Field;
use tantivy::{Index, InvertedIndexReader, SegmentReader, Term};

use super::bits::Bits;
use super::called::Called;
use super::heads::Heads;
use super::likeness::Marks;
use super::passages::Passages;
use super::postings::Postings;
use crate::query::Vocabulary;

/// A stem that stands in one of so many documents is frequent: its postings are kept decoded, which takes about 200 kB a
/// million documents.
const FREQUENT_ONE_IN: u32 = 128;

pub(super) const TEXT_DIR: &str = "text";
pub(super) const PASSAGES_FILE: &str = "passages.bin";
pub(super) const HEADS_FILE: &str = "heads.bin";
pub(super) const CALLED_FILE: &str = "called.bin";
pub(super) const MARKS_FILE: &str = "marks.bin";
pub(super) const TEXT_FIELD: &str = "text";

/// The text side of one catalog, open for reading; a copy shares what does not change.
#[derive(Clone)]
pub struct TextIndex {
    pub(super) segments: Vec<Part>,
    /// Words of an average product.
    pub(super) average_words: f32,
    pub(super) products: u32,
    pub(super) field: Field,
    pub vocabulary: Vocabulary,
    pub(super) passages: Passages,
    pub(super) heads: Arc<Heads>,
    /// What products were called when all were indexed together, and what marked them then.
    pub(super) called: Arc<Called>,
    pub(super) marks: Arc<Marks>,
}

/// One segment of the inverted index, and its documents that hold no more.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) segment: Arc<Segment>,
    /// Empty when all documents hold.
    pub(super) hidden: Arc<Bits>,
}

/// Products that were indexed together.
pub(super) struct Segment {
    /// `None` when all postings are kept decoded.
    pub(super) inverted: Option<Arc<InvertedIndexReader>>,
    /// By document: its length, as tantivy rounds and numbers it.
    pub(super) length_ids: Vec<u8>,
    /// The ordinal of its first product; the others follow in catalog order …
    pub(super) first: u32,
    /// … unless it says for each document which product that is.
    pub(super) ordinals: Vec<u32>,
    /// Stems that stand in so many documents that their postings are kept decoded.
    pub(super) frequent: FxHashMap<String, Postings>,
}

impl TextIndex {
    /// Opens what a builder wrote.
    pub fn open(dir: &Path) -> Result<Self, tantivy::TantivyError> {
        let index = Index::open_in_dir(dir.join(TEXT_DIR))?;
        let field = index.schema().get_field(TEXT_FIELD)?;
        let searcher = index.reader()?.searcher();
        let mut readers: Vec<&SegmentReader> = searcher.segment_readers().iter().collect();
        readers.sort_by_key(|reader| -> SegmentId { reader.segment_id() });
        let mut segments = Vec::with_capacity(readers.len());
        let mut products = 0;
        for reader in readers {
            segments.push(Segment::open(reader, field, products)?);
            products += reader.max_doc();
        }
        let words = segments
            .iter()
            .filter_map(|segment| segment.inverted.as_ref());
        let words: u64 = words.map(|inverted| inverted.total_num_tokens()).sum();
        let passages: Passages = read(&dir.join(PASSAGES_FILE))?;
        if passages.products() != products {
            let reason = format!("{PASSAGES_FILE} is of another catalog");
            return Err(io::Error::other(reason).into());
        }
        let vocabulary = Vocabulary::open(dir)?;
        let frequent = vocabulary.found_in_at_least(products / FREQUENT_ONE_IN);
        let frequent: Vec<&str> = frequent.map(|stem| vocabulary.text(stem)).collect();
        for segment in &mut segments {
            segment.keep_frequent(field, frequent.iter().copied())?;
        }
        Ok(TextIndex {
            segments: segments.into_iter().map(Part::whole).collect(),
            average_words: words as f32 / (products.max(1)) as f32,
            products,
            field,
            vocabulary,
            passages,
            heads: Arc::new(read(&dir.join(HEADS_FILE))?),
            called: Arc::new(read(&dir.join(CALLED_FILE))?),
            marks: Arc::new(read(&dir.join(MARKS_FILE))?),
        })
    }

    /// How many products are indexed.
    pub fn products(&self) -> u32 {
        self.products
    }

    /// How many segments the inverted index has; for measuring against it.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// In how many products a stem stands, as the vocabulary counted while it was built.
    pub(super) fn products_with(&self, stem: &str) -> u32 {
        let number = self.vocabulary.number_of(stem);
        number.map_or(0, |number| self.vocabulary.product_count(number))
    }
}

impl Part {
    /// A segment all of whose documents hold.
    pub(super) fn whole(segment: Segment) -> Self {
        Part {
            segment: Arc::new(segment),
            hidden: Arc::default(),
        }
    }
}

impl Segment {
    fn open(
        reader: &SegmentReader,
        field: Field,
        first: u32,
    ) -> Result<Self, tantivy::TantivyError> {
        let lengths = reader.get_fieldnorms_reader(field)?;
        Ok(Segment {
            inverted: Some(reader.inverted_index(field)?),
            length_ids: (0..reader.max_doc())
                .map(|document| lengths.fieldnorm_id(document))
                .collect(),
            first,
            ordinals: Vec::new(),
            frequent: FxHashMap::default(),
        })
    }

    /// The product of a document.
    #[inline]
    pub(super) fn ordinal(&self, document: u32) -> u32 {
        let own = self.ordinals.get(document as usize).copied();
        own.unwrap_or(self.first + document)
    }

    /// The document of a product.
    pub(super) fn document(&self, ordinal: u32) -> Option<u32> {
        if !self.ordinals.is_empty() {
            let found = self.ordinals.binary_search(&ordinal).ok();
            return found.map(|document| document as u32);
        }
        let document = ordinal.checked_sub(self.first)?;
        (document < self.documents()).then_some(document)
    }

    pub(super) fn documents(&self) -> u32 {
        self.length_ids.len() as u32
    }

    /// Decodes the postings of the frequent ones among these stems.
    fn keep_frequent<'s>(
        &mut self,
        field: Field,
        stems: impl Iterator<Item = &'s str>,
    ) -> Result<(), tantivy::TantivyError> {
        for stem in stems {
            let Some(inverted) = &self.inverted else {
                continue;
            };
            let info = inverted.get_term_info(&Term::from_field_text(field, stem))?;
            if let Some(info) = info
                && info.doc_freq >= self.documents().div_ceil(FREQUENT_ONE_IN)
            {
                let postings = Postings::read(self, &info)?;
                self.frequent.insert(stem.to_string(), postings);
            }
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    postcard::from_bytes(&std::fs::read(path)?).map_err(io::Error::other)
}
