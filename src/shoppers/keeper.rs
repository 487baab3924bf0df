//! Keeps people, profiles and words in step with the journal: whoever records does so one after the other, at a desk.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;

use jiff::Timestamp;

use super::Counts;
use super::affinity::AffinitySettings;
use super::counter::HalfLives;
use super::demand::Demand;
use super::ids::Ids;
use super::people::People;
use super::profile::Profile;
use super::resident::{RESIDENT_MAX, Residents};
use super::robots::Robots;
use super::words::{HOUR, Words};
use crate::journal::{
    Appending, Batch, Checkpoint, Consent, Deed, Entry, Evidence, Journal, JournalError, Person,
    Record, SavedProfile, Word, id_hash,
};

/// State is saved after this many records; at most some twice as many are replayed at opening.
pub(super) const CHECKPOINT_RECORDS: u64 = 400_000;

/// Whoever records more than this many records past the last checkpoint waits for the next one.
const BEHIND_MAX: u64 = 2 * CHECKPOINT_RECORDS;

/// At most about this many profiles in one transaction.
const SAVE_PROFILES_MAX: usize = 4_000;

/// The name that what shoppers want is saved under.
const DEMAND_NOTE: &str = "demand";

/// Goes up when the same records give other profiles than before: then they are made anew from the journal.
const PROFILES_VERSION: u64 = 2;

/// The journal, what it says, and a thread that saves that.
pub(super) struct Keeper {
    pub(super) kept: Arc<Kept>,
    wake: Option<SyncSender<()>>,
    saver: Option<JoinHandle<()>>,
}

pub(super) struct Kept {
    pub(super) journal: Journal,
    pub(super) residents: Residents,
    nobody: Arc<Profile>,
    people: RwLock<People>,
    words: RwLock<Words>,
    demand: RwLock<Demand>,
    desk: Mutex<Desk>,
    /// Held by the one who saves.
    saving: Mutex<Saving>,
    watermark: AtomicU64,
    accepted: AtomicU64,
    duplicates: AtomicU64,
    ignored: AtomicU64,
    robots: AtomicU64,
}

#[derive(Clone, Copy, PartialEq)]
enum Saving {
    Possible,
    /// Something that had changed was not saved; the journal has it, so the next opening will.
    Failed,
}

/// What only the one who records needs.
struct Desk {
    next_sequence: u64,
    ids: Ids,
    robots: Robots,
    /// Words that no checkpoint has saved.
    new_words: Vec<(Word, Evidence)>,
    /// Something handed out a sequence that the journal did not get: nothing more is recorded until the next opening.
    failure: Option<JournalError>,
}

