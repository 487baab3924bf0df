//! Rules and synonyms written by programs: checked first, then written into the files that people write too.

mod changes;
mod import;
mod listed;

pub use changes::{Changes, changes_of, changes_since, refuse_taken_names};
pub use import::{Rows, check_rows, import_rules};
pub use listed::{PlacedRule, RuleFile, rule_files, written_rules};

use std::sync::Arc;

use serde::Serialize;

use super::ShopPaths;
use super::files::names_in;
use super::history::{self, Change, HistoryError, Version};
use crate::engine::Snapshot;
use crate::merchandising::written::WrittenRule;
use crate::merchandising::{self, RULES_DIR, Rule, Rules};
use crate::problem::Problem;
use crate::query::{SYNONYMS_DIR, Synonyms};
use listed::readable;

/// The file of rules that are written without saying where.
pub const RULE_FILE: &str = "rules";

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{}", list(.0))]
    Refused(Vec<Problem>),
    #[error("`{0}` is no file name: write letters, digits, - and _, such as `spring`")]
    Name(String),
    #[error("there is no rule `{0}`")]
    NoRule(String),
    #[error("{0}")]
    History(#[from] HistoryError),
}

/// What was written.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Published {
    pub file: String,
    #[serde(flatten)]
    pub version: Version,
    /// What is wrong with it all the same, such as products that are not there.
    pub problems: Vec<Problem>,
    /// What its rules do to those of the shop.
    pub conflicts: Vec<Problem>,
    /// Which rules it changed.
    pub changes: Changes,
}

/// The path of a rule file by its name, with or without folder and ending.
pub fn rule_file(name: &str) -> Result<String, EditError> {
    named(name, RULES_DIR, "toml")
}

/// The path of a synonym file by its name.
pub fn synonym_file(name: &str) -> Result<String, EditError> {
    named(name, SYNONYMS_DIR, "txt")
}

/// The path of a rule file or, by its whole path, of a synonym file.
pub fn any_file(name: &str) -> Result<String, EditError> {
    match name.starts_with(SYNONYMS_DIR) {
        true => synonym_file(name),
        false => rule_file(name),
    }
}

fn named(name: &str, dir: &str, ending: &str) -> Result<String, EditError> {
    let plain = name
        .strip_prefix(dir)
        .map_or(name, |name| name.trim_start_matches('/'));
    let plain = plain.strip_suffix(&format!(".{ending}")).unwrap_or(plain);
    let is_name = !plain.is_empty()
        && plain.len() <= 100
        && plain
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
    match is_name {
        true => Ok(format!("{dir}/{plain}.{ending}")),
        false => Err(EditError::Name(name.to_string())),
    }
}

/// The synonym files of a shop.
pub fn synonym_files(paths: &ShopPaths) -> Vec<String> {
    names_in(&paths.shop, SYNONYMS_DIR, "txt")
}

/// The synonym files of a shop, each with its text.
pub fn synonym_texts(paths: &ShopPaths) -> Result<Vec<(String, String)>, EditError> {
    let texts = synonym_files(paths).into_iter().map(|file| {
        let (text, _) = history::current(paths, &file)?;
        Ok((file, text))
    });
    texts.collect()
}

/// What a draft of rules means in a snapshot; refused when a rule of it cannot be read.
pub fn read_draft(
    snapshot: &Snapshot,
    file: &str,
    text: &str,
) -> Result<(Rules, Vec<Problem>), EditError> {
    let reading = snapshot.reading();
    let (mut rules, mut problems) =
        Rules::parse(file, text, reading).map_err(|problem| EditError::Refused(vec![problem]))?;
    if !rules.is_whole() {
        problems.iter_mut().for_each(Problem::of_refused);
        return Err(EditError::Refused(problems));
    }
    rules.ready(reading);
    Ok((rules, problems))
}

/// Writes a rule file, when all of it can be read.
pub fn publish_rules(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    file: &str,
    text: &str,
    expected: Option<&str>,
    change: &Change,
) -> Result<Published, EditError> {
    let (draft, problems) = read_draft(snapshot, file, text)?;
    let changes = changes_of(paths, file, text)?;
    refuse_taken_names(paths, file, &draft, &changes.new)?;
    let version = history::publish(paths, file, text, expected, change)?;
    let conflicts = conflicts_of(snapshot, file, &draft);
    Ok(Published {
        file: file.to_string(),
        version,
        problems,
        conflicts,
        changes,
    })
}

/// What the rules of a draft do to one another and to those of the shop, whose rules of the same names it replaces.
pub fn conflicts_of_draft(snapshot: &Snapshot, file: &str, draft: &Rules) -> Vec<Problem> {
    let names = draft.names();
    let stays = |rule: &Rule| !names.contains(rule.name.as_str());
    conflicts_among(snapshot, file, draft, stays)
}

