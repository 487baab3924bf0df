//! Which rules hold for a request, and for the others, which condition fails first.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::rules::{Anchor, Moment, QueryCondition, Rule, Rules, When};
use crate::catalog::columns::PATH_SEPARATOR;
use crate::query::Query;
use crate::ranking::Adjustment;
use crate::retrieval::{Order, Plan};

/// What rules look at.
pub struct Context<'c> {
    pub query: &'c Query,
    pub category: Option<&'c str>,
    pub segment: Option<&'c str>,
    pub surface: &'c str,
    pub now: Timestamp,
    /// Rules that do not hold are reported too, with why not.
    pub explain: bool,
}

/// What the rules come to for one request.
#[derive(Default)]
pub struct Decision<'r> {
    pub held: Vec<&'r Rule>,
    /// Pins in the order of the rules that hold.
    pub pins: Vec<PinDecision<'r>>,
    /// The rules that hold; when explained, the others too.
    pub considered: Vec<RuleReport>,
}

/// A pin of a rule that holds, and where it belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct PinDecision<'r> {
    pub rule: &'r str,
    pub products: &'r [u32],
    /// Counted from 1.
    pub position: usize,
}

/// Whether a rule held, as responses say it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RuleReport {
    pub name: String,
    pub held: bool,
    /// Why it did not hold, or what of it could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Decides which rules hold.
pub fn decide<'r>(rules: &'r Rules, context: &Context<'_>) -> Decision<'r> {
    let mut decision = Decision::default();
    for rule in &rules.rules {
        let failing = rule.when.first_failing(context);
        let held = failing.is_none();
        if held || context.explain {
            decision.considered.push(RuleReport {
                name: rule.name.clone(),
                held,
                reason: failing.map(|failing| failing.to_string()),
            });
        }
        if held {
            decision.held.push(rule);
            decision
                .pins
                .extend(rule.pins.iter().map(|pin| PinDecision {
                    rule: &rule.name,
                    products: &pin.products,
                    position: pin.position,
                }));
        }
    }
    decision
}

impl Decision<'_> {
    /// Tells retrieval what to leave out and what to bring in. Pins do not hold against a sort the shopper chose.
    pub fn steer(&self, mut plan: Plan) -> Plan {
        plan.suppressed
            .extend(self.held.iter().flat_map(|rule| &rule.suppressed));
        if plan.order == Order::Relevance {
            plan.included = self.pins.iter().map(|pin| pin.products.to_vec()).collect();
        }
        plan
    }

    /// What the rules that hold want more and less of.
    pub fn adjustments(&self) -> Vec<Adjustment> {
        self.held
            .iter()
            .flat_map(|rule| rule.adjustments.iter().cloned())
            .collect()
    }
}

/// A condition that does not hold; put into words only for who asks.
enum Failing<'w> {
    Query(&'w QueryCondition),
    Category(&'w str),
    Segment(&'w str),
    Surface { asked: &'w str, wanted: &'w str },
    Begins(&'w Moment),
    Ended(&'w Moment),
}

impl fmt::Display for Failing<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failing::Query(QueryCondition { anchor, text, .. }) => {
                write!(out, "the query {} `{text}`", anchor.unlike())
            }
            Failing::Category(category) => write!(out, "the page is not of category `{category}`"),
            Failing::Segment(segment) => write!(out, "the shopper is not in segment `{segment}`"),
            Failing::Surface { asked, wanted } => {
                write!(out, "the surface is `{asked}`, not `{wanted}`")
            }
            Failing::Begins(from) => write!(out, "it begins {}", from.text),
            Failing::Ended(until) => write!(out, "it ended {}", until.text),
        }
    }
}

impl When {
    /// The first condition that does not hold.
    fn first_failing<'w>(&'w self, context: &'w Context<'_>) -> Option<Failing<'w>> {
        if let Some(condition) = &self.query
            && !condition.holds(&context.query.stems)
        {
            return Some(Failing::Query(condition));
        }
        if let Some(category) = &self.category
            && !context
                .category
                .is_some_and(|asked| is_within(asked, category))
        {
            return Some(Failing::Category(category));
        }
        if let Some(segment) = &self.segment
            && context.segment != Some(segment.as_str())
        {
            return Some(Failing::Segment(segment));
        }
        if let Some(wanted) = &self.surface
            && context.surface != wanted
        {
            let asked = context.surface;
            return Some(Failing::Surface { asked, wanted });
        }
        if let Some(from) = self.from.as_ref().filter(|from| context.now < from.at) {
            return Some(Failing::Begins(from));
        }
        if let Some(until) = self.until.as_ref().filter(|until| context.now >= until.at) {
            return Some(Failing::Ended(until));
        }
        None
    }
}

impl QueryCondition {
    fn holds(&self, stems: &[String]) -> bool {
        match self.anchor {
            Anchor::Is => stems == self.stems,
            Anchor::Starts => stems.starts_with(&self.stems),
            Anchor::Ends => stems.ends_with(&self.stems),
            Anchor::Contains => stems
                .windows(self.stems.len())
                .any(|window| window == self.stems),
        }
    }
}

impl Anchor {
    fn unlike(self) -> &'static str {
        match self {
            Anchor::Is => "is not",
            Anchor::Contains => "does not contain",
            Anchor::Starts => "does not start with",
            Anchor::Ends => "does not end with",
        }
    }
}

/// Whether a category is another or below it.
fn is_within(category: &str, other: &str) -> bool {
    category
        .strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(PATH_SEPARATOR))
}
