//! One rule as it is written, checked against the catalog it is about.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::rules::{Anchor, Moment, PIN_POSITION_MAX, PINS_MAX, Pin, QueryCondition, Rule, When};
use crate::catalog::filter::{self, Filter};
use crate::problem::Problem;
use crate::ranking::{Adjustment, Shelf};
use crate::text::Analyzer;

/// How much a bury without `by` buries.
const BURIED_BY: f64 = 3.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    when: WrittenWhen,
    #[serde(default)]
    pin: Vec<WrittenPin>,
    #[serde(default)]
    boost: Vec<WrittenAdjustment>,
    #[serde(default)]
    bury: Vec<WrittenAdjustment>,
    #[serde(default)]
    suppress: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenWhen {
    query: Option<WrittenQuery>,
    category: Option<String>,
    segment: Option<String>,
    surface: Option<String>,
    from: Option<WrittenMoment>,
    until: Option<WrittenMoment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenQuery {
    Is(String),
    Contains(String),
    Starts(String),
    Ends(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenMoment {
    Text(String),
    Datetime(toml::value::Datetime),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPin {
    product: String,
    position: usize,
    fallback: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAdjustment {
    filter: String,
    by: Option<f64>,
}

/// Reads one rule; what is wrong with it goes to `problems`.
pub(super) struct RuleReader<'r> {
    pub(super) file: &'r str,
    pub(super) line: u64,
    pub(super) shelf: Shelf<'r>,
    pub(super) analyzer: &'r Analyzer,
    pub(super) problems: &'r mut Vec<Problem>,
}

impl RuleReader<'_> {
    /// The rule; `None` when it is switched off or cannot be read.
    pub(super) fn read(&mut self, value: toml::Value) -> Option<Rule> {
        let written: WrittenRule = match value.try_into() {
            Ok(written) => written,
            Err(error) => {
                self.report(
                    one_line(error.message()),
                    "the other rules of the file hold",
                );
                return None;
            }
        };
        if !written.enabled {
            return None;
        }
        let name = written.name;
        let when = self.read_when(&name, written.when)?;
        let mut adjustments = Vec::new();
        for (boost, kind) in written.boost.iter().map(|boost| (boost, "boost")) {
            let by = boost.by.unwrap_or(1.5);
            adjustments.push(self.read_adjustment(&name, kind, &boost.filter, by)?);
        }
        for bury in &written.bury {
            let by = bury.by.unwrap_or(BURIED_BY);
            let adjustment = self.read_adjustment(&name, "bury", &bury.filter, by)?;
            adjustments.push(Adjustment {
                by: 1.0 / adjustment.by,
                ..adjustment
            });
        }
        let problems_before = self.problems.len();
        let suppressed: Vec<u32> = written
            .suppress
            .iter()
            .filter_map(|id| self.product(&name, "suppress", id))
            .collect();
        let pins = self.read_pins(&name, written.pin);
        let acts = !pins.is_empty() || !adjustments.is_empty() || !suppressed.is_empty();
        // Of a rule whose only products are unknown, that is said already.
        if !acts && self.problems.len() == problems_before {
            self.report(
                format!("rule `{name}` does nothing"),
                "give it a pin, boost, bury or suppress",
            );
        }
        Some(Rule {
            name,
            when,
            pins,
            adjustments,
            suppressed,
        })
    }

    fn read_when(&mut self, rule: &str, written: WrittenWhen) -> Option<When> {
        let query = match written.query {
            None => None,
            Some(query) => {
                let (anchor, text) = match query {
                    WrittenQuery::Is(text) => (Anchor::Is, text),
                    WrittenQuery::Contains(text) => (Anchor::Contains, text),
                    WrittenQuery::Starts(text) => (Anchor::Starts, text),
                    WrittenQuery::Ends(text) => (Anchor::Ends, text),
                };
                let stems = self.analyzer.stems(&text);
                if stems.is_empty() && anchor != Anchor::Is {
                    self.report(
                        format!("rule `{rule}`: the query condition has no words"),
                        "write at least one",
                    );
                    return None;
                }
                Some(QueryCondition {
                    anchor,
                    text,
                    stems,
                })
            }
        };
        let from = self.read_moment(rule, "from", written.from, 0)?;
        // A plain date includes that whole day.
        let until = self.read_moment(rule, "until", written.until, 1)?;
        if let (Some(from), Some(until)) = (&from, &until)
            && from.at >= until.at
        {
            let reason = format!("rule `{rule}` ends before it begins");
            self.report(reason, "`until` must be after `from`");
        }
        let WrittenWhen {
            category,
            segment,
            surface,
            ..
        } = written;
        Some(When {
            query,
            category,
            segment,
            surface,
            from,
            until,
        })
    }

    /// The inner `None` when nothing is written, the outer when it cannot be read.
    fn read_moment(
        &mut self,
        rule: &str,
        key: &str,
        written: Option<WrittenMoment>,
        days_added: i64,
    ) -> Option<Option<Moment>> {
        let text = match written {
            None => return Some(None),
            Some(WrittenMoment::Text(text)) => text,
            Some(WrittenMoment::Datetime(datetime)) => datetime.to_string(),
        };
        let at = match text.parse::<Timestamp>() {
            Ok(at) => Some(at),
            Err(_) => text.parse::<Date>().ok().and_then(|date| {
                let day = date.checked_add(days_added.days()).ok()?;
                TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
            }),
        };
        if at.is_none() {
            let reason = format!("rule `{rule}`: `{key}` is not a date: `{text}`");
            self.report(reason, "write 2026-11-23 or 2026-11-23T08:00:00+01:00");
        }
        Some(Some(Moment { text, at: at? }))
    }

    fn read_adjustment(
        &mut self,
        rule: &str,
        kind: &str,
        text: &str,
        by: f64,
    ) -> Option<Adjustment> {
        if !(1.0..=100.0).contains(&by) {
            let reason = format!("rule `{rule}`: {kind} `by` is {by}");
            self.report(reason, "write a multiplier between 1 and 100, such as 1.5");
            return None;
        }
        match filter::parse(self.shelf.schema, text) {
            Ok(filter) => {
                self.warn_of_unknown_values(rule, kind, &filter);
                Some(Adjustment {
                    name: rule.to_string(),
                    filter,
                    by,
                })
            }
            Err(error) => {
                self.report(
                    format!("rule `{rule}`, {kind}: {error}"),
                    "the other rules of the file hold",
                );
                None
            }
        }
    }

    fn warn_of_unknown_values(&mut self, rule: &str, kind: &str, filter: &Filter) {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.warn_of_unknown_values(rule, kind, part));
            }
            Filter::Not(inner) => self.warn_of_unknown_values(rule, kind, inner),
            Filter::Is { attribute, value } => {
                let words = self.shelf.columns.words(*attribute);
                let Some((dictionary, ..)) =
                    words.filter(|(dictionary, ..)| dictionary.codes_like(value).is_empty())
                else {
                    return;
                };
                let name = &self.shelf.schema.attributes[*attribute].name;
                let near = crate::problem::nearest(value, dictionary.values());
                let suggestion = match near {
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

    fn read_pins(&mut self, rule: &str, written: Vec<WrittenPin>) -> Vec<Pin> {
        if written.len() > PINS_MAX {
            self.report(
                format!("rule `{rule}` has {} pins", written.len()),
                &format!("only the first {PINS_MAX} hold"),
            );
        }
        let mut pins = Vec::new();
        for pin in written.into_iter().take(PINS_MAX) {
            if !(1..=PIN_POSITION_MAX).contains(&pin.position) {
                let reason = format!(
                    "rule `{rule}`: position {} of product `{}`",
                    pin.position, pin.product
                );
                self.report(
                    reason,
                    &format!("positions run from 1 to {PIN_POSITION_MAX}"),
                );
                continue;
            }
            let mut products: Vec<u32> = self
                .product(rule, "pin", &pin.product)
                .into_iter()
                .collect();
            products.extend(
                pin.fallback
                    .and_then(|fallback| self.product(rule, "fallback", &fallback)),
            );
            if !products.is_empty() {
                pins.push(Pin {
                    products,
                    position: pin.position,
                });
            }
        }
        pins
    }

    fn product(&mut self, rule: &str, kind: &str, id: &str) -> Option<u32> {
        let found = self.shelf.columns.ordinal(id);
        if found.is_none() {
            let suggestion = "check the id; it holds again when the product is indexed";
            self.report(
                format!("rule `{rule}`, {kind}: no product `{id}` in the catalog"),
                suggestion,
            );
        }
        found
    }

    fn report(&mut self, reason: String, suggestion: &str) {
        self.problems.push(
            Problem::new(self.file, reason)
                .at(self.line)
                .suggest(suggestion),
        );
    }
}

/// A message of the TOML reader on one line.
pub(super) fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}

fn yes() -> bool {
    true
}
