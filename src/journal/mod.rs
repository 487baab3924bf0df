//! The durable record of what happened; replays into state.
//!
//! Three kinds of files in one directory: the log of records in the order they were accepted, one key for each shopper,
//! and state as it was at some record. Opening reads the state and replays only the records after its watermark.

mod beside;
mod entry;
mod error;
mod keys;
mod log;
mod reading;
mod store;
mod stored;
mod writer;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

pub use beside::read_deeds;
pub use entry::{
    Circumstances, Consent, Deed, Entry, Event, EventKind, Evidence, Name, Person, Record, Word,
};
pub use error::JournalError;
pub use store::{Checkpoint, Resumed, SavedProfile};
pub use stored::{Head, id_hash};

use keys::Keys;
pub(crate) use log::{Bodies, frame};

use log::Log;
use reading::Pieces;
use store::Store;
use writer::Work;

use crate::parallel::in_order;

/// At most this many events in one batch.
pub const BATCH_MAX: usize = 1_000;

/// At most this many batches wait for the writer; the next caller waits in `append`.
const QUEUE_BATCHES_MAX: usize = 256;

/// What versions before the log left; they had no keys to erase with.
const OLD_FILE: &str = "journal.redb";

/// An open journal. Only one process at a time has it; dropping it waits for the writer to finish.
pub struct Journal {
    dir: PathBuf,
    keys: Arc<Keys>,
    store: Store,
    first_new_sequence: u64,
    queue: Option<SyncSender<Work>>,
    writer: Option<JoinHandle<()>>,
}

/// Records that were handed over and are on their way to the disk.
#[must_use = "records are on disk only once they were waited for"]
pub struct Appending {
    answer: Receiver<Result<(), JournalError>>,
}

/// Records that go to the disk together.
#[derive(Default)]
pub struct Batch {
    records: Vec<Record>,
}

impl Journal {
    /// Opens the journal in `dir`, or creates it.
    ///
    /// Errors: `InUse` when another process has it open, `Corrupt` when a file is damaged or something else, `Io`.
    pub fn open(dir: &Path) -> Result<Journal, JournalError> {
        fs::create_dir_all(dir).map_err(|error| JournalError::io(dir, error))?;
        let old = dir.join(OLD_FILE);
        if old.exists() {
            return Err(JournalError::Older { path: old });
        }
        check_files(dir)?;
        // The store is locked by whoever has it open, so it comes first.
        let store = Store::open(dir)?;
        let keys = Arc::new(Keys::open(dir)?);
        let log = Log::open(dir)?;
        let first_new_sequence = log.next_sequence();
        let saved = store.watermark()?;
        if saved >= first_new_sequence {
            let ends = first_new_sequence - 1;
            let reason = format!("its log ends at record {ends}, but record {saved} was saved");
            return Err(JournalError::corrupt(dir, reason));
        }
        let (queue, work) = sync_channel(QUEUE_BATCHES_MAX);
        let writer = std::thread::Builder::new().name("journal".to_owned());
        let writer = writer
            .spawn({
                let keys = keys.clone();
                move || writer::run(log, &keys, &work)
            })
            .map_err(|error| JournalError::io(dir, format!("its writer cannot start: {error}")))?;
        Ok(Journal {
            dir: dir.to_owned(),
            keys,
            store,
            first_new_sequence,
            queue: Some(queue),
            writer: Some(writer),
        })
    }

    /// The sequence of the first record that is appended after opening; sequences count from 1.
    pub fn first_new_sequence(&self) -> u64 {
        self.first_new_sequence
    }

    /// Adds a record to a batch. One whose person is erased meanwhile takes its place in the sequence, empty.
    pub fn add(&self, batch: &mut Batch, record: Record) -> Result<(), JournalError> {
        if let Record::Known { person, .. } = record {
            self.keys.draw(person)?;
        }
        batch.records.push(record);
        Ok(())
    }

