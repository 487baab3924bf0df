//! Judged queries in, metrics out: how good the plain order is. Logged searches in, reports out: what drafts of rules
//! and synonyms would change, and what those in force were used for.

mod backtest;
mod clicks;
mod guard;
mod judgements;
mod metrics;
mod searches;
mod sessions;
mod tastes;
#[cfg(test)]
mod tests;
mod typos;
mod usage;
mod vocabulary;

pub use backtest::{BackTest, BeforeAfter, Example, MEASURED_QUERIES_MAX, back_test};
pub use clicks::{ClickModel, Expected};
pub use guard::{Guard, GuardError, RandomShoppers, guard};
pub use judgements::{Judgements, Queries, read_qrels, read_queries};
pub use metrics::{condensed, judged_at, ndcg_at, recall_at};
pub use searches::{DAYS, Searched, Searches};
pub use sessions::{Orders, SessionsError, SessionsReport, replay_sessions};
pub use tastes::{KnownTaste, Liked, Suited, TastesReport, judge_tastes, read_tastes};
pub use typos::mistyped;
pub use usage::{Usage, Use, usage};
pub use vocabulary::{
    Fruitless, SuggestedSynonym, Suggestions, SynonymTest, suggested_synonyms, synonym_test,
};

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::{Engine, EngineError, Request, RulesSwitch};
use crate::query::Spelling;

/// How deep lists are looked at.
const DEPTH: usize = 100;

/// Metrics of one query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryMetrics {
    pub query_id: String,
    pub query: String,
    /// How many products match.
    pub total: usize,
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// Means over queries, or the figures of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// Gain 2^grade − 1, unjudged products gain nothing.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// The same after unjudged products are taken out of the first 100.
    #[serde(rename = "condensed_ndcg@10")]
    pub condensed_ndcg_at_10: f64,
    #[serde(rename = "recall@100")]
    pub recall_at_100: f64,
    /// Share of the first ten that is judged.
    #[serde(rename = "judged@10")]
    pub judged_at_10: f64,
}

/// How a shop does on judged queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How many queries the means are over.
    pub queries: usize,
    #[serde(flatten)]
    pub mean: Metrics,
    /// Queries without a relevant product, left out of the means.
    pub queries_without_relevant: usize,
    /// Queries that found nothing.
    pub queries_without_results: usize,
    pub per_query: Vec<QueryMetrics>,
}

/// Runs every judged query in the plain order, without rules.
pub fn evaluate(
    engine: &Engine,
    queries: &Queries,
    judgements: &Judgements,
    spelling: Spelling,
    now: Timestamp,
    mut progress: impl FnMut(usize),
) -> Result<Report, EngineError> {
    let mut per_query = Vec::new();
    let (mut without_relevant, mut without_results) = (0, 0);
    for (done, (query_id, text)) in queries.iter().enumerate() {
        progress(done);
        let Some(grades) = judgements
            .get(query_id)
            .filter(|grades| grades.values().any(|grade| *grade > 0))
        else {
            without_relevant += 1;
            continue;
        };
        let request = Request {
            hits_per_page: DEPTH,
            rules: RulesSwitch::Off,
            spelling,
            ..Request::new(text, now)
        };
        let page = engine.search(&request)?;
        without_results += usize::from(page.total == 0);
        let ids: Vec<&str> = page.hits.iter().map(|hit| hit.id.as_str()).collect();
        let metrics = Metrics {
            ndcg_at_10: ndcg_at(10, &ids, grades),
            condensed_ndcg_at_10: ndcg_at(10, &condensed(&ids, grades), grades),
            recall_at_100: recall_at(DEPTH, &ids, grades),
            judged_at_10: judged_at(10, &ids, grades),
        };
        per_query.push(QueryMetrics {
            query_id: query_id.clone(),
            query: text.clone(),
            total: page.total,
            metrics,
        });
    }
    let mean = |figure: fn(&Metrics) -> f64| {
        per_query
            .iter()
            .map(|query| figure(&query.metrics))
            .sum::<f64>()
            / per_query.len().max(1) as f64
    };
    Ok(Report {
        queries: per_query.len(),
        mean: Metrics {
            ndcg_at_10: mean(|metrics| metrics.ndcg_at_10),
            condensed_ndcg_at_10: mean(|metrics| metrics.condensed_ndcg_at_10),
            recall_at_100: mean(|metrics| metrics.recall_at_100),
            judged_at_10: mean(|metrics| metrics.judged_at_10),
        },
        queries_without_relevant: without_relevant,
        queries_without_results: without_results,
        per_query,
    })
}
