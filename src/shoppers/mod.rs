//! Events in; the shoppers' profiles out.
//!
//! Whoever records does so one after the other, at the keeper's desk: each event gets its person, its words and its
//! place, and has changed the profile and is durable in the journal before whoever sent it gets an answer. Replaying the
//! journal gives the same profiles.

pub mod affinity;
mod counter;
mod demand;
pub mod event;
pub mod history;
mod ids;
mod keeper;
mod names;
mod neighbours;
mod people;
pub mod profile;
mod resident;
pub mod robots;
pub mod segments;
mod summary;
pub mod ubi;
pub mod weights;
pub mod words;

#[cfg(test)]
mod tests;

use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, RwLockReadGuard};

use jiff::{SignedDuration, Timestamp};

pub use crate::journal::Consent;
pub use affinity::AffinitySettings;
pub use demand::{Complement, Demand};
pub use keeper::Recorded;
pub use neighbours::{NeighbourSettings, Neighbours};
pub use profile::{Leaning, Profile};
pub use segments::{Segments, Visit};
pub use summary::{Held, Summary};
pub use words::Words;

use crate::journal::{BATCH_MAX, Deed, Entry, EventKind, JournalError, Name, Person, Record};
use keeper::Keeper;

/// The profiles of all shoppers of a shop, over its journal. Dropping it saves what changed.
pub struct Shoppers {
    keeper: Keeper,
    settings: AffinitySettings,
    nobody: Arc<Profile>,
}

/// A shopper as they are at one moment.
#[derive(Clone)]
pub struct Shopper {
    pub person: Person,
    pub profile: Arc<Profile>,
    pub consent: Consent,
}

/// A search as somebody made it; who did is not said.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedSearch {
    pub at: Timestamp,
    /// Tells shoppers apart within one answer, and says nothing else of them.
    pub by: u64,
    /// The words; empty on a category page.
    pub query: String,
    pub category: Option<String>,
    pub filter: Option<String>,
}

/// Numbers for the metrics page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events accepted since the shop was opened.
    pub accepted: u64,
    /// Events left out as duplicates since the shop was opened.
    pub duplicates: u64,
    /// Events of shoppers who want nothing recorded, since the shop was opened.
    pub ignored: u64,
    /// Events that came faster than people do, since the shop was opened.
    pub robots: u64,
    /// Records in the journal.
    pub entries: u64,
    /// Records that would be replayed if the shop were opened now.
    pub entries_to_replay: u64,
    /// Tokens and accounts that are known.
    pub names: usize,
    /// Profiles in memory.
    pub resident: usize,
    /// Profiles in memory that wait for a checkpoint.
    pub changed: usize,
}

impl Shoppers {
    /// Opens the journal in `dir`, or creates it, and brings the profiles up to its last record.
    pub fn open(dir: &Path, settings: AffinitySettings) -> Result<Shoppers, JournalError> {
        let nobody = Arc::new(Profile::empty(&settings));
        let keeper = Keeper::open(dir, &settings, nobody.clone())?;
        Ok(Shoppers {
            keeper,
            settings,
            nobody,
        })
    }

    /// Records `entries`, of any number, which arrived `now`, and returns when they are on disk and in the profiles.
    ///
    /// They are written `BATCH_MAX` at a time; after an error some of these batches may be recorded, so send the same
    /// entries again, with their ids.
    pub fn record(&self, entries: Vec<Entry>, now: Timestamp) -> Result<Recorded, JournalError> {
        let mut recorded = Recorded::default();
        let mut entries = entries.into_iter();
        let mut done = 0;
        loop {
            let batch: Vec<Entry> = entries.by_ref().take(BATCH_MAX).collect();
            if batch.is_empty() {
                return Ok(recorded);
            }
            let batch_len = batch.len();
            let of_batch = self.keeper.record(batch, now)?;
            recorded.accepted += of_batch.accepted;
            let placed = |indices: Vec<usize>| indices.into_iter().map(move |index| index + done);
            recorded.duplicates.extend(placed(of_batch.duplicates));
            recorded.ignored.extend(placed(of_batch.ignored));
            done += batch_len;
        }
    }

    /// The shopper behind a token or an account; `None` for an unknown one, and for one whose profile cannot be read,
    /// so that a damaged file costs personalization, not the page.
    pub fn find(&self, id: &str) -> Option<Shopper> {
        let kept = &self.keeper.kept;
        let (person, consent) = {
            let people = kept.people();
            let person = people.find(id)?;
            (person, people.consent(person))
        };
        match kept.residents.load(&kept.journal, person) {
            Ok(profile) => Some(Shopper {
                person,
                profile: profile.unwrap_or_else(|| self.nobody.clone()),
                consent,
            }),
            Err(error) => {
                tracing::error!(%error, "a profile could not be read; the shopper gets the plain order");
                None
            }
        }
    }

    /// The profile that a shopper's pages are made with: an empty one for an unknown shopper and for one who wants no
    /// personal order.
    pub fn profile(&self, id: &str) -> Arc<Profile> {
        let found = self.find(id);
        let personal = found.filter(|shopper| shopper.consent == Consent::Personalize);
        personal.map_or_else(|| self.nobody.clone(), |shopper| shopper.profile)
    }

