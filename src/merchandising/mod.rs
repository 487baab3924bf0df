//! Rules in, decisions out: what a merchandiser wants more of, less of, first, or not at all.
//!
//! Rules are decided once and act twice: they steer the plan before retrieval and arrange the list after ranking.

mod arrange;
mod decide;
mod reader;
mod rules;
#[cfg(test)]
mod tests;

pub use arrange::{Arranged, ArrangedHit, arrange};
pub use decide::{Context, Decision, PinDecision, RuleReport, decide};
pub use rules::{RULES_DIR, RULES_MAX, Rule, Rules};
