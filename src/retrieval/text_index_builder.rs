//! Words of products in, the text side of a generation out.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::thread;

use rustc_hash::FxHashSet;
use serde::Serialize;
use tantivy::schema::{Field, IndexRecordOption, TextFieldIndexing, TextOptions};
use tantivy::{Directory, Index, IndexMeta, SegmentMeta};

use super::IndexError;
use super::called::Called;
use super::heads::Heads;
use super::languages::Languages;
use super::likeness::MarksBuilder;
use super::passages::Passages;
use super::segment::SegmentBuilder;
use super::terms::Meaning;
use super::text_index::{CALLED_FILE, HEADS_FILE, MARKS_FILE, PASSAGES_FILE, TEXT_DIR, TEXT_FIELD};
use super::words::Words;
use crate::catalog::schema::Schema;
use crate::catalog::write_durably;
use crate::query::VocabularyBuilder;

/// A segment is written when this many words have come together, which then take eight bytes each: 512 MiB.
const SEGMENT_WORDS_MAX: usize = 64 << 20;

const META_FILE: &str = "meta.json";

/// Indexes products one batch after the other.
pub struct TextIndexBuilder {
    languages: Languages,
    schema: Schema,
    index: Index,
    field: Field,
    vocabulary: VocabularyBuilder,
    passages: Passages,
    marks: MarksBuilder,
    /// Words of colors.
    colors: FxHashSet<String>,
    /// Products that were added.
    products: u32,
    segment: SegmentBuilder,
    written: Vec<SegmentMeta>,
}

impl TextIndexBuilder {
    pub fn create(dir: &Path, schema: &Schema) -> Result<Self, IndexError> {
        let mut fields = tantivy::schema::Schema::builder();
        let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
        let field = fields.add_text_field(
            TEXT_FIELD,
            TextOptions::default().set_indexing_options(indexing),
        );
        let dir = dir.join(TEXT_DIR);
        std::fs::create_dir_all(&dir)?;
        Ok(TextIndexBuilder {
            languages: Languages::new(schema),
            schema: schema.clone(),
            index: Index::create_in_dir(&dir, fields.build())?,
            field,
            vocabulary: VocabularyBuilder::default(),
            passages: Passages::default(),
            marks: MarksBuilder::default(),
            colors: FxHashSet::default(),
            products: 0,
            segment: SegmentBuilder::default(),
            written: Vec::new(),
        })
    }

    /// Adds the next products; a product's ordinal is the number of products added before.
    pub fn push(&mut self, words: &Words) -> Result<(), IndexError> {
        let (vocabulary, schema) = (&mut self.vocabulary, &self.schema);
        let meanings: Vec<Meaning> = words
            .distinct()
            .map(|text| Meaning::of(vocabulary, &self.languages, schema, text))
            .collect();
        let mut terms = Vec::new();
        for product in &words.products {
            let stems = |range: &Range<usize>| {
                let tokens = words.tokens[range.clone()].iter();
                tokens.filter_map(|token| match &meanings[*token as usize] {
                    Meaning::Stem(stem) => Some(*stem),
                    Meaning::Term(_) | Meaning::Value(_) => None,
                })
            };
            for stem in stems(&product.all) {
                self.vocabulary.count(stem, self.products);
            }
            for token in &words.tokens[product.terms.clone()] {
                let meaning = &meanings[*token as usize];
                meaning.add_terms(&mut self.vocabulary, self.products, &mut terms);
            }
            let texts = product
                .places
                .each_ref()
                .map(|place| stems(place).collect());
            self.marks.push(&product.filled);
            self.passages.push(texts);
            self.segment.push(stems(&product.all), terms.drain(..));
            self.products += 1;
            if self.segment.stems() >= SEGMENT_WORDS_MAX {
                self.write_segment()?;
            }
        }
        self.colors.extend(words.colors.iter().cloned());
        Ok(())
    }

    /// Learns what is learned from the whole catalog, and makes everything durable.
    pub fn finish(mut self, dir: &Path) -> Result<(), IndexError> {
        let segment = self.take_segment();
        let vocabulary = &self.vocabulary;
        let number = self.written.len();
        let (segment, vocabulary) = thread::scope(|scope| {
            let words = scope.spawn(|| vocabulary.write(dir));
            let is_filled = segment.products() > 0;
            let write = || segment.write(&self.index, number, self.field, vocabulary.texts());
            let segment = is_filled.then(write).transpose();
            let written = "writing does not panic: it only returns errors";
            (segment, words.join().expect(written))
        });
        vocabulary?;
        self.written.extend(segment?);
        let meta = IndexMeta {
            segments: std::mem::take(&mut self.written),
            ..self.index.load_metas()?
        };
        let meta = serde_json::to_vec_pretty(&meta).map_err(io::Error::other)?;
        let directory = self.index.directory();
        directory.sync_directory()?;
        directory.atomic_write(Path::new(META_FILE), &meta)?;
        let colors = self
            .colors
            .iter()
            .map(|color| self.languages.own.stem(color))
            .collect();
        let stems = self.vocabulary.texts();
        let heads = Heads::learn(&self.passages, stems, &self.languages.own, &colors);
        write(&dir.join(PASSAGES_FILE), &self.passages)?;
        write(&dir.join(HEADS_FILE), &heads)?;
        let called = Called::learn(&self.passages, &heads);
        write(&dir.join(CALLED_FILE), &called)?;
        let marks = self.marks.finish(&self.passages);
        write(&dir.join(MARKS_FILE), &marks)?;
        Ok(())
    }

    /// The products of the segment, listed under the parts of their compounds too, as far as those are known by now.
    fn take_segment(&mut self) -> SegmentBuilder {
        let segment = std::mem::take(&mut self.segment);
        let analyzer = &self.languages.own;
        let parts = self.vocabulary.take_apart(analyzer, self.products);
        if parts.is_empty() {
            return segment;
        }
        let first = self.products - segment.products() as u32;
        segment.with_parts(&parts, |part, product| {
            self.vocabulary.count(part, first + product);
        })
    }

    fn write_segment(&mut self) -> Result<(), IndexError> {
        let segment = self.take_segment();
        let number = self.written.len();
        let texts = self.vocabulary.texts();
        let written = segment.write(&self.index, number, self.field, texts)?;
        self.written.push(written);
        Ok(())
    }
}

fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let bytes = postcard::to_stdvec(value).map_err(io::Error::other)?;
    write_durably(path, &bytes)
}
