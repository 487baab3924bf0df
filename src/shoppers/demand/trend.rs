//! What is wanted right now: what shoppers did in the last days, the longer ago the less.

use serde::{Deserialize, Serialize};

use crate::journal::Word;

/// So many products are known to be wanted most.
const WANTED_MOST: usize = 500;

/// What was done counts half after so many days.
const HALF_LIFE_DAYS: f64 = 3.0;

/// The products that are wanted most lately.
///
/// Each has a base-2 logarithm of its weights, every one doubled for each half-life since 1970: the order of products
/// then changes by events alone, not by the time that passes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Trend {
    most: Vec<(Word, f64)>,
}

/// The weight of what one product had, and of what it gets, as such logarithms.
pub(super) fn added(before: Option<f64>, weight: f64, at_ms: i64) -> f64 {
    let new = weight.log2() + at_ms as f64 / (HALF_LIFE_DAYS * 86_400_000.0);
    let Some(before) = before else { return new };
    let (more, less) = (before.max(new), before.min(new));
    more + (less - more).exp2().ln_1p() / std::f64::consts::LN_2
}

/// How many views of now a logarithm is worth.
pub(super) fn views(logarithm: f64, now_ms: i64) -> f64 {
    (logarithm - now_ms as f64 / (HALF_LIFE_DAYS * 86_400_000.0)).exp2()
}

impl Trend {
    /// A product is wanted so much now.
    pub(super) fn note(&mut self, product: Word, logarithm: f64) {
        if let Some(known) = self.most.iter_mut().find(|known| known.0 == product) {
            known.1 = logarithm;
        } else if self.most.len() < WANTED_MOST {
            self.most.push((product, logarithm));
        } else if let Some(least) = self.most.iter_mut().min_by(|a, b| a.1.total_cmp(&b.1))
            && least.1 < logarithm
        {
            *least = (product, logarithm);
        }
    }

    /// The most wanted first.
    pub(super) fn most(&self) -> Vec<(Word, f64)> {
        let mut most = self.most.clone();
        most.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        most
    }
}
