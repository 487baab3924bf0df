//! From the order of the words alone to the final order, one move at a time.

use serde::Serialize;

use super::{Ranked, RankedHit, Shelf, Signal};
use crate::retrieval::SoldOut;

/// Why a hit stands where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Moves {
    /// Place by text relevance alone, counted from 1.
    pub text_rank: usize,
    /// What moved it from there, in order, `others` after them; the places sum up to where it stands.
    pub moves: Vec<Move>,
    /// What its place among the candidates was computed from; nothing where a shopper chose the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weighed: Option<Weighed>,
}

/// What a hit was weighed by. Scores are natural logarithms: 0.69 doubles, −0.69 halves.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Weighed {
    /// The sum of what all signals add.
    pub score: f64,
    /// The sum over the words of BM25 in the place that says most of each.
    pub bm25: f64,
    /// Share of the words that matched, each as heavy as it is rare, 0 to 1.
    pub coverage: f64,
    /// Share of neighbouring words that stand side by side in the title or the description, 0 to 1.
    pub adjacent: f64,
    /// How likely it is what is asked for, times the share of the query that names it, 0 to 1.
    #[serde(rename = "type")]
    pub product_type: f64,
    /// What each signal adds, in order; those that add nothing are left out, relevance is not.
    pub adds: Vec<Addition>,
}

/// What one signal adds to a score.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Addition {
    /// `relevance`, or what `by` of a move may be.
    pub by: String,
    /// The rule's or the goal's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The attribute value the affinity is to, as `brand:Xerox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    pub adds: f64,
}

/// One reason for a change of place.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Move {
    /// `affinity`, `price_tier` (the shopper's usual prices), `own_history` (what the shopper did with the product),
    /// `together` (what others want together with what the shopper met), `neighbours` (what others went on to in
    /// sessions like the shopper's), `variety` (lost to other products of a liked brand), `explore` (a place for what few
    /// have met), `rule`, `goal`, `pin`, `sold_out`, `type`, `popularity`, `rating`, `freshness`, `margin`, `stock`,
    /// `demand`, `model` (a learned correction), or `others`
    /// for places lost or won because other products moved more. `affinity` and `rule` have positive places for what
    /// a shopper leans to more than to the average candidate or a rule boosts, negative ones for the opposite.
    pub by: String,
    /// The rule's or the goal's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The attribute value the affinity is to, as `brand:Xerox`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What the shopper did that the affinity comes from, such as `viewed 3 ×, last 2 min ago`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Places won, or lost when negative.
    pub places: i64,
}

/// The moves of the first `hits_max` hits, in their final order.
pub fn explain(shelf: Shelf<'_>, ranked: &Ranked, hits_max: usize) -> Vec<Moves> {
    let hits = &ranked.hits;
    let mut explained: Vec<Moves> = hits
        .iter()
        .take(hits_max)
        .map(|hit| Moves {
            text_rank: hit.text_rank,
            moves: Vec::new(),
            weighed: None,
        })
        .collect();
    let weighed = explained.iter_mut().zip(&hits[..ranked.reranked]);
    weighed.for_each(|(moves, hit)| moves.weighed = Some(Weighed::of(shelf, ranked, hit)));
    let mut places: Vec<usize> = hits.iter().map(|hit| hit.text_rank - 1).collect();
    let mut score: Vec<f32> = hits[..ranked.reranked]
        .iter()
        .map(|hit| ranked.contribution(0, hit))
        .collect();
    for (number, signal) in ranked.signals.iter().enumerate().skip(1) {
        for (score, hit) in score.iter_mut().zip(hits) {
            *score += ranked.contribution(number, hit);
        }
        let after = places_by(ranked, |a, b| score[b].total_cmp(&score[a]));
        for (at, moves) in explained.iter_mut().enumerate().take(ranked.reranked) {
            let hit = &hits[at];
            if is_own_move(ranked, number, hit, places[at], after[at]) {
                moves.add(
                    describe(shelf, signal, ranked.value(number, hit)),
                    places[at],
                    after[at],
                );
            } else {
                moves.pushed_aside(places[at], after[at]);
            }
        }
        places[..ranked.reranked].copy_from_slice(&after);
    }
    let sinks = ranked.sold_out == SoldOut::Sink;
    for (at, moves) in explained.iter_mut().enumerate().take(ranked.reranked) {
        if hits[at].is_explored {
            moves.add(Move::by("explore"), places[at], at);
        } else if sinks && hits[at].candidate.sold_out {
            moves.add(Move::by("sold_out"), places[at], at);
        } else {
            moves.pushed_aside(places[at], at);
        }
    }
    explained
}

