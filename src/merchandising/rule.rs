//! What a rule means: conditions and what follows, checked against the catalog it is about.

use std::sync::Arc;

use jiff::Timestamp;

use super::schedule::{Moment, Weekly};
use super::words::{Anchor, Liberties, Pattern};
use super::written::Banner;
use crate::catalog::filter::Filter;
use crate::ranking::Adjustment;
use crate::retrieval::Order;

/// A merchandiser's decision: when it holds and what follows.
#[derive(Debug, Clone)]
pub struct Rule {
    pub name: String,
    /// The file it stands in, relative to the shop directory, and the line it begins on.
    pub file: Arc<str>,
    pub line: u64,
    /// It is the last good version: why what is written now cannot be read.
    pub outdated: Option<String>,
    /// Higher comes first.
    pub priority: i32,
    /// While it holds, the rules after it do not.
    pub stop: bool,
    /// All must hold; none always do.
    pub when: Vec<Condition>,
    pub then: Then,
}

/// Something that must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// As people would write it, such as `from = 2026-12-01`.
    pub text: String,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// One of the patterns stands in the query.
    Query {
        anchor: Anchor,
        patterns: Vec<Pattern>,
        liberties: Liberties,
    },
    /// None of the patterns stands in the query.
    Without {
        patterns: Vec<Pattern>,
        liberties: Liberties,
    },
    /// The page is of one of these categories or of one below; the filter says so with folded values.
    Category {
        names: Vec<String>,
        filter: Filter,
    },
    /// The shopper's filters say at least this; values are folded.
    Filter(Filter),
    /// A trait of the request is one of these.
    OneOf {
        what: Trait,
        names: Vec<String>,
    },
    /// The request carries all these tags.
    Context(Vec<String>),
    Arm {
        experiment: String,
        arm: String,
    },
    From(Moment),
    Until(Moment),
    Weekly(Weekly),
}

/// What a request says of itself in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    Segment,
    Surface,
    Device,
    Campaign,
    Language,
}

/// What follows.
#[derive(Debug, Clone, Default)]
pub struct Then {
    pub pins: Vec<Pin>,
    pub slots: Vec<Slot>,
    /// Boosts lift and buries sink: both multiply the score.
    pub adjustments: Vec<Adjustment>,
    /// Ordinals of the products that must not appear.
    pub suppressed: Vec<u32>,
    /// What passes one of these must not appear.
    pub suppressed_filters: Vec<Filter>,
    /// Only what passes all of these appears.
    pub filters: Vec<Filter>,
    pub rewording: Rewording,
    pub sort: Option<Order>,
    pub recipe: Option<String>,
    pub banners: Vec<Banner>,
    pub redirect: Option<String>,
    pub data: Option<serde_json::Value>,
    /// Facets in the order they should be shown.
    pub facets: Vec<String>,
    /// In words, for whoever asks what a rule does.
    pub told: Vec<String>,
}

/// Products at a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Pin {
    /// The product, or those of its group, then what stands in while they cannot be shown.
    pub products: Vec<u32>,
    /// How many of them are no stand-ins.
    pub own: usize,
    /// Counted from 1.
    pub position: usize,
    /// It must match the words too.
    pub must_match: bool,
}

/// The best product of a kind at a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    pub filter: Filter,
    pub position: usize,
}

/// Changes of the words that are sought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rewording {
    /// What is replaced, nothing for the whole query, and by what.
    pub replace: Vec<(Option<Pattern>, String)>,
    pub remove: Vec<Pattern>,
    pub add: Vec<String>,
}

impl Rewording {
    pub fn is_empty(&self) -> bool {
        self.replace.is_empty() && self.remove.is_empty() && self.add.is_empty()
    }
}

impl Condition {
    /// The placeholders its patterns bind, such as `{brand}`.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        let patterns = match &self.test {
            Test::Query { patterns, .. } => patterns.as_slice(),
            _ => &[],
        };
        patterns
            .iter()
            .flat_map(|pattern| pattern.placeholders().map(|(_, written)| written))
    }
}

impl Trait {
    pub fn name(self) -> &'static str {
        match self {
            Trait::Segment => "segment",
            Trait::Surface => "surface",
            Trait::Device => "device",
            Trait::Campaign => "campaign",
            Trait::Language => "language",
        }
    }
}

impl Rule {
    /// The patterns of which one must stand in the query.
    pub fn patterns(&self) -> impl Iterator<Item = (Anchor, &[Pattern])> {
        self.when
            .iter()
            .filter_map(|condition| match &condition.test {
                Test::Query {
                    anchor, patterns, ..
                } => Some((*anchor, patterns.as_slice())),
                _ => None,
            })
    }

    /// Every pattern it has, in conditions and in what follows.
    pub fn all_patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.when
            .iter()
            .flat_map(|condition| match &condition.test {
                Test::Query { patterns, .. } | Test::Without { patterns, .. } => {
                    patterns.as_slice()
                }
                _ => &[],
            })
    }

    /// The condition on days and hours that keeps it from holding at this time, as people would write it.
    pub fn out_of_time(&self, now: Timestamp) -> Option<&str> {
        let fails = |condition: &&Condition| match &condition.test {
            Test::From(from) => now < from.at,
            Test::Until(until) => now >= until.at,
            Test::Weekly(weekly) => !weekly.holds(now),
            _ => false,
        };
        let failing = self.when.iter().find(fails);
        failing.map(|condition| condition.text.as_str())
    }

    /// The instant after which it never holds again.
    pub fn ends(&self) -> Option<&Moment> {
        self.when
            .iter()
            .find_map(|condition| match &condition.test {
                Test::Until(until) => Some(until),
                _ => None,
            })
    }
}
