//! Sessions like the one under way, and what else was met in them: a vector-multiplication-indexed session search
//! (VMIS-kNN, Kersbergen et al. 2022) over the latest sessions, learned from every event as it comes.

mod clicks;
mod next;
mod returns;

pub use next::NeighbourSettings;

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::weights::weight;
use super::words::{PRODUCT, attribute_of, own_attribute};
use crate::journal::{Deed, Person, Word};
use clicks::{Before, ClickNumber, Clicks};
use returns::{AGES, Returns};

/// The latest so many clicks are remembered; at some 30 bytes each, their sessions and products included.
const CLICKS_MAX: usize = 1 << 24;

/// A session is looked at with its latest so many clicks.
const SESSION_CLICKS_MAX: usize = 40;

/// A session ends when nothing was done for so long.
pub(super) const PAUSE_MS: i64 = 30 * 60_000;

/// The latest sessions, by the products that were met in them.
#[derive(Debug)]
pub struct Neighbours {
    clicks: Clicks,
    /// Oldest first; numbers are counted on from `first`.
    sessions: VecDeque<Session>,
    first: u32,
    products: FxHashMap<Word, Met>,
    /// By person: the number of their latest session.
    latest: FxHashMap<Person, u32>,
    returns: Returns,
}

#[derive(Debug)]
struct Session {
    person: Person,
    last_ms: i64,
    latest: ClickNumber,
}

/// A product that is in some session.
#[derive(Debug)]
struct Met {
    latest: ClickNumber,
    clicks: u32,
}

impl Default for Neighbours {
    fn default() -> Self {
        Neighbours::new(CLICKS_MAX)
    }
}

impl Neighbours {
    /// No sessions yet; the latest `clicks_max` clicks will be remembered.
    pub fn new(clicks_max: usize) -> Neighbours {
        Neighbours {
            clicks: Clicks::new(clicks_max),
            sessions: VecDeque::new(),
            first: 0,
            products: FxHashMap::default(),
            latest: FxHashMap::default(),
            returns: Returns::default(),
        }
    }

    /// Learns from a deed of a person.
    pub(super) fn learn(&mut self, person: Person, deed: &Deed) {
        if deed.robot || weight(deed.event.kind) <= 0.0 {
            return;
        }
        let at_ms = deed.event.at.as_millisecond();
        for word in &deed.words {
            if attribute_of(*word) == own_attribute(PRODUCT) {
                self.meet(person, *word, at_ms);
            }
        }
    }

    /// Learns that a person met a product.
    pub fn meet(&mut self, person: Person, product: Word, at_ms: i64) {
        let known = self.under_way(person, at_ms);
        let before = known
            .and_then(|number| self.session(number))
            .map(|of| of.latest);
        if let Some(latest) = before {
            let met = self.distinct(latest);
            self.returns
                .count(met.len(), met.iter().position(|own| *own == product));
            if met.first() == Some(&product) {
                self.touch(known, at_ms, latest);
                return;
            }
        }
        let number = known.unwrap_or(self.first + self.sessions.len() as u32);
        let before = Before {
            in_session: before,
            on_product: self.products.get(&product).map(|met| met.latest),
        };
        let (click, gone) = self.clicks.push(product, number, before);
        match known {
            Some(_) => self.touch(known, at_ms, click),
            None => self.begin(person, at_ms, click),
        }
        let met = self.products.entry(product).or_insert(Met {
            latest: click,
            clicks: 0,
        });
        met.latest = click;
        met.clicks += 1;
        if let Some(gone) = gone {
            self.leave(gone);
        }
        self.drop_old_sessions();
    }

    /// The products of a session, newest first, each once.
    fn distinct(&self, latest: ClickNumber) -> Vec<Word> {
        let mut met = Vec::new();
        for (_, product) in self.clicks.of_session(latest).take(SESSION_CLICKS_MAX) {
            if !met.contains(&product) {
                met.push(product);
            }
        }
        met.truncate(AGES);
        met
    }

