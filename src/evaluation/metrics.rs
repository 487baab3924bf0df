//! Figures of one ranked list against its judgements.

use rustc_hash::FxHashMap;

/// Normalised discounted cumulative gain of the first `k` (Järvelin and Kekäläinen 2002), gain `2^grade − 1`,
/// discount `log2(1 + position)`; 0 to 1. Unjudged products gain nothing.
pub fn ndcg_at(k: usize, ids: &[&str], grades: &FxHashMap<String, u32>) -> f64 {
    let found = dcg(ids
        .iter()
        .take(k)
        .map(|id| grades.get(*id).copied().unwrap_or(0)));
    let mut best: Vec<u32> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = dcg(best.into_iter().take(k));
    if ideal == 0.0 { 0.0 } else { found / ideal }
}

/// The same of a whole list that is graded throughout; `None` when nothing in it gains.
pub(super) fn ndcg_of(k: usize, grades: &[u32]) -> Option<f64> {
    let mut best = grades.to_vec();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let [found, ideal] = [grades, &best].map(|grades| dcg(grades.iter().copied().take(k)));
    (ideal > 0.0).then(|| found / ideal)
}

/// The share of the relevant products that stand among the first `k`.
pub fn recall_at(k: usize, ids: &[&str], grades: &FxHashMap<String, u32>) -> f64 {
    let relevant = grades.values().filter(|grade| **grade > 0).count();
    let found = ids
        .iter()
        .take(k)
        .filter(|id| grades.get(**id).is_some_and(|grade| *grade > 0))
        .count();
    found as f64 / relevant.max(1) as f64
}

/// The share of the first `k` places that hold a judged product.
pub fn judged_at(k: usize, ids: &[&str], grades: &FxHashMap<String, u32>) -> f64 {
    ids.iter()
        .take(k)
        .filter(|id| grades.contains_key(**id))
        .count() as f64
        / k as f64
}

/// The list without its unjudged products (Sakai 2007).
pub fn condensed<'i>(ids: &[&'i str], grades: &FxHashMap<String, u32>) -> Vec<&'i str> {
    ids.iter()
        .copied()
        .filter(|id| grades.contains_key(*id))
        .collect()
}

fn dcg(grades: impl Iterator<Item = u32>) -> f64 {
    let gain = |grade: u32| f64::from(grade).exp2() - 1.0;
    grades
        .enumerate()
        .map(|(at, grade)| gain(grade) / (at as f64 + 2.0).log2())
        .sum()
}
