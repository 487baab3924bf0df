//! One rule as it is written → what it means in this catalog, and what is wrong with it.

mod known;
mod then;
mod when;

use std::sync::Arc;

use super::mistakes;
use super::rule::{Condition, Rule};
use super::rules::Reading;
use super::written::WrittenRule;
use crate::problem::{Problem, line_of};

pub use known::SURFACES;

/// Reads one rule; what is wrong with it goes to `problems`.
pub(super) struct RuleReader<'r> {
    pub(super) file: &'r Arc<str>,
    /// The line it begins on, and its text from there on; none of a rule that stands in no file.
    pub(super) line: u64,
    pub(super) source: &'r str,
    pub(super) reading: Reading<'r>,
    pub(super) problems: &'r mut Vec<Problem>,
    /// The placeholders of the rule's query, such as `{brand}`.
    pub(super) bound: Vec<String>,
}

impl RuleReader<'_> {
    /// The rule; `None` when it is switched off or cannot be read.
    pub(super) fn read(&mut self, value: toml::Value) -> Option<Rule> {
        let name = value.get("name").and_then(toml::Value::as_str);
        let name = name.unwrap_or_default().to_string();
        let written: WrittenRule = match value.try_into() {
            Ok(written) => written,
            Err(error) => {
                let (file, line, source) = (self.file, self.line, self.source);
                let problem = mistakes::of_rule(file, line, source, &name, error);
                self.problems.push(problem);
                return None;
            }
        };
        self.mean(&written)
    }

    /// What a written rule means; `None` when it is switched off or cannot be read.
    pub(super) fn mean(&mut self, written: &WrittenRule) -> Option<Rule> {
        if !written.enabled {
            return None;
        }
        let name = written.name.trim();
        if name.is_empty() {
            self.report("a rule has no name".into(), "give it `name = \"…\"`");
            return None;
        }
        let when = self.read_when(name, &written.when)?;
        let problems_before = self.problems.len();
        self.bound = when
            .iter()
            .flat_map(Condition::placeholders)
            .map(str::to_string)
            .collect();
        let then = self.read_then(written)?;
        // Of a rule whose only products are unknown, that is said already.
        if then.does_nothing() && self.problems.len() == problems_before {
            self.report(
                format!("rule `{name}` does nothing"),
                "give it a pin, slot, boost, bury, suppress, filter, replace, remove, add, sort, recipe, banner, redirect, data or facets",
            );
        }
        Some(Rule {
            name: name.to_string(),
            file: self.file.clone(),
            line: self.line,
            outdated: None,
            priority: written.priority,
            stop: written.stop,
            when,
            then,
        })
    }

    /// Reports something on the line that has what the reason quotes.
    pub(super) fn report(&mut self, reason: String, suggestion: &str) {
        let place = mistakes::place_of(self.source, &reason).unwrap_or(0);
        let line = self.line + line_of(self.source, place) - 1;
        let problem = Problem::new(self.file.to_string(), reason).at(line);
        self.problems.push(problem.suggest(suggestion));
    }
}
