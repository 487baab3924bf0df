//! The filter language: one grammar for the API, rules, segments and the command line.
//!
//! `brand:Nike AND (color:red OR color:blue) AND price:10 TO 50 AND NOT tags:clearance`: Algolia's language, with any
//! nesting. `AND` binds tighter than `OR`; a value with spaces is quoted.

mod implies;
mod parse;
mod predicate;
#[cfg(test)]
mod tests;

use std::fmt;

pub use parse::parse;
pub use predicate::Predicate;

/// Longer filters are refused.
pub const FILTER_BYTES_MAX: usize = 64 * 1024;

/// Parentheses and `NOT`s may nest this deep.
pub const FILTER_DEPTH_MAX: usize = 64;

/// What a filter says, with attributes resolved to their position in the schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Holds when all do; empty always holds.
    All(Vec<Filter>),
    /// Holds when any does; empty never holds.
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A word attribute has this value, or a value below it in a path.
    Is {
        attribute: usize,
        value: String,
    },
    /// A number attribute has a value in this range.
    Within {
        attribute: usize,
        range: NumberRange,
    },
}

/// A range of numbers; each end is open or closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberRange {
    pub from: f64,
    pub from_included: bool,
    pub to: f64,
    pub to_included: bool,
}

impl NumberRange {
    /// All numbers.
    pub const EVERY: NumberRange = NumberRange {
        from: f64::NEG_INFINITY,
        from_included: true,
        to: f64::INFINITY,
        to_included: true,
    };

    /// Exactly this number.
    pub fn exactly(number: f64) -> Self {
        NumberRange {
            from: number,
            from_included: true,
            to: number,
            to_included: true,
        }
    }

    #[inline]
    pub fn contains(&self, number: f64) -> bool {
        let above = number > self.from || (self.from_included && number == self.from);
        let below = number < self.to || (self.to_included && number == self.to);
        above && below
    }
}

impl Filter {
    /// The filter that always holds.
    pub fn everything() -> Filter {
        Filter::All(Vec::new())
    }

    /// Holds when both do.
    pub fn and(self, other: Filter) -> Filter {
        let mut parts = self.into_conjuncts();
        parts.extend(other.into_conjuncts());
        Filter::All(parts)
    }

    /// The parts that must all hold.
    pub fn into_conjuncts(self) -> Vec<Filter> {
        match self {
            Filter::All(parts) => parts.into_iter().flat_map(Filter::into_conjuncts).collect(),
            other => vec![other],
        }
    }

    /// The attribute whose choice this is: the only one named, and nowhere negated. A choice does not shrink its own
    /// facet's counts.
    pub fn choice_of(&self) -> Option<usize> {
        match self {
            Filter::Is { attribute, .. } | Filter::Within { attribute, .. } => Some(*attribute),
            Filter::Not(_) => None,
            Filter::All(parts) | Filter::Any(parts) => {
                let mut choices = parts.iter().map(Filter::choice_of);
                let first = choices.next()??;
                choices.all(|choice| choice == Some(first)).then_some(first)
            }
        }
    }
}

/// Where a filter is wrong, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    pub filter: String,
    /// Characters before the fault, counted from 0.
    pub at: usize,
    pub reason: String,
    pub suggestion: Option<String>,
}

impl std::error::Error for FilterError {}

impl fmt::Display for FilterError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const AROUND: usize = 40;
        let skipped = self.at.saturating_sub(AROUND);
        let part: String = self.filter.chars().skip(skipped).take(2 * AROUND).collect();
        let before = if skipped > 0 { "…" } else { "" };
        let after = if self.filter.chars().count() > skipped + 2 * AROUND {
            "…"
        } else {
            ""
        };
        write!(
            out,
            "{} at character {} of the filter `{before}{part}{after}`",
            self.reason,
            self.at + 1
        )?;
        if let Some(suggestion) = &self.suggestion {
            write!(out, ": {suggestion}")?;
        }
        Ok(())
    }
}
