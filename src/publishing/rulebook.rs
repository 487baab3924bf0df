//! Rules and synonyms written by programs: checked first, then written into the files that people write too.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::ShopPaths;
use super::files::{last_good_text, names_in};
use super::history::{self, Change, HistoryError, Version};
use crate::engine::Snapshot;
use crate::merchandising::written::WrittenRule;
use crate::merchandising::{self, RULES_DIR, Rule, Rules, Standing};
use crate::problem::Problem;
use crate::query::{SYNONYMS_DIR, Synonyms};

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

/// What a new text of a file does to its rules, by their names.
#[derive(Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Changes {
    pub new: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
}

/// A file and its rules, as they are written.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RuleFile {
    pub file: String,
    pub version: String,
    pub rules: Vec<PlacedRule>,
    /// What of it cannot be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Problem>,
}

/// A rule and the line it begins on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlacedRule {
    pub line: u64,
    pub rule: WrittenRule,
    /// What is written now cannot be read: this is the version that stays in force.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub last_good: bool,
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

/// The rule files of a shop. Where a rule or a whole file cannot be read, the last good version is listed.
pub fn rule_files(paths: &ShopPaths) -> Result<Vec<RuleFile>, EditError> {
    let names = names_in(&paths.shop, RULES_DIR, "toml").into_iter();
    names.map(|file| rule_file_of(paths, file)).collect()
}

fn rule_file_of(paths: &ShopPaths, file: String) -> Result<RuleFile, EditError> {
    let (text, version) = history::current(paths, &file)?;
    let kept = |name: Option<&str>| {
        let text = last_good_text(paths, &file).unwrap_or_default();
        let kept = merchandising::written_rules(&file, &text).unwrap_or_default();
        let kept = kept.into_iter().filter_map(|kept| {
            let is_wanted = name.is_none_or(|name| kept.name == name);
            let (line, rule) = (kept.line, kept.rule.ok().filter(|_| is_wanted)?);
            Some(PlacedRule {
                line,
                rule,
                last_good: true,
            })
        });
        kept.collect::<Vec<_>>()
    };
    let (mut rules, mut unreadable) = (Vec::new(), Vec::new());
    match merchandising::written_rules(&file, &text) {
        Err(problem) => {
            rules = kept(None);
            unreadable.push(problem);
        }
        Ok(standing) => {
            for Standing { name, line, rule } in standing {
                match rule {
                    Ok(rule) => rules.push(PlacedRule {
                        line,
                        rule,
                        last_good: false,
                    }),
                    Err(problem) => {
                        let kept = kept(Some(&name)).into_iter().take(1);
                        rules.extend(kept.map(|kept| PlacedRule { line, ..kept }));
                        unreadable.push(problem);
                    }
                }
            }
        }
    }
    Ok(RuleFile {
        file,
        version,
        rules,
        unreadable,
    })
}

/// These files, when all of them can be read: else nobody knows in which of them a rule stands.
fn readable(files: Vec<RuleFile>) -> Result<Vec<RuleFile>, EditError> {
    let unreadable = files.iter().flat_map(|file| file.unreadable.clone());
    let refused = unreadable.map(|mut problem| {
        problem.add("nothing was written: mend this first");
        problem
    });
    let refused: Vec<Problem> = refused.collect();
    match refused.is_empty() {
        true => Ok(files),
        false => Err(EditError::Refused(refused)),
    }
}

/// Every rule of a shop as it is written, file by file, and what cannot be read, of which the last good version is taken.
pub fn written_rules(paths: &ShopPaths) -> Result<(Vec<WrittenRule>, Vec<Problem>), EditError> {
    let (mut rules, mut unreadable) = (Vec::new(), Vec::new());
    for file in rule_files(paths)? {
        rules.extend(file.rules.into_iter().map(|placed| placed.rule));
        unreadable.extend(file.unreadable);
    }
    Ok((rules, unreadable))
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

/// What a text would change in a file of rules or synonyms.
pub fn changes_of(paths: &ShopPaths, file: &str, text: &str) -> Result<Changes, EditError> {
    let (before, _) = history::current(paths, file)?;
    Ok(changes_between(file, &before, text))
}

/// What has changed in a file of rules or synonyms since it had this text.
pub fn changes_since(paths: &ShopPaths, file: &str, before: &str) -> Result<Changes, EditError> {
    let (text, _) = history::current(paths, file)?;
    Ok(changes_between(file, before, &text))
}

fn changes_between(file: &str, before: &str, after: &str) -> Changes {
    match file.ends_with(".txt") {
        true => changed_lines(before, after),
        false => changed_rules(file, before, after),
    }
}

fn changed_rules(file: &str, before: &str, after: &str) -> Changes {
    let before = merchandising::written_rules(file, before).unwrap_or_default();
    let after = merchandising::written_rules(file, after).unwrap_or_default();
    let by_name = |rules: &'_ [Standing]| -> FxHashMap<String, usize> {
        let places = rules.iter().enumerate();
        places.map(|(at, own)| (own.name.clone(), at)).collect()
    };
    let (known, kept) = (by_name(&before), by_name(&after));
    let mut changes = Changes::default();
    for rule in &after {
        match known.get(&rule.name) {
            None => changes.new.push(rule.name.clone()),
            Some(at) if before[*at].rule != rule.rule => changes.changed.push(rule.name.clone()),
            Some(_) => {}
        }
    }
    let gone = before
        .into_iter()
        .filter(|own| !kept.contains_key(&own.name));
    changes.removed = gone.map(|own| own.name).collect();
    changes
}

