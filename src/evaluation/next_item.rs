//! Sessions in, figures out: how often what somebody met next is among the first that the sessions before foretell.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::session_files::{NextItem, SessionLists};
use crate::journal::Word;
use crate::shoppers::{NeighbourSettings, Neighbours};

/// Of the sessions to learn from, this share, the latest, is kept aside to choose settings by,
const ASIDE_SHARE: f64 = 0.1;

/// with at most so many sessions and so many guesses.
const ASIDE_SESSIONS_MAX: usize = 2_000;
const ASIDE_GUESSES_MAX: usize = 1_500;

/// So many products at the top are looked at when settings are chosen.
const CHOSEN_AT: usize = 20;

/// Settings are gone through so many times.
const ROUNDS: usize = 2;

/// How well lists foretell what comes next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Foretold {
    /// How many guesses the means are over.
    pub guesses: usize,
    /// So many products at the top count.
    pub at: usize,
    /// Share of guesses that have what came next.
    pub hit_rate: f64,
    /// Mean of 1 ÷ its place, 0 when it is not there.
    pub mrr: f64,
    /// The same figures when the same products, the most met, are shown to everybody.
    pub popular_hit_rate: f64,
    pub popular_mrr: f64,
    /// Share of the known products that were in some list.
    pub coverage: f64,
    /// How often the average product of a list was met, in shares of the most met one…
    pub popularity: f64,
    /// …and how often the average product was that came next.
    pub popularity_of_next: f64,
    /// How unevenly places go to products, as a Gini coefficient: 0 when all are shown as often, near 1 when few are
    /// shown to everybody.
    pub gini: f64,
}

/// What sessions say, ready to be asked.
pub fn learned(sessions: &[Vec<Word>]) -> Neighbours {
    let clicks = sessions.iter().map(Vec::len).sum();
    let mut neighbours = Neighbours::new(clicks);
    for (person, session) in (1..).zip(sessions) {
        for product in session {
            neighbours.meet(person, *product, 0);
        }
    }
    neighbours
}

/// Guesses what comes next from sessions before.
pub fn foretell(
    neighbours: &Neighbours,
    guesses: &[NextItem],
    settings: &NeighbourSettings,
    at: usize,
    mut progress: impl FnMut(usize),
) -> Foretold {
    let mut counted = Counted::new(neighbours, guesses, at);
    for (done, guess) in guesses.iter().enumerate() {
        progress(done);
        let met: Vec<Word> = guess.met.iter().rev().copied().collect();
        let list = neighbours.at_least(None, &met, settings, at);
        let list: Vec<Word> = list.iter().take(at).map(|(product, _)| *product).collect();
        counted.add(guess, &list);
    }
    counted.means()
}

/// Settings that do well on the latest of these sessions, learned from the others. `progress` hears what share is done.
pub fn tuned(
    sessions: &SessionLists,
    from: NeighbourSettings,
    mut progress: impl FnMut(f64),
) -> NeighbourSettings {
    let aside = (sessions.len() as f64 * ASIDE_SHARE) as usize;
    let (before, later) = sessions.split_at(sessions.len() - aside.min(ASIDE_SESSIONS_MAX));
    let guesses = some_of(later);
    let neighbours = learned(before);
    let worth = |settings: &NeighbourSettings| {
        let foretold = foretell(&neighbours, &guesses, settings, CHOSEN_AT, |_| {});
        foretold.mrr * foretold.hit_rate
    };
    let (mut best, mut most) = (from, worth(&from));
    let tried = choices();
    let all = (ROUNDS * tried.len()) as f64;
    for round in 0..ROUNDS {
        for (done, change) in tried.iter().enumerate() {
            progress((round * tried.len() + done) as f64 / all);
            let mut settings = best;
            change.make(&mut settings);
            let own = if settings == best {
                most
            } else {
                worth(&settings)
            };
            if own > most {
                (best, most) = (settings, own);
            }
        }
    }
    best
}

/// A setting and another value for it.
struct ChangeTo {
    setting: fn(&mut NeighbourSettings) -> &mut f64,
    value: f64,
}

impl ChangeTo {
    fn make(&self, settings: &mut NeighbourSettings) {
        *(self.setting)(settings) = self.value;
    }
}

