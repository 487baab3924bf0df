//! Feed bytes in, rows out: whatever the compression, the format and the damage.

mod archive;
mod delimited;
mod google;
mod json;
mod lines;
mod open;
mod parquet;
mod platform;
mod row;
mod schema_org;
mod shopify_csv;
mod shopify_json;
mod sniff;
#[cfg(test)]
mod tests;
mod woocommerce;
mod xml;

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use thiserror::Error;

use crate::catalog::repairs::Repairs;
use crate::problem::Problem;

use delimited::Delimited;
use json::{JsonLines, JsonStream};
use lines::Lines;
use open::{Content, Opened};
use parquet::ParquetRows;
use platform::{Context, Fields, LineFields, plain_rows};
use xml::XmlItems;

pub use platform::Platform;
pub use row::{Cell, Cells, RawRow, Row, cell};

/// A longer line is reported and skipped.
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// Where a feed comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File(PathBuf),
    /// A feed that was put aside under another name than its own.
    Pushed {
        path: PathBuf,
        name: String,
    },
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
            Source::Pushed { name, .. } => name.clone(),
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
    /// RSS, with one item for each product.
    Rss,
    /// Atom, with one entry for each product.
    Atom,
    /// XML with an element for each product.
    Xml,
    /// Columns, packed.
    Parquet,
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Format::JsonLines => "JSON Lines",
            Format::Json => "JSON",
            Format::Csv => "CSV",
            Format::Tsv => "TSV",
            Format::Rss => "RSS",
            Format::Atom => "Atom",
            Format::Xml => "XML",
            Format::Parquet => "Parquet",
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
        "feed {name} is in no known format: it {seen}; write JSON Lines, a JSON array, CSV, TSV, RSS, Atom or Parquet, plain or as .gz, .zst or .zip"
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
    /// Whose export it is, when its columns say so.
    pub platform: Option<Platform>,
    bytes_total: Option<u64>,
    bytes_read: Arc<AtomicU64>,
    rows: Rows,
    context: Context,
    /// Rows that came of one that was made plain.
    ready: VecDeque<RawRow>,
    closing: Option<std::vec::IntoIter<Problem>>,
}

enum Rows {
    JsonLines(JsonLines),
    Json(JsonStream),
    Delimited(Delimited),
    Xml(XmlItems),
    Parquet(Box<ParquetRows>),
}

/// A row as its format gives it.
enum Cut {
    Raw(RawRow),
    Read(u64, Fields),
}

impl Feed {
    /// Opens a source and finds compression and format by the first bytes: one feed for a file or a stream, one for
    /// each file of a folder or an archive.
    ///
    /// # Errors
    /// When one of them cannot be opened, yields no byte, holds nothing, or is in no known format.
    pub fn open_all(source: &Source) -> Result<Vec<Feed>, FeedError> {
        open::open(source)?.into_iter().map(Feed::read).collect()
    }

    /// Reads feeds that are already in memory, compressed or not.
    ///
    /// # Errors
    /// As `open_all`.
    pub fn all_from_bytes(name: &str, bytes: Vec<u8>) -> Result<Vec<Feed>, FeedError> {
        let opened = open::open_bytes(name, bytes)?;
        opened.into_iter().map(Feed::read).collect()
    }

    /// Opens a source that holds one feed.
    ///
    /// # Errors
    /// As `open_all`, and when there are several.
    pub fn open(source: &Source) -> Result<Feed, FeedError> {
        single(&source.name(), Feed::open_all(source)?)
    }

