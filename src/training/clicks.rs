//! What clicks say of candidates, corrected for where they were shown: what stands further down is looked at less, and a
//! click there says more.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use super::examples::{Example, sampled};
use crate::engine::EngineError;
use crate::evaluation::{Contender, looks};
use crate::journal::{Event, EventKind, JournalError, read_deeds};

/// What is looked at less than this counts as looked at this often: one click is not made hundreds.
const LOOK_MIN: f64 = 0.05;

/// Queries that were searched less often say too little.
const SEARCHES_MIN: u64 = 5;

/// At most so many queries are learned from, those searched most.
const QUERIES_MAX: usize = 5_000;

/// A query's own clicks are mixed with so many searches without any.
const PRIOR_SEARCHES: f64 = 5.0;

/// Searches by their words, and where their hits were clicked.
#[derive(Debug, Default)]
pub struct ClickLog {
    /// By text in lowercase.
    queries: FxHashMap<String, Clicked>,
    by_id: FxHashMap<String, String>,
    /// By position, from 1: clicks that say where they happened.
    clicks_at: Vec<u64>,
}

/// What became of one query.
#[derive(Debug, Default)]
struct Clicked {
    searches: u64,
    /// The product and the position of every click.
    clicks: Vec<(String, usize)>,
}

impl ClickLog {
    /// Reads the journal in `dir` of the last days, also while a server has it open.
    pub fn of_journal(dir: &Path, days: u16, now: Timestamp) -> Result<ClickLog, JournalError> {
        let from = now - SignedDuration::from_hours(24 * i64::from(days));
        let mut log = ClickLog::default();
        read_deeds(dir, |deed| {
            if deed.event.at >= from && !deed.robot {
                log.add(&deed.event);
            }
        })?;
        Ok(log)
    }

    /// Takes in one event, in the order they happened. Pages that were narrowed by a filter say little of the words.
    pub fn add(&mut self, event: &Event) {
        match event.kind {
            EventKind::Search if event.filter.is_none() && event.category.is_none() => {
                let text = event
                    .query
                    .as_deref()
                    .unwrap_or_default()
                    .trim()
                    .to_lowercase();
                if text.is_empty() {
                    return;
                }
                if let Some(id) = &event.query_id {
                    self.by_id.insert(id.clone(), text.clone());
                }
                self.queries.entry(text).or_default().searches += 1;
            }
            EventKind::Click => self.add_click(event),
            _ => {}
        }
    }

    fn add_click(&mut self, event: &Event) {
        let text = event.query_id.as_ref().and_then(|id| self.by_id.get(id));
        let Some(clicked) = text.and_then(|text| self.queries.get_mut(text)) else {
            return;
        };
        for (product, position) in event.products.iter().zip(&event.positions) {
            let position = (*position as usize).clamp(1, 1_000);
            self.clicks_at.resize(self.clicks_at.len().max(position), 0);
            self.clicks_at[position - 1] += 1;
            clicked.clicks.push((product.clone(), position));
        }
    }

    /// How many clicks say their query and their position.
    pub fn clicks(&self) -> u64 {
        self.clicks_at.iter().sum()
    }
}

/// The queries that were searched often enough and clicked. A product gains what each look at it was worth: its clicks,
/// each weighed by how seldom its position is looked at, over the searches.
pub fn examples_of_clicks(
    contender: &Contender,
    log: &ClickLog,
    progress: impl FnMut(usize),
) -> Result<Vec<Example>, EngineError> {
    let looks = looks(&log.clicks_at);
    let look = |position: usize| looks[(position - 1).min(looks.len() - 1)].max(LOOK_MIN);
    let often = log
        .queries
        .iter()
        .filter(|(_, own)| own.searches >= SEARCHES_MIN && !own.clicks.is_empty());
    let mut often: Vec<_> = often.collect();
    often.sort_by(|(one, a), (other, b)| b.searches.cmp(&a.searches).then(one.cmp(other)));
    often.truncate(QUERIES_MAX);
    let gains = |(text, own): (&String, &Clicked)| {
        let mut gains: FxHashMap<String, f64> = FxHashMap::default();
        let searches = own.searches as f64 + PRIOR_SEARCHES;
        for (product, position) in &own.clicks {
            *gains.entry(product.clone()).or_default() += 1.0 / look(*position) / searches;
        }
        (text.clone(), gains)
    };
    sampled(contender, often.into_iter().map(gains).collect(), progress)
}

#[cfg(test)]
mod tests {
    //! Promises: clicks are counted where they say their query and position; narrowed pages are left out.

    use super::*;

    #[test]
    fn clicks_belong_to_the_query_whose_page_was_shown() {
        let at = "2026-11-23T10:00:00Z".parse().unwrap();
        let event = |kind: EventKind, id: &str| Event {
            query_id: Some(id.to_owned()),
            ..Event::new(kind, "ada".to_owned(), at)
        };
        let search = |id: &str, text: &str, filter: Option<&str>| Event {
            query: Some(text.to_owned()),
            filter: filter.map(str::to_owned),
            ..event(EventKind::Search, id)
        };
        let click = |id: &str, positions: &[u32]| Event {
            products: vec!["7".to_owned()],
            positions: positions.to_vec(),
            ..event(EventKind::Click, id)
        };
        let mut log = ClickLog::default();
        let events = [
            search("a", "Lamp", None),
            search("b", "lamp", Some("price < 9")),
            click("a", &[3]),
            click("a", &[]),
            click("b", &[1]),
            click("c", &[1]),
        ];
        events.iter().for_each(|event| log.add(event));
        assert_eq!(log.queries["lamp"].searches, 1);
        assert_eq!(log.queries["lamp"].clicks, [("7".to_owned(), 3)]);
        assert_eq!(
            (log.clicks(), log.clicks_at.as_slice()),
            (1, &[0, 0, 1][..])
        );
    }
}
