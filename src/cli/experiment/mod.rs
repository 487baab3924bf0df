//! `endcap experiment`: trials analysed, planned and simulated.

mod analyze;
mod plan;
mod simulate;

use clap::Subcommand;

use super::{CliError, Outcome};

#[derive(clap::Args)]
pub(super) struct Experiment {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Say what a finished trial's table says: one row or more for each unit, with its arm and its metrics.
    Analyze(analyze::Analyze),
    /// Say how many units and days it takes to see an effect.
    Plan(plan::Plan),
    /// Play many experiments whose truth is known, to see that the statistics hold.
    Simulate(simulate::Simulate),
}

impl Experiment {
    pub(super) fn run(self) -> Result<Outcome, CliError> {
        match self.what {
            What::Analyze(analyze) => analyze.run(),
            What::Plan(plan) => plan.run(),
            What::Simulate(simulate) => simulate.run(),
        }
    }
}