    /// Reads one feed that is already in memory, compressed or not.
    ///
    /// # Errors
    /// As `open`.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Feed, FeedError> {
        single(name, Feed::all_from_bytes(name, bytes)?)
    }

    /// The same feed, read at this time: sales are judged by whether they are on. Without it all of them are.
    pub fn as_of(mut self, now: Timestamp) -> Feed {
        self.context.as_of = Some(now.as_second());
        self
    }

    fn read(opened: Opened) -> Result<Feed, FeedError> {
        let Opened {
            name,
            start,
            content,
            bytes_total,
            bytes_read,
        } = opened;
        let (format, platform, rows) = match content {
            Content::Parquet(file) => {
                let rows = Box::new(ParquetRows::open(&name, file)?);
                (Format::Parquet, None, Rows::Parquet(rows))
            }
            Content::Stream(reader) => {
                let shape = sniff::shape(&start).map_err(|seen| FeedError::UnknownFormat {
                    name: name.clone(),
                    seen,
                })?;
                let lines = Lines::new(&name, reader);
                let rows = match shape.format {
                    Format::JsonLines => Rows::JsonLines(JsonLines::new(lines)),
                    Format::Csv | Format::Tsv => {
                        Rows::Delimited(Delimited::new(lines, shape.delimiter))
                    }
                    Format::Rss | Format::Atom | Format::Xml => Rows::Xml(XmlItems::new(lines)),
                    Format::Json | Format::Parquet => {
                        Rows::Json(JsonStream::new(lines, shape.skip))
                    }
                };
                (shape.format, shape.platform, rows)
            }
        };
        Ok(Feed {
            name,
            format,
            platform,
            bytes_total,
            bytes_read,
            rows,
            context: Context::default(),
            ready: VecDeque::new(),
            closing: None,
        })
    }

    /// What it was found to be: `Shopify products, CSV`.
    pub fn described(&self) -> String {
        match self.platform {
            Some(platform) => format!("{platform}, {}", self.format),
            None => self.format.to_string(),
        }
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

    /// What was mended, and what was left out on purpose; whole once iteration has ended.
    pub fn take_repairs(&mut self) -> Repairs {
        std::mem::take(&mut self.context.repairs)
    }

    fn lines(&self) -> &Lines {
        match &self.rows {
            Rows::Xml(rows) => &rows.lines,
            Rows::Parquet(rows) => &rows.lines,
            Rows::JsonLines(rows) => &rows.lines,
            Rows::Json(rows) => &rows.lines,
            Rows::Delimited(rows) => &rows.lines,
        }
    }
}

fn single(name: &str, feeds: Vec<Feed>) -> Result<Feed, FeedError> {
    let files = feeds.len();
    let mut feeds = feeds.into_iter();
    match (feeds.next(), feeds.next()) {
        (Some(feed), None) => Ok(feed),
        _ => Err(FeedError::Unreadable {
            name: name.into(),
            reason: std::io::Error::other(format!("it holds {files} files, one is wanted here")),
        }),
    }
}

impl Rows {
    fn next(&mut self) -> Option<Result<Cut, Problem>> {
        match self {
            Rows::JsonLines(rows) => rows.next().map(|row| row.map(Cut::Raw)),
            Rows::Json(rows) => rows.next().map(|row| row.map(Cut::Raw)),
            Rows::Delimited(rows) => rows.next().map(|row| row.map(Cut::Raw)),
            Rows::Xml(rows) => rows.next().map(|row| row.map(Cut::read)),
            Rows::Parquet(rows) => rows.next().map(|row| row.map(Cut::read)),
        }
    }
}

impl Cut {
    fn read((line, fields): LineFields) -> Cut {
        Cut::Read(line, fields)
    }
}

impl Iterator for Feed {
    type Item = Result<RawRow, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(closing) = &mut self.closing {
            return closing.next().map(Err);
        }
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(Ok(row));
            }
            let (line, fields) = match self.rows.next() {
                None => break,
                Some(Err(problem)) => return Some(Err(problem)),
                Some(Ok(Cut::Raw(row))) if self.platform.is_none() => return Some(Ok(row)),
                Some(Ok(Cut::Raw(row))) => match row.fields() {
                    Ok(fields) => (row.line, fields),
                    Err(problem) => return Some(Err(problem)),
                },
                Some(Ok(Cut::Read(line, fields))) => (line, fields),
            };
            self.make_plain(line, fields);
        }
        let mut problems = self.lines().closing_problems().into_iter();
        let first = problems.next().map(Err);
        self.closing = Some(problems);
        first
    }
}

impl Feed {
    /// Makes the row ready that is, or the rows that are, in this one.
    fn make_plain(&mut self, line: u64, fields: Fields) {
        self.context.line = line;
        let plain = match self.platform {
            Some(platform) => plain_rows(platform, fields, &mut self.context),
            None => vec![fields],
        };
        let feed = Arc::clone(&self.lines().feed);
        let rows = plain.iter();
        self.ready
            .extend(rows.map(|fields| RawRow::of_fields(&feed, line, fields)));
    }
}
