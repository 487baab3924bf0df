//! The durable record of what happened; replays into state.
//!
//! One file holds the entries in the order they were accepted, the ids they are deduplicated by, and profiles as they
//! were at some entry. Opening reads the profiles and replays only the entries after the watermark.

mod entry;
mod error;
mod stored;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use redb::{Database, ReadableDatabase};

pub use entry::{Entry, Event, EventKind, Evidence};
pub use error::JournalError;
pub use writer::{Appended, SavedProfile};

use error::{StoreError, guarded};
use writer::{
    ENTRIES, FORMAT, IDS, Item, MADE_WITH, NEXT_SEQUENCE, PROFILES, STATE, WATERMARK, Work,
    read_state,
};

/// The journal's file in its directory.
pub const JOURNAL_FILE: &str = "journal.redb";

/// At most this many entries in one batch.
pub const BATCH_MAX: usize = 1_000;

/// Layout of the tables; goes up when an older program could misread them.
const FORMAT_VERSION: u64 = 1;

/// At most this many batches wait for the writer; the next caller waits in `append`.
const QUEUE_BATCHES_MAX: usize = 256;

/// Pages of the file held in memory, in bytes.
const CACHE_BYTES_MAX: usize = 128 << 20;

/// An open journal. Only one process at a time has it; dropping it waits for the writer to finish.
pub struct Journal {
    database: Arc<Database>,
    path: PathBuf,
    queue: Option<SyncSender<Work>>,
    writer: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal in `dir`, or creates it.
    ///
    /// Errors: `InUse` when another process has it open, `Corrupt` when the file is damaged or something else, `Io`.
    pub fn open(dir: &Path) -> Result<Journal, JournalError> {
        let path = dir.join(JOURNAL_FILE);
        let database = Arc::new(open_database(dir, &path)?);
        let (queue, work) = sync_channel(QUEUE_BATCHES_MAX);
        let writer = std::thread::Builder::new().name("journal".to_owned());
        let writer = writer
            .spawn({
                let (database, path) = (database.clone(), path.clone());
                move || writer::run(&database, &path, &work)
            })
            .map_err(|error| {
                JournalError::io(&path, format!("its writer cannot start: {error}"))
            })?;
        Ok(Journal {
            database,
            path,
            queue: Some(queue),
            writer: Some(writer),
        })
    }

    /// Records `batch` and returns when it is on disk. Batches of many callers share one sync.
    ///
    /// An entry whose event id was recorded before, in this batch or any other, is left out and reported. After an
    /// error nothing of the batch is recorded, unless the disk failed while it was written.
    pub fn append(&self, batch: &[Entry]) -> Result<Appended, JournalError> {
        if batch.len() > BATCH_MAX {
            return Err(JournalError::BatchTooLong {
                entries: batch.len(),
                max: BATCH_MAX,
            });
        }
        let item = |entry: &Entry| Item {
            id: entry.event.id.as_deref().map(stored::id_hash),
            bytes: stored::encode(entry),
        };
        let items = batch.iter().map(item).collect();
        self.ask(|reply| Work::Append { items, reply })
    }

    /// Saves `profiles`, and the watermark when one is given, in one transaction.
    ///
    /// A watermark says that the saved profiles together contain every entry up to it.
    pub fn checkpoint(
        &self,
        profiles: Vec<SavedProfile>,
        watermark: Option<u64>,
    ) -> Result<(), JournalError> {
        self.ask(|reply| Work::Save {
            profiles,
            watermark,
            reply,
        })
    }

    /// The watermark to replay from. Profiles that were `made_with` other settings are discarded first, and the
    /// answer is then 0.
    pub fn resume(&self, made_with: u64) -> Result<u64, JournalError> {
        guarded(&self.path, || {
            let transaction = self.database.begin_write()?;
            let watermark = resume(&transaction, made_with)?;
            transaction.commit()?;
            Ok(watermark)
        })
    }

