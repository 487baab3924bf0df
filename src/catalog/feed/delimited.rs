//! CSV and TSV feeds: a header line, then records whose quoted cells may span lines.

use std::mem;

use serde_json::{Map, Value};

use crate::problem::Problem;

use super::lines::{Lines, Reading};
use super::{LINE_BYTES_MAX, Row};

/// A header line, then records of as many cells.
pub(super) struct Delimited {
    pub(super) lines: Lines,
    delimiter: u8,
    header: Option<Vec<String>>,
    /// Problems with the header, reported before the first row.
    pending: Vec<Problem>,
    record: Vec<u8>,
}

/// Where in a record the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    CellStart,
    Bare,
    Quoted,
    /// After a quote in a quoted cell: it ends the cell, unless another quote follows.
    Quote,
}

impl Place {
    /// Where it stands after this byte.
    fn after(self, byte: u8, delimiter: u8) -> Place {
        match (self, byte) {
            (Place::Quoted, b'"') => Place::Quote,
            (Place::Quoted, _) | (Place::CellStart | Place::Quote, b'"') => Place::Quoted,
            (_, byte) if byte == delimiter || byte == b'\n' => Place::CellStart,
            _ => Place::Bare,
        }
    }
}

impl Delimited {
    pub(super) fn new(lines: Lines, delimiter: u8) -> Self {
        Delimited {
            lines,
            delimiter,
            header: None,
            pending: Vec::new(),
            record: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<Row, Problem>> {
        loop {
            if let Some(problem) = self.pending.pop() {
                return Some(Err(problem));
            }
            let (line, cells) = match self.read_cells()? {
                Ok(read) => read,
                Err(problem) => return Some(Err(problem)),
            };
            match self.header.take() {
                None => self.read_header(line, cells),
                Some(header) => {
                    let row = self.row(line, &header, cells);
                    self.header = Some(header);
                    return row;
                }
            }
        }
    }

    /// The line a record starts on and its cells; blank lines are passed over.
    fn read_cells(&mut self) -> Option<Result<(u64, Vec<String>), Problem>> {
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
        let record = mem::take(&mut self.record);
        let cells = self.lines.decode(line, &record).map(|text| {
            (
                line,
                split(text.trim_end_matches(['\n', '\r']), self.delimiter),
            )
        });
        self.record = record;
        Some(cells)
    }

    /// Adds lines to the record until its last quoted cell is closed; false when it never is.
    fn close_quotes(&mut self) -> bool {
        let mut place = Place::CellStart;
        let mut seen = 0;
        loop {
            for byte in &self.record[seen..] {
                place = place.after(*byte, self.delimiter);
            }
            if place != Place::Quoted {
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

    fn read_header(&mut self, line: u64, cells: Vec<String>) {
        let mut header: Vec<String> = Vec::with_capacity(cells.len());
        for (position, cell) in cells.into_iter().enumerate() {
            let column = position + 1;
            let wanted = cell.trim();
            let name = match wanted {
                "" => format!("column_{column}"),
                taken if header.iter().any(|name| name == taken) => format!("{taken}_{column}"),
                free => free.to_string(),
            };
            if name != wanted {
                let reason = match wanted {
                    "" => format!("column {column} has no name, it is read as `{name}`"),
                    _ => format!("column {column} is a second `{wanted}`, it is read as `{name}`"),
                };
                self.pending.push(self.lines.problem(line, reason));
            }
            header.push(name);
        }
        self.pending.reverse();
        self.header = Some(header);
    }

    fn row(
        &mut self,
        line: u64,
        header: &[String],
        mut cells: Vec<String>,
    ) -> Option<Result<Row, Problem>> {
        while cells.len() > header.len() && cells.last().is_some_and(|cell| cell.trim().is_empty())
        {
            cells.pop();
        }
        if cells.len() != header.len() {
            if cells.len() < header.len() && self.lines.ends_here(&self.record) {
                self.lines.truncated_at = Some(line);
                return None;
            }
            let noun = if cells.len() == 1 { "cell" } else { "cells" };
            let reason = format!(
                "has {} {noun}, the header has {}",
                cells.len(),
                header.len()
            );
            let problem = self.lines.problem(line, reason);
            return Some(Err(
                problem.suggest("quote cells that hold the delimiter or a line break")
            ));
        }
        let cells: Map<String, Value> = header
            .iter()
            .cloned()
            .zip(cells.into_iter().map(Value::String))
            .collect();
        Some(Ok(self.lines.row(line, cells)))
    }
}

/// The cells of one record. A quote inside a bare cell is an ordinary letter, as in `17" monitor`.
fn split(record: &str, delimiter: u8) -> Vec<String> {
    let delimiter = char::from(delimiter);
    if !record.contains('"') {
        return record.split(delimiter).map(str::to_string).collect();
    }
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut place = Place::CellStart;
    for letter in record.chars() {
        let byte = u8::try_from(letter).unwrap_or(0);
        let next = match place.after(byte, delimiter as u8) {
            // A line break only ends a cell between records, and this is one record.
            Place::CellStart if letter != delimiter => Place::Bare,
            next => next,
        };
        match (place, next) {
            (Place::Quoted, Place::Quote) | (Place::CellStart, Place::Quoted) => {}
            (_, Place::CellStart) => cells.push(mem::take(&mut cell)),
            _ => cell.push(letter),
        }
        place = next;
    }
    cells.push(cell);
    cells
}
