//! Candidates, a taste and a recipe in; ordered, explained hits out.
//!
//! Ranking is log-additive: `score = ln(relevance / best relevance) + Σ weight · signal`, so that every contribution
//! reads as a multiplier. It has never heard of rules or HTTP: what a merchandiser wants more or less of arrives as
//! named adjustments.

mod explain;
mod explore;
mod model;
mod price_tiers;
mod recipe;
mod signals;
mod taste;
#[cfg(test)]
mod tests;
mod variety;

pub use explain::{Addition, Move, Moves, Weighed, explain};
pub use model::{Child, FEATURES, Missing, Model, Node, Row, Tree, rows};
pub use price_tiers::{PriceTiers, TIER_SHARE};
pub use recipe::{DEFAULT_RECIPE, MODELS_DIR, RANKING_FILE, Recipe, Recipes};
pub use taste::{Known, Taste, prior_share};

use jiff::Timestamp;

use crate::catalog::columns::Columns;
use crate::catalog::filter::{Filter, Predicate};
use crate::catalog::schema::Schema;
use crate::retrieval::{Candidate, SoldOut};

/// At most this many candidates are re-ranked; those after them keep their order.
pub const RERANKED_MAX: usize = 500;

/// The same for lists without words, whose order is all there is to find a product by.
pub const BROWSED_MAX: usize = 3_000;

/// What ranking needs to know of the catalog.
#[derive(Clone, Copy)]
pub struct Shelf<'c> {
    pub schema: &'c Schema,
    pub columns: &'c Columns,
}

/// More or less of what a filter holds for.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjustment {
    /// Who wants it, for the explanation.
    pub name: String,
    pub filter: Filter,
    /// The score is multiplied by this: 1.5 lifts, 0.5 buries.
    pub by: f64,
    /// By how much of it, when not by all: as much as a product stands out in a number.
    pub measure: Option<Measure>,
}

/// How much a product stands out among the candidates, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// Position of a number attribute.
    pub attribute: usize,
    pub wanted: Wanted,
}

/// Which numbers stand out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    High,
    Low,
    /// Times not long ago: half after every half-life.
    New {
        half_life_days: f64,
    },
}

/// How one list is ranked.
pub struct Ranking<'r> {
    pub recipe: &'r Recipe,
    /// 0 to 100; 0 is exactly the plain order.
    pub impact: f64,
    pub taste: &'r Taste<'r>,
    pub adjustments: &'r [Adjustment],
    /// A learned correction, for lists with words.
    pub model: Option<&'r Model>,
    /// By candidate: how much shoppers in general want it, in faded views; empty when nobody knows.
    pub wanted: &'r [f64],
    /// No words were asked for, so that all candidates are equally relevant.
    pub is_browsed: bool,
    /// Chance, as the request brought it; 0 leaves nothing to it.
    pub draw: u128,
    pub now: Timestamp,
}

/// Candidates in their new order, and what each signal said of each.
pub struct Ranked {
    /// Best first.
    pub hits: Vec<RankedHit>,
    /// What the contributions are of, in the order they are added.
    pub signals: Vec<Signal>,
    /// How many of the hits were re-ranked; the others keep the order of retrieval.
    pub reranked: usize,
    pub sold_out: SoldOut,
    table: signals::Table,
}

/// A candidate with its contributions.
#[derive(Debug, Clone)]
pub struct RankedHit {
    pub candidate: Candidate,
    /// Place in the order of text relevance alone, counted from 1.
    pub text_rank: usize,
    /// Its row in the table of contributions.
    row: usize,
    /// The sum of its contributions.
    pub score: f32,
    /// It was given its place to find out whether shoppers want it.
    pub is_explored: bool,
}

/// Where a contribution comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    Relevance,
    /// A property of the product: its type, popularity, rating, freshness or margin, or what a model makes of all.
    Product(&'static str),
    /// A shopper's affinity in the attribute at this position of the schema.
    Affinity(usize),
    /// What else a shopper leans to, or did before.
    Personal(&'static str),
    /// An adjustment by this name.
    Adjustment(String),
    /// An adjustment by this name and as much as a product stands out.
    Goal(String),
}

/// Ranks candidates that retrieval ordered by relevance.
pub fn rank(shelf: Shelf<'_>, ranking: &Ranking<'_>, candidates: Vec<Candidate>) -> Ranked {
    let reranked_max = if ranking.is_browsed {
        BROWSED_MAX
    } else {
        RERANKED_MAX
    };
    let reranked = candidates.len().min(reranked_max);
    let (signals, table) = signals::contributions(shelf, ranking, &candidates[..reranked]);
    let mut hits = in_given_order(candidates);
    let relevance = |hit: &RankedHit| table.contribution(0, hit.row);
    hits[..reranked].sort_by(|a, b| {
        relevance(b)
            .total_cmp(&relevance(a))
            .then(a.candidate.ordinal.cmp(&b.candidate.ordinal))
    });
    for (at, hit) in hits[..reranked].iter_mut().enumerate() {
        hit.text_rank = at + 1;
        hit.score = table.score(hit.row);
    }
    let sink = ranking.recipe.sold_out == SoldOut::Sink;
    hits[..reranked].sort_by(|a, b| {
        let sunk = |hit: &RankedHit| sink && hit.candidate.sold_out;
        sunk(a)
            .cmp(&sunk(b))
            .then(b.score.total_cmp(&a.score))
            .then(a.text_rank.cmp(&b.text_rank))
    });
    explore::explore(ranking, &mut hits[..reranked], relevance);
    Ranked {
        hits,
        signals,
        reranked,
        sold_out: ranking.recipe.sold_out,
        table,
    }
}

/// Keeps candidates in the order a shopper chose; nothing else has a say.
pub fn keep_order(candidates: Vec<Candidate>) -> Ranked {
    let hits = in_given_order(candidates);
    Ranked {
        hits,
        signals: Vec::new(),
        reranked: 0,
        sold_out: SoldOut::Ignore,
        table: signals::Table::default(),
    }
}

fn in_given_order(candidates: Vec<Candidate>) -> Vec<RankedHit> {
    let hit = |(at, candidate)| RankedHit {
        candidate,
        text_rank: at + 1,
        row: at,
        score: 0.0,
        is_explored: false,
    };
    candidates.into_iter().enumerate().map(hit).collect()
}

impl Ranked {
    /// What a signal adds to the score of a re-ranked hit, a natural logarithm.
    pub fn contribution(&self, signal: usize, hit: &RankedHit) -> f32 {
        self.table.contribution(signal, hit.row)
    }

    /// The code of the attribute value that a signal is about.
    pub fn value(&self, signal: usize, hit: &RankedHit) -> Option<u32> {
        self.table.value(signal, hit.row)
    }
}

impl Adjustment {
    fn bind<'c>(&self, columns: &'c Columns) -> (Predicate<'c>, f32) {
        (
            Predicate::bind(&self.filter, columns),
            self.by.max(f64::MIN_POSITIVE).ln() as f32,
        )
    }
}
