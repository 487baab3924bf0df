//! The log read from some record on, a piece after the other.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use super::contents;
use super::error::JournalError;
use super::log::{self, Bodies};

/// At most about this many bytes in a piece.
const PIECE_BYTES: usize = 256 << 10;

/// Whole records that follow each other, read and found sound.
pub(super) struct Piece {
    pub(super) path: PathBuf,
    /// The sequence of its first record.
    first: u64,
    bytes: Vec<u8>,
}

/// The pieces of a log; ends with the first error.
pub(super) struct Pieces {
    /// Each with the sequence of its first record.
    files: VecDeque<(u64, PathBuf)>,
    /// The contents of the first of the files, what was read of them, and the next record.
    open: Option<(Vec<u8>, usize, u64)>,
    /// Records up to it are left out.
    after: u64,
}

impl Pieces {
    /// What comes after the record `after`.
    pub(super) fn after(dir: &Path, after: u64) -> Result<Pieces, JournalError> {
        let mut files = VecDeque::from(log::files(dir)?);
        while files.get(1).is_some_and(|(next, _)| *next <= after + 1) {
            files.pop_front();
        }
        Ok(Pieces {
            files,
            open: None,
            after,
        })
    }

    /// The next piece, `None` at the end of the log.
    fn read(&mut self) -> Result<Option<Piece>, JournalError> {
        while let Some((first, path)) = self.files.front() {
            let (bytes, read, first) = match self.open.take() {
                Some(open) => open,
                None => (contents(path)?, 0, *first),
            };
            let mut next = first;
            let mut bodies = Bodies::of(&bytes[read..], true);
            while bodies.whole < PIECE_BYTES && bodies.next().is_some() {
                next += 1;
            }
            let whole = bodies.whole;
            if next > first {
                let piece = Piece {
                    path: path.clone(),
                    first,
                    bytes: bytes[read..read + whole].to_vec(),
                };
                self.open = Some((bytes, read + whole, next));
                return Ok(Some(piece));
            }
            if self
                .files
                .get(1)
                .is_some_and(|(follows, _)| *follows != next)
            {
                let reason = format!("record {next} is unreadable");
                return Err(JournalError::corrupt(path, reason));
            }
            self.files.pop_front();
        }
        Ok(None)
    }
}

impl Iterator for Pieces {
    type Item = Result<Piece, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read() {
                Ok(Some(mut piece)) => {
                    piece.leave_out(self.after);
                    if !piece.bytes.is_empty() {
                        return Some(Ok(piece));
                    }
                }
                Ok(None) => return None,
                Err(error) => {
                    self.files.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}

impl Piece {
    /// The records, each with its sequence.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (u64, &[u8])> {
        (self.first..).zip(Bodies::of(&self.bytes, false))
    }

    /// Drops the records up to this one.
    fn leave_out(&mut self, after: u64) {
        let mut bodies = Bodies::of(&self.bytes, false);
        while self.first <= after && bodies.next().is_some() {
            self.first += 1;
        }
        let left_out = bodies.whole;
        self.bytes.drain(..left_out);
    }
}
