//! The candidates of a search as a learned model sees them.

use rustc_hash::FxHashMap;

use super::request::Request;
use super::snapshot::Snapshot;
use super::{Engine, EngineError};
use crate::query::LastWord;
use crate::ranking::{self, RERANKED_MAX, Ranking, Recipe, Row, Taste};
use crate::retrieval;

/// A candidate in the plain order of a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub product: String,
    /// What a model looks at.
    pub row: Row,
    /// What it comes to by the recipe, without a model.
    pub score: f64,
    pub sold_out: bool,
}

impl Engine {
    /// The candidates of a search, best first, without rules, taste and models.
    pub fn seen(&self, snapshot: &Snapshot, request: &Request) -> Result<Vec<Seen>, EngineError> {
        let asked = request.read(snapshot)?;
        let visitor = self.visitor(snapshot, request);
        let query = super::understand(snapshot, request, LastWord::Whole);
        let recipe = Recipe {
            model: None,
            explore: 0.0,
            ..asked.recipe(snapshot, None, &visitor.segments).clone()
        };
        let plan = super::plan(snapshot, &query, &asked, &recipe);
        let catalog = &snapshot.catalog;
        let fetched = retrieval::fetch(&catalog.text, &catalog.columns, &plan)?;
        let mut candidates = fetched.candidates;
        candidates.truncate(RERANKED_MAX);
        let ranking = Ranking {
            recipe: &recipe,
            impact: 0.0,
            taste: &Taste::none(),
            adjustments: &[],
            model: None,
            wanted: &visitor.wanted(snapshot, &recipe, false, &candidates, request.now),
            is_browsed: false,
            draw: 0,
            now: request.now,
        };
        let rows = ranking::rows(snapshot.shelf(), &ranking, &candidates);
        let ordinals = candidates.iter().map(|candidate| candidate.ordinal);
        let rows: FxHashMap<u32, Row> = ordinals.zip(rows).collect();
        let ranked = ranking::rank(snapshot.shelf(), &ranking, candidates);
        let seen = ranked.hits.iter().map(|hit| Seen {
            product: catalog.columns.product_id(hit.candidate.ordinal).to_owned(),
            row: rows[&hit.candidate.ordinal],
            score: f64::from(hit.score),
            sold_out: hit.candidate.sold_out,
        });
        Ok(seen.collect())
    }
}