fn choices() -> Vec<ChangeTo> {
    let mut choices = Vec::new();
    let mut add = |setting: fn(&mut NeighbourSettings) -> &mut f64, values: &[f64]| {
        let values = values.iter();
        choices.extend(values.map(|value| ChangeTo {
            setting,
            value: *value,
        }));
    };
    add(|of| &mut of.returns, &[0.5, 1.0, 2.0, 4.0, 8.0]);
    add(|of| &mut of.near_places, &[1.0, 1.5, 2.0, 3.0, 5.0]);
    add(|of| &mut of.fading_places, &[1.0, 2.0, 3.0, 5.0, 8.0]);
    add(|of| &mut of.before, &[0.3, 0.5, 0.8, 1.0]);
    add(|of| &mut of.rarity, &[0.0, 0.5, 2.0, 5.0]);
    choices
}

/// Guesses from these sessions, evenly picked when there are too many.
fn some_of(sessions: &[Vec<Word>]) -> Vec<NextItem> {
    let all = sessions.iter().flat_map(|session| {
        (1..session.len()).map(|at| NextItem {
            met: session[..at].to_vec(),
            next: session[at],
        })
    });
    let all: Vec<NextItem> = all.collect();
    let step = all.len().div_ceil(ASIDE_GUESSES_MAX).max(1);
    all.into_iter().step_by(step).collect()
}

/// Sums over guesses.
struct Counted<'n> {
    neighbours: &'n Neighbours,
    at: usize,
    /// The most met products of the sessions before.
    popular: Vec<Word>,
    most_met: f64,
    /// How often each product was shown.
    shown: FxHashMap<Word, u32>,
    sums: Foretold,
}

impl<'n> Counted<'n> {
    fn new(neighbours: &'n Neighbours, guesses: &[NextItem], at: usize) -> Self {
        let popular = neighbours.most_met(at);
        let most_met = popular
            .first()
            .map_or(0, |product| neighbours.met(*product));
        Counted {
            neighbours,
            at,
            popular,
            most_met: f64::from(most_met.max(1)),
            shown: FxHashMap::default(),
            sums: Foretold {
                guesses: guesses.len(),
                at,
                hit_rate: 0.0,
                mrr: 0.0,
                popular_hit_rate: 0.0,
                popular_mrr: 0.0,
                coverage: 0.0,
                popularity: 0.0,
                popularity_of_next: 0.0,
                gini: 0.0,
            },
        }
    }

    fn add(&mut self, guess: &NextItem, list: &[Word]) {
        let place = |list: &[Word]| list.iter().take(self.at).position(|own| *own == guess.next);
        if let Some(place) = place(list) {
            self.sums.hit_rate += 1.0;
            self.sums.mrr += 1.0 / (place + 1) as f64;
        }
        if let Some(place) = place(&self.popular) {
            self.sums.popular_hit_rate += 1.0;
            self.sums.popular_mrr += 1.0 / (place + 1) as f64;
        }
        let popularity = |product: &Word| f64::from(self.neighbours.met(*product)) / self.most_met;
        self.sums.popularity += list.iter().map(popularity).sum::<f64>();
        self.sums.popularity_of_next += popularity(&guess.next);
        for product in list {
            *self.shown.entry(*product).or_default() += 1;
        }
    }

    fn means(self) -> Foretold {
        let guesses = self.sums.guesses.max(1) as f64;
        let places = f64::from(self.shown.values().sum::<u32>()).max(1.0);
        let known = self.neighbours.products();
        Foretold {
            hit_rate: self.sums.hit_rate / guesses,
            mrr: self.sums.mrr / guesses,
            popular_hit_rate: self.sums.popular_hit_rate / guesses,
            popular_mrr: self.sums.popular_mrr / guesses,
            coverage: self.shown.len() as f64 / known.max(1) as f64,
            popularity: self.sums.popularity / places,
            popularity_of_next: self.sums.popularity_of_next / guesses,
            gini: gini(self.shown.into_values().collect(), known),
            ..self.sums
        }
    }
}

/// How unevenly `shown` is spread over so many products, of which the others were not shown.
fn gini(mut shown: Vec<u32>, products: usize) -> f64 {
    shown.sort_unstable();
    let unshown = products.saturating_sub(shown.len());
    let products = (unshown + shown.len()) as f64;
    let all: f64 = shown.iter().map(|times| f64::from(*times)).sum();
    if all == 0.0 {
        return 0.0;
    }
    let ranked = shown.iter().zip(unshown + 1..);
    let weighed: f64 = ranked
        .map(|(times, rank)| f64::from(*times) * (2.0 * rank as f64 - products - 1.0))
        .sum();
    weighed / (products * all)
}
