//! Which arm a unit is in: a hash of the experiment's seed and the unit's id, the same on every machine and on every day.

/// Buckets that a unit can fall into.
const BUCKETS: u32 = 10_000;

/// Where a unit falls, from 0 to below 1 in ten thousandths: the hash of GrowthBook, version 2
/// (<https://docs.growthbook.io/lib/build-your-own>), so that others can compute it.
pub fn bucket(seed: &str, unit: &str) -> f64 {
    let first = fnv1a_32(&[seed, unit]);
    let second = fnv1a_32(&[&first.to_string()]);
    f64::from(second % BUCKETS) / f64::from(BUCKETS)
}

/// The arm of a unit: arms divide the first `coverage` (0 to 1) of all buckets by their weights; the rest are in none.
///
/// The ranges of arms begin at the same places whatever the coverage, so that a ramp adds units to an arm and moves none to
/// another.
pub fn arm(seed: &str, unit: &str, weights: &[f64], coverage: f64) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    let bucket = bucket(seed, unit);
    let mut start = 0.0;
    weights.iter().position(|weight| {
        let share = weight / total;
        let within = start <= bucket && bucket < start + share * coverage.clamp(0.0, 1.0);
        start += share;
        within
    })
}

/// FNV-1a over 32 bits, of texts one after the other.
fn fnv1a_32(texts: &[&str]) -> u32 {
    let bytes = texts.iter().flat_map(|text| text.bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_changes_arms_while_an_experiment_ramps_up() {
        let weights = [1.0, 1.0, 2.0];
        for unit in (0..2_000).map(|unit| format!("unit {unit}")) {
            let mut before = None;
            for coverage in [0.01, 0.05, 0.25, 0.5, 1.0] {
                let now = arm("ramp", &unit, &weights, coverage);
                assert!(before.is_none() || now == before, "{unit} at {coverage}");
                before = now;
            }
            assert!(before.is_some(), "{unit} is in no arm of a full experiment");
        }
    }

    #[test]
    fn arms_get_their_shares() {
        let mut units = [0; 3];
        for unit in 0..20_000 {
            let arm = arm("shares", &unit.to_string(), &[1.0, 1.0, 2.0], 1.0);
            units[arm.expect("coverage is whole")] += 1;
        }
        let [a, b, c] = units.map(|count| f64::from(count) / 20_000.0);
        assert!((a - 0.25).abs() < 0.01 && (b - 0.25).abs() < 0.01 && (c - 0.5).abs() < 0.01);
    }
}
