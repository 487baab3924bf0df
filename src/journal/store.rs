//! State as it was at some record: profiles, who is who, words. What belongs to a person is sealed with their key.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};

use super::entry::{Evidence, Person, Word};
use super::error::{JournalError, StoreError, guarded};
use super::keys::Keys;

/// The file of saved state in the journal's directory.
pub(super) const STATE_FILE: &str = "state.redb";

const PROFILES: TableDefinition<'_, u32, (u64, &[u8])> = TableDefinition::new("profiles");
const PEOPLE: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("people");
const WORDS: TableDefinition<'_, u32, (&str, &str)> = TableDefinition::new("words");
const NOTES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("notes");
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");

/// Keys of `NUMBERS`.
const FORMAT: &str = "format";
const WATERMARK: &str = "watermark";
const NEXT_PERSON: &str = "next_person";
const MADE_WITH: &str = "made_with";

/// Layout of the tables; goes up when an older program could misread them.
const FORMAT_VERSION: u64 = 2;

/// Pages of the file held in memory, in bytes.
const CACHE_BYTES_MAX: usize = 64 << 20;

pub(super) struct Store {
    database: Database,
    path: PathBuf,
    /// Nobody with a higher number has a profile here.
    person_max: AtomicU32,
}

/// A profile as its owner encoded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedProfile {
    pub person: Person,
    /// Sequence of the last record that the profile contains.
    pub sequence: u64,
    pub bytes: Vec<u8>,
}

/// What is saved together with a watermark.
#[derive(Debug, Clone, Default)]
pub struct Checkpoint {
    /// Every record up to it is in what is saved.
    pub watermark: u64,
    /// The number the next new person gets.
    pub next_person: Person,
    /// Who became known or changed.
    pub people: Vec<(Person, Vec<u8>)>,
    /// Whose profile became part of another's.
    pub merged: Vec<Person>,
    pub words: Vec<(Word, Evidence)>,
    /// Named bytes that their owner encoded.
    pub notes: Vec<(&'static str, Vec<u8>)>,
}

/// The state that a journal is opened with.
#[derive(Debug, Clone, Default)]
pub struct Resumed {
    pub watermark: u64,
    /// The number the next new person gets; 0 where nothing was saved.
    pub next_person: Person,
    pub words: Vec<(Word, Evidence)>,
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Store, JournalError> {
        let path = dir.join(STATE_FILE);
        let (database, format, person_max) = guarded(&path, || {
            let database = Database::builder()
                .set_cache_size(CACHE_BYTES_MAX)
                .create(&path)?;
            let format = create_tables(&database)?;
            let profiles = database.begin_read()?.open_table(PROFILES)?;
            let person_max = profiles.last()?.map_or(0, |(person, _)| person.value());
            Ok((database, format, person_max))
        })?;
        if format != FORMAT_VERSION {
            return Err(JournalError::Newer {
                path,
                reason: format!("format {format}, this version reads {FORMAT_VERSION}"),
            });
        }
        Ok(Store {
            database,
            path,
            person_max: AtomicU32::new(person_max),
        })
    }

    /// Every record up to it is in what is saved.
    pub(super) fn watermark(&self) -> Result<u64, JournalError> {
        guarded(&self.path, || {
            let numbers = self.database.begin_read()?.open_table(NUMBERS)?;
            let watermark = numbers.get(WATERMARK)?.map(|number| number.value());
            Ok(watermark.unwrap_or_default())
        })
    }

    /// The saved state. Profiles and notes `made_with` other settings are discarded first: then everything that the log
    /// still has is replayed, from after the record `before`.
    pub(super) fn resume(&self, made_with: u64, before: u64) -> Result<Resumed, JournalError> {
        guarded(&self.path, || {
            let transaction = self.begin_write()?;
            {
                let mut numbers = transaction.open_table(NUMBERS)?;
                let found = numbers.get(MADE_WITH)?.map(|number| number.value());
                if found != Some(made_with) {
                    transaction.delete_table(PROFILES)?;
                    transaction.open_table(PROFILES)?;
                    transaction.delete_table(NOTES)?;
                    transaction.open_table(NOTES)?;
                    numbers.insert(MADE_WITH, made_with)?;
                    numbers.insert(WATERMARK, before)?;
                }
            }
            transaction.commit()?;
            self.read_state()
        })
    }

    fn read_state(&self) -> Result<Resumed, StoreError> {
        let transaction = self.database.begin_read()?;
        let numbers = transaction.open_table(NUMBERS)?;
        let number = |key: &str| -> Result<u64, StoreError> {
            Ok(numbers.get(key)?.map_or(0, |number| number.value()))
        };
        let mut resumed = Resumed {
            watermark: number(WATERMARK)?,
            next_person: number(NEXT_PERSON)? as Person,
            ..Resumed::default()
        };
        for row in transaction.open_table(WORDS)?.iter()? {
            let (word, value) = row?;
            let (attribute, value) = value.value();
            let evidence = Evidence {
                attribute: attribute.to_owned(),
                value: value.to_owned(),
            };
            resumed.words.push((word.value(), evidence));
        }
        Ok(resumed)
    }

