//! `merchandising/rules/*.toml`: conditions and what follows from them, a file at a time.

use jiff::Timestamp;
use serde::Deserialize;
use toml::Spanned;

use super::reader::{RuleReader, one_line};
use crate::problem::{Problem, line_of};
use crate::ranking::{Adjustment, Shelf};
use crate::text::Analyzer;

/// Where a shop directory keeps its rules.
pub const RULES_DIR: &str = "merchandising/rules";

/// At most this many rules in one shop.
pub const RULES_MAX: usize = 20_000;
/// At most this many pins in one rule, and no pin after this position.
pub(super) const PINS_MAX: usize = 300;
pub(super) const PIN_POSITION_MAX: usize = 1_000;

/// The rules of a shop, in the order of their files.
#[derive(Debug, Default)]
pub struct Rules {
    pub rules: Vec<Rule>,
    /// Rules of the file that cannot be read, in its order.
    refused: Vec<Refused>,
}

/// A rule that cannot be read.
#[derive(Debug)]
struct Refused {
    name: String,
    /// How many rules stand before it.
    place: usize,
    /// Which of the file's problems says why.
    problem: usize,
}

/// A merchandiser's decision: when it holds and what follows.
#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    pub when: When,
    pub pins: Vec<Pin>,
    /// Boosts lift and buries sink: both multiply the score.
    pub adjustments: Vec<Adjustment>,
    /// Ordinals of the products that must not appear.
    pub suppressed: Vec<u32>,
}

/// A product at a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Pin {
    /// The product, then what stands in while it cannot be shown.
    pub products: Vec<u32>,
    /// Counted from 1.
    pub position: usize,
}

/// What must hold; what is not said always holds.
#[derive(Debug, Clone, Default)]
pub struct When {
    pub query: Option<QueryCondition>,
    pub category: Option<String>,
    pub segment: Option<String>,
    pub surface: Option<String>,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
}

/// A condition on the words of a query, compared by their stems.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryCondition {
    pub anchor: Anchor,
    /// As written.
    pub text: String,
    pub stems: Vec<String>,
}

/// Where in the query the words must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Is,
    Contains,
    Starts,
    Ends,
}

/// A time as written, and the instant it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    pub text: String,
    pub at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default, rename = "rule")]
    rules: Vec<Spanned<toml::Value>>,
}

impl Rules {
    /// Reads a rule file. A bad rule is a problem and the others hold, see `keep_refused`; `Err` when nothing of the file can be read, so
    /// that the last good version can stay.
    pub fn parse(
        file: &str,
        text: &str,
        shelf: Shelf<'_>,
        analyzer: &Analyzer,
    ) -> Result<(Rules, Vec<Problem>), Problem> {
        let written: RuleFile = toml::from_str(text).map_err(|error| {
            let problem = Problem::new(file, one_line(error.message()));
            let one_bracket = text.lines().any(|line| line.trim() == "[rule]");
            let problem = if one_bracket {
                problem.suggest("a rule begins with `[[rule]]`, in two brackets")
            } else {
                problem
            };
            match error.span() {
                Some(span) => problem.at(line_of(text, span.start)),
                None => problem,
            }
        })?;
        let (mut rules, mut problems) = (Rules::default(), Vec::new());
        for written in written.rules {
            let line = line_of(text, written.span().start);
            let name = written.get_ref().get("name").and_then(toml::Value::as_str);
            let name = name.unwrap_or_default().to_string();
            let known = problems.len();
            let mut reader = RuleReader {
                file,
                line,
                shelf,
                analyzer,
                problems: &mut problems,
            };
            match reader.read(written.into_inner()) {
                Some(rule) => rules.rules.push(rule),
                None if problems.len() > known => rules.refused.push(Refused {
                    name,
                    place: rules.rules.len(),
                    problem: problems.len() - 1,
                }),
                // It is switched off.
                None => {}
            }
        }
        Ok((rules, problems))
    }

    /// Whether every rule of the file can be read.
    pub fn is_whole(&self) -> bool {
        self.refused.is_empty()
    }

    /// Puts the last good version of each rule that cannot be read, found by its name, where that rule stands, and says
    /// so in `problems`, which `parse` returned.
    pub fn keep_refused(&mut self, last_good: &Rules, problems: &mut [Problem]) {
        for refused in std::mem::take(&mut self.refused).into_iter().rev() {
            let mut known = last_good.rules.iter();
            let Some(kept) = known.find(|rule| rule.name == refused.name) else {
                continue;
            };
            self.rules.insert(refused.place, kept.clone());
            problems[refused.problem].suggestion =
                Some("its last good version stays in force until it is mended".into());
        }
    }

    /// Adds the rules of another file.
    pub fn extend(&mut self, other: Rules) {
        self.rules.extend(other.rules);
    }
}
