//! Random shoppers in, what their tastes cost out: whether personal orders stay relevant for whoever it may be.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::intervals::{Interval, ratio};
use super::{Judgements, Queries, ndcg_at};
use crate::engine::{Engine, EngineError, Request, RulesSwitch, Snapshot};
use crate::journal::{Event, EventKind, JournalError};

/// A random shopper did something at least once and at most this many times.
const EVENTS_MAX: usize = 60;

/// Of a random shopper's events, this share is about products that share a value with the favourite.
const FAVOURITE_SHARE: f64 = 0.7;

/// What a random shopper does, within the last 60 days.
const DAYS: i64 = 60;
const KINDS: [EventKind; 5] = [
    EventKind::View,
    EventKind::View,
    EventKind::AddToCart,
    EventKind::Purchase,
    EventKind::Dismiss,
];

/// A drop larger than this is counted.
const DROP_MAX: f64 = 0.01;

/// Shoppers with random histories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomShoppers {
    pub profiles: usize,
    /// Other numbers give other shoppers.
    pub seed: u64,
    /// How much their tastes may move, 0 to 100.
    pub impact: f64,
}

/// How relevant the orders of random shoppers are.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Guard {
    pub profiles: usize,
    /// Judged queries that each profile ran.
    pub queries: usize,
    /// NDCG@10 of the plain order.
    pub plain: f64,
    /// The same of the personal orders, over all profiles.
    pub personal: f64,
    /// 1 − personal ÷ plain: of all profiles, and of the worst one.
    pub mean_drop: f64,
    /// Where the mean drop lies with a confidence of 95 %, had other queries of the kind been judged.
    pub mean_drop_interval: Interval,
    pub worst_drop: f64,
    /// How many profiles lose more than 1 %.
    pub profiles_over: usize,
    /// Share of the first ten places where the personal orders hold another product than the plain one.
    pub moved: f64,
}

