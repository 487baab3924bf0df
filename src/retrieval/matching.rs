//! Which products match the words of a query, and how well: all words first, then fewer.
//!
//! A product that matches `k` of `m` units must match one of the `m − k + 1` rarest, so those are read whole and the
//! others are only probed: asking for fewer words costs little more than asking for all.

use std::cmp::Ordering;

use tantivy::postings::{Postings, SegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::bm25::{Lengths, rarity};
use super::text_index::{Segment, TextIndex};
use crate::query::{Alternative, Unit};

/// More units than this are not sought.
pub const UNITS_MAX: usize = 32;

/// A product that matched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) ordinal: u32,
    /// Sum of the BM25 scores of the units it matched.
    pub(super) score: f32,
    /// Bit `i` is set when unit `i` matched.
    pub(super) units: u32,
}

impl Match {
    /// A product that nobody asked for by words.
    pub(super) fn without_words(ordinal: u32) -> Self {
        Match {
            ordinal,
            score: 0.0,
            units: 0,
        }
    }
}

/// Matches all units; while fewer than `enough` products do, one unit fewer.
pub(super) fn match_units(
    index: &TextIndex,
    units: &[Unit],
    enough: usize,
) -> tantivy::Result<Vec<Match>> {
    let units = &units[..units.len().min(UNITS_MAX)];
    let lengths = Lengths::new(index.average_words);
    let mut segments = Vec::with_capacity(index.segments.len());
    for segment in &index.segments {
        segments.push(SegmentUnits::open(index, segment, units)?);
    }
    let known = known_units(&segments, units.len());
    let mut required = known;
    loop {
        let mut matches = Vec::new();
        for segment in &segments {
            segment.collect(required, known, &lengths, &mut matches)?;
        }
        if matches.len() >= enough || required <= 1 {
            return Ok(matches);
        }
        required -= 1;
    }
}

/// How many units match anything in the catalog; a word nobody sells cannot be required.
fn known_units(segments: &[SegmentUnits<'_>], units: usize) -> usize {
    let known = |unit: usize| {
        segments
            .iter()
            .any(|segment| segment.units.iter().any(|postings| postings.unit == unit))
    };
    (0..units).filter(|unit| known(*unit)).count()
}

struct SegmentUnits<'i> {
    segment: &'i Segment,
    /// Rarest first.
    units: Vec<UnitPostings>,
}

struct UnitPostings {
    unit: usize,
    alternatives: Vec<AlternativePostings>,
    /// At most this many documents match.
    documents_max: u64,
}

struct AlternativePostings {
    /// Rarest first; never empty.
    words: Vec<WordPostings>,
}

struct WordPostings {
    info: TermInfo,
    /// Rarity of the word times the weight of the alternative.
    weight: f32,
}

/// Documents of one segment that matched, in order; three columns of one table.
#[derive(Default)]
struct Hits {
    documents: Vec<u32>,
    scores: Vec<f32>,
    /// Bit `i` is set when unit `i` matched.
    units: Vec<u32>,
}

impl<'i> SegmentUnits<'i> {
    fn open(index: &TextIndex, segment: &'i Segment, units: &[Unit]) -> tantivy::Result<Self> {
        let mut opened = Vec::with_capacity(units.len());
        for (unit, Unit { alternatives }) in units.iter().enumerate() {
            let mut found = Vec::with_capacity(alternatives.len());
            for alternative in alternatives {
                found.extend(AlternativePostings::open(index, segment, alternative)?);
            }
            if !found.is_empty() {
                let documents_max = found.iter().map(AlternativePostings::documents_max).sum();
                opened.push(UnitPostings {
                    unit,
                    alternatives: found,
                    documents_max,
                });
            }
        }
        opened.sort_by_key(|unit| unit.documents_max);
        Ok(SegmentUnits {
            segment,
            units: opened,
        })
    }

