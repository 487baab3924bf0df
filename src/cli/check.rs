//! `endcap check`: what is wrong with the shop's files.

use super::output::print_json;
use super::{CliError, Outcome, now};
use crate::publishing::{ShopPaths, SynonymLine, synonym_lines, validate};

#[derive(clap::Args)]
pub(super) struct Check {
    /// Print the problems as JSON.
    #[arg(long)]
    json: bool,
    /// Print how many products each line of the synonym files adds, and which lines can never match.
    #[arg(long)]
    synonyms: bool,
}

impl Check {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        if self.synonyms {
            return self.print_synonyms(paths);
        }
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

    fn print_synonyms(&self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let lines = synonym_lines(paths)?;
        if self.json {
            print_json(&lines)?;
        } else {
            for line in &lines {
                let SynonymLine {
                    file,
                    line,
                    text,
                    adds,
                    never_matches,
                } = line;
                let effect = match (adds, never_matches) {
                    (_, true) => "can never match".to_string(),
                    (1, _) => "adds 1 product".to_string(),
                    (many, _) => format!("adds {many} products"),
                };
                println!("{file}:{line}: {effect}: {text}");
            }
        }
        Ok(if lines.iter().any(|line| line.never_matches) {
            Outcome::FoundProblems
        } else {
            Outcome::Done
        })
    }
}
