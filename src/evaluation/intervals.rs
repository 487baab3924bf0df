//! How sure a figure is: 95 % intervals by drawing the queries, shoppers or lists that it is made of again and again.
//!
//! The bootstrap of Efron (1979) by percentiles: what is compared is drawn together, so that differences and ratios are
//! paired. The draws come from a fixed seed, and the same figures have the same interval every time.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

/// How often everything is drawn again.
pub const SAMPLES: usize = 2_000;

/// How many of the samples lie below an interval, and as many above.
const OUTSIDE: usize = SAMPLES * 25 / 1_000;

const SEED: u64 = 1;

/// Where a figure lies with a confidence of 95 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A figure and how sure it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Estimate {
    pub value: f64,
    #[serde(flatten)]
    pub interval: Interval,
}

/// The mean of what independent queries or shoppers came to.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Estimate {
    let units: Vec<(f64, f64)> = values.into_iter().map(|value| (value, 1.0)).collect();
    ratio(&units)
}

/// The sum of the first ÷ the sum of the second, over units that are drawn whole; 0 where there is nothing to divide by.
pub fn ratio(units: &[(f64, f64)]) -> Estimate {
    let quotient = |(upper, lower): (f64, f64)| if lower == 0.0 { 0.0 } else { upper / lower };
    let add = |sum: (f64, f64), unit: &(f64, f64)| (sum.0 + unit.0, sum.1 + unit.1);
    let mut random = StdRng::seed_from_u64(SEED);
    let mut sample = || {
        let drawn = (0..units.len()).map(|_| &units[random.random_range(0..units.len())]);
        quotient(drawn.fold((0.0, 0.0), add))
    };
    let mut samples: Vec<f64> = (0..SAMPLES).map(|_| sample()).collect();
    samples.sort_by(f64::total_cmp);
    Estimate {
        value: quotient(units.iter().fold((0.0, 0.0), add)),
        interval: Interval {
            low: samples[OUTSIDE],
            high: samples[SAMPLES - 1 - OUTSIDE],
        },
    }
}

impl Estimate {
    /// The same of `1 − figure`: what is lost when the figure is what is kept.
    pub fn lost(self) -> Estimate {
        Estimate {
            value: 1.0 - self.value,
            interval: Interval {
                low: 1.0 - self.interval.high,
                high: 1.0 - self.interval.low,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    //! Promises: intervals hold the figure, are those of the normal law for many units, are the same every time, and what
    //! is paired is drawn together.

    use super::*;

    #[test]
    fn the_interval_of_many_is_that_of_the_normal_law() {
        // Half of 1,000 are 1: the standard error is √(¼ ÷ 1,000).
        let estimate = mean((0..1_000).map(|number| f64::from(number % 2)));
        assert_eq!(estimate.value, 0.5);
        let half_width = 1.96 * (0.25f64 / 1_000.0).sqrt();
        assert!((estimate.interval.low - (0.5 - half_width)).abs() < 0.003);
        assert!((estimate.interval.high - (0.5 + half_width)).abs() < 0.003);
        assert_eq!(
            estimate,
            mean((0..1_000).map(|number| f64::from(number % 2)))
        );
    }

    #[test]
    fn what_is_always_a_tenth_more_is_a_tenth_more_for_sure() {
        let units: Vec<(f64, f64)> = (1..50).map(f64::from).map(|one| (1.1 * one, one)).collect();
        let estimate = ratio(&units);
        assert!((estimate.interval.low - 1.1).abs() < 1e-9);
        assert!((estimate.interval.high - 1.1).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_zero() {
        assert_eq!(mean([]), Estimate::default());
        assert_eq!(
            mean([0.25]).interval,
            Interval {
                low: 0.25,
                high: 0.25
            }
        );
    }
}
