//! What a new text of a file of rules or synonyms changes, and what it must not do by mistake.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::super::ShopPaths;
use super::super::history;
use super::EditError;
use super::listed::rule_files;
use crate::merchandising::{self, Rules, Standing};
use crate::problem::Problem;

/// What a new text of a file does to its rules, by their names.
#[derive(Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Changes {
    pub new: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
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
