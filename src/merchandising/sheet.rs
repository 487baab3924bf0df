//! Rules as a spreadsheet: one row for each rule, one column for each word of the language, always in this order.
//!
//! Several things in one cell are separated by ` | `. A pin is written `3920564 @ 1 else 3920571`, a group `a + b @ 1`,
//! a slot `brand:Acorn @ 3`, a boost `brand:Acorn * 1.5`, a suppressed filter `filter: brand:Acorn`, a replacement
//! `gpu => graphics card`. Hours of the week read `fri, sat 18:00 to 22:00`. Banners and data are JSON.

use super::written::{
    Banner, Obey, Texts, WrittenAdjustment, WrittenMoment, WrittenPin, WrittenQuery,
    WrittenReplacement, WrittenRule, WrittenSlot, WrittenSuppression, WrittenWeekly, WrittenWhen,
};
use crate::problem::{Problem, nearest};

/// The columns, in order.
pub const SHEET_COLUMNS: [&str; 40] = [
    "name",
    "note",
    "enabled",
    "priority",
    "stop",
    "query_is",
    "query_contains",
    "query_starts",
    "query_ends",
    "query_any",
    "query_none",
    "query_spelling",
    "query_stemming",
    "query_synonyms",
    "category",
    "when_filter",
    "segment",
    "surface",
    "context",
    "device",
    "campaign",
    "language",
    "experiment",
    "from",
    "until",
    "weekly",
    "timezone",
    "pin",
    "slot",
    "boost",
    "bury",
    "suppress",
    "filter",
    "replace",
    "remove",
    "add",
    "sort",
    "recipe",
    "redirect",
    "extras",
];

/// Rules as CSV, with a header.
pub fn to_sheet(rules: &[WrittenRule]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = (|| {
        writer.write_record(SHEET_COLUMNS)?;
        for rule in rules {
            writer.write_record(row(rule))?;
        }
        writer.flush()?;
        Ok::<(), csv::Error>(())
    })();
    written.expect("writing rows of one length to memory cannot fail");
    let bytes = writer.into_inner().expect("it was flushed");
    String::from_utf8(bytes).expect("all cells are text")
}

/// Rules from CSV. A bad row is a problem and the others are read; columns may be left out and stand in any order.
pub fn from_sheet(file: &str, text: &str) -> (Vec<WrittenRule>, Vec<Problem>) {
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(str::to_lowercase).collect(),
        Err(error) => return (rules, vec![Problem::new(file, error.to_string())]),
    };
    for name in &header {
        if !SHEET_COLUMNS.contains(&name.as_str()) {
            let instead = match nearest(name, SHEET_COLUMNS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("columns are {}", SHEET_COLUMNS.join(", ")),
            };
            let problem = Problem::new(file, format!("unknown column `{name}`"));
            problems.push(problem.at(1).suggest(instead));
        }
    }
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(Problem::new(file, error.to_string()));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let mut rule = WrittenRule {
            enabled: true,
            ..WrittenRule::default()
        };
        let cells = header.iter().map(String::as_str).zip(record.iter());
        let wrong: Vec<String> = cells
            .filter(|(_, cell)| !cell.is_empty())
            .filter_map(|(column, cell)| read_cell(&mut rule, column, cell).err())
            .collect();
        if rule.name.is_empty() {
            problems.push(Problem::new(file, "the row has no name").at(line));
        } else if wrong.is_empty() {
            rules.push(rule);
        }
        problems.extend(
            wrong
                .into_iter()
                .map(|reason| Problem::new(file, reason).at(line)),
        );
    }
    (rules, problems)
}

