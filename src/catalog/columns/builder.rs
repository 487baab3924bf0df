//! Products in catalog order in, columns out.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::codes::{Codes, MISSING};
use super::{Column, Columns, Dictionary, PATH_SEPARATOR, Values};
use crate::catalog::product::{Product, Value};
use crate::catalog::schema::{Attribute, Kind, Schema};

/// Collects products, in catalog order, into columns.
pub struct ColumnsBuilder {
    schema: Schema,
    variant_starts: Vec<u32>,
    columns: Vec<Option<ColumnBuilder>>,
    sold_out: Vec<bool>,
    product_ids: Vec<Arc<str>>,
    variant_ids: Vec<Arc<str>>,
}

/// Numbers values in order of first sight while rows come in.
struct ColumnBuilder {
    per_variant: bool,
    starts: Vec<u32>,
    /// Codes in order of first sight.
    codes: Vec<u32>,
    values: ValuesBuilder,
}

enum ValuesBuilder {
    Words(WordsBuilder),
    /// By the bits of the number.
    Numbers(FxHashMap<u64, u32>),
}

#[derive(Default)]
struct WordsBuilder {
    codes: FxHashMap<String, u32>,
    /// By code: the level above it in a path, or `MISSING`.
    parents: Vec<u32>,
    product_counts: Vec<u32>,
    /// By code: the last product it was counted for.
    last_product: Vec<u32>,
}

impl ColumnsBuilder {
    pub fn new(schema: &Schema) -> Self {
        ColumnsBuilder {
            schema: schema.clone(),
            variant_starts: vec![0],
            columns: schema.attributes.iter().map(ColumnBuilder::new).collect(),
            sold_out: Vec::new(),
            product_ids: Vec::new(),
            variant_ids: Vec::new(),
        }
    }

    /// Products that were added.
    pub fn products(&self) -> u32 {
        self.product_ids.len() as u32
    }

    /// Variants that were added.
    pub fn variants(&self) -> u32 {
        self.variant_ids.len() as u32
    }

    /// Adds the next product; its ordinal is the number of products added before.
    pub fn push(&mut self, product: &Product) {
        let ordinal = self.product_ids.len() as u32;
        for (position, column) in self.columns.iter_mut().enumerate() {
            let Some(column) = column else { continue };
            let attribute = &self.schema.attributes[position];
            if column.per_variant {
                let rows = product
                    .variants
                    .iter()
                    .map(|variant| variant.values[position].as_slice());
                column.push(attribute, ordinal, rows);
            } else {
                let row = std::iter::once(product.values[position].as_slice());
                column.push(attribute, ordinal, row);
            }
        }
        self.sold_out.push(product.is_sold_out(&self.schema));
        self.product_ids.push(product.id.as_str().into());
        self.variant_ids.extend(
            product
                .variants
                .iter()
                .map(|variant| variant.id.as_str().into()),
        );
        self.variant_starts.push(self.variant_ids.len() as u32);
    }

    /// The columns, ready to be read.
    pub fn finish(self) -> Columns {
        let mut columns = self.finish_for_writing();
        columns.index();
        columns
    }

    /// The columns without what is not stored.
    pub fn finish_for_writing(self) -> Columns {
        Columns {
            variant_starts: Arc::new(self.variant_starts),
            columns: self
                .columns
                .into_iter()
                .map(|column| column.map(|column| Arc::new(column.finish())))
                .collect(),
            sold_out: Arc::new(self.sold_out),
            product_ids: Arc::new(self.product_ids),
            variant_ids: Arc::new(self.variant_ids),
            ordinals: Arc::default(),
            moved: Arc::default(),
            gone: Arc::default(),
        }
    }
}

impl ColumnBuilder {
    fn new(attribute: &Attribute) -> Option<Self> {
        attribute.has_column().then(|| ColumnBuilder {
            per_variant: attribute.variant,
            starts: vec![0],
            codes: Vec::new(),
            values: if attribute.kind.is_numeric() {
                ValuesBuilder::Numbers(FxHashMap::default())
            } else {
                ValuesBuilder::Words(WordsBuilder::default())
            },
        })
    }

