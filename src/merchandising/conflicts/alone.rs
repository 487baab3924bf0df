//! What is wrong with a rule by itself: it never holds, or pins what cannot land.

use jiff::SignedDuration;

use super::super::rule::{Pin, Rule, Test};
use super::super::schedule::Moment;
use super::super::words::Pattern;
use super::problem;
use crate::catalog::columns::Columns;
use crate::catalog::filter::{Filter, Predicate};
use crate::problem::Problem;

/// Hours of the week are looked for in steps of this length.
const STEP: SignedDuration = SignedDuration::from_mins(1);

pub(super) fn of_itself(rule: &Rule, columns: &Columns, found: &mut Vec<Problem>) {
    let name = &rule.name;
    if let Some(reason) = never_holds(rule) {
        let reason = format!("rule `{name}` never holds: {reason}");
        found.push(problem(rule, reason, "change one of the two conditions"));
    }
    pinned_outside(rule, columns, found);
    pinned_twice(rule, columns, found);
    for pin in pins(rule) {
        found.extend(sold_out(rule, pin, columns));
    }
}

/// The pins of a rule as they were written: of a group, the first.
fn pins(rule: &Rule) -> impl Iterator<Item = &Pin> {
    let mut before: Option<&Pin> = None;
    rule.then.pins.iter().filter(move |pin| {
        let is_next = before.is_some_and(|before| {
            pin.own > 1 && before.products == pin.products && pin.position > before.position
        });
        before = Some(pin);
        !is_next
    })
}

/// Pins that the rule's own conditions or filter leave out.
fn pinned_outside(rule: &Rule, columns: &Columns, found: &mut Vec<Problem>) {
    let asked = rule
        .when
        .iter()
        .filter_map(|condition| match &condition.test {
            Test::Category { filter, .. } | Test::Filter(filter) => Some((filter, &condition.text)),
            _ => None,
        });
    let own_filter = "filter".to_string();
    let own = rule.then.filters.iter().map(|filter| (filter, &own_filter));
    for (filter, text) in asked.chain(own) {
        if has_placeholder(filter) {
            continue;
        }
        let predicate = Predicate::bind(filter, columns);
        for pin in pins(rule) {
            for product in &pin.products[..pin.own] {
                if !predicate.holds_for_some(columns, *product) {
                    let id = columns.product_id(*product);
                    let reason = format!(
                        "rule `{}` pins product `{id}`, which `{text}` leaves out",
                        rule.name
                    );
                    let instead = "the pin cannot land; pin another product, or change the filter";
                    found.push(problem(rule, reason, instead));
                }
            }
        }
    }
}

/// A product that a rule pins in two places, and a place it gives to two products.
fn pinned_twice(rule: &Rule, columns: &Columns, found: &mut Vec<Problem>) {
    let name = &rule.name;
    let (mut products, mut positions) = (Vec::new(), Vec::new());
    for pin in pins(rule) {
        for product in &pin.products[..pin.own] {
            if products.contains(product) {
                let id = columns.product_id(*product);
                let reason = format!("rule `{name}` pins product `{id}` twice");
                found.push(problem(
                    rule,
                    reason,
                    "only the first pin lands; remove the other",
                ));
            }
            products.push(*product);
        }
        for position in pin.position..pin.position + pin.own {
            if positions.contains(&position) {
                let reason = format!("rule `{name}` pins two products at position {position}");
                let instead = "the second moves down; choose another position";
                found.push(problem(rule, reason, instead));
            }
            positions.push(position);
        }
    }
}

