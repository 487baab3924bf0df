//! Does a model pay? Asked of queries that it has not learned from.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::Serialize;

use super::{Example, Settings, train};
use crate::evaluation::intervals::{Estimate, mean};
use crate::parallel;
use crate::ranking::Model;

const SEED: u64 = 1;

/// How the recipe does with and without a model, on queries that the model has not learned from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Validation {
    pub queries: usize,
    pub folds: usize,
    /// Mean NDCG@10.
    pub with_recipe: Estimate,
    pub with_model: Estimate,
    pub difference: Estimate,
}

/// Cuts the queries into so many parts and asks of each part a model that has learned from the others. `ask` says the NDCG
/// of a query in the recipe's order and in the model's, over everything the query finds: what was chosen to learn from is
/// no fair sample. `progress` hears how many parts are done.
pub fn validate<Failure: Send>(
    queries: &[Example],
    settings: Settings,
    folds: usize,
    ask: impl Fn(&Example, &Model) -> Result<(f64, f64), Failure> + Sync,
    mut progress: impl FnMut(usize),
) -> Result<Validation, Failure> {
    let mut order: Vec<&Example> = queries.iter().collect();
    order.shuffle(&mut StdRng::seed_from_u64(SEED));
    let mut pairs = Vec::with_capacity(queries.len());
    for fold in 0..folds {
        let part = |asked: bool| {
            let places = order.iter().enumerate();
            let places = places.filter(move |(place, _)| (place % folds == fold) == asked);
            places.map(|(_, query)| *query)
        };
        let model = train(&part(false).collect::<Vec<_>>(), settings);
        let asked: Vec<&Example> = part(true).collect();
        let answers: Result<Vec<_>, Failure> = std::thread::scope(|scope| {
            let ask = |query: &Example| ask(query, &model);
            parallel::in_order(scope, asked.into_iter(), ask).collect()
        });
        pairs.extend(answers?);
        progress(fold + 1);
    }
    let pairs = pairs.iter();
    Ok(Validation {
        queries: queries.len(),
        folds,
        with_recipe: mean(pairs.clone().map(|(recipe, _)| *recipe)),
        with_model: mean(pairs.clone().map(|(_, model)| *model)),
        difference: mean(pairs.map(|(recipe, model)| model - recipe)),
    })
}

impl Validation {
    /// Whether the model is better for sure: the whole interval of the difference lies above 0.
    pub fn beats_the_recipe(&self) -> bool {
        self.difference.interval.low > 0.0
    }
}
