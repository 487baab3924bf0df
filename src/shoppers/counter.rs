//! A sum of weights that halves with time, and that comes out the same whatever order the weights arrive in.
//!
//! Time is cut into half-lives, counted from 1970. A weight adds `weight × 2^(part of its half-life gone by)` to the
//! sum of its half-life, as an integer; integers add up exactly in any order, and each sum is scaled by a power of two
//! for every half-life that has passed since.

use serde::{Deserialize, Serialize};

/// One unit of weight, as an integer: leaves 26 bits for counting and 10 digits of precision.
const UNIT: f64 = (1u64 << 32) as f64;

/// Sums older than this many half-lives count for nothing (a 65,536th) and are dropped.
const HALF_LIVES_KEPT: i64 = 16;

/// The time in which a counter halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HalfLife {
    ms: i64,
}

impl HalfLife {
    /// At least a second, at most some 30 years.
    pub(super) fn from_seconds(seconds: f64) -> HalfLife {
        HalfLife {
            ms: (seconds * 1_000.0).clamp(1_000.0, 1e12) as i64,
        }
    }

    pub(super) fn ms(self) -> i64 {
        self.ms
    }

    fn number(self, at_ms: i64) -> i64 {
        at_ms.div_euclid(self.ms)
    }

    /// The oldest half-life that still counts for a shopper last seen at `last_seen_ms`.
    pub(super) fn oldest_kept(self, last_seen_ms: i64) -> i64 {
        self.number(last_seen_ms) - HALF_LIVES_KEPT
    }
}

/// The counter. All calls on one counter must name the same half-life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counter {
    /// Number of a half-life and its sum, oldest first.
    sums: Vec<(i64, i64)>,
}

impl Counter {
    /// Adds `weight` at `at_ms`, unless that is older than the half-life numbered `oldest`.
    pub(super) fn add(&mut self, weight: f64, at_ms: i64, half_life: HalfLife, oldest: i64) {
        let number = half_life.number(at_ms);
        if number < oldest {
            return;
        }
        let gone = at_ms.rem_euclid(half_life.ms) as f64 / half_life.ms as f64;
        let added = (weight * gone.exp2() * UNIT).round() as i64;
        match self.sums.binary_search_by_key(&number, |sum| sum.0) {
            Ok(index) => self.sums[index].1 = self.sums[index].1.saturating_add(added),
            Err(index) => self.sums.insert(index, (number, added)),
        }
    }

    /// Drops the half-lives before `oldest`.
    pub(super) fn prune(&mut self, oldest: i64) {
        self.sums.retain(|sum| sum.0 >= oldest);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// The decayed sum at `now_ms`.
    pub(super) fn value(&self, now_ms: i64, half_life: HalfLife) -> f64 {
        let now = now_ms as f64 / half_life.ms as f64;
        self.sums
            .iter()
            .map(|(number, sum)| *sum as f64 / UNIT * (*number as f64 - now).exp2())
            .sum()
    }
}
