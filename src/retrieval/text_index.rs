//! The inverted index: one combined, stemmed field, and the stems of every title in order.

use std::io;
use std::path::Path;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tantivy::index::SegmentId;
use tantivy::indexer::NoMergePolicy;
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TextAnalyzer;
use tantivy::{Index, IndexWriter, InvertedIndexReader, SegmentReader, TantivyDocument, Term};

use super::postings::Postings;
use super::stems::{STEM_END, StemTokenizer};
use crate::catalog::product::{Product, Value};
use crate::catalog::schema::{Role, Schema};
use crate::catalog::write_durably;
use crate::query::{Vocabulary, VocabularyBuilder};
use crate::text::{Analyzer, for_each_word};

/// Memory for postings before they are written as a segment.
pub const WRITER_BYTES: usize = 1 << 30;

/// A stem that stands in one of so many documents is frequent: decoding its postings for every query costs more time
/// than keeping them costs memory.
const FREQUENT_ONE_IN: u32 = 32;

const TEXT_DIR: &str = "text";
const TITLES_FILE: &str = "titles.bin";
const TEXT_FIELD: &str = "text";
const ORDINAL_FIELD: &str = "ordinal";
const TOKENIZER: &str = "stems";

/// The text side of one catalog, open for reading.
pub struct TextIndex {
    pub(super) segments: Vec<Segment>,
    /// Words of an average product.
    pub(super) average_words: f32,
    pub(super) products: u32,
    pub(super) field: Field,
    pub vocabulary: Vocabulary,
    pub(super) titles: Titles,
    /// The numbers of the stems after which a title names what a product is made for.
    pub(super) purposes: Vec<u32>,
    /// By product: whether its title has one of them.
    pub(super) names_a_purpose: Vec<bool>,
}

/// One segment of the inverted index.
pub(super) struct Segment {
    pub(super) inverted: std::sync::Arc<InvertedIndexReader>,
    /// By document: its length, as tantivy rounds and numbers it.
    pub(super) length_ids: Vec<u8>,
    pub(super) ordinals: Ordinals,
    /// Stems that stand in so many documents that their postings are kept decoded.
    pub(super) frequent: FxHashMap<String, Postings>,
}

/// By tantivy document: the product's ordinal.
pub(super) enum Ordinals {
    /// Documents stand in catalog order from this ordinal on, which spares looking them up.
    From {
        first: u32,
        documents: u32,
    },
    Listed(Vec<u32>),
}

impl Ordinals {
    fn of(listed: Vec<u32>) -> Self {
        let first = listed.first().copied().unwrap_or_default();
        let in_order = (first..)
            .zip(&listed)
            .all(|(expected, ordinal)| expected == *ordinal);
        if in_order {
            Ordinals::From {
                first,
                documents: listed.len() as u32,
            }
        } else {
            Ordinals::Listed(listed)
        }
    }

    #[inline]
    pub(super) fn of_document(&self, document: u32) -> u32 {
        match self {
            Ordinals::From { first, .. } => first + document,
            Ordinals::Listed(ordinals) => ordinals[document as usize],
        }
    }

    fn documents(&self) -> usize {
        match self {
            Ordinals::From { documents, .. } => *documents as usize,
            Ordinals::Listed(ordinals) => ordinals.len(),
        }
    }
}

/// The stems of every title, in order.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Titles {
    starts: Vec<u32>,
    stems: Vec<u32>,
}

impl Titles {
    fn products(&self) -> u32 {
        self.starts.len().saturating_sub(1) as u32
    }

    pub(super) fn of(&self, product: u32) -> &[u32] {
        &self.stems
            [self.starts[product as usize] as usize..self.starts[product as usize + 1] as usize]
    }
}

/// Indexes products one after the other.
pub struct TextIndexBuilder {
    analyzer: Analyzer,
    /// Positions of the searched attributes.
    searched: Vec<usize>,
    title: Option<usize>,
    writer: IndexWriter,
    field: Field,
    ordinal: Field,
    vocabulary: VocabularyBuilder,
    titles: Titles,
    products: u32,
}

