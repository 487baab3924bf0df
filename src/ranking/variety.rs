//! What keeps a taste for one brand from filling the page with it.

use super::signals::Table;
use super::{Ranking, Shelf, Signal};
use crate::catalog::schema::Role;
use crate::retrieval::Candidate;

/// The name of the signal.
pub(super) const VARIETY: &str = "variety";

/// Takes from each product of a liked brand a part of what the brand lifts it by: the more, the more products of that
/// brand stand before it. Nothing of a brand is ever put below where it would stand without the taste for it.
pub(super) fn contribute(
    shelf: Shelf<'_>,
    ranking: &Ranking<'_>,
    candidates: &[Candidate],
    signals: &mut Vec<Signal>,
    table: &mut Table,
) {
    let brand = shelf.schema.role(Role::Brand).map(Signal::Affinity);
    let lifts = signals
        .iter()
        .position(|signal| Some(signal) == brand.as_ref());
    let Some(lifts) = lifts.filter(|_| ranking.recipe.variety > 0.0) else {
        return;
    };
    let kept = 1.0 - ranking.recipe.variety.min(1.0) as f32;
    let scores: Vec<f32> = (0..candidates.len()).map(|row| table.score(row)).collect();
    let mut lifted: Vec<(u32, usize)> = (0..candidates.len())
        .filter(|row| table.contribution(lifts, *row) > 0.0 && !candidates[*row].sold_out)
        .filter_map(|row| Some((table.value(lifts, row)?, row)))
        .collect();
    lifted.sort_unstable_by(|(brand, row), (other_brand, other)| {
        let by_score = scores[*other].total_cmp(&scores[*row]);
        brand.cmp(other_brand).then(by_score).then(row.cmp(other))
    });
    let mut fading = vec![0.0; candidates.len()];
    for of_brand in lifted.chunk_by(|one, other| one.0 == other.0) {
        let mut left = 1.0;
        for (_, row) in of_brand {
            fading[*row] = -table.contribution(lifts, *row) * (1.0 - left);
            left *= kept;
        }
    }
    signals.push(Signal::Personal(VARIETY));
    table.push(fading, Vec::new());
}
