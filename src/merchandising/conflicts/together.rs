//! What rules do to one another: names given twice, pins that another rule leaves out, and rules that never get their
//! turn.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::rule::{Condition, Rule, Test};
use super::super::words::{Anchor, Pattern};
use super::alone::{has_placeholder, stands_in};
use super::problem;
use crate::catalog::columns::Columns;
use crate::catalog::filter::{Filter, Predicate};
use crate::problem::Problem;

pub(super) fn same_names(rules: &[Arc<Rule>], found: &mut Vec<Problem>) {
    let mut known: FxHashMap<&str, &Rule> = FxHashMap::default();
    for rule in rules {
        if let Some(first) = known.insert(&rule.name, rule) {
            let reason = format!(
                "rule `{}` has the name of the rule in {}:{}",
                rule.name, first.file, first.line
            );
            found.push(problem(rule, reason, "give each rule its own name"));
        }
    }
}

/// Pins of products that another rule leaves out whenever both hold.
pub(super) fn pinned_and_left_out(
    rules: &[Arc<Rule>],
    columns: &Columns,
    found: &mut Vec<Problem>,
) {
    let mut pinned: FxHashMap<u32, Vec<&Rule>> = FxHashMap::default();
    for rule in rules {
        for pin in &rule.then.pins {
            for product in &pin.products[..pin.own] {
                let by = pinned.entry(*product).or_default();
                if !by.iter().any(|own| std::ptr::eq(*own, &**rule)) {
                    by.push(rule);
                }
            }
        }
    }
    let all = by_product(&pinned);
    for rule in rules {
        for product in &rule.then.suppressed {
            for pinning in pinned.get(product).into_iter().flatten() {
                left_out(pinning, rule, *product, "suppresses", columns, found);
            }
        }
        let bind = |filters: &[Filter]| -> Vec<Predicate> {
            let bound = filters.iter().filter(|filter| !has_placeholder(filter));
            bound
                .map(|filter| Predicate::bind(filter, columns))
                .collect()
        };
        let (hidden, listed) = (
            bind(&rule.then.suppressed_filters),
            bind(&rule.then.filters),
        );
        if hidden.is_empty() && listed.is_empty() {
            continue;
        }
        for (product, pinning) in &all {
            let passes = |own: &Predicate| own.holds_for_some(columns, *product);
            if hidden.iter().any(passes) {
                left_out(pinning, rule, *product, "suppresses", columns, found);
            }
            // A rule's own filter is looked at when the rule is.
            if !std::ptr::eq(*pinning, &**rule) && !listed.iter().all(passes) {
                left_out(pinning, rule, *product, "does not list", columns, found);
            }
        }
    }
}

/// Pinned products and who pins them, in the order of the catalog.
fn by_product<'r>(pinned: &FxHashMap<u32, Vec<&'r Rule>>) -> Vec<(u32, &'r Rule)> {
    let mut all: Vec<(u32, &Rule)> = pinned
        .iter()
        .flat_map(|(product, by)| by.iter().map(|rule| (*product, *rule)))
        .collect();
    all.sort_by_key(|(product, rule)| (*product, rule.line));
    all
}

fn left_out(
    pinning: &Rule,
    rule: &Rule,
    product: u32,
    does: &str,
    columns: &Columns,
    found: &mut Vec<Problem>,
) {
    if !holds_whenever(rule, pinning) && !holds_whenever(pinning, rule) {
        return;
    }
    let id = columns.product_id(product);
    let reason = format!(
        "rule `{}` pins product `{id}`, which rule `{}` ({}:{}) {does}",
        pinning.name, rule.name, rule.file, rule.line
    );
    let instead = match does {
        "suppresses" => "suppressing wins; remove the pin or the suppression",
        _ => "the pin cannot land while both hold; pin another product, or change the filter",
    };
    found.push(problem(pinning, reason, instead));
}

