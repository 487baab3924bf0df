//! Stems of products in, one segment of the inverted index out.
//!
//! Stems are numbered before they come here, so that postings are sorted by counting rather than by hashing words:
//! this is why tantivy's files are written through its serializers and not through its `IndexWriter`.

use std::io;

use rustc_hash::FxHashMap;

use tantivy::columnar::ColumnarWriter;
use tantivy::directory::{FileSlice, TerminatingWrite};
use tantivy::fieldnorm::{FieldNormReader, FieldNormsSerializer};
use tantivy::index::{SegmentComponent, SegmentId};
use tantivy::postings::{FieldSerializer, InvertedIndexSerializer};
use tantivy::schema::Field;
use tantivy::store::{Compressor, StoreWriter};
use tantivy::{Index, SegmentMeta, TantivyError};

/// tantivy's store of documents stays empty, but must be told a size.
const STORE_BLOCK_BYTES: usize = 16 << 10;

/// The stems of products in catalog order, with repetitions.
#[derive(Default)]
pub(super) struct SegmentBuilder {
    stems: Vec<u32>,
    /// By product: where its stems end.
    ends: Vec<u32>,
    /// By product: how many words its texts have.
    words: Vec<u32>,
}

impl SegmentBuilder {
    pub(super) fn products(&self) -> usize {
        self.ends.len()
    }

    /// Occurrences of stems; the segment takes eight bytes for each while it is written.
    pub(super) fn stems(&self) -> usize {
        self.stems.len()
    }

    /// Adds the next product; terms that are no words of its texts do not make it longer.
    pub(super) fn push(
        &mut self,
        stems: impl Iterator<Item = u32>,
        terms: impl Iterator<Item = u32>,
    ) {
        let start = self.stems.len();
        self.stems.extend(stems);
        self.words.push((self.stems.len() - start) as u32);
        self.stems.extend(terms);
        self.ends.push(self.stems.len() as u32);
    }

    /// The same products, each listed under the terms of the parts of its words too; `counted` is told of every part that a product has, once.
    pub(super) fn with_parts(
        self,
        parts: &FxHashMap<u32, Vec<u32>>,
        mut counted: impl FnMut(u32, u32),
    ) -> Self {
        let mut longer = SegmentBuilder {
            stems: Vec::with_capacity(self.stems.len()),
            ends: Vec::with_capacity(self.ends.len()),
            words: self.words,
        };
        let mut start = 0;
        for (product, end) in (0..).zip(self.ends) {
            let own = &self.stems[start..end as usize];
            let mut found: Vec<u32> = own
                .iter()
                .filter_map(|stem| parts.get(stem))
                .flatten()
                .copied()
                .collect();
            found.sort_unstable();
            found.dedup();
            found.iter().for_each(|part| counted(*part, product));
            longer.stems.extend_from_slice(own);
            longer.stems.append(&mut found);
            longer.ends.push(longer.stems.len() as u32);
            start = end as usize;
        }
        longer
    }

    /// Writes everything as the segment with this number and makes it durable. `texts` has every stem's text.
    pub(super) fn write(
        self,
        index: &Index,
        number: usize,
        field: Field,
        texts: &[String],
    ) -> Result<SegmentMeta, TantivyError> {
        // Segments are sorted by their ids when they are opened, so that they stand in catalog order.
        let id = SegmentId::from_uuid_string(&format!("{number:032x}"))
            .expect("32 hexadecimal digits are an id");
        let documents = self.ends.len() as u32;
        let segment = index.segment(index.new_segment_meta(id, documents));

        let lengths = self.lengths();
        let mut serializer =
            FieldNormsSerializer::from_write(segment.open_write(SegmentComponent::FieldNorms)?)?;
        serializer.serialize_field(field, &lengths)?;
        serializer.close()?;

        let lengths = FieldNormReader::open(FileSlice::from(lengths))?;
        let mut serializer = InvertedIndexSerializer::open(&segment)?;
        let words = self.words.iter().map(|words| u64::from(*words)).sum();
        let mut postings = serializer.new_field(field, words, Some(lengths))?;
        self.write_postings(texts, &mut postings)?;
        postings.close()?;
        serializer.close()?;

        // A segment has these files, whether anything is in them or not.
        let mut columns = segment.open_write(SegmentComponent::FastFields)?;
        ColumnarWriter::default().serialize(documents, None, &mut columns)?;
        columns.terminate()?;
        let store = segment.open_write(SegmentComponent::Store)?;
        StoreWriter::new(store, Compressor::None, STORE_BLOCK_BYTES, false)?.close()?;
        Ok(segment.meta().clone())
    }

    /// How many words each product has, as tantivy stores lengths.
    fn lengths(&self) -> Vec<u8> {
        let words = self.words.iter().copied();
        words.map(FieldNormReader::fieldnorm_to_id).collect()
    }

    fn write_postings(
        self,
        texts: &[String],
        postings: &mut FieldSerializer<'_>,
    ) -> io::Result<()> {
        let mut starts = self.starts(texts.len());
        let documents = self.documents_by_stem(&mut starts);
        // Filling moved every start to where its stem ends.
        let ends = starts;
        for stem in sorted(texts) {
            let start = match stem {
                0 => 0,
                _ => ends[stem as usize - 1],
            };
            let listed = &documents[start as usize..ends[stem as usize] as usize];
            if listed.is_empty() {
                continue;
            }
            let products = listed.chunk_by(|one, next| one == next);
            let found_in = products.clone().count() as u32;
            postings.new_term(texts[stem as usize].as_bytes(), found_in, true)?;
            for product in products {
                postings.write_doc(product[0], product.len() as u32, &[]);
            }
            postings.close_term()?;
        }
        Ok(())
    }

    /// By stem: where its documents begin when all are listed by stem.
    fn starts(&self, stems: usize) -> Vec<u32> {
        let mut starts = vec![0u32; stems];
        for stem in &self.stems {
            starts[*stem as usize] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        starts
    }

    /// The documents of the first stem, of the second, and so on; one that has a stem twice is there twice.
    fn documents_by_stem(self, next: &mut [u32]) -> Vec<u32> {
        let mut documents = vec![0u32; self.stems.len()];
        let mut begin = 0;
        for (document, end) in self.ends.iter().enumerate() {
            for stem in &self.stems[begin..*end as usize] {
                let place = &mut next[*stem as usize];
                documents[*place as usize] = document as u32;
                *place += 1;
            }
            begin = *end as usize;
        }
        documents
    }
}

/// The stems in the order of their texts.
fn sorted(texts: &[String]) -> Vec<u32> {
    // Most comparisons are decided by the first bytes, which need not be fetched from all over memory.
    let first_bytes = |text: &str| {
        let mut bytes = [0; 8];
        let length = text.len().min(8);
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        u64::from_be_bytes(bytes)
    };
    let mut stems: Vec<(u64, u32)> = texts
        .iter()
        .enumerate()
        .map(|(stem, text)| (first_bytes(text), stem as u32))
        .collect();
    stems.sort_unstable_by(|one, other| {
        one.0
            .cmp(&other.0)
            .then_with(|| texts[one.1 as usize].cmp(&texts[other.1 as usize]))
    });
    stems.into_iter().map(|(_, stem)| stem).collect()
}
