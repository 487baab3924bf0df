//! A rule as the cells of a row.

use super::super::schedule::told;
use super::super::written::{
    Obey, Texts, WrittenAdjustment, WrittenMoment, WrittenPin, WrittenReplacement, WrittenRule,
    WrittenSuppression,
};

/// One cell for each column.
pub(super) fn row(rule: &WrittenRule) -> Vec<String> {
    let (when, query) = (&rule.when, rule.when.query.clone().unwrap_or_default());
    let said = |text: &Option<String>| text.clone().unwrap_or_default();
    let flag = |said: bool, plain: bool| match said == plain {
        true => String::new(),
        false => said.to_string(),
    };
    let texts = |texts: &Texts| joined(texts.all(), String::clone);
    let moment =
        |moment: &Option<WrittenMoment>| moment.as_ref().map_or(String::new(), WrittenMoment::text);
    let arms: Vec<String> = when
        .experiment
        .iter()
        .map(|(name, arm)| format!("{name}:{arm}"))
        .collect();
    let priority = match rule.priority {
        0 => String::new(),
        priority => priority.to_string(),
    };
    vec![
        rule.name.clone(),
        said(&rule.note),
        flag(rule.enabled, true),
        priority,
        flag(rule.stop, false),
        texts(&query.is),
        texts(&query.contains),
        texts(&query.starts),
        texts(&query.ends),
        texts(&query.any),
        texts(&query.none),
        flag(query.spelling, true),
        flag(query.stemming, true),
        flag(query.synonyms, true),
        texts(&when.category),
        said(&when.filter),
        texts(&when.segment),
        texts(&when.surface),
        texts(&when.context),
        texts(&when.device),
        texts(&when.campaign),
        texts(&when.language),
        joined(&arms, String::clone),
        moment(&when.from),
        moment(&when.until),
        joined(when.weekly.all(), told),
        said(&when.timezone),
        joined(&rule.pin, pin),
        joined(&rule.slot, |slot| {
            format!("{} @ {}", slot.filter, slot.position)
        }),
        joined(&rule.boost, adjustment),
        joined(&rule.bury, adjustment),
        joined(&rule.suppress, suppression),
        said(&rule.filter),
        joined(&rule.replace, replacement),
        texts(&rule.remove),
        texts(&rule.add),
        said(&rule.sort),
        said(&rule.recipe),
        said(&rule.redirect),
        extras(rule),
    ]
}

fn joined<T>(all: &[T], text: impl Fn(&T) -> String) -> String {
    all.iter().map(text).collect::<Vec<_>>().join(" | ")
}

fn pin(pin: &WrittenPin) -> String {
    let own: Vec<&str> = pin
        .product
        .iter()
        .chain(&pin.products)
        .map(String::as_str)
        .collect();
    let mut text = format!("{} @ {}", own.join(" + "), pin.position);
    if !pin.fallback.is_empty() {
        text += &format!(" else {}", pin.fallback.all().join(" + "));
    }
    if pin.obey == Obey::Query {
        text += " obeying query";
    }
    text
}

fn adjustment(adjustment: &WrittenAdjustment) -> String {
    match adjustment.by {
        Some(by) => format!("{} * {by}", adjustment.filter),
        None => adjustment.filter.clone(),
    }
}

fn suppression(suppression: &WrittenSuppression) -> String {
    match suppression {
        WrittenSuppression::Product(id) => id.clone(),
        WrittenSuppression::Filter { filter } => format!("filter: {filter}"),
    }
}

fn replacement(replacement: &WrittenReplacement) -> String {
    let words = replacement.words.as_deref().unwrap_or("*");
    format!("{words} => {}", replacement.with)
}

/// What has no column of its own, as JSON.
fn extras(rule: &WrittenRule) -> String {
    let mut extras = serde_json::Map::new();
    let mut add = |key: &str, value: serde_json::Result<serde_json::Value>| {
        extras.insert(key.into(), value.expect("texts and numbers can be written"));
    };
    if !rule.banner.is_empty() {
        add("banner", serde_json::to_value(&rule.banner));
    }
    if let Some(data) = &rule.data {
        add("data", Ok(data.clone()));
    }
    if !rule.facets.is_empty() {
        add("facets", serde_json::to_value(&rule.facets));
    }
    match extras.is_empty() {
        true => String::new(),
        false => serde_json::Value::Object(extras).to_string(),
    }
}
