//! One rule as it is written → what it means in this catalog, and what is wrong with it.

mod known;
mod then;
mod when;

use std::sync::Arc;

use super::rule::{Condition, Rule};
use super::rules::Reading;
use super::written::WrittenRule;
use crate::problem::{Problem, nearest};

pub use known::SURFACES;

/// Reads one rule; what is wrong with it goes to `problems`.
pub(super) struct RuleReader<'r> {
    pub(super) file: &'r Arc<str>,
    pub(super) line: u64,
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
                let message = one_line(error.message());
                let instead = instead_of(&message);
                let reason = match name.is_empty() {
                    true => message,
                    false => format!("rule `{name}`: {message}"),
                };
                self.report(reason, &instead);
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
            priority: written.priority,
            stop: written.stop,
            when,
            then,
        })
    }

    pub(super) fn report(&mut self, reason: String, suggestion: &str) {
        self.problems.push(
            Problem::new(self.file.to_string(), reason)
                .at(self.line)
                .suggest(suggestion),
        );
    }
}

/// What to write instead of what the TOML reader did not take.
fn instead_of(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    if message.starts_with("unknown field")
        && let Some(near) = nearest(first, quoted)
    {
        return format!("did you mean `{near}`?");
    }
    let is_number = ["integer", "floating point"];
    let is_number = is_number
        .iter()
        .any(|kind| message.contains(&format!("invalid type: {kind}")));
    if is_number && (message.contains("string") || message.contains("text")) {
        return format!("write it in quotes: \"{first}\"");
    }
    if message.starts_with("expected the id of a product") || message.starts_with("expected a text")
    {
        return "texts and ids stand in quotes: \"1992211\"".into();
    }
    "the other rules of the file hold".into()
}

/// A message of the TOML reader on one line.
pub(super) fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}
