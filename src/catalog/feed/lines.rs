//! Lines of a feed with everything that is known about its damage.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use crate::problem::Problem;

use super::{LINE_BYTES_MAX, RawRow};

/// What one attempt to read a line gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A line, with its line break when it has one.
    Line,
    /// More than `LINE_BYTES_MAX` without a line break; the rest of it was skipped.
    TooLong,
    End,
}

/// The lines of a feed, and what was found wrong with them.
pub(super) struct Lines {
    pub(super) feed: Arc<str>,
    /// Line number of the line read last, counted from 1.
    pub(super) line: u64,
    /// Line on which the feed stops in the middle of something.
    pub(super) truncated_at: Option<u64>,
    /// Lines read as Windows-1252.
    pub(super) repaired: u64,
    first_repaired: u64,
    failure: Option<io::Error>,
    reader: Box<dyn BufRead + Send>,
    rewound: Vec<u8>,
    rewound_from: usize,
}

impl Lines {
    pub(super) fn new(feed: &str, reader: Box<dyn BufRead + Send>) -> Self {
        Lines {
            feed: feed.into(),
            line: 0,
            truncated_at: None,
            repaired: 0,
            first_repaired: 0,
            failure: None,
            reader,
            rewound: Vec::new(),
            rewound_from: 0,
        }
    }

    /// The counts of a feed that is not made of text.
    pub(super) fn without_text(feed: &str) -> Self {
        Lines::new(feed, Box::new(io::empty()))
    }

    /// The feed cannot be read any further.
    pub(super) fn fail(&mut self, reason: String) {
        self.failure = Some(io::Error::other(reason));
    }

    /// Appends the next line to `into`. After damaged compressed data: whatever came out of it, then the end.
    pub(super) fn read(&mut self, into: &mut Vec<u8>) -> Reading {
        let before = into.len();
        if self.rewound_from < self.rewound.len() {
            let rest = &self.rewound[self.rewound_from..];
            let length = rest
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(rest.len(), |end| end + 1);
            into.extend_from_slice(&rest[..length]);
            self.rewound_from += length;
            if into.ends_with(b"\n") {
                self.line += 1;
                return Reading::Line;
            }
        }
        if self.failure.is_none() {
            let mut limited = (&mut self.reader).take(LINE_BYTES_MAX as u64 + 1);
            self.failure = limited.read_until(b'\n', into).err();
        }
        if into.len() == before {
            return Reading::End;
        }
        self.line += 1;
        if self.line == 1 && into.starts_with(b"\xef\xbb\xbf") {
            into.drain(..3);
        }
        if into.len() - before > LINE_BYTES_MAX && !into.ends_with(b"\n") {
            self.failure = self.reader.skip_until(b'\n').err();
            return Reading::TooLong;
        }
        Reading::Line
    }

    /// Reads these bytes again before the rest; `line` is the number of the line before them.
    pub(super) fn rewind(&mut self, bytes: &[u8], line: u64) {
        let mut again = bytes.to_vec();
        again.extend_from_slice(&self.rewound[self.rewound_from..]);
        self.rewound = again;
        self.rewound_from = 0;
        self.line = line;
    }

    /// The bytes at hand, for formats that do not go by lines; `None` at the end.
    pub(super) fn chunk(&mut self) -> Option<&[u8]> {
        if self.failure.is_some() {
            return None;
        }
        // Asked twice because a slice cannot be returned from the arm that stores the failure.
        if let Err(failure) = self.reader.fill_buf() {
            self.failure = Some(failure);
            return None;
        }
        self.reader
            .fill_buf()
            .ok()
            .filter(|chunk| !chunk.is_empty())
    }

    /// Marks bytes of the chunk as read, and the line breaks among them.
    pub(super) fn consume(&mut self, bytes: usize, breaks: u64) {
        self.reader.consume(bytes);
        self.line += breaks;
    }

