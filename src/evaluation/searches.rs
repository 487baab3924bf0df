//! What shoppers searched and what became of it, read from the journal: what drafts are tried on and rules are judged by.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use crate::journal::{Event, EventKind, JournalError};
use crate::shoppers::Shoppers;

/// Whoever searches again within this time, and clicked nothing, said the same in other words.
const REPHRASED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// At most this many distinct queries are kept; the rest only counts.
const QUERIES_MAX: usize = 1_000_000;

/// How many days drafts may be tried on and rules judged by.
pub const DAYS: RangeInclusive<u16> = 1..=365;

/// The searches of some days.
#[derive(Debug, Default)]
pub struct Searches {
    /// Distinct queries, as they were first typed.
    pub queries: Vec<Searched>,
    /// How many searches there were.
    pub searches: u64,
    /// By position, from 1: clicks that say where they happened.
    pub clicks_at: Vec<u64>,
    pub products: FxHashMap<String, ProductCounts>,
    /// By query and the one it was rephrased to: how often, the second one clicked.
    pub rephrased: FxHashMap<(usize, usize), u64>,
    places: FxHashMap<String, usize>,
    by_id: FxHashMap<String, usize>,
    last_of: FxHashMap<String, LastSearch>,
    /// By shopper and product: the query whose click led there.
    led: FxHashMap<(String, String), usize>,
}

/// A query and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Searched {
    pub text: String,
    pub searches: u64,
    pub clicks: u64,
    pub revenue: f64,
    pub last: Timestamp,
    /// Clicks by product.
    pub clicked: FxHashMap<String, u64>,
}

/// What shoppers did with a product.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ProductCounts {
    pub clicks: u64,
    pub purchases: u64,
}

#[derive(Debug)]
struct LastSearch {
    query: usize,
    at: Timestamp,
    clicked: bool,
    /// The query that this one rephrases.
    rephrases: Option<usize>,
}

impl Searches {
    /// Reads the journal of the last days; there are none without shoppers.
    pub fn of_days(
        shoppers: Option<&Shoppers>,
        days: u16,
        now: Timestamp,
    ) -> Result<Searches, JournalError> {
        let from = now - SignedDuration::from_hours(24 * i64::from(days));
        shoppers.map_or_else(
            || Ok(Searches::default()),
            |shoppers| Searches::read(shoppers, from),
        )
    }

    /// Reads the journal from a time on.
    pub fn read(shoppers: &Shoppers, from: Timestamp) -> Result<Searches, JournalError> {
        let mut searches = Searches::default();
        shoppers.for_each_deed(|deed| {
            // What came faster than people do is evidence of nothing.
            if deed.event.at >= from && !deed.robot {
                searches.add(&deed.event);
            }
            Ok::<(), JournalError>(())
        })?;
        Ok(searches)
    }

    /// Takes in one event, in the order they happened.
    pub fn add(&mut self, event: &Event) {
        match event.kind {
            EventKind::Search => self.add_search(event),
            EventKind::Click => self.add_click(event),
            EventKind::Purchase => self.add_purchase(event),
            _ => {}
        }
    }

    fn add_search(&mut self, event: &Event) {
        let Some(text) = event.query.as_deref().map(str::trim) else {
            return;
        };
        self.searches += 1;
        let key = text.to_lowercase();
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None if self.queries.len() >= QUERIES_MAX => return,
            None => {
                self.queries.push(Searched {
                    text: text.to_string(),
                    searches: 0,
                    clicks: 0,
                    revenue: 0.0,
                    last: event.at,
                    clicked: FxHashMap::default(),
                });
                self.places.insert(key, self.queries.len() - 1);
                self.queries.len() - 1
            }
        };
        let query = &mut self.queries[place];
        query.searches += 1;
        query.last = query.last.max(event.at);
        if let Some(id) = &event.query_id {
            self.by_id.insert(id.clone(), place);
        }
        let before = self.last_of.get(&event.shopper).filter(|before| {
            !before.clicked
                && before.query != place
                && event.at.duration_since(before.at) <= REPHRASED_WITHIN
        });
        let last = LastSearch {
            query: place,
            at: event.at,
            clicked: false,
            rephrases: before.map(|before| before.query),
        };
        self.last_of.insert(event.shopper.clone(), last);
    }

    fn add_click(&mut self, event: &Event) {
        for position in &event.positions {
            let at = *position as usize;
            if at <= 1_000 {
                self.clicks_at.resize(self.clicks_at.len().max(at), 0);
                self.clicks_at[at - 1] += 1;
            }
        }
        let last = self.last_of.get_mut(&event.shopper);
        let by_id = event.query_id.as_ref().and_then(|id| self.by_id.get(id));
        let place = by_id.copied().or(last.as_ref().map(|last| last.query));
        if let Some(last) = last
            && !last.clicked
        {
            last.clicked = true;
            if let Some(before) = last.rephrases {
                *self.rephrased.entry((before, last.query)).or_default() += 1;
            }
        }
        for product in &event.products {
            self.products.entry(product.clone()).or_default().clicks += 1;
            if let Some(place) = place {
                let query = &mut self.queries[place];
                query.clicks += 1;
                *query.clicked.entry(product.clone()).or_default() += 1;
                let led = (event.shopper.clone(), product.clone());
                self.led.insert(led, place);
            }
        }
    }

    fn add_purchase(&mut self, event: &Event) {
        let by_id = event.query_id.as_ref().and_then(|id| self.by_id.get(id));
        for product in &event.products {
            let counts = self.products.entry(product.clone()).or_default();
            counts.purchases += 1;
            let led = (event.shopper.clone(), product.clone());
            let place = by_id.or_else(|| self.led.get(&led));
            if let (Some(place), Some(price)) = (place, event.price) {
                let quantity = f64::from(event.quantity.unwrap_or(1));
                self.queries[*place].revenue += price * quantity;
            }
        }
    }
}
