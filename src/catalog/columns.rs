//! Values by dense ordinal: what facets, filters, sorts and ranking signals read.
//!
//! A product's ordinal is its place in the catalog; its variants stand contiguously, so that a product's variants are
//! a range. Words are codes into one sorted dictionary per attribute.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::product::{Product, Value};
use super::schema::{Attribute, Kind, Role, Schema};
use crate::text::fold;

/// How the levels of a category path are joined.
pub const PATH_SEPARATOR: &str = " > ";

/// All columns of one catalog.
#[derive(Debug, Serialize, Deserialize)]
pub struct Columns {
    /// By product ordinal, one more than there are products.
    variant_starts: Vec<u32>,
    /// By attribute position; `None` where the schema needs no column.
    columns: Vec<Option<Column>>,
    /// By product ordinal: nothing of it can be bought.
    sold_out: Vec<bool>,
    product_ids: Vec<String>,
    variant_ids: Vec<String>,
    #[serde(skip)]
    ordinals: FxHashMap<String, u32>,
}

/// The values of one attribute.
#[derive(Debug, Serialize, Deserialize)]
pub struct Column {
    /// Rows are variants rather than products.
    pub per_variant: bool,
    pub values: Values,
}

/// Values by row: a product or a variant ordinal.
#[derive(Debug, Serialize, Deserialize)]
pub enum Values {
    Words {
        dictionary: Dictionary,
        codes: Cells<u32>,
    },
    Numbers(Cells<f64>),
}

/// The cells of a column.
#[derive(Debug, Serialize, Deserialize)]
pub enum Cells<T> {
    /// At most one value a row; `T::MISSING` where there is none.
    Single(Vec<T>),
    /// Row `r` holds `values[starts[r]..starts[r + 1]]`.
    Many { starts: Vec<u32>, values: Vec<T> },
}

/// A cell value that can say "none here".
pub trait Cell: Copy + PartialEq {
    const MISSING: Self;
    fn is_missing(self) -> bool;
}

impl Cell for u32 {
    const MISSING: u32 = u32::MAX;
    fn is_missing(self) -> bool {
        self == u32::MAX
    }
}

impl Cell for f64 {
    const MISSING: f64 = f64::NAN;
    fn is_missing(self) -> bool {
        self.is_nan()
    }
}

impl<T: Cell> Cells<T> {
    /// The values of a row, none to many.
    #[inline]
    pub fn of(&self, row: u32) -> &[T] {
        match self {
            Cells::Single(values) => {
                let value = &values[row as usize..row as usize + 1];
                if value[0].is_missing() { &[] } else { value }
            }
            Cells::Many { starts, values } => {
                &values[starts[row as usize] as usize..starts[row as usize + 1] as usize]
            }
        }
    }

    fn from_rows(starts: Vec<u32>, values: Vec<T>) -> Self {
        let single = starts.windows(2).all(|pair| pair[1] - pair[0] <= 1);
        if !single {
            return Cells::Many { starts, values };
        }
        let cell = |pair: &[u32]| {
            if pair[0] == pair[1] {
                T::MISSING
            } else {
                values[pair[0] as usize]
            }
        };
        Cells::Single(starts.windows(2).map(cell).collect())
    }
}

/// The distinct values of an attribute, sorted, so that codes compare as values do.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Dictionary {
    values: Vec<String>,
    /// By code: in how many products the value occurs.
    product_counts: Vec<u32>,
    #[serde(skip)]
    folded: FxHashMap<String, Vec<u32>>,
}

impl Dictionary {
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn value(&self, code: u32) -> &str {
        &self.values[code as usize]
    }

    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }

    /// In how many products the value occurs.
    pub fn product_count(&self, code: u32) -> u32 {
        self.product_counts[code as usize]
    }

    /// The code of exactly this value.
    pub fn code(&self, value: &str) -> Option<u32> {
        self.values
            .binary_search_by(|own| own.as_str().cmp(value))
            .ok()
            .map(|at| at as u32)
    }

    /// The code of exactly this value or, when there is none, of those that differ only in case and accents.
    pub fn codes_like(&self, value: &str) -> Vec<u32> {
        match self.code(value) {
            Some(code) => vec![code],
            None => self.folded.get(&fold(value)).cloned().unwrap_or_default(),
        }
    }

    fn index(&mut self) {
        self.folded = FxHashMap::default();
        for (code, value) in self.values.iter().enumerate() {
            self.folded
                .entry(fold(value))
                .or_default()
                .push(code as u32);
        }
    }
}

