//! `merchandising/segments.toml`: named sets of shoppers, each given by a condition over what is known of a shopper and
//! of this visit.

use std::ops::Range;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{AffinitySettings, Profile, Words};
use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::filter::{self, Filter};
use crate::catalog::schema::{Attribute, Kind, Schema};
use crate::journal::EventKind;
use crate::problem::{Problem, line_of};

/// Where a shop directory keeps its segments.
pub const SEGMENTS_FILE: &str = "merchandising/segments.toml";

/// At most this many segments.
pub const SEGMENTS_MAX: usize = 200;

/// A shopper is said to like a value from this affinity on.
pub const LIKED_MIN: f64 = 0.3;

/// The segments of a shop that says nothing of its own; a segment of the same name in the file takes the place.
const DEFAULTS: [(&str, &str); 5] = [
    ("new", "NOT purchase >= 1 AND days_active <= 1"),
    ("returning", "days_active > 1"),
    ("lapsing", "purchase >= 1 AND days_since_seen > 60"),
    ("vip", "purchase >= 5 AND value >= 500"),
    ("discount", "discount_share >= 0.6 AND events >= 5"),
];

/// What a visit says of itself; every part may be missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Visit {
    /// `phone`, `tablet`, `desktop`, or whatever the shop says.
    pub device: Option<String>,
    pub country: Option<String>,
    /// The campaign the shopper came by.
    pub campaign: Option<String>,
    /// The site the shopper came from.
    pub referrer: Option<String>,
}

/// All segments of a shop.
#[derive(Debug, Clone, PartialEq)]
pub struct Segments {
    pub segments: Vec<Segment>,
    /// What conditions are about.
    facts: Vec<Fact>,
}

/// A named set of shoppers.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub name: String,
    /// The condition as written.
    pub when: String,
    /// Attributes and values that its shoppers are taken to lean to while little is known of them.
    pub leans_to: Vec<(String, String)>,
    filter: Filter,
}

/// Something that conditions can be about.
#[derive(Debug, Clone, PartialEq)]
enum Fact {
    Count(EventKind),
    Number(NumberFact),
    Visit(VisitFact),
    /// The shopper likes a value of this attribute.
    Likes(String),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum NumberFact {
    Events,
    Value,
    DaysActive,
    DaysSinceFirst,
    DaysSinceSeen,
    DaysSincePurchase,
    DiscountShare,
    PricePercentile,
    UsualHour,
    Hour,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum VisitFact {
    Device,
    Country,
    Campaign,
    Referrer,
}

const NUMBERS: [(&str, NumberFact); 10] = [
    ("events", NumberFact::Events),
    ("value", NumberFact::Value),
    ("days_active", NumberFact::DaysActive),
    ("days_since_first", NumberFact::DaysSinceFirst),
    ("days_since_seen", NumberFact::DaysSinceSeen),
    ("days_since_purchase", NumberFact::DaysSincePurchase),
    ("discount_share", NumberFact::DiscountShare),
    ("price_percentile", NumberFact::PricePercentile),
    ("usual_hour", NumberFact::UsualHour),
    ("hour", NumberFact::Hour),
];

const VISITS: [(&str, VisitFact); 4] = [
    ("device", VisitFact::Device),
    ("country", VisitFact::Country),
    ("campaign", VisitFact::Campaign),
    ("referrer", VisitFact::Referrer),
];

/// One shopper, as conditions see them.
pub struct Facts<'f> {
    pub profile: &'f Profile,
    pub words: &'f Words,
    pub settings: &'f AffinitySettings,
    pub visit: &'f Visit,
    /// The share of the shop that `(attribute, value)` has.
    pub prior_share: &'f dyn Fn(&str, &str) -> f64,
    pub now: Timestamp,
}

/// The file: any number of segments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentsFile {
    /// Named sets of shoppers.
    #[serde(default)]
    #[schemars(with = "Vec<Written>")]
    segment: Vec<Spanned<Written>>,
}

/// A named set of shoppers.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The name that rules and recipes use.
    name: String,
    /// The condition, such as `purchase >= 5 AND value >= 500`.
    when: String,
    #[serde(default)]
    leans_to: Vec<String>,
}

