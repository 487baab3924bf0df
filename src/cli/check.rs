//! `endcap check`: what is wrong with the shop's files.

use super::output::print_json;
use super::{CliError, Outcome, now};
use crate::publishing::{ShopPaths, validate};

#[derive(clap::Args)]
pub(super) struct Check {
    /// Print the problems as JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let problems = validate(paths, now())?;
        if self.json {
            print_json(&problems)?;
        } else {
            for problem in &problems {
                println!("{problem}");
            }
            match problems.len() {
                0 => println!("no problems"),
                1 => println!("1 problem"),
                many => println!("{many} problems"),
            }
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}