/// What became of a batch of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// How many were new.
    pub accepted: usize,
    /// Indices of those whose event id was recorded before; they changed nothing.
    pub duplicates: Vec<usize>,
    /// Indices of those whose shopper wants nothing recorded; they are kept nowhere.
    pub ignored: Vec<usize>,
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

    /// Records `entries`, which arrived `now`, and returns when they are on disk and in the profiles.
    pub(super) fn record(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Recorded, JournalError> {
        let kept = &*self.kept;
        kept.load_profiles(&entries)?;
        let (recorded, appending) = kept.take(entries, now)?;
        appending.wait()?;
        kept.accepted.fetch_add(recorded.accepted as u64, Relaxed);
        let duplicates = recorded.duplicates.len() as u64;
        kept.duplicates.fetch_add(duplicates, Relaxed);
        kept.ignored
            .fetch_add(recorded.ignored.len() as u64, Relaxed);
        self.save_soon()?;
        Ok(recorded)
    }

    /// Wakes the saver when a checkpoint is due, and saves right here when it is long overdue.
    fn save_soon(&self) -> Result<(), JournalError> {
        let behind = self.kept.behind();
        if behind > BEHIND_MAX {
            return self.kept.checkpoint();
        }
        if behind > CHECKPOINT_RECORDS
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
    fn open(
        dir: &Path,
        settings: &AffinitySettings,
        nobody: Arc<Profile>,
    ) -> Result<Kept, JournalError> {
        let journal = Journal::open(dir)?;
        let resumed = journal.resume(made_with(settings))?;
        let mut people = People::new(resumed.next_person);
        for (person, bytes) in &resumed.people {
            let restored = people.restore(*person, bytes);
            restored.ok_or_else(|| journal.damaged(format!("person {person} is unreadable")))?;
        }
        let mut words = Words::new();
        for (word, evidence) in &resumed.words {
            words.restore(*word, evidence);
        }
        let mut ids = Ids::default();
        journal.heads(|head| head.is_deed && !ids.restore(head.id_hash, head.received_s))?;
        let demand = journal.note(DEMAND_NOTE)?;
        let demand = demand.map_or_else(Demand::default, |bytes| {
            // Statistics that cannot be read are learned anew.
            postcard::from_bytes(&bytes).unwrap_or_default()
        });
        let kept = Kept {
            demand: RwLock::new(demand),
            residents: Residents::new(RESIDENT_MAX),
            nobody,
            people: RwLock::new(people),
            words: RwLock::new(words),
            desk: Mutex::new(Desk {
                next_sequence: resumed.watermark + 1,
                ids,
                robots: Robots::default(),
                new_words: Vec::new(),
                failure: None,
            }),
            saving: Mutex::new(Saving::Possible),
            watermark: AtomicU64::new(resumed.watermark),
            accepted: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            ignored: AtomicU64::new(0),
            robots: AtomicU64::new(0),
            journal,
        };
        kept.replay(resumed.watermark)?;
        Ok(kept)
    }

    fn replay(&self, watermark: u64) -> Result<(), JournalError> {
        let mut unsaved = 0;
        self.journal.replay(watermark, |sequence, record| {
            if let Record::Word { word, evidence } = &record {
                write(&self.words).restore(*word, evidence);
                lock(&self.desk).new_words.push((*word, evidence.clone()));
            }
            self.apply(sequence, &record)?;
            lock(&self.desk).next_sequence = sequence + 1;
            unsaved += 1;
            if unsaved == BEHIND_MAX {
                unsaved = 0;
                self.checkpoint()?;
            }
            Ok(())
        })?;
        // An erased shopper's records leave gaps, also at the end.
        lock(&self.desk).next_sequence = self.journal.first_new_sequence();
        Ok(())
    }

    /// Reads the profiles that `entries` will change, so that nobody waits for the disk at the desk.
    fn load_profiles(&self, entries: &[Entry]) -> Result<(), JournalError> {
        for entry in entries {
            let person = read(&self.people).find(&entry.event.shopper);
            if let Some(person) = person {
                self.residents.load(&self.journal, person)?;
            }
        }
        Ok(())
    }

    /// Gives each entry its person and its place, changes the profiles, and hands everything to the journal.
    fn take(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<(Recorded, Appending), JournalError> {
        let mut desk = lock(&self.desk);
        let taken = self.take_at(&mut desk, entries, now);
        taken.inspect_err(|error| desk.failure = Some(error.clone()))
    }

    fn take_at(
        &self,
        desk: &mut Desk,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<(Recorded, Appending), JournalError> {
        desk.works()?;
        let mut batch = Batch::default();
        let mut recorded = Recorded::default();
        let received_ms = now.as_millisecond();
        for (index, entry) in entries.into_iter().enumerate() {
            let hash = entry.event.id.as_deref().map_or(0, id_hash);
            let person = self.identify(desk, &mut batch, &entry)?;
            if read(&self.people).consent(person) == Consent::Nothing {
                recorded.ignored.push(index);
                continue;
            }
            if !desk.ids.remember(hash, (received_ms / 1_000).max(0) as u32) {
                recorded.duplicates.push(index);
                continue;
            }
            recorded.accepted += 1;
            let words = self.words_of(desk, &mut batch, &entry)?;
            let robot = desk.robots.sees(person, entry.event.at);
            self.robots.fetch_add(u64::from(robot), Relaxed);
            let deed = Deed {
                event: entry.event,
                received_ms,
                words,
                robot,
            };
            self.enter(desk, &mut batch, Record::Deed { person, deed })?;
        }
        // Handed over at the desk, so that batches stand in the journal in the order of their sequences.
        Ok((recorded, self.journal.append(batch)?))
    }

    fn identify(
        &self,
        desk: &mut Desk,
        batch: &mut Batch,
        entry: &Entry,
    ) -> Result<Person, JournalError> {
        let mut changes = Vec::new();
        let (token, account) = (&entry.event.shopper, entry.event.account.as_deref());
        let person = read(&self.people).identify(token, account, &mut changes);
        for change in changes {
            self.enter(desk, batch, change)?;
        }
        Ok(person)
    }

    /// The words for an entry's evidence; new ones are made.
    fn words_of(
        &self,
        desk: &mut Desk,
        batch: &mut Batch,
        entry: &Entry,
    ) -> Result<Vec<Word>, JournalError> {
        let hour = entry.event.at.as_second().rem_euclid(86_400) / 3_600;
        let hour = Evidence {
            attribute: HOUR.to_owned(),
            value: hour.to_string(),
        };
        let mut words = Vec::with_capacity(entry.evidence.len() + 1);
        for evidence in entry.evidence.iter().chain([&hour]) {
            let known = read(&self.words).find(&evidence.attribute, &evidence.value);
            if let Some(word) = known {
                words.push(word);
                continue;
            }
            let made = write(&self.words).make(evidence);
            let Some(word) = made else { continue };
            words.push(word);
            desk.new_words.push((word, evidence.clone()));
            let evidence = evidence.clone();
            self.enter(desk, batch, Record::Word { word, evidence })?;
        }
        Ok(words)
    }

    /// Takes the next sequence for a record, and does what it says.
    fn enter(
        &self,
        desk: &mut Desk,
        batch: &mut Batch,
        record: Record,
    ) -> Result<(), JournalError> {
        let sequence = desk.next_sequence;
        desk.next_sequence += 1;
        self.apply(sequence, &record)?;
        self.journal.add(batch, record)
    }

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
            .change(&self.journal, person, sequence, &self.nobody, change)
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

    /// Records changes that are no deeds, and returns when they are on disk.
    pub(super) fn enter_all(
        &self,
        records: impl FnOnce(&People) -> Vec<Record>,
    ) -> Result<(), JournalError> {
        let appending = {
            let mut desk = lock(&self.desk);
            desk.works()?;
            let records = records(&read(&self.people));
            let mut batch = Batch::default();
            let mut enter = |record| self.enter(&mut desk, &mut batch, record);
            let entered = records.into_iter().try_for_each(&mut enter);
            let appended = entered.and_then(|()| self.journal.append(batch));
            appended.inspect_err(|error| desk.failure = Some(error.clone()))?
        };
        appending.wait()
    }

    /// Erases a person and everyone who turned out to be them; returns who that was.
    pub(super) fn erase(&self, person: Person) -> Result<Vec<Person>, JournalError> {
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let _desk = lock(&self.desk);
        let persons = read(&self.people).all_of(person);
        self.journal.erase(&persons)?;
        write(&self.people).forget(&persons);
        for person in &persons {
            self.residents.remove(*person);
        }
        Ok(persons)
    }

    fn behind(&self) -> u64 {
        let next = lock(&self.desk).next_sequence;
        (next - 1).saturating_sub(self.watermark.load(Relaxed))
    }

    /// Saves the changed profiles, some at a time, and with the last of them everything else and the watermark. A
    /// profile may be saved with records after the watermark: it names its last record, so that replaying leaves those
    /// out. What is saved is in the journal first.
    pub(super) fn checkpoint(&self) -> Result<(), JournalError> {
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
        for profile in &profiles {
            self.residents.saved(profile.person, profile.sequence);
        }
        Ok(())
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

impl Desk {
    fn works(&self) -> Result<(), JournalError> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}

fn save_when_woken(kept: &Kept, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        if kept.behind() < CHECKPOINT_RECORDS {
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

/// What the profiles depend on besides the records.
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