    /// Everyone who was saved and is not erased.
    pub(super) fn for_each_person(
        &self,
        keys: &Keys,
        mut visit: impl FnMut(Person, &[u8]) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut failure = None;
        guarded(&self.path, || {
            for row in self.database.begin_read()?.open_table(PEOPLE)?.iter()? {
                let (person, sealed) = row?;
                let plain = keys.unseal(person.value(), sealed.value());
                failure = plain.and_then(|plain| visit(person.value(), &plain).err());
                if failure.is_some() {
                    break;
                }
            }
            Ok(())
        })?;
        failure.map_or(Ok(()), Err)
    }

    pub(super) fn profile(
        &self,
        keys: &Keys,
        person: Person,
    ) -> Result<Option<SavedProfile>, JournalError> {
        if person > self.person_max.load(Relaxed) {
            return Ok(None);
        }
        guarded(&self.path, || {
            let table = self.database.begin_read()?.open_table(PROFILES)?;
            let Some(saved) = table.get(person)? else {
                return Ok(None);
            };
            let (sequence, sealed) = saved.value();
            Ok(keys.unseal(person, sealed).map(|bytes| SavedProfile {
                person,
                sequence,
                bytes,
            }))
        })
    }

    pub(super) fn note(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        guarded(&self.path, || {
            let table = self.database.begin_read()?.open_table(NOTES)?;
            Ok(table.get(name)?.map(|note| note.value().to_vec()))
        })
    }

    pub(super) fn save_profiles(
        &self,
        keys: &Keys,
        profiles: &[SavedProfile],
    ) -> Result<(), JournalError> {
        guarded(&self.path, || {
            let mut transaction = self.database.begin_write()?;
            let last = profiles.iter().map(|profile| profile.person).max();
            self.person_max.fetch_max(last.unwrap_or(0), Relaxed);
            // What is saved without its watermark need not survive: it is replayed.
            transaction.set_durability(Durability::None)?;
            {
                let mut table = transaction.open_table(PROFILES)?;
                for profile in profiles {
                    if let Some(sealed) = keys.seal(profile.person, &profile.bytes) {
                        table.insert(profile.person, (profile.sequence, sealed.as_slice()))?;
                    }
                }
            }
            Ok(transaction.commit()?)
        })
    }

    pub(super) fn save(&self, keys: &Keys, checkpoint: &Checkpoint) -> Result<(), JournalError> {
        guarded(&self.path, || {
            let transaction = self.begin_write()?;
            {
                let mut people = transaction.open_table(PEOPLE)?;
                for (person, plain) in &checkpoint.people {
                    if let Some(sealed) = keys.seal(*person, plain) {
                        people.insert(person, sealed.as_slice())?;
                    }
                }
                let mut profiles = transaction.open_table(PROFILES)?;
                for person in &checkpoint.merged {
                    profiles.remove(person)?;
                }
                let mut words = transaction.open_table(WORDS)?;
                for (word, evidence) in &checkpoint.words {
                    let value = (evidence.attribute.as_str(), evidence.value.as_str());
                    words.insert(word, value)?;
                }
                let mut notes = transaction.open_table(NOTES)?;
                for (name, bytes) in &checkpoint.notes {
                    notes.insert(*name, bytes.as_slice())?;
                }
                let mut numbers = transaction.open_table(NUMBERS)?;
                numbers.insert(WATERMARK, checkpoint.watermark)?;
                numbers.insert(NEXT_PERSON, u64::from(checkpoint.next_person))?;
            }
            Ok(transaction.commit()?)
        })
    }

    /// A transaction that is on disk once committed, and after which the file need not be read through to be opened.
    fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        Ok(transaction)
    }

    /// Removes all rows of these persons.
    pub(super) fn forget(&self, persons: &[Person]) -> Result<(), JournalError> {
        guarded(&self.path, || {
            let transaction = self.begin_write()?;
            {
                let mut people = transaction.open_table(PEOPLE)?;
                let mut profiles = transaction.open_table(PROFILES)?;
                for person in persons {
                    people.remove(person)?;
                    profiles.remove(person)?;
                }
            }
            Ok(transaction.commit()?)
        })
    }
}

/// Makes what is missing; returns the version of the tables' layout.
fn create_tables(database: &Database) -> Result<u64, StoreError> {
    let transaction = database.begin_write()?;
    transaction.open_table(PROFILES)?;
    transaction.open_table(PEOPLE)?;
    transaction.open_table(WORDS)?;
    transaction.open_table(NOTES)?;
    let mut numbers = transaction.open_table(NUMBERS)?;
    let format = numbers.get(FORMAT)?.map(|number| number.value());
    let format = format.unwrap_or(FORMAT_VERSION);
    numbers.insert(FORMAT, format)?;
    drop(numbers);
    transaction.commit()?;
    Ok(format)
}