    /// Adds the products that match at least `required` of the `known` units.
    fn collect(
        &self,
        required: usize,
        known: usize,
        lengths: &Lengths,
        matches: &mut Vec<Match>,
    ) -> tantivy::Result<()> {
        if required == 0 || self.units.len() < required {
            return Ok(());
        }
        // Units that match nothing in this segment count among the rarest.
        let absent = known - self.units.len();
        let (seeds, probes) = self.units.split_at(known - required + 1 - absent);
        let mut hits = Hits::default();
        for seed in seeds {
            let (documents, scores) = seed.read(self.segment, lengths)?;
            hits = hits.union(documents, scores, 1 << seed.unit);
        }
        for (at, probe) in probes.iter().enumerate() {
            let scores = probe.scores(self.segment, lengths, &hits.documents)?;
            let probes_left = probes.len() - at - 1;
            hits.add(&scores, 1 << probe.unit);
            hits.keep_matching(required.saturating_sub(probes_left));
        }
        matches.extend((0..hits.documents.len()).map(|at| Match {
            ordinal: self.segment.ordinals.of_document(hits.documents[at]),
            score: hits.scores[at],
            units: hits.units[at],
        }));
        Ok(())
    }
}

impl UnitPostings {
    /// Every document that matches, in order, with its score.
    fn read(&self, segment: &Segment, lengths: &Lengths) -> tantivy::Result<(Vec<u32>, Vec<f32>)> {
        let mut hits = Hits::default();
        for alternative in &self.alternatives {
            let (documents, scores) = alternative.read(segment, lengths)?;
            hits = hits.best(documents, scores);
        }
        Ok((hits.documents, hits.scores))
    }

    /// The score of each document, 0 where it does not match.
    fn scores(
        &self,
        segment: &Segment,
        lengths: &Lengths,
        documents: &[u32],
    ) -> tantivy::Result<Vec<f32>> {
        let mut best: Vec<f32> = Vec::new();
        for alternative in &self.alternatives {
            let scores = alternative.scores(segment, lengths, documents)?;
            if best.is_empty() {
                best = scores;
            } else {
                best.iter_mut()
                    .zip(scores)
                    .for_each(|(best, score)| *best = best.max(score));
            }
        }
        Ok(best)
    }
}

impl AlternativePostings {
    /// `None` when the segment lacks one of the words.
    fn open(
        index: &TextIndex,
        segment: &Segment,
        alternative: &Alternative,
    ) -> tantivy::Result<Option<Self>> {
        let mut words = Vec::with_capacity(alternative.stems.len());
        for stem in &alternative.stems {
            let Some(info) = segment
                .inverted
                .get_term_info(&Term::from_field_text(index.field, stem))?
            else {
                return Ok(None);
            };
            let weight = alternative.weight * rarity(index.products_with(stem), index.products);
            words.push(WordPostings { info, weight });
        }
        words.sort_by_key(|word| word.info.doc_freq);
        Ok((!words.is_empty()).then_some(AlternativePostings { words }))
    }

    fn documents_max(&self) -> u64 {
        self.words
            .first()
            .map_or(0, |word| u64::from(word.info.doc_freq))
    }

    fn read(&self, segment: &Segment, lengths: &Lengths) -> tantivy::Result<(Vec<u32>, Vec<f32>)> {
        let (mut documents, mut scores) = self.words[0].read(segment, lengths)?;
        for word in &self.words[1..] {
            let own = word.scores(segment, lengths, &documents)?;
            let kept: Vec<usize> = (0..documents.len()).filter(|at| own[*at] > 0.0).collect();
            scores = kept.iter().map(|at| scores[*at] + own[*at]).collect();
            documents = kept.iter().map(|at| documents[*at]).collect();
        }
        Ok((documents, scores))
    }

    fn scores(
        &self,
        segment: &Segment,
        lengths: &Lengths,
        documents: &[u32],
    ) -> tantivy::Result<Vec<f32>> {
        let mut scores = self.words[0].scores(segment, lengths, documents)?;
        for word in &self.words[1..] {
            let own = word.scores(segment, lengths, documents)?;
            for (score, own) in scores.iter_mut().zip(own) {
                *score = if *score > 0.0 && own > 0.0 {
                    *score + own
                } else {
                    0.0
                };
            }
        }
        Ok(scores)
    }
}

impl WordPostings {
    fn open(&self, segment: &Segment) -> tantivy::Result<SegmentPostings> {
        Ok(segment
            .inverted
            .read_postings_from_terminfo(&self.info, IndexRecordOption::WithFreqs)?)
    }

