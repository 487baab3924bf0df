//! A catalog and the changes since it was built in, the catalog as it is now out.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::log::{Entry, What};
use super::operation::{Fields, Known, Operation, Verb};
use super::patch::patched;
use crate::catalog::feed::RawRow;
use crate::catalog::product::{Product, SingleRow};
use crate::engine::Catalog;
use crate::retrieval::TextDelta;

/// A catalog and the products that are about to be changed.
pub(super) struct Changing<'c> {
    catalog: &'c Catalog,
    /// By ordinal; `None` when it is to go.
    changed: BTreeMap<u32, Option<Product>>,
    /// Ids that come and go.
    ids: FxHashMap<String, Option<u32>>,
    /// Ordinals that are taken.
    ordinals: u32,
}

impl<'c> Changing<'c> {
    pub(super) fn of(catalog: &'c Catalog) -> Self {
        Changing {
            catalog,
            changed: BTreeMap::new(),
            ids: FxHashMap::default(),
            ordinals: catalog.columns.products(),
        }
    }

    /// Changes a product as an operation says; returns the id that the operation goes by.
    ///
    /// # Errors
    /// Says why it cannot be; nothing is changed then.
    pub(super) fn apply(&mut self, operation: &Operation) -> Result<(), String> {
        match operation.verb() {
            Verb::Patch => {
                let (ordinal, product) = self.find(&operation.id)?;
                let product = patched(&self.catalog.schema, &product, operation)?;
                self.put(ordinal, Some(product));
            }
            Verb::Delete => {
                let id = id_of(self.catalog, operation)?;
                let (ordinal, mut product) = self.find(&id)?;
                let is_variant = product.id != id && product.variants.len() > 1;
                product.variants.retain(|variant| variant.id != id);
                self.put(ordinal, is_variant.then_some(product));
            }
            verb => {
                let row = row_of(self.catalog, operation)?;
                let product_id = row.product_id().to_string();
                let found = self.find(&product_id).ok();
                let found = found.filter(|(_, product)| product.id == product_id);
                let (ordinal, product) = found.unzip();
                let is_whole = verb == Verb::Upsert;
                let product = row.applied_to(&self.catalog.schema, product.as_ref(), is_whole)?;
                let ordinal = ordinal.unwrap_or_else(|| {
                    self.ordinals += 1;
                    self.ordinals - 1
                });
                self.put(ordinal, Some(product));
            }
        }
        Ok(())
    }

    fn find(&self, id: &str) -> Result<(u32, Product), String> {
        let ordinal = match self.ids.get(id) {
            Some(ordinal) => *ordinal,
            None => self.catalog.columns.ordinal(id),
        };
        let ordinal = ordinal.ok_or_else(|| format!("there is no product or variant `{id}`"))?;
        let product = self.get(ordinal);
        let product = product.ok_or("the product cannot be read; index the feed again")?;
        Ok((ordinal, product))
    }

    fn get(&self, ordinal: u32) -> Option<Product> {
        match self.changed.get(&ordinal) {
            Some(changed) => changed.clone(),
            None => self.catalog.stored.get(ordinal),
        }
    }

    fn put(&mut self, ordinal: u32, product: Option<Product>) {
        let before = self.get(ordinal);
        let ids = |product: &Option<Product>| -> Vec<String> {
            let product = product.iter();
            product
                .flat_map(|product| {
                    let variants = product.variants.iter().map(|variant| variant.id.clone());
                    variants.chain([product.id.clone()]).collect::<Vec<_>>()
                })
                .collect()
        };
        let (before, now) = (ids(&before), ids(&product));
        if before != now {
            self.ids.extend(before.into_iter().map(|id| (id, None)));
            self.ids
                .extend(now.into_iter().map(|id| (id, Some(ordinal))));
        }
        self.changed.insert(ordinal, product);
    }

    /// Whether ids come or go, which rules may name.
    pub(super) fn changes_ids(&self) -> bool {
        !self.ids.is_empty()
    }

    /// The catalog with these changes, the last of which has this number; `words` is told of those that change words.
    pub(super) fn finish(self, words: &mut TextDelta, last: u64) -> Catalog {
        let changed: Vec<(u32, Option<Product>)> = self.changed.into_iter().collect();
        let mut other_words = false;
        for (ordinal, now) in &changed {
            let before = self.catalog.stored.get(*ordinal);
            other_words |= tell(words, *ordinal, before.as_ref(), now.as_ref());
        }
        let text = other_words.then(|| words.index());
        Catalog {
            changes: last,
            ..self.catalog.with(&changed, text)
        }
    }
}

/// The row of an operation.
fn row_of(catalog: &Catalog, operation: &Operation) -> Result<SingleRow, String> {
    const FEED: &str = "operation";
    let row: &Fields = operation.product.as_ref().ok_or("has no `product`")?;
    let row = SingleRow::read(&catalog.schema, &RawRow::of_cells(FEED, 1, row))?;
    let id = &operation.id;
    if !id.is_empty() && row.id() != id && row.product_id() != id {
        return Err(format!("is for `{id}`, and its product is `{}`", row.id()));
    }
    Ok(row)
}

/// The id that an operation goes by.
pub(super) fn id_of(catalog: &Catalog, operation: &Operation) -> Result<String, String> {
    let names_itself = matches!(operation.verb(), Verb::Patch | Verb::Delete);
    match operation.id.as_str() {
        "" if operation.product.is_some() => {
            row_of(catalog, operation).map(|row| row.id().to_string())
        }
        "" if names_itself => Err("says no `id`".into()),
        "" => Err("has no `product`".into()),
        id => Ok(id.to_string()),
    }
}

/// Tells the index of a product whose words changed; whether they did.
fn tell(
    words: &mut TextDelta,
    ordinal: u32,
    before: Option<&Product>,
    now: Option<&Product>,
) -> bool {
    let alike = match (before, now) {
        (None, None) => true,
        (Some(before), Some(now)) => words.reads_alike(before, now),
        _ => false,
    };
    if !alike {
        words.replace(ordinal, before, now);
    }
    !alike
}

/// What changed in the words of a catalog since it was built.
pub(super) fn words_of(catalog: &Catalog) -> TextDelta {
    let mut words = TextDelta::of(catalog.built_text.clone(), catalog.schema.clone());
    for ordinal in catalog.stored.changed() {
        let (before, now) = (catalog.stored.built(ordinal), catalog.stored.get(ordinal));
        tell(&mut words, ordinal, before.as_ref(), now.as_ref());
    }
    words
}

/// The catalog with what was changed since it was built: by records that it does not hold and that are newer than its
/// feed. What cannot be applied, because the product is gone for example, is passed over.
pub(super) fn replayed(catalog: Catalog, words: &mut TextDelta, entries: &[Entry]) -> Catalog {
    let mut changing = Changing::of(&catalog);
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
    changing.finish(words, last)
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
