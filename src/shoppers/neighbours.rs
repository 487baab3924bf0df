//! Sessions like the one under way, and what else was met in them: a vector-multiplication-indexed session search
//! (VMIS-kNN, Kersbergen et al. 2022) over the latest sessions, learned from every event as it comes.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::weights::weight;
use super::words::{PRODUCT, attribute_of, own_attribute};
use crate::journal::{Deed, Person, Word};

/// The latest so many sessions are remembered; at some 100 bytes each.
const SESSIONS_MAX: usize = 100_000;

/// A session is remembered with its latest so many products.
const PRODUCTS_MAX: usize = 40;

/// A session ends when nothing was done for so long.
pub(super) const PAUSE_MS: i64 = 30 * 60_000;

/// How much of what is remembered is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Of the session under way, the latest so many products.
    pub products: usize,
    /// The latest so many sessions with each of them.
    pub sessions: usize,
    /// Of all these, the most similar so many.
    pub neighbours: usize,
}

impl Reach {
    /// What ranking a page can afford.
    pub const PAGE: Reach = Reach {
        products: 6,
        sessions: 200,
        neighbours: 60,
    };
}

/// The latest sessions, by the products that were met in them.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// Oldest first; numbers are counted on from `first`.
    sessions: VecDeque<Session>,
    first: u32,
    /// By product: the numbers of the sessions with it, oldest first.
    by_product: FxHashMap<Word, VecDeque<u32>>,
    /// By person: the number of their latest session.
    latest: FxHashMap<Person, u32>,
}

#[derive(Debug)]
struct Session {
    person: Person,
    last_ms: i64,
    /// In the order they were met last.
    products: Vec<Word>,
}

impl Neighbours {
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

    fn meet(&mut self, person: Person, product: Word, at_ms: i64) {
        let number = self.session_of(person, at_ms);
        let Some(session) = self.sessions.get_mut((number - self.first) as usize) else {
            return;
        };
        session.last_ms = session.last_ms.max(at_ms);
        let known = session.products.iter().position(|own| *own == product);
        if let Some(at) = known {
            session.products.remove(at);
        } else if session.products.len() == PRODUCTS_MAX {
            session.products.remove(0);
        }
        session.products.push(product);
        if known.is_none() {
            self.by_product
                .entry(product)
                .or_default()
                .push_back(number);
        }
    }

    /// The number of the session that a person is in, which may be a new one.
    fn session_of(&mut self, person: Person, at_ms: i64) -> u32 {
        let under_way = self.latest.get(&person).copied().filter(|number| {
            let session = number.checked_sub(self.first);
            let session = session.and_then(|at| self.sessions.get(at as usize));
            session.is_some_and(|session| (at_ms - session.last_ms).abs() <= PAUSE_MS)
        });
        under_way.unwrap_or_else(|| {
            if self.sessions.len() == SESSIONS_MAX {
                self.drop_oldest();
            }
            let number = self.first + self.sessions.len() as u32;
            self.sessions.push_back(Session {
                person,
                last_ms: at_ms,
                products: Vec::new(),
            });
            self.latest.insert(person, number);
            number
        })
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.sessions.pop_front() else {
            return;
        };
        let number = self.first;
        self.first += 1;
        if self.latest.get(&oldest.person) == Some(&number) {
            self.latest.remove(&oldest.person);
        }
        for product in oldest.products {
            self.leave(product, number);
        }
    }

    fn leave(&mut self, product: Word, number: u32) {
        if let Some(numbers) = self.by_product.get_mut(&product) {
            numbers.retain(|own| *own != number);
            if numbers.is_empty() {
                self.by_product.remove(&product);
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
                let products = std::mem::take(&mut self.sessions[at].products);
                for product in products {
                    self.leave(product, self.first + at as u32);
                }
            }
        }
    }

    /// What was met in sessions like one that met `met`, newest first, each with a strength above 0; the strongest
    /// first. What was met itself is among it, as far as others met it again. `own` is who asks: their sessions tell
    /// nothing new.
    pub fn of(&self, own: Option<Person>, met: &[Word], reach: Reach) -> Vec<(Word, f64)> {
        let mut strengths: FxHashMap<Word, f64> = FxHashMap::default();
        for Neighbour {
            session,
            similarity,
            place,
        } in self.nearest(own, met, reach)
        {
            let session = &self.sessions[session];
            for (at, product) in session.products.iter().enumerate() {
                let distance = at.abs_diff(place) as f64;
                *strengths.entry(*product).or_default() +=
                    similarity * (-distance / NEAR_PLACES).exp() * self.rarity(*product);
            }
        }
        let mut strengths: Vec<(Word, f64)> = strengths.into_iter().collect();
        strengths.sort_by(|(word, one), (other_word, other)| {
            other.total_cmp(one).then(word.cmp(other_word))
        });
        strengths
    }

    /// How many sessions met both products.
    pub fn sessions_with_both(&self, one: Word, other: Word) -> usize {
        let numbers = |product: Word| self.by_product.get(&product).into_iter().flatten();
        let with_one: FxHashSet<u32> = numbers(one).copied().collect();
        numbers(other)
            .filter(|number| with_one.contains(number))
            .count()
    }

    /// The sessions that share most with what was met, the latest of equals first.
    fn nearest(&self, own: Option<Person>, met: &[Word], reach: Reach) -> Vec<Neighbour> {
        let mut similar: FxHashMap<u32, (f64, Word)> = FxHashMap::default();
        let mut seen: FxHashSet<Word> = FxHashSet::default();
        for (place, product) in met.iter().take(reach.products).enumerate() {
            if !seen.insert(*product) {
                continue;
            }
            let nearness = (-(place as f64) / NEAR_PLACES).exp();
            let numbers = self.by_product.get(product).into_iter().flatten();
            for number in numbers.rev().take(reach.sessions) {
                similar.entry(*number).or_insert((0.0, *product)).0 += nearness;
            }
        }
        let neighbour = |(number, (similarity, product)): (u32, (f64, Word))| {
            let session = (number - self.first) as usize;
            let of = &self.sessions[session];
            let place = of.products.iter().position(|own| *own == product)?;
            (Some(of.person) != own).then_some(Neighbour {
                session,
                similarity,
                place,
            })
        };
        let mut nearest: Vec<Neighbour> = similar.into_iter().filter_map(neighbour).collect();
        nearest.sort_unstable_by(|one, other| {
            let by_similarity = other.similarity.total_cmp(&one.similarity);
            by_similarity.then(other.session.cmp(&one.session))
        });
        nearest.truncate(reach.neighbours);
        nearest
    }

    /// More for products that are in few sessions.
    fn rarity(&self, product: Word) -> f64 {
        let with = self.by_product.get(&product).map_or(1, VecDeque::len);
        1.0 + RARITY_WEIGHT * (self.sessions.len() as f64 / with.max(1) as f64).ln()
    }

    /// How many sessions are remembered.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }
}

/// A session like the one under way.
struct Neighbour {
    /// Its place among the sessions.
    session: usize,
    similarity: f64,
    /// Where in it the latest product stands that it shares.
    place: usize,
}

/// Places away from the latest product, or from the shared one, count by e^(−places ÷ this).
const NEAR_PLACES: f64 = 3.0;

/// How much rarity counts.
const RARITY_WEIGHT: f64 = 2.0;
