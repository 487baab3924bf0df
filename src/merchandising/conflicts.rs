//! What rules do to one another and to themselves: contradicting, shadowed, never holding, expired.

use std::sync::Arc;

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::rule::{Condition, Rule, Test};
use super::rules::Rules;
use super::words::{Anchor, Pattern};
use crate::catalog::columns::Columns;
use crate::catalog::filter::{Filter, Predicate};
use crate::problem::Problem;

/// Everything that can be said without a clock; each conflict names the rule that should change.
pub fn conflicts(rules: &Rules, columns: &Columns) -> Vec<Problem> {
    let mut found = Vec::new();
    for rule in &rules.rules {
        of_itself(rule, columns, &mut found);
    }
    same_names(&rules.rules, &mut found);
    pinned_and_suppressed(&rules.rules, columns, &mut found);
    under_the_same_conditions(&rules.rules, &mut found);
    found
}

/// Rules that will never hold again.
pub fn expired(rules: &Rules, now: Timestamp) -> Vec<Problem> {
    let ended = rules.rules.iter().filter_map(|rule| {
        let until = rule.ends().filter(|until| until.at <= now)?;
        let reason = format!("rule `{}` expired: it ended {}", rule.name, until.text);
        Some(problem(
            rule,
            reason,
            "remove it, or give it a later `until`",
        ))
    });
    ended.collect()
}

fn problem(rule: &Rule, reason: String, suggestion: &str) -> Problem {
    Problem::new(rule.file.to_string(), reason)
        .at(rule.line)
        .suggest(suggestion)
}

fn of_itself(rule: &Rule, columns: &Columns, found: &mut Vec<Problem>) {
    let name = &rule.name;
    if let Some(reason) = never_holds(rule) {
        let reason = format!("rule `{name}` never holds: {reason}");
        found.push(problem(rule, reason, "change one of the two conditions"));
    }
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
        for pin in &rule.then.pins {
            for product in &pin.products[..pin.own] {
                if !predicate.holds_for_some(columns, *product) {
                    let id = columns.product_id(*product);
                    let reason =
                        format!("rule `{name}` pins product `{id}`, which `{text}` leaves out");
                    let instead = "the pin cannot land; pin another product, or change the filter";
                    found.push(problem(rule, reason, instead));
                }
            }
        }
    }
    for pin in &rule.then.pins {
        let first = pin.products[0];
        if columns.sold_out(first) && pin.own == 1 {
            let id = columns.product_id(first);
            let instead = match pin.products.get(1) {
                Some(next) => format!(
                    "`{}` stands in; the pin resumes by itself",
                    columns.product_id(*next)
                ),
                None => "name a fallback; the pin resumes by itself".to_string(),
            };
            let reason = format!("rule `{name}`: pinned product `{id}` is sold out");
            found.push(problem(rule, reason, &instead));
        }
    }
}

fn has_placeholder(filter: &Filter) -> bool {
    let mut has = false;
    filter.with_values(&mut |value| {
        has |= value.starts_with('{');
        value.to_string()
    });
    has
}

/// Two conditions of one rule that cannot both hold.
fn never_holds(rule: &Rule) -> Option<String> {
    let moment = |from: bool| {
        rule.when
            .iter()
            .find_map(|condition| match &condition.test {
                Test::From(own) if from => Some(own),
                Test::Until(own) if !from => Some(own),
                _ => None,
            })
    };
    if let (Some(from), Some(until)) = (moment(true), moment(false))
        && from.at >= until.at
    {
        return Some(format!("it ends {} and begins {}", until.text, from.text));
    }
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

fn stands_in(part: &Pattern, whole: &Pattern) -> bool {
    let mut windows = whole.tokens.windows(part.tokens.len().max(1));
    windows.any(|window| window == part.tokens)
}

fn same_names(rules: &[Arc<Rule>], found: &mut Vec<Problem>) {
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

fn pinned_and_suppressed(rules: &[Arc<Rule>], columns: &Columns, found: &mut Vec<Problem>) {
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
    for rule in rules {
        for product in &rule.then.suppressed {
            for pinning in pinned.get(product).into_iter().flatten() {
                if !holds_whenever(rule, pinning) && !holds_whenever(pinning, rule) {
                    continue;
                }
                let id = columns.product_id(*product);
                let reason = format!(
                    "rule `{}` pins product `{id}`, which rule `{}` ({}:{}) suppresses",
                    pinning.name, rule.name, rule.file, rule.line
                );
                let instead = "suppressing wins; remove the pin or the suppression";
                found.push(problem(pinning, reason, instead));
            }
        }
    }
}

/// Rules with the same conditions, and those without any: of what there is only one, the first has it.
fn under_the_same_conditions(rules: &[Arc<Rule>], found: &mut Vec<Problem>) {
    let mut ordered: Vec<&Arc<Rule>> = rules.iter().collect();
    ordered.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    let mut takers: FxHashMap<(String, String), &Rule> = FxHashMap::default();
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
        if let Some((by, file, line)) = before("stop", &takers) {
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
