//! The profiles in memory. They are changed here first and written to the journal later; those that are written
//! already can be dropped and read again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustc_hash::FxHashMap;

use super::profile::Profile;
use crate::journal::{Journal, JournalError, Person, SavedProfile};

const SHARDS: usize = 64;

/// At most this many profiles stay in memory, apart from those that wait for a checkpoint.
/// One takes some 1.5 kB, and at most some 16 kB.
pub(super) const RESIDENT_MAX: usize = 400_000;

/// All shoppers' profiles, as far as they are in memory.
pub(super) struct Residents {
    shards: Vec<RwLock<Shard>>,
}

struct Shard {
    residents: FxHashMap<Person, Resident>,
    resident_max: usize,
    /// Counts removals, so that a profile read from disk before one is not put back after it.
    removals: u64,
}

/// A profile in memory.
pub(super) struct Resident {
    pub profile: Arc<Profile>,
    /// The last entry it contains.
    pub sequence: u64,
    /// Not yet in the journal like this.
    pub changed: bool,
    /// Used since the last sweep.
    used: AtomicBool,
}

/// How many profiles are in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ResidentCounts {
    pub resident: usize,
    pub changed: usize,
}

impl Residents {
    /// None yet, and about `resident_max` at most.
    pub(super) fn new(resident_max: usize) -> Residents {
        let shard = |_| {
            RwLock::new(Shard {
                residents: FxHashMap::default(),
                resident_max: resident_max.div_ceil(SHARDS),
                removals: 0,
            })
        };
        Residents {
            shards: (0..SHARDS).map(shard).collect(),
        }
    }

    /// The shopper's profile, read from the journal when it is not in memory; `None` for an unknown shopper.
    pub(super) fn load(
        &self,
        journal: &Journal,
        person: Person,
    ) -> Result<Option<Arc<Profile>>, JournalError> {
        let found = self.find(journal, person)?;
        Ok(found.map(|(profile, _)| profile))
    }

    /// Like `load`, but a profile that is not in memory stays out of it.
    pub(super) fn peek(
        &self,
        journal: &Journal,
        person: Person,
    ) -> Result<Option<Arc<Profile>>, JournalError> {
        if let Some(resident) = read(self.shard(person)).residents.get(&person) {
            return Ok(Some(resident.profile.clone()));
        }
        let saved = journal.profile(person)?;
        saved
            .map(|saved| decode(journal, &saved).map(Arc::new))
            .transpose()
    }

    /// Changes the shopper's profile by entry `sequence`, unless it contains that entry already. Entries arrive one
    /// after the other, so what is on disk for a shopper who is not in memory cannot change meanwhile.
    pub(super) fn change(
        &self,
        journal: &Journal,
        person: Person,
        sequence: u64,
        empty: &Profile,
        change: impl FnOnce(&mut Profile),
    ) -> Result<(), JournalError> {
        let (profile, known_to) = self
            .find(journal, person)?
            .unwrap_or_else(|| (Arc::new(empty.clone()), 0));
        let mut shard = write(self.shard(person));
        if !shard.residents.contains_key(&person) {
            shard.insert(person, Resident::new(profile.clone(), known_to));
        }
        drop(profile);
        let resident = shard
            .residents
            .get_mut(&person)
            .expect("it was inserted above, under the same lock");
        if resident.sequence < sequence {
            change(Arc::make_mut(&mut resident.profile));
            resident.sequence = sequence;
            resident.changed = true;
        }
        Ok(())
    }

    /// The profile and the last entry it contains. The lock is not held while the disk is read.
    fn find(
        &self,
        journal: &Journal,
        person: Person,
    ) -> Result<Option<(Arc<Profile>, u64)>, JournalError> {
        let shard = self.shard(person);
        let removals = {
            let shard = read(shard);
            if let Some(resident) = shard.residents.get(&person) {
                resident.used.store(true, Ordering::Relaxed);
                return Ok(Some((resident.profile.clone(), resident.sequence)));
            }
            shard.removals
        };
        let Some(saved) = journal.profile(person)? else {
            return Ok(None);
        };
        let profile = Arc::new(decode(journal, &saved)?);
        let mut shard = write(shard);
        if let Some(newer) = shard.residents.get(&person) {
            return Ok(Some((newer.profile.clone(), newer.sequence)));
        }
        if shard.removals == removals {
            let resident = Resident::new(profile.clone(), saved.sequence);
            shard.insert(person, resident);
        }
        Ok(Some((profile, saved.sequence)))
    }

