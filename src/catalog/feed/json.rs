//! JSON feeds: one object a line, or objects anywhere in a list.

use serde_json::{Map, Value};

use crate::problem::Problem;

use super::lines::{Lines, Reading};
use super::{LINE_BYTES_MAX, Row};

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

    pub(super) fn next(&mut self) -> Option<Result<Row, Problem>> {
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
            match object(&mut self.lines, line, &self.buffer) {
                Err(Fault::Unfinished(_)) if self.lines.ends_here(&self.buffer) => {
                    self.lines.truncated_at = Some(line);
                    return None;
                }
                Err(Fault::Unfinished(problem) | Fault::Bad(problem)) => return Some(Err(problem)),
                Ok(row) => return Some(Ok(row)),
            }
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

    pub(super) fn next(&mut self) -> Option<Result<Row, Problem>> {
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
        match object(&mut self.lines, element.line, &element.bytes) {
            Ok(row) => Some(Ok(row)),
            Err(Fault::Unfinished(problem) | Fault::Bad(problem)) => Some(Err(problem)),
        }
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

enum Fault {
    /// The text stops in the middle of an object.
    Unfinished(Problem),
    Bad(Problem),
}

fn object(lines: &mut Lines, line: u64, bytes: &[u8]) -> Result<Row, Fault> {
    let text = lines.decode(line, bytes).map_err(Fault::Bad)?;
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(cells) => Ok(lines.row(line, cells)),
        Err(error) => {
            let problem = lines.problem(line, reason(&error, &text));
            Err(match error.is_eof() {
                true => Fault::Unfinished(problem),
                false => Fault::Bad(problem),
            })
        }
    }
}

/// Why a line is not an object, in our words.
fn reason(error: &serde_json::Error, text: &str) -> String {
    let start = text.trim_start();
    if !start.starts_with('{') {
        let seen: String = start.chars().take(40).collect();
        return format!("is not a JSON object: `{}`", seen.trim_end());
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    format!("is not valid JSON: {message} at column {}", error.column())
}
