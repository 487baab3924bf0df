//! Why a rule does not hold, in words.

use super::super::rule::{Condition, Rule, Test, Trait};
use super::super::words::{Anchor, Pattern};
use super::{Look, RuleReport};

/// A rule that does not hold, and why.
pub(super) fn report(rule: &Rule, look: &Look<'_>, failing: &[&Condition]) -> RuleReport {
    let only = match failing {
        [only] => Some(only.text.clone()),
        _ => None,
    };
    RuleReport {
        name: rule.name.clone(),
        held: false,
        reason: failing.first().map(|first| look.why_not(&first.test)),
        would_hold_without: only,
    }
}

impl Look<'_> {
    /// A condition that fails, in words.
    fn why_not(&self, test: &Test) -> String {
        let names = |names: &[String]| format!("`{}`", names.join("` or `"));
        match test {
            Test::Query {
                anchor, patterns, ..
            } => format!("the query {} {}", anchor.unlike(), texts(patterns)),
            Test::Without { patterns, .. } => format!("the query contains {}", texts(patterns)),
            Test::Category { names: wanted, .. } => {
                format!("the page is not of category {}", names(wanted))
            }
            Test::Filter(_) => "the shopper's filters do not say so".into(),
            Test::OneOf {
                what: Trait::Segment,
                names: wanted,
            } => format!("the shopper is not in segment {}", names(wanted)),
            Test::OneOf {
                what,
                names: wanted,
            } => match self.own(*what) {
                Some(own) => format!("the {} is `{own}`, not {}", what.name(), names(wanted)),
                None => format!(
                    "the request names no {}, not {}",
                    what.name(),
                    names(wanted)
                ),
            },
            Test::Context(tags) => {
                let missing = tags.iter().find(|tag| !self.context.tags.contains(tag));
                let missing = missing.map_or("", String::as_str);
                format!("the request has no context tag `{missing}`")
            }
            Test::Arm { experiment, arm } => {
                format!("the shopper is not in arm `{arm}` of experiment `{experiment}`")
            }
            Test::From(from) => format!("it begins {}", from.text),
            Test::Until(until) => format!("it ended {}", until.text),
            Test::Weekly(weekly) => format!("its hours of the week are {}", weekly.text),
        }
    }

    fn own(&self, what: Trait) -> Option<&str> {
        match what {
            Trait::Surface => Some(self.context.surface),
            Trait::Device => self.context.device,
            Trait::Campaign => self.context.campaign,
            Trait::Language => self.context.reads,
            Trait::Segment => None,
        }
    }
}

fn texts(patterns: &[Pattern]) -> String {
    let texts: Vec<&str> = patterns
        .iter()
        .map(|pattern| pattern.text.as_str())
        .collect();
    format!("`{}`", texts.join("` or `"))
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
