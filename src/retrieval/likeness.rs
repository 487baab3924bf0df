//! How much a product has in common with those that are what was asked for: products of one kind have the same columns
//! filled and state to be the same, whatever their titles say.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Candidate;
use super::passages::{Passages, Place};

/// What fewer products have tells products apart, not kinds.
const PRODUCTS_MIN: u32 = 5;

/// What more than this share of the products have tells nothing.
const SHARE_MAX: f32 = 0.5;

/// So much is kept of a product, what most others have first.
const MARKS_MAX: usize = 32;

/// What was asked for is learned from at most so many products.
const LEARNED_FROM_MAX: usize = 128;

/// Fewer of them say nothing.
const LEARNED_FROM_MIN: usize = 4;

/// A product that has at least this share of what is usual in common is as good as any.
const ENOUGH: f32 = 0.6;

/// So many marks are doubted of every product.
const DOUBT: f32 = 1.0;

/// What may tell kinds apart, by product.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Marks {
    /// By product: where its marks start.
    starts: Vec<u32>,
    marks: Vec<u32>,
    /// By mark: how much it says, more for rarer ones.
    weights: Vec<f32>,
}

/// What products are marked by, while they are read.
#[derive(Default)]
pub(super) struct MarksBuilder {
    /// By product: where what it is marked by ends.
    ends: Vec<usize>,
    marked: Vec<u32>,
}

impl MarksBuilder {
    /// Adds the next product: fingerprints of the columns that it fills.
    pub(super) fn push(&mut self, filled: &[u32]) {
        self.marked.extend_from_slice(filled);
        self.ends.push(self.marked.len());
    }

    /// Leaves what may tell kinds apart, and adds what the products state to be.
    pub(super) fn finish(&self, passages: &Passages) -> Marks {
        let products = passages.products();
        let mut counts: FxHashMap<Mark, u32> = FxHashMap::default();
        for product in 0..products {
            for mark in self.of(passages, product) {
                *counts.entry(mark).or_default() += 1;
            }
        }
        let most = (products as f32 * SHARE_MAX) as u32;
        counts.retain(|_, count| (PRODUCTS_MIN..=most).contains(count));
        let mut marks: Vec<(Mark, u32)> = counts.into_iter().collect();
        marks.sort_unstable_by_key(|(mark, count)| (Reverse(*count), *mark));
        let weight = |(_, count): &(Mark, u32)| (products as f32 / *count as f32).ln();
        let numbers = (0..).zip(&marks).map(|(number, (mark, _))| (*mark, number));
        let numbers: FxHashMap<Mark, u32> = numbers.collect();
        let mut finished = Marks {
            weights: marks.iter().map(weight).collect(),
            ..Marks::default()
        };
        for product in 0..products {
            let own = self.of(passages, product);
            let mut own: Vec<u32> = own.filter_map(|mark| numbers.get(&mark).copied()).collect();
            own.sort_unstable();
            own.truncate(MARKS_MAX);
            finished.starts.push(finished.marks.len() as u32);
            finished.marks.append(&mut own);
        }
        finished
    }

    fn of<'m>(&'m self, passages: &'m Passages, product: u32) -> impl Iterator<Item = Mark> + 'm {
        let at = product as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let filled = self.marked[start..self.ends[at]].iter();
        let stated = passages.of(product, Place::Type).iter();
        let filled = filled.map(|column| Mark::Fills(*column));
        filled.chain(stated.map(|stem| Mark::States(*stem)))
    }
}

/// What a product may be marked by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Mark {
    /// The fingerprint of a column that its rows fill.
    Fills(u32),
    /// The stem of what it states to be.
    States(u32),
}

impl Marks {
    /// None of a product that came later.
    fn of(&self, product: u32) -> &[u32] {
        let at = product as usize;
        let Some(start) = self.starts.get(at) else {
            return &[];
        };
        let end = self.starts.get(at + 1).copied();
        let end = end.map_or(self.marks.len(), |end| end as usize);
        &self.marks[*start as usize..end]
    }

    /// How long the vector of a product's marks is.
    fn length(&self, product: u32) -> f32 {
        let own = self.of(product).iter();
        let squares = own.map(|mark| self.weights[*mark as usize].powi(2));
        squares.sum::<f32>().sqrt()
    }

    /// Says of candidates how little each has in common with `asked_for`, products that are what was asked for; `share` is
    /// how much of the query says what that is. What candidates there are makes no difference.
    pub(super) fn compare(&self, asked_for: &[u32], candidates: &mut [Candidate], share: f32) {
        let marked = asked_for.iter().copied();
        let marked: Vec<u32> = marked
            .filter(|product| !self.of(*product).is_empty())
            .collect();
        let step = marked.len().div_ceil(LEARNED_FROM_MAX).max(1);
        let learned_from: Vec<u32> = marked.into_iter().step_by(step).collect();
        if learned_from.len() < LEARNED_FROM_MIN {
            return;
        }
        let mut usual = vec![0.0; self.weights.len()];
        for product in &learned_from {
            let length = self.length(*product);
            for mark in self.of(*product) {
                usual[*mark as usize] += self.weights[*mark as usize].powi(2) / length;
            }
        }
        let alike = |product: u32| {
            let own = self.of(product).iter();
            let common: f32 = own.map(|mark| usual[*mark as usize]).sum();
            common / self.length(product).max(f32::MIN_POSITIVE)
        };
        let likes: f32 = learned_from.iter().map(|product| alike(*product)).sum();
        let enough = ENOUGH * likes / learned_from.len() as f32;
        // Of a product that little is known of, the texts have the last word.
        for candidate in candidates {
            let marks = self.of(candidate.ordinal).len() as f32;
            let features = &mut candidate.features;
            let unlike = (1.0 - alike(candidate.ordinal) / enough).max(0.0);
            let unsaid = 1.0 - features.head / share;
            let sure = marks / (marks + DOUBT);
            features.unlike = share * share * (sure * unlike + (1.0 - sure) * unsaid);
        }
    }
}
