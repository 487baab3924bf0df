//! Exact counts by value and ranges by number, in products.

use crate::catalog::columns::{Cells, Columns, Dictionary, Values};

/// What a facet came to.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetCounts {
    /// Position of the attribute in the schema.
    pub attribute: usize,
    /// Values that occur, most frequent first; empty for numbers.
    pub counts: Vec<FacetCount>,
    /// Lowest and highest number; `None` for words and when there is no number.
    pub range: Option<Range>,
}

/// In how many matching products a value occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetCount {
    pub value: String,
    pub count: u32,
}

/// The lowest and the highest number among matching products.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub min: f64,
    pub max: f64,
}

/// Counts one attribute.
pub(super) struct Facet<'c> {
    attribute: usize,
    per_variant: bool,
    /// The current product is counted; for facets of products.
    counted: bool,
    counter: Counter<'c>,
}

enum Counter<'c> {
    Words {
        dictionary: &'c Dictionary,
        codes: &'c Cells<u32>,
        counts: Vec<u32>,
        seen: Vec<u32>,
    },
    Numbers {
        cells: &'c Cells<f64>,
        min: f64,
        max: f64,
    },
    Nothing,
}

impl<'c> Facet<'c> {
    pub(super) fn new(columns: &'c Columns, attribute: usize) -> Self {
        let (per_variant, counter) = match columns.column(attribute) {
            None => (false, Counter::Nothing),
            Some(column) => {
                let counter = match &column.values {
                    Values::Words { dictionary, codes } => Counter::Words {
                        dictionary,
                        codes,
                        counts: vec![0; dictionary.len()],
                        seen: Vec::new(),
                    },
                    Values::Numbers(cells) => Counter::Numbers {
                        cells,
                        min: f64::INFINITY,
                        max: f64::NEG_INFINITY,
                    },
                };
                (column.per_variant, counter)
            }
        };
        Facet {
            attribute,
            per_variant,
            counted: false,
            counter,
        }
    }

    pub(super) fn attribute(&self) -> usize {
        self.attribute
    }

    pub(super) fn per_variant(&self) -> bool {
        self.per_variant
    }

    /// Counts a row: a product, or a variant whose product's other rows follow before `end_product`.
    #[inline]
    pub(super) fn count(&mut self, row: u32) {
        match &mut self.counter {
            Counter::Words {
                codes,
                counts,
                seen,
                ..
            } => {
                for code in codes.of(row) {
                    if self.per_variant {
                        if seen.contains(code) {
                            continue;
                        }
                        seen.push(*code);
                    }
                    counts[*code as usize] += 1;
                }
            }
            Counter::Numbers { cells, min, max } => {
                for number in cells.of(row) {
                    *min = min.min(*number);
                    *max = max.max(*number);
                }
            }
            Counter::Nothing => {}
        }
    }

    /// Counts a variant that passes: itself, or its product unless another variant did.
    #[inline]
    pub(super) fn count_variant(&mut self, product: u32, variant: u32) {
        if self.per_variant {
            self.count(variant);
        } else if !self.counted {
            self.counted = true;
            self.count(product);
        }
    }

    /// Says that all rows of a product are counted.
    #[inline]
    pub(super) fn end_product(&mut self) {
        self.counted = false;
        if let Counter::Words { seen, .. } = &mut self.counter {
            seen.clear();
        }
    }

    pub(super) fn finish(self) -> FacetCounts {
        let (mut counts, mut range) = (Vec::new(), None);
        match self.counter {
            Counter::Words {
                dictionary,
                counts: by_code,
                ..
            } => {
                let occurring = by_code.iter().enumerate().filter(|(_, count)| **count > 0);
                counts = occurring
                    .map(|(code, count)| FacetCount {
                        value: dictionary.value(code as u32).into(),
                        count: *count,
                    })
                    .collect();
                counts.sort_by_key(|facet: &FacetCount| std::cmp::Reverse(facet.count));
            }
            Counter::Numbers { min, max, .. } if min <= max => range = Some(Range { min, max }),
            Counter::Numbers { .. } | Counter::Nothing => {}
        }
        FacetCounts {
            attribute: self.attribute,
            counts,
            range,
        }
    }
}
