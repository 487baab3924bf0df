//! What a product is met together with: as many others as are met most.

use serde::{Deserialize, Serialize};

use crate::journal::Word;

/// A product is remembered with at most this many others; the weakest gives way.
const PARTNERS_MAX: usize = 40;

/// The others of one product, and how often each was met with it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Partners {
    /// With any other.
    pub(super) all: f32,
    pub(super) with: Vec<(Word, f32)>,
}

impl Partners {
    /// Counts a partner. A new one takes the place of the weakest only once it has worn that down.
    pub(super) fn meet(&mut self, other: Word, weight: f32) {
        self.all += weight;
        if let Some(known) = self.with.iter_mut().find(|known| known.0 == other) {
            known.1 += weight;
            return;
        }
        if self.with.len() < PARTNERS_MAX {
            self.with.push((other, weight));
            return;
        }
        let weakest = self
            .with
            .iter_mut()
            .min_by(|left, right| left.1.total_cmp(&right.1));
        if let Some(weakest) = weakest {
            weakest.1 -= weight;
            if weakest.1 <= 0.0 {
                *weakest = (other, weight);
            }
        }
    }

    pub(super) fn times(&self, other: Word) -> f32 {
        let known = self.with.iter().find(|known| known.0 == other);
        known.map_or(0.0, |known| known.1)
    }
}
