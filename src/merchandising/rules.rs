//! `merchandising/rules/*.toml`: conditions and what follows from them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use toml::Spanned;

use crate::catalog::filter::{self, Filter};
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
/// How much a bury without `by` buries.
const BURIED_BY: f64 = 3.0;

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

struct RuleReader<'r> {
    file: &'r str,
    line: u64,
    shelf: Shelf<'r>,
    analyzer: &'r Analyzer,
    problems: &'r mut Vec<Problem>,
}

impl RuleReader<'_> {
    fn read(&mut self, value: toml::Value) -> Option<Rule> {
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

fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}

fn yes() -> bool {
    true
}
