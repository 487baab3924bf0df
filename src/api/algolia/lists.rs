//! The lists that were begun lately: clients ask for their later pages without saying which list those are of.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

/// At most this many lists are remembered, the latest.
const LISTS_MAX: usize = 20_000;

/// By what was asked, the `query_id` of the first page.
#[derive(Default)]
pub(in crate::api) struct Lists(Mutex<Begun>);

#[derive(Default)]
struct Begun {
    ids: FxHashMap<u64, u128>,
    /// Oldest first.
    asked: VecDeque<u64>,
}

impl Lists {
    /// Says that the first page of a list was asked for.
    pub(super) fn begin(&self, asked: u64, query_id: u128) {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.ids.insert(asked, query_id).is_none() {
            begun.asked.push_back(asked);
        }
        if begun.asked.len() > LISTS_MAX
            && let Some(oldest) = begun.asked.pop_front()
        {
            begun.ids.remove(&oldest);
        }
    }

    /// The `query_id` of the first page of a list, when it was asked for lately.
    pub(super) fn begun(&self, asked: u64) -> Option<u128> {
        let begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        begun.ids.get(&asked).copied()
    }
}
