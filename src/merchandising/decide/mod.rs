//! Which rules hold for a request and in which order, and for the others, which conditions fail.

mod why;

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::Serialize;

use super::rule::{Condition, Rule, Test, Trait};
use super::rules::Rules;
use super::words::{Anchor, AskedWords, Match, Values};
use crate::catalog::filter::Filter;
use crate::query::{Language, Query, Vocabulary};

/// What rules look at.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    pub query: &'c Query,
    pub language: &'c Language,
    pub vocabulary: &'c Vocabulary,
    /// The last word is being typed.
    pub is_beginning: bool,
    /// What the shopper chose, the category included.
    pub filter: &'c Filter,
    pub segments: &'c [&'c str],
    pub surface: &'c str,
    pub device: Option<&'c str>,
    pub campaign: Option<&'c str>,
    /// The language the shopper reads.
    pub reads: Option<&'c str>,
    pub tags: &'c [String],
    /// Experiments and the arms the shopper is in.
    pub arms: &'c [(String, String)],
    pub now: Timestamp,
    /// Rules that do not hold are reported too, with why not.
    pub explain: bool,
}

/// What the rules come to for one request.
#[derive(Default)]
pub struct Decision<'r> {
    /// The rules that hold, in the order of precedence.
    pub held: Vec<Held<'r>>,
    /// The rules that hold; when explained, the others too.
    pub considered: Vec<RuleReport>,
    pub(super) values: Option<&'r Values>,
}

/// A rule that holds.
#[derive(Debug, Clone)]
pub struct Held<'r> {
    pub rule: &'r Rule,
    /// How its query condition matched.
    pub matched: Option<Match>,
}

/// Whether a rule held, as responses say it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RuleReport {
    pub name: String,
    pub held: bool,
    /// Why it did not hold, or what of it could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The only condition that fails, when there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_hold_without: Option<String>,
}

/// A request as rules see it.
struct Look<'l> {
    context: &'l Context<'l>,
    asked: &'l AskedWords,
    filter: Filter,
    values: &'l Values,
}

/// Decides which rules hold.
pub fn decide<'r>(rules: &'r Rules, context: &Context<'_>) -> Decision<'r> {
    if rules.rules.is_empty() {
        return Decision::default();
    }
    let near = |word: &str| rules.candidates.near(word);
    let asked = AskedWords::of(
        context.query,
        context.language,
        context.vocabulary,
        context.is_beginning,
        near,
    );
    let look = Look {
        context,
        asked: &asked,
        filter: context.filter.folded(),
        values: &rules.values,
    };
    let places = if context.explain {
        (0..rules.rules.len() as u32).collect()
    } else {
        rules.candidates.find(&asked, &look.filter)
    };
    let (mut held, mut others) = (Vec::new(), Vec::new());
    for place in places {
        let rule = &*rules.rules[place as usize];
        match look.judge(rule) {
            Ok(matched) => held.push(Held { rule, matched }),
            Err(failing) if context.explain => others.push(why::report(rule, &look, &failing)),
            Err(_) => {}
        }
    }
    held.sort_by_cached_key(Held::precedence);
    let stopped = stop(&mut held);
    let mut considered: Vec<RuleReport> = held
        .iter()
        .map(|held| RuleReport::held(&held.rule.name))
        .collect();
    considered.extend(stopped);
    considered.extend(others);
    Decision {
        held,
        considered,
        values: Some(&rules.values),
    }
}

/// Of the rules after one that stops, none holds.
fn stop(held: &mut Vec<Held<'_>>) -> Vec<RuleReport> {
    let Some(at) = held.iter().position(|held| held.rule.stop) else {
        return Vec::new();
    };
    let by = held[at].rule.name.clone();
    let reason = format!("rule `{by}` stops the rules after it");
    let stopped = held.drain(at + 1..).map(|stopped| RuleReport {
        name: stopped.rule.name.clone(),
        held: false,
        reason: Some(reason.clone()),
        would_hold_without: None,
    });
    stopped.collect()
}

impl RuleReport {
    fn held(name: &str) -> RuleReport {
        RuleReport {
            name: name.to_string(),
            held: true,
            reason: None,
            would_hold_without: None,
        }
    }

