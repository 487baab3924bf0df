//! A catalog with some of its products changed.

use std::sync::OnceLock;

use super::Catalog;
use crate::catalog::columns::Change;
use crate::catalog::product::{Product, write_shown};
use crate::ranking::Shelf;

impl Catalog {
    /// The same catalog with these products in place of what they were, in the order of their ordinals. What a request
    /// reads besides words follows from them: columns, documents, price tiers.
    pub fn with(&self, changed: &[(u32, Product)]) -> Catalog {
        let (mut documents, mut stored) = (self.documents.clone(), self.stored.clone());
        for (ordinal, product) in changed {
            let mut shown = Vec::new();
            write_shown(&self.schema, product, &mut shown);
            documents.put(*ordinal, shown);
            stored.put(*ordinal, product);
        }
        let changes: Vec<Change<'_>> = changed
            .iter()
            .map(|(ordinal, product)| Change {
                ordinal: *ordinal,
                product: Some(product),
            })
            .collect();
        let columns = self.columns.with(&self.schema, &changes);
        let shelf = Shelf {
            schema: &self.schema,
            columns: &columns,
        };
        let ordinals = changed.iter().map(|(ordinal, _)| *ordinal);
        let price_tiers = self.price_tiers.get();
        let price_tiers = price_tiers.map(|tiers| tiers.with(shelf, ordinals));
        Catalog {
            documents,
            stored,
            price_tiers: price_tiers.map_or_else(OnceLock::new, OnceLock::from),
            columns,
            ..self.clone()
        }
    }
}
