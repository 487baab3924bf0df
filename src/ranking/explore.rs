//! A share of the places for products that few shoppers have met, so that what is new can prove itself.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use super::{RankedHit, Ranking};
use crate::retrieval::SoldOut;

/// A product is new to the shop's shoppers below this much demand, in views that faded as much.
const NEW_BELOW: f64 = 4.0;

/// Only what is at least so relevant, as a natural logarithm, takes a place: half of the best.
const RELEVANCE_MIN: f32 = -std::f32::consts::LN_2;

/// At most so many places are given away, the first.
const PLACES_MAX: usize = 10;

/// Moves products that few have met up to places drawn by the query's id, one in each run of `1 ÷ share` places and in
/// its second half. The same query id gives the same order. `relevance` is a hit's, as a logarithm of the best's.
pub(super) fn explore(
    ranking: &Ranking<'_>,
    hits: &mut [RankedHit],
    relevance: impl Fn(&RankedHit) -> f32,
) {
    let share = ranking.recipe.explore;
    if share <= 0.0 || ranking.draw == 0 || ranking.wanted.is_empty() {
        return;
    }
    let run = ((1.0 / share).round() as usize).max(2);
    let may_sink = ranking.recipe.sold_out != SoldOut::Ignore;
    for number in 0..PLACES_MAX.min(hits.len() / run) {
        let half = run / 2;
        let drawn = hash(ranking.draw, number) as usize % (run - half);
        let place = number * run + half + drawn;
        let is_new = |hit: &RankedHit| {
            ranking
                .wanted
                .get(hit.row)
                .is_some_and(|wanted| *wanted < NEW_BELOW)
                && relevance(hit) >= RELEVANCE_MIN
                && !(may_sink && hit.candidate.sold_out)
        };
        let new = (place..hits.len()).filter(|at| is_new(&hits[*at]));
        let chosen = new.min_by_key(|at| hash(ranking.draw, hits[*at].candidate.ordinal));
        if let Some(from) = chosen.filter(|from| *from > place) {
            hits[from].is_explored = true;
            hits[place..=from].rotate_right(1);
        }
    }
}

fn hash(draw: u128, of: impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    (draw, of).hash(&mut hasher);
    hasher.finish()
}
