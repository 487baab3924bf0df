//! What each signal says of each candidate.

use super::{Ranking, Shelf, Signal, Wanted, model, taste, variety};
use crate::catalog::schema::Role;
use crate::retrieval::{Candidate, Features};

/// A product is half as fresh after this many days.
const FRESHNESS_HALF_LIFE_DAYS: f64 = 180.0;

/// What a product is wanted before anybody has shown it, in views.
const DEMAND_PRIOR: f64 = 4.0;

/// The most that one event adds to how much a product is wanted: a purchase.
const EVENT_WEIGHT_MAX: f64 = 8.0;

/// Relevance below this share of the best counts as this.
const RELEVANCE_MIN: f32 = 1e-4;

/// Contributions of all candidates, signal by signal.
#[derive(Default)]
pub(super) struct Table {
    columns: Vec<Vec<f32>>,
    values: Vec<Vec<Option<u32>>>,
}

impl Table {
    /// What a signal adds to the score of the candidate in this row.
    pub(super) fn contribution(&self, signal: usize, row: usize) -> f32 {
        self.columns[signal][row]
    }

    /// The code of the value it is about.
    pub(super) fn value(&self, signal: usize, row: usize) -> Option<u32> {
        self.values[signal].get(row).copied().flatten()
    }

    /// The sum of all contributions.
    pub(super) fn score(&self, row: usize) -> f32 {
        self.columns.iter().map(|column| column[row]).sum()
    }

    pub(super) fn push(&mut self, column: Vec<f32>, values: Vec<Option<u32>>) {
        self.columns.push(column);
        self.values.push(values);
    }
}

/// The signals of a ranking and what they contribute; relevance comes first.
pub(super) fn contributions(
    shelf: Shelf<'_>,
    ranking: &Ranking<'_>,
    candidates: &[Candidate],
) -> (Vec<Signal>, Table) {
    let products: Vec<u32> = candidates.iter().map(|of| of.ordinal).collect();
    let mut signals = vec![Signal::Relevance];
    let mut table = Table {
        columns: vec![relevance(ranking, candidates)],
        values: vec![Vec::new()],
    };
    let (product_type, likeness) = (ranking.recipe.product_type, ranking.recipe.likeness);
    let head = |features: &Features| product_type as f32 * features.head;
    let unlike = |features: &Features| -(likeness as f32) * features.unlike;
    for (name, column) in [
        ("type", each(candidates, head)),
        ("likeness", each(candidates, unlike)),
    ] {
        if column.iter().any(|says| *says != 0.0) {
            signals.push(Signal::Product(name));
            table.push(column, Vec::new());
        }
    }
    for (name, role, weight) in [
        ("popularity", Role::Popularity, ranking.recipe.popularity),
        ("rating", Role::Rating, ranking.recipe.rating),
        ("freshness", Role::Released, ranking.recipe.freshness),
        ("margin", Role::Margin, ranking.recipe.margin),
        ("stock", Role::Stock, ranking.recipe.stock),
    ] {
        let Some(attribute) = shelf.schema.role(role).filter(|_| weight > 0.0) else {
            continue;
        };
        let raw = shelf.columns.numbers(attribute, &products);
        let normal = match role {
            Role::Released => fresh_products(&raw, ranking),
            Role::Stock => spread(
                &raw.iter()
                    .map(|pieces| Some(pieces.as_ref()?.max(0.0).ln_1p()))
                    .collect::<Vec<_>>(),
            ),
            _ => spread(&raw),
        };
        signals.push(Signal::Product(name));
        table.push(
            normal
                .into_iter()
                .map(|share| (weight * share) as f32)
                .collect(),
            Vec::new(),
        );
    }
    demand(ranking, candidates, &mut signals, &mut table);
    if let Some(model) = ranking.model.filter(|_| !ranking.is_browsed) {
        let adds = model.predict(&model::rows(shelf, ranking, candidates));
        signals.push(Signal::Product("model"));
        table.push(
            adds.into_iter().map(|adds| adds as f32).collect(),
            Vec::new(),
        );
    }
    taste::contribute(shelf, ranking, candidates, &mut signals, &mut table);
    variety::contribute(shelf, ranking, candidates, &mut signals, &mut table);
    for adjustment in ranking.adjustments {
        let (predicate, by) = adjustment.bind(shelf.columns);
        let holds = predicate.hold_for_some(shelf.columns, &products);
        let name = adjustment.name.clone();
        let shares = adjustment.measure.map(|measure| {
            let raw =
                |candidate: &Candidate| shelf.columns.number(measure.attribute, candidate.ordinal);
            shares(
                measure.wanted,
                candidates.iter().map(raw).collect(),
                ranking,
            )
        });
        let of = |(at, holds)| {
            let share = shares.as_ref().map_or(1.0, |shares| shares[at] as f32);
            if holds { by * share } else { 0.0 }
        };
        let column = holds.into_iter().enumerate().map(of).collect();
        signals.push(match adjustment.measure {
            Some(_) => Signal::Goal(name),
            None => Signal::Adjustment(name),
        });
        table.push(column, Vec::new());
    }
    (signals, table)
}

/// What is said of each candidate.
fn each(candidates: &[Candidate], says: impl Fn(&Features) -> f32) -> Vec<f32> {
    let features = candidates.iter().map(|candidate| &candidate.features);
    features.map(says).collect()
}

