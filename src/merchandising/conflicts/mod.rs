//! What rules do to one another and to themselves: contradicting, shadowed, never holding, expired.

mod alone;
mod together;

use jiff::Timestamp;

use super::rule::Rule;
use super::rules::Rules;
use crate::catalog::columns::Columns;
use crate::problem::Problem;

/// Everything that can be said without a clock; each conflict names the rule that should change.
pub fn conflicts(rules: &Rules, columns: &Columns) -> Vec<Problem> {
    let mut found = Vec::new();
    for rule in &rules.rules {
        alone::of_itself(rule, columns, &mut found);
    }
    together::same_names(&rules.rules, &mut found);
    together::pinned_and_left_out(&rules.rules, columns, &mut found);
    together::under_the_same_conditions(&rules.rules, &mut found);
    found
}

/// Rules that will never hold again.
pub fn expired(rules: &Rules, now: Timestamp) -> Vec<Problem> {
    let ended = rules.rules.iter().filter_map(|rule| {
        let until = rule.ends().filter(|until| until.at <= now)?;
        let reason = format!("rule `{}` expired: it ended {}", rule.name, until.text);
        Some(problem(
            rule,
            reason,
            "remove it, or give it a later `until`",
        ))
    });
    ended.collect()
}

fn problem(rule: &Rule, reason: String, suggestion: &str) -> Problem {
    Problem::new(rule.file.to_string(), reason)
        .at(rule.line)
        .suggest(suggestion)
}
