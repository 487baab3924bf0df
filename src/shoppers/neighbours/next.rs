//! What comes next in a session: what was met around the same products in sessions like it, and what shoppers go back
//! to.

use rustc_hash::{FxHashMap, FxHashSet};

use super::clicks::ClickNumber;
use super::{Neighbours, SESSION_CLICKS_MAX};
use crate::journal::{Person, Word};

/// How sessions like another are found, and what is made of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeighbourSettings {
    /// Of the session under way, the latest so many products are looked at,
    pub products: usize,
    /// with the latest so many clicks on each of them,
    pub clicks: usize,
    /// and of their sessions, the most similar so many.
    pub neighbours: usize,
    /// A product that was met so many products before the latest makes a session similar by 1 ÷ e of that one.
    pub fading_places: f64,
    /// What stands so many places from what is shared counts 1 ÷ e.
    pub near_places: f64,
    /// What was met before what is shared counts so much of what was met after it.
    pub before: f64,
    /// How much more rare products count: times 1 + this × ln(sessions ÷ those with the product).
    pub rarity: f64,
    /// How much it counts that shoppers go back to what they met, against what others went on to.
    pub returns: f64,
}

impl NeighbourSettings {
    /// What a list of recommendations can afford.
    pub const LIST: NeighbourSettings = NeighbourSettings {
        products: 6,
        clicks: 200,
        neighbours: 60,
        ..NeighbourSettings::THOROUGH
    };

    /// For the order of a page, where what a shopper did with a product is a signal of its own.
    pub const PAGE: NeighbourSettings = NeighbourSettings {
        returns: 0.0,
        ..NeighbourSettings::LIST
    };

    /// What does best on shoppers' sessions, as far as it was measured.
    pub const THOROUGH: NeighbourSettings = NeighbourSettings {
        products: 40,
        clicks: 5_000,
        neighbours: 500,
        fading_places: 3.0,
        near_places: 2.0,
        before: 0.8,
        rarity: 2.0,
        returns: 2.0,
    };
}

/// A session like the one under way.
struct Neighbour {
    latest: ClickNumber,
    similarity: f64,
    /// The latest click on the latest product that is shared.
    shared: ClickNumber,
}

/// While neighbours are counted.
struct Counted {
    similarity: f64,
    shared: ClickNumber,
    /// The place of the product that was counted last.
    place: usize,
}

/// When sessions like the one under way say too little, so many products that they say something of are followed.
const FOLLOWED_MAX: usize = 10;

/// The latest so many clicks on each of them.
const FOLLOWED_CLICKS_MAX: usize = 100;

impl Neighbours {
    /// What is met next in a session that met `met`, newest first: each product with a strength above 0, the strongest
    /// first. What was met itself is among it, as far as shoppers go back to it. `own` is who asks: their sessions
    /// tell nothing new.
    pub fn of(
        &self,
        own: Option<Person>,
        met: &[Word],
        settings: &NeighbourSettings,
    ) -> Vec<(Word, f64)> {
        let met = distinct(met, settings.products);
        let mut strengths: FxHashMap<Word, f64> = FxHashMap::default();
        for neighbour in self.nearest(own, &met, settings) {
            let around = self.around(neighbour.latest, neighbour.shared, settings);
            for (product, nearness) in around {
                if met.first() != Some(&product) {
                    *strengths.entry(product).or_default() +=
                        neighbour.similarity * nearness * self.rarity(product, settings.rarity);
                }
            }
        }
        let sum = strengths.values().sum::<f64>().max(f64::MIN_POSITIVE);
        strengths.values_mut().for_each(|strength| *strength /= sum);
        for (age, product) in met.iter().enumerate() {
            let returns = settings.returns * self.returns.share(age);
            if returns > 0.0 {
                *strengths.entry(*product).or_default() += returns;
            }
        }
        strongest_first(strengths)
    }

    /// The same, and when that is fewer than `count` products, what is met around them, weaker than all of them.
    pub fn at_least(
        &self,
        own: Option<Person>,
        met: &[Word],
        settings: &NeighbourSettings,
        count: usize,
    ) -> Vec<(Word, f64)> {
        let mut strengths = self.of(own, met, settings);
        if strengths.len() >= count {
            return strengths;
        }
        let met = distinct(met, settings.products);
        let mut known: FxHashSet<Word> = strengths.iter().map(|(product, _)| *product).collect();
        known.extend(&met);
        let weakest = strengths.last().map_or(1.0, |(_, strength)| *strength);
        let mut followed: FxHashMap<Word, f64> = FxHashMap::default();
        let fading = |place: usize| (-(place as f64) / settings.fading_places).exp();
        let met = met.iter().enumerate().map(|(at, of)| (*of, fading(at)));
        for (product, weight) in strengths.iter().take(FOLLOWED_MAX).copied().chain(met) {
            self.follow(product, weight, settings, &mut followed);
        }
        followed.retain(|product, _| !known.contains(product));
        let more = strongest_first(followed);
        let most = more.first().map_or(1.0, |(_, strength)| *strength);
        let weaker = |(product, strength): (Word, f64)| (product, weakest * (strength / most));
        strengths.extend(more.into_iter().take(count).map(weaker));
        strengths.truncate(count.max(known.len()));
        strengths
    }

