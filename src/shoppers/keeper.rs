//! Keeps the profiles in memory and those on disk in step with the journal.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::Counts;
use super::affinity::AffinitySettings;
use super::profile::{HalfLives, Profile};
use super::resident::{RESIDENT_MAX, Residents};
use crate::journal::{Appended, Entry, Journal, JournalError, SavedProfile};

/// Changed profiles are saved after this many entries; at most some four times as many are replayed at opening.
pub(super) const CHECKPOINT_ENTRIES: u64 = 50_000;

/// Whoever records more than this many entries past the last checkpoint waits for the next one.
const BEHIND_MAX: u64 = 4 * CHECKPOINT_ENTRIES;

/// At most about this many profiles in one transaction, so that events do not wait long for it.
const SAVE_PROFILES_MAX: usize = 1_000;

/// Goes up when the same entries give other profiles than before: then they are made anew from the journal.
const PROFILES_VERSION: u64 = 1;

/// The journal, the profiles, and a thread that saves them.
pub(super) struct Keeper {
    kept: Arc<Kept>,
    wake: Option<SyncSender<()>>,
    saver: Option<JoinHandle<()>>,
}

struct Kept {
    journal: Journal,
    residents: Residents,
    nobody: Arc<Profile>,
    turn: Mutex<Turn>,
    turned: Condvar,
    /// Held by the one who saves.
    saving: Mutex<()>,
    watermark: AtomicU64,
    /// An entry is in the journal but not in its profile, which could not be read: nothing may be saved any more.
    incomplete: AtomicBool,
    accepted: AtomicU64,
    duplicates: AtomicU64,
}

/// Durable entries wait here until all before them are applied.
struct Turn {
    next_sequence: u64,
    waiting: BTreeMap<u64, Vec<Entry>>,
}

