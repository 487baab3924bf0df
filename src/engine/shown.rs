//! What each page showed, so that its other pages keep its order and events that name it can be credited.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::snapshot::Snapshot;
use crate::journal::Event;
use crate::ranking::Ranked;

/// At most this many queries are remembered, the latest; each takes some 2 kB.
const QUERIES_MAX: usize = 20_000;

/// At most this many products of one query's pages are remembered with their positions.
const POSITIONS_MAX: usize = 1_000;

/// The queries that were answered lately.
#[derive(Default)]
pub(super) struct ShownPages {
    queries: Mutex<Queries>,
}

#[derive(Default)]
struct Queries {
    by_id: FxHashMap<u128, ShownQuery>,
    /// Oldest first.
    ids: VecDeque<u128>,
}

struct ShownQuery {
    /// Which generation the ordinals are of.
    generation: u64,
    /// The re-ranked products in their order.
    order: Box<[u32]>,
    /// Positions, counted from 1, and the products that were shown there.
    positions: Vec<(u32, u32)>,
}

impl ShownPages {
    /// Puts the products back in the order that an earlier page of the same query promised; what was not there comes
    /// after, in its own order. A query that is not remembered is ordered anew.
    pub(super) fn hold(&self, query_id: u128, generation: u64, ranked: &mut Ranked) {
        let queries = self.lock();
        let Some(shown) = queries
            .by_id
            .get(&query_id)
            .filter(|shown| shown.generation == generation)
        else {
            return;
        };
        let places: FxHashMap<u32, usize> = (0..)
            .zip(&shown.order)
            .map(|(place, product)| (*product, place))
            .collect();
        let reranked = ranked.reranked.min(ranked.hits.len());
        ranked.hits[..reranked].sort_by_key(|hit| {
            let place = places.get(&hit.candidate.ordinal);
            place.copied().unwrap_or(usize::MAX)
        });
    }

    /// Remembers the order of a query, unless it is known, and what one of its pages shows where.
    pub(super) fn remember(
        &self,
        query_id: u128,
        generation: u64,
        ranked: &Ranked,
        positions: impl Iterator<Item = (u32, u32)>,
    ) {
        let mut queries = self.lock();
        let Queries { by_id, ids } = &mut *queries;
        let shown = by_id.entry(query_id).or_insert_with(|| {
            ids.push_back(query_id);
            let hits = &ranked.hits[..ranked.reranked.min(ranked.hits.len())];
            ShownQuery {
                generation,
                order: hits.iter().map(|hit| hit.candidate.ordinal).collect(),
                positions: Vec::new(),
            }
        });
        for position in positions {
            if shown.positions.len() < POSITIONS_MAX && !shown.positions.contains(&position) {
                shown.positions.push(position);
            }
        }
        if ids.len() > QUERIES_MAX
            && let Some(oldest) = ids.pop_front()
        {
            by_id.remove(&oldest);
        }
    }

    /// Fills in the positions of an event that names a query and says none.
    pub(super) fn credit(&self, snapshot: &Snapshot, event: &mut Event) {
        if !event.positions.is_empty() || event.products.is_empty() {
            return;
        }
        let id = event.query_id.as_deref();
        let Some(id) = id.and_then(|id| u128::from_str_radix(id, 16).ok()) else {
            return;
        };
        let queries = self.lock();
        let Some(shown) = queries
            .by_id
            .get(&id)
            .filter(|shown| shown.generation == snapshot.catalog.generation)
        else {
            return;
        };
        let position = |product: &String| {
            let product = snapshot.catalog.columns.ordinal(product)?;
            let mut positions = shown.positions.iter();
            let found = positions.find(|(_, shown)| *shown == product)?;
            Some(found.0)
        };
        let positions: Option<Vec<u32>> = event.products.iter().map(position).collect();
        event.positions = positions.unwrap_or_default();
    }

    /// Forgets everything: orders may tell of a shopper who is erased.
    pub(super) fn forget_all(&self) {
        *self.lock() = Queries::default();
    }

    // A panic while the lock was held leaves whole queries.
    fn lock(&self) -> MutexGuard<'_, Queries> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