impl Columns {
    pub fn products(&self) -> u32 {
        self.product_ids.len() as u32
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
        self.columns.get(attribute).and_then(Option::as_ref)
    }

    /// The dictionary and product- or variant-level codes of a word attribute.
    pub fn words(&self, attribute: usize) -> Option<(&Dictionary, &Cells<u32>, bool)> {
        match self.column(attribute) {
            Some(Column {
                per_variant,
                values: Values::Words { dictionary, codes },
            }) => Some((dictionary, codes, *per_variant)),
            _ => None,
        }
    }

    /// The lowest number an attribute has in a product or any of its variants.
    pub fn number(&self, attribute: usize, product: u32) -> Option<f64> {
        let Some(Column {
            per_variant,
            values: Values::Numbers(cells),
        }) = self.column(attribute)
        else {
            return None;
        };
        let rows = self.rows_of(*per_variant, product);
        rows.flat_map(|row| cells.of(row)).copied().reduce(f64::min)
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
        self.product_ids.iter().map(String::as_str)
    }

    /// The ordinal of the product with this id, or with a variant of this id.
    pub fn ordinal(&self, id: &str) -> Option<u32> {
        self.ordinals.get(id).copied()
    }

    /// The word values of a product for an attribute, variants' values included, each once.
    pub fn words_of(&self, attribute: usize, product: u32) -> Vec<&str> {
        let Some((dictionary, codes, per_variant)) = self.words(attribute) else {
            return Vec::new();
        };
        let rows = self.rows_of(per_variant, product);
        let mut found: Vec<u32> = rows.flat_map(|row| codes.of(row)).copied().collect();
        found.sort_unstable();
        found.dedup();
        found
            .into_iter()
            .map(|code| dictionary.value(code))
            .collect()
    }

    /// Rebuilds what is not stored; call once after reading.
    pub fn index(&mut self) {
        self.ordinals = FxHashMap::default();
        for product in (0..self.products()).rev() {
            for variant in self.variants_of(product) {
                self.ordinals
                    .insert(self.variant_ids[variant as usize].clone(), product);
            }
        }
        for (product, id) in self.product_ids.iter().enumerate() {
            self.ordinals.insert(id.clone(), product as u32);
        }
        for column in self.columns.iter_mut().flatten() {
            if let Values::Words { dictionary, .. } = &mut column.values {
                dictionary.index();
            }
        }
    }
}

/// Collects products, in catalog order, into columns.
pub struct ColumnsBuilder {
    schema: Schema,
    stock: Option<usize>,
    variant_starts: Vec<u32>,
    columns: Vec<Option<ColumnBuilder>>,
    sold_out: Vec<bool>,
    product_ids: Vec<String>,
    variant_ids: Vec<String>,
}

struct ColumnBuilder {
    per_variant: bool,
    starts: Vec<u32>,
    values: ValuesBuilder,
}

enum ValuesBuilder {
    Words {
        codes: FxHashMap<String, u32>,
        product_counts: Vec<u32>,
        cells: Vec<u32>,
    },
    Numbers(Vec<f64>),
}

impl ColumnsBuilder {
    pub fn new(schema: &Schema) -> Self {
        ColumnsBuilder {
            schema: schema.clone(),
            stock: schema.role(Role::Stock),
            variant_starts: vec![0],
            columns: schema.attributes.iter().map(ColumnBuilder::new).collect(),
            sold_out: Vec::new(),
            product_ids: Vec::new(),
            variant_ids: Vec::new(),
        }
    }

    /// Adds the next product; its ordinal is the number of products added before.
    pub fn push(&mut self, product: &Product) {
        for (position, column) in self.columns.iter_mut().enumerate() {
            let Some(column) = column else { continue };
            let attribute = &self.schema.attributes[position];
            if column.per_variant {
                let rows = product
                    .variants
                    .iter()
                    .map(|variant| variant.values[position].as_slice());
                column.push(attribute, rows);
            } else {
                column.push(
                    attribute,
                    std::iter::once(product.values[position].as_slice()),
                );
            }
        }
        self.sold_out.push(self.is_sold_out(product));
        self.product_ids.push(product.id.clone());
        self.variant_ids
            .extend(product.variants.iter().map(|variant| variant.id.clone()));
        self.variant_starts.push(self.variant_ids.len() as u32);
    }

