//! Exact counts by value and ranges by number, in products.

use std::cmp::Reverse;

use super::Counting;
use crate::catalog::columns::{Codes, Columns, Values};

/// What a facet came to.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetCounts {
    /// Position of the attribute in the schema.
    pub attribute: usize,
    /// Values that occur, in the dictionary's order; of numbers only when each is counted.
    pub counts: Vec<FacetCount>,
    /// Lowest and highest number; `None` for words and when there is no number.
    pub range: Option<Range>,
    /// How many products have a number, or variants where those may differ; 0 for words.
    pub valued: u64,
    /// Some of the numbers, evenly taken and sorted.
    pub sample: Vec<f64>,
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
        codes: &'c Codes,
        /// By code, and after them the rows without one.
        counts: Vec<u32>,
        /// Only the lowest level of each path is counted, the levels above it follow at the end; for facets whose
        /// products have at most one value.
        lowest: bool,
        /// What the current product was counted for.
        seen: Vec<u32>,
        gathered: Vec<u32>,
    },
    Numbers {
        codes: &'c Codes,
        numbers: &'c [f64],
        lowest: u32,
        highest: u32,
        sample: Sample,
        /// By code, when each number is counted.
        counts: Vec<u32>,
    },
    Nothing,
}

impl<'c> Facet<'c> {
    pub(super) fn new(columns: &'c Columns, attribute: usize, counting: Counting) -> Self {
        let Some(column) = columns.column(attribute) else {
            return Facet {
                attribute,
                per_variant: false,
                counted: false,
                counter: Counter::Nothing,
            };
        };
        let codes = &column.codes;
        let counter = match &column.values {
            Values::Words(dictionary) => Counter::Words {
                codes,
                counts: vec![0; dictionary.len() + 1],
                lowest: codes.is_single() && !column.per_variant,
                seen: Vec::new(),
                gathered: Vec::new(),
            },
            Values::Numbers(numbers) => Counter::Numbers {
                codes,
                numbers,
                lowest: u32::MAX,
                highest: 0,
                sample: Sample::default(),
                counts: match counting {
                    Counting::Choices => Vec::new(),
                    Counting::List => vec![0; numbers.len()],
                },
            },
        };
        Facet {
            attribute,
            per_variant: column.per_variant,
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

    /// Counts these products; not for an attribute of variants.
    pub(super) fn count_products(&mut self, products: &[u32]) {
        debug_assert!(!self.per_variant);
        if let Counter::Words {
            codes,
            counts,
            gathered,
            ..
        } = &mut self.counter
            && codes.gather(products, gathered)
        {
            let last = counts.len() - 1;
            for code in gathered {
                counts[(*code as usize).min(last)] += 1;
            }
            return;
        }
        for product in products {
            self.count_row(*product);
            self.end_product();
        }
    }

    /// Counts a variant that passes: itself, or its product unless another variant did. `end_product` follows the
    /// last variant of a product.
    #[inline]
    pub(super) fn count_variant(&mut self, product: u32, variant: u32) {
        if self.per_variant {
            self.count_row(variant);
        } else if !self.counted {
            self.counted = true;
            self.count_row(product);
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

    #[inline]
    fn count_row(&mut self, row: u32) {
        match &mut self.counter {
            Counter::Words {
                codes,
                counts,
                lowest: true,
                ..
            } => codes
                .lowest(row)
                .for_each(|code| counts[code as usize] += 1),
            Counter::Words {
                codes,
                counts,
                seen,
                ..
            } => {
                for code in codes.of(row) {
                    if !seen.contains(&code) {
                        seen.push(code);
                        counts[code as usize] += 1;
                    }
                }
            }
            Counter::Numbers {
                codes,
                lowest,
                highest,
                sample,
                counts,
                ..
            } => {
                for code in codes.lowest(row) {
                    if let Some(count) = counts.get_mut(code as usize) {
                        *count += 1;
                    }
                    *lowest = code.min(*lowest);
                    *highest = code.max(*highest);
                    sample.take(code);
                }
            }
            Counter::Nothing => {}
        }
    }

    pub(super) fn finish(self) -> FacetCounts {
        let (mut counts, mut range) = (Vec::new(), None);
        let (mut valued, mut sampled) = (0, Vec::new());
        match self.counter {
            Counter::Words {
                codes,
                counts: mut by_code,
                lowest,
                ..
            } => {
                by_code.pop();
                if lowest && codes.has_levels() {
                    add_to_levels_above(codes, &mut by_code);
                }
                counts = occurring(by_code);
            }
            Counter::Numbers {
                numbers,
                lowest,
                highest,
                sample,
                counts: by_code,
                ..
            } if lowest <= highest => {
                counts = occurring(by_code);
                valued = sample.seen;
                let mut codes = sample.codes;
                codes.sort_unstable();
                let sample = codes.into_iter().map(|code| numbers[code as usize]);
                sampled = sample.collect();
                range = Some(Range {
                    min: numbers[lowest as usize],
                    max: numbers[highest as usize],
                });
            }
            Counter::Numbers { .. } | Counter::Nothing => {}
        }
        FacetCounts {
            attribute: self.attribute,
            counts,
            range,
            valued,
            sample: sampled,
        }
    }
}

fn occurring(by_code: Vec<u32>) -> Vec<FacetCount> {
    let counted = (0..).zip(by_code).filter(|(_, count)| *count > 0);
    let counted = counted.map(|(code, count)| FacetCount { code, count });
    counted.collect()
}

/// Every so many-th of the codes that pass by, so that what is kept is spread evenly and bounded.
#[derive(Default)]
struct Sample {
    seen: u64,
    codes: Vec<u32>,
    /// One of two to the power of this many is taken.
    thinned: u32,
}

impl Sample {
    const CODES_MAX: usize = 2_048;

    #[inline]
    fn take(&mut self, code: u32) {
        if self.seen & ((1 << self.thinned) - 1) == 0 {
            self.push(code);
        }
        self.seen += 1;
    }

    fn push(&mut self, code: u32) {
        self.codes.push(code);
        if self.codes.len() == Self::CODES_MAX {
            let mut keeps = false;
            self.codes.retain(|_| {
                keeps = !keeps;
                keeps
            });
            self.thinned += 1;
        }
    }
}

/// A level of a path counts what is below it too.
fn add_to_levels_above(codes: &Codes, counts: &mut [u32]) {
    // A level's code is lower than any below it, so that those are complete when it is their turn.
    for code in (0..counts.len() as u32).rev() {
        if let Some(parent) = codes.parent(code) {
            counts[parent as usize] += counts[code as usize];
        }
    }
}
