//! The changes that were applied, in one file: each with its length and its checksum, appended and synced before it is
//! acknowledged.
//!
//! Several processes may append; each holds the lock meanwhile and reads first what the others appended. What a crash
//! left of the last write is cut off by the next.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operation::{Known, Operation};
use crate::catalog::write_durably;
use crate::journal::{Bodies, frame};

const DELTAS_DIR: &str = "deltas";
const LOG_FILE: &str = "changes.log";
const LOCK_FILE: &str = "changes.lock";

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Rises from record to record.
    pub(super) number: u64,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum What {
    /// A change that was applied, and since when it holds.
    Applied {
        since: Timestamp,
        operation: Box<Operation>,
    },
    /// What is known of a product or variant whose changes are swept.
    Known { id: String, known: Known },
}

/// The log, as far as it was read.
pub(super) struct Log {
    dir: PathBuf,
    /// The file that was read and how much of it.
    read: Option<(u64, u64)>,
}

impl Log {
    pub(super) fn of(data: &Path) -> Log {
        Log {
            dir: data.join(DELTAS_DIR),
            read: None,
        }
    }

    /// The same log, not read yet.
    pub(super) fn of_same(other: &Log) -> Log {
        Log {
            dir: other.dir.clone(),
            read: None,
        }
    }

    /// Held while the log is written; other processes wait.
    pub(super) fn lock(&self) -> io::Result<File> {
        fs::create_dir_all(&self.dir)?;
        let lock = File::create(self.dir.join(LOCK_FILE))?;
        lock.lock()?;
        Ok(lock)
    }

    /// What was appended since the last reading; everything when the log was rewritten meanwhile, which is said too.
    pub(super) fn read_on(&mut self) -> io::Result<(Vec<Entry>, bool)> {
        let path = self.dir.join(LOG_FILE);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((Vec::new(), false));
            }
            Err(error) => return Err(error),
        };
        let about = file.metadata()?;
        let (from, is_rewritten) = match self.read {
            Some((inode, read)) if inode == about.ino() && read <= about.len() => (read, false),
            read => (0, read.is_some()),
        };
        let mut bytes = vec![0; (about.len() - from) as usize];
        file.read_exact_at(&mut bytes, from)?;
        let mut bodies = Bodies::of(&bytes, true);
        let mut entries = Vec::new();
        for body in bodies.by_ref() {
            entries.push(serde_json::from_slice(body).map_err(io::Error::other)?);
        }
        self.read = Some((about.ino(), from + bodies.whole as u64));
        Ok((entries, is_rewritten))
    }

    /// Appends records and returns when they are on disk; everything was read under the same lock.
    pub(super) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let path = self.dir.join(LOG_FILE);
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        let inode = file.metadata()?.ino();
        let from = match self.read {
            Some((read, bytes)) if read == inode => bytes,
            _ => {
                // The file is new, and so may be its folder.
                File::open(&self.dir)?.sync_all()?;
                0
            }
        };
        let framed = framed(entries);
        file.set_len(from)?;
        file.write_all_at(&framed, from)?;
        file.sync_data()?;
        self.read = Some((inode, from + framed.len() as u64));
        Ok(())
    }

    /// Replaces all records; everything was read under the same lock.
    pub(super) fn rewrite(&mut self, entries: &[Entry]) -> io::Result<()> {
        let (next, path) = (self.dir.join("changes.next"), self.dir.join(LOG_FILE));
        let framed = framed(entries);
        write_durably(&next, &framed)?;
        fs::rename(&next, &path)?;
        File::open(&self.dir)?.sync_all()?;
        self.read = Some((fs::metadata(&path)?.ino(), framed.len() as u64));
        Ok(())
    }
}

fn framed(entries: &[Entry]) -> Vec<u8> {
    let mut framed = Vec::new();
    for entry in entries {
        frame(&mut framed, |body| {
            serde_json::to_writer(body, entry).expect("records are text and numbers");
        });
    }
    framed
}
