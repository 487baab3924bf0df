//! The profiles in memory. They are changed here first and written to the journal later; those that are written
//! already can be dropped and read again.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::profile::Profile;
use crate::journal::{Journal, JournalError, SavedProfile};

const SHARDS: usize = 64;

/// At most this many profiles stay in memory, apart from those that wait for a checkpoint.
/// One takes some 3 kB.
pub(super) const RESIDENT_MAX: usize = 100_000;

/// All shoppers' profiles, as far as they are in memory.
pub(super) struct Residents {
    shards: Vec<RwLock<Shard>>,
    hasher: RandomState,
}

struct Shard {
    residents: HashMap<Box<str>, Resident>,
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
                residents: HashMap::new(),
                resident_max: resident_max.div_ceil(SHARDS),
                removals: 0,
            })
        };
        Residents {
            shards: (0..SHARDS).map(shard).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The shopper's profile, read from the journal when it is not in memory; `None` for an unknown shopper.
    pub(super) fn load(
        &self,
        journal: &Journal,
        shopper: &str,
    ) -> Result<Option<Arc<Profile>>, JournalError> {
        let found = self.find(journal, shopper)?;
        Ok(found.map(|(profile, _)| profile))
    }

    /// Changes the shopper's profile by entry `sequence`, unless it contains that entry already. Entries arrive one
    /// after the other, so what is on disk for a shopper who is not in memory cannot change meanwhile.
    pub(super) fn change(
        &self,
        journal: &Journal,
        shopper: &str,
        sequence: u64,
        empty: &Profile,
        change: impl FnOnce(&mut Profile),
    ) -> Result<(), JournalError> {
        let (profile, known_to) = self
            .find(journal, shopper)?
            .unwrap_or_else(|| (Arc::new(empty.clone()), 0));
        let mut shard = write(self.shard(shopper));
        if !shard.residents.contains_key(shopper) {
            shard.insert(shopper, Resident::new(profile.clone(), known_to));
        }
        drop(profile);
        let resident = shard
            .residents
            .get_mut(shopper)
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
        shopper: &str,
    ) -> Result<Option<(Arc<Profile>, u64)>, JournalError> {
        let shard = self.shard(shopper);
        let removals = {
            let shard = read(shard);
            if let Some(resident) = shard.residents.get(shopper) {
                resident.used.store(true, Ordering::Relaxed);
                return Ok(Some((resident.profile.clone(), resident.sequence)));
            }
            shard.removals
        };
        let Some(saved) = journal.profile(shopper)? else {
            return Ok(None);
        };
        let profile = Arc::new(decode(journal, &saved)?);
        let mut shard = write(shard);
        if let Some(newer) = shard.residents.get(shopper) {
            return Ok(Some((newer.profile.clone(), newer.sequence)));
        }
        if shard.removals == removals {
            let resident = Resident::new(profile.clone(), saved.sequence);
            shard.insert(shopper, resident);
        }
        Ok(Some((profile, saved.sequence)))
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
                .map(|(shopper, resident)| {
                    (shopper.clone(), resident.sequence, resident.profile.clone())
                })
                .collect();
            drop(shard);
            let saved =
                |(shopper, sequence, profile): (Box<str>, u64, Arc<Profile>)| SavedProfile {
                    shopper: shopper.into(),
                    sequence,
                    bytes: encode(&profile),
                };
            profiles.into_iter().map(saved).collect()
        })
    }

    /// Marks a profile as written, unless it changed again since it was encoded.
    pub(super) fn saved(&self, shopper: &str, sequence: u64) {
        let mut shard = write(self.shard(shopper));
        if let Some(resident) = shard.residents.get_mut(shopper)
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

    fn shard(&self, shopper: &str) -> &RwLock<Shard> {
        &self.shards[self.hasher.hash_one(shopper) as usize % SHARDS]
    }
}

impl Shard {
    fn insert(&mut self, shopper: &str, resident: Resident) {
        if self.residents.len() >= self.resident_max {
            self.sweep();
        }
        self.residents.insert(shopper.into(), resident);
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
            "the profile of {} is unreadable: {error}",
            saved.shopper
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
