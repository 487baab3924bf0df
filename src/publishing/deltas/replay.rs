//! A catalog and the changes since it was built in, the catalog as it is now out.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::log::{Entry, What};
use super::operation::{Known, Operation};
use super::patch::patched;
use crate::catalog::product::Product;
use crate::engine::Catalog;
use crate::retrieval::WordsReader;

/// A catalog and the products that are about to be changed.
pub(super) struct Changing<'c> {
    catalog: &'c Catalog,
    reader: &'c WordsReader,
    changed: BTreeMap<u32, Product>,
}

impl<'c> Changing<'c> {
    pub(super) fn of(catalog: &'c Catalog, reader: &'c WordsReader) -> Self {
        Changing {
            catalog,
            reader,
            changed: BTreeMap::new(),
        }
    }

    /// Changes a product as an operation says.
    ///
    /// # Errors
    /// Says why it cannot be; nothing is changed then.
    pub(super) fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        let id = &operation.id;
        let no_product = || format!("there is no product or variant `{id}`");
        let ordinal = self.catalog.columns.ordinal(id).ok_or_else(no_product)?;
        let stored = || self.catalog.stored.get(ordinal);
        let own = self.changed.get(&ordinal).cloned();
        let product = own
            .or_else(stored)
            .ok_or("the product cannot be read; index the feed again")?;
        let changed = patched(&self.catalog.schema, &product, operation)?;
        if !self.reader.reads_alike(&product, &changed) {
            return Err("changes words that the product is found by: index the feed again".into());
        }
        self.changed.insert(ordinal, changed);
        Ok(())
    }

    /// The catalog with these changes, the last of which has this number.
    pub(super) fn finish(self, last: u64) -> Catalog {
        let changed: Vec<(u32, Product)> = self.changed.into_iter().collect();
        Catalog {
            changes: last,
            ..self.catalog.with(&changed)
        }
    }
}

/// The catalog with what was changed since it was built: by records that it does not hold and that are newer than its
/// feed. What cannot be applied, because the product is gone for example, is passed over.
pub(super) fn replayed(catalog: Catalog, entries: &[Entry]) -> Catalog {
    let reader = WordsReader::new(&catalog.schema);
    let mut changing = Changing::of(&catalog, &reader);
    let (mut last, mut passed_over) = (catalog.changes, 0);
    for entry in entries
        .iter()
        .filter(|entry| entry.number > catalog.changes)
    {
        last = last.max(entry.number);
        if let What::Applied { since, operation } = &entry.what
            && catalog.built.as_of.is_none_or(|feed| *since > feed)
        {
            passed_over += u32::from(changing.apply(operation).is_err());
        }
    }
    if passed_over > 0 {
        tracing::warn!(
            passed_over,
            "changes to products do not fit the catalog any more"
        );
    }
    if last == catalog.changes {
        return catalog;
    }
    changing.finish(last)
}

/// The newest that is known of every product and variant that was changed.
pub(super) fn known(entries: &[Entry], known: &mut FxHashMap<String, Known>) {
    for entry in entries {
        let (id, now) = match &entry.what {
            What::Known { id, known } => (id, *known),
            What::Applied { operation, .. } => {
                let before = known.get(&operation.id).copied().unwrap_or_default();
                (&operation.id, before.after(operation))
            }
        };
        if !now.is_nothing() {
            known.insert(id.clone(), now);
        }
    }
}