/// What the rules of a file do to one another and to those of the other files.
pub fn conflicts_of(snapshot: &Snapshot, file: &str, draft: &Rules) -> Vec<Problem> {
    conflicts_among(snapshot, file, draft, |rule| &*rule.file != file)
}

fn conflicts_among(
    snapshot: &Snapshot,
    file: &str,
    draft: &Rules,
    stays: impl Fn(&Rule) -> bool,
) -> Vec<Problem> {
    let mut all = Rules::default();
    let others = snapshot.rules.rules.iter();
    all.rules = others
        .filter(|rule| stays(rule))
        .chain(&draft.rules)
        .map(Arc::clone)
        .collect();
    let mut conflicts = merchandising::conflicts(&all, &snapshot.catalog.columns);
    let names: Vec<&str> = draft.rules.iter().map(|rule| rule.name.as_str()).collect();
    let about_draft = |problem: &Problem| {
        problem.file == file
            || names
                .iter()
                .any(|name| problem.reason.contains(&format!("`{name}`")))
    };
    conflicts.retain(about_draft);
    conflicts
}

/// Puts one rule where the rule of its name stands, or at the end of `file`.
pub fn put_rule(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    file: Option<&str>,
    rule: &WrittenRule,
    expected: Option<&str>,
    change: &Change,
) -> Result<Published, EditError> {
    let file = match file {
        Some(file) => rule_file(file)?,
        None => match place_of(paths, &rule.name)? {
            Some(file) => file,
            None => rule_file(RULE_FILE)?,
        },
    };
    let (text, version) = with_rules(paths, &file, [rule])?;
    // Between reading and writing nobody else may have written.
    let expected = expected.unwrap_or(&version);
    publish_rules(paths, snapshot, &file, &text, Some(expected), change)
}

/// The text of a file with these rules put into it, and the version that text was made of.
fn with_rules<'w>(
    paths: &ShopPaths,
    file: &str,
    rules: impl IntoIterator<Item = &'w WrittenRule>,
) -> Result<(String, String), EditError> {
    let (mut text, version) = history::current(paths, file)?;
    for rule in rules {
        text = merchandising::put_rule(file, &text, rule)
            .map_err(|problem| EditError::Refused(vec![problem]))?;
    }
    Ok((text, version))
}

/// Takes a rule out of its file.
pub fn remove_rule(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    name: &str,
    expected: Option<&str>,
    change: &Change,
) -> Result<Published, EditError> {
    let no_rule = || EditError::NoRule(name.to_string());
    let file = place_of(paths, name)?.ok_or_else(no_rule)?;
    let (text, version) = history::current(paths, &file)?;
    let text = merchandising::remove_rule(&file, &text, name)
        .map_err(|problem| EditError::Refused(vec![problem]))?
        .ok_or_else(no_rule)?;
    let expected = expected.unwrap_or(&version);
    publish_rules(paths, snapshot, &file, &text, Some(expected), change)
}

fn place_of(paths: &ShopPaths, name: &str) -> Result<Option<String>, EditError> {
    let files = rule_files(paths)?;
    let has_it = |file: &&RuleFile| file.rules.iter().any(|placed| placed.rule.name == name);
    match files.iter().find(has_it) {
        Some(file) => Ok(Some(file.file.clone())),
        // It may stand in what cannot be read.
        None => readable(files).map(|_| None),
    }
}

/// Writes a synonym file, when every line of it can be read.
pub fn publish_synonyms(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    file: &str,
    text: &str,
    expected: Option<&str>,
    change: &Change,
) -> Result<Published, EditError> {
    read_synonyms(snapshot, file, text)?;
    let changes = changes_of(paths, file, text)?;
    let version = history::publish(paths, file, text, expected, change)?;
    Ok(Published {
        file: file.to_string(),
        version,
        problems: Vec::new(),
        conflicts: Vec::new(),
        changes,
    })
}

/// Synonyms as a file has them; refused when a line cannot be read.
fn read_synonyms(snapshot: &Snapshot, file: &str, text: &str) -> Result<Synonyms, EditError> {
    let (synonyms, problems) = Synonyms::parse(file, text, &snapshot.language.analyzer);
    match problems.is_empty() {
        true => Ok(synonyms),
        false => Err(EditError::Refused(problems)),
    }
}

/// All synonyms of a shop with a draft in the place of one file.
pub fn synonyms_with(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    file: &str,
    draft: &str,
) -> Result<Synonyms, EditError> {
    let analyzer = &snapshot.language.analyzer;
    let mut synonyms = read_synonyms(snapshot, file, draft)?;
    for other in synonym_files(paths).iter().filter(|other| *other != file) {
        let (text, _) = history::current(paths, other)?;
        synonyms.extend(Synonyms::parse(other, &text, analyzer).0);
    }
    Ok(synonyms)
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}
