//! Names and values that rules use: whether the shop has them, and what was probably meant.

use super::super::rule::Trait;
use super::RuleReader;
use crate::catalog::filter::{self, Filter};
use crate::problem::{OTHERS_HOLD, nearest};

/// Where lists appear.
pub const SURFACES: [&str; 7] = [
    "search",
    "category",
    "home",
    "product",
    "cart",
    "after-purchase",
    "e-mail",
];

impl RuleReader<'_> {
    pub(super) fn filter(&mut self, rule: &str, kind: &str, text: &str) -> Option<Filter> {
        match filter::parse(self.reading.shelf.schema, text) {
            Ok(filter) => {
                self.warn_of_unknown_values(rule, kind, &filter);
                Some(filter)
            }
            Err(error) => {
                self.report(format!("rule `{rule}`, {kind}: {error}"), OTHERS_HOLD);
                None
            }
        }
    }

    /// A value that no product has is probably misspelt; placeholders have theirs from the query.
    pub(super) fn warn_of_unknown_values(&mut self, rule: &str, kind: &str, filter: &Filter) {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.warn_of_unknown_values(rule, kind, part));
            }
            Filter::Not(inner) => self.warn_of_unknown_values(rule, kind, inner),
            Filter::Is { attribute, value } => {
                let shelf = self.reading.shelf;
                let words = shelf.columns.words(*attribute);
                let is_placeholder = value.starts_with('{') && value.ends_with('}');
                if is_placeholder && !self.bound.contains(value) {
                    let reason = format!("rule `{rule}`, {kind}: nothing says what `{value}` is");
                    let instead = format!("write `{value}` into the query condition too");
                    self.report(reason, &instead);
                    return;
                }
                let Some((dictionary, ..)) = words.filter(|(dictionary, ..)| {
                    !is_placeholder && dictionary.codes_like(value).is_empty()
                }) else {
                    return;
                };
                let name = &shelf.schema.attributes[*attribute].name;
                let suggestion = match nearest(value, dictionary.values()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "it holds again when such a product is indexed".to_string(),
                };
                self.report(
                    format!("rule `{rule}`, {kind}: no product has {name} `{value}`"),
                    &suggestion,
                );
            }
            Filter::Within { .. } => {}
        }
    }

    pub(super) fn warn_of_unknown_names(&mut self, rule: &str, what: Trait, names: &[String]) {
        let known: Vec<&str> = match what {
            Trait::Surface => SURFACES.to_vec(),
            Trait::Segment => self
                .reading
                .known
                .segments
                .iter()
                .map(String::as_str)
                .collect(),
            Trait::Device | Trait::Campaign | Trait::Language => return,
        };
        for name in names {
            if known.contains(&name.as_str()) {
                continue;
            }
            let what = what.name();
            let instead = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if what == "segment" => format!(
                    "known are {}; it holds only for requests that name it",
                    known.join(", ")
                ),
                None => format!("known are {}", known.join(", ")),
            };
            self.report(format!("rule `{rule}`: unknown {what} `{name}`"), &instead);
        }
    }

    pub(super) fn product(&mut self, rule: &str, kind: &str, id: &str) -> Option<u32> {
        let found = self.reading.shelf.columns.ordinal(id);
        if found.is_none() {
            let suggestion = "check the id; it holds again when the product is indexed";
            self.report(
                format!("rule `{rule}`, {kind}: no product `{id}` in the catalog"),
                suggestion,
            );
        }
        found
    }
}
