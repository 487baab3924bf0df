//! JSON feeds: one object a line, or objects anywhere in a list.

use crate::problem::Problem;

use super::lines::{Lines, Reading};
use super::{LINE_BYTES_MAX, RawRow};

/// One object on each line; blank lines are passed over.
pub(super) struct JsonLines {
    pub(super) lines: Lines,
    buffer: Vec<u8>,
}

impl JsonLines {
    pub(super) fn new(lines: Lines) -> Self {
        JsonLines {
            lines,
            buffer: Vec::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<RawRow, Problem>> {
        loop {
            self.buffer.clear();
            let reading = self.lines.read(&mut self.buffer);
            let line = self.lines.line;
            match reading {
                Reading::End => return None,
                Reading::TooLong => return Some(Err(self.lines.too_long(line))),
                Reading::Line if self.buffer.trim_ascii().is_empty() => continue,
                Reading::Line => {}
            }
            let row = self.lines.row(line, &self.buffer);
            // Only a line that was not ended can be one that was cut off.
            if let Ok(row) = &row
                && !self.buffer.ends_with(b"\n")
                && row.stops_short()
                && self.lines.ends_here(&self.buffer)
            {
                self.lines.truncated_at = Some(line);
                return None;
            }
            return Some(row);
        }
    }
}

/// Objects in a list, in a wrapper around a list, or one after the other over any number of lines.
pub(super) struct JsonStream {
    pub(super) lines: Lines,
    /// Bytes of a wrapper to pass over before its list.
    skip: usize,
    /// Inside the brackets of a list, which must be closed.
    listed: bool,
    ended: bool,
    element: Element,
}

/// One element of the list, as far as it is read.
#[derive(Default)]
struct Element {
    bytes: Vec<u8>,
    line: u64,
    /// Brackets and braces that are open.
    depth: usize,
    quoted: bool,
    escaped: bool,
    too_long: bool,
}

impl JsonStream {
    pub(super) fn new(lines: Lines, skip: usize) -> Self {
        JsonStream {
            lines,
            skip,
            listed: false,
            ended: false,
            element: Element::default(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Result<RawRow, Problem>> {
        let complete = self.read_element();
        let element = std::mem::take(&mut self.element);
        if element.bytes.is_empty() {
            return None;
        }
        if !complete {
            self.lines.truncated_at = Some(element.line);
            return None;
        }
        if element.too_long {
            return Some(Err(self.lines.too_long(element.line)));
        }
        Some(self.lines.row(element.line, &element.bytes))
    }

    /// Reads up to the end of the next element; false when the feed ends before it does.
    fn read_element(&mut self) -> bool {
        while !self.ended {
            let line = self.lines.line + 1;
            let Some(chunk) = self.lines.chunk() else {
                self.ended = true;
                let cut_short = self.listed || !self.element.bytes.is_empty();
                self.lines.truncated_at = cut_short.then_some(line);
                return false;
            };
            let mut used = self.skip.min(chunk.len());
            self.skip -= used;
            let mut breaks = chunk[..used].iter().filter(|b| **b == b'\n').count() as u64;
            let mut complete = false;
            while used < chunk.len() && !complete && !self.ended {
                let byte = chunk[used];
                if self.element.bytes.is_empty() {
                    match byte {
                        b' ' | b'\t' | b'\r' | b'\n' | b',' => {}
                        b'[' if !self.listed => self.listed = true,
                        b']' => {
                            self.listed = false;
                            self.ended = true;
                        }
                        _ => {
                            self.element.line = line + breaks;
                            complete = self.element.take(byte);
                        }
                    }
                } else if self.element.ends_before(byte) {
                    complete = true;
                    break;
                } else {
                    complete = self.element.take(byte);
                }
                breaks += u64::from(byte == b'\n');
                used += 1;
            }
            self.lines.consume(used, breaks);
            if complete {
                return true;
            }
        }
        false
    }
}

impl Element {
    /// Whether a bare value ends before this byte.
    fn ends_before(&self, byte: u8) -> bool {
        self.depth == 0 && !self.quoted && matches!(byte, b',' | b']' | b'\n' | b' ')
    }

    /// Takes a byte; true when it ends an object or a list.
    fn take(&mut self, byte: u8) -> bool {
        if self.bytes.len() < LINE_BYTES_MAX {
            self.bytes.push(byte);
        } else {
            self.too_long = true;
        }
        if self.quoted {
            let ends = byte == b'"' && !self.escaped;
            self.escaped = byte == b'\\' && !self.escaped;
            self.quoted = !ends;
            return false;
        }
        match byte {
            b'"' => self.quoted = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
