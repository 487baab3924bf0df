//! Whether one filter says at least as much as another: what a filter *means*, whatever its order and quotes.

use super::{Filter, NumberRange};
use crate::catalog::columns::PATH_SEPARATOR;
use crate::text::fold;

impl Filter {
    /// The same filter with its values folded, so that values that differ in case or accents compare as equal.
    pub fn folded(&self) -> Filter {
        self.with_values(&mut |value| fold(value))
    }

    /// The same filter with every word value put through `change`.
    pub fn with_values(&self, change: &mut impl FnMut(&str) -> String) -> Filter {
        match self {
            Filter::All(parts) => {
                Filter::All(parts.iter().map(|part| part.with_values(change)).collect())
            }
            Filter::Any(parts) => {
                Filter::Any(parts.iter().map(|part| part.with_values(change)).collect())
            }
            Filter::Not(inner) => Filter::Not(Box::new(inner.with_values(change))),
            Filter::Is { attribute, value } => Filter::Is {
                attribute: *attribute,
                value: change(value),
            },
            Filter::Within { .. } => self.clone(),
        }
    }

    /// Whether every product this filter passes passes the other too, as far as that can be told without looking at
    /// products. Values are compared as they are written; fold both filters first.
    pub fn implies(&self, other: &Filter) -> bool {
        match other {
            Filter::All(parts) => parts.iter().all(|part| self.implies(part)),
            Filter::Any(parts) => {
                parts.iter().any(|part| self.implies(part)) || self.each_case_implies(other)
            }
            Filter::Not(inner) => self.excludes(inner),
            Filter::Is { .. } | Filter::Within { .. } => self.implies_one(other),
        }
    }

    /// Whether no product can pass it, as far as that can be told without looking at products.
    pub fn is_impossible(&self) -> bool {
        match self {
            Filter::All(parts) => {
                let mut parts_before = parts.iter().enumerate();
                let contradicts = parts_before.any(|(at, part)| {
                    let mut before = parts[..at].iter();
                    before.any(|other| part.excludes(other) || other.excludes(part))
                });
                contradicts || parts.iter().any(Filter::is_impossible)
            }
            Filter::Any(cases) => cases.iter().all(Filter::is_impossible),
            Filter::Not(_) | Filter::Is { .. } | Filter::Within { .. } => false,
        }
    }

    /// Of alternatives, every one has to.
    fn each_case_implies(&self, other: &Filter) -> bool {
        match self {
            Filter::Any(cases) => !cases.is_empty() && cases.iter().all(|case| case.implies(other)),
            Filter::All(parts) => parts.iter().any(|part| part.each_case_implies(other)),
            _ => false,
        }
    }

    fn implies_one(&self, other: &Filter) -> bool {
        match self {
            Filter::All(parts) => {
                parts.iter().any(|part| part.implies_one(other))
                    || joined_range(parts, other).is_some_and(|joined| joined.implies_one(other))
            }
            Filter::Any(cases) => {
                !cases.is_empty() && cases.iter().all(|case| case.implies_one(other))
            }
            Filter::Not(_) => false,
            Filter::Is { attribute, value } => matches!(
                other,
                Filter::Is { attribute: asked, value: wanted }
                    if attribute == asked && is_within(value, wanted)
            ),
            Filter::Within { attribute, range } => matches!(
                other,
                Filter::Within { attribute: asked, range: wanted }
                    if attribute == asked && contains(wanted, range)
            ),
        }
    }

    /// Whether no product can pass both, as far as that is said with `NOT`.
    fn excludes(&self, other: &Filter) -> bool {
        match self {
            Filter::All(parts) => parts.iter().any(|part| part.excludes(other)),
            Filter::Any(cases) => {
                !cases.is_empty() && cases.iter().all(|case| case.excludes(other))
            }
            Filter::Not(inner) => other.implies(inner),
            Filter::Within { attribute, range } => matches!(
                other,
                Filter::Within { attribute: asked, range: wanted }
                    if attribute == asked && are_apart(range, wanted)
            ),
            Filter::Is { .. } => false,
        }
    }
}

/// Whether a value is another or below it in a path.
fn is_within(value: &str, other: &str) -> bool {
    value
        .strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(PATH_SEPARATOR))
}

/// What several ranges of the attribute that `other` is about leave together.
fn joined_range(parts: &[Filter], other: &Filter) -> Option<Filter> {
    let Filter::Within { attribute, .. } = other else {
        return None;
    };
    let mut joined = NumberRange::EVERY;
    for part in parts {
        if let Filter::Within {
            attribute: own,
            range,
        } = part
            && own == attribute
        {
            if range.from > joined.from || (range.from == joined.from && !range.from_included) {
                (joined.from, joined.from_included) = (range.from, range.from_included);
            }
            if range.to < joined.to || (range.to == joined.to && !range.to_included) {
                (joined.to, joined.to_included) = (range.to, range.to_included);
            }
        }
    }
    Some(Filter::Within {
        attribute: *attribute,
        range: joined,
    })
}

fn contains(outer: &NumberRange, inner: &NumberRange) -> bool {
    let begins = inner.from > outer.from
        || (inner.from == outer.from && (outer.from_included || !inner.from_included));
    let ends =
        inner.to < outer.to || (inner.to == outer.to && (outer.to_included || !inner.to_included));
    begins && ends
}

fn are_apart(one: &NumberRange, other: &NumberRange) -> bool {
    let before = |first: &NumberRange, second: &NumberRange| {
        first.to < second.from
            || (first.to == second.from && !(first.to_included && second.from_included))
    };
    before(one, other) || before(other, one)
}
