//! Which products match the words of a query, and how well: all words first, then fewer.

use std::borrow::Cow;

use tantivy::Term;

use super::bits::{Bits, Cursor, in_at_least};
use super::block::Block;
use super::bm25::{Lengths, rarity};
use super::postings::{self, Postings};
use super::relaxing::{self, Step};
use super::text_index::{Segment, TextIndex};
use crate::query::{Alternative, Unit};

/// More units than this are not sought.
pub const UNITS_MAX: usize = 32;

/// What matches in one segment, and what is needed to score it.
pub(super) struct Matches<'i> {
    sought: Sought<'i>,
    documents: Bits,
    listed: Cursor,
}

/// Matches all units; while fewer than `enough` products do, fewer units. By segment, and whether all units are matched.
pub(super) fn match_units<'i>(
    index: &'i TextIndex,
    units: &[Unit],
    head: Option<usize>,
    enough: usize,
) -> tantivy::Result<(Vec<Matches<'i>>, bool)> {
    let units = &units[..units.len().min(UNITS_MAX)];
    let mut segments = Vec::with_capacity(index.segments.len());
    for part in &index.segments {
        segments.push(Sought::open(index, &part.segment, units)?);
    }
    // A word nobody sells cannot be required.
    let is_known = |unit: &usize| segments.iter().any(|sought| sought.has(*unit));
    let known: Vec<usize> = (0..units.len()).filter(is_known).collect();
    if known.is_empty() {
        return Ok((Vec::new(), false));
    }
    let (mut found, mut steps): (Vec<Bits>, usize) = (Vec::new(), 0);
    for step in relaxing::steps(units, &known, head) {
        steps += 1;
        let parts = segments.iter().zip(&index.segments);
        let meeting = parts.map(|(sought, part)| {
            let mut meeting = sought.meeting(step);
            if !part.hidden.is_nothing() {
                meeting.subtract(&part.hidden);
            }
            meeting
        });
        if found.is_empty() {
            found = meeting.collect();
        } else {
            let both = found.iter_mut().zip(meeting);
            both.for_each(|(found, meeting)| found.unite(&meeting));
        }
        if found.iter().map(Bits::count).sum::<usize>() >= enough {
            break;
        }
    }
    let matches = segments.into_iter().zip(found);
    let matches = matches.map(|(sought, documents)| Matches {
        sought,
        documents,
        listed: Cursor::default(),
    });
    Ok((matches.collect(), steps == 1))
}

impl Matches<'_> {
    /// Whether a product matches; none of another segment does.
    pub(super) fn has(&self, product: u32) -> bool {
        let segment = self.sought.segment;
        let document = match segment.ordinals.as_slice() {
            [] => product.checked_sub(segment.first),
            ordinals => ordinals.binary_search(&product).ok().map(|at| at as u32),
        };
        let document = document.filter(|document| *document < segment.documents());
        document.is_some_and(|document| {
            let (_, around, own) = self.documents.around(document);
            around & own != 0
        })
    }

    /// Replaces the block's products by the next ones in order; false when there are no more.
    pub(super) fn next(&mut self, block: &mut Block) -> bool {
        block.clear();
        self.documents
            .list(&mut self.listed, &mut block.documents, Block::PRODUCTS);
        let segment = self.sought.segment;
        let listed = block.documents.iter();
        block
            .ordinals
            .extend(listed.map(|document| segment.ordinal(*document)));
        !block.documents.is_empty()
    }

    /// Says of the products of a block how well they match.
    pub(super) fn score(&self, lengths: &Lengths, block: &mut Block) {
        let products = block.documents.len();
        block.scores.clear();
        block.scores.resize(products, 0.0);
        block.units.clear();
        block.units.resize(products, 0);
        let (mut best, mut scratch) = (vec![0.0; products], Scratch::of(products));
        for unit in &self.sought.units {
            unit.score(
                self.sought.segment,
                lengths,
                &block.documents,
                &mut best,
                &mut scratch,
            );
            let own = block.scores.iter_mut().zip(&mut block.units).zip(&best);
            for ((score, units), best) in own {
                *score += best;
                *units |= u32::from(*best > 0.0) << unit.number;
            }
        }
    }
}

/// The units of a query in one segment; those that match nothing there are left out.
struct Sought<'i> {
    segment: &'i Segment,
    units: Vec<SoughtUnit<'i>>,
}

struct SoughtUnit<'i> {
    /// Its place in the query.
    number: usize,
    alternatives: Vec<SoughtAlternative<'i>>,
    /// What any alternative matches; `None` when there is only one, of one word.
    documents: Option<Bits>,
}

/// All of these stems; never empty.
struct SoughtAlternative<'i>(Vec<SoughtStem<'i>>);

struct SoughtStem<'i> {
    postings: Cow<'i, Postings>,
    /// Rarity of the stem times the weight of the alternative.
    weight: f32,
}

/// Room for the scores of alternatives and of their stems.
struct Scratch {
    alternative: Vec<f32>,
    stem: Vec<f32>,
}

impl Scratch {
    fn of(products: usize) -> Self {
        Scratch {
            alternative: vec![0.0; products],
            stem: vec![0.0; products],
        }
    }
}