    /// Forgets a profile, saved or not.
    pub(super) fn remove(&self, person: Person) {
        let mut shard = write(self.shard(person));
        shard.removals += 1;
        shard.residents.remove(&person);
    }

    /// The profiles that wait for a checkpoint, one shard after the other.
    pub(super) fn changed(&self) -> impl Iterator<Item = Vec<SavedProfile>> {
        self.shards.iter().map(|shard| {
            let shard = read(shard);
            let changed = shard
                .residents
                .iter()
                .filter(|(_, resident)| resident.changed);
            let profiles: Vec<_> = changed
                .map(|(person, resident)| (*person, resident.sequence, resident.profile.clone()))
                .collect();
            drop(shard);
            let saved = |(person, sequence, profile): (Person, u64, Arc<Profile>)| SavedProfile {
                person,
                sequence,
                bytes: encode(&profile),
            };
            profiles.into_iter().map(saved).collect()
        })
    }

    /// Marks a profile as written, unless it changed again since it was encoded.
    pub(super) fn saved(&self, person: Person, sequence: u64) {
        let mut shard = write(self.shard(person));
        if let Some(resident) = shard.residents.get_mut(&person)
            && resident.sequence == sequence
        {
            resident.changed = false;
        }
    }

    /// Brings memory back within its limit, after a checkpoint made profiles removable.
    pub(super) fn trim(&self) {
        for shard in &self.shards {
            let mut shard = write(shard);
            // The first sweep spares the profiles in use, the second only if that was enough.
            for _ in 0..2 {
                if shard.residents.len() > shard.resident_max {
                    shard.sweep();
                }
            }
        }
    }

    pub(super) fn counts(&self) -> ResidentCounts {
        let mut counts = ResidentCounts::default();
        for shard in &self.shards {
            let shard = read(shard);
            counts.resident += shard.residents.len();
            counts.changed += shard
                .residents
                .values()
                .filter(|resident| resident.changed)
                .count();
        }
        counts
    }

    fn shard(&self, person: Person) -> &RwLock<Shard> {
        &self.shards[person as usize % SHARDS]
    }
}

impl Shard {
    fn insert(&mut self, person: Person, resident: Resident) {
        if self.residents.len() >= self.resident_max {
            self.sweep();
        }
        self.residents.insert(person, resident);
    }

    /// Removes profiles that are written and were not used since the last sweep, down to somewhat below the limit.
    fn sweep(&mut self) {
        let spare = self.resident_max - self.resident_max / 8;
        let mut removable = self.residents.len().saturating_sub(spare);
        let before = self.residents.len();
        self.residents.retain(|_, resident| {
            let keep = resident.changed || *resident.used.get_mut() || removable == 0;
            if !keep {
                removable -= 1;
            }
            *resident.used.get_mut() &= removable == 0;
            keep
        });
        self.removals += (before - self.residents.len()) as u64;
    }
}

impl Resident {
    fn new(profile: Arc<Profile>, sequence: u64) -> Resident {
        Resident {
            profile,
            sequence,
            changed: false,
            used: AtomicBool::new(true),
        }
    }
}

fn encode(profile: &Profile) -> Vec<u8> {
    postcard::to_stdvec(profile).expect("writing plain fields to memory cannot fail")
}

fn decode(journal: &Journal, saved: &SavedProfile) -> Result<Profile, JournalError> {
    postcard::from_bytes(&saved.bytes).map_err(|error| {
        journal.damaged(format!(
            "the profile of person {} is unreadable: {error}",
            saved.person
        ))
    })
}

// A panic while a lock was held leaves a profile that is whole: every change is applied to it in one call.
fn read(shard: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    shard
        .read()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write(shard: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    shard
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