    /// Stock that nobody manages is not sold out.
    fn is_sold_out(&self, product: &Product) -> bool {
        let Some(stock) = self.stock else {
            return false;
        };
        let none_left = |values: &[Value]| {
            values
                .iter()
                .filter_map(Value::number)
                .next()
                .is_some_and(|left| left <= 0.0)
        };
        if self.schema.attributes[stock].variant {
            product
                .variants
                .iter()
                .all(|variant| none_left(&variant.values[stock]))
        } else {
            none_left(&product.values[stock])
        }
    }

    pub fn finish(self) -> Columns {
        let mut columns = Columns {
            variant_starts: self.variant_starts,
            columns: self
                .columns
                .into_iter()
                .map(|column| column.map(ColumnBuilder::finish))
                .collect(),
            sold_out: self.sold_out,
            product_ids: self.product_ids,
            variant_ids: self.variant_ids,
            ordinals: FxHashMap::default(),
        };
        columns.index();
        columns
    }
}

impl ColumnBuilder {
    fn new(attribute: &Attribute) -> Option<Self> {
        attribute.has_column().then(|| {
            let values = if attribute.kind.is_numeric() {
                ValuesBuilder::Numbers(Vec::new())
            } else {
                ValuesBuilder::Words {
                    codes: FxHashMap::default(),
                    product_counts: Vec::new(),
                    cells: Vec::new(),
                }
            };
            ColumnBuilder {
                per_variant: attribute.variant,
                starts: vec![0],
                values,
            }
        })
    }

    /// Adds the rows of one product: one, or one for each variant.
    fn push<'a>(&mut self, attribute: &Attribute, rows: impl Iterator<Item = &'a [Value]>) {
        match &mut self.values {
            ValuesBuilder::Numbers(cells) => {
                for row in rows {
                    cells.extend(row.iter().filter_map(Value::number));
                    self.starts.push(cells.len() as u32);
                }
            }
            ValuesBuilder::Words {
                codes,
                product_counts,
                cells,
            } => {
                let product_start = cells.len();
                for row in rows {
                    let row_start = cells.len();
                    for_each_word_value(attribute.kind, row, |value| {
                        let code = match codes.get(value) {
                            Some(code) => *code,
                            None => {
                                product_counts.push(0);
                                codes.insert(value.to_string(), codes.len() as u32);
                                codes.len() as u32 - 1
                            }
                        };
                        if !cells[row_start..].contains(&code) {
                            cells.push(code);
                        }
                    });
                    self.starts.push(cells.len() as u32);
                }
                let distinct: FxHashSet<u32> = cells[product_start..].iter().copied().collect();
                for code in distinct {
                    product_counts[code as usize] += 1;
                }
            }
        }
    }

    fn finish(self) -> Column {
        let values = match self.values {
            ValuesBuilder::Numbers(cells) => Values::Numbers(Cells::from_rows(self.starts, cells)),
            ValuesBuilder::Words {
                codes,
                product_counts,
                mut cells,
            } => {
                let mut sorted: Vec<(String, u32)> = codes.into_iter().collect();
                sorted.sort_unstable();
                let mut new_codes = vec![0; sorted.len()];
                for (new, (_, old)) in sorted.iter().enumerate() {
                    new_codes[*old as usize] = new as u32;
                }
                for cell in &mut cells {
                    *cell = new_codes[*cell as usize];
                }
                let product_counts = sorted
                    .iter()
                    .map(|(_, old)| product_counts[*old as usize])
                    .collect();
                let values = sorted.into_iter().map(|(value, _)| value).collect();
                let dictionary = Dictionary {
                    values,
                    product_counts,
                    folded: FxHashMap::default(),
                };
                Values::Words {
                    dictionary,
                    codes: Cells::from_rows(self.starts, cells),
                }
            }
        };
        Column {
            per_variant: self.per_variant,
            values,
        }
    }
}

/// The dictionary words of a row; a path stands for itself and every level above it.
fn for_each_word_value(kind: Kind, row: &[Value], mut sink: impl FnMut(&str)) {
    for value in row {
        match value {
            Value::Text(text) if kind == Kind::Path => {
                for (at, _) in text.match_indices(PATH_SEPARATOR) {
                    sink(&text[..at]);
                }
                sink(text);
            }
            Value::Text(text) => sink(text),
            Value::Boolean(true) => sink("true"),
            Value::Boolean(false) => sink("false"),
            _ => {}
        }
    }
}
