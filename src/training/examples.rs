//! What models learn from: queries with their candidates, and how good each is.

use rustc_hash::FxHashMap;

use super::lambdas::discount;
use crate::engine::{EngineError, Request, RulesSwitch, Seen};
use crate::evaluation::{Contender, Judgements, Queries};
use crate::parallel;
use crate::ranking::{Model, RERANKED_MAX, Row};

/// About so many candidates are learned from. Of more, those of which nothing is known and that stand further down are
/// thinned out, and the rest of them count for as many.
const CANDIDATES_MAX: usize = 300_000;

/// So many of the first are never thinned out.
const FIRST: usize = 20;

/// How far down lists are judged.
const PLACES: usize = 10;

/// A query, how good products are for it, and the candidates to learn from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Example {
    pub query: String,
    /// By product: 2^grade − 1, or how attractive clicks say it is; others gain nothing.
    pub gains: FxHashMap<String, f64>,
    pub candidates: Vec<Candidate>,
}

/// A candidate as a model sees it, and how good it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub row: Row,
    /// What it comes to by the recipe.
    pub score: f64,
    pub gain: f64,
    /// How many it counts for.
    pub weight: f64,
}

/// The judged queries with a relevant product.
pub fn examples(
    contender: &Contender,
    queries: &Queries,
    judgements: &Judgements,
    progress: impl FnMut(usize),
) -> Result<Vec<Example>, EngineError> {
    let gain = |grade: &u32| f64::from(*grade).exp2() - 1.0;
    let gains = |id: &String| {
        let grades = judgements.get(id)?.iter();
        let gains: FxHashMap<String, f64> = grades
            .map(|(product, grade)| (product.clone(), gain(grade)))
            .collect();
        gains.values().any(|gain| *gain > 0.0).then_some(gains)
    };
    let judged = queries
        .iter()
        .filter_map(|(id, text)| Some((text.clone(), gains(id)?)));
    sampled(contender, judged.collect(), progress)
}

/// Asks each query for its candidates, on all processors. `progress` hears how many are done.
pub(super) fn sampled(
    contender: &Contender,
    queries: Vec<(String, FxHashMap<String, f64>)>,
    mut progress: impl FnMut(usize),
) -> Result<Vec<Example>, EngineError> {
    let thinned = (queries.len() * RERANKED_MAX)
        .div_ceil(CANDIDATES_MAX)
        .max(1);
    let ask = |(query, gains): (String, FxHashMap<String, f64>)| {
        let seen = seen(contender, &query)?;
        Ok(Example::of(query, gains, &seen, thinned))
    };
    std::thread::scope(|scope| {
        let asked = parallel::in_order(scope, queries.into_iter(), ask);
        let counted = asked.enumerate().map(|(done, example)| {
            progress(done + 1);
            example
        });
        counted.collect()
    })
}

/// NDCG@10 of a query over all its candidates: in the recipe's order, and in the one that the model makes of it.
pub fn ask(
    contender: &Contender,
    example: &Example,
    model: &Model,
) -> Result<(f64, f64), EngineError> {
    let seen = seen(contender, &example.query)?;
    let rows: Vec<Row> = seen.iter().map(|seen| seen.row).collect();
    let nothing = vec![0.0; seen.len()];
    let of = |corrections: &[f64]| example.ndcg(&seen, corrections);
    Ok((of(&nothing), of(&model.predict(&rows))))
}

fn seen(contender: &Contender, query: &str) -> Result<Vec<Seen>, EngineError> {
    let request = Request {
        rules: RulesSwitch::Off,
        spelling: contender.spelling,
        recipe: contender.recipe.clone(),
        ..Request::new(query, contender.now)
    };
    contender.engine.seen(&contender.snapshot, &request)
}

impl Example {
    fn of(query: String, gains: FxHashMap<String, f64>, seen: &[Seen], thinned: usize) -> Example {
        let candidate = |(place, seen): (usize, &Seen)| {
            let gain = gains.get(&seen.product).copied();
            let is_kept = place < FIRST || gain.is_some();
            (is_kept || place % thinned == 0).then(|| Candidate {
                row: seen.row,
                score: seen.score,
                gain: gain.unwrap_or(0.0),
                weight: if is_kept { 1.0 } else { thinned as f64 },
            })
        };
        Example {
            candidates: seen.iter().enumerate().filter_map(candidate).collect(),
            query,
            gains,
        }
    }

    fn ndcg(&self, seen: &[Seen], corrections: &[f64]) -> f64 {
        let score = |at: usize| seen[at].score + corrections[at];
        let sinks = |at: usize| seen[at].sold_out;
        let mut order: Vec<usize> = (0..seen.len()).collect();
        order.sort_by(|a, b| {
            sinks(*a)
                .cmp(&sinks(*b))
                .then(score(*b).total_cmp(&score(*a)))
        });
        let gain = |at: &usize| self.gains.get(&seen[*at].product).copied();
        let gains = order.iter().map(|at| gain(at).unwrap_or(0.0));
        let ideal = ideal(self.gains.values().copied().collect(), PLACES);
        if ideal > 0.0 {
            cumulated(gains, PLACES) / ideal
        } else {
            0.0
        }
    }
}

/// What the first places gain in the best order.
pub(super) fn ideal(mut gains: Vec<f64>, places: usize) -> f64 {
    gains.sort_by(|a, b| b.total_cmp(a));
    cumulated(gains.into_iter(), places)
}

pub(super) fn cumulated(gains: impl Iterator<Item = f64>, places: usize) -> f64 {
    let worth = |(place, gain): (usize, f64)| gain * discount(place);
    gains.take(places).enumerate().map(worth).sum()
}