    fn session(&self, number: u32) -> Option<&Session> {
        self.sessions.get(number.checked_sub(self.first)? as usize)
    }

    /// The number of the session that a person is in.
    fn under_way(&self, person: Person, at_ms: i64) -> Option<u32> {
        let number = *self.latest.get(&person)?;
        let session = self.session(number)?;
        let is_remembered = session.latest >= self.clicks.oldest();
        (is_remembered && (at_ms - session.last_ms).abs() <= PAUSE_MS).then_some(number)
    }

    fn begin(&mut self, person: Person, at_ms: i64, click: ClickNumber) {
        let number = self.first + self.sessions.len() as u32;
        self.sessions.push_back(Session {
            person,
            last_ms: at_ms,
            latest: click,
        });
        self.latest.insert(person, number);
    }

    fn touch(&mut self, session: Option<u32>, at_ms: i64, click: ClickNumber) {
        let place = session.and_then(|number| number.checked_sub(self.first));
        if let Some(session) = place.and_then(|place| self.sessions.get_mut(place as usize)) {
            session.last_ms = session.last_ms.max(at_ms);
            session.latest = click;
        }
    }

    /// Drops the sessions of which no click is remembered.
    fn drop_old_sessions(&mut self) {
        let oldest = self.clicks.oldest();
        while let Some(session) = self.sessions.front()
            && session.latest < oldest
        {
            if self.latest.get(&session.person) == Some(&self.first) {
                self.latest.remove(&session.person);
            }
            self.sessions.pop_front();
            self.first += 1;
        }
    }

    /// One click on a product is not remembered any more.
    fn leave(&mut self, product: Word) {
        if let Some(met) = self.products.get_mut(&product) {
            met.clicks -= 1;
            if met.clicks == 0 {
                self.products.remove(&product);
            }
        }
    }

    /// Forgets what persons met.
    pub(super) fn forget(&mut self, persons: &[Person]) {
        let known = |person: &Person| self.latest.contains_key(person);
        let persons: FxHashSet<Person> = persons.iter().copied().filter(known).collect();
        if persons.is_empty() {
            return;
        }
        self.latest.retain(|person, _| !persons.contains(person));
        for at in 0..self.sessions.len() {
            if persons.contains(&self.sessions[at].person) {
                for product in self.clicks.forget_session(self.sessions[at].latest) {
                    self.leave(product);
                }
            }
        }
    }

    /// How many sessions met both products.
    pub fn sessions_with_both(&self, one: Word, other: Word) -> usize {
        let with_one: FxHashSet<u32> = self.sessions_with(one).map(|(_, number)| number).collect();
        let both = self.sessions_with(other).map(|(_, number)| number);
        both.filter(|number| with_one.contains(number))
            .collect::<FxHashSet<u32>>()
            .len()
    }

    /// The clicks on a product and the numbers of their sessions, newest first.
    fn sessions_with(&self, product: Word) -> impl Iterator<Item = (ClickNumber, u32)> + '_ {
        let met = self.products.get(&product);
        met.into_iter()
            .flat_map(|met| self.clicks.on_product(met.latest))
    }

    /// How many sessions are remembered.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// How many clicks are remembered.
    pub fn clicks(&self) -> usize {
        self.clicks.len()
    }

    /// How many products are in some session.
    pub fn products(&self) -> usize {
        self.products.len()
    }

    /// How often a product was met in the sessions that are remembered.
    pub fn met(&self, product: Word) -> u32 {
        self.products.get(&product).map_or(0, |met| met.clicks)
    }

    /// The products that are met most in the sessions that are remembered, the most met first.
    pub fn most_met(&self, count: usize) -> Vec<Word> {
        let mut products: Vec<(u32, Word)> = self
            .products
            .iter()
            .map(|(product, met)| (met.clicks, *product))
            .collect();
        products.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let most = products.into_iter().take(count);
        most.map(|(_, product)| product).collect()
    }
}
