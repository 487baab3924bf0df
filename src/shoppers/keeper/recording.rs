//! Taking events in: one after the other, at the desk, each gets its person, its words and its place.

use std::sync::atomic::Ordering::Relaxed;

use jiff::Timestamp;

use super::{Kept, lock, read, write};
use crate::journal::{
    Appending, Batch, Consent, Deed, Entry, Evidence, JournalError, Person, Record, Word, id_hash,
};
use crate::shoppers::ids::Ids;
use crate::shoppers::people::People;
use crate::shoppers::robots::Robots;
use crate::shoppers::words::{HOUR, HOURS};

/// What only the one who records needs.
pub(super) struct Desk {
    pub(super) next_sequence: u64,
    pub(super) ids: Ids,
    robots: Robots,
    /// Words that no checkpoint has saved.
    pub(super) new_words: Vec<(Word, Evidence)>,
    /// Something handed out a sequence that the journal did not get: nothing more is recorded until the next opening.
    pub(super) failure: Option<JournalError>,
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

impl Desk {
    pub(super) fn new(next_sequence: u64) -> Desk {
        Desk {
            next_sequence,
            ids: Ids::default(),
            robots: Robots::default(),
            new_words: Vec::new(),
            failure: None,
        }
    }

    fn works(&self) -> Result<(), JournalError> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}

impl Kept {
    pub(super) fn record(
        &self,
        entries: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Recorded, JournalError> {
        self.load_profiles(&entries)?;
        let (recorded, appending) = self.take(entries, now)?;
        appending.wait()?;
        self.accepted.fetch_add(recorded.accepted as u64, Relaxed);
        let duplicates = recorded.duplicates.len() as u64;
        self.duplicates.fetch_add(duplicates, Relaxed);
        let ignored = recorded.ignored.len() as u64;
        self.ignored.fetch_add(ignored, Relaxed);
        Ok(recorded)
    }

    /// Reads the profiles that `entries` will change, so that nobody waits for the disk at the desk.
    fn load_profiles(&self, entries: &[Entry]) -> Result<(), JournalError> {
        for entry in entries {
            let person = read(&self.people).find(&entry.event.shopper);
            if let Some(person) = person {
                self.residents.fetch(&self.journal, person)?;
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
        let said = entry.evidence.iter();
        let said = said.map(|evidence| (evidence.attribute.as_str(), evidence.value.as_str()));
        let mut words = Vec::with_capacity(entry.evidence.len() + 1);
        for (attribute, value) in said.chain([(HOUR, HOURS[hour as usize])]) {
            let known = read(&self.words).find(attribute, value);
            if let Some(word) = known {
                words.push(word);
                continue;
            }
            let evidence = Evidence {
                attribute: attribute.to_owned(),
                value: value.to_owned(),
            };
            let made = write(&self.words).make(&evidence);
            let Some(word) = made else { continue };
            words.push(word);
            desk.new_words.push((word, evidence.clone()));
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

    /// Records changes that are no deeds, and returns when they are on disk.
    pub(in crate::shoppers) fn enter_all(
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
}