impl Segments {
    /// The segments of a shop that says nothing of its own.
    pub fn defaults(schema: &Schema) -> Segments {
        let (facts, schema) = facts(schema);
        let segment = |(name, when): &(&str, &str)| Segment {
            name: (*name).to_owned(),
            when: (*when).to_owned(),
            leans_to: Vec::new(),
            filter: filter::parse(&schema, when).expect("the defaults are conditions"),
        };
        Segments {
            segments: DEFAULTS.iter().map(segment).collect(),
            facts,
        }
    }

    /// Reads `merchandising/segments.toml`. A segment whose condition is wrong is left out and reported.
    pub fn parse(text: &str, schema: &Schema) -> Result<(Segments, Vec<Problem>), Vec<Problem>> {
        let file: SegmentsFile = toml::from_str(text).map_err(|error| {
            let problem = Problem::new(SEGMENTS_FILE, error.message().trim().replace('\n', ", "));
            vec![match error.span() {
                Some(span) => problem.at(line_of(text, span.start)),
                None => problem,
            }]
        })?;
        let mut segments = Segments::defaults(schema);
        let (_, conditions) = facts(schema);
        let mut problems = Vec::new();
        for written in file.segment {
            let Range { start, .. } = written.span();
            let Written {
                name,
                when,
                leans_to,
            } = written.into_inner();
            let (leans_to, unread) = leanings(&leans_to, schema);
            problems.extend(unread.into_iter().map(|reason| {
                let problem = Problem::new(SEGMENTS_FILE, format!("segment `{name}`: {reason}"));
                problem.at(line_of(text, start))
            }));
            let known = segments.segments.iter().position(|own| own.name == name);
            match filter::parse(&conditions, &when) {
                Ok(filter) => {
                    let segment = Segment {
                        name,
                        when,
                        leans_to,
                        filter,
                    };
                    match known {
                        Some(known) => segments.segments[known] = segment,
                        None => segments.segments.push(segment),
                    }
                }
                Err(error) => {
                    let problem = Problem::new(SEGMENTS_FILE, format!("segment `{name}`: {error}"));
                    problems.push(problem.at(line_of(text, start)));
                }
            }
        }
        if segments.segments.len() > SEGMENTS_MAX {
            let count = segments.segments.len();
            let reason = format!("has {count} segments, only the first {SEGMENTS_MAX} hold");
            problems.push(Problem::new(SEGMENTS_FILE, reason));
            segments.segments.truncate(SEGMENTS_MAX);
        }
        Ok((segments, problems))
    }

    /// The names of all segments.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(|segment| segment.name.as_str())
    }

    /// Attributes and values that the shoppers of a segment are taken to lean to.
    pub fn leanings_of(&self, name: &str) -> impl Iterator<Item = &(String, String)> {
        let named = self.segments.iter().filter(move |own| own.name == name);
        named.flat_map(|segment| &segment.leans_to)
    }

    /// The names of the segments that a shopper is in.
    pub fn of(&self, shopper: &Facts<'_>) -> Vec<&str> {
        let held = |segment: &&Segment| self.holds(&segment.filter, shopper);
        let held = self.segments.iter().filter(held);
        held.map(|segment| segment.name.as_str()).collect()
    }

    fn holds(&self, filter: &Filter, shopper: &Facts<'_>) -> bool {
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.holds(part, shopper)),
            Filter::Any(parts) => parts.iter().any(|part| self.holds(part, shopper)),
            Filter::Not(part) => !self.holds(part, shopper),
            Filter::Is { attribute, value } => shopper.is(&self.facts[*attribute], value),
            Filter::Within { attribute, range } => shopper
                .number(&self.facts[*attribute])
                .is_some_and(|number| range.contains(number)),
        }
    }
}

