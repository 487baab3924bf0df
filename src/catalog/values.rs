//! One cell in, its values out, by the attribute's type.

use crate::catalog::feed::{Cell, Cells, Row, cell};
use crate::catalog::markup::{plain_text, unescaped};
use crate::catalog::notation::{boolean, date, in_stock, number};
use crate::catalog::product::Value;
use crate::catalog::schema::{Attribute, Kind, Role};

/// At most this many values of one attribute of one product; more are dropped.
pub const VALUES_MAX: usize = 200;

/// Longer keywords, paths and addresses are refused.
pub const KEYWORD_BYTES_MAX: usize = 2_000;

/// Fields of an object that can stand for it, as in `{"name": "Xerox"}`.
const OBJECT_FIELDS: [&str; 7] = ["value", "name", "label", "title", "amount", "src", "url"];

/// The values of an attribute in a row: from the first of its columns that holds any, each value once.
///
/// Text loses its markup, numbers may carry a currency and either decimal sign, truths and stock may be words, and
/// `scale` is applied.
///
/// # Errors
/// Says what the cell holds that cannot be a value of this type.
pub fn read_values(attribute: &Attribute, row: &Row<'_>) -> Result<Vec<Value>, String> {
    values_in(attribute, &row.cells)
}

/// As `read_values`, for the cells of a row or of a nested variant.
pub(crate) fn values_in(attribute: &Attribute, cells: &Cells<'_>) -> Result<Vec<Value>, String> {
    for column in attribute.columns() {
        let mut values = Vec::new();
        match cell(cells, column) {
            Some(cell) => read_cell(attribute, cell, &mut values)?,
            None => cells_at(cells, column)
                .into_iter()
                .try_for_each(|cell| read_cell(attribute, cell, &mut values))?,
        }
        if !values.is_empty() {
            return Ok(values);
        }
    }
    Ok(Vec::new())
}

/// What a column holds: the cell of that name, or for `a.b` the fields `b` inside the cell `a`.
pub(crate) fn cells_at<'c, 'r>(cells: &'c Cells<'r>, column: &str) -> Vec<&'c Cell<'r>> {
    if let Some(cell) = cell(cells, column) {
        return vec![cell];
    }
    let Some((outer, inner)) = column.split_once('.') else {
        return Vec::new();
    };
    match cell(cells, outer) {
        Some(Cell::Object(object)) => cells_at(object, inner),
        Some(Cell::Array(list)) => {
            let objects = list.iter().filter_map(Cell::as_object);
            objects.flat_map(|object| cells_at(object, inner)).collect()
        }
        _ => Vec::new(),
    }
}

fn read_cell(
    attribute: &Attribute,
    cell: &Cell<'_>,
    values: &mut Vec<Value>,
) -> Result<(), String> {
    match cell {
        Cell::Null => Ok(()),
        Cell::Array(list) if attribute.kind == Kind::Path && list.iter().any(Cell::is_array) => {
            list.iter().try_for_each(|levels| match levels {
                Cell::Array(levels) => read_text(attribute, &joined(levels), values),
                single => read_cell(attribute, single, values),
            })
        }
        Cell::Array(list) => list
            .iter()
            .try_for_each(|item| read_cell(attribute, item, values)),
        Cell::Object(object) => match standing_for(attribute.kind, object) {
            Some(field) => read_cell(attribute, field, values),
            None => Err(format!(
                "holds an object; name one of its fields, as in `columns = [\"{}.{}\"]`",
                attribute.columns().next().unwrap_or(&attribute.name),
                object.keys().next().unwrap_or("field"),
            )),
        },
        Cell::Str(text) => read_text(attribute, text, values),
        Cell::Number(number) => push(attribute, &plain_number(number), values),
        Cell::Bool(truth) => push(attribute, if *truth { "true" } else { "false" }, values),
    }
}

fn read_text(attribute: &Attribute, text: &str, values: &mut Vec<Value>) -> Result<(), String> {
    pieces(attribute, text).try_for_each(|piece| push(attribute, piece, values))
}

fn pieces<'a>(attribute: &'a Attribute, text: &'a str) -> impl Iterator<Item = &'a str> {
    let separator = attribute.separator.as_deref().filter(|s| !s.is_empty());
    let split = separator.map(|separator| text.split(separator));
    let whole = separator.is_none().then_some(text);
    split.into_iter().flatten().chain(whole)
}

