//! Two reports on the same queries in, what tells them apart out: by how much, how sure that is, and where.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::intervals::{Estimate, Interval, mean, ratio};
use super::judged::{Contender, Metrics, QueryMetrics, Report, over_metrics};
use super::judgements::Judgements;
use crate::catalog::schema::Role;
use crate::engine::Snapshot;

/// How one contender does next to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub queries: usize,
    pub this: Side,
    pub against: Side,
    /// Mean of the differences, this one less the other.
    pub difference: Metrics<Estimate>,
    /// Queries whose NDCG@10 is better, and worse, than the other's.
    pub better: usize,
    pub worse: usize,
    /// Queries whose first ten differ, those whose NDCG@10 differs most first.
    pub moved: Vec<Moved>,
}

/// One contender's means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    pub name: String,
    #[serde(flatten)]
    pub mean: Metrics,
    pub intervals: Metrics<Interval>,
    pub queries_without_results: usize,
}

/// A query whose first ten are others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    pub query_id: String,
    pub query: String,
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    #[serde(rename = "against_ndcg@10")]
    pub against_ndcg_at_10: f64,
    /// Products of this one's first ten that the other does not have there.
    pub came: Vec<MovedProduct>,
    /// Products of the other's first ten that this one does not have there.
    pub went: Vec<MovedProduct>,
}

/// A product that came into the first ten or went out of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MovedProduct {
    pub id: String,
    pub title: String,
    /// Its place where it is among the first ten, counted from 1.
    pub position: usize,
    /// `None` when nobody judged it.
    pub grade: Option<u32>,
}

/// Mistyped queries next to the same as they were meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TypoReport {
    #[serde(flatten)]
    pub mistyped: Report,
    /// Means of the queries as they were meant.
    pub as_meant: Metrics,
    /// The share of each figure that is kept.
    pub kept: Metrics<Estimate>,
}

/// Compares what two contenders made of the same queries; at most `moved_max` of them are told of.
pub fn compare(
    (this, report): (&Contender, &Report),
    (against, other): (&Contender, &Report),
    judgements: &Judgements,
    moved_max: usize,
) -> Comparison {
    let pairs = || report.per_query.iter().zip(&other.per_query);
    let difference = |one: f64, other: f64| one - other;
    let of = |figure: fn(&Metrics) -> f64| {
        mean(pairs().map(|(one, other)| difference(figure(&one.metrics), figure(&other.metrics))))
    };
    let change = |(one, other): &(&QueryMetrics, &QueryMetrics)| {
        difference(one.metrics.ndcg_at_10, other.metrics.ndcg_at_10)
    };
    let mut moved: Vec<_> = pairs()
        .filter(|(one, other)| one.first != other.first)
        .collect();
    moved.sort_by(|one, other| change(other).abs().total_cmp(&change(one).abs()));
    let told = |(one, other): (&QueryMetrics, &QueryMetrics)| {
        let grades = &judgements[&one.query_id];
        Moved {
            query_id: one.query_id.clone(),
            query: one.query.clone(),
            ndcg_at_10: one.metrics.ndcg_at_10,
            against_ndcg_at_10: other.metrics.ndcg_at_10,
            came: missing_from(&other.first, &one.first, &this.snapshot, grades),
            went: missing_from(&one.first, &other.first, &against.snapshot, grades),
        }
    };
    Comparison {
        queries: report.queries,
        this: Side::of(this, report),
        against: Side::of(against, other),
        difference: over_metrics(of),
        better: pairs().filter(|pair| change(pair) > 0.0).count(),
        worse: pairs().filter(|pair| change(pair) < 0.0).count(),
        moved: moved.into_iter().take(moved_max).map(told).collect(),
    }
}

/// Compares mistyped queries with the same as they were meant.
pub fn compare_typos(mistyped: Report, as_meant: &Report) -> TypoReport {
    let of = |figure: fn(&Metrics) -> f64| {
        let pairs = mistyped.per_query.iter().zip(&as_meant.per_query);
        let figures = pairs.map(|(one, other)| (figure(&one.metrics), figure(&other.metrics)));
        ratio(&figures.collect::<Vec<_>>())
    };
    TypoReport {
        kept: over_metrics(of),
        as_meant: as_meant.mean,
        mistyped,
    }
}

impl Side {
    fn of(contender: &Contender, report: &Report) -> Side {
        Side {
            name: contender.name.clone(),
            mean: report.mean,
            intervals: report.intervals,
            queries_without_results: report.queries_without_results,
        }
    }
}

fn missing_from(
    there: &[String],
    here: &[String],
    snapshot: &Snapshot,
    grades: &FxHashMap<String, u32>,
) -> Vec<MovedProduct> {
    let missing = (1..).zip(here).filter(|(_, id)| !there.contains(id));
    missing
        .map(|(position, id)| MovedProduct {
            id: id.clone(),
            title: text_of(snapshot, id, Role::Title),
            position,
            grade: grades.get(id).copied(),
        })
        .collect()
}

/// What a product says in the attribute of this role; empty when it says nothing.
pub(super) fn text_of(snapshot: &Snapshot, id: &str, role: Role) -> String {
    let catalog = &snapshot.catalog;
    let product = catalog.columns.ordinal(id);
    let attribute = catalog.schema.role(role);
    let Some((product, attribute)) = product.zip(attribute) else {
        return String::new();
    };
    let document = catalog.documents.get(product);
    match document.get(&catalog.schema.attributes[attribute].name) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
