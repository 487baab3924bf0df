//! `endcap rules …`: rules listed, explained, tried, published, taken back, and moved to and from spreadsheets.

mod looked;
mod tried;
mod written;

pub(super) use tried::{Days, shop_and_searches, table_of};
pub(super) use written::{Reason, print_published};

use std::fs;
use std::path::Path;

use super::{CliError, Outcome};
use crate::publishing::ShopPaths;
use crate::publishing::rulebook::EditError;
use looked::{List, Why};
use tried::Test;
use written::{Diff, File, Import, Publish, Undo, export};

#[derive(clap::Args)]
pub(super) struct Rules {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the rules of the shop.
    List(List),
    /// Say of every rule whether it holds for a query, and what it changes.
    Why(Why),
    /// Try a draft on the searches of the last days.
    Test(Test),
    /// Write a draft into the shop's rules; the version before it is kept.
    Publish(Publish),
    /// Bring back the version before the last change.
    Undo(Undo),
    /// Who changed a file, when and why.
    History(File),
    /// What changed between two versions of a file.
    Diff(Diff),
    /// Write all rules as CSV to standard output.
    Export,
    /// Write the rules of a CSV back: each where the rule of its name stands, new ones into a rule file.
    Import(Import),
    /// How much each rule and each line of synonyms was used.
    Usage(Days),
}

impl From<EditError> for CliError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Name(_) | EditError::NoRule(_) => CliError::Usage(error.to_string()),
            _ => CliError::Failed(error.to_string()),
        }
    }
}

impl Rules {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        match self.command {
            Command::List(list) => list.run(paths),
            Command::Why(why) => why.run(paths),
            Command::Test(test) => test.run(paths),
            Command::Publish(publish) => publish.run(paths),
            Command::Undo(undo) => undo.run(paths),
            Command::History(file) => file.run(paths),
            Command::Diff(diff) => diff.run(paths),
            Command::Export => export(paths),
            Command::Import(import) => import.run(paths),
            Command::Usage(days) => days.run(paths),
        }
    }
}

pub(super) fn read(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| CliError::file(path, error))
}
