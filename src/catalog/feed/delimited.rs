//! CSV and TSV feeds: a header line, then records whose quoted cells may span lines.

use std::borrow::Cow;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::problem::Problem;

use super::lines::{Lines, Reading};
use super::{LINE_BYTES_MAX, RawRow};

/// A header line, then records of as many cells.
pub(super) struct Delimited {
    pub(super) lines: Lines,
    dialect: Dialect,
    header: Option<Arc<Header>>,
    /// Problems with the header, reported before the first row.
    pending: Vec<Problem>,
    record: Vec<u8>,
}

/// The names of the columns, and how records are cut into cells.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) dialect: Dialect,
}

/// How cells are divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
}

impl Delimited {
    pub(super) fn new(lines: Lines, delimiter: u8) -> Self {
        Delimited {
            lines,
            dialect: Dialect { delimiter },
            header: None,
            pending: Vec::new(),
            record: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<RawRow, Problem>> {
        loop {
            if let Some(problem) = self.pending.pop() {
                return Some(Err(problem));
            }
            let (line, text) = match self.read_record()? {
                Ok(read) => read,
                Err(problem) => return Some(Err(problem)),
            };
            let Some(header) = &self.header else {
                self.read_header(line, &text);
                continue;
            };
            // Only a record that was not ended can be one that was cut off.
            if !self.record.ends_with(b"\n")
                && self.dialect.split(&text).len() < header.names.len()
                && self.lines.ends_here(&self.record)
            {
                self.lines.truncated_at = Some(line);
                return None;
            }
            return Some(Ok(RawRow {
                feed: Arc::clone(&self.lines.feed),
                line,
                text,
                header: Some(Arc::clone(header)),
            }));
        }
    }

    /// The line a record starts on and its text; blank lines are passed over.
    fn read_record(&mut self) -> Option<Result<(u64, String), Problem>> {
        let line = loop {
            self.record.clear();
            let reading = self.lines.read(&mut self.record);
            let line = self.lines.line;
            match reading {
                Reading::End => return None,
                Reading::TooLong => return Some(Err(self.lines.too_long(line))),
                Reading::Line if self.record.trim_ascii().is_empty() => {}
                Reading::Line => break line,
            }
        };
        if self.record.contains(&b'"') && !self.close_quotes() {
            return self.leave_quotes_open(line).map(Err);
        }
        if self.lines.lost_the_rest(&self.record) {
            return None;
        }
        let text = self.lines.decode(line, &self.record);
        Some(text.map(|text| (line, text.trim_end_matches(['\n', '\r']).to_string())))
    }

    /// Adds lines to the record until its last quoted cell is closed; false when it never is.
    fn close_quotes(&mut self) -> bool {
        let mut reader = self.dialect.reader();
        let mut seen = 0;
        loop {
            if ends_record(&mut reader, &self.record[seen..]) {
                return true;
            }
            seen = self.record.len();
            let too_long = self.lines.read(&mut self.record) != Reading::Line;
            if too_long || self.record.len() > LINE_BYTES_MAX {
                return false;
            }
        }
    }

    /// A quote without its partner must not swallow the feed: only its first line is given up. On the feed's last,
    /// unfinished line it means that the feed was cut short.
    fn leave_quotes_open(&mut self, line: u64) -> Option<Problem> {
        let Some(end) = self.record.iter().position(|byte| *byte == b'\n') else {
            self.lines.truncated_at = Some(line);
            return None;
        };
        self.lines.rewind(&self.record[end + 1..], line);
        let problem = self
            .lines
            .problem(line, "opens a quoted cell that is never closed");
        Some(problem.suggest("double the quotes inside cells: `17\"\" monitor`"))
    }

    fn read_header(&mut self, line: u64, text: &str) {
        let mut names: Vec<String> = Vec::new();
        for (position, cell) in self.dialect.split(text).into_iter().enumerate() {
            let column = position + 1;
            let wanted = cell.trim();
            let name = match wanted {
                "" => format!("column_{column}"),
                taken if names.iter().any(|name| name == taken) => format!("{taken}_{column}"),
                free => free.to_string(),
            };
            if name != wanted {
                let reason = match wanted {
                    "" => format!("column {column} has no name, it is read as `{name}`"),
                    _ => format!("column {column} is a second `{wanted}`, it is read as `{name}`"),
                };
                self.pending.push(self.lines.problem(line, reason));
            }
            names.push(name);
        }
        self.pending.reverse();
        self.header = Some(Arc::new(Header {
            names,
            dialect: self.dialect,
        }));
    }
}

impl Dialect {
    /// Quotes stand around whole cells; one inside a bare cell is an ordinary letter, as in `17" monitor`.
    fn reader(self) -> Reader {
        ReaderBuilder::new()
            .delimiter(self.delimiter)
            .terminator(Terminator::Any(b'\n'))
            .build()
    }

    /// The cells of a header line.
    pub(super) fn names(self, header: &[u8]) -> Vec<String> {
        let header = String::from_utf8_lossy(header);
        let cells = self.split(&header).into_iter();
        cells.map(|cell| cell.trim().to_string()).collect()
    }

    /// The cells of one record.
    pub(super) fn split(self, record: &str) -> Vec<Cow<'_, str>> {
        if !record.contains('"') {
            let cells = record.split(char::from(self.delimiter));
            return cells.map(Cow::Borrowed).collect();
        }
        let mut bytes = vec![0; record.len() + 1];
        // A cell ends at a delimiter or at the end.
        let mut ends = vec![0; record.len() + 1];
        let mut reader = self.reader();
        let (_, _, written, mut cells) =
            reader.read_record(record.as_bytes(), &mut bytes, &mut ends);
        let (result, _, _, more) =
            reader.read_record(&[], &mut bytes[written..], &mut ends[cells..]);
        debug_assert_eq!(result, ReadRecordResult::Record);
        cells += more;
        let text = String::from_utf8_lossy(&bytes[..ends[..cells].last().copied().unwrap_or(0)]);
        let starts = std::iter::once(0).chain(ends.iter().copied());
        starts
            .zip(&ends[..cells])
            .map(|(start, end)| Cow::Owned(text[start..*end].to_string()))
            .collect()
    }
}

/// Whether a record ends with these bytes, taking the end of the bytes for the end of their last line.
fn ends_record(reader: &mut Reader, bytes: &[u8]) -> bool {
    let mut cells = vec![0; bytes.len() + 1];
    let mut ends = vec![0; bytes.len() + 2];
    let mut read = |bytes: &[u8]| reader.read_record(bytes, &mut cells, &mut ends).0;
    match read(bytes) {
        ReadRecordResult::Record => true,
        _ => !bytes.ends_with(b"\n") && read(b"\n") == ReadRecordResult::Record,
    }
}
