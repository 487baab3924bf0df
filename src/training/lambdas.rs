//! Which way each candidate is pulled: by every other of its query that should stand on its other side, as much as
//! swapping the two would change NDCG.

use super::examples::{Example, ideal};

/// Scores closer than this count as this far apart.
const APART: f64 = 0.01;

/// The gradient of the loss, and how fast it changes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pull {
    pub(super) gradient: f64,
    pub(super) curvature: f64,
}

/// The pulls on all candidates, query after query, at these scores.
pub(super) fn pulls(queries: &[&Example], scores: &[f64], places: usize) -> Vec<Pull> {
    let mut pulls = vec![Pull::default(); scores.len()];
    let mut begin = 0;
    for query in queries {
        let end = begin + query.candidates.len();
        pull(query, &scores[begin..end], &mut pulls[begin..end], places);
        begin = end;
    }
    pulls
}

fn pull(query: &Example, scores: &[f64], pulls: &mut [Pull], places: usize) {
    let gain = |candidate: usize| query.candidates[candidate].gain;
    let gains = query.candidates.iter().map(|candidate| candidate.gain);
    let ideal = ideal(gains.collect(), usize::MAX);
    if ideal <= 0.0 {
        return;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let mut sum = 0.0;
    for (place, one) in order.iter().copied().enumerate().take(places) {
        for (below, other) in order.iter().copied().enumerate().skip(place + 1) {
            let difference = gain(one) - gain(other);
            if difference == 0.0 {
                continue;
            }
            let (better, worse) = if difference > 0.0 {
                (one, other)
            } else {
                (other, one)
            };
            let apart = scores[better] - scores[worse];
            let swap = difference.abs() * (discount(place) - discount(below)) / ideal;
            let weight = query.candidates[one].weight * query.candidates[other].weight;
            let swap = weight * swap / (APART + apart.abs());
            let wrong = 1.0 / (1.0 + apart.exp());
            let (gradient, curvature) = (wrong * swap, wrong * (1.0 - wrong) * swap);
            pulls[better].gradient -= gradient;
            pulls[worse].gradient += gradient;
            pulls[better].curvature += curvature;
            pulls[worse].curvature += curvature;
            sum += 2.0 * gradient;
        }
    }
    // No query pulls much more than another because it has more pairs.
    if sum > 0.0 {
        let tamed = (1.0 + sum).log2() / sum;
        for pull in pulls {
            pull.gradient *= tamed;
            pull.curvature *= tamed;
        }
    }
}

/// What a gain is worth at a place, counted from 0.
pub(super) fn discount(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0).log2()
}
