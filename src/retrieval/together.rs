//! Which words stand together in products, for telling what a mistyped word was meant to be.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::text_index::TextIndex;
use crate::query::Together;

/// Where both words are frequent, this many products of the rarer are looked at.
const LOOKED_AT_MAX: usize = 500;

impl Together for TextIndex {
    fn products_with_both(&self, one: u32, other: u32) -> u32 {
        let count = |stem: u32| self.vocabulary.product_count(stem);
        let (rarer, other) = if count(one) <= count(other) {
            (one, other)
        } else {
            (other, one)
        };
        // A word that cannot be read stands with none.
        let both = self.looked_at(rarer, other).unwrap_or_default();
        let share = f64::from(both.found) / f64::from(both.looked_at.max(1));
        (share * f64::from(count(rarer))).ceil() as u32
    }
}

#[derive(Default)]
struct Both {
    looked_at: u32,
    found: u32,
}

impl TextIndex {
    fn looked_at(&self, rarer: u32, other: u32) -> tantivy::Result<Both> {
        let mut both = Both::default();
        for segment in &self.segments {
            let open = |stem: u32| {
                let term = Term::from_field_text(self.field, self.vocabulary.text(stem));
                segment
                    .inverted
                    .read_postings(&term, IndexRecordOption::Basic)
            };
            let (Some(mut rarer), Some(mut other)) = (open(rarer)?, open(other)?) else {
                continue;
            };
            let mut document = rarer.doc();
            while document != TERMINATED && (both.looked_at as usize) < LOOKED_AT_MAX {
                both.looked_at += 1;
                let at = if other.doc() < document {
                    other.seek(document)
                } else {
                    other.doc()
                };
                both.found += u32::from(at == document);
                document = rarer.advance();
            }
        }
        Ok(both)
    }
}
