//! What shoppers asked for, by words or by category, and what became of it, read from the journal: what drafts are tried
//! on and rules are judged by.

use std::ops::RangeInclusive;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use crate::engine::Request;
use crate::journal::{Circumstances, Deed, Event, EventKind, JournalError, read_deeds};
use crate::shoppers::Shoppers;

/// Whoever searches again within this time, and clicked nothing, said the same in other words.
const REPHRASED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// At most this many distinct lists are kept; the rest only counts.
const QUERIES_MAX: usize = 1_000_000;

/// Where lists appear when nothing is said.
const SEARCH: &str = "search";
const CATEGORY: &str = "category";

/// How many days drafts may be tried on and rules judged by.
pub const DAYS: RangeInclusive<u16> = 1..=365;

/// The searches of some days.
#[derive(Debug, Default)]
pub struct Searches {
    /// What was asked for, each once: words as they were first typed.
    pub queries: Vec<Searched>,
    /// How many searches there were.
    pub searches: u64,
    /// By position, from 1: clicks that say where they happened.
    pub clicks_at: Vec<u64>,
    pub products: FxHashMap<String, ProductCounts>,
    /// By query and the one it was rephrased to: how often, the second one clicked.
    pub rephrased: FxHashMap<(usize, usize), u64>,
    places: FxHashMap<Asked, usize>,
    by_id: FxHashMap<String, usize>,
    last_of: FxHashMap<String, LastSearch>,
    /// By shopper and product: the query whose click led there.
    led: FxHashMap<(String, String), usize>,
}

/// A list that was asked for, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Searched {
    /// The words; none on a category page.
    pub text: String,
    pub category: Option<String>,
    pub filter: Option<String>,
    /// What else the request said. Logs of other shops, and older ones, say nothing.
    pub asked: Option<Box<Circumstances>>,
    pub searches: u64,
    pub clicks: u64,
    pub revenue: f64,
    pub last: Timestamp,
    /// Clicks by product.
    pub clicked: FxHashMap<String, u64>,
}

/// What tells lists apart.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Asked {
    /// In lowercase.
    text: String,
    category: Option<String>,
    filter: Option<String>,
    asked: Option<Box<Circumstances>>,
}

impl Searched {
    /// The same list, asked for again `now` by nobody in particular.
    pub fn request(&self, now: Timestamp) -> Request {
        let plain = Request::new(&self.text, now);
        let plain = Request {
            category: self.category.clone(),
            filter: self.filter.clone(),
            ..plain
        };
        let Some(asked) = self.asked.as_deref().cloned() else {
            return plain;
        };
        Request {
            surface: asked.surface.unwrap_or(plain.surface),
            logged_segments: Some(asked.segments),
            context: asked.context,
            device: asked.device,
            campaign: asked.campaign,
            language: asked.language,
            sort: asked.sort,
            ..plain
        }
    }

    /// The list in words, for people.
    pub fn told(&self) -> String {
        let mut about = vec![self.text.clone()];
        about.extend(self.category.clone());
        about.retain(|part| !part.is_empty());
        let mut besides = Vec::new();
        besides.extend(
            self.filter
                .as_ref()
                .map(|filter| format!("filter {filter}")),
        );
        if let Some(asked) = &self.asked {
            let surface = asked.surface.as_ref().filter(|surface| *surface != SEARCH);
            besides.extend(surface.map(|surface| format!("on {surface}")));
            let segments = asked.segments.join(", ");
            besides.extend((!segments.is_empty()).then(|| format!("segment {segments}")));
        }
        match besides.is_empty() {
            true => about.join(" in "),
            false => format!("{} ({})", about.join(" in "), besides.join("; ")),
        }
    }
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
            searches.add_deed(&deed, from);
            Ok::<(), JournalError>(())
        })?;
        Ok(searches)
    }

    /// Reads the journal in `dir` of the last days, also while a server has it open.
    pub fn of_journal(dir: &Path, days: u16, now: Timestamp) -> Result<Searches, JournalError> {
        let from = now - SignedDuration::from_hours(24 * i64::from(days));
        let mut searches = Searches::default();
        read_deeds(dir, |deed| searches.add_deed(&deed, from))?;
        Ok(searches)
    }

    fn add_deed(&mut self, deed: &Deed, from: Timestamp) {
        // What came faster than people do is evidence of nothing.
        if deed.event.at >= from && !deed.robot {
            self.add(&deed.event);
        }
    }

    /// Takes in one event, in the order they happened.
    pub fn add(&mut self, event: &Event) {
        match event.kind {
            EventKind::Search | EventKind::Category => self.add_search(event),
            EventKind::Click => self.add_click(event),
            EventKind::Purchase => self.add_purchase(event),
            _ => {}
        }
    }

    fn add_search(&mut self, event: &Event) {
        let text = event.query.as_deref().unwrap_or_default().trim();
        if text.is_empty() && event.category.is_none() && event.filter.is_none() {
            return;
        }
        self.searches += 1;
        let Some(place) = self.place_of(text, event) else {
            return;
        };
        let query = &mut self.queries[place];
        query.searches += 1;
        query.last = query.last.max(event.at);
        if let Some(id) = &event.query_id {
            self.by_id.insert(id.clone(), place);
        }
        let last = LastSearch {
            query: place,
            at: event.at,
            clicked: false,
            rephrases: self.rephrased_by(event, place),
        };
        self.last_of.insert(event.shopper.clone(), last);
    }

    /// Where the list of an event is kept; `None` when there are too many.
    fn place_of(&mut self, text: &str, event: &Event) -> Option<usize> {
        let mut asked = event.asked.clone();
        if asked.is_none() && event.kind == EventKind::Category {
            asked = Some(Box::new(Circumstances {
                surface: Some(CATEGORY.into()),
                ..Circumstances::default()
            }));
        }
        let key = Asked {
            text: text.to_lowercase(),
            category: event.category.clone(),
            filter: event.filter.clone(),
            asked,
        };
        if let Some(place) = self.places.get(&key) {
            return Some(*place);
        }
        if self.queries.len() >= QUERIES_MAX {
            return None;
        }
        self.queries.push(Searched {
            text: text.to_string(),
            category: key.category.clone(),
            filter: key.filter.clone(),
            asked: key.asked.clone(),
            searches: 0,
            clicks: 0,
            revenue: 0.0,
            last: event.at,
            clicked: FxHashMap::default(),
        });
        self.places.insert(key, self.queries.len() - 1);
        Some(self.queries.len() - 1)
    }

    /// The words that a shopper said in others a moment before, without a click in between; a filter chosen meanwhile
    /// says nothing in other words.
    fn rephrased_by(&self, event: &Event, place: usize) -> Option<usize> {
        let before = self.last_of.get(&event.shopper)?;
        let words = |place: usize| self.queries[place].text.to_lowercase();
        let is_soon = event.at.duration_since(before.at) <= REPHRASED_WITHIN;
        if before.clicked || !is_soon || words(place).is_empty() {
            return None;
        }
        match words(before.query) {
            same if same == words(place) => before.rephrases,
            none if none.is_empty() => None,
            _ => Some(before.query),
        }
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
