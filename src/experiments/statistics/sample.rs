//! What is kept of many values: enough for means, variances and covariances, without loss where values are large.

use serde::Serialize;

/// Values, one for each unit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sample {
    n: u64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
}

/// Two values for each unit: an outcome and what was known before, or a numerator and a denominator.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pairs {
    pub first: Sample,
    pub second: Sample,
    /// Sum of products of the deviations from both means.
    products: f64,
}

/// A mean per unit, and how much units differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// How many units.
    pub n: u64,
    pub mean: f64,
    /// The mean before it was adjusted by what was known before.
    pub unadjusted_mean: f64,
    /// Of one unit; the mean's is `variance / n`.
    pub variance: f64,
}

impl Sample {
    /// Of sums that somebody else took.
    pub fn from_sums(n: u64, sum: f64, sum_of_squares: f64) -> Sample {
        let mean = if n == 0 { 0.0 } else { sum / n as f64 };
        Sample {
            n,
            mean,
            squares: sum_of_squares - sum * mean,
        }
    }

    pub fn add(&mut self, value: f64) {
        self.n += 1;
        let deviation = value - self.mean;
        self.mean += deviation / self.n as f64;
        self.squares += deviation * (value - self.mean);
    }

    pub fn n(&self) -> u64 {
        self.n
    }

    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Of one unit, unbiased; 0 where there are fewer than two.
    pub fn variance(&self) -> f64 {
        per_unit(self.squares, self.n)
    }

    pub fn estimate(&self) -> Estimate {
        Estimate {
            n: self.n,
            mean: self.mean,
            unadjusted_mean: self.mean,
            variance: self.variance(),
        }
    }

    /// Both samples as one (Chan, Golub and LeVeque).
    fn with(&self, other: &Sample) -> Sample {
        let n = self.n + other.n;
        if n == 0 {
            return Sample::default();
        }
        let (own, share) = (self.n as f64, other.n as f64 / n as f64);
        let apart = other.mean - self.mean;
        Sample {
            n,
            mean: self.mean + apart * share,
            squares: self.squares + other.squares + apart * apart * own * share,
        }
    }
}

impl Pairs {
    /// Of sums that somebody else took.
    pub fn from_sums(first: Sample, second: Sample, sum_of_products: f64) -> Pairs {
        Pairs {
            first,
            second,
            products: sum_of_products - first.mean * second.mean * first.n as f64,
        }
    }

    pub fn add(&mut self, first: f64, second: f64) {
        let deviation = first - self.first.mean;
        self.first.add(first);
        self.second.add(second);
        self.products += deviation * (second - self.second.mean);
    }

    pub fn covariance(&self) -> f64 {
        per_unit(self.products, self.first.n)
    }

    /// The first value per unit of the second, by the delta method.
    pub fn ratio(&self) -> Estimate {
        let (above, below) = (self.first.mean, self.second.mean);
        let mean = if below == 0.0 { 0.0 } else { above / below };
        let variance = if below == 0.0 {
            0.0
        } else {
            let spread = self.first.variance() - 2.0 * mean * self.covariance();
            (spread + mean * mean * self.second.variance()) / (below * below)
        };
        Estimate {
            n: self.first.n,
            mean,
            unadjusted_mean: mean,
            variance,
        }
    }

    /// The first value, less what the second foretells of it (CUPED; Deng, Xu, Kohavi and Walker 2013).
    pub fn adjusted(&self, theta: f64) -> Estimate {
        let spread = theta * theta * self.second.variance() - 2.0 * theta * self.covariance();
        Estimate {
            n: self.first.n,
            mean: self.first.mean - theta * self.second.mean,
            unadjusted_mean: self.first.mean,
            variance: self.first.variance() + spread,
        }
    }

    /// Both as one.
    fn with(&self, other: &Pairs) -> Pairs {
        let n = (self.first.n + other.first.n).max(1) as f64;
        let weight = self.first.n as f64 * other.first.n as f64 / n;
        let apart = (other.first.mean - self.first.mean) * (other.second.mean - self.second.mean);
        Pairs {
            first: self.first.with(&other.first),
            second: self.second.with(&other.second),
            products: self.products + other.products + apart * weight,
        }
    }
}

/// By how much the outcome changes with what was known before, over both arms together; 0 where either is the same for
/// all units.
pub fn theta(control: &Pairs, treatment: &Pairs) -> f64 {
    let both = control.with(treatment);
    if both.first.variance() == 0.0 || both.second.variance() == 0.0 {
        return 0.0;
    }
    both.covariance() / both.second.variance()
}

fn per_unit(sum: f64, n: u64) -> f64 {
    if n < 2 { 0.0 } else { sum / (n - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_together_are_the_whole(
            values in proptest::collection::vec((-1e6..1e6, -1e3..1e3), 2..60),
            cut in 0..60_usize,
        ) {
            let of = |values: &[(f64, f64)]| {
                let mut pairs = Pairs::default();
                values.iter().for_each(|(first, second)| pairs.add(*first, *second));
                pairs
            };
            let (left, right) = values.split_at(cut.min(values.len()));
            let (whole, joined) = (of(&values), of(left).with(&of(right)));
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()));
            prop_assert!(close(whole.first.variance(), joined.first.variance()));
            prop_assert!(close(whole.covariance(), joined.covariance()));
        }
    }
}
