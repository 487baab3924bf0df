//! Rules in, decisions out: what a merchandiser wants more of, less of, first, or not at all.
//!
//! Rules are decided once and act twice: they steer the plan before retrieval and arrange the list after ranking.

mod arrange;
mod candidates;
mod conflicts;
mod decide;
mod edit;
mod goals;
mod mistakes;
mod reader;
mod rule;
mod rules;
mod schedule;
mod sheet;
mod steer;
#[cfg(test)]
mod tests;
mod words;
pub mod written;

pub use arrange::{Arranged, ArrangedHit, Fetched, arrange};
pub use conflicts::{conflicts, expired};
pub use decide::{Context, Decision, Held, RuleReport, decide};
pub use edit::{Standing, put_rule, remove_rule, written_rules};
pub use goals::{GOALS_FILE, WrittenGoals, read_goals};
pub use reader::SURFACES;
pub use rule::{Pin, Rule, Slot, Then};
pub use rules::{Idle, Known, RULES_DIR, RULES_MAX, Reading, Rules};
pub use schedule::moment_of;
pub use sheet::{SHEET_COLUMNS, from_sheet, to_sheet};
pub use steer::Beside;
pub use written::Banner;