fn row(rule: &WrittenRule) -> Vec<String> {
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
        when.weekly.as_ref().map_or(String::new(), weekly),
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

fn weekly(weekly: &WrittenWeekly) -> String {
    let days = weekly.days.all().join(", ");
    let from = weekly.from.as_deref().unwrap_or("00:00");
    let until = weekly.until.as_deref().unwrap_or("24:00");
    format!("{days} {from} to {until}").trim_start().to_string()
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

fn read_cell(rule: &mut WrittenRule, column: &str, cell: &str) -> Result<(), String> {
    let text = || Some(cell.to_string());
    let when: &mut WrittenWhen = &mut rule.when;
    match column {
        "name" => rule.name = cell.into(),
        "note" => rule.note = text(),
        "enabled" => rule.enabled = read_flag(column, cell)?,
        "priority" => {
            let number = cell
                .parse()
                .map_err(|_| format!("`priority` is `{cell}`, no whole number"));
            rule.priority = number?;
        }
        "stop" => rule.stop = read_flag(column, cell)?,
        "query_is" => query(when).is = texts(cell),
        "query_contains" => query(when).contains = texts(cell),
        "query_starts" => query(when).starts = texts(cell),
        "query_ends" => query(when).ends = texts(cell),
        "query_any" => query(when).any = texts(cell),
        "query_none" => query(when).none = texts(cell),
        "query_spelling" => query(when).spelling = read_flag(column, cell)?,
        "query_stemming" => query(when).stemming = read_flag(column, cell)?,
        "query_synonyms" => query(when).synonyms = read_flag(column, cell)?,
        "category" => when.category = texts(cell),
        "when_filter" => when.filter = text(),
        "segment" => when.segment = texts(cell),
        "surface" => when.surface = texts(cell),
        "context" => when.context = texts(cell),
        "device" => when.device = texts(cell),
        "campaign" => when.campaign = texts(cell),
        "language" => when.language = texts(cell),
        "experiment" => {
            for part in parts(cell) {
                let example = || format!("`experiment` is `{part}`: write it as layout:b");
                let (name, arm) = part.split_once(':').ok_or_else(example)?;
                when.experiment
                    .insert(name.trim().into(), arm.trim().into());
            }
        }
        "from" => when.from = text().map(WrittenMoment::Text),
        "until" => when.until = text().map(WrittenMoment::Text),
        "weekly" => when.weekly = Some(read_weekly(cell)?),
        "timezone" => when.timezone = text(),
        "pin" => rule.pin = parts(cell).map(read_pin).collect::<Result<_, _>>()?,
        "slot" => rule.slot = parts(cell).map(read_slot).collect::<Result<_, _>>()?,
        "boost" => rule.boost = parts(cell).map(read_adjustment).collect::<Result<_, _>>()?,
        "bury" => rule.bury = parts(cell).map(read_adjustment).collect::<Result<_, _>>()?,
        "suppress" => rule.suppress = parts(cell).map(read_suppression).collect(),
        "filter" => rule.filter = text(),
        "replace" => {
            rule.replace = parts(cell)
                .map(read_replacement)
                .collect::<Result<_, _>>()?
        }
        "remove" => rule.remove = texts(cell),
        "add" => rule.add = texts(cell),
        "sort" => rule.sort = text(),
        "recipe" => rule.recipe = text(),
        "redirect" => rule.redirect = text(),
        "extras" => read_extras(rule, cell)?,
        _ => {}
    }
    Ok(())
}

fn query(when: &mut WrittenWhen) -> &mut WrittenQuery {
    when.query.get_or_insert_default()
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('|')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn texts(cell: &str) -> Texts {
    let mut all: Vec<String> = parts(cell).map(str::to_string).collect();
    match all.len() {
        1 => Texts::One(all.remove(0)),
        _ => Texts::Many(all),
    }
}

fn read_flag(column: &str, cell: &str) -> Result<bool, String> {
    match cell.to_lowercase().as_str() {
        "true" | "yes" | "1" | "x" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(format!("`{column}` is `{cell}`: write true or false")),
    }
}

/// What stands before the last ` @ ` and the position after it.
fn at_position(part: &str) -> Result<(&str, usize), String> {
    let example = || format!("`{part}` has no position: write it as 3920564 @ 1");
    let (what, position) = part.rsplit_once('@').ok_or_else(example)?;
    let position = position.trim().parse().map_err(|_| example())?;
    Ok((what.trim(), position))
}

fn read_pin(part: &str) -> Result<WrittenPin, String> {
    let (part, obey) = match part.strip_suffix("obeying query") {
        Some(rest) => (rest, Obey::Query),
        None => (part, Obey::Filters),
    };
    let (own, fallback) = part.split_once(" else ").unwrap_or((part, ""));
    let ids = |text: &str| -> Vec<String> {
        let ids = text.split(" + ").map(str::trim).filter(|id| !id.is_empty());
        ids.map(str::to_string).collect()
    };
    let (own, position) = at_position(own)?;
    let mut own = ids(own);
    let mut fallback = ids(fallback);
    Ok(WrittenPin {
        product: (own.len() == 1).then(|| own.remove(0)),
        products: own,
        position,
        fallback: match fallback.len() {
            1 => Texts::One(fallback.remove(0)),
            _ => Texts::Many(fallback),
        },
        obey,
    })
}

fn read_slot(part: &str) -> Result<WrittenSlot, String> {
    let (filter, position) = at_position(part)?;
    Ok(WrittenSlot {
        filter: filter.into(),
        position,
    })
}

fn read_adjustment(part: &str) -> Result<WrittenAdjustment, String> {
    let Some((filter, by)) = part.rsplit_once(" * ") else {
        return Ok(WrittenAdjustment {
            filter: part.into(),
            by: None,
        });
    };
    let by = by.trim().parse();
    Ok(WrittenAdjustment {
        filter: filter.trim().into(),
        by: Some(by.map_err(|_| format!("`{part}`: write it as brand:Acorn * 1.5"))?),
    })
}

fn read_suppression(part: &str) -> WrittenSuppression {
    match part.strip_prefix("filter:") {
        Some(filter) => WrittenSuppression::Filter {
            filter: filter.trim().into(),
        },
        None => WrittenSuppression::Product(part.into()),
    }
}

fn read_replacement(part: &str) -> Result<WrittenReplacement, String> {
    let example = || format!("`{part}`: write it as gpu => graphics card");
    let (words, with) = part.split_once("=>").ok_or_else(example)?;
    let words = words.trim();
    Ok(WrittenReplacement {
        words: (words != "*").then(|| words.to_string()),
        with: with.trim().into(),
    })
}

fn read_weekly(cell: &str) -> Result<WrittenWeekly, String> {
    let example = || format!("`weekly` is `{cell}`: write it as fri, sat 18:00 to 22:00");
    let (begins, until) = cell.rsplit_once(" to ").ok_or_else(example)?;
    let (days, from) = begins.rsplit_once(' ').unwrap_or(("", begins));
    let days = days.split(',').map(str::trim).filter(|day| !day.is_empty());
    Ok(WrittenWeekly {
        days: Texts::Many(days.map(str::to_string).collect()),
        from: Some(from.trim().into()).filter(|from| from != "00:00"),
        until: Some(until.trim().into()).filter(|until| until != "24:00"),
    })
}

fn read_extras(rule: &mut WrittenRule, cell: &str) -> Result<(), String> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Extras {
        banner: Vec<Banner>,
        data: Option<serde_json::Value>,
        facets: Vec<String>,
    }
    let extras: Extras =
        serde_json::from_str(cell).map_err(|error| format!("`extras` is not JSON: {error}"))?;
    (rule.banner, rule.data, rule.facets) = (extras.banner, extras.data, extras.facets);
    Ok(())
}
