//! Which words stand together in products, for telling what a mistyped word was meant to be.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::passages::Place;
use super::text_index::{Part, TextIndex};
use crate::query::Together;

/// Where both words are frequent, this many products of the rarer are looked at.
const LOOKED_AT_MAX: u32 = 400;

/// A product that says two words anywhere counts this much of one whose title does.
const APART: f64 = 0.25;

impl Together for TextIndex {
    fn products_with_both(&self, one: u32, other: u32) -> f64 {
        let count = |stem: u32| self.vocabulary.product_count(stem);
        let (rarer, other) = if count(one) <= count(other) {
            (one, other)
        } else {
            (other, one)
        };
        // A word that cannot be read stands with none.
        let both = self.looked_at(rarer, other).unwrap_or_default();
        let share = both.found / f64::from(both.looked_at.max(1));
        share * f64::from(count(rarer))
    }

    fn products(&self) -> u32 {
        self.products
    }

    fn products_named(&self, stem: u32) -> u32 {
        self.passages.products_with(stem, Place::Title)
    }
}

#[derive(Default)]
struct Both {
    looked_at: u32,
    found: f64,
}

impl TextIndex {
    fn looked_at(&self, rarer: u32, other: u32) -> tantivy::Result<Both> {
        let mut both = Both::default();
        // What changed lately is too little to tell much.
        for Part { segment, .. } in &self.segments {
            let Some(inverted) = &segment.inverted else {
                continue;
            };
            let is_named = |document: u32| {
                let title = self.passages.of(segment.ordinal(document), Place::Title);
                title.contains(&rarer) && title.contains(&other)
            };
            let open = |stem: u32| {
                let term = Term::from_field_text(self.field, self.vocabulary.text(stem));
                inverted.read_postings(&term, IndexRecordOption::Basic)
            };
            let (Some(mut of_rarer), Some(mut of_other)) = (open(rarer)?, open(other)?) else {
                continue;
            };
            let mut document = of_rarer.doc();
            while document != TERMINATED && both.looked_at < LOOKED_AT_MAX {
                both.looked_at += 1;
                let at = if of_other.doc() < document {
                    of_other.seek(document)
                } else {
                    of_other.doc()
                };
                if at == document {
                    both.found += if is_named(document) { 1.0 } else { APART };
                }
                document = of_rarer.advance();
            }
        }
        Ok(both)
    }
}
