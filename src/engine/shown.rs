//! What each page showed, so that its other pages keep its order and events that name it can be credited.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use super::request::Request;
use super::snapshot::Snapshot;
use crate::journal::{Circumstances, Event, EventKind};
use crate::ranking::Ranked;

/// At most this many queries are remembered, the latest; each takes some 2 kB.
const QUERIES_MAX: usize = 20_000;

/// At most this many products of one query's pages are remembered with their positions.
const POSITIONS_MAX: usize = 1_000;

/// Longer filters are not remembered with their list.
const FILTER_BYTES_MAX: usize = 4_000;

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
    asked_for: AskedFor,
}

/// How a list was asked for: what its search says when it is logged.
pub(super) struct AskedFor {
    query: String,
    category: Option<String>,
    filter: Option<String>,
    asked: Circumstances,
}

impl AskedFor {
    pub(super) fn of(request: &Request, segments: &[String]) -> AskedFor {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let is_short = |text: &String| text.len() <= FILTER_BYTES_MAX;
        AskedFor {
            query: request.q.trim().to_string(),
            category: said(&request.category),
            filter: said(&narrowed(request)).filter(is_short),
            asked: Circumstances {
                surface: Some(request.surface.clone()),
                segments: segments.to_vec(),
                context: request.context.clone(),
                device: said(&request.device),
                campaign: said(&request.campaign),
                language: said(&request.language),
                sort: said(&request.sort),
            },
        }
    }
}

/// Everything that a request narrows its list by, as one filter.
fn narrowed(request: &Request) -> Option<String> {
    if request.within.is_empty() {
        return request.filter.clone();
    }
    let parts = request.within.iter().chain(&request.filter);
    let parts: Vec<String> = parts.map(|part| format!("({part})")).collect();
    Some(parts.join(" AND "))
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
        asked_for: impl FnOnce() -> AskedFor,
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
                asked_for: asked_for(),
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

    /// Fills in what a search or a category that names a query does not say itself: how that was asked for.
    pub(super) fn complete(&self, event: &mut Event) {
        if !matches!(event.kind, EventKind::Search | EventKind::Category) {
            return;
        }
        let id = event.query_id.as_deref();
        let Some(id) = id.and_then(|id| u128::from_str_radix(id, 16).ok()) else {
            return;
        };
        let queries = self.lock();
        let Some(ShownQuery { asked_for, .. }) = queries.by_id.get(&id) else {
            return;
        };
        let fill = |own: &mut Option<String>, known: &Option<String>| {
            if own.is_none() {
                own.clone_from(known);
            }
        };
        let query = Some(asked_for.query.clone()).filter(|query| !query.is_empty());
        fill(&mut event.query, &query);
        fill(&mut event.category, &asked_for.category);
        fill(&mut event.filter, &asked_for.filter);
        if event.asked.is_none() {
            event.asked = Some(Box::new(asked_for.asked.clone()));
        }
    }

    /// The words of a query that is remembered.
    pub(super) fn words_of(&self, query_id: &str) -> Option<String> {
        let id = u128::from_str_radix(query_id, 16).ok()?;
        let queries = self.lock();
        let words = &queries.by_id.get(&id)?.asked_for.query;
        (!words.is_empty()).then(|| words.clone())
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