fn push(attribute: &Attribute, text: &str, values: &mut Vec<Value>) -> Result<(), String> {
    if values.len() >= VALUES_MAX {
        return Ok(());
    }
    if let Some(value) = read_one(attribute, text.trim())?
        && !values.contains(&value)
    {
        values.push(value);
    }
    Ok(())
}

/// One value, `None` when the cell is empty.
fn read_one(attribute: &Attribute, text: &str) -> Result<Option<Value>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    match attribute.kind {
        Kind::Text => Ok(non_empty(plain_text(text))),
        Kind::Keyword => keyword(plain_text(text)),
        Kind::Path => keyword(path(text)),
        Kind::Url => keyword(unescaped(text)),
        Kind::Boolean => match boolean(text) {
            Some(truth) => Ok(Some(Value::Boolean(truth))),
            None => Err(format!("`{}` is neither yes nor no", excerpt(text))),
        },
        Kind::Date => match date(text) {
            Some(seconds) => Ok(Some(Value::Date(seconds))),
            None => Err(format!(
                "`{}` is not a date; write 2026-11-23 or 2026-11-23T10:00:00Z",
                excerpt(text)
            )),
        },
        Kind::Number | Kind::Money => {
            if attribute.role == Some(Role::Stock)
                && let Some(stock) = in_stock(text)
            {
                return Ok(stock.map(Value::Number));
            }
            let is_price = matches!(attribute.role, Some(Role::Price | Role::ListPrice));
            let number = number(text, attribute.kind == Kind::Money);
            match number.map(|number| scaled(number, attribute.scale)) {
                Some(number) if is_price && number < 0.0 => {
                    Err(format!("`{}` is less than nothing", excerpt(text)))
                }
                Some(number) if number.is_finite() => Ok(Some(Value::Number(number))),
                Some(_) => Err(format!("`{}` is too large a number", excerpt(text))),
                None => Err(format!("`{}` is not a number", excerpt(text))),
            }
        }
    }
}

fn keyword(text: String) -> Result<Option<Value>, String> {
    if text.len() > KEYWORD_BYTES_MAX {
        return Err(format!(
            "is {} bytes long, at most {KEYWORD_BYTES_MAX} are allowed here",
            text.len()
        ));
    }
    Ok(non_empty(text))
}

fn non_empty(text: String) -> Option<Value> {
    (!text.is_empty()).then_some(Value::Text(text))
}

/// Levels trimmed and joined by ` > `, empty ones left out.
fn path(text: &str) -> String {
    let text = unescaped(text);
    let levels: Vec<&str> = text
        .split('>')
        .map(str::trim)
        .filter(|level| !level.is_empty())
        .collect();
    levels.join(" > ")
}

fn joined(levels: &[Cell<'_>]) -> String {
    let names: Vec<&str> = levels.iter().filter_map(Cell::as_str).collect();
    names.join(" > ")
}

/// The field that says what an object means; for paths the deepest of `lvl0`, `lvl1`….
fn standing_for<'c, 'r>(kind: Kind, object: &'c Cells<'r>) -> Option<&'c Cell<'r>> {
    if kind == Kind::Path
        && let Some((_, deepest)) = object
            .iter()
            .filter(|(key, level)| key.starts_with("lvl") && !level.is_null())
            .max_by_key(|(key, _)| *key)
    {
        return Some(deepest);
    }
    let scalar = |cell: &&Cell<'_>| !cell.is_object() && !cell.is_null();
    OBJECT_FIELDS
        .iter()
        .find_map(|field| cell(object, field).filter(scalar))
}

/// `6.0` reads as 6: a whole number has no fraction, whatever the exporter wrote.
pub(crate) fn plain_number(number: &serde_json_borrow::Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value:.0}"),
        Some(value) => serde_json::Value::from(value).to_string(),
        None => number.to_string(),
    }
}

/// Divides when the scale is one in a whole number, so that 4995 cents are 49.95 and not a hair beside it.
fn scaled(number: f64, scale: Option<f64>) -> f64 {
    let Some(scale) = scale else { return number };
    let inverse = (1.0 / scale).round();
    if inverse >= 1.0 && (inverse * scale - 1.0).abs() < 1e-9 {
        number / inverse
    } else {
        number * scale
    }
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
