//! Features cut into few steps, so that a question is found by adding up instead of by sorting.

use crate::ranking::{FEATURES, Row};

/// At most so many steps of one feature.
pub(super) const BINS_MAX: usize = 64;

/// The steps of all features, and on which of them each candidate stands.
pub(super) struct Bins {
    /// By feature: between the steps; a value stands on the first step whose threshold it does not exceed.
    pub(super) thresholds: Vec<Vec<f64>>,
    /// By feature, then by candidate.
    pub(super) steps: Vec<Vec<u8>>,
}

impl Bins {
    pub(super) fn of(rows: &[Row]) -> Bins {
        let thresholds: Vec<Vec<f64>> = (0..FEATURES.len())
            .map(|feature| thresholds(rows.iter().map(|row| row[feature]).collect()))
            .collect();
        let steps = thresholds.iter().enumerate().map(|(feature, thresholds)| {
            let step =
                |row: &Row| thresholds.partition_point(|threshold| *threshold < row[feature]);
            rows.iter().map(|row| step(row) as u8).collect()
        });
        Bins {
            steps: steps.collect(),
            thresholds,
        }
    }
}

/// Halfway between neighbouring values, where about equal parts of the candidates stand between them.
fn thresholds(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    let share = values.len().div_ceil(BINS_MAX).max(1);
    let mut thresholds = Vec::new();
    let mut since = 0;
    for (at, pair) in values.windows(2).enumerate() {
        let is_step = pair[0] < pair[1] && at + 1 - since >= share;
        if is_step && thresholds.len() + 1 < BINS_MAX {
            thresholds.push(f64::midpoint(pair[0], pair[1]));
            since = at + 1;
        }
    }
    thresholds
}