impl Weighed {
    fn of(shelf: Shelf<'_>, ranked: &Ranked, hit: &RankedHit) -> Weighed {
        let signals = ranked.signals.iter().enumerate();
        let added = signals.filter_map(|(number, signal)| {
            let adds = rounded(ranked.contribution(number, hit));
            let counts = adds != 0.0 || *signal == Signal::Relevance;
            let told = describe(shelf, signal, ranked.value(number, hit));
            counts.then_some(Addition {
                by: told.by,
                name: told.name,
                value: told.value,
                adds,
            })
        });
        let features = &hit.candidate.features;
        Weighed {
            score: rounded(hit.score),
            bm25: rounded(features.bm25),
            coverage: rounded(features.coverage),
            adjacent: rounded(features.adjacent),
            product_type: rounded(features.head),
            adds: added.collect(),
        }
    }
}

/// To a ten-thousandth, as people read it.
fn rounded(figure: f32) -> f64 {
    let rounded = (f64::from(figure) * 1e4).round() / 1e4;
    // No minus before nothing.
    rounded + 0.0
}

impl Move {
    pub fn by(by: &str) -> Self {
        Move {
            by: by.to_string(),
            name: None,
            value: None,
            evidence: None,
            places: 0,
        }
    }
}

impl Moves {
    /// Adds a move between two places counted from 0, unless it is none.
    pub fn add(&mut self, reason: Move, from: usize, to: usize) {
        let places = from as i64 - to as i64;
        if places != 0 {
            self.moves.push(Move { places, ..reason });
        }
    }

    /// Adds up the places lost or won because other products moved, as one move.
    pub fn pushed_aside(&mut self, from: usize, to: usize) {
        let so_far = match self.moves.iter().position(|reason| reason.by == OTHERS) {
            Some(at) => self.moves.remove(at).places,
            None => 0,
        };
        let places = so_far + from as i64 - to as i64;
        if places != 0 {
            self.moves.push(Move {
                places,
                ..Move::by(OTHERS)
            });
        }
    }
}

/// Whether a hit moved because of what the signal says of it. A taste or a rule moves it the way it points, and one that
/// was lifted and yet fell was passed by others. Of what every hit has, such as popularity, little counts too.
fn is_own_move(ranked: &Ranked, number: usize, hit: &RankedHit, from: usize, to: usize) -> bool {
    let contribution = ranked.contribution(number, hit);
    let is_pointed = (contribution > 0.0 && to < from) || (contribution < 0.0 && to > from);
    match &ranked.signals[number] {
        Signal::Affinity(_) => is_pointed && ranked.value(number, hit).is_some(),
        Signal::Adjustment(_) | Signal::Personal(_) | Signal::Goal(_) => is_pointed,
        Signal::Relevance | Signal::Product(_) => contribution != 0.0,
    }
}

/// The move of a product because other products moved more.
const OTHERS: &str = "others";

/// The place of each re-ranked hit when they are ordered by `compare`, text order among equals.
fn places_by(ranked: &Ranked, compare: impl Fn(usize, usize) -> std::cmp::Ordering) -> Vec<usize> {
    let hits: &[RankedHit] = &ranked.hits[..ranked.reranked];
    let mut order: Vec<usize> = (0..hits.len()).collect();
    order.sort_by(|a, b| compare(*a, *b).then(hits[*a].text_rank.cmp(&hits[*b].text_rank)));
    let mut places = vec![0; hits.len()];
    for (place, hit) in order.into_iter().enumerate() {
        places[hit] = place;
    }
    places
}

fn describe(shelf: Shelf<'_>, signal: &Signal, value: Option<u32>) -> Move {
    match signal {
        Signal::Relevance => Move::by("relevance"),
        Signal::Product(name) | Signal::Personal(name) => Move::by(name),
        Signal::Adjustment(name) => Move {
            name: Some(name.clone()),
            ..Move::by("rule")
        },
        Signal::Goal(name) => Move {
            name: Some(name.clone()),
            ..Move::by("goal")
        },
        Signal::Affinity(attribute) => {
            let name = &shelf.schema.attributes[*attribute].name;
            let words = shelf.columns.words(*attribute);
            let word = words
                .zip(value)
                .map(|((dictionary, ..), code)| dictionary.value(code));
            Move {
                value: word.map(|word| format!("{name}:{word}")),
                ..Move::by("affinity")
            }
        }
    }
}