/// Why the guard could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    #[error("{0}")]
    Engine(#[from] EngineError),
    #[error("{0}")]
    Journal(#[from] JournalError),
}

/// Gives random shoppers a history in the engine's journal, which should be one of its own, and runs every
/// judged query for each of them, on all processors.
pub fn guard(
    engine: &Engine,
    queries: &Queries,
    judgements: &Judgements,
    random: RandomShoppers,
    now: Timestamp,
    progress: impl Fn(usize) + Sync,
) -> Result<Guard, GuardError> {
    let profiles = random.profiles;
    let shoppers = record_random(engine, random, now)?;
    let shoppers = Asking {
        names: shoppers,
        impact: random.impact,
        now,
    };
    let is_judged = |id: &str| {
        let grades = judgements.get(id);
        grades.is_some_and(|grades| grades.values().any(|grade| *grade > 0))
    };
    let judged: Vec<&(String, String)> = queries.iter().filter(|(id, _)| is_judged(id)).collect();
    let (next, sums) = (AtomicUsize::new(0), Mutex::new(Sums::of(profiles)));
    let work = || -> Result<(), EngineError> {
        let mut own = Sums::of(profiles);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some((id, text)) = judged.get(number) else {
                break;
            };
            own.add(engine, (number, text), &judgements[id], &shoppers)?;
            progress(next.load(Ordering::Relaxed).min(judged.len()));
        }
        sums.lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .merge(&own);
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut joined = workers.into_iter().map(|worker| worker.join());
        joined.try_for_each(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    let sums = sums
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(sums.report(judged.len()))
}

/// The random shoppers, and when they ask.
struct Asking {
    names: Vec<String>,
    impact: f64,
    now: Timestamp,
}

/// Sums over queries.
struct Sums {
    plain: f64,
    /// By query: its number, and what its personal orders and its plain order came to.
    by_query: Vec<(usize, (f64, f64))>,
    /// By profile.
    personal: Vec<f64>,
    places: usize,
    moved: usize,
}

impl Sums {
    fn of(profiles: usize) -> Sums {
        Sums {
            plain: 0.0,
            by_query: Vec::new(),
            personal: vec![0.0; profiles],
            places: 0,
            moved: 0,
        }
    }

    fn add(
        &mut self,
        engine: &Engine,
        (number, text): (usize, &str),
        grades: &FxHashMap<String, u32>,
        asking: &Asking,
    ) -> Result<(), EngineError> {
        let snapshot = engine.snapshot();
        let plain = Request {
            rules: RulesSwitch::Off,
            impact: Some(0.0),
            ..Request::new(text, asking.now)
        };
        let personal = |shopper: &String| Request {
            shopper: Some(shopper.clone()),
            impact: Some(asking.impact),
            ..plain.clone()
        };
        let personal: Vec<Request> = asking.names.iter().map(personal).collect();
        let ndcg = |order: &[u32]| {
            let id = |product: &u32| snapshot.catalog.columns.product_id(*product);
            let ids: Vec<&str> = order.iter().take(10).map(id).collect();
            ndcg_at(10, &ids, grades)
        };
        let plain = engine.order(&plain)?;
        let (plain_ndcg, mut personal_ndcg) = (ndcg(&plain), 0.0);
        self.plain += plain_ndcg;
        let mut sums = self.personal.iter_mut();
        engine.orders(&personal, |order| {
            if let Some(sum) = sums.next() {
                let ndcg = ndcg(&order);
                *sum += ndcg;
                personal_ndcg += ndcg;
            }
            let places = plain.iter().zip(&order).take(10);
            self.places += places.len();
            self.moved += places.filter(|(plain, own)| plain != own).count();
        })?;
        let personal_ndcg = personal_ndcg / asking.names.len().max(1) as f64;
        self.by_query.push((number, (personal_ndcg, plain_ndcg)));
        Ok(())
    }

    fn merge(&mut self, other: &Sums) {
        self.plain += other.plain;
        self.by_query.extend(&other.by_query);
        for (own, others) in self.personal.iter_mut().zip(&other.personal) {
            *own += others;
        }
        self.places += other.places;
        self.moved += other.moved;
    }

    fn report(mut self, queries: usize) -> Guard {
        self.by_query.sort_by_key(|(number, _)| *number);
        let by_query: Vec<(f64, f64)> = self.by_query.iter().map(|(_, pair)| *pair).collect();
        let profiles = self.personal.len();
        let drop = |personal: f64| 1.0 - personal / self.plain.max(f64::MIN_POSITIVE);
        let personal = self.personal.iter().sum::<f64>() / profiles.max(1) as f64;
        let drops = self.personal.iter().map(|personal| drop(*personal));
        let mean = |sum: f64| sum / queries.max(1) as f64;
        Guard {
            profiles,
            queries,
            plain: mean(self.plain),
            personal: mean(personal),
            mean_drop: drop(personal),
            mean_drop_interval: ratio(&by_query).lost().interval,
            worst_drop: drops.clone().fold(f64::NEG_INFINITY, f64::max),
            profiles_over: drops.filter(|drop| *drop > DROP_MAX).count(),
            moved: self.moved as f64 / self.places.max(1) as f64,
        }
    }
}

/// Records what random shoppers did; returns their names.
fn record_random(
    engine: &Engine,
    RandomShoppers { profiles, seed, .. }: RandomShoppers,
    now: Timestamp,
) -> Result<Vec<String>, JournalError> {
    let snapshot = engine.snapshot();
    let alike = Alike::of(&snapshot);
    let mut random = StdRng::seed_from_u64(seed);
    let mut names = Vec::with_capacity(profiles);
    for number in 0..profiles {
        let name = format!("random-{seed}-{number}");
        let count = random.random_range(1..=EVENTS_MAX);
        let favourite = alike.any(&mut random);
        let events = (0..count).map(|_| {
            let is_alike = random.random_bool(FAVOURITE_SHARE);
            let product = if is_alike {
                alike.like(favourite, &mut random)
            } else {
                alike.any(&mut random)
            };
            let ago_s = random.random_range(0..DAYS * 86_400);
            let kind = *KINDS.choose(&mut random).unwrap_or(&EventKind::View);
            Event {
                products: vec![snapshot.catalog.columns.product_id(product).to_owned()],
                ..Event::new(kind, name.clone(), now - SignedDuration::from_secs(ago_s))
            }
        });
        engine.record(events.collect(), now)?;
        names.push(name);
    }
    Ok(names)
}

/// Which products share a value that taste may be about.
struct Alike<'s> {
    snapshot: &'s Snapshot,
    attributes: Vec<usize>,
    by_value: FxHashMap<(usize, &'s str), Vec<u32>>,
}

impl<'s> Alike<'s> {
    fn of(snapshot: &'s Snapshot) -> Alike<'s> {
        let columns = &snapshot.catalog.columns;
        let attributes = snapshot.catalog.schema.attributes.iter().enumerate();
        let attributes: Vec<usize> = attributes
            .filter(|(_, attribute)| attribute.affinity)
            .map(|(position, _)| position)
            .collect();
        let mut by_value: FxHashMap<_, Vec<u32>> = FxHashMap::default();
        for product in 0..columns.products() {
            for attribute in &attributes {
                for value in columns.words_of(*attribute, product) {
                    by_value
                        .entry((*attribute, value))
                        .or_default()
                        .push(product);
                }
            }
        }
        Alike {
            snapshot,
            attributes,
            by_value,
        }
    }

    fn any(&self, random: &mut StdRng) -> u32 {
        random.random_range(0..self.snapshot.catalog.columns.products().max(1))
    }

    /// A product that shares a value with another; that one itself when there is none.
    fn like(&self, product: u32, random: &mut StdRng) -> u32 {
        let Some(attribute) = self.attributes.choose(random) else {
            return product;
        };
        let values = self.snapshot.catalog.columns.words_of(*attribute, product);
        let value = values.choose(random);
        let products = value.and_then(|value| self.by_value.get(&(*attribute, *value)));
        let alike = products.and_then(|products| products.choose(random));
        alike.copied().unwrap_or(product)
    }
}
