//! Judged queries asked of a shop: how good the plain order is.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::intervals::{Estimate, Interval, mean};
use super::judgements::{Judgements, Queries};
use super::metrics::{condensed, judged_at, ndcg_at, recall_at};
use crate::engine::{Engine, EngineError, Page, Request, RulesSwitch, Snapshot};
use crate::parallel;
use crate::query::Spelling;

/// How deep lists are looked at.
const DEPTH: usize = 100;

/// How many of the first hits are remembered by name.
const FIRST: usize = 10;

/// Who is asked: a shop as it is, or with another recipe, or another shop.
#[derive(Clone)]
pub struct Contender {
    /// What to call it.
    pub name: String,
    pub engine: Arc<Engine>,
    /// The engine's own, or one with other files.
    pub snapshot: Arc<Snapshot>,
    /// The recipe of the search surface when not said.
    pub recipe: Option<String>,
    pub spelling: Spelling,
    pub now: Timestamp,
}

/// Metrics of one query.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueryMetrics {
    pub query_id: String,
    pub query: String,
    /// How many products match.
    pub total: usize,
    #[serde(flatten)]
    pub metrics: Metrics,
    /// The ids of the first ten hits.
    #[serde(skip)]
    pub first: Vec<String>,
}

/// Means over queries, or the figures of one, or something of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Metrics<Figure = f64> {
    /// Gain 2^grade − 1, unjudged products gain nothing.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: Figure,
    /// The same after unjudged products are taken out of the first 100.
    #[serde(rename = "condensed_ndcg@10")]
    pub condensed_ndcg_at_10: Figure,
    #[serde(rename = "recall@100")]
    pub recall_at_100: Figure,
    /// Share of the first ten that is judged.
    #[serde(rename = "judged@10")]
    pub judged_at_10: Figure,
}

/// How a shop does on judged queries.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How many queries the means are over.
    pub queries: usize,
    #[serde(flatten)]
    pub mean: Metrics,
    /// Where the means lie with a confidence of 95 %, had other queries of the kind been judged.
    pub intervals: Metrics<Interval>,
    /// Queries without a relevant product, left out of the means.
    pub queries_without_relevant: usize,
    /// Queries that found nothing.
    pub queries_without_results: usize,
    pub per_query: Vec<QueryMetrics>,
}

/// Runs every judged query in the plain order, without rules, on all processors. `progress` hears how many are done.
pub fn evaluate(
    contender: &Contender,
    queries: &Queries,
    judgements: &Judgements,
    mut progress: impl FnMut(usize),
) -> Result<Report, EngineError> {
    let is_relevant = |(id, _): &&(String, String)| {
        let grades = judgements.get(id);
        grades.is_some_and(|grades| grades.values().any(|grade| *grade > 0))
    };
    let judged: Vec<&(String, String)> = queries.iter().filter(is_relevant).collect();
    let ask = |query: &(String, String)| contender.ask(query, judgements);
    let per_query: Vec<QueryMetrics> = std::thread::scope(|scope| {
        let answers = parallel::in_order(scope, judged.iter().copied(), ask);
        let counted = answers.enumerate().map(|(done, answer)| {
            progress(done + 1);
            answer
        });
        counted.collect::<Result<_, _>>()
    })?;
    let estimates =
        over_metrics(|figure| mean(per_query.iter().map(|query| figure(&query.metrics))));
    Ok(Report {
        queries: per_query.len(),
        mean: estimates.map(|estimate| estimate.value),
        intervals: estimates.map(|estimate| estimate.interval),
        queries_without_relevant: queries.len() - judged.len(),
        queries_without_results: per_query.iter().filter(|query| query.total == 0).count(),
        per_query,
    })
}

impl Contender {
    /// The ids of the first hits in the plain order.
    pub fn first(&self, query: &str, depth: usize) -> Result<Vec<String>, EngineError> {
        let page = self.page(query, depth)?;
        Ok(page.hits.into_iter().map(|hit| hit.id).collect())
    }

    fn page(&self, query: &str, depth: usize) -> Result<Page, EngineError> {
        let request = Request {
            hits_per_page: depth,
            rules: RulesSwitch::Off,
            spelling: self.spelling,
            recipe: self.recipe.clone(),
            ..Request::new(query, self.now)
        };
        let rules = &self.snapshot.rules;
        self.engine.search_under(&self.snapshot, rules, &request)
    }

    fn ask(
        &self,
        (query_id, query): &(String, String),
        judgements: &Judgements,
    ) -> Result<QueryMetrics, EngineError> {
        let page = self.page(query, DEPTH)?;
        let ids: Vec<&str> = page.hits.iter().map(|hit| hit.id.as_str()).collect();
        let grades = &judgements[query_id];
        Ok(QueryMetrics {
            query_id: query_id.clone(),
            query: query.clone(),
            total: page.total,
            metrics: Metrics {
                ndcg_at_10: ndcg_at(10, &ids, grades),
                condensed_ndcg_at_10: ndcg_at(10, &condensed(&ids, grades), grades),
                recall_at_100: recall_at(DEPTH, &ids, grades),
                judged_at_10: judged_at(10, &ids, grades),
            },
            first: ids.iter().take(FIRST).map(|id| id.to_string()).collect(),
        })
    }
}

/// Something of each metric.
pub(super) fn over_metrics(of: impl Fn(fn(&Metrics) -> f64) -> Estimate) -> Metrics<Estimate> {
    Metrics {
        ndcg_at_10: of(|metrics| metrics.ndcg_at_10),
        condensed_ndcg_at_10: of(|metrics| metrics.condensed_ndcg_at_10),
        recall_at_100: of(|metrics| metrics.recall_at_100),
        judged_at_10: of(|metrics| metrics.judged_at_10),
    }
}

impl<Figure> Metrics<Figure> {
    /// Something else of each figure.
    pub fn map<Other>(self, of: impl Fn(Figure) -> Other) -> Metrics<Other> {
        Metrics {
            ndcg_at_10: of(self.ndcg_at_10),
            condensed_ndcg_at_10: of(self.condensed_ndcg_at_10),
            recall_at_100: of(self.recall_at_100),
            judged_at_10: of(self.judged_at_10),
        }
    }

    /// The figures in the order of reports.
    pub fn all(self) -> [Figure; 4] {
        [
            self.ndcg_at_10,
            self.condensed_ndcg_at_10,
            self.recall_at_100,
            self.judged_at_10,
        ]
    }
}
