//! Rows of a history, in whatever columns a shop has them, as events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::event::parse_past;
use super::ubi;
use crate::catalog::feed::Cells;
use crate::journal::{Event, EventKind, id_hash};

/// Fields of an event that a column can be for.
pub const FIELDS: [&str; 13] = [
    "id", "type", "shopper", "account", "session", "at", "products", "query", "query_id", "price",
    "quantity", "currency", "category",
];

/// Where a history has what events say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// The column of a field; others are in the column of the same name.
    pub columns: BTreeMap<String, String>,
    /// The type of events that say none.
    pub kind: Option<EventKind>,
}

/// The event in a row, or what is wrong with it. A row without an id gets one made of what it says and of its place, so
/// that a history can be read twice. A negative quantity is a return.
pub fn event(
    cells: &Cells<'_>,
    columns: &Columns,
    line: u64,
    now: Timestamp,
) -> Result<Event, String> {
    let cells = cells
        .iter()
        .map(|(column, cell)| (column.to_owned(), Value::from(cell.clone())));
    let cells: Map<String, Value> = cells.collect();
    let row = Value::Object(cells.clone());
    let mut event = if ubi::is_ubi(&row) {
        ubi::to_native(&row)
    } else {
        native(&cells, columns)
    };
    if event.get("id").is_none_or(Value::is_null) {
        let hash = id_hash(&row.to_string());
        event["id"] = format!("history-{hash:016x}-{line}").into();
    }
    parse_past(&(&event).into(), now).map_err(|refused| refused.told())
}

fn native(cells: &Map<String, Value>, columns: &Columns) -> Value {
    let mut event = json!({});
    for field in FIELDS {
        let column = columns.columns.get(field).map_or(field, String::as_str);
        if let Some(cell) = cells.get(column).filter(|cell| **cell != json!("")) {
            event[field] = typed(field, cell);
        }
    }
    for field in ["filter", "positions", "asked"] {
        if let Some(cell) = cells.get(field) {
            event[field] = cell.clone();
        }
    }
    if event.get("type").is_none()
        && let Some(kind) = columns.kind
    {
        event["type"] = kind.name().into();
    }
    if let Some(quantity) = event["quantity"].as_f64() {
        if quantity < 0.0 {
            event["type"] = EventKind::Return.name().into();
        }
        event["quantity"] = (quantity.abs().round().max(1.0) as u64).into();
    }
    event
}

/// A cell as the field wants it: columns of a table hold nothing but texts.
fn typed(field: &str, cell: &Value) -> Value {
    match (field, cell) {
        ("products", Value::String(id)) => json!([id]),
        ("products", Value::Number(id)) => json!([id.to_string()]),
        ("price" | "quantity", Value::String(number)) => {
            let number = number.trim().parse::<f64>();
            number.map_or_else(|_| cell.clone(), Value::from)
        }
        ("at", Value::String(at)) => time(at).map_or_else(|| cell.clone(), Value::from),
        ("shopper" | "account" | "session" | "id", Value::Number(id)) => id.to_string().into(),
        _ => cell.clone(),
    }
}

/// A time that says no zone is one of UTC.
fn time(at: &str) -> Option<String> {
    if at.parse::<Timestamp>().is_ok() {
        return None;
    }
    let at: DateTime = at.trim().parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(at).ok()?.to_string())
}
