//! Part of the profiles in memory, under one lock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustc_hash::FxHashMap;

use crate::journal::Person;
use crate::shoppers::profile::Profile;

/// What a profile takes in memory besides its packed bytes.
const ROW_BYTES: usize = 64;

/// Some of the profiles in memory.
pub(super) struct Shard {
    pub(super) residents: FxHashMap<Person, Resident>,
    /// Who is open, the longest first; some may have gone.
    pub(super) open: VecDeque<Person>,
    open_max: usize,
    /// What its profiles take, and at most about how much.
    pub(super) bytes: usize,
    bytes_max: usize,
    /// Nothing is dropped before there are so many bytes.
    sweep_at: usize,
    /// Counts removals, so that a profile read from disk before one is not put back after it.
    pub(super) removals: u64,
}

/// A profile in memory.
pub(super) struct Resident {
    pub(super) form: Form,
    /// The last entry it contains.
    pub(super) sequence: u64,
    /// Not yet in the journal like this.
    pub(super) changed: bool,
    /// Used since the last sweep.
    pub(super) used: AtomicBool,
}

pub(super) enum Form {
    Packed(Box<[u8]>),
    Open(Arc<Profile>),
}

impl Shard {
    pub(super) fn new(bytes_max: usize, open_max: usize) -> Shard {
        Shard {
            residents: FxHashMap::default(),
            open: VecDeque::new(),
            open_max,
            bytes: 0,
            bytes_max,
            sweep_at: bytes_max,
            removals: 0,
        }
    }

    pub(super) fn insert(&mut self, person: Person, packed: &[u8], sequence: u64) {
        if self.bytes >= self.sweep_at {
            self.sweep();
        }
        let resident = Resident {
            form: Form::Packed(packed.into()),
            sequence,
            changed: false,
            used: AtomicBool::new(true),
        };
        self.bytes += resident.bytes();
        self.residents.insert(person, resident);
    }

    /// Packs those who are open the longest when there are too many.
    pub(super) fn pack_some(&mut self) {
        while self.open.len() > self.open_max
            && let Some(person) = self.open.pop_front()
        {
            let Some(resident) = self.residents.get_mut(&person) else {
                continue;
            };
            if let Form::Open(profile) = &resident.form {
                let packed: Box<[u8]> = profile.pack().into();
                self.bytes += packed.len();
                resident.form = Form::Packed(packed);
            }
        }
        if self.bytes >= self.sweep_at {
            self.sweep();
        }
    }

    /// Brings memory back within its limit.
    pub(super) fn trim(&mut self) {
        // The first sweep spares the profiles in use, the second only if that was enough.
        for _ in 0..2 {
            if self.bytes > self.bytes_max {
                self.sweep();
            }
        }
    }

    /// Drops profiles that are written and were not used since the last sweep, down to somewhat below the limit.
    fn sweep(&mut self) {
        let spare = self.bytes_max - self.bytes_max / 8;
        let mut removable = self.bytes.saturating_sub(spare);
        let mut removed = 0;
        self.residents.retain(|_, resident| {
            let is_open = matches!(resident.form, Form::Open(_));
            let keep = is_open || resident.changed || *resident.used.get_mut() || removable == 0;
            if !keep {
                removed += resident.bytes();
                removable = removable.saturating_sub(resident.bytes());
            }
            *resident.used.get_mut() &= removable == 0;
            keep
        });
        self.removals += u64::from(removed > 0);
        self.bytes -= removed;
        self.sweep_at = self.bytes_max.max(self.bytes + self.bytes_max / 8);
    }
}

impl Resident {
    /// What it counts for.
    pub(super) fn bytes(&self) -> usize {
        match &self.form {
            Form::Packed(packed) => ROW_BYTES + packed.len(),
            Form::Open(_) => ROW_BYTES,
        }
    }
}
