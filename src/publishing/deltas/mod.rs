//! Changes to products between feeds: logged, applied to the live catalog, made again to the next one.
//!
//! Operations that wait together are one commit: one sync of the log, one new snapshot. They are acknowledged when both
//! are done, so that the next request sees them and no crash loses them.

mod feed;
mod log;
mod operation;
mod patch;
mod replay;
mod sweep;
#[cfg(test)]
mod tests;

pub use feed::Changed;
pub use operation::{Applied, Fields, Operation, Status, Verb};

use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use super::load::with_files;
use super::{PublishError, ShopPaths};
use crate::engine::{Catalog, Engine, Snapshot};
use crate::retrieval::TextDelta;
use log::{Entry, Log, What};
use operation::Known;
use replay::{Changing, id_of, known, replayed, words_of};

/// At most this many operations in one request.
pub const OPERATIONS_MAX: usize = 10_000;

/// Beyond this many products with other words than in the index they are indexed again with all others.
const WORDS_CHANGED_MAX: usize = 2_000;

/// Beyond this many changed products a generation is built of them and all others.
const PRODUCTS_CHANGED_MAX: usize = 100_000;

/// What becomes of operations: one answer for each, or why none could be made durable.
pub type Answer = Result<Vec<Applied>, Arc<PublishError>>;

/// The door through which the products of a live shop are changed.
pub struct Deltas {
    paths: ShopPaths,
    engine: Arc<Engine>,
    /// Says what time it is.
    clock: fn() -> Timestamp,
    waiting: Mutex<Vec<Waiting>>,
    /// Locked while the live catalog is replaced.
    live: Mutex<Live>,
}

struct Waiting {
    operations: Vec<Operation>,
    answer: SyncSender<Answer>,
}

/// The catalog that is served, and what is known of the log.
struct Live {
    log: Log,
    known: FxHashMap<String, Known>,
    catalog: Arc<Catalog>,
    words: TextDelta,
    /// Records in the log.
    records: usize,
}

/// A catalog with what was changed since it was built.
///
/// # Errors
/// When the log cannot be read.
pub(super) fn up_to_date(data: &Path, catalog: Catalog) -> Result<Catalog, PublishError> {
    let read = Log::of(data).read_on();
    let (entries, _) = read.map_err(PublishError::io(data))?;
    if entries.iter().all(|entry| entry.number <= catalog.changes) {
        return Ok(catalog);
    }
    let mut words = words_of(&catalog);
    Ok(replayed(catalog, &mut words, &entries))
}

impl Deltas {
    /// Opens the log of a shop whose catalog the engine serves.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn open(
        paths: ShopPaths,
        engine: Arc<Engine>,
        clock: fn() -> Timestamp,
    ) -> Result<Deltas, PublishError> {
        let catalog = engine.snapshot().catalog.clone();
        let mut live = Live {
            log: Log::of(&paths.data),
            known: FxHashMap::default(),
            words: words_of(&catalog),
            catalog,
            records: 0,
        };
        if live.read_on().map_err(PublishError::io(&paths.data))? {
            engine.swap(engine.snapshot().with_catalog(live.catalog.clone()));
        }
        Ok(Deltas {
            paths,
            engine,
            clock,
            waiting: Mutex::default(),
            live: Mutex::new(live),
        })
    }

    /// Applies operations in their order, one bad one aside; when this returns they are on disk and the next request
    /// sees them.
    ///
    /// # Errors
    /// When they cannot be made durable; then none is applied.
    pub fn apply(&self, operations: Vec<Operation>) -> Answer {
        let (answer, answered) = sync_channel(1);
        lock(&self.waiting).push(Waiting { operations, answer });
        let mut live = lock(&self.live);
        if let Ok(answer) = answered.try_recv() {
            return answer;
        }
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        let failed = |error| Arc::new(PublishError::io(&self.paths.data)(error));
        let answers = self.commit(&mut live, &waiting).map_err(failed);
        drop(live);
        match answers {
            Ok(answers) => waiting.iter().zip(answers).for_each(|(one, answers)| {
                // Whoever stopped waiting has their changes all the same.
                let _ = one.answer.send(Ok(answers));
            }),
            Err(error) => waiting.iter().for_each(|one| {
                let _ = one.answer.send(Err(error.clone()));
            }),
        }
        answered.recv().expect("everyone who waits is answered")
    }

    /// Serves a snapshot that was loaded a moment ago, with what was changed meanwhile.
    ///
    /// # Errors
    /// When the log cannot be read; nothing is swapped then.
    pub fn swap(&self, snapshot: Snapshot) -> Result<(), PublishError> {
        let mut live = lock(&self.live);
        let failed = PublishError::io(&self.paths.data);
        if snapshot.catalog.generation == live.catalog.generation {
            live.read_on().map_err(failed)?;
        } else {
            live.turn_to(snapshot.catalog.clone()).map_err(failed)?;
        }
        self.engine
            .swap(snapshot.with_catalog(live.catalog.clone()));
        if let Err(error) = live.sweep(&self.paths.data) {
            tracing::warn!(%error, "changes that are part of the feed by now cannot be swept");
        }
        Ok(())
    }

    /// The catalog that is served when so much of it changed that the next generation should be built of it.
    pub fn due(&self) -> Option<Arc<Catalog>> {
        let live = lock(&self.live);
        let is_due = live.words.changed() > WORDS_CHANGED_MAX
            || live.catalog.stored.changed().count() > PRODUCTS_CHANGED_MAX;
        is_due.then(|| live.catalog.clone())
    }

    fn commit(&self, live: &mut Live, waiting: &[Waiting]) -> std::io::Result<Vec<Vec<Applied>>> {
        let _lock = live.log.lock()?;
        live.read_on()?;
        let mut commit = Commit {
            catalog: &live.catalog,
            changing: Changing::of(&live.catalog),
            known: &live.known,
            newer: FxHashMap::default(),
            entries: Vec::new(),
            feed: live.catalog.built.as_of,
            last: live.catalog.changes,
            now: (self.clock)(),
        };
        let answers: Vec<Vec<Applied>> = waiting
            .iter()
            .map(|one| one.operations.iter().map(|one| commit.take(one)).collect())
            .collect();
        let Commit {
            changing,
            entries,
            newer,
            last,
            ..
        } = commit;
        if entries.is_empty() {
            return Ok(answers);
        }
        live.log.append(&entries)?;
        let is_for_rules = changing.changes_ids();
        let catalog = Arc::new(changing.finish(&mut live.words, last));
        live.records += entries.len();
        live.known.extend(newer);
        live.catalog = catalog.clone();
        self.engine.swap(match is_for_rules {
            // Rules name products by their ids.
            true => with_files(&self.paths, catalog),
            false => self.engine.snapshot().with_catalog(catalog),
        });
        Ok(answers)
    }
}

