//! The ids of events that were recorded, so that none is recorded twice.

use std::collections::VecDeque;

use rustc_hash::FxHashSet;

/// Ids are remembered for at least this long after they arrived: events are accepted for 30 days.
const REMEMBERED_S: u32 = 32 * 86_400;

/// Ids that arrived within the same eight days are forgotten together.
const BUCKET_S: u32 = 8 * 86_400;

/// At most about this many ids are remembered, some 16 bytes each; the oldest are forgotten first.
pub(super) const IDS_MAX: usize = 20_000_000;

/// Hashes of ids by the time they arrived.
#[derive(Default)]
pub(super) struct Ids {
    /// Newest first.
    buckets: VecDeque<Bucket>,
}

struct Bucket {
    number: u32,
    hashes: FxHashSet<u64>,
}

impl Ids {
    /// Remembers an id; false when it was known. An id of 0 is none.
    pub(super) fn remember(&mut self, hash: u64, received_s: u32) -> bool {
        if hash == 0 {
            return true;
        }
        if self
            .buckets
            .iter()
            .any(|bucket| bucket.hashes.contains(&hash))
        {
            return false;
        }
        let number = received_s / BUCKET_S;
        if self
            .buckets
            .front()
            .is_none_or(|newest| newest.number < number)
        {
            self.buckets.push_front(Bucket {
                number,
                hashes: FxHashSet::default(),
            });
            self.forget_old(number);
        }
        // What arrives while the clock is set back is remembered with what came last.
        let newest = &mut self.buckets[0];
        newest.hashes.insert(hash);
        true
    }

    /// Remembers an id that arrived earlier than the others; false when there are enough.
    pub(super) fn restore(&mut self, hash: u64, received_s: u32) -> bool {
        let number = received_s / BUCKET_S;
        let newest = self.buckets.front().map_or(number, |newest| newest.number);
        if newest.saturating_sub(number) * BUCKET_S > REMEMBERED_S || self.len() >= IDS_MAX {
            return false;
        }
        if hash != 0 {
            let at = self
                .buckets
                .iter()
                .position(|bucket| bucket.number <= number);
            let at = at.unwrap_or(self.buckets.len());
            if self
                .buckets
                .get(at)
                .is_none_or(|bucket| bucket.number < number)
            {
                let hashes = FxHashSet::default();
                self.buckets.insert(at, Bucket { number, hashes });
            }
            self.buckets[at].hashes.insert(hash);
        }
        true
    }

    pub(super) fn len(&self) -> usize {
        self.buckets.iter().map(|bucket| bucket.hashes.len()).sum()
    }

    fn forget_old(&mut self, newest: u32) {
        while let Some(oldest) = self.buckets.back()
            && (newest - oldest.number) * BUCKET_S > REMEMBERED_S + BUCKET_S
        {
            self.buckets.pop_back();
        }
        while self.len() > IDS_MAX && self.buckets.len() > 1 {
            self.buckets.pop_back();
        }
    }
}