/// How much more or less the candidates are wanted than the most wanted of them, as a logarithm.
fn demand(
    ranking: &Ranking<'_>,
    candidates: &[Candidate],
    signals: &mut Vec<Signal>,
    table: &mut Table,
) {
    let weight = if ranking.is_browsed {
        ranking.recipe.demand_browsed
    } else {
        ranking.recipe.demand
    };
    let wanted = ranking.wanted.get(..candidates.len()).unwrap_or_default();
    let most = wanted.iter().copied().fold(0.0, f64::max);
    if weight == 0.0 || most <= 0.0 {
        return;
    }
    // Without words, what is wanted is all there is to go by.
    let wanted = if ranking.is_browsed {
        wanted.to_vec()
    } else {
        believed(wanted)
    };
    let lifts = next_to_most(&wanted).into_iter();
    signals.push(Signal::Product("demand"));
    table.push(
        lifts.map(|lift| (weight * lift) as f32).collect(),
        Vec::new(),
    );
}

/// How much each candidate is wanted next to the most wanted one, as far as that is believed: a logarithm.
pub(super) fn demanded(ranking: &Ranking<'_>, candidates: &[Candidate]) -> Vec<f64> {
    let wanted = ranking.wanted.get(..candidates.len());
    let wanted = wanted.map_or_else(|| vec![0.0; candidates.len()], believed);
    next_to_most(&wanted)
}

fn next_to_most(wanted: &[f64]) -> Vec<f64> {
    let most = wanted.iter().copied().fold(0.0, f64::max);
    let lift = |wanted: &f64| ((wanted.max(0.0) + DEMAND_PRIOR) / (most + DEMAND_PRIOR)).ln();
    wanted.iter().map(lift).collect()
}

/// What is wanted, drawn towards the mean by as much of the spread as chance alone explains: when nobody prefers
/// anything, products that happened to be met more often are not better.
fn believed(wanted: &[f64]) -> Vec<f64> {
    let products = wanted.len().max(1) as f64;
    let mean = wanted.iter().sum::<f64>() / products;
    let spread = wanted.iter().map(|own| (own - mean).powi(2)).sum::<f64>() / products;
    let by_chance = EVENT_WEIGHT_MAX * mean;
    let believed = (spread - by_chance).max(0.0) / spread.max(f64::MIN_POSITIVE);
    wanted
        .iter()
        .map(|own| mean + believed * (own - mean))
        .collect()
}

/// `ln(relevance / best relevance)`; 0 for all when nothing was asked for.
pub(super) fn relevance(ranking: &Ranking<'_>, candidates: &[Candidate]) -> Vec<f32> {
    let recipe = ranking.recipe;
    let of = |features: &Features| {
        let words = recipe.adjacent * f64::from(features.adjacent);
        features.bm25 * features.coverage * words.exp() as f32
    };
    let relevances: Vec<f32> = candidates
        .iter()
        .map(|candidate| of(&candidate.features))
        .collect();
    let best = relevances.iter().copied().fold(0.0, f32::max);
    if best == 0.0 {
        return vec![0.0; candidates.len()];
    }
    relevances
        .into_iter()
        .map(|relevance| (relevance / best).max(RELEVANCE_MIN).ln())
        .collect()
}

/// Numbers spread from 0 to 1 over the candidates that have one; 0 for those without.
pub(super) fn spread(raw: &[Option<f64>]) -> Vec<f64> {
    let known = || raw.iter().flatten().copied();
    let (min, max) = (
        known().fold(f64::INFINITY, f64::min),
        known().fold(f64::NEG_INFINITY, f64::max),
    );
    let width = (max - min).max(f64::MIN_POSITIVE);
    raw.iter()
        .map(|number| {
            number.map_or(0.0, |number| {
                if max > min {
                    (number - min) / width
                } else {
                    0.0
                }
            })
        })
        .collect()
}

/// How much each product stands out, 0 to 1; 0 for those without a number.
fn shares(wanted: Wanted, raw: Vec<Option<f64>>, ranking: &Ranking<'_>) -> Vec<f64> {
    let turned = |number: &Option<f64>| number.map(|number| -number);
    match wanted {
        Wanted::High => spread(&raw),
        Wanted::Low => spread(&raw.iter().map(turned).collect::<Vec<_>>()),
        Wanted::New { half_life_days } => fresh(&raw, ranking, half_life_days),
    }
}

/// The same, by the half-life of a recipe's freshness.
pub(super) fn fresh_products(raw: &[Option<f64>], ranking: &Ranking<'_>) -> Vec<f64> {
    fresh(raw, ranking, FRESHNESS_HALF_LIFE_DAYS)
}

/// 1 for a product released now, half after every half-life.
fn fresh(raw: &[Option<f64>], ranking: &Ranking<'_>, half_life_days: f64) -> Vec<f64> {
    let now = ranking.now.as_second() as f64;
    let age_days = |released: f64| ((now - released) / 86_400.0).max(0.0);
    let freshness = |released: f64| (-age_days(released) / half_life_days).exp2();
    raw.iter()
        .map(|released| released.map_or(0.0, freshness))
        .collect()
}
