//! Feed bytes in, rows out: whatever the compression, the format and the damage.

mod delimited;
mod json;
mod lines;
mod open;
mod row;
mod sniff;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use thiserror::Error;

use crate::problem::Problem;

use delimited::Delimited;
use json::{JsonLines, JsonStream};
use lines::Lines;

pub use row::{Cell, Cells, RawRow, Row, cell};

/// A longer line is reported and skipped.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// Where a feed comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    StandardInput,
}

impl Source {
    /// Reads a source as it is typed on the command line: `-` is standard input.
    pub fn from_argument(argument: &str) -> Source {
        match argument {
            "-" => Source::StandardInput,
            path => Source::File(PathBuf::from(path)),
        }
    }

    /// The source as problems name it.
    pub fn name(&self) -> String {
        match self {
            Source::File(path) => path.display().to_string(),
            Source::StandardInput => "standard input".into(),
        }
    }
}

/// How a feed is written, found by looking at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object on each line.
    JsonLines,
    /// An array of JSON objects, an object that holds one, or objects over several lines.
    Json,
    /// A header line, then cells between commas, semicolons or pipes.
    Csv,
    /// A header line, then cells between tabs.
    Tsv,
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Format::JsonLines => "JSON Lines",
            Format::Json => "JSON",
            Format::Csv => "CSV",
            Format::Tsv => "TSV",
        })
    }
}

/// Why a feed cannot be read at all; anything smaller is a `Problem` of one line.
#[derive(Debug, Error)]
pub enum FeedError {
    #[error("feed {name} cannot be opened: {reason}")]
    Unopened {
        name: String,
        reason: std::io::Error,
    },
    #[error("feed {name} cannot be read, nothing comes out of it: {reason}")]
    Unreadable {
        name: String,
        reason: std::io::Error,
    },
    #[error("feed {name} is empty")]
    Empty { name: String },
    #[error(
        "feed {name} is in no known format: it {seen}; write JSON Lines, a JSON array, CSV or TSV, plain or as .gz or .zst"
    )]
    UnknownFormat { name: String, seen: String },
}

/// The rows of one feed, cut out of it as they are asked for and not read yet: that can be done in other threads.
///
/// A line that cannot be read is a `Problem` and reading goes on after it. What concerns the whole feed (cut short,
/// not UTF-8) is reported once, after the last row.
pub struct Feed {
    /// The path or `standard input`.
    pub name: String,
    pub format: Format,
    bytes_total: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    rows: Rows,
    closing: Option<std::vec::IntoIter<Problem>>,
}

enum Rows {
    JsonLines(JsonLines),
    Json(JsonStream),
    Delimited(Delimited),
}

impl Feed {
    /// Opens a feed and finds its compression and format by its first bytes.
    ///
    /// # Errors
    /// When it cannot be opened, yields no byte, holds nothing, or is in no known format.
    pub fn open(source: &Source) -> Result<Feed, FeedError> {
        let opened = open::open(source)?;
        Feed::read(opened)
    }

    /// Reads a feed that is already in memory, compressed or not.
    ///
    /// # Errors
    /// As `open`.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Feed, FeedError> {
        let opened = open::open_bytes(name, bytes)?;
        Feed::read(opened)
    }

    fn read(opened: open::Opened) -> Result<Feed, FeedError> {
        let name = opened.name;
        let shape = sniff::shape(&opened.start).map_err(|seen| FeedError::UnknownFormat {
            name: name.clone(),
            seen,
        })?;
        let lines = Lines::new(&name, opened.reader);
        let rows = match shape.format {
            Format::JsonLines => Rows::JsonLines(JsonLines::new(lines)),
            Format::Json => Rows::Json(JsonStream::new(lines, shape.skip)),
            Format::Csv | Format::Tsv => Rows::Delimited(Delimited::new(lines, shape.delimiter)),
        };
        Ok(Feed {
            name,
            format: shape.format,
            bytes_total: opened.bytes_total,
            bytes_read: opened.bytes_read,
            rows,
            closing: None,
        })
    }

    /// Size of the feed as stored, compressed; `None` for a stream.
    pub fn bytes_total(&self) -> Option<u64> {
        self.bytes_total
    }

    /// How many of `bytes_total` have been read so far; keeps counting while the feed is iterated.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    /// Whether the feed was cut short; known once iteration has ended.
    pub fn truncated(&self) -> bool {
        self.lines().truncated()
    }

    /// How many lines were not UTF-8 and were read as Windows-1252 so far.
    pub fn repaired(&self) -> u64 {
        self.lines().repaired
    }

    fn lines(&self) -> &Lines {
        match &self.rows {
            Rows::JsonLines(rows) => &rows.lines,
            Rows::Json(rows) => &rows.lines,
            Rows::Delimited(rows) => &rows.lines,
        }
    }
}

impl Iterator for Feed {
    type Item = Result<RawRow, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(closing) = &mut self.closing {
            return closing.next().map(Err);
        }
        let row = match &mut self.rows {
            Rows::JsonLines(rows) => rows.next(),
            Rows::Json(rows) => rows.next(),
            Rows::Delimited(rows) => rows.next(),
        };
        if row.is_some() {
            return row;
        }
        let mut problems = self.lines().closing_problems().into_iter();
        let first = problems.next().map(Err);
        self.closing = Some(problems);
        first
    }
}
