//! The profiles in memory. They are changed here first and written to the journal later; those that are written
//! already can be dropped and read again.
//!
//! What was changed lately is open; everything else is packed into few bytes, as on disk.

mod shard;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::profile::Profile;
use crate::journal::{Journal, JournalError, Person, SavedProfile};
use shard::{Form, Resident, Shard};

const SHARDS: usize = 64;

/// So many persons in a row are of one shard: what is written together lies together on disk.
const NEIGHBOURS: usize = 64;

/// At most about this many bytes of packed profiles stay in memory, apart from those that wait for a checkpoint.
/// A shopper of ten events takes some 700 bytes, one who fills every limit some 7,000.
pub(super) const PACKED_BYTES_MAX: usize = 768 << 20;

/// At most this many profiles are open, of some 5 kB each and at most some 16 kB.
pub(super) const OPEN_MAX: usize = 16_384;

/// All shoppers' profiles, as far as they are in memory.
pub(super) struct Residents {
    shards: Vec<RwLock<Shard>>,
    nobody: Arc<Profile>,
    /// Of all packed profiles, and at most about how many.
    bytes: AtomicUsize,
    bytes_max: usize,
}

/// How many profiles are in memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ResidentCounts {
    pub resident: usize,
    pub changed: usize,
}

impl Residents {
    /// None yet; at most about so many bytes of packed profiles, and so many open ones. A shopper without a profile
    /// has that of `nobody`.
    pub(super) fn new(bytes_max: usize, open_max: usize, nobody: Arc<Profile>) -> Residents {
        let (shard_bytes_max, shard_open_max) =
            (bytes_max.div_ceil(SHARDS), open_max.div_ceil(SHARDS));
        let shard = |_| RwLock::new(Shard::new(shard_bytes_max, shard_open_max));
        Residents {
            shards: (0..SHARDS).map(shard).collect(),
            nobody,
            bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    /// The shopper's profile, which is in memory from now on; `None` for an unknown shopper.
    pub(super) fn load(
        &self,
        journal: &Journal,
        person: Person,
    ) -> Result<Option<Arc<Profile>>, JournalError> {
        self.fetch(journal, person)?;
        self.peek(journal, person)
    }

    /// Like `load`, but a profile that is not in memory stays out of it.
    pub(super) fn peek(
        &self,
        journal: &Journal,
        person: Person,
    ) -> Result<Option<Arc<Profile>>, JournalError> {
        if let Some(resident) = read(self.shard(person)).residents.get(&person) {
            return match &resident.form {
                Form::Open(profile) => Ok(Some(profile.clone())),
                Form::Packed(bytes) => self.unpacked(journal, person, bytes).map(Some),
            };
        }
        let saved = journal.profile(person)?;
        saved
            .map(|saved| self.unpacked(journal, person, &saved.bytes))
            .transpose()
    }

    /// Reads a profile into memory, so that nobody waits for the disk later. No lock is held while the disk is read.
    pub(super) fn fetch(&self, journal: &Journal, person: Person) -> Result<(), JournalError> {
        let shard = self.shard(person);
        let removals = {
            let shard = read(shard);
            if let Some(resident) = shard.residents.get(&person) {
                resident.used.store(true, Relaxed);
                return Ok(());
            }
            shard.removals
        };
        let Some(saved) = journal.profile(person)? else {
            return Ok(());
        };
        let mut shard = write(shard);
        if shard.removals == removals && !shard.residents.contains_key(&person) {
            let before = shard.bytes;
            shard.insert(person, &saved.bytes, saved.sequence);
            self.count(before, shard.bytes);
        }
        Ok(())
    }

    /// Changes the shopper's profile by entry `sequence`, unless it contains that entry already. Entries arrive one
    /// after the other, so what is on disk for a shopper who is not in memory cannot change meanwhile.
    pub(super) fn change(
        &self,
        journal: &Journal,
        person: Person,
        sequence: u64,
        change: impl FnOnce(&mut Profile),
    ) -> Result<(), JournalError> {
        let mut guard = write(self.shard(person));
        let shard = &mut *guard;
        let before = shard.bytes;
        if !shard.residents.contains_key(&person) {
            match journal.profile(person)? {
                Some(saved) => shard.insert(person, &saved.bytes, saved.sequence),
                None => shard.insert(person, &self.nobody.pack(), 0),
            }
        }
        let resident = shard
            .residents
            .get_mut(&person)
            .expect("it was inserted above, under the same lock");
        if resident.sequence < sequence {
            if let Form::Packed(bytes) = &resident.form {
                let opened = self.unpacked(journal, person, bytes)?;
                shard.bytes -= bytes.len();
                shard.open.push_back(person);
                resident.form = Form::Open(opened);
            }
            if let Form::Open(profile) = &mut resident.form {
                change(Arc::make_mut(profile));
            }
            resident.sequence = sequence;
            resident.changed = true;
            shard.pack_some();
        }
        self.count(before, shard.bytes);
        Ok(())
    }

    /// Forgets a profile, saved or not.
    pub(super) fn remove(&self, person: Person) {
        let mut shard = write(self.shard(person));
        shard.removals += 1;
        if let Some(resident) = shard.residents.remove(&person) {
            let before = shard.bytes;
            shard.bytes -= resident.bytes();
            self.count(before, shard.bytes);
        }
    }

    /// The profiles that wait for a checkpoint, one shard after the other, neighbours together.
    pub(super) fn changed(&self) -> impl Iterator<Item = Vec<SavedProfile>> {
        self.shards.iter().map(|shard| {
            let shard = read(shard);
            let changed = shard
                .residents
                .iter()
                .filter(|(_, resident)| resident.changed);
            let saved = |(person, resident): (&Person, &Resident)| SavedProfile {
                person: *person,
                sequence: resident.sequence,
                bytes: match &resident.form {
                    Form::Packed(bytes) => bytes.to_vec(),
                    Form::Open(profile) => profile.pack(),
                },
            };
            let mut profiles: Vec<_> = changed.map(saved).collect();
            drop(shard);
            profiles.sort_unstable_by_key(|profile| profile.person);
            profiles
        })
    }

    /// Marks profiles as written, unless they changed again since they were packed.
    pub(super) fn saved(&self, profiles: &[SavedProfile]) {
        for SavedProfile {
            person, sequence, ..
        } in profiles
        {
            let mut shard = write(self.shard(*person));
            if let Some(resident) = shard.residents.get_mut(person)
                && resident.sequence == *sequence
            {
                resident.changed = false;
            }
        }
    }

    /// Brings memory back within its limit, after a checkpoint made profiles removable.
    pub(super) fn trim(&self) {
        for shard in &self.shards {
            let mut shard = write(shard);
            let before = shard.bytes;
            shard.trim();
            self.count(before, shard.bytes);
        }
    }

    /// How much of the memory there is for packed profiles is taken; above 1 while profiles wait for a checkpoint.
    pub(super) fn fullness(&self) -> f64 {
        self.bytes.load(Relaxed) as f64 / self.bytes_max as f64
    }

    pub(super) fn counts(&self) -> ResidentCounts {
        let mut counts = ResidentCounts::default();
        for shard in &self.shards {
            let shard = read(shard);
            counts.resident += shard.residents.len();
            let changed = shard.residents.values().filter(|one| one.changed);
            counts.changed += changed.count();
        }
        counts
    }

    fn unpacked(
        &self,
        journal: &Journal,
        person: Person,
        bytes: &[u8],
    ) -> Result<Arc<Profile>, JournalError> {
        let profile = Profile::unpack(bytes, self.nobody.half_lives());
        profile.map(Arc::new).map_err(|error| {
            journal.damaged(format!(
                "the profile of person {person} is unreadable: {error}"
            ))
        })
    }

    /// Counts what became of the bytes of one shard.
    fn count(&self, before: usize, after: usize) {
        self.bytes.fetch_add(after.wrapping_sub(before), Relaxed);
    }

    fn shard(&self, person: Person) -> &RwLock<Shard> {
        &self.shards[person as usize / NEIGHBOURS % SHARDS]
    }
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
