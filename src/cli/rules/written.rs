//! Rule files changed: published, taken back, compared, and moved to and from spreadsheets.

use std::path::PathBuf;

use super::super::output::{counted, print_json, print_problems};
use super::super::{CliError, Outcome, now, open_without_shoppers};
use super::read;
use crate::merchandising::{from_sheet, to_sheet};
use crate::publishing::ShopPaths;
use crate::publishing::history::{self, Change};
use crate::publishing::rulebook::{self, EditError};

#[derive(clap::Args)]
pub(in crate::cli) struct Reason {
    /// Who changes it.
    #[arg(long, env = "USER", default_value = "")]
    who: String,
    /// Why.
    #[arg(long, default_value = "")]
    why: String,
}

impl Reason {
    pub(in crate::cli) fn change(self) -> Change {
        Change {
            who: self.who,
            when: now(),
            why: self.why,
        }
    }
}

#[derive(clap::Args)]
pub(super) struct Publish {
    /// A file of rules.
    draft: PathBuf,
    /// The rule file it becomes; of the draft's name when not said.
    #[arg(long)]
    file: Option<String>,
    /// Only while the file is at this version.
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(clap::Args)]
pub(super) struct File {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(super) struct Undo {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    /// The version to bring back.
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(clap::Args)]
pub(super) struct Diff {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    /// An earlier version; the one before the last change when not said.
    from: Option<String>,
    /// A later version; the file as it is when not said.
    to: Option<String>,
}

#[derive(clap::Args)]
pub(super) struct Import {
    /// The CSV.
    sheet: PathBuf,
    /// The rule file for rules that stand in none yet.
    #[arg(long, default_value = rulebook::RULE_FILE)]
    file: String,
    #[command(flatten)]
    reason: Reason,
}

impl Publish {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let text = read(&self.draft)?;
        let own = self.draft.file_stem().unwrap_or_default().to_string_lossy();
        let file = rulebook::rule_file(self.file.as_deref().unwrap_or(&own))?;
        let engine = open_without_shoppers(paths)?;
        let snapshot = engine.snapshot();
        let version = self.version.as_deref();
        let change = self.reason.change();
        let published = rulebook::publish_rules(paths, &snapshot, &file, &text, version, &change)?;
        print_problems(&published.problems);
        print_problems(&published.conflicts);
        println!(
            "{} is at version {}",
            published.file, published.version.version
        );
        Ok(if published.problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

impl Undo {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let change = self.reason.change();
        let version =
            history::undo(paths, &file, self.to.as_deref(), &change).map_err(EditError::from)?;
        println!("{file} is at version {}", version.version);
        Ok(Outcome::Done)
    }
}

impl File {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let versions = history::history(paths, &file).map_err(EditError::from)?;
        if self.json {
            print_json(&versions)?;
            return Ok(Outcome::Done);
        }
        for version in versions {
            let who = if version.who.is_empty() {
                "somebody"
            } else {
                &version.who
            };
            println!(
                "{}  {}  {who}: {}",
                version.version, version.at, version.why
            );
        }
        Ok(Outcome::Done)
    }
}

impl Diff {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let diff = history::diff_of(paths, &file, self.from.as_deref(), self.to.as_deref());
        println!("{}", diff.map_err(EditError::from)?.trim_end());
        Ok(Outcome::Done)
    }
}

pub(super) fn export(paths: &ShopPaths) -> Result<Outcome, CliError> {
    let rules = rulebook::written_rules(paths)?;
    println!("{}", to_sheet(&rules).trim_end());
    Ok(Outcome::Done)
}

impl Import {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let sheet = read(&self.sheet)?;
        let (rules, problems) = from_sheet(&self.sheet.display().to_string(), &sheet);
        if !problems.is_empty() {
            return Err(EditError::Refused(problems).into());
        }
        let file = rulebook::rule_file(&self.file)?;
        let snapshot = open_without_shoppers(paths)?.snapshot();
        let change = self.reason.change();
        for published in rulebook::import_rules(paths, &snapshot, &file, &rules, None, &change)? {
            print_problems(&published.problems);
            print_problems(&published.conflicts);
            println!(
                "{} is at version {}",
                published.file, published.version.version
            );
        }
        println!("{} read", counted(rules.len() as u64, "rule"));
        Ok(Outcome::Done)
    }
}
