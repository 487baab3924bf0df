//! A draft of rules on the searches of the last days: what it would have touched, moved, and earned.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use super::clicks::{ClickModel, Expected};
use super::searches::Searches;
use crate::catalog::schema::Role;
use crate::engine::{Change, Engine, EngineError, Page, Snapshot, changes};
use crate::merchandising::Rules;

/// At most this many distinct queries are searched with and without the draft, the most frequent ones.
pub const MEASURED_QUERIES_MAX: usize = 20_000;

/// So many queries are shown as examples, those searched most.
const EXAMPLES: usize = 10;

/// What a draft would have changed.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct BackTest {
    /// Searches that were read.
    pub searches: u64,
    pub distinct_queries: usize,
    /// Searches for which a rule of the draft holds, or held in the version it replaces.
    pub searches_touched: u64,
    /// Searches that the shop cannot answer any more: it has lost their category, their filter or their sort.
    pub searches_unreadable: u64,
    pub queries_touched: usize,
    /// Of the queries touched, how many were searched with and without the draft: the most frequent.
    pub queries_measured: usize,
    pub searches_measured: u64,
    /// Searches whose first page changes.
    pub searches_changed: u64,
    /// Places that products on both pages move by, on average over the searches measured.
    pub places_moved: f64,
    /// Products that come onto the first page, on average over the searches measured.
    pub products_entering: f64,
    /// How often a sold-out product stands on a first page.
    pub sold_out_shown: BeforeAfter,
    /// How often a product stands there that the draft suppresses.
    pub suppressed_shown: BeforeAfter,
    /// Searches that find nothing.
    pub without_results: BeforeAfter,
    /// Clicks that say their position, from which the model of clicks was learned; below a few hundred it is mostly
    /// the assumption that looks fall as 1 / position.
    pub clicks_learned_from: u64,
    /// What the searches measured earn, by the model of clicks.
    pub expected_before: Expected,
    pub expected_after: Expected,
    pub examples: Vec<Example>,
}

/// The same count without and with the draft.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BeforeAfter {
    pub before: u64,
    pub after: u64,
}

/// A list and what moves on its first page.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Example {
    /// Its words, then its category, filter, surface and segments, as far as it has them.
    pub query: String,
    pub searches: u64,
    pub moved: Vec<Change>,
}

/// The first page of a query without and with the draft.
struct Measured {
    query: usize,
    before: Side,
    after: Side,
    moved: Vec<Change>,
}

struct Side {
    products: Vec<String>,
    sold_out: u64,
}

