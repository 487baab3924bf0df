//! One row of a feed: first as it stands in the feed, then with its cells.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::problem::Problem;

use super::delimited::Header;
use super::platform::Fields;

/// What a cell holds; cells of a delimited feed are text.
pub type Cell<'r> = serde_json_borrow::Value<'r>;

/// Columns and their cells.
pub type Cells<'r> = serde_json_borrow::Map<'r>;

/// The cell of a column; of two with the same name the last one counts.
pub fn cell<'c, 'r>(cells: &'c Cells<'r>, column: &str) -> Option<&'c Cell<'r>> {
    let first = column.as_bytes().first();
    // Names of one length are common; a look at the first letter spares comparing most of them.
    let is_named = |name: &str| name.as_bytes().first() == first && name == column;
    let mut found = cells.as_vec().iter().rev();
    found.find(|(name, _)| is_named(name)).map(|(_, cell)| cell)
}

/// What the merchant's platform exported as one row, not read yet.
#[derive(Debug, Clone)]
pub struct RawRow {
    /// The name of the feed it came from, for problems.
    pub feed: Arc<str>,
    /// The line it starts on, counted from 1.
    pub line: u64,
    pub(super) text: String,
    /// How to cut the text into cells; `None` when it is JSON.
    pub(super) header: Option<Arc<Header>>,
}

/// A row that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'r> {
    /// The name of the feed it came from, for problems.
    pub feed: &'r str,
    /// The line it starts on, counted from 1.
    pub line: u64,
    pub cells: Cells<'r>,
}

impl RawRow {
    /// Reads the cells.
    ///
    /// # Errors
    /// When it is no JSON object, or has more or fewer cells than the header.
    pub fn read(&self) -> Result<Row<'_>, Problem> {
        let cells = match &self.header {
            Some(header) => header.cells(&self.text),
            None => object(&self.text),
        };
        Ok(Row {
            feed: &self.feed,
            line: self.line,
            cells: cells.map_err(|problem| Problem {
                file: self.feed.to_string(),
                line: Some(self.line),
                ..problem
            })?,
        })
    }

    /// A row of cells that were changed.
    pub(super) fn of_fields(feed: &Arc<str>, line: u64, fields: &Fields) -> RawRow {
        let text = serde_json::to_string(fields);
        RawRow {
            feed: Arc::clone(feed),
            line,
            text: text.expect("names and values are text, numbers and lists of them"),
            header: None,
        }
    }

    /// The cells, to be changed.
    pub(super) fn fields(&self) -> Result<Fields, Problem> {
        let Some(header) = &self.header else {
            // The cheaper reader says more about what is wrong.
            let fields = serde_json::from_str(&self.text);
            return fields.or_else(|error| {
                self.read()?;
                let reason = format!("is not valid JSON: {error}");
                Err(Problem::new(&*self.feed, reason).at(self.line))
            });
        };
        let texts = header.split(&self.text).map_err(|problem| Problem {
            file: self.feed.to_string(),
            line: Some(self.line),
            ..problem
        })?;
        let texts = texts
            .into_iter()
            .map(|text| Value::String(text.into_owned()));
        Ok(header.names.iter().cloned().zip(texts).collect())
    }

    /// A row of these cells.
    pub fn of_cells(feed: &str, line: u64, cells: &Fields) -> RawRow {
        RawRow::of_fields(&Arc::from(feed), line, cells)
    }

    /// The cells by their columns.
    ///
    /// # Errors
    /// As `read`.
    pub fn cells(&self) -> Result<Fields, Problem> {
        self.fields()
    }

    /// How much text it is.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Whether its text is JSON that stops in the middle of an object.
    pub(super) fn stops_short(&self) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(&self.text).is_err_and(|error| error.is_eof())
    }
}

impl Row<'_> {
    /// A problem with this row.
    pub fn problem(&self, reason: impl Into<String>) -> Problem {
        Problem::new(self.feed, reason).at(self.line)
    }
}

fn object(text: &str) -> Result<Cells<'_>, Problem> {
    let reason = match serde_json::from_str(text) {
        Ok(Cell::Object(cells)) => return Ok(cells),
        Ok(_) => not_an_object(text),
        Err(_) if !text.trim_start().starts_with('{') => not_an_object(text),
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message);
            format!("is not valid JSON: {message} at column {}", error.column())
        }
    };
    Err(Problem::new("", reason))
}

fn not_an_object(text: &str) -> String {
    let seen: String = text.trim_start().chars().take(40).collect();
    format!("is not a JSON object: `{}`", seen.trim_end())
}

impl Header {
    /// The cells of a record under their columns.
    fn cells<'r>(&'r self, record: &'r str) -> Result<Cells<'r>, Problem> {
        let texts = self.split(record)?;
        let named = self.names.iter().map(String::as_str);
        Ok(named.zip(texts.into_iter().map(Cell::Str)).collect())
    }

    /// As many texts as there are columns.
    pub(super) fn split<'r>(&self, record: &'r str) -> Result<Vec<Cow<'r, str>>, Problem> {
        let mut texts = self.dialect.split(record);
        let columns = self.names.len();
        while texts.len() > columns && texts.last().is_some_and(|text| text.trim().is_empty()) {
            texts.pop();
        }
        if texts.len() == columns {
            return Ok(texts);
        }
        let noun = if texts.len() == 1 { "cell" } else { "cells" };
        let reason = format!("has {} {noun}, the header has {columns}", texts.len());
        Err(Problem::new("", reason).suggest("quote cells that hold the delimiter or a line break"))
    }
}
