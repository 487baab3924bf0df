//! Exact counts by value and ranges by number, in products.

use std::cmp::Reverse;

use crate::catalog::columns::{Cell, Cells, Columns, Values};

/// What a facet came to.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetCounts {
    /// Position of the attribute in the schema.
    pub attribute: usize,
    /// Values that occur, in the dictionary's order; empty for numbers.
    pub counts: Vec<FacetCount>,
    /// Lowest and highest number; `None` for words and when there is no number.
    pub range: Option<Range>,
}

/// In how many matching products a value occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FacetCount {
    /// Its code in the attribute's dictionary.
    pub code: u32,
    pub count: u32,
}

impl FacetCounts {
    /// The most frequent values, at most `values_max`; equally frequent ones in the dictionary's order.
    pub fn most_frequent(mut self, values_max: usize) -> Vec<FacetCount> {
        let order = |facet: &FacetCount| (Reverse(facet.count), facet.code);
        if values_max == 0 {
            return Vec::new();
        }
        if self.counts.len() > values_max {
            self.counts
                .select_nth_unstable_by_key(values_max - 1, order);
            self.counts.truncate(values_max);
        }
        self.counts.sort_unstable_by_key(order);
        self.counts
    }
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

    /// Counts these products; not for an attribute of variants.
    pub(super) fn count_products(&mut self, products: &[u32]) {
        debug_assert!(!self.per_variant);
        match &mut self.counter {
            Counter::Words { codes, counts, .. } => match codes {
                Cells::Single(codes) => {
                    for product in products {
                        let code = codes[*product as usize];
                        if !code.is_missing() {
                            counts[code as usize] += 1;
                        }
                    }
                }
                Cells::Many { .. } => {
                    for code in products.iter().flat_map(|product| codes.of(*product)) {
                        counts[*code as usize] += 1;
                    }
                }
            },
            Counter::Numbers { .. } | Counter::Nothing => {
                products.iter().for_each(|product| self.count(*product));
            }
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
                counts: by_code, ..
            } => {
                let occurring = (0..).zip(by_code).filter(|(_, count)| *count > 0);
                counts = occurring
                    .map(|(code, count)| FacetCount { code, count })
                    .collect();
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
