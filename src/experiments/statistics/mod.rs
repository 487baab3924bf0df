//! Samples in, intervals out: what experiments are decided by.
//!
//! The formulas are those of gbstats 0.8 (<https://github.com/growthbook/growthbook>), whose figures are reproduced.

mod balance;
mod difference;
mod planning;
mod sample;
mod several;

pub use balance::{Balance, SUSPICIOUS_BELOW, WRONG_BELOW, balance};
pub use difference::{Difference, Scale, sequential, welch};
pub use planning::{Plan, power, smallest_effect, units_needed};
pub use sample::{Estimate, Pairs, Sample, theta};
pub use several::holm;
