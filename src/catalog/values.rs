//! One cell in, its values out, by the attribute's type.

use crate::catalog::feed::{Cell, Cells, Row, cell};
use crate::catalog::markup::{plain_text, unescaped};
use crate::catalog::notation::{
    boolean, currency, date, in_stock, is_false_date, is_shortened, number,
};
use crate::catalog::product::Value;
use crate::catalog::schema::{Attribute, Kind, Role};

/// At most this many values of one attribute of one product; more are dropped.
pub const VALUES_MAX: usize = 200;

/// Longer texts are cut.
pub const TEXT_BYTES_MAX: usize = 256 << 10;

/// Longer keywords, paths and addresses are refused.
pub const KEYWORD_BYTES_MAX: usize = 2_000;

/// Fields of an object that can stand for it, as in `{"name": "Xerox"}`.
const OBJECT_FIELDS: [&str; 7] = ["value", "name", "label", "title", "amount", "src", "url"];

/// What a column of a row gave.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) values: Vec<Value>,
    /// What was done to them, as `Mend` bits.
    pub(crate) mends: u8,
}

/// What may be done to a value without refusing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mend {
    Markup = 1,
    DecimalComma = 2,
    TooMany = 4,
    Cut = 8,
}

impl Mend {
    pub(crate) const ALL: [Mend; 4] = [Mend::Markup, Mend::DecimalComma, Mend::TooMany, Mend::Cut];

    /// What is said of it.
    pub(crate) fn said(self) -> &'static str {
        match self {
            Mend::Markup => "markup or doubled blanks taken out",
            Mend::DecimalComma => "a comma was read as the decimal sign or a mark of thousands",
            Mend::TooMany => "more than 200 values, the rest was left out",
            Mend::Cut => "a text over 256 KiB was cut",
        }
    }
}

/// The values of an attribute in a row: from the first of its columns that holds any, each value once.
///
/// Text loses its markup, numbers may carry a currency and either decimal sign, truths and stock may be words, and
/// `scale` is applied.
///
/// # Errors
/// Says what the cell holds that cannot be a value of this type.
pub fn read_values(attribute: &Attribute, row: &Row<'_>) -> Result<Vec<Value>, String> {
    values_in(attribute, None, &row.cells).map(|found| found.values)
}

/// As `read_values`, for the cells of a row or of a nested variant; amounts in another currency than the shop's are
/// refused when that is given.
pub(crate) fn values_in(
    attribute: &Attribute,
    shop_currency: Option<&str>,
    cells: &Cells<'_>,
) -> Result<Found, String> {
    let mut reading = Reading {
        attribute,
        shop_currency,
        found: Found::default(),
    };
    for column in attribute.columns() {
        match cell(cells, column) {
            Some(cell) => reading.read_cell(cell)?,
            None => cells_at(cells, column)
                .into_iter()
                .try_for_each(|cell| reading.read_cell(cell))?,
        }
        if !reading.found.values.is_empty() {
            break;
        }
    }
    Ok(reading.found)
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

/// One attribute being read from a row.
struct Reading<'a> {
    attribute: &'a Attribute,
    shop_currency: Option<&'a str>,
    found: Found,
}

impl Reading<'_> {
    fn read_cell(&mut self, cell: &Cell<'_>) -> Result<(), String> {
        let kind = self.attribute.kind;
        match cell {
            Cell::Null => Ok(()),
            Cell::Array(list) if kind == Kind::Path && list.iter().any(Cell::is_array) => {
                list.iter().try_for_each(|levels| match levels {
                    Cell::Array(levels) => self.read_text(&joined(levels)),
                    single => self.read_cell(single),
                })
            }
            Cell::Array(list) => list.iter().try_for_each(|item| self.read_cell(item)),
            Cell::Object(object) => match standing_for(kind, object) {
                Some(field) => self.read_cell(field),
                None => Err(format!(
                    "holds an object; name one of its fields, as in `columns = [\"{}.{}\"]`",
                    self.attribute
                        .columns()
                        .next()
                        .unwrap_or(&self.attribute.name),
                    object.keys().next().unwrap_or("field"),
                )),
            },
            Cell::Str(text) => self.read_text(text),
            Cell::Number(number) => self.push(&plain_number(number)),
            Cell::Bool(truth) => self.push(if *truth { "true" } else { "false" }),
        }
    }

    fn read_text(&mut self, text: &str) -> Result<(), String> {
        let attribute = self.attribute;
        pieces(attribute, text).try_for_each(|piece| self.push(piece))
    }

    fn push(&mut self, text: &str) -> Result<(), String> {
        if self.found.values.len() >= VALUES_MAX {
            self.mended(Mend::TooMany);
            return Ok(());
        }
        if let Some(value) = self.read_one(text.trim())?
            && !self.found.values.contains(&value)
        {
            self.found.values.push(value);
        }
        Ok(())
    }

    fn mended(&mut self, mend: Mend) {
        self.found.mends |= mend as u8;
    }

    /// One value, `None` when the cell is empty.
    fn read_one(&mut self, text: &str) -> Result<Option<Value>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        match self.attribute.kind {
            Kind::Text => Ok(non_empty(self.plain(text))),
            Kind::Keyword => self.read_keyword(text),
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
            Kind::Number | Kind::Money => self.read_number(text),
        }
    }

    fn plain(&mut self, text: &str) -> String {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end < text.len() {
            self.mended(Mend::Cut);
        }
        let plain = plain_text(&text[..end]);
        if plain.len() < end {
            self.mended(Mend::Markup);
        }
        plain
    }

    fn read_keyword(&mut self, text: &str) -> Result<Option<Value>, String> {
        if is_shortened(text) {
            return Err(format!("`{text}` is a code that a spreadsheet shortened"));
        }
        if self.attribute.role == Some(Role::Size) && is_false_date(text) {
            return Err(format!(
                "`{text}` is a size that a spreadsheet took for a date"
            ));
        }
        keyword(self.plain(text))
    }

    fn read_number(&mut self, text: &str) -> Result<Option<Value>, String> {
        let attribute = self.attribute;
        let is_money = attribute.kind == Kind::Money;
        if attribute.role == Some(Role::Stock)
            && let Some(stock) = in_stock(text)
        {
            return Ok(stock.map(Value::Number));
        }
        let number = number(text, is_money);
        if number.is_some() && text.parse::<f64>().is_err() {
            if let (true, Some(wanted)) = (is_money, self.shop_currency)
                && let Some(written) = currency(text)
                && written != wanted
            {
                let text = excerpt(text);
                return Err(format!(
                    "`{text}` is in {written}, the shop's prices are in {wanted}"
                ));
            }
            if text.contains(',') {
                self.mended(Mend::DecimalComma);
            }
        }
        let is_price = matches!(attribute.role, Some(Role::Price | Role::ListPrice));
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

fn pieces<'a>(attribute: &'a Attribute, text: &'a str) -> impl Iterator<Item = &'a str> {
    let separator = attribute.separator.as_deref().filter(|s| !s.is_empty());
    let split = separator.map(|separator| text.split(separator));
    let whole = separator.is_none().then_some(text);
    split.into_iter().flatten().chain(whole)
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