    fn read(&self, segment: &Segment, lengths: &Lengths) -> tantivy::Result<(Vec<u32>, Vec<f32>)> {
        let mut postings = self.open(segment)?;
        let mut documents = Vec::with_capacity(self.info.doc_freq as usize);
        let mut scores = Vec::with_capacity(self.info.doc_freq as usize);
        let mut document = postings.doc();
        while document != TERMINATED {
            let length = segment.lengths.fieldnorm_id(document);
            documents.push(document);
            scores.push(self.weight * lengths.saturation(length, postings.term_freq()));
            document = postings.advance();
        }
        Ok((documents, scores))
    }

    /// The score of each of `documents`, which are in order; 0 where the word is absent.
    fn scores(
        &self,
        segment: &Segment,
        lengths: &Lengths,
        documents: &[u32],
    ) -> tantivy::Result<Vec<f32>> {
        let mut postings = self.open(segment)?;
        let mut scores = vec![0.0; documents.len()];
        let mut at = postings.doc();
        for (document, score) in documents.iter().zip(&mut scores) {
            if at < *document {
                at = postings.seek(*document);
            }
            if at == *document {
                let length = segment.lengths.fieldnorm_id(at);
                *score = self.weight * lengths.saturation(length, postings.term_freq());
            }
            if at == TERMINATED {
                break;
            }
        }
        Ok(scores)
    }
}

impl Hits {
    /// Both, with scores added where both have a document.
    fn union(self, documents: Vec<u32>, scores: Vec<f32>, unit: u32) -> Hits {
        if self.documents.is_empty() {
            return Hits {
                units: vec![unit; documents.len()],
                documents,
                scores,
            };
        }
        self.merge(&documents, &scores, unit, |own, other| own + other)
    }

    /// Both, with the better score where both have a document.
    fn best(self, documents: Vec<u32>, scores: Vec<f32>) -> Hits {
        if self.documents.is_empty() {
            return Hits {
                units: vec![0; documents.len()],
                documents,
                scores,
            };
        }
        self.merge(&documents, &scores, 0, f32::max)
    }

    fn merge(
        &self,
        documents: &[u32],
        scores: &[f32],
        unit: u32,
        both: impl Fn(f32, f32) -> f32,
    ) -> Hits {
        let mut merged = Hits::with_capacity(self.documents.len() + documents.len());
        let (mut own, mut other) = (0, 0);
        while own < self.documents.len() || other < documents.len() {
            let left = self.documents.get(own).copied().unwrap_or(u32::MAX);
            let right = documents.get(other).copied().unwrap_or(u32::MAX);
            let (document, score, units) = match left.cmp(&right) {
                Ordering::Less => (left, self.scores[own], self.units[own]),
                Ordering::Greater => (right, scores[other], unit),
                Ordering::Equal => (
                    left,
                    both(self.scores[own], scores[other]),
                    self.units[own] | unit,
                ),
            };
            own += usize::from(left == document);
            other += usize::from(right == document);
            merged.push(document, score, units);
        }
        merged
    }

    fn with_capacity(capacity: usize) -> Hits {
        Hits {
            documents: Vec::with_capacity(capacity),
            scores: Vec::with_capacity(capacity),
            units: Vec::with_capacity(capacity),
        }
    }

    fn push(&mut self, document: u32, score: f32, units: u32) {
        self.documents.push(document);
        self.scores.push(score);
        self.units.push(units);
    }

    /// Adds a unit's scores to the documents already found.
    fn add(&mut self, scores: &[f32], unit: u32) {
        for (at, score) in scores.iter().enumerate().filter(|(_, score)| **score > 0.0) {
            self.scores[at] += score;
            self.units[at] |= unit;
        }
    }

    fn keep_matching(&mut self, units_min: usize) {
        let mut kept = 0;
        for at in 0..self.documents.len() {
            if self.units[at].count_ones() as usize >= units_min {
                self.documents[kept] = self.documents[at];
                self.scores[kept] = self.scores[at];
                self.units[kept] = self.units[at];
                kept += 1;
            }
        }
        self.documents.truncate(kept);
        self.scores.truncate(kept);
        self.units.truncate(kept);
    }
}
