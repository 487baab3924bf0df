//! Where a stem stands: which documents have it, and how often each.

use multiversion::multiversion;
use tantivy::postings::TermInfo;
use tantivy::schema::IndexRecordOption;

use super::bits::Bits;
use super::bm25::Lengths;
use super::text_index::Segment;

/// A stem that stands more often in a document counts as often as this.
const FREQUENCY_MAX: u32 = u8::MAX as u32;

/// The documents of one segment that have a stem.
#[derive(Debug, Clone)]
pub(super) struct Postings {
    pub(super) documents: Bits,
    /// By word of the bits: how many documents stand before it.
    before: Vec<u32>,
    /// By document that has the stem, in order.
    frequencies: Vec<u8>,
}

impl Postings {
    /// Decodes what tantivy stored.
    pub(super) fn read(segment: &Segment, info: &TermInfo) -> tantivy::Result<Self> {
        let mut documents = Bits::none_of(segment.documents());
        let mut frequencies = Vec::with_capacity(info.doc_freq as usize);
        let Some(inverted) = &segment.inverted else {
            return Ok(Postings::of(documents, frequencies));
        };
        let mut blocks =
            inverted.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
        while !blocks.docs().is_empty() {
            blocks.docs().iter().for_each(|at| documents.insert(*at));
            let capped = |frequency: &u32| (*frequency).min(FREQUENCY_MAX) as u8;
            frequencies.extend(blocks.freqs().iter().map(capped));
            blocks.advance();
        }
        Ok(Postings::of(documents, frequencies))
    }

    /// Documents, and how often each has the stem.
    fn of(documents: Bits, frequencies: Vec<u8>) -> Self {
        Postings {
            before: documents.counts_before(),
            documents,
            frequencies,
        }
    }

    /// Documents in order, each as often as it has the stem, of a segment of so many.
    pub(super) fn listed(listed: &[u32], documents: u32) -> Self {
        let (mut bits, mut frequencies) = (Bits::none_of(documents), Vec::new());
        for same in listed.chunk_by(|one, next| one == next) {
            bits.insert(same[0]);
            frequencies.push((same.len() as u32).min(FREQUENCY_MAX) as u8);
        }
        Postings::of(bits, frequencies)
    }

    /// How often the stem stands in a document.
    #[inline(always)]
    fn frequency(&self, document: u32) -> u32 {
        let (word, bits, own) = self.documents.around(document);
        let at = self.before[word] + (bits & (own - 1)).count_ones();
        // One past the end when the document and all after it lack the stem.
        let frequency = self.frequencies.get(at as usize).copied().unwrap_or(0);
        if bits & own == 0 {
            0
        } else {
            u32::from(frequency)
        }
    }
}

/// What a stem of this `weight` adds to the score of each of `documents`: 0 where it is absent.
#[multiversion(targets = "simd")]
pub(super) fn scores(
    postings: &Postings,
    weight: f32,
    lengths: &Lengths,
    length_ids: &[u8],
    documents: &[u32],
    scores: &mut [f32],
) {
    for (document, score) in documents.iter().zip(scores) {
        let length = length_ids[*document as usize];
        *score = weight * lengths.saturation(length, postings.frequency(*document));
    }
}