/// Tries `draft` on logged searches, as of `now`; `progress` is told of queries done and to
/// be done: first of all that were searched, then of those that the draft touches.
pub fn back_test(
    engine: &Engine,
    draft: &Rules,
    searches: &Searches,
    now: Timestamp,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<BackTest, EngineError> {
    let snapshot = engine.snapshot();
    let after = snapshot.rules.with_draft(draft, snapshot.reading());
    let mut concerned = snapshot.rules.named_like(draft);
    concerned.extend(draft.clone());
    concerned.ready(snapshot.reading());
    let (mut touched, mut unreadable) = (Vec::new(), 0);
    for (query, searched) in searches.queries.iter().enumerate() {
        progress(query, searches.queries.len());
        let held = engine.held_under(&snapshot, &concerned, &searched.request(now));
        match readable(held)? {
            None => unreadable += searched.searches,
            Some(held) if held.is_empty() => {}
            Some(_) => touched.push(query),
        }
    }
    let searches_of = |query: &usize| searches.queries[*query].searches;
    touched.sort_by_key(|query| std::cmp::Reverse(searches_of(query)));
    let mut report = BackTest {
        searches: searches.searches,
        distinct_queries: searches.queries.len(),
        searches_touched: touched.iter().map(searches_of).sum(),
        searches_unreadable: unreadable,
        queries_touched: touched.len(),
        queries_measured: 0,
        searches_measured: 0,
        searches_changed: 0,
        places_moved: 0.0,
        products_entering: 0.0,
        sold_out_shown: BeforeAfter::default(),
        suppressed_shown: BeforeAfter::default(),
        without_results: BeforeAfter::default(),
        clicks_learned_from: 0,
        expected_before: Expected::default(),
        expected_after: Expected::default(),
        examples: Vec::new(),
    };
    touched.truncate(MEASURED_QUERIES_MAX);
    let measure = |query: usize| {
        let request = searches.queries[query].request(now);
        let before = engine.search_under(&snapshot, &snapshot.rules, &request)?;
        let after = engine.search_under(&snapshot, &after, &request)?;
        Ok(Measured {
            query,
            moved: changes(&before, &after),
            before: Side::of(before),
            after: Side::of(after),
        })
    };
    let measured = in_parallel(&touched, measure, progress)?;
    let hides = draft.suppress(&snapshot.catalog.columns);
    summarise(&mut report, &snapshot, searches, &measured, hides);
    Ok(report)
}

/// What a logged request came to; nothing when it names what the shop no longer has.
pub(super) fn readable<T>(answer: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error @ EngineError::Index(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

impl Side {
    fn of(page: Page) -> Side {
        let is_sold_out =
            |hit: &&crate::engine::Hit| hit.product.get("sold_out") == Some(true.into());
        Side {
            sold_out: page.hits.iter().filter(is_sold_out).count() as u64,
            products: page.hits.into_iter().map(|hit| hit.id).collect(),
        }
    }
}

/// Does the work for every query on all cores, in the order of the queries.
fn in_parallel<T: Send>(
    queries: &[usize],
    work: impl Fn(usize) -> Result<T, EngineError> + Sync,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Vec<T>, EngineError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(query) = queries.get(at) else {
                        return;
                    };
                    let result = work(*query);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((at, result));
                    progress(done.len(), queries.len());
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn summarise(
    report: &mut BackTest,
    snapshot: &Snapshot,
    searches: &Searches,
    measured: &[Measured],
    hides: impl Fn(&str) -> bool,
) {
    let pages = measured.iter();
    let pages = pages.map(|one| (one.query, one.before.products.as_slice()));
    let model = ClickModel::learn(searches, pages);
    report.clicks_learned_from = model.clicks;
    let columns = &snapshot.catalog.columns;
    let number = |role: Role, product: &str| {
        let attribute = snapshot.catalog.schema.role(role)?;
        columns.number(attribute, columns.ordinal(product)?)
    };
    let worth = |product: &str| {
        let (price, margin) = (number(Role::Price, product), number(Role::Margin, product));
        (price.unwrap_or(0.0), margin.unwrap_or(0.0))
    };
    let (mut moved, mut entering) = (0.0, 0.0);
    for one in measured {
        let searched = &searches.queries[one.query];
        let times = searched.searches;
        report.queries_measured += 1;
        report.searches_measured += times;
        report.searches_changed += if one.moved.is_empty() { 0 } else { times };
        for change in &one.moved {
            match (change.without, change.with) {
                (Some(before), Some(after)) => {
                    moved += (before.abs_diff(after) as u64 * times) as f64
                }
                (None, Some(_)) => entering += times as f64,
                _ => {}
            }
        }
        report.sold_out_shown.before += one.before.sold_out * times;
        report.sold_out_shown.after += one.after.sold_out * times;
        let shown = |side: &Side| {
            let hidden = side.products.iter().filter(|product| hides(product));
            hidden.count() as u64 * times
        };
        report.suppressed_shown.before += shown(&one.before);
        report.suppressed_shown.after += shown(&one.after);
        report.without_results.before += if one.before.products.is_empty() {
            times
        } else {
            0
        };
        report.without_results.after += if one.after.products.is_empty() {
            times
        } else {
            0
        };
        report.expected_before += model.expect(&one.before.products, times, worth);
        report.expected_after += model.expect(&one.after.products, times, worth);
        if report.examples.len() < EXAMPLES && !one.moved.is_empty() {
            report.examples.push(Example {
                query: searched.told(),
                searches: times,
                moved: one.moved.clone(),
            });
        }
    }
    let per_search = |sum: f64| sum / (report.searches_measured.max(1)) as f64;
    (report.places_moved, report.products_entering) = (per_search(moved), per_search(entering));
}
