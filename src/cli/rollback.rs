//! `endcap rollback`: an earlier generation of the catalog is live again.

use super::index::print_manifest;
use super::output::print_json;
use super::{CliError, Outcome, now};
use crate::publishing::{ShopPaths, roll_back};

#[derive(clap::Args)]
pub(super) struct Rollback {
    /// The generation to go back to [default: the one before the live one].
    generation: Option<u64>,
    /// Why, for the history.
    #[arg(long)]
    reason: Option<String>,
    /// Print what is live then as JSON.
    #[arg(long)]
    json: bool,
}

impl Rollback {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let manifest = roll_back(paths, self.generation, self.reason, now())?;
        match self.json {
            true => print_json(&manifest)?,
            false => print_manifest(&manifest),
        }
        Ok(Outcome::Done)
    }
}
