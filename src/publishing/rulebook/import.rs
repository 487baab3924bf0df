//! Rules of a sheet or a draft, each put where the rule of its name stands.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::super::ShopPaths;
use super::super::history::Change;
use super::listed::{readable, rule_files};
use super::{EditError, Published, conflicts_of_draft, publish_rules, read_draft, with_rules};
use crate::engine::Snapshot;
use crate::merchandising::Rules;
use crate::merchandising::written::WrittenRule;
use crate::problem::Problem;

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