    /// Hands a batch to the writer. Batches get their sequences in the order of these calls; those of many callers
    /// share one sync. After an error of the disk nothing more is recorded until the journal is opened again.
    pub fn append(&self, batch: Batch) -> Result<Appending, JournalError> {
        let (reply, answer) = sync_channel(1);
        let records = batch.records;
        let work = Work { records, reply };
        let queue = self.queue.as_ref().ok_or(JournalError::Stopped)?;
        queue.send(work).map_err(|_| JournalError::Stopped)?;
        Ok(Appending { answer })
    }

    /// The state to replay from. Profiles and notes that were `made_with` other settings are discarded first; who is
    /// who and the words stay, since the records that said so may be gone.
    pub fn resume(&self, made_with: u64) -> Result<Resumed, JournalError> {
        let logs = log::files(&self.dir)?;
        let first = logs.first().map_or(1, |(first, _)| *first);
        let mut resumed = self.store.resume(made_with, first - 1)?;
        if resumed.watermark + 1 < first {
            let saved = resumed.watermark;
            let reason =
                format!("its log begins at record {first}, but only up to {saved} was saved");
            return Err(JournalError::corrupt(&self.dir, reason));
        }
        if resumed.next_person == 0 {
            // The state is new, and the log need not tell of everybody who had a number.
            resumed.next_person = self.keys.next_person();
        }
        Ok(resumed)
    }

    /// Hands every record after `sequence` to `apply`, in order, each with its own sequence. Other threads read ahead.
    pub fn replay(
        &self,
        sequence: u64,
        mut apply: impl FnMut(u64, Record) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let pieces = Pieces::after(&self.dir, sequence)?;
        std::thread::scope(|scope| {
            let decoded = in_order(scope, pieces, |piece| {
                let piece = piece?;
                let decode = |(number, body)| match stored::decode(&self.keys, body) {
                    Ok(record) => Ok((number, record)),
                    Err(why) => Err(JournalError::corrupt(&piece.path, why)),
                };
                piece.bodies().map(decode).collect::<Result<Vec<_>, _>>()
            });
            for records in decoded {
                for (number, record) in records? {
                    apply(number, record)?;
                }
            }
            Ok(())
        })
    }

    /// The deeds of these persons, in the order they were accepted.
    pub fn deeds_of(&self, persons: &[Person]) -> Result<Vec<Deed>, JournalError> {
        let mut deeds = Vec::new();
        for piece in Pieces::after(&self.dir, 0)? {
            let piece = piece?;
            for (_, bytes) in piece.bodies() {
                let (head, _) = stored::read_head(bytes).map_err(|why| self.damaged(why))?;
                if !head.is_deed || !persons.contains(&head.person) {
                    continue;
                }
                let record = stored::decode(&self.keys, bytes).map_err(|why| self.damaged(why))?;
                if let Record::Deed { deed, .. } = record {
                    deeds.push(deed);
                }
            }
        }
        Ok(deeds)
    }

