//! Judgements or clicks in, a model out: a learned correction of a recipe, and whether it pays.
//!
//! LambdaMART (Burges 2010): trees that follow the gradient of NDCG, begun at the recipe's own scores, so that few
//! judgements leave the recipe as it is.

mod bins;
mod clicks;
mod examples;
mod lambdas;
mod trees;
mod validation;

pub use clicks::{ClickLog, examples_of_clicks};
pub use examples::{Candidate, Example, ask, examples};
pub use validation::{Validation, validate};

use bins::Bins;
use trees::Growing;

use crate::ranking::{Model, Tree};

/// How trees are grown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub trees: usize,
    /// The share of its own advice that each tree is followed by.
    pub learning_rate: f64,
    /// At most so many answers a tree.
    pub leaves: usize,
    /// An answer is given for at least so many candidates.
    pub candidates_min: usize,
    /// How much evidence it takes to move.
    pub reluctance: f64,
    /// Pairs count of which one stands in the first so many places.
    pub places: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            trees: 150,
            learning_rate: 0.05,
            leaves: 8,
            candidates_min: 30,
            reluctance: 1.0,
            places: 30,
        }
    }
}

/// Grows a model on these queries.
pub fn train(queries: &[&Example], settings: Settings) -> Model {
    let candidates = || queries.iter().flat_map(|query| &query.candidates);
    let rows: Vec<_> = candidates().map(|candidate| candidate.row).collect();
    let mut scores: Vec<f64> = candidates().map(|candidate| candidate.score).collect();
    let bins = Bins::of(&rows);
    let mut trees = Vec::with_capacity(settings.trees);
    for _ in 0..settings.trees {
        let pulls = lambdas::pulls(queries, &scores, settings.places);
        let tree: Tree = Growing::new(&bins, &pulls, settings).grow();
        if tree.nodes.is_empty() {
            break;
        }
        for (score, row) in scores.iter_mut().zip(&rows) {
            *score += tree.leaf(row);
        }
        trees.push(tree);
    }
    Model { trees }
}

#[cfg(test)]
mod tests {
    //! Promises: what a recipe does not know is learned, and found in queries that were not learned from; where there is
    //! nothing to learn, validation says that nothing is gained.

    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::examples::{cumulated, ideal};
    use super::*;
    use crate::ranking::Row;

    /// Queries of 20 candidates, of which the recipe knows nothing; those are good whose sixth feature and fourth are high.
    fn queries(seed: u64, is_learnable: bool) -> Vec<Example> {
        let mut random = StdRng::seed_from_u64(seed);
        let candidate = |_| {
            let mut row = Row::default();
            row.iter_mut().for_each(|value| *value = random.random());
            let is_good = row[5] > 0.6 && row[3] > 0.4;
            let is_lucky = random.random_bool(0.24);
            let gains = if is_learnable { is_good } else { is_lucky };
            Candidate {
                row,
                score: random.random(),
                gain: if gains { 3.0 } else { 0.0 },
                weight: 1.0,
            }
        };
        let all: Vec<Candidate> = (0..60 * 20).map(candidate).collect();
        let query = |candidates: &[Candidate]| Example {
            candidates: candidates.to_vec(),
            ..Example::default()
        };
        all.chunks(20).map(query).collect()
    }

    fn validated(queries: &[Example], settings: Settings) -> Validation {
        let ask = |query: &Example, model: &Model| {
            let ndcg = |model: &Model| {
                let rows: Vec<Row> = query.candidates.iter().map(|of| of.row).collect();
                let scores = query.candidates.iter().zip(model.predict(&rows));
                let mut order: Vec<(f64, f64)> = scores
                    .map(|(of, adds)| (of.score + adds, of.gain))
                    .collect();
                order.sort_by(|a, b| b.0.total_cmp(&a.0));
                let gains: Vec<f64> = order.iter().map(|(_, gain)| *gain).collect();
                cumulated(gains.iter().copied(), 10) / ideal(gains, 10).max(f64::MIN_POSITIVE)
            };
            Ok::<_, std::convert::Infallible>((ndcg(&Model::default()), ndcg(model)))
        };
        let Ok(validation) = validate(queries, settings, 4, ask, |_| {});
        validation
    }

    #[test]
    fn what_the_recipe_does_not_know_is_learned() {
        let settings = Settings {
            trees: 60,
            learning_rate: 0.2,
            ..Settings::default()
        };
        let queries = queries(1, true);
        let found = validated(&queries, settings);
        assert!(found.with_model.value > 0.95, "{found:?}");
        assert!(found.with_recipe.value < 0.6, "{found:?}");
        assert!(found.beats_the_recipe());
        let all: Vec<&Example> = queries.iter().collect();
        let model = train(&all, settings);
        assert_eq!(model, train(&all, settings), "the same twice");
        let uses = model.uses();
        assert!(["type", "coverage"].contains(&uses[0].0), "{uses:?}");
    }

    #[test]
    fn where_there_is_nothing_to_learn_nothing_is_gained() {
        let found = validated(&queries(2, false), Settings::default());
        assert!(!found.beats_the_recipe(), "{found:?}");
    }

    #[test]
    fn without_queries_the_recipe_stays() {
        assert_eq!(train(&[], Settings::default()).trees, []);
        assert!(!validated(&[], Settings::default()).beats_the_recipe());
    }
}
