//! Experiments whose truth is known, played many times: do the statistics keep what they promise?

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use super::statistics::{Sample, Scale, sequential, welch};

/// Shares of shoppers who buy, without and with their order values' spread: most spend nothing, few spend much.
const BUYS: f64 = 0.05;
const LOG_MEAN: f64 = 3.5;
const LOG_DEVIATION: f64 = 0.8;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Game {
    pub experiments: usize,
    /// Of each arm.
    pub units: usize,
    /// How often the sequential interval is looked at, spread evenly over the run.
    pub looks: usize,
    /// The true effect on the mean, in parts of it; 0 is A/A.
    pub effect: f64,
    pub alpha: f64,
    pub seed: u64,
}

/// What came of it, as shares of all experiments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Played {
    /// The test at the planned end took it for an effect.
    pub found_at_the_end: f64,
    /// The same test, looked at each time, did so at least once: why nobody should look.
    pub found_by_looking: f64,
    /// The sequential bound did so at least once.
    pub found_by_the_sequential_bound: f64,
    /// The interval at the planned end holds the true difference.
    pub covered: f64,
    /// The sequential interval held it at every look.
    pub covered_by_the_sequential_interval: f64,
}

/// Plays them.
pub fn play(game: &Game) -> Played {
    let mut chance = StdRng::seed_from_u64(game.seed);
    let mut played = Played::default();
    let one = 1.0 / game.experiments.max(1) as f64;
    for _ in 0..game.experiments {
        let seen = once(game, &mut chance);
        let count = |share: &mut f64, is_so: bool| *share += if is_so { one } else { 0.0 };
        count(&mut played.found_at_the_end, seen.at_the_end);
        count(&mut played.found_by_looking, seen.by_looking);
        count(&mut played.found_by_the_sequential_bound, seen.by_the_bound);
        count(&mut played.covered, seen.covered);
        count(
            &mut played.covered_by_the_sequential_interval,
            seen.always_covered,
        );
    }
    played
}

struct Seen {
    at_the_end: bool,
    by_looking: bool,
    by_the_bound: bool,
    covered: bool,
    always_covered: bool,
}

fn once(game: &Game, chance: &mut StdRng) -> Seen {
    let truth = true_mean() * game.effect;
    let (mut control, mut treatment) = (Sample::default(), Sample::default());
    let mut seen = Seen {
        at_the_end: false,
        by_looking: false,
        by_the_bound: false,
        covered: true,
        always_covered: true,
    };
    let every = (game.units / game.looks.max(1)).max(1);
    for unit in 1..=game.units {
        control.add(spent(chance));
        treatment.add(spent(chance) * (1.0 + game.effect));
        let is_last = unit == game.units;
        if unit % every != 0 && !is_last {
            continue;
        }
        let (base, other) = (control.estimate(), treatment.estimate());
        let Some(fixed) = welch(&base, &other, Scale::Absolute, game.alpha) else {
            continue;
        };
        let Some(always) = sequential(&base, &other, Scale::Absolute, game.alpha) else {
            continue;
        };
        let holds = |[low, high]: [f64; 2]| low <= truth && truth <= high;
        seen.by_looking |= fixed.p_value < game.alpha;
        seen.by_the_bound |= always.p_value < game.alpha;
        seen.always_covered &= holds(always.interval);
        if is_last {
            seen.at_the_end = fixed.p_value < game.alpha;
            seen.covered = holds(fixed.interval);
        }
    }
    seen
}

/// What a shopper spends: nothing, or a log-normal order.
fn spent(chance: &mut StdRng) -> f64 {
    if chance.random::<f64>() >= BUYS {
        return 0.0;
    }
    // Box and Muller.
    let (radius, angle) = (1.0 - chance.random::<f64>(), chance.random::<f64>());
    let normal = (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
    (LOG_MEAN + LOG_DEVIATION * normal).exp()
}

fn true_mean() -> f64 {
    BUYS * (LOG_MEAN + LOG_DEVIATION * LOG_DEVIATION / 2.0).exp()
}
