//! A profile in few bytes: as it is on disk, and in memory while nobody changes it.
//!
//! Times are told from the last one, sums by how their keys and half-lives differ, and small numbers take one byte.

use serde::{Deserialize, Serialize};

use super::{Dismissed, Profile, Recent};
use crate::journal::{EventKind, Word};
use crate::shoppers::counter::{Counters, HalfLives, PackedSum};

/// Field order is the format: a change of it makes profiles anew, by `PROFILES_VERSION`.
#[derive(Serialize, Deserialize)]
struct Packed {
    /// Bit `n` is set where the kind of that index has a count.
    kinds: u32,
    /// Of those kinds.
    counts: Vec<u32>,
    robot_events: u32,
    last_seen_ms: Option<i64>,
    /// Times before the last.
    first_seen_before_ms: Option<i64>,
    last_purchase_before_ms: Option<i64>,
    value_cents: i64,
    days: u64,
    sums: Vec<PackedSum>,
    recent: Vec<(i64, Word, u8)>,
    dismissed: Vec<(i64, Word)>,
}

impl Profile {
    /// The profile in few bytes.
    pub(in crate::shoppers) fn pack(&self) -> Vec<u8> {
        let last_ms = self.last_seen_ms.unwrap_or_default();
        let before = |at_ms: i64| last_ms.wrapping_sub(at_ms);
        let counted = || {
            self.counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
        };
        let recent = |recent: &Recent| {
            let kind = recent.kind.index() as u8;
            (before(recent.at_ms), recent.product, kind)
        };
        let dismissed = |dismissed: &Dismissed| (before(dismissed.at_ms), dismissed.product);
        let packed = Packed {
            kinds: counted().fold(0, |kinds, (kind, _)| kinds | 1 << kind),
            counts: counted().map(|(_, count)| *count).collect(),
            robot_events: self.robot_events,
            last_seen_ms: self.last_seen_ms,
            first_seen_before_ms: self.first_seen_ms.map(before),
            last_purchase_before_ms: self.last_purchase_ms.map(before),
            value_cents: self.value_cents,
            days: self.days,
            sums: self.counters.pack(self.half_lives, last_ms),
            recent: self.recent.iter().map(recent).collect(),
            dismissed: self.dismissed.iter().map(dismissed).collect(),
        };
        postcard::to_stdvec(&packed).expect("writing plain fields to memory cannot fail")
    }

    /// The profile in `bytes`, whose sums halve in these times; or why they are none.
    pub(in crate::shoppers) fn unpack(
        bytes: &[u8],
        half_lives: HalfLives,
    ) -> Result<Profile, postcard::Error> {
        let packed: Packed = postcard::from_bytes(bytes)?;
        let last_ms = packed.last_seen_ms.unwrap_or_default();
        let before = |ms: i64| last_ms.wrapping_sub(ms);
        let mut counts = [0; EventKind::ALL.len()];
        let kinds = (0..counts.len()).filter(|kind| packed.kinds >> kind & 1 == 1);
        for (kind, count) in kinds.zip(&packed.counts) {
            counts[kind] = *count;
        }
        let recent = |(ms, product, kind): (i64, Word, u8)| {
            let kind = *EventKind::ALL.get(usize::from(kind))?;
            let at_ms = before(ms);
            Some(Recent {
                at_ms,
                product,
                kind,
            })
        };
        let recent: Option<Vec<Recent>> = packed.recent.into_iter().map(recent).collect();
        let dismissed = |(ms, product): (i64, Word)| Dismissed {
            at_ms: before(ms),
            product,
        };
        Ok(Profile {
            half_lives,
            counts,
            robot_events: packed.robot_events,
            first_seen_ms: packed.first_seen_before_ms.map(before),
            last_seen_ms: packed.last_seen_ms,
            last_purchase_ms: packed.last_purchase_before_ms.map(before),
            value_cents: packed.value_cents,
            days: packed.days,
            counters: Counters::unpack(packed.sums, half_lives, last_ms),
            recent: recent.ok_or(postcard::Error::DeserializeBadEnum)?,
            dismissed: packed.dismissed.into_iter().map(dismissed).collect(),
        })
    }
}