    /// Adds what of a rule that holds could not be done.
    pub fn note(&mut self, note: &str) {
        match &mut self.reason {
            Some(reason) => {
                reason.push_str("; ");
                reason.push_str(note);
            }
            None => self.reason = Some(note.to_string()),
        }
    }
}

impl Held<'_> {
    /// What comes first: priority; the earliest match, the longest, the most exact; then what has context and filters,
    /// plain words before placeholders, what ends before what lasts; then the order of files.
    fn precedence(&self) -> impl Ord + use<> {
        let rule = self.rule;
        let has = |is: fn(&Test) -> bool| rule.when.iter().any(|condition| is(&condition.test));
        let filters = rule
            .when
            .iter()
            .filter(|condition| matches!(condition.test, Test::Filter(_) | Test::Category { .. }))
            .count();
        let matched = self.matched.as_ref();
        let words = matched.map_or(0, |matched| matched.words);
        let has_context = has(|test| {
            matches!(
                test,
                Test::OneOf { .. } | Test::Context(_) | Test::Arm { .. }
            )
        });
        let has_placeholder = matched.is_some_and(|matched| !matched.values.is_empty());
        let is_temporary = has(|test| matches!(test, Test::From(_) | Test::Until(_)));
        (
            Reverse(rule.priority),
            matched.map_or(usize::MAX, |matched| matched.position),
            Reverse(words + filters),
            matched.map_or(Anchor::Contains, |matched| matched.anchor),
            (!has_context, filters == 0, has_placeholder, !is_temporary),
        )
    }
}

impl Look<'_> {
    /// How the rule's query condition matched, or the conditions that fail: all when explained, else the first.
    fn judge<'r>(&self, rule: &'r Rule) -> Result<Option<Match>, Vec<&'r Condition>> {
        let (mut matched, mut failing) = (None, Vec::new());
        for condition in &rule.when {
            match self.holds(&condition.test) {
                Some(Some(found)) => matched = Some(joined(matched, found)),
                Some(None) => {}
                None => {
                    failing.push(condition);
                    if !self.context.explain {
                        break;
                    }
                }
            }
        }
        if failing.is_empty() {
            Ok(matched)
        } else {
            Err(failing)
        }
    }

    /// `None` when it fails; the inner `Some` when words matched.
    fn holds(&self, test: &Test) -> Option<Option<Match>> {
        let context = self.context;
        let holds = match test {
            Test::Query {
                anchor,
                patterns,
                liberties,
            } => {
                let found = patterns.iter().filter_map(|pattern| {
                    pattern.find(*anchor, self.asked, *liberties, self.values)
                });
                let best = found.min_by_key(|found| (found.position, Reverse(found.words)));
                return best.map(Some);
            }
            Test::Without {
                patterns,
                liberties,
            } => !patterns.iter().any(|pattern| {
                pattern
                    .find(Anchor::Contains, self.asked, *liberties, self.values)
                    .is_some()
            }),
            Test::Category { filter, .. } | Test::Filter(filter) => self.filter.implies(filter),
            Test::OneOf { what, names } => self.has_one_of(*what, names),
            Test::Context(tags) => tags.iter().all(|tag| context.tags.contains(tag)),
            Test::Arm { experiment, arm } => context
                .arms
                .iter()
                .any(|(own, own_arm)| own == experiment && own_arm == arm),
            Test::From(from) => context.now >= from.at,
            Test::Until(until) => context.now < until.at,
            Test::Weekly(weekly) => weekly.holds(context.now),
        };
        holds.then_some(None)
    }

    fn has_one_of(&self, what: Trait, names: &[String]) -> bool {
        let is = |own: Option<&str>| own.is_some_and(|own| names.iter().any(|name| name == own));
        match what {
            Trait::Segment => self.context.segments.iter().any(|own| is(Some(own))),
            Trait::Surface => is(Some(self.context.surface)),
            Trait::Device => is(self.context.device),
            Trait::Campaign => is(self.context.campaign),
            Trait::Language => is(self.context.reads),
        }
    }
}

/// Of several query conditions, the earliest position counts and all words do.
fn joined(matched: Option<Match>, found: Match) -> Match {
    let Some(mut matched) = matched else {
        return found;
    };
    matched.position = matched.position.min(found.position);
    matched.words += found.words;
    matched.anchor = matched.anchor.min(found.anchor);
    matched.values.extend(found.values);
    matched
}