    /// Readable deeds, the latest first, until `enough` says so.
    pub fn latest_deeds(&self, mut enough: impl FnMut(Deed) -> bool) -> Result<(), JournalError> {
        for (_, path) in log::files(&self.dir)?.into_iter().rev() {
            let bytes = contents(&path)?;
            let bodies: Vec<&[u8]> = Bodies::of(&bytes, false).collect();
            for body in bodies.into_iter().rev() {
                let record = stored::decode(&self.keys, body).map_err(|why| self.damaged(why))?;
                if let Record::Deed { deed, .. } = record
                    && enough(deed)
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What can be read without keys of the latest records, the last file first, until `enough` says so.
    pub fn heads(&self, mut enough: impl FnMut(Head) -> bool) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        for (_, path) in log::files(&self.dir)?.into_iter().rev() {
            bytes.clear();
            File::open(&path)
                .and_then(|mut file| file.read_to_end(&mut bytes))
                .map_err(|error| JournalError::io(&path, error))?;
            let mut is_enough = false;
            for body in Bodies::of(&bytes, false) {
                let (head, _) = stored::read_head(body).map_err(|why| self.damaged(why))?;
                is_enough |= enough(head);
            }
            if is_enough {
                break;
            }
        }
        Ok(())
    }

    /// Hands everyone who was saved to `visit`, as their owner encoded them.
    pub fn for_each_person(
        &self,
        visit: impl FnMut(Person, &[u8]) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.store.for_each_person(&self.keys, visit)
    }

    /// The profile that was last saved for a person. Waits for the disk, never for the writer.
    pub fn profile(&self, person: Person) -> Result<Option<SavedProfile>, JournalError> {
        self.store.profile(&self.keys, person)
    }

    /// Bytes that a checkpoint saved under this name.
    pub fn note(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.store.note(name)
    }

    /// Saves profiles ahead of the checkpoint that will make them last.
    pub fn save_profiles(&self, profiles: &[SavedProfile]) -> Result<(), JournalError> {
        self.store.save_profiles(&self.keys, profiles)
    }

    /// Saves the rest of the state with its watermark, and makes the profiles saved before last.
    pub fn checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        self.store.save(&self.keys, checkpoint)
    }

    /// Destroys the keys of these persons and removes their rows: nothing of them can be read any more.
    pub fn erase(&self, persons: &[Person]) -> Result<(), JournalError> {
        self.keys.destroy(persons)?;
        self.store.forget(persons)
    }

    /// Removes the files of the log whose records all arrived before this second. The last file always stays.
    pub fn drop_older_than(&self, received_s: u32) -> Result<usize, JournalError> {
        let mut files = log::files(&self.dir)?;
        files.pop();
        let mut dropped = 0;
        for (_, path) in files {
            let bytes = contents(&path)?;
            let mut latest = 0;
            for body in Bodies::of(&bytes, false) {
                let (head, _) = stored::read_head(body).map_err(|why| self.damaged(why))?;
                latest = latest.max(head.received_s);
            }
            if latest >= received_s {
                break;
            }
            fs::remove_file(&path).map_err(|error| JournalError::io(&path, error))?;
            dropped += 1;
        }
        Ok(dropped)
    }

    /// The error for bytes in this journal that their owner cannot read.
    pub fn damaged(&self, reason: impl ToString) -> JournalError {
        JournalError::corrupt(&self.dir, reason)
    }
}

impl Appending {
    /// Returns when the records are on disk.
    pub fn wait(self) -> Result<(), JournalError> {
        self.answer.recv().map_err(|_| JournalError::Stopped)?
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

/// Refuses a directory in which a file was lost or emptied that cannot be made anew. Files are made in the order store,
/// keys, log: where there is a log, the others hold something.
fn check_files(dir: &Path) -> Result<(), JournalError> {
    let logs = log::files(dir)?;
    let Some((first, _)) = logs.first() else {
        return Ok(());
    };
    for file in [store::STATE_FILE, keys::KEYS_FILE] {
        let path = dir.join(file);
        match fs::metadata(&path) {
            Ok(file) if file.len() > 0 => {}
            Ok(_) => return Err(JournalError::corrupt(&path, "it was emptied")),
            Err(_) if file == keys::KEYS_FILE => {
                let reason = "it is missing, and nothing in the log can be read without it";
                return Err(JournalError::lost(&path, reason));
            }
            Err(_) if *first > 1 => {
                let reason = "it is missing, and the log no longer says what was in it";
                return Err(JournalError::lost(&path, reason));
            }
            Err(_) => {
                tracing::warn!("the saved profiles are missing and are made anew from the log")
            }
        }
    }
    Ok(())
}

fn contents(path: &Path) -> Result<Vec<u8>, JournalError> {
    fs::read(path).map_err(|error| JournalError::io(path, error))
}