/// A pin that gives way for as long as its product is sold out.
fn sold_out(rule: &Rule, pin: &Pin, columns: &Columns) -> Option<Problem> {
    let id = |product: &u32| columns.product_id(*product).to_string();
    let (own, fallbacks) = pin.products.split_at(pin.own);
    let gone = own.iter().filter(|product| columns.sold_out(**product));
    let gone: Vec<String> = gone.map(|product| format!("`{}`", id(product))).collect();
    let what = match gone.len() {
        0 => return None,
        1 => format!("pinned product {} is sold out", gone[0]),
        _ => format!("pinned products {} are sold out", gone.join(", ")),
    };
    let standing_in = fallbacks
        .iter()
        .find(|product| !columns.sold_out(**product));
    let instead = match standing_in {
        Some(product) => format!("`{}` stands in; the pin resumes by itself", id(product)),
        None if fallbacks.is_empty() => "name a fallback; the pin resumes by itself".to_string(),
        None => "its fallbacks are sold out too; the pin resumes by itself".to_string(),
    };
    let reason = format!("rule `{}`: {what}", rule.name);
    Some(problem(rule, reason, &instead).as_alert())
}

pub(super) fn has_placeholder(filter: &Filter) -> bool {
    let mut has = false;
    filter.with_values(&mut |value| {
        has |= value.starts_with('{');
        value.to_string()
    });
    has
}

/// Two conditions of one rule that cannot both hold.
fn never_holds(rule: &Rule) -> Option<String> {
    ends_before_it_begins(rule)
        .or_else(|| hours_outside_its_days(rule))
        .or_else(|| wanted_and_unwanted(rule))
        .or_else(|| numbers_apart(rule))
}

/// When it begins and when it ends.
fn bounds(rule: &Rule) -> Option<(&Moment, &Moment)> {
    let (mut begins, mut ends) = (None, None);
    for condition in &rule.when {
        match &condition.test {
            Test::From(from) => begins = Some(from),
            Test::Until(until) => ends = Some(until),
            _ => {}
        }
    }
    begins.zip(ends)
}

fn ends_before_it_begins(rule: &Rule) -> Option<String> {
    let (from, until) = bounds(rule)?;
    (from.at >= until.at).then(|| format!("it ends {} and begins {}", until.text, from.text))
}

/// Between its first and its last day, none of its hours of the week comes.
fn hours_outside_its_days(rule: &Rule) -> Option<String> {
    let (from, until) = bounds(rule)?;
    let mut when = rule.when.iter();
    let (weekly, text) = when.find_map(|condition| match &condition.test {
        Test::Weekly(weekly) => Some((weekly, &condition.text)),
        _ => None,
    })?;
    if until.at.duration_since(from.at) >= SignedDuration::from_hours(7 * 24) {
        return None;
    }
    let mut now = from.at;
    while now < until.at {
        if weekly.holds(now) {
            return None;
        }
        now = now.checked_add(STEP).ok()?;
    }
    let (begins, ends) = (&from.text, &until.text);
    Some(format!(
        "`{text}` does not come between {begins} and {ends}"
    ))
}

fn wanted_and_unwanted(rule: &Rule) -> Option<String> {
    for without in &rule.when {
        let Test::Without {
            patterns: unwanted, ..
        } = &without.test
        else {
            continue;
        };
        for wanted in &rule.when {
            let Test::Query { patterns, .. } = &wanted.test else {
                continue;
            };
            let is_unwanted =
                |pattern: &Pattern| unwanted.iter().any(|unwanted| stands_in(unwanted, pattern));
            if !patterns.is_empty() && patterns.iter().all(is_unwanted) {
                return Some(format!("`{}` and `{}`", wanted.text, without.text));
            }
        }
    }
    None
}

/// A filter condition asks for numbers that its other parts rule out.
fn numbers_apart(rule: &Rule) -> Option<String> {
    let texts = rule
        .when
        .iter()
        .filter_map(|condition| match &condition.test {
            Test::Filter(filter) | Test::Category { filter, .. } if filter.is_impossible() => {
                Some(&condition.text)
            }
            _ => None,
        });
    let text = texts.into_iter().next()?;
    Some(format!("no product passes `{text}`"))
}

pub(super) fn stands_in(part: &Pattern, whole: &Pattern) -> bool {
    let mut windows = whole.tokens.windows(part.tokens.len().max(1));
    windows.any(|window| window == part.tokens)
}