    /// The text of a line, as UTF-8 or else as Windows-1252.
    ///
    /// # Errors
    /// When it is neither: what looks like Windows-1252 holds control bytes.
    pub(super) fn decode<'a>(
        &mut self,
        line: u64,
        bytes: &'a [u8],
    ) -> Result<Cow<'a, str>, Problem> {
        let error = match std::str::from_utf8(bytes) {
            Ok(text) => return Ok(Cow::Borrowed(text)),
            Err(error) => error,
        };
        match windows_1252(bytes) {
            Some(text) => {
                self.first_repaired = if self.repaired == 0 {
                    line
                } else {
                    self.first_repaired
                };
                self.repaired += 1;
                Ok(Cow::Owned(text))
            }
            None => Err(self.problem(
                line,
                format!(
                    "is neither UTF-8 nor Windows-1252 text, from byte {} of the line on",
                    error.valid_up_to() + 1
                ),
            )),
        }
    }

    pub(super) fn problem(&self, line: u64, reason: impl Into<String>) -> Problem {
        Problem::new(&*self.feed, reason).at(line)
    }

    pub(super) fn too_long(&self, line: u64) -> Problem {
        self.problem(
            line,
            format!(
                "is longer than {} MiB and was skipped",
                LINE_BYTES_MAX >> 20
            ),
        )
    }

    /// Whether a damaged end can only mean that the feed was cut short here.
    pub(super) fn ends_here(&mut self, bytes: &[u8]) -> bool {
        !bytes.ends_with(b"\n")
            && (self.failure.is_some()
                || self.rewound_from >= self.rewound.len()
                    && self.reader.fill_buf().map_or(true, <[u8]>::is_empty))
    }

    /// Whether the feed was cut short; known at its end.
    pub(super) fn truncated(&self) -> bool {
        self.failure.is_some() || self.truncated_at.is_some()
    }

    /// Whether this is a piece of a line whose rest was lost with the damaged end of compressed data.
    pub(super) fn lost_the_rest(&self, bytes: &[u8]) -> bool {
        self.failure.is_some() && !bytes.ends_with(b"\n")
    }

    /// What concerns the feed as a whole; to be asked once, after the last line.
    pub(super) fn closing_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(failure) = &self.failure {
            let line = self.line.max(1);
            let reason = format!("the feed is truncated at line {line}: {failure}");
            problems.push(self.problem(line, reason));
        } else if let Some(line) = self.truncated_at {
            let reason = format!(
                "the feed is truncated at line {line}: it stops in the middle of a product"
            );
            problems.push(self.problem(line, reason));
        }
        if self.repaired > 0 {
            let (first, more) = (self.first_repaired, self.repaired - 1);
            let reason = match more {
                0 => format!("line {first} is not UTF-8 and was read as Windows-1252"),
                _ => format!(
                    "line {first} and {more} more are not UTF-8 and were read as Windows-1252"
                ),
            };
            // Without a line of its own: no line was refused.
            let problem = Problem::new(&*self.feed, reason);
            problems.push(problem.suggest("export the feed as UTF-8"));
        }
        problems
    }

    /// A row of JSON.
    ///
    /// # Errors
    /// When the bytes are no text.
    pub(super) fn row(&mut self, line: u64, bytes: &[u8]) -> Result<RawRow, Problem> {
        let text = self.decode(line, bytes)?.into_owned();
        Ok(RawRow {
            feed: Arc::clone(&self.feed),
            line,
            text,
            header: None,
        })
    }
}

/// What bytes 0x80 to 0x9F mean in Windows-1252; 0 where they mean nothing.
const WINDOWS_1252_HIGH: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
];

/// The bytes as Windows-1252, `None` when some are control bytes or mean nothing in it.
fn windows_1252(bytes: &[u8]) -> Option<String> {
    bytes
        .iter()
        .map(|byte| match byte {
            b'\t' | b'\n' | b'\r' => Some(char::from(*byte)),
            0x00..=0x1f | 0x7f => None,
            0x80..=0x9f => match WINDOWS_1252_HIGH[usize::from(byte - 0x80)] {
                0 => None,
                code => char::from_u32(code.into()),
            },
            _ => Some(char::from(*byte)),
        })
        .collect()
}
