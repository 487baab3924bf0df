//! Values by dense ordinal: what facets, filters, sorts and ranking signals read.
//!
//! A product's ordinal is its place in the catalog; its variants stand contiguously, so that a product's variants are
//! a range. Values, words and numbers alike, are codes into one sorted list of distinct values per attribute.

mod builder;
mod codes;
mod dictionary;
mod patched;

pub use builder::ColumnsBuilder;
pub use codes::{Codes, MISSING};
pub use dictionary::Dictionary;
pub use patched::Change;

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

/// How the levels of a category path are joined.
pub const PATH_SEPARATOR: &str = " > ";

/// All columns of one catalog; a copy shares what does not change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Columns {
    /// By product ordinal, one more than there are products.
    variant_starts: Arc<Vec<u32>>,
    /// By attribute position; `None` where the schema needs no column.
    columns: Vec<Option<Arc<Column>>>,
    /// By product ordinal: nothing of it can be bought.
    sold_out: Arc<Vec<bool>>,
    product_ids: Arc<Vec<Arc<str>>>,
    variant_ids: Arc<Vec<Arc<str>>>,
    #[serde(skip)]
    ordinals: Arc<FxHashMap<Arc<str>, u32>>,
    /// Ids that came or went since, with where they are now.
    #[serde(skip)]
    moved: Arc<FxHashMap<Arc<str>, Option<u32>>>,
    /// Products that are gone; their ordinals stay, and have no values.
    #[serde(skip)]
    gone: Arc<FxHashSet<u32>>,
}

/// The values of one attribute by row: a product or a variant ordinal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Column {
    /// Rows are variants rather than products.
    pub per_variant: bool,
    pub codes: Codes,
    pub values: Values,
}

/// The distinct values of an attribute, by code; codes compare as values do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Values {
    Words(Dictionary),
    Numbers(Arc<[f64]>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Words(dictionary) => dictionary.len(),
            Values::Numbers(numbers) => numbers.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Columns {
    /// How many ordinals there are; those of products that are gone are among them.
    pub fn products(&self) -> u32 {
        self.product_ids.len() as u32
    }

    /// How many products there are.
    pub fn products_there(&self) -> u32 {
        self.products() - self.gone.len() as u32
    }

    /// Whether the product of an ordinal was taken away.
    #[inline]
    pub fn is_gone(&self, product: u32) -> bool {
        !self.gone.is_empty() && self.gone.contains(&product)
    }

    /// How many attributes it was built for.
    pub fn attributes(&self) -> usize {
        self.columns.len()
    }

    pub fn variants(&self) -> u32 {
        self.variant_ids.len() as u32
    }

    /// The variant ordinals of a product; never empty.
    #[inline]
    pub fn variants_of(&self, product: u32) -> Range<u32> {
        self.variant_starts[product as usize]..self.variant_starts[product as usize + 1]
    }

    /// The rows a product has in a column: its variants, or only itself.
    #[inline]
    pub fn rows_of(&self, per_variant: bool, product: u32) -> Range<u32> {
        if per_variant {
            self.variants_of(product)
        } else {
            product..product + 1
        }
    }

    /// The column of the attribute at this position of the schema.
    #[inline]
    pub fn column(&self, attribute: usize) -> Option<&Column> {
        self.columns.get(attribute)?.as_deref()
    }

    /// The dictionary and product- or variant-level codes of a word attribute.
    pub fn words(&self, attribute: usize) -> Option<(&Dictionary, &Codes, bool)> {
        let column = self.column(attribute)?;
        match &column.values {
            Values::Words(dictionary) => Some((dictionary, &column.codes, column.per_variant)),
            Values::Numbers(_) => None,
        }
    }

    /// The numbers of a number attribute, by code.
    pub fn number_values(&self, attribute: usize) -> Option<&[f64]> {
        match &self.column(attribute)?.values {
            Values::Numbers(numbers) => Some(numbers),
            Values::Words(_) => None,
        }
    }

    /// The codes that a product or any of its variants has, those of higher levels included.
    #[inline]
    pub fn codes_of<'c>(
        &'c self,
        column: &'c Column,
        product: u32,
    ) -> impl Iterator<Item = u32> + 'c {
        let rows = self.rows_of(column.per_variant, product);
        rows.flat_map(|row| column.codes.of(row))
    }

    /// The lowest number an attribute has in a product or any of its variants.
    pub fn number(&self, attribute: usize, product: u32) -> Option<f64> {
        let column = self.column(attribute)?;
        let Values::Numbers(numbers) = &column.values else {
            return None;
        };
        let lowest = self.codes_of(column, product).min()?;
        Some(numbers[lowest as usize])
    }

    /// `number` of each of these products.
    pub fn numbers(&self, attribute: usize, products: &[u32]) -> Vec<Option<f64>> {
        let mut codes = Vec::with_capacity(products.len());
        if let Some(Column {
            per_variant: false,
            codes: stored,
            values: Values::Numbers(numbers),
        }) = self.column(attribute)
            && stored.gather(products, &mut codes)
        {
            let number = |code: u32| numbers.get(code as usize).copied();
            return codes.into_iter().map(number).collect();
        }
        let number = |product: &u32| self.number(attribute, *product);
        products.iter().map(number).collect()
    }

    /// Whether nothing of the product can be bought.
    #[inline]
    pub fn sold_out(&self, product: u32) -> bool {
        self.sold_out[product as usize]
    }

    pub fn product_id(&self, product: u32) -> &str {
        &self.product_ids[product as usize]
    }

    pub fn product_ids(&self) -> impl Iterator<Item = &str> {
        self.product_ids.iter().map(|id| &**id)
    }

    /// The ordinal of the product with this id, or with a variant of this id.
    pub fn ordinal(&self, id: &str) -> Option<u32> {
        match self.moved.get(id) {
            Some(moved) => *moved,
            None => self.ordinals.get(id).copied(),
        }
    }

    /// The word values of a product for an attribute, variants' values included, each once.
    pub fn words_of(&self, attribute: usize, product: u32) -> Vec<&str> {
        let Some(column) = self.column(attribute) else {
            return Vec::new();
        };
        let Values::Words(dictionary) = &column.values else {
            return Vec::new();
        };
        let mut found: Vec<u32> = self.codes_of(column, product).collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .map(|code| dictionary.value(code))
            .collect()
    }

    /// Rebuilds what is not stored; call once after reading.
    pub fn index(&mut self) {
        self.ordinals = Arc::new(self.ordinals_by_id());
        for column in self.columns.iter_mut().flatten() {
            if let Values::Words(dictionary) = &mut Arc::make_mut(column).values {
                dictionary.index();
            }
        }
    }

    fn ordinals_by_id(&self) -> FxHashMap<Arc<str>, u32> {
        let ids = self.product_ids.len().max(self.variant_ids.len());
        let mut ordinals = FxHashMap::with_capacity_and_hasher(ids, FxBuildHasher);
        for product in (0..self.products()).rev() {
            for variant in self.variants_of(product) {
                let id = &self.variant_ids[variant as usize];
                if *id != self.product_ids[product as usize] {
                    ordinals.insert(id.clone(), product);
                }
            }
        }
        for (product, id) in self.product_ids.iter().enumerate() {
            ordinals.insert(id.clone(), product as u32);
        }
        ordinals
    }
}