/// Rules with the same conditions, and those without any: of what there is only one, the first has it.
pub(super) fn under_the_same_conditions(rules: &[Arc<Rule>], found: &mut Vec<Problem>) {
    let mut ordered: Vec<&Arc<Rule>> = rules.iter().collect();
    ordered.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    let mut takers: FxHashMap<(String, String), &Rule> = FxHashMap::default();
    let mut stopping: Vec<&Rule> = Vec::new();
    for rule in ordered {
        let own = signature(&rule.when);
        let places = [own.clone(), String::new()];
        let before = |claim: &str, takers: &FxHashMap<(String, String), &Rule>| {
            places.iter().find_map(|place| {
                let taker: &Rule = takers.get(&(place.clone(), claim.to_string()))?;
                // A rule without conditions is the least specific: only a higher priority puts it first.
                let is_first = *place == own || taker.priority > rule.priority;
                is_first.then_some((taker.name.clone(), taker.file.clone(), taker.line))
            })
        };
        let stops_it = |stop: &&&Rule| stop.priority > rule.priority && holds_whenever(stop, rule);
        let stopped_by = stopping.iter().find(stops_it);
        let stopped_by = stopped_by.map(|stop| (stop.name.clone(), stop.file.clone(), stop.line));
        if let Some((by, file, line)) = before("stop", &takers).or(stopped_by) {
            let reason = format!(
                "rule `{}` is shadowed: rule `{by}` ({file}:{line}) stops the rules after it",
                rule.name
            );
            found.push(problem(
                rule,
                reason,
                "remove `stop`, or raise its `priority`",
            ));
            continue;
        }
        let mut told = Vec::new();
        for claim in claims(rule) {
            if let Some((by, file, line)) = before(&claim.key, &takers)
                && by != rule.name
                && !told.contains(&by)
            {
                let reason = format!(
                    "rule `{}` {} by rule `{by}` ({file}:{line}) under the same conditions",
                    rule.name, claim.what
                );
                found.push(problem(rule, reason, claim.then));
                told.push(by);
            }
        }
        for claim in claims(rule) {
            takers.entry((own.clone(), claim.taken)).or_insert(rule);
        }
        if rule.stop {
            takers.entry((own, "stop".into())).or_insert(rule);
            stopping.push(rule);
        }
    }
}

/// Something only one rule can have.
struct Claim {
    /// What must not be taken.
    key: String,
    /// What it takes.
    taken: String,
    what: String,
    then: &'static str,
}

fn claims(rule: &Rule) -> Vec<Claim> {
    let mut claims = Vec::new();
    let claim = |key: String, what: String, then| Claim {
        taken: key.clone(),
        key,
        what,
        then,
    };
    let then = &rule.then;
    for pin in &then.pins {
        let what = format!("pins at position {}, which is taken", pin.position);
        claims.push(claim(
            what.clone(),
            what,
            "its pin moves down; choose another position",
        ));
    }
    for (what, has) in [
        ("redirects, as is done", then.redirect.is_some()),
        ("sorts, as is done", then.sort.is_some()),
        ("chooses a recipe, as is done", then.recipe.is_some()),
        ("orders the facets, as is done", !then.facets.is_empty()),
    ] {
        if has {
            claims.push(claim(
                what.into(),
                what.into(),
                "only the first has its way",
            ));
        }
    }
    for adjustment in &then.adjustments {
        let (own, other, what) = match adjustment.by >= 1.0 {
            true => ("boost", "bury", "boosts what is buried"),
            false => ("bury", "boost", "buries what is boosted"),
        };
        let filter = format!("{:?}", adjustment.filter);
        // It meets only its opposite: two boosts of one thing add up.
        claims.push(Claim {
            key: format!("{other} {filter}"),
            taken: format!("{own} {filter}"),
            what: what.to_string(),
            then: "the two multiply; keep one",
        });
    }
    claims
}

fn signature(when: &[Condition]) -> String {
    let texts: Vec<&str> = when
        .iter()
        .map(|condition| condition.text.as_str())
        .collect();
    texts.join("\n")
}

/// Whether `general` holds whenever `special` does.
fn holds_whenever(general: &Rule, special: &Rule) -> bool {
    general.when.iter().all(|wanted| {
        special
            .when
            .iter()
            .any(|known| implies(&known.test, &wanted.test))
    })
}

fn implies(known: &Test, wanted: &Test) -> bool {
    match (known, wanted) {
        (
            Test::Query { patterns, .. },
            Test::Query {
                anchor: Anchor::Contains,
                patterns: parts,
                ..
            },
        ) => {
            let holds = |pattern: &Pattern| parts.iter().any(|part| stands_in(part, pattern));
            !patterns.is_empty() && patterns.iter().all(holds)
        }
        (
            Test::Category { filter, .. } | Test::Filter(filter),
            Test::Category { filter: wanted, .. } | Test::Filter(wanted),
        ) => filter.implies(wanted),
        (Test::From(own), Test::From(wanted)) => own.at >= wanted.at,
        (Test::Until(own), Test::Until(wanted)) => own.at <= wanted.at,
        _ => known == wanted,
    }
}
