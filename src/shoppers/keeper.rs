//! Keeps people, profiles and words in step with the journal.
//!
//! Whoever records does so one after the other, at a desk (`recording.rs`); a thread saves what changed (`saving.rs`), so
//! that opening (`opening.rs`) has little to replay.

mod erasing;
mod opening;
mod recording;
mod saving;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use jiff::Timestamp;

use super::Counts;
use super::affinity::AffinitySettings;
use super::demand::Demand;
use super::neighbours::Neighbours;
use super::people::People;
use super::profile::Profile;
use super::resident::Residents;
use super::words::Words;
use crate::journal::{Consent, Entry, Journal, JournalError, Person, Record};
use recording::Desk;
use saving::Saving;

pub use recording::Recorded;

/// The journal, what it says, and a thread that saves that.
pub(super) struct Keeper {
    pub(super) kept: Arc<Kept>,
    wake: Option<SyncSender<()>>,
    saver: Option<JoinHandle<()>>,
}

pub(super) struct Kept {
    pub(super) journal: Journal,
    pub(super) residents: Residents,
    people: RwLock<People>,
    words: RwLock<Words>,
    demand: RwLock<Demand>,
    neighbours: RwLock<Neighbours>,
    desk: Mutex<Desk>,
    /// Held by the one who saves.
    saving: Mutex<Saving>,
    watermark: AtomicU64,
    accepted: AtomicU64,
    duplicates: AtomicU64,
    ignored: AtomicU64,
    robots: AtomicU64,
}

impl Keeper {
    pub(super) fn open(
        dir: &Path,
        settings: &AffinitySettings,
        nobody: Arc<Profile>,
    ) -> Result<Keeper, JournalError> {
        let kept = Arc::new(Kept::open(dir, settings, nobody)?);
        let (wake, woken) = sync_channel(1);
        let saver = std::thread::Builder::new().name("profiles".to_owned());
        let saver = saver
            .spawn({
                let kept = kept.clone();
                move || saving::save_when_woken(&kept, &woken)
            })
            .map_err(|error| JournalError::Io {
                path: dir.to_owned(),
                reason: format!("the thread that saves profiles cannot start: {error}"),
            })?;
        Ok(Keeper {
            kept,
            wake: Some(wake),
            saver: Some(saver),
        })
    }

    /// Records `entries`, which arrived `now`, and returns when they are on disk and in the profiles.
    pub(super) fn record(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Recorded, JournalError> {
        let recorded = self.kept.record(entries, now)?;
        self.save_soon()?;
        Ok(recorded)
    }

    /// Wakes the saver when a checkpoint is due, and saves right here when it is long overdue.
    fn save_soon(&self) -> Result<(), JournalError> {
        if self.kept.is_overdue() {
            return self.kept.checkpoint();
        }
        if self.kept.is_due()
            && let Some(wake) = &self.wake
            && let Err(TrySendError::Disconnected(())) = wake.try_send(())
        {
            return Err(JournalError::Stopped);
        }
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(saver) = self.saver.take() {
            // A saver that panicked saved nothing; the records are replayed at the next opening.
            let _ = saver.join();
        }
        if let Err(error) = self.kept.checkpoint() {
            tracing::warn!(%error, "profiles were not saved; the next start replays their events");
        }
    }
}

impl Kept {
    fn apply(&self, sequence: u64, record: &Record) -> Result<(), JournalError> {
        match record {
            Record::Word { .. } => Ok(()),
            Record::Known { .. } | Record::Erased { .. } => {
                write(&self.people).apply(record);
                Ok(())
            }
            Record::Consent { person, consent } => {
                write(&self.people).apply(record);
                if *consent == Consent::Personalize {
                    return Ok(());
                }
                write(&self.neighbours).forget(&[*person]);
                self.change(*person, sequence, Profile::unlearn)
            }
            Record::Merged { from, into } => {
                let other = self.residents.load(&self.journal, *from)?;
                write(&self.people).apply(record);
                self.residents.remove(*from);
                let Some(other) = other else { return Ok(()) };
                self.change(*into, sequence, |profile| profile.merge(&other))
            }
            Record::Deed { person, deed } => {
                let person = read(&self.people).resolved(*person);
                let learns = read(&self.people).consent(person) == Consent::Personalize;
                self.change(person, sequence, |profile| {
                    let mut demand = write(&self.demand);
                    if learns && demand.sequence < sequence {
                        demand.learn(profile.recent(), deed);
                        demand.sequence = sequence;
                        write(&self.neighbours).learn(person, deed);
                    }
                    profile.apply(deed, learns);
                })
            }
        }
    }

    fn change(
        &self,
        person: Person,
        sequence: u64,
        change: impl FnOnce(&mut Profile),
    ) -> Result<(), JournalError> {
        self.residents
            .change(&self.journal, person, sequence, change)
    }

    /// The person behind a token or account.
    pub(super) fn find(&self, id: &str) -> Option<Person> {
        read(&self.people).find(id)
    }

    pub(super) fn people(&self) -> RwLockReadGuard<'_, People> {
        read(&self.people)
    }

    pub(super) fn words(&self) -> RwLockReadGuard<'_, Words> {
        read(&self.words)
    }

    pub(super) fn demand(&self) -> RwLockReadGuard<'_, Demand> {
        read(&self.demand)
    }

    pub(super) fn neighbours(&self) -> RwLockReadGuard<'_, Neighbours> {
        read(&self.neighbours)
    }

    pub(super) fn counts(&self) -> Counts {
        let residents = self.residents.counts();
        let entries = lock(&self.desk).next_sequence - 1;
        Counts {
            accepted: self.accepted.load(Relaxed),
            duplicates: self.duplicates.load(Relaxed),
            ignored: self.ignored.load(Relaxed),
            robots: self.robots.load(Relaxed),
            entries,
            entries_to_replay: entries.saturating_sub(self.watermark.load(Relaxed)),
            names: self.people().len(),
            resident: residents.resident,
            changed: residents.changed,
        }
    }
}

// A panic while a lock was held leaves whole records: every change is made in one call.
fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}