    /// Adds the rows of one product: one, or one for each variant.
    fn push<'a>(
        &mut self,
        attribute: &Attribute,
        product: u32,
        rows: impl Iterator<Item = &'a [Value]>,
    ) {
        for row in rows {
            match &mut self.values {
                ValuesBuilder::Numbers(known) => {
                    let numbers = row.iter().filter_map(Value::number);
                    for number in numbers.filter(|number| !number.is_nan()) {
                        let next = known.len() as u32;
                        // Minus zero is zero.
                        let bits = (number + 0.0).to_bits();
                        self.codes.push(*known.entry(bits).or_insert(next));
                    }
                }
                ValuesBuilder::Words(words) => {
                    let row_start = self.codes.len();
                    for text in row.iter().filter_map(Value::word) {
                        let code = words.code(attribute.kind, text);
                        if !self.codes[row_start..].contains(&code) {
                            self.codes.push(code);
                            words.count(code, product);
                        }
                    }
                }
            }
            self.starts.push(self.codes.len() as u32);
        }
    }

    fn finish(self) -> Column {
        let (values, parents, sorted_codes) = match self.values {
            ValuesBuilder::Words(words) => words.finish(),
            ValuesBuilder::Numbers(known) => {
                let numbers = known.into_iter();
                let mut numbers: Vec<(f64, u32)> = numbers
                    .map(|(bits, code)| (f64::from_bits(bits), code))
                    .collect();
                numbers.sort_unstable_by(|(a, _), (b, _)| a.total_cmp(b));
                let sorted_codes = places(numbers.iter().map(|(_, code)| *code));
                let numbers = numbers.into_iter().map(|(number, _)| number);
                (Values::Numbers(numbers.collect()), Vec::new(), sorted_codes)
            }
        };
        let mut codes = self.codes;
        for code in &mut codes {
            *code = sorted_codes[*code as usize];
        }
        Column {
            per_variant: self.per_variant,
            codes: Codes::new(self.starts, codes, values.len(), parents),
            values,
        }
    }
}

impl WordsBuilder {
    /// The code of a word; a path and every level above it get codes of their own.
    fn code(&mut self, kind: Kind, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let above = match kind {
            Kind::Path => text.match_indices(PATH_SEPARATOR).last(),
            _ => None,
        };
        let parent = above.map_or(MISSING, |(at, _)| self.code(kind, &text[..at]));
        let code = self.codes.len() as u32;
        self.codes.insert(text.to_string(), code);
        self.parents.push(parent);
        self.product_counts.push(0);
        self.last_product.push(u32::MAX);
        code
    }

    /// Counts a code and those above it, once for each product.
    fn count(&mut self, code: u32, product: u32) {
        let mut code = code;
        while code != MISSING && self.last_product[code as usize] != product {
            self.last_product[code as usize] = product;
            self.product_counts[code as usize] += 1;
            code = self.parents[code as usize];
        }
    }

    /// The sorted values, their parents, and by code of first sight the final code.
    fn finish(self) -> (Values, Vec<u32>, Vec<u32>) {
        let mut sorted: Vec<(String, u32)> = self.codes.into_iter().collect();
        sorted.sort_unstable();
        let sorted_codes = places(sorted.iter().map(|(_, code)| *code));
        let mut parents = Vec::new();
        if self.parents.iter().any(|parent| *parent != MISSING) {
            let above = |(_, code): &(String, u32)| self.parents[*code as usize];
            let sorted_code = |code: u32| sorted_codes.get(code as usize).copied();
            let parent_of = |word| sorted_code(above(word)).unwrap_or(MISSING);
            parents = sorted.iter().map(parent_of).collect();
        }
        let count = |(_, code): &(String, u32)| self.product_counts[*code as usize];
        let product_counts = sorted.iter().map(count).collect();
        let values = sorted.into_iter().map(|(value, _)| value).collect();
        let dictionary = Dictionary::new(values, product_counts);
        (Values::Words(dictionary), parents, sorted_codes)
    }
}

/// By code: its place among `sorted`, which has every code below its length once.
fn places(sorted: impl ExactSizeIterator<Item = u32>) -> Vec<u32> {
    let mut places = vec![0; sorted.len()];
    for (place, code) in (0..).zip(sorted) {
        places[code as usize] = place;
    }
    places
}
