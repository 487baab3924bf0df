//! What stands in the rule files of a shop, and of what cannot be read, what is in force.

use serde::Serialize;

use super::super::ShopPaths;
use super::super::files::{last_good_text, names_in};
use super::super::history;
use super::EditError;
use crate::merchandising::written::WrittenRule;
use crate::merchandising::{self, RULES_DIR, Standing};
use crate::problem::Problem;

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
pub(super) fn readable(files: Vec<RuleFile>) -> Result<Vec<RuleFile>, EditError> {
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