impl TextIndexBuilder {
    pub fn create(dir: &Path, schema: &Schema) -> Result<Self, tantivy::TantivyError> {
        let mut fields = tantivy::schema::Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqs);
        let field = fields.add_text_field(
            TEXT_FIELD,
            TextOptions::default().set_indexing_options(indexing),
        );
        let ordinal = fields.add_u64_field(ORDINAL_FIELD, NumericOptions::default().set_fast());
        let dir = dir.join(TEXT_DIR);
        std::fs::create_dir_all(&dir)?;
        let index = Index::create_in_dir(&dir, fields.build())?;
        let tokenizer = TextAnalyzer::from(StemTokenizer::default());
        index.tokenizers().register(TOKENIZER, tokenizer);
        let writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(TextIndexBuilder {
            analyzer: Analyzer::new(&schema.language),
            searched: searched_positions(schema),
            title: schema.role(Role::Title),
            writer,
            field,
            ordinal,
            vocabulary: VocabularyBuilder::default(),
            titles: Titles {
                starts: vec![0],
                stems: Vec::new(),
            },
            products: 0,
        })
    }

    /// Adds the next product; its ordinal is the number of products added before.
    pub fn push(&mut self, product: &Product) -> Result<(), tantivy::TantivyError> {
        let mut stems = String::with_capacity(256);
        for attribute in &self.searched {
            let is_title = Some(*attribute) == self.title;
            for text in product_texts(product, *attribute) {
                for_each_word(text, |folded, _| {
                    let stem = self.vocabulary.stem(&self.analyzer, folded, self.products);
                    if is_title {
                        self.titles.stems.push(stem);
                    }
                    stems.push_str(self.vocabulary.text(stem));
                    stems.push(STEM_END);
                });
            }
        }
        self.titles.starts.push(self.titles.stems.len() as u32);
        let mut document = TantivyDocument::new();
        document.add_text(self.field, stems);
        document.add_u64(self.ordinal, u64::from(self.products));
        self.writer.add_document(document)?;
        self.products += 1;
        Ok(())
    }

    /// Makes everything durable.
    pub fn finish(mut self, dir: &Path) -> Result<(), tantivy::TantivyError> {
        self.writer.commit()?;
        self.writer.wait_merging_threads()?;
        self.vocabulary.write(dir)?;
        let titles = postcard::to_stdvec(&self.titles).map_err(io::Error::other)?;
        write_durably(&dir.join(TITLES_FILE), &titles)?;
        Ok(())
    }
}

impl TextIndex {
    /// Opens what a builder wrote for the same language.
    pub fn open(dir: &Path, language: &str) -> Result<Self, tantivy::TantivyError> {
        let index = Index::open_in_dir(dir.join(TEXT_DIR))?;
        let field = index.schema().get_field(TEXT_FIELD)?;
        let searcher = index.reader()?.searcher();
        let mut readers: Vec<&SegmentReader> = searcher.segment_readers().iter().collect();
        readers.sort_by_key(|reader| -> SegmentId { reader.segment_id() });
        let mut segments = readers
            .into_iter()
            .map(|reader| Segment::open(reader, field))
            .collect::<Result<Vec<_>, _>>()?;
        let products: usize = segments
            .iter()
            .map(|segment| segment.ordinals.documents())
            .sum();
        let words: u64 = segments
            .iter()
            .map(|segment| segment.inverted.total_num_tokens())
            .sum();
        let titles = std::fs::read(dir.join(TITLES_FILE))?;
        let vocabulary = Vocabulary::open(dir)?;
        let purposes: Vec<u32> = Analyzer::new(language)
            .purposes()
            .iter()
            .filter_map(|stem| vocabulary.number_of(stem))
            .collect();
        let frequent = vocabulary.found_in_at_least(products as u32 / FREQUENT_ONE_IN);
        let frequent: Vec<&str> = frequent.map(|stem| vocabulary.text(stem)).collect();
        for segment in &mut segments {
            segment.keep_frequent(field, frequent.iter().copied())?;
        }
        let titles: Titles = postcard::from_bytes(&titles).map_err(io::Error::other)?;
        let names_a_purpose = |product: u32| {
            titles
                .of(product)
                .iter()
                .any(|stem| purposes.contains(stem))
        };
        Ok(TextIndex {
            names_a_purpose: (0..titles.products()).map(names_a_purpose).collect(),
            purposes,
            segments,
            average_words: words as f32 / (products.max(1)) as f32,
            products: products as u32,
            field,
            vocabulary,
            titles,
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

impl Segment {
    fn open(reader: &SegmentReader, field: Field) -> Result<Self, tantivy::TantivyError> {
        let ordinals = reader.fast_fields().u64(ORDINAL_FIELD)?;
        let ordinals = (0..reader.max_doc())
            .map(|doc| ordinals.first(doc).unwrap_or_default() as u32)
            .collect();
        let ordinals = Ordinals::of(ordinals);
        let lengths = reader.get_fieldnorms_reader(field)?;
        Ok(Segment {
            inverted: reader.inverted_index(field)?,
            length_ids: (0..reader.max_doc())
                .map(|document| lengths.fieldnorm_id(document))
                .collect(),
            ordinals,
            frequent: FxHashMap::default(),
        })
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
            let info = self
                .inverted
                .get_term_info(&Term::from_field_text(field, stem))?;
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

/// The searched attributes, heaviest first.
fn searched_positions(schema: &Schema) -> Vec<usize> {
    let weight = |position: &usize| schema.attributes[*position].searched.unwrap_or_default();
    let mut positions: Vec<usize> = (0..schema.attributes.len())
        .filter(|position| weight(position) > 0.0)
        .collect();
    positions.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    positions
}

/// The texts of an attribute, those of the variants included, each once.
fn product_texts(product: &Product, attribute: usize) -> Vec<&str> {
    let mut texts: Vec<&str> = Vec::new();
    let variants = product
        .variants
        .iter()
        .flat_map(|variant| &variant.values[attribute]);
    for value in product.values[attribute].iter().chain(variants) {
        if let Value::Text(text) = value
            && !texts.contains(&text.as_str())
        {
            texts.push(text);
        }
    }
    texts
}