    /// Hands every entry after `sequence` to `apply`, in order, each with its own sequence.
    ///
    /// `apply` may append and checkpoint; what is appended meanwhile is not replayed.
    pub fn replay(
        &self,
        sequence: u64,
        mut apply: impl FnMut(u64, &Entry) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut rows = guarded(&self.path, || {
            let table = self.database.begin_read()?.open_table(ENTRIES)?;
            Ok(table.range_owned(sequence + 1..)?)
        })?;
        while let Some((sequence, bytes)) = guarded(&self.path, || Ok(rows.next().transpose()?))? {
            let entry = stored::decode(bytes.value()).map_err(|reason| self.damaged(reason))?;
            apply(sequence.value(), &entry)?;
        }
        Ok(())
    }

    /// The profile that was last saved for `shopper`. Waits for the disk, never for the writer.
    pub fn profile(&self, shopper: &str) -> Result<Option<SavedProfile>, JournalError> {
        guarded(&self.path, || {
            let table = self.database.begin_read()?.open_table(PROFILES)?;
            let saved = table.get(shopper)?;
            Ok(saved.map(|saved| {
                let (sequence, bytes) = saved.value();
                SavedProfile {
                    shopper: shopper.to_owned(),
                    sequence,
                    bytes: bytes.to_vec(),
                }
            }))
        })
    }

    /// The sequence that the next new entry will get; sequences count from 1.
    pub fn next_sequence(&self) -> Result<u64, JournalError> {
        guarded(&self.path, || {
            let state = self.database.begin_read()?.open_table(STATE)?;
            Ok(read_state(&state, NEXT_SEQUENCE)?.unwrap_or(1))
        })
    }

    /// The error for bytes in this journal that their owner cannot read.
    pub fn damaged(&self, reason: impl ToString) -> JournalError {
        JournalError::corrupt(&self.path, reason)
    }

    fn ask<T>(
        &self,
        work: impl FnOnce(SyncSender<Result<T, JournalError>>) -> Work,
    ) -> Result<T, JournalError> {
        let (reply, answer) = sync_channel(1);
        let queue = self.queue.as_ref().ok_or(JournalError::Stopped)?;
        queue.send(work(reply)).map_err(|_| JournalError::Stopped)?;
        answer.recv().map_err(|_| JournalError::Stopped)?
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has already failed its callers.
            let _ = writer.join();
        }
    }
}

fn open_database(dir: &Path, path: &Path) -> Result<Database, JournalError> {
    let io = |error: std::io::Error| JournalError::io(path, error);
    std::fs::create_dir_all(dir).map_err(io)?;
    let is_new = !path.exists();
    let (database, format) = guarded(path, || {
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES_MAX)
            .create(path)?;
        let format = create_tables(&database)?;
        Ok((database, format))
    })?;
    if format != FORMAT_VERSION {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            reason: format!("format {format}, this version reads {FORMAT_VERSION}"),
        });
    }
    if is_new && let Ok(dir) = std::fs::File::open(dir) {
        dir.sync_all().map_err(io)?;
    }
    Ok(database)
}

/// Makes what is missing; returns the version of the tables' layout.
fn create_tables(database: &Database) -> Result<u64, StoreError> {
    let transaction = database.begin_write()?;
    transaction.open_table(ENTRIES)?;
    transaction.open_table(IDS)?;
    transaction.open_table(PROFILES)?;
    let mut state = transaction.open_table(STATE)?;
    let format = read_state(&state, FORMAT)?.unwrap_or(FORMAT_VERSION);
    state.insert(FORMAT, format)?;
    drop(state);
    transaction.commit()?;
    Ok(format)
}

fn resume(transaction: &redb::WriteTransaction, made_with: u64) -> Result<u64, StoreError> {
    let mut state = transaction.open_table(STATE)?;
    if read_state(&state, MADE_WITH)? == Some(made_with) {
        return Ok(read_state(&state, WATERMARK)?.unwrap_or(0));
    }
    transaction.delete_table(PROFILES)?;
    transaction.open_table(PROFILES)?;
    state.insert(MADE_WITH, made_with)?;
    state.insert(WATERMARK, 0)?;
    Ok(0)
}
