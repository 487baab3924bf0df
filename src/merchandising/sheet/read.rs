//! A cell as what it says of its rule.

use super::super::written::{
    Banner, Obey, Texts, Weeklies, WrittenAdjustment, WrittenMoment, WrittenPin, WrittenQuery,
    WrittenReplacement, WrittenRule, WrittenSlot, WrittenSuppression, WrittenWeekly, WrittenWhen,
};

/// Takes in a cell, or says what is wrong with it.
pub(super) fn read_cell(rule: &mut WrittenRule, column: &str, cell: &str) -> Result<(), String> {
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
        "weekly" => {
            let windows = parts(cell).map(read_weekly);
            let mut windows: Vec<WrittenWeekly> = windows.collect::<Result<_, _>>()?;
            when.weekly = match windows.len() {
                1 => Weeklies::One(windows.remove(0)),
                _ => Weeklies::Many(windows),
            };
        }
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

/// `fri, sat 18:00 to 22:00`, or over days, `fri 08:00 to sun 20:00`.
fn read_weekly(part: &str) -> Result<WrittenWeekly, String> {
    let example = || {
        format!(
            "`weekly` is `{part}`: write it as fri, sat 18:00 to 22:00, or fri 08:00 to sun 20:00"
        )
    };
    let (begins, until) = part.rsplit_once(" to ").ok_or_else(example)?;
    let (days, from) = match until.trim().contains(' ') {
        true => ("", begins),
        false => begins.rsplit_once(' ').unwrap_or(("", begins)),
    };
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
