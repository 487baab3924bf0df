//! The records in files of their own, one after the other, each with its length and its checksum.
//!
//! A file is named by the sequence of its first record and is only ever appended to. Room for more records is taken in
//! large pieces, so that a sync has no file size to write; it holds zeros until then, and is given back at the end. What
//! a power cut left of the last record is cut off when the log is opened.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};

use super::error::JournalError;

/// A file that is larger than this is followed by the next.
const FILE_BYTES_MAX: u64 = if cfg!(test) { 64 << 10 } else { 64 << 20 };

/// Room for records is taken in pieces of this size.
const ROOM_BYTES: u64 = 4 << 20;

/// Length and checksum.
const FRAME_BYTES: usize = 8;

/// An unfinished write is at most this long; more unreadable bytes than that are damage.
const UNFINISHED_BYTES_MAX: usize = 32 << 20;

const ENDING: &str = "log";

/// The end of the log, where records are appended.
pub(super) struct Log {
    dir: PathBuf,
    path: PathBuf,
    file: File,
    /// How many hold records.
    bytes: u64,
    /// How many there is room for.
    room: u64,
    next_sequence: u64,
}

/// Adds a frame around the body that `write` adds: the bytes that `Bodies` finds again.
pub(crate) fn frame(framed: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = framed.len();
    framed.extend_from_slice(&[0; FRAME_BYTES]);
    write(framed);
    let (head, body) = framed[start..].split_at_mut(FRAME_BYTES);
    head[..4].copy_from_slice(&(body.len() as u32).to_le_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(body).to_le_bytes());
}

/// The files of a log in order, each with the sequence of its first record.
pub(super) fn files(dir: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let io = |error: std::io::Error| JournalError::io(dir, error);
    let mut files = Vec::new();
    for file in fs::read_dir(dir).map_err(io)? {
        let path = file.map_err(io)?.path();
        let is_log = path.extension().is_some_and(|ending| ending == ENDING);
        let first = path
            .file_stem()
            .and_then(|name| name.to_str()?.parse().ok());
        if let Some(first) = first.filter(|_| is_log) {
            files.push((first, path));
        }
    }
    files.sort();
    Ok(files)
}

/// The bodies of a file's records, up to the first that is not whole. `whole` is how many bytes those take.
pub(crate) struct Bodies<'b> {
    bytes: &'b [u8],
    pub(crate) whole: usize,
    /// Checksums are compared.
    checked: bool,
}

impl<'b> Bodies<'b> {
    pub(crate) fn of(bytes: &'b [u8], checked: bool) -> Self {
        Bodies {
            bytes,
            whole: 0,
            checked,
        }
    }
}

impl<'b> Iterator for Bodies<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let rest = &self.bytes[self.whole..];
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        let body = rest.get(..u32::from_le_bytes(*length) as usize)?;
        let is_sound = !self.checked || crc32fast::hash(body) == u32::from_le_bytes(*checksum);
        if body.is_empty() || !is_sound {
            return None;
        }
        self.whole += FRAME_BYTES + body.len();
        Some(body)
    }
}

impl Log {
    /// Opens the end of the log in `dir`, or begins one.
    pub(super) fn open(dir: &Path) -> Result<Log, JournalError> {
        let Some((first, path)) = files(dir)?.pop() else {
            return Log::begin(dir, 1);
        };
        let io = |error: std::io::Error| JournalError::io(&path, error);
        let bytes = fs::read(&path).map_err(io)?;
        let mut bodies = Bodies::of(&bytes, true);
        let records = bodies.by_ref().count() as u64;
        let whole = bodies.whole;
        let unread = &bytes[whole..];
        let unfinished = unread.iter().rposition(|byte| *byte != 0);
        let unfinished = unfinished.map_or(0, |last| last + 1);
        if unfinished > UNFINISHED_BYTES_MAX {
            let reason = format!("record {} is unreadable", first + records);
            return Err(JournalError::corrupt(&path, reason));
        }
        let mut options = OpenOptions::new();
        let file = options.write(true).open(&path).map_err(io)?;
        if unfinished > 0 {
            tracing::warn!(
                bytes = unfinished,
                "the last write was not finished and is dropped"
            );
        }
        if whole < bytes.len() {
            file.set_len(whole as u64)
                .and_then(|()| file.sync_all())
                .map_err(io)?;
        }
        Ok(Log {
            dir: dir.to_owned(),
            path,
            file,
            bytes: whole as u64,
            room: whole as u64,
            next_sequence: first + records,
        })
    }

    /// The sequence that the next record will get.
    pub(super) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Appends framed records and returns when they are on disk.
    pub(super) fn append(&mut self, framed: &[u8], records: u64) -> Result<(), JournalError> {
        if self.bytes > FILE_BYTES_MAX {
            self.close()?;
            *self = Log::begin(&self.dir, self.next_sequence)?;
        }
        self.make_room(framed.len() as u64);
        self.file
            .write_all_at(framed, self.bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| JournalError::io(&self.path, error))?;
        self.bytes += framed.len() as u64;
        self.next_sequence += records;
        Ok(())
    }

    fn make_room(&mut self, bytes: u64) {
        let wanted = self.bytes + bytes;
        if wanted <= self.room {
            return;
        }
        let piece = (wanted - self.room).next_multiple_of(ROOM_BYTES);
        // Where room cannot be taken ahead, the write itself takes it, or says why it cannot.
        let _ = fallocate(&self.file, FallocateFlags::empty(), self.room, piece);
        self.room += piece;
    }

    /// Gives back the room that no record took.
    pub(super) fn close(&self) -> Result<(), JournalError> {
        self.file
            .set_len(self.bytes)
            .and_then(|()| self.file.sync_all())
            .map_err(|error| JournalError::io(&self.path, error))
    }

    fn begin(dir: &Path, first: u64) -> Result<Log, JournalError> {
        let path = dir.join(format!("{first:020}.{ENDING}"));
        let io = |error: std::io::Error| JournalError::io(&path, error);
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(true).write(true);
        let file = file.open(&path).map_err(io)?;
        file.sync_all()
            .and_then(|()| File::open(dir)?.sync_all())
            .map_err(io)?;
        Ok(Log {
            dir: dir.to_owned(),
            path,
            file,
            bytes: 0,
            room: 0,
            next_sequence: first,
        })
    }
}
