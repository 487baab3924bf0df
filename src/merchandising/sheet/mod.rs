//! Rules as a spreadsheet: one row for each rule, one column for each word of the language, always in this order.
//!
//! Several things in one cell are separated by ` | `. A pin is written `3920564 @ 1 else 3920571`, a group `a + b @ 1`,
//! a slot `brand:Acorn @ 3`, a boost `brand:Acorn * 1.5`, a suppressed filter `filter: brand:Acorn`, a replacement
//! `gpu => graphics card`. Hours of the week read `fri, sat 18:00 to 22:00` or
//! `fri 08:00 to sun 20:00`. Banners and data are JSON.

mod read;
mod write;

use read::read_cell;
use rustc_hash::FxHashMap;
use write::row;

use super::written::WrittenRule;
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

/// Rules from CSV, each with its row, the header being row 1. A bad row is a problem and the others are read; columns may
/// be left out and stand in any order. Cells are separated by commas, semicolons or tabs, as the header is.
pub fn from_sheet(file: &str, text: &str) -> (Vec<(u64, WrittenRule)>, Vec<Problem>) {
    let text = text.trim_start_matches('\u{feff}');
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(str::to_lowercase).collect(),
        Err(error) => return (rules, vec![Problem::new(file, error.to_string())]),
    };
    problems.extend(wrong_columns(file, &header));
    let mut rows: FxHashMap<String, u64> = FxHashMap::default();
    for (row, record) in (2..).zip(reader.records()) {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(Problem::new(file, error.to_string()).at(row));
                continue;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let mut rule = WrittenRule {
            enabled: true,
            ..WrittenRule::default()
        };
        let cells = header.iter().map(String::as_str).zip(record.iter());
        let mut wrong: Vec<String> = cells
            .filter(|(_, cell)| !cell.is_empty())
            .filter_map(|(column, cell)| read_cell(&mut rule, column, cell).err())
            .collect();
        if rule.name.is_empty() {
            wrong = vec!["the row has no name".into()];
        } else if let Some(first) = rows.insert(rule.name.clone(), row) {
            wrong.push(format!("rule `{}` stands in row {first} too", rule.name));
        }
        if wrong.is_empty() {
            rules.push((row, rule));
        }
        let wrong = wrong.into_iter();
        problems.extend(wrong.map(|reason| Problem::new(file, reason).at(row)));
    }
    (rules, problems)
}

/// What separates the cells: whatever stands most often in the header.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let times = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    // Of equally many, `max_by_key` takes the last.
    let found = [b'\t', b';', b','].into_iter().max_by_key(times);
    found.unwrap_or(b',')
}

fn wrong_columns(file: &str, header: &[String]) -> Vec<Problem> {
    let wrong = header
        .iter()
        .filter(|name| !SHEET_COLUMNS.contains(&name.as_str()));
    let wrong = wrong.map(|name| {
        let instead = match nearest(name, SHEET_COLUMNS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("columns are {}", SHEET_COLUMNS.join(", ")),
        };
        let problem = Problem::new(file, format!("unknown column `{name}`"));
        problem.at(1).suggest(instead)
    });
    wrong.collect()
}
