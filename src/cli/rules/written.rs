//! Rule files changed: published, taken back, compared, and moved to and from spreadsheets.

use std::path::PathBuf;

use super::super::output::{counted, print_json, print_problems, seconds};
use super::super::{CliError, Outcome, now, open_without_shoppers};
use super::read;
use crate::merchandising::{from_sheet, to_sheet, written_rules};
use crate::problem::Problem;
use crate::publishing::ShopPaths;
use crate::publishing::history::{self, Change};
use crate::publishing::rulebook::{self, Changes, EditError, Published, Rows};

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
    /// The rule file it becomes, whole; of the draft's name when not said.
    #[arg(long)]
    file: Option<String>,
    /// Put each rule where the rule of its name stands, new ones at the end of the file, and leave all others.
    #[arg(long)]
    replace: bool,
    /// Although it removes rules of the file, or has problems.
    #[arg(long)]
    anyway: bool,
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
    /// Although a rule has problems, such as a product that is not there.
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    reason: Reason,
}

impl Publish {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let text = read(&self.draft)?;
        let own = self.draft.file_stem().unwrap_or_default().to_string_lossy();
        let file = rulebook::rule_file(self.file.as_deref().unwrap_or(&own))?;
        let snapshot = open_without_shoppers(paths)?.snapshot();
        let (version, change) = (self.version.as_deref(), self.reason.change());
        let name = self.draft.display().to_string();
        if self.replace {
            rulebook::read_draft(&snapshot, &name, &text)?;
            let standing = written_rules(&name, &text).unwrap_or_default().into_iter();
            let rules = standing.filter_map(|own| Some((own.line, own.rule.ok()?)));
            let rows = &rules.collect::<Vec<_>>();
            let rows = Rows {
                source: &name,
                rules: rows,
            };
            return put(paths, &file, rows, (version, &change), self.anyway);
        }
        if !self.anyway {
            let (draft, mut problems) = rulebook::read_draft(&snapshot, &name, &text)?;
            let changes = rulebook::changes_of(paths, &file, &text)?;
            rulebook::refuse_taken_names(paths, &file, &draft, &changes.new)?;
            refuse_removing(&file, &changes)?;
            problems.extend(rulebook::conflicts_of(&snapshot, &file, &draft));
            refuse(problems)?;
        }
        let published = rulebook::publish_rules(paths, &snapshot, &file, &text, version, &change)?;
        Ok(print_published(&[published]))
    }
}

/// Puts rules where those of their names stand.
fn put(
    paths: &ShopPaths,
    file: &str,
    rows: Rows<'_>,
    (version, change): (Option<&str>, &Change),
    anyway: bool,
) -> Result<Outcome, CliError> {
    let snapshot = open_without_shoppers(paths)?.snapshot();
    if !anyway {
        refuse(rulebook::check_rows(paths, &snapshot, rows)?)?;
    }
    let published = rulebook::import_rules(paths, &snapshot, file, rows, version, change)?;
    if published.is_empty() {
        println!("nothing was written: the files say the same already");
    }
    Ok(print_published(&published))
}

/// What would make `check` fail is not published by mistake.
fn refuse(problems: Vec<Problem>) -> Result<(), CliError> {
    let (alerts, mut wrong): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.alert);
    print_problems(&alerts);
    if let Some(last) = wrong.last_mut() {
        last.add("nothing was written; --anyway publishes it all the same");
        return Err(EditError::Refused(wrong).into());
    }
    Ok(())
}

/// A draft with one rule is seldom meant to take the place of all rules of a file.
fn refuse_removing(file: &str, changes: &Changes) -> Result<(), CliError> {
    if changes.removed.is_empty() {
        return Ok(());
    }
    let reason = format!(
        "nothing was written: the draft would become {file} whole and remove {}; --replace keeps them and puts the draft's rules beside them, --anyway removes them",
        named(&changes.removed, "rule", "")
    );
    Err(CliError::Failed(reason))
}

/// How many there are, what became of them, and the names of the first: `2 rules removed (`a`, `b`)`.
fn named(names: &[String], what: &str, became: &str) -> String {
    const NAMED: usize = 10;
    let first: Vec<String> = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    let many = counted(names.len() as u64, what);
    format!("{many}{became} ({}{more})", first.join(", "))
}

/// Says what was written, and what is wrong with it all the same.
pub(in crate::cli) fn print_published(published: &[Published]) -> Outcome {
    let mut is_sound = true;
    for one in published {
        print_problems(&one.problems);
        print_problems(&one.conflicts);
        is_sound &= one.problems.is_empty();
        let told = told_of(&one.file, &one.changes);
        println!("{}: {told} (version {})", one.file, one.version.version);
    }
    if is_sound {
        Outcome::Done
    } else {
        Outcome::FoundProblems
    }
}

/// What became of the rules or lines of a file.
fn told_of(file: &str, changes: &Changes) -> String {
    let Changes {
        new,
        changed,
        removed,
    } = changes;
    let what = what_of(file);
    let told = [
        (new, format!("new {what}"), ""),
        (changed, what.to_string(), " changed"),
        (removed, what.to_string(), " removed"),
    ];
    let told = told.iter().filter(|(names, ..)| !names.is_empty());
    let told: Vec<String> = told
        .map(|(names, what, became)| named(names, what, became))
        .collect();
    match told.is_empty() {
        true => "says the same as before".to_string(),
        false => told.join(", "),
    }
}

/// What a file is a list of.
fn what_of(file: &str) -> &'static str {
    if file.ends_with(".txt") {
        "line"
    } else {
        "rule"
    }
}

impl Undo {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let mut change = self.reason.change();
        let (before, found) = history::current(paths, &file).map_err(EditError::from)?;
        if change.why.is_empty() {
            change.why = format!("takes back version {found}");
        }
        let version =
            history::undo(paths, &file, self.to.as_deref(), &change).map_err(EditError::from)?;
        let changes = rulebook::changes_since(paths, &file, &before)?;
        println!(
            "{file}: {} (version {})",
            told_of(&file, &changes),
            version.version
        );
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
                version.version,
                seconds(version.at),
                version.why
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
    let (rules, mut unreadable) = rulebook::written_rules(paths)?;
    for problem in &mut unreadable {
        problem.add("in its place, the last good version is exported, when there is one");
    }
    print_problems(&unreadable);
    // Spreadsheets take text for UTF-8 when it begins with this mark.
    println!("\u{feff}{}", to_sheet(&rules).trim_end());
    Ok(match unreadable.is_empty() {
        true => Outcome::Done,
        false => Outcome::FoundProblems,
    })
}

impl Import {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let sheet = read(&self.sheet)?;
        let source = self.sheet.display().to_string();
        let (rules, mut problems) = from_sheet(&source, &sheet);
        if let Some(last) = problems.last_mut() {
            last.add("nothing was written");
            return Err(EditError::Refused(problems).into());
        }
        let file = rulebook::rule_file(&self.file)?;
        let rows = Rows {
            source: &source,
            rules: &rules,
        };
        put(
            paths,
            &file,
            rows,
            (None, &self.reason.change()),
            self.anyway,
        )
    }
}