/// What `leans_to` says, as attributes and values, and what is wrong with the rest.
fn leanings(written: &[String], schema: &Schema) -> (Vec<(String, String)>, Vec<String>) {
    let (mut leanings, mut problems) = (Vec::new(), Vec::new());
    let known: Vec<&str> = schema
        .attributes
        .iter()
        .filter(|own| own.affinity)
        .map(|own| own.name.as_str())
        .collect();
    for leaning in written {
        let pair = leaning
            .split_once(':')
            .map(|(name, value)| (name.trim(), value.trim()));
        match pair {
            Some((name, value)) if known.contains(&name) => {
                leanings.push((name.to_owned(), value.to_owned()));
            }
            _ => {
                let example = known.first().unwrap_or(&"brand");
                problems.push(format!(
                    "`leans_to` has `{leaning}`: write an attribute marked `affinity` and a value, such as `{example}:…`"
                ));
            }
        }
    }
    (leanings, problems)
}

impl Facts<'_> {
    fn number(&self, fact: &Fact) -> Option<f64> {
        let profile = self.profile;
        let days_since = |at: Option<Timestamp>| {
            at.map(|at| self.now.duration_since(at).as_secs_f64().max(0.0) / 86_400.0)
        };
        match fact {
            Fact::Count(kind) => Some(f64::from(profile.count(*kind))),
            Fact::Visit(_) | Fact::Likes(_) => None,
            Fact::Number(fact) => match fact {
                NumberFact::Events => Some(profile.events() as f64),
                NumberFact::Value => Some(profile.value()),
                NumberFact::DaysActive => Some(f64::from(profile.days_active())),
                NumberFact::DaysSinceFirst => days_since(profile.first_seen()),
                NumberFact::DaysSinceSeen => days_since(profile.last_seen()),
                NumberFact::DaysSincePurchase => days_since(profile.last_purchase()),
                NumberFact::DiscountShare => profile.discount_share(self.words, self.now),
                NumberFact::PricePercentile => profile.price_percentile(self.words, self.now),
                NumberFact::UsualHour => profile.usual_hour(self.words, self.now).map(f64::from),
                NumberFact::Hour => Some((self.now.as_second().rem_euclid(86_400) / 3_600) as f64),
            },
        }
    }

    fn is(&self, fact: &Fact, value: &str) -> bool {
        let said = |said: &Option<String>| {
            said.as_deref()
                .is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        match fact {
            Fact::Visit(VisitFact::Device) => said(&self.visit.device),
            Fact::Visit(VisitFact::Country) => said(&self.visit.country),
            Fact::Visit(VisitFact::Campaign) => said(&self.visit.campaign),
            Fact::Visit(VisitFact::Referrer) => said(&self.visit.referrer),
            Fact::Likes(attribute) => self.likes(attribute, value),
            Fact::Count(_) | Fact::Number(_) => false,
        }
    }

    fn likes(&self, attribute: &str, value: &str) -> bool {
        let share = |value: &str| (self.prior_share)(attribute, value);
        let leanings = self
            .profile
            .leanings(self.words, self.settings, attribute, self.now, share);
        let is_it = |own: &str| {
            own.eq_ignore_ascii_case(value)
                || own
                    .strip_prefix(value)
                    .is_some_and(|rest| rest.starts_with(PATH_SEPARATOR))
        };
        leanings
            .iter()
            .any(|leaning| leaning.affinity >= LIKED_MIN && is_it(&leaning.value))
    }
}

/// What conditions can be about in a shop, and the same as a schema that filters are read with.
fn facts(shop: &Schema) -> (Vec<Fact>, Schema) {
    let mut facts = Vec::new();
    let mut attributes = Vec::new();
    let mut add = |name: &str, kind: Kind, fact: Fact| {
        facts.push(fact);
        attributes.push(Attribute {
            filter: true,
            ..Attribute::new(name, kind)
        });
    };
    for kind in EventKind::ALL {
        add(kind.name(), Kind::Number, Fact::Count(*kind));
    }
    for (name, fact) in NUMBERS {
        add(name, Kind::Number, Fact::Number(fact));
    }
    for (name, fact) in VISITS {
        add(name, Kind::Keyword, Fact::Visit(fact));
    }
    for attribute in shop
        .attributes
        .iter()
        .filter(|attribute| attribute.affinity)
    {
        let name = format!("likes_{}", attribute.name);
        add(&name, Kind::Keyword, Fact::Likes(attribute.name.clone()));
    }
    let schema = Schema {
        facet_order: Vec::new(),
        attributes,
        ..shop.clone()
    };
    (facts, schema)
}