    /// The words that profiles speak in.
    pub fn words(&self) -> RwLockReadGuard<'_, Words> {
        self.keeper.kept.words()
    }

    /// What shoppers in general do with products.
    pub fn demand(&self) -> RwLockReadGuard<'_, Demand> {
        self.keeper.kept.demand()
    }

    /// The latest sessions.
    pub fn neighbours(&self) -> RwLockReadGuard<'_, Neighbours> {
        self.keeper.kept.neighbours()
    }

    /// All profiles of those who want a personal order, one after the other; an unreadable one is left out.
    pub fn for_each_profile(&self, mut visit: impl FnMut(&Profile)) {
        let kept = &self.keeper.kept;
        let persons = kept.people().persons();
        for person in persons {
            let consent = kept.people().consent(person);
            if consent != Consent::Nothing
                && let Ok(Some(profile)) = kept.residents.peek(&kept.journal, person)
            {
                visit(&profile);
            }
        }
    }

    /// What a shopper allows from now on. What was learned of them is forgotten unless they allow a personal order,
    /// and everything that was recorded of them is erased when they allow nothing.
    pub fn set_consent(&self, id: &str, consent: Consent) -> Result<(), JournalError> {
        let kept = &self.keeper.kept;
        let mut names = vec![Name::Token(id.to_owned())];
        if consent == Consent::Nothing
            && let Some(person) = kept.find(id)
        {
            names = kept.people().names_of(person);
            kept.erase(person)?;
        }
        kept.enter_all(|people| {
            if let Some(person) = people.find(id) {
                return vec![Record::Consent { person, consent }];
            }
            let person = people.next_person();
            let known = names.into_iter().map(|name| Record::Known { person, name });
            known.chain([Record::Consent { person, consent }]).collect()
        })
    }

    /// Joins two shoppers who are the same person; false when one of them is unknown.
    pub fn merge(&self, id: &str, into: &str) -> Result<bool, JournalError> {
        let mut both_known = false;
        self.keeper.kept.enter_all(|people| {
            let (Some(from), Some(into)) = (people.find(id), people.find(into)) else {
                return Vec::new();
            };
            both_known = true;
            if from == into {
                return Vec::new();
            }
            vec![Record::Merged { from, into }]
        })?;
        Ok(both_known)
    }

    /// Lets a token begin anew as nobody's, as when a device changes hands; false when it is unknown.
    pub fn split(&self, token: &str) -> Result<bool, JournalError> {
        let mut is_known = false;
        self.keeper.kept.enter_all(|people| {
            is_known = people.find(token).is_some();
            let person = people.next_person();
            let name = Name::Token(token.to_owned());
            let begin = Record::Known { person, name };
            if is_known { vec![begin] } else { Vec::new() }
        })?;
        Ok(is_known)
    }

    /// Erases everything about a shopper at once: profile, events, identities. False when there is nobody of that name.
    pub fn erase(&self, id: &str) -> Result<bool, JournalError> {
        let kept = &self.keeper.kept;
        let Some(person) = kept.find(id) else {
            return Ok(false);
        };
        kept.erase(person)?;
        Ok(true)
    }

    /// Erases whoever was last seen longer ago than `kept`, and the files of events that all arrived longer ago.
    /// Returns how many shoppers were erased.
    pub fn sweep(&self, now: Timestamp, kept_for: SignedDuration) -> Result<usize, JournalError> {
        let kept = &self.keeper.kept;
        let oldest = now - kept_for;
        let erased = kept.erase_unseen(oldest)?;
        let oldest_s = u32::try_from(oldest.as_second()).unwrap_or(0);
        self.checkpoint()?;
        kept.journal.drop_older_than(oldest_s)?;
        Ok(erased)
    }

    /// The latest searches, newest first, at most `max` of them. Reads the journal's files, the newest first.
    pub fn searches(&self, max: usize) -> Result<Vec<LoggedSearch>, JournalError> {
        let mut searches = Vec::new();
        let apart = RandomState::new();
        self.keeper.kept.journal.latest_deeds(|deed| {
            let is_search = matches!(deed.event.kind, EventKind::Search | EventKind::Category);
            if is_search && !deed.robot {
                searches.push(LoggedSearch {
                    at: deed.event.at,
                    by: apart.hash_one(&deed.event.shopper),
                    query: deed.event.query.unwrap_or_default(),
                    category: deed.event.category,
                    filter: deed.event.filter,
                });
            }
            searches.len() >= max
        })?;
        Ok(searches)
    }

    /// The deeds of a shopper, in the order they were accepted.
    pub fn deeds(&self, id: &str) -> Result<Vec<Deed>, JournalError> {
        let kept = &self.keeper.kept;
        let Some(person) = kept.find(id) else {
            return Ok(Vec::new());
        };
        let persons = kept.people().all_of(person);
        // What was taken in is in the files once an empty batch has come through.
        kept.enter_all(|_| Vec::new())?;
        kept.journal.deeds_of(&persons)
    }

    /// All deeds that are held, in the order they were accepted; stops at the first error of `visit`.
    pub fn for_each_deed<E: From<JournalError>>(
        &self,
        mut visit: impl FnMut(Deed) -> Result<(), E>,
    ) -> Result<(), E> {
        let kept = &self.keeper.kept;
        kept.enter_all(|_| Vec::new())?;
        let mut failure = None;
        let replayed = kept.journal.replay(0, |_, record| {
            if let Record::Deed { deed, .. } = record
                && failure.is_none()
            {
                failure = visit(deed).err();
            }
            Ok(())
        });
        failure.map_or(Ok(()), Err)?;
        Ok(replayed?)
    }

    /// Saves everything that changed, so that the next opening replays nothing that happened before. Happens by itself
    /// after every 250,000 records.
    pub fn checkpoint(&self) -> Result<(), JournalError> {
        self.keeper.kept.checkpoint()
    }

    pub fn counts(&self) -> Counts {
        self.keeper.kept.counts()
    }

    /// The settings the shop was opened with.
    pub fn settings(&self) -> &AffinitySettings {
        &self.settings
    }
}
