//! What shoppers search most, made from time to time rather than while they type.

use std::cmp::Reverse;
use std::sync::{Arc, Weak};

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Engine, Request, Snapshot, decide, plan, reword, understand};
use crate::journal::JournalError;
use crate::query::LastWord;
use crate::retrieval::{self, Plan, SoldOut};
use crate::text::words;

/// So many of the latest searches are looked at.
const SEARCHES_MAX: usize = 100_000;

/// A query is told to others once so many shoppers have searched it.
const SEARCHED_BY_MIN: usize = 3;

/// At most this many queries are suggested.
const POPULAR_MAX: usize = 1_000;

/// The most searched queries that find something in one snapshot, most searched first.
#[derive(Default)]
pub(super) struct Popular {
    snapshot: Weak<Snapshot>,
    queries: Vec<PopularQuery>,
}

pub(super) struct PopularQuery {
    /// As it was typed last, in lower case.
    pub(super) text: String,
    /// How many products have all its words and can be bought.
    pub(super) found: usize,
    words: Vec<String>,
}

impl Popular {
    /// The queries in which every one of these begins a word, each with how many products it finds. In another snapshot,
    /// the former queries stay until they are learned again, except those that now lead to nothing.
    pub(super) fn beginning_with(
        &self,
        snapshot: &Arc<Snapshot>,
        typed: &[String],
        now: Timestamp,
    ) -> impl Iterator<Item = (&str, usize)> {
        let is_current = std::ptr::eq(self.snapshot.as_ptr(), Arc::as_ptr(snapshot));
        let found = move |query: &PopularQuery| match is_current {
            true => Some(query.found),
            false => popular_query(snapshot, query.text.clone(), now).map(|query| query.found),
        };
        let begins = |query: &PopularQuery, typed: &String| {
            let mut words = query.words.iter();
            words.any(|word| word.starts_with(typed.as_str()))
        };
        self.queries
            .iter()
            .filter(move |query| typed.iter().all(|typed| begins(query, typed)))
            .filter_map(move |query| Some((query.text.as_str(), found(query)?)))
    }
}

impl Engine {
    /// Learns which queries to suggest: those that several shoppers searched, none of it misspelled, and that find
    /// something that can be bought. Takes as long as searching them all.
    pub fn learn_searches(&self, now: Timestamp) -> Result<(), JournalError> {
        let Some(shoppers) = self.shoppers() else {
            return Ok(());
        };
        let snapshot = self.snapshot();
        let mut searched: FxHashMap<String, (String, FxHashSet<u64>)> = FxHashMap::default();
        for search in shoppers.searches(SEARCHES_MAX)? {
            let (_, by) = searched
                .entry(folded(&search.query).join(" "))
                .or_insert_with(|| (search.query.trim().to_lowercase(), FxHashSet::default()));
            by.insert(search.by);
        }
        let mut searched: Vec<(usize, String)> = searched
            .into_values()
            .map(|(text, by)| (by.len(), text))
            .filter(|(by, text)| *by >= SEARCHED_BY_MIN && !text.is_empty())
            .collect();
        searched.sort_unstable_by_key(|(by, text)| (Reverse(*by), text.clone()));
        searched.truncate(POPULAR_MAX);
        let queries = searched
            .into_iter()
            .filter_map(|(_, text)| popular_query(&snapshot, text, now));
        let popular = Popular {
            queries: queries.collect(),
            snapshot: Arc::downgrade(&snapshot),
        };
        self.popular.store(Arc::new(popular));
        Ok(())
    }
}

/// `None` when a shopper would be sent to nothing that has all words and can be bought, or somewhere else.
fn popular_query(snapshot: &Snapshot, text: String, now: Timestamp) -> Option<PopularQuery> {
    let request = Request::new(text, now);
    let asked = request.read(snapshot).ok()?;
    let query = understand(snapshot, &request, LastWord::Whole);
    if query.understood.spelling.is_some() || !query.understood.left_out.is_empty() {
        return None;
    }
    let rules = &snapshot.rules;
    let decision = decide(
        snapshot,
        rules,
        &query,
        &asked,
        &request,
        &[],
        LastWord::Whole,
    );
    if decision.beside().redirect.is_some() {
        return None;
    }
    let query = reword(snapshot, &decision, query, &request);
    let recipe = asked.recipe(snapshot, decision.recipe(), &[]);
    let plan = Plan {
        matches_enough: 0,
        sold_out: SoldOut::Hide,
        candidates_max: 1,
        ..decision.steer(plan(snapshot, &query, &asked, recipe))
    };
    let catalog = &snapshot.catalog;
    let found = retrieval::fetch(&catalog.text, &catalog.columns, &plan).ok()?;
    (found.total > 0).then(|| PopularQuery {
        words: folded(&request.q),
        text: request.q,
        found: found.total,
    })
}

fn folded(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.folded).collect()
}
