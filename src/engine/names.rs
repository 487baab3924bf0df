//! Brands and categories by the words of their names, made once for each catalog.

use crate::catalog::columns::{Column, Columns, PATH_SEPARATOR, Values};
use crate::catalog::schema::{Role, Schema};
use crate::text::words;

/// The brands and the categories of a catalog.
pub struct Names {
    pub(super) brands: Option<AttributeNames>,
    pub(super) categories: Option<AttributeNames>,
}

/// The values of one attribute.
pub(super) struct AttributeNames {
    /// Position in the schema.
    pub(super) attribute: usize,
    /// Each word of each value, of a path only those of its lowest level, and the value's code; sorted.
    words: Vec<(Box<str>, u32)>,
    /// By code: how many products that have the value can be bought.
    buyable: Vec<u32>,
}

impl Names {
    pub(super) fn of(schema: &Schema, columns: &Columns) -> Self {
        let names = |role| AttributeNames::of(columns, schema.role(role)?);
        Names {
            brands: names(Role::Brand),
            categories: names(Role::Category),
        }
    }
}

impl AttributeNames {
    fn of(columns: &Columns, attribute: usize) -> Option<Self> {
        let column = columns.column(attribute)?;
        let Values::Words(dictionary) = &column.values else {
            return None;
        };
        let mut own: Vec<(Box<str>, u32)> = Vec::with_capacity(2 * dictionary.len());
        for (code, value) in (0..).zip(dictionary.values()) {
            let words = words(lowest_level(value)).into_iter();
            own.extend(words.map(|word| (word.folded.into(), code)));
        }
        own.sort_unstable();
        own.dedup();
        Some(AttributeNames {
            attribute,
            words: own,
            buyable: buyable(columns, column),
        })
    }

    /// The values in which every one of these begins a word, in the order of their codes; none for no words.
    pub(super) fn beginning_with(&self, typed: &[String]) -> Vec<u32> {
        let mut found: Option<Vec<u32>> = None;
        for beginning in typed {
            let first = self.words.partition_point(|(word, _)| **word < **beginning);
            let begun = self.words[first..].iter();
            let mut codes: Vec<u32> = begun
                .take_while(|(word, _)| word.starts_with(beginning.as_str()))
                .map(|(_, code)| *code)
                .filter(|code| {
                    let mut found = found.iter();
                    found.all(|found| found.binary_search(code).is_ok())
                })
                .collect();
            codes.sort_unstable();
            codes.dedup();
            found = Some(codes);
        }
        found.unwrap_or_default()
    }

    /// How many products that have a value can be bought.
    pub(super) fn buyable(&self, code: u32) -> u32 {
        self.buyable[code as usize]
    }
}

/// The name of a value: of a path, its lowest level.
fn lowest_level(value: &str) -> &str {
    value.rsplit(PATH_SEPARATOR).next().unwrap_or(value)
}

/// By code: how many products that have it can be bought.
fn buyable(columns: &Columns, column: &Column) -> Vec<u32> {
    let mut counts = vec![0; column.values.len()];
    let mut counted_for = vec![u32::MAX; column.values.len()];
    for product in (0..columns.products()).filter(|product| !columns.sold_out(*product)) {
        for code in columns.codes_of(column, product) {
            let last = &mut counted_for[code as usize];
            if *last != product {
                *last = product;
                counts[code as usize] += 1;
            }
        }
    }
    counts
}