impl Keeper {
    pub(super) fn open(
        dir: &Path,
        settings: &AffinitySettings,
        nobody: Arc<Profile>,
    ) -> Result<Keeper, JournalError> {
        let journal = Journal::open(dir)?;
        let watermark = journal.resume(made_with(settings))?;
        let kept = Arc::new(Kept {
            journal,
            residents: Residents::new(RESIDENT_MAX),
            nobody,
            turn: Mutex::new(Turn {
                next_sequence: watermark + 1,
                waiting: BTreeMap::new(),
            }),
            turned: Condvar::new(),
            saving: Mutex::new(()),
            watermark: AtomicU64::new(watermark),
            incomplete: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
        });
        kept.replay(watermark)?;
        let (wake, woken) = sync_channel(1);
        let saver = std::thread::Builder::new().name("profiles".to_owned());
        let saver = saver
            .spawn({
                let kept = kept.clone();
                move || save_when_woken(&kept, &woken)
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

    /// Appends `batch` and applies it.
    pub(super) fn record(&self, batch: Vec<Entry>) -> Result<Appended, JournalError> {
        let kept = &*self.kept;
        for entry in &batch {
            kept.residents.load(&kept.journal, &entry.event.shopper)?;
        }
        let appended = kept.journal.append(&batch)?;
        kept.accepted.fetch_add(appended.appended as u64, Relaxed);
        kept.duplicates
            .fetch_add(appended.duplicates.len() as u64, Relaxed);
        if appended.appended > 0 {
            kept.apply_in_turn(appended.first_sequence, fresh(batch, &appended.duplicates))?;
            self.save_soon(appended.first_sequence)?;
        }
        Ok(appended)
    }

    pub(super) fn profile(&self, shopper: &str) -> Result<Option<Arc<Profile>>, JournalError> {
        self.kept.residents.load(&self.kept.journal, shopper)
    }

    pub(super) fn checkpoint(&self) -> Result<(), JournalError> {
        self.kept.checkpoint()
    }

    pub(super) fn counts(&self) -> Counts {
        let kept = &*self.kept;
        let residents = kept.residents.counts();
        let entries = lock(&kept.turn).next_sequence - 1;
        Counts {
            accepted: kept.accepted.load(Relaxed),
            duplicates: kept.duplicates.load(Relaxed),
            entries,
            entries_to_replay: entries.saturating_sub(kept.watermark.load(Relaxed)),
            resident: residents.resident,
            changed: residents.changed,
        }
    }

    /// Wakes the saver when a checkpoint is due, and saves right here when it is long overdue.
    fn save_soon(&self, sequence: u64) -> Result<(), JournalError> {
        let behind = sequence.saturating_sub(self.kept.watermark.load(Relaxed));
        if behind > BEHIND_MAX {
            return self.kept.checkpoint();
        }
        if behind > CHECKPOINT_ENTRIES
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
            // A saver that panicked saved nothing; the entries are replayed at the next opening.
            let _ = saver.join();
        }
        if let Err(error) = self.kept.checkpoint() {
            tracing::warn!(%error, "profiles were not saved; the next start replays their events");
        }
    }
}

impl Kept {
    fn replay(&self, watermark: u64) -> Result<(), JournalError> {
        let mut unsaved = 0;
        self.journal.replay(watermark, |sequence, entry| {
            self.apply(sequence, entry)?;
            lock(&self.turn).next_sequence = sequence + 1;
            unsaved += 1;
            if unsaved == BEHIND_MAX {
                unsaved = 0;
                self.checkpoint()?;
            }
            Ok(())
        })?;
        // An erased entry leaves a gap, also at the end.
        lock(&self.turn).next_sequence = self.journal.next_sequence()?;
        Ok(())
    }

    /// Applies durable `entries` when all before them are applied: whoever comes first applies for those that wait.
    fn apply_in_turn(&self, first_sequence: u64, entries: Vec<Entry>) -> Result<(), JournalError> {
        let mut turn = lock(&self.turn);
        turn.waiting.insert(first_sequence, entries);
        let next = turn.next_sequence;
        let mut failure = None;
        while let Some(entries) = turn.take_next() {
            for (sequence, entry) in (turn.next_sequence..).zip(&entries) {
                if let Err(error) = self.apply(sequence, entry) {
                    self.incomplete.store(true, Relaxed);
                    failure = Some(error);
                }
            }
            turn.next_sequence += entries.len() as u64;
        }
        if turn.next_sequence > next {
            self.turned.notify_all();
        }
        while turn.next_sequence <= first_sequence {
            turn = self
                .turned
                .wait(turn)
                .unwrap_or_else(PoisonError::into_inner);
        }
        failure.map_or(Ok(()), Err)
    }

    fn apply(&self, sequence: u64, entry: &Entry) -> Result<(), JournalError> {
        let shopper = &entry.event.shopper;
        self.residents
            .change(&self.journal, shopper, sequence, &self.nobody, |profile| {
                profile.apply(entry);
            })
    }

    /// Saves the changed profiles, a few at a time, and with the last of them the watermark. A profile may be saved
    /// with entries after the watermark: it names its last entry, so that replaying leaves those out.
    fn checkpoint(&self) -> Result<(), JournalError> {
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        if self.incomplete.load(Relaxed) {
            return Err(self.journal.damaged(
                "a profile could not be read while events were recorded; restart the server to apply them",
            ));
        }
        let watermark = lock(&self.turn).next_sequence - 1;
        if watermark == self.watermark.load(Relaxed) {
            return Ok(());
        }
        let mut profiles = Vec::new();
        for changed in self.residents.changed() {
            profiles.extend(changed);
            if profiles.len() >= SAVE_PROFILES_MAX {
                self.save(std::mem::take(&mut profiles), None)?;
            }
        }
        self.save(profiles, Some(watermark))?;
        self.watermark.store(watermark, Relaxed);
        self.residents.trim();
        Ok(())
    }

    fn save(
        &self,
        profiles: Vec<SavedProfile>,
        watermark: Option<u64>,
    ) -> Result<(), JournalError> {
        let saved: Vec<_> = profiles
            .iter()
            .map(|profile| (profile.shopper.clone(), profile.sequence))
            .collect();
        self.journal.checkpoint(profiles, watermark)?;
        for (shopper, sequence) in saved {
            self.residents.saved(&shopper, sequence);
        }
        Ok(())
    }
}

impl Turn {
    fn take_next(&mut self) -> Option<Vec<Entry>> {
        self.waiting.remove(&self.next_sequence)
    }
}

fn save_when_woken(kept: &Kept, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        let behind = lock(&kept.turn).next_sequence - 1 - kept.watermark.load(Relaxed);
        if behind < CHECKPOINT_ENTRIES {
            continue;
        }
        if let Err(error) = kept.checkpoint() {
            tracing::error!(%error, "profiles could not be saved; events are still recorded");
        }
    }
}

fn fresh(batch: Vec<Entry>, duplicates: &[usize]) -> Vec<Entry> {
    let entries = batch.into_iter().enumerate();
    entries
        .filter(|(index, _)| duplicates.binary_search(index).is_err())
        .map(|(_, entry)| entry)
        .collect()
}

/// What the profiles depend on besides the entries.
fn made_with(settings: &AffinitySettings) -> u64 {
    let half_lives = HalfLives::from(settings);
    let parts = [
        PROFILES_VERSION,
        half_lives.long.ms() as u64,
        half_lives.session.ms() as u64,
    ];
    parts.iter().fold(0, |mixed: u64, part| {
        (mixed.rotate_left(17) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

// A panic elsewhere leaves the turn as it was before or after a whole batch.
fn lock(turn: &Mutex<Turn>) -> MutexGuard<'_, Turn> {
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}