/// Operations on their way into the log and the catalog.
struct Commit<'l> {
    catalog: &'l Catalog,
    changing: Changing<'l>,
    known: &'l FxHashMap<String, Known>,
    /// What becomes known.
    newer: FxHashMap<String, Known>,
    entries: Vec<Entry>,
    feed: Option<Timestamp>,
    last: u64,
    now: Timestamp,
}

impl Commit<'_> {
    fn take(&mut self, operation: &Operation) -> Applied {
        let id = match id_of(self.catalog, operation) {
            Ok(id) => id,
            Err(reason) => {
                return Applied {
                    id: operation.id.clone(),
                    status: Status::Refused,
                    reason: Some(reason),
                };
            }
        };
        let known = self.newer.get(&id).or_else(|| self.known.get(&id));
        let known = known.copied().unwrap_or_default();
        let (status, reason) = match known.stale(operation, self.feed) {
            Some(reason) => (Status::Stale, Some(reason)),
            None => match self.changing.apply(operation) {
                Ok(()) => (Status::Applied, None),
                Err(reason) => (Status::Refused, Some(reason)),
            },
        };
        if status == Status::Applied {
            self.newer.insert(id.clone(), known.after(operation));
            self.last += 1;
            self.entries.push(Entry {
                number: self.last,
                what: What::Applied {
                    since: operation.at.unwrap_or_else(|| self.received()),
                    operation: Box::new(Operation {
                        id: id.clone(),
                        ..operation.clone()
                    }),
                },
            });
        }
        Applied { id, status, reason }
    }

    /// What arrives now is newer than the feed, whatever the clocks say.
    fn received(&self) -> Timestamp {
        let after = |feed: Timestamp| feed.saturating_add(SignedDuration::from_nanos(1)).ok();
        self.feed
            .and_then(after)
            .map_or(self.now, |after| after.max(self.now))
    }
}

impl Live {
    /// Reads what other processes appended, and applies it; whether there was anything.
    fn read_on(&mut self) -> std::io::Result<bool> {
        let (entries, is_rewritten) = self.log.read_on()?;
        if entries.is_empty() {
            return Ok(false);
        }
        if is_rewritten {
            self.records = 0;
        }
        self.records += entries.len();
        known(&entries, &mut self.known);
        if entries
            .iter()
            .any(|entry| entry.number > self.catalog.changes)
        {
            let catalog = Catalog::clone(&self.catalog);
            self.catalog = Arc::new(replayed(catalog, &mut self.words, &entries));
            return Ok(true);
        }
        Ok(false)
    }

    /// Serves another generation, with every change that it lacks.
    fn turn_to(&mut self, catalog: Arc<Catalog>) -> std::io::Result<()> {
        let mut log = Log::of_same(&self.log);
        let (entries, _) = log.read_on()?;
        (self.log, self.records) = (log, entries.len());
        known(&entries, &mut self.known);
        let is_behind = entries.iter().any(|entry| entry.number > catalog.changes);
        self.words = words_of(&catalog);
        self.catalog = match is_behind {
            true => Arc::new(replayed(
                Catalog::clone(&catalog),
                &mut self.words,
                &entries,
            )),
            false => catalog,
        };
        Ok(())
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
