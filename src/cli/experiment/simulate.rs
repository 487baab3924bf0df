//! `endcap experiment simulate`: do the statistics keep what they promise?

use crate::cli::output::print_json;
use crate::cli::{CliError, Outcome};
use crate::experiments::simulation::{Game, play};

#[derive(clap::Args)]
pub(super) struct Simulate {
    /// How many experiments.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tests: u32,
    /// Units in each of the two arms.
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    units: u32,
    /// How often somebody looks before the end.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    looks: u32,
    /// The true effect, in parts of the mean; 0 is A/A: both arms are the same.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    effect: f64,
    /// How often chance alone may look like an effect.
    #[arg(long, default_value_t = 0.05)]
    alpha: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the shares as JSON.
    #[arg(long)]
    json: bool,
}

impl Simulate {
    pub(super) fn run(self) -> Result<Outcome, CliError> {
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return Err(CliError::Usage(format!(
                "--alpha is {}: write a number between 0 and 1",
                self.alpha
            )));
        }
        let played = play(&Game {
            experiments: self.tests as usize,
            units: self.units as usize,
            looks: self.looks as usize,
            effect: self.effect,
            alpha: self.alpha,
            seed: self.seed,
        });
        if self.json {
            print_json(&played)?;
            return Ok(Outcome::Done);
        }
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let what = if self.effect == 0.0 {
            "false alarms"
        } else {
            "effects found"
        };
        println!(
            "{} experiments of 2 × {} units, true effect {}",
            self.tests,
            self.units,
            percent(self.effect)
        );
        println!(
            "{what} at the planned end:              {}",
            percent(played.found_at_the_end)
        );
        println!(
            "{what} by looking {} times:           {}",
            self.looks,
            percent(played.found_by_looking)
        );
        println!(
            "{what} by the sequential bound:        {}",
            percent(played.found_by_the_sequential_bound)
        );
        println!(
            "truth within the 95 % interval at the end: {}",
            percent(played.covered)
        );
        println!(
            "truth within the sequential one, always:   {}",
            percent(played.covered_by_the_sequential_interval)
        );
        Ok(Outcome::Done)
    }
}