impl<'i> Sought<'i> {
    fn open(index: &'i TextIndex, segment: &'i Segment, units: &[Unit]) -> tantivy::Result<Self> {
        let mut sought = Vec::with_capacity(units.len());
        for (number, Unit { alternatives }) in units.iter().enumerate() {
            let mut found = Vec::with_capacity(alternatives.len());
            for alternative in alternatives {
                found.extend(SoughtAlternative::open(index, segment, alternative)?);
            }
            if !found.is_empty() {
                sought.push(SoughtUnit::of(number, found));
            }
        }
        Ok(Sought {
            segment,
            units: sought,
        })
    }

    fn has(&self, unit: usize) -> bool {
        self.units.iter().any(|own| own.number == unit)
    }

    /// The documents that meet a step.
    fn meeting(&self, step: Step) -> Bits {
        let own = self
            .units
            .iter()
            .fold(0, |own, unit| own | 1 << unit.number);
        if self.units.len() < step.at_least || own & step.all_of != step.all_of {
            return Bits::none_of(self.segment.documents());
        }
        let sets: Vec<&Bits> = self.units.iter().map(SoughtUnit::documents).collect();
        let mut meeting = in_at_least(step.at_least, &sets);
        let is_required = |unit: &&SoughtUnit| step.all_of & (1 << unit.number) != 0;
        for unit in self.units.iter().filter(is_required) {
            meeting.intersect(unit.documents());
        }
        meeting
    }
}

impl<'i> SoughtUnit<'i> {
    fn of(number: usize, alternatives: Vec<SoughtAlternative<'i>>) -> Self {
        let mut documents = None;
        if alternatives.len() > 1 || alternatives[0].0.len() > 1 {
            for alternative in &alternatives {
                let own = alternative.documents();
                match &mut documents {
                    None => documents = Some(own),
                    Some(documents) => documents.unite(&own),
                }
            }
        }
        SoughtUnit {
            number,
            alternatives,
            documents,
        }
    }

    fn documents(&self) -> &Bits {
        let only = &self.alternatives[0].0[0].postings.documents;
        self.documents.as_ref().unwrap_or(only)
    }

    /// The score of the best alternative by document, 0 where none matches.
    fn score(
        &self,
        segment: &Segment,
        lengths: &Lengths,
        documents: &[u32],
        best: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let (first, others) = self
            .alternatives
            .split_first()
            .expect("a unit without alternatives is left out");
        first.score(segment, lengths, documents, best, &mut scratch.stem);
        for other in others {
            other.score(
                segment,
                lengths,
                documents,
                &mut scratch.alternative,
                &mut scratch.stem,
            );
            for (best, score) in best.iter_mut().zip(&scratch.alternative) {
                *best = best.max(*score);
            }
        }
    }
}

impl<'i> SoughtAlternative<'i> {
    /// `None` when the segment lacks one of the stems.
    fn open(
        index: &'i TextIndex,
        segment: &'i Segment,
        alternative: &Alternative,
    ) -> tantivy::Result<Option<Self>> {
        let mut stems = Vec::with_capacity(alternative.stems.len());
        for stem in &alternative.stems {
            // Of a stem that no product has any more, documents may be left that hold no more.
            let products_with = index.products_with(stem);
            let postings = match products_with {
                0 => None,
                _ => segment.postings(index.field, stem)?,
            };
            let Some(postings) = postings else {
                return Ok(None);
            };
            let weight = alternative.weight * rarity(products_with, index.products);
            stems.push(SoughtStem { postings, weight });
        }
        Ok((!stems.is_empty()).then_some(SoughtAlternative(stems)))
    }

    fn documents(&self) -> Bits {
        let mut documents = self.0[0].postings.documents.clone();
        for stem in &self.0[1..] {
            documents.intersect(&stem.postings.documents);
        }
        documents
    }

    /// The sum of the stems' scores by document, 0 where one of them is absent.
    fn score(
        &self,
        segment: &Segment,
        lengths: &Lengths,
        documents: &[u32],
        sums: &mut [f32],
        own: &mut [f32],
    ) {
        self.0[0].score(segment, lengths, documents, sums);
        for stem in &self.0[1..] {
            stem.score(segment, lengths, documents, own);
            for (sum, own) in sums.iter_mut().zip(own.iter()) {
                let both = *sum > 0.0 && *own > 0.0;
                *sum = if both { *sum + own } else { 0.0 };
            }
        }
    }
}

impl SoughtStem<'_> {
    fn score(&self, segment: &Segment, lengths: &Lengths, documents: &[u32], scores: &mut [f32]) {
        let length_ids = &segment.length_ids;
        postings::scores(
            &self.postings,
            self.weight,
            lengths,
            length_ids,
            documents,
            scores,
        );
    }
}

impl Segment {
    /// Where a stem stands; `None` when nowhere.
    fn postings(
        &self,
        field: tantivy::schema::Field,
        stem: &str,
    ) -> tantivy::Result<Option<Cow<'_, Postings>>> {
        if let Some(postings) = self.frequent.get(stem) {
            return Ok(Some(Cow::Borrowed(postings)));
        }
        let Some(inverted) = &self.inverted else {
            return Ok(None);
        };
        let Some(info) = inverted.get_term_info(&Term::from_field_text(field, stem))? else {
            return Ok(None);
        };
        Ok(Some(Cow::Owned(Postings::read(self, &info)?)))
    }
}
