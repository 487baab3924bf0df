//! Rules as a spreadsheet: one row for each rule, one column for each word of the language, always in this order.
//!
//! Several things in one cell are separated by ` | `. A pin is written `3920564 @ 1 else 3920571`, a group `a + b @ 1`,
//! a slot `brand:Acorn @ 3`, a boost `brand:Acorn * 1.5`, a suppressed filter `filter: brand:Acorn`, a replacement
//! `gpu => graphics card`. Hours of the week read `fri, sat 18:00 to 22:00`. Banners and data are JSON.

mod read;
mod write;

use read::read_cell;
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
