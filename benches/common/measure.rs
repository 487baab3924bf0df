//! Wall and CPU time of one call, and what many of them come to.

use std::hint::black_box;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

/// How long a call took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Took {
    pub wall: Duration,
    /// CPU time of the calling thread alone.
    pub cpu: Duration,
}

/// Runs `call` and keeps its result from being optimised away.
pub fn took<T>(call: impl FnOnce() -> T) -> Took {
    let (cpu, wall) = (ThreadTime::now(), Instant::now());
    black_box(call());
    Took {
        wall: wall.elapsed(),
        cpu: cpu.elapsed(),
    }
}

/// The value that `share` (0 to 1) of the durations do not exceed.
pub fn percentile(durations: impl Iterator<Item = Duration>, share: f64) -> Duration {
    let mut sorted: Vec<Duration> = durations.collect();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    let at = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
    sorted.get(at.min(last)).copied().unwrap_or_default()
}

/// The median of one query's rounds, which leaves out what the machine's neighbours did.
pub fn median(rounds: &[Took]) -> Took {
    Took {
        wall: percentile(rounds.iter().map(|took| took.wall), 0.5),
        cpu: percentile(rounds.iter().map(|took| took.cpu), 0.5),
    }
}

/// In milliseconds.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