/// The lines of a synonym file are names of themselves.
fn changed_lines(before: &str, after: &str) -> Changes {
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines();
        let lines = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_string)
            .collect()
    };
    let (before, after) = (lines(before), lines(after));
    let beside = |lines: &[String], others: &[String]| {
        let lines = lines.iter().filter(|line| !others.contains(line));
        lines.cloned().collect()
    };
    Changes {
        new: beside(&after, &before),
        changed: Vec::new(),
        removed: beside(&before, &after),
    }
}

/// Refuses new rules with the names of rules in other files: both would act, which nobody means.
pub fn refuse_taken_names(
    paths: &ShopPaths,
    file: &str,
    draft: &Rules,
    new: &[String],
) -> Result<(), EditError> {
    let mut taken = Vec::new();
    for other in rule_files(paths)? {
        let standing = other.rules.iter().filter(|_| other.file != file);
        for standing in standing.filter(|standing| new.contains(&standing.rule.name)) {
            let name = &standing.rule.name;
            let (place, line) = (&other.file, standing.line);
            let reason = format!("rule `{name}` stands in {place}:{line}, and both would act");
            let own = draft.rules.iter().find(|rule| rule.name == *name);
            let problem = Problem::new(file, reason).at(own.map_or(1, |own| own.line));
            taken.push(problem.suggest("write it there, with `endcap rules publish --replace` or `PUT /v1/rules/NAME`, or give it another name"));
        }
    }
    match taken.is_empty() {
        true => Ok(()),
        false => Err(EditError::Refused(taken)),
    }
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

/// Rules to put where rules of their names stand: what they come from, and each with its row or line there.
#[derive(Clone, Copy)]
pub struct Rows<'r> {
    pub source: &'r str,
    pub rules: &'r [(u64, WrittenRule)],
}

/// A file as it would be, and the version it was made of.
struct FileDraft {
    file: String,
    text: String,
    version: String,
}

/// Puts each of these rules where the rule of its name stands in whatever file, and the new ones at the end of `file`.
/// Nothing is written unless all of it can be read, and no file in which nothing changes; `expected` is the version of
/// `file`.
pub fn import_rules(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    file: &str,
    rows: Rows<'_>,
    expected: Option<&str>,
    change: &Change,
) -> Result<Vec<Published>, EditError> {
    check_rows(paths, snapshot, rows)?;
    let drafts = drafts_with(paths, file, rows.rules)?;
    for draft in &drafts {
        read_draft(snapshot, &draft.file, &draft.text)?;
    }
    let publish = |draft: FileDraft| {
        let expected = expected.filter(|_| draft.file == file);
        let expected = Some(expected.unwrap_or(&draft.version));
        publish_rules(paths, snapshot, &draft.file, &draft.text, expected, change)
    };
    drafts.into_iter().map(publish).collect()
}

/// What is wrong with those of these rules that change something; refused when one of them cannot be read.
pub fn check_rows(
    paths: &ShopPaths,
    snapshot: &Snapshot,
    rows: Rows<'_>,
) -> Result<Vec<Problem>, EditError> {
    let standing = standing(paths)?;
    let is_new = |(_, rule): &&(u64, WrittenRule)| {
        let known = standing.get(&rule.name);
        known.is_none_or(|(_, known)| known != rule)
    };
    let changed: Vec<_> = rows.rules.iter().filter(is_new).cloned().collect();
    let (read, mut problems) = Rules::of(rows.source, &changed, snapshot.reading());
    if !read.is_whole() {
        problems.iter_mut().for_each(Problem::of_refused);
        return Err(EditError::Refused(problems));
    }
    problems.extend(conflicts_of_draft(snapshot, rows.source, &read));
    Ok(problems)
}

/// Every rule that stands in a file, by its name, and which file.
fn standing(paths: &ShopPaths) -> Result<FxHashMap<String, (String, WrittenRule)>, EditError> {
    let mut standing = FxHashMap::default();
    for own in readable(rule_files(paths)?)? {
        for placed in own.rules {
            let name = placed.rule.name.clone();
            standing
                .entry(name)
                .or_insert((own.file.clone(), placed.rule));
        }
    }
    Ok(standing)
}

/// The files that change when each of these rules is put where the rule of its name stands, and new ones into `file`.
fn drafts_with(
    paths: &ShopPaths,
    file: &str,
    rules: &[(u64, WrittenRule)],
) -> Result<Vec<FileDraft>, EditError> {
    let standing = standing(paths)?;
    let mut by_file: BTreeMap<&str, Vec<&WrittenRule>> = BTreeMap::new();
    for (_, rule) in rules {
        match standing.get(&rule.name) {
            Some((_, known)) if known == rule => {}
            Some((place, _)) => by_file.entry(place).or_default().push(rule),
            None => by_file.entry(file).or_default().push(rule),
        }
    }
    let draft = |(file, rules): (&str, Vec<&WrittenRule>)| {
        let (text, version) = with_rules(paths, file, rules)?;
        Ok(FileDraft {
            file: file.to_string(),
            text,
            version,
        })
    };
    by_file.into_iter().map(draft).collect()
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
