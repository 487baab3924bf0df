//! Saving what changed: some profiles at a time, and with the last of them who is who, the words and the watermark.

use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::Receiver;

use super::{Kept, lock, read, write};
use crate::journal::{Batch, Checkpoint, JournalError, SavedProfile};
use crate::shoppers::demand::Demand;

/// State is saved after this many records; at most some twice as many are replayed at opening.
const CHECKPOINT_RECORDS: u64 = 250_000;

/// Whoever records more than this many records past the last checkpoint waits for the next one.
pub(super) const BEHIND_MAX: u64 = 2 * CHECKPOINT_RECORDS;

/// State is saved when profiles that wait for it take this much of the memory for profiles.
const FULL: f64 = 1.2;

/// Whoever records when they take this much waits.
const FULL_MAX: f64 = 1.4;

/// At most about this many profiles in one transaction.
const SAVE_PROFILES_MAX: usize = 4_000;

/// The name that what shoppers want is saved under.
pub(super) const DEMAND_NOTE: &str = "demand";

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Saving {
    Possible,
    /// Something that had changed was not saved; the journal has it, so the next opening will.
    Failed,
}

impl Kept {
    fn behind(&self) -> u64 {
        let next = lock(&self.desk).next_sequence;
        (next - 1).saturating_sub(self.watermark.load(Relaxed))
    }

    /// Whether it is time to save.
    pub(super) fn is_due(&self) -> bool {
        self.behind() > CHECKPOINT_RECORDS || self.residents.fullness() > FULL
    }

    /// Whether saving cannot wait any more.
    pub(super) fn is_overdue(&self) -> bool {
        self.behind() > BEHIND_MAX || self.residents.fullness() > FULL_MAX
    }

    /// Saves the changed profiles, some at a time, and with the last of them everything else and the watermark. A
    /// profile may be saved with records after the watermark: it names its last record, so that replaying leaves those
    /// out. What is saved is in the journal first.
    pub(in crate::shoppers) fn checkpoint(&self) -> Result<(), JournalError> {
        let mut saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        if *saving == Saving::Failed {
            return Err(JournalError::Unsaved);
        }
        let saved = self.save_all();
        if saved.is_err() {
            *saving = Saving::Failed;
        }
        saved
    }

    fn save_all(&self) -> Result<(), JournalError> {
        let (checkpoint, flush) = {
            let mut desk = lock(&self.desk);
            let watermark = desk.next_sequence - 1;
            if watermark == self.watermark.load(Relaxed) {
                return Ok(());
            }
            let mut people = write(&self.people);
            let (changed, merged) = people.take_changed();
            let checkpoint = Checkpoint {
                watermark,
                next_person: people.next_person(),
                people: changed,
                merged,
                words: std::mem::take(&mut desk.new_words),
                notes: vec![(DEMAND_NOTE, encoded(&read(&self.demand)))],
            };
            (checkpoint, self.journal.append(Batch::default())?)
        };
        flush.wait()?;
        let mut profiles = Vec::new();
        for changed in self.residents.changed() {
            profiles.extend(changed);
            if profiles.len() >= SAVE_PROFILES_MAX {
                self.save(std::mem::take(&mut profiles))?;
            }
        }
        self.save(profiles)?;
        self.journal.checkpoint(&checkpoint)?;
        self.watermark.store(checkpoint.watermark, Relaxed);
        self.residents.trim();
        Ok(())
    }

    fn save(&self, profiles: Vec<SavedProfile>) -> Result<(), JournalError> {
        // They may hold records that were handed over after the last wait.
        self.journal.append(Batch::default())?.wait()?;
        self.journal.save_profiles(&profiles)?;
        self.residents.saved(&profiles);
        Ok(())
    }
}

pub(super) fn save_when_woken(kept: &Kept, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        if !kept.is_due() {
            continue;
        }
        if let Err(error) = kept.checkpoint() {
            tracing::error!(%error, "profiles could not be saved; events are still recorded");
        }
    }
}

fn encoded(demand: &Demand) -> Vec<u8> {
    postcard::to_stdvec(demand).expect("writing plain fields to memory cannot fail")
}
