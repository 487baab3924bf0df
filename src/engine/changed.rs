//! A catalog with some of its products changed.

use std::sync::{Arc, OnceLock};

use super::Catalog;
use crate::catalog::columns::{Change, Columns};
use crate::catalog::product::{Product, write_shown};
use crate::catalog::schema::{Role, Schema};
use crate::ranking::Shelf;
use crate::retrieval::TextIndex;

impl Catalog {
    /// The same catalog with these products in place of what they were, in the order of their ordinals, `None` for those
    /// that are gone. Columns, documents and price tiers follow from them; the index is given, when words changed.
    pub fn with(&self, changed: &[(u32, Option<Product>)], text: Option<TextIndex>) -> Catalog {
        let (mut documents, mut stored) = (self.documents.clone(), self.stored.clone());
        for (ordinal, product) in changed {
            let mut shown = Vec::new();
            if let Some(product) = product {
                write_shown(&self.schema, product, &mut shown);
            }
            documents.put(*ordinal, shown);
            stored.put(*ordinal, product.as_ref());
        }
        let changes: Vec<Change<'_>> = changed
            .iter()
            .map(|(ordinal, product)| Change {
                ordinal: *ordinal,
                product: product.as_ref(),
            })
            .collect();
        let columns = self.columns.with(&self.schema, &changes);
        let same = |role| has_same_values(&self.schema, role, &self.columns, &columns);
        let shelf = Shelf {
            schema: &self.schema,
            columns: &columns,
        };
        let ordinals = changed.iter().map(|(ordinal, _)| *ordinal);
        let price_tiers = self.price_tiers.get().filter(|_| same(Role::Category));
        let price_tiers = price_tiers.map(|tiers| tiers.with(shelf, ordinals));
        let names = same(Role::Category) && same(Role::Brand);
        let names = match names {
            true => self.names.clone(),
            false => Arc::default(),
        };
        let shelves = match same(Role::Category) {
            true => self.shelves.clone(),
            false => Arc::default(),
        };
        Catalog {
            documents,
            stored,
            price_tiers: price_tiers.map_or_else(OnceLock::new, OnceLock::from),
            names,
            shelves,
            text: text.map_or_else(|| self.text.clone(), Arc::new),
            columns,
            ..self.clone()
        }
    }
}

/// Whether the values of an attribute have the same codes in both.
fn has_same_values<'c>(schema: &Schema, role: Role, one: &'c Columns, other: &'c Columns) -> bool {
    let words = |columns: &'c Columns| columns.words(schema.role(role)?).map(|(words, ..)| words);
    match (words(one), words(other)) {
        (Some(one), Some(other)) => one.shares_values_with(other),
        (None, None) => true,
        _ => false,
    }
}