    /// Adds what is met around a product, in any session.
    fn follow(
        &self,
        product: Word,
        weight: f64,
        settings: &NeighbourSettings,
        followed: &mut FxHashMap<Word, f64>,
    ) {
        let clicks = self.sessions_with(product).take(FOLLOWED_CLICKS_MAX);
        let clicks: Vec<(ClickNumber, u32)> = clicks.collect();
        let share = weight / clicks.len().max(1) as f64;
        for (shared, number) in clicks {
            let Some(session) = self.session(number) else {
                continue;
            };
            for (other, nearness) in self.around(session.latest, shared, settings) {
                *followed.entry(other).or_default() +=
                    share * nearness * self.rarity(other, settings.rarity);
            }
        }
    }

    /// The products of a session, and how near each stands to one of its clicks, 0 to 1.
    fn around(
        &self,
        latest: ClickNumber,
        shared: ClickNumber,
        settings: &NeighbourSettings,
    ) -> Vec<(Word, f64)> {
        let clicks = self.clicks.of_session(latest).take(SESSION_CLICKS_MAX);
        let clicks: Vec<(ClickNumber, Word)> = clicks.collect();
        let place = clicks.iter().position(|(number, _)| *number == shared);
        let Some(place) = place else {
            return Vec::new();
        };
        let nearness = |(at, (_, product)): (usize, (ClickNumber, Word))| {
            let nearness = (-(at.abs_diff(place) as f64) / settings.near_places).exp();
            let side = if at > place { settings.before } else { 1.0 };
            (product, nearness * side)
        };
        clicks.into_iter().enumerate().map(nearness).collect()
    }

    /// The sessions that share most with what was met, the latest of equals first.
    fn nearest(
        &self,
        own: Option<Person>,
        met: &[Word],
        settings: &NeighbourSettings,
    ) -> Vec<Neighbour> {
        let mut counted: FxHashMap<u32, Counted> = FxHashMap::default();
        for (place, product) in met.iter().enumerate() {
            let fading = (-(place as f64) / settings.fading_places).exp();
            let weight = fading * self.rarity(*product, 1.0);
            for (click, number) in self.sessions_with(*product).take(settings.clicks) {
                let known = counted.entry(number).or_insert(Counted {
                    similarity: 0.0,
                    shared: click,
                    place: usize::MAX,
                });
                if known.place != place {
                    known.similarity += weight;
                    known.place = place;
                }
            }
        }
        let is_own = |number: u32| {
            let session = self.session(number);
            own.is_some() && session.map(|session| session.person) == own
        };
        let mut nearest: Vec<(u32, Counted)> = counted.into_iter().collect();
        nearest.retain(|(number, _)| !is_own(*number));
        let by_similarity = |(number, one): &(u32, Counted),
                             (other_number, other): &(u32, Counted)| {
            let by_similarity = other.similarity.total_cmp(&one.similarity);
            by_similarity.then(other_number.cmp(number))
        };
        if nearest.len() > settings.neighbours {
            nearest.select_nth_unstable_by(settings.neighbours, by_similarity);
            nearest.truncate(settings.neighbours);
        }
        // Sums of floating numbers depend on their order.
        nearest.sort_unstable_by(by_similarity);
        let neighbour = |(number, counted): (u32, Counted)| {
            Some(Neighbour {
                latest: self.session(number)?.latest,
                similarity: counted.similarity,
                shared: counted.shared,
            })
        };
        nearest.into_iter().filter_map(neighbour).collect()
    }

    /// More for products that are in few sessions.
    fn rarity(&self, product: Word, weight: f64) -> f64 {
        let with = self.met(product).max(1);
        let times = (self.sessions.len() as f64 / f64::from(with)).max(1.0);
        1.0 + weight * times.ln()
    }
}

/// The latest so many products, each once.
fn distinct(met: &[Word], most: usize) -> Vec<Word> {
    let mut seen: FxHashSet<Word> = FxHashSet::default();
    let new = met.iter().copied().filter(|product| seen.insert(*product));
    new.take(most).collect()
}

fn strongest_first(strengths: FxHashMap<Word, f64>) -> Vec<(Word, f64)> {
    let mut strengths: Vec<(Word, f64)> = strengths.into_iter().collect();
    strengths.sort_unstable_by(|(word, one), (other_word, other)| {
        other.total_cmp(one).then(word.cmp(other_word))
    });
    strengths
}
