//! Baskets in, figures out: how often the product that was put in last is among the first that go with the others.

use serde::Serialize;

use super::session_files::SessionLists;
use crate::journal::Word;
use crate::shoppers::Demand;

/// How well complements foretell what completes a basket.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Completed {
    /// How many baskets the means are over.
    pub baskets: usize,
    /// So many products at the top count.
    pub at: usize,
    /// Share of baskets whose last product is among them.
    pub hit_rate: f64,
    /// Mean of 1 ÷ its place, 0 when it is not there.
    pub mrr: f64,
    /// The same figures for the products that are bought most.
    pub popular_hit_rate: f64,
    pub popular_mrr: f64,
    /// Mean length of the lists, at most `at`.
    pub listed: f64,
}

/// What baskets say of which products go together.
pub fn bought_together(baskets: &[Vec<Word>]) -> Demand {
    let mut demand = Demand::default();
    for basket in baskets {
        demand.learn_basket(&once(basket));
    }
    demand
}

/// Leaves the last product of each basket out and looks for it; baskets of one product are passed over.
pub fn complete(
    demand: &Demand,
    baskets: &SessionLists,
    at: usize,
    mut progress: impl FnMut(usize),
) -> Completed {
    let mut completed = Completed {
        at,
        ..Completed::default()
    };
    let longest = baskets.iter().map(Vec::len).max().unwrap_or_default();
    let most_bought = demand.most_bought(at + longest);
    let reciprocal = |list: &[Word], last: Word| {
        let place = list.iter().position(|own| *own == last);
        place.map(|place| 1.0 / (place + 1) as f64)
    };
    for (done, basket) in baskets.iter().enumerate() {
        progress(done);
        let basket = once(basket);
        let Some((last, others)) = basket.split_last().filter(|(_, others)| !others.is_empty())
        else {
            continue;
        };
        let latest_first: Vec<Word> = others.iter().rev().copied().collect();
        let list = demand.complements(&latest_first);
        let list: Vec<Word> = list.iter().take(at).map(|of| of.product).collect();
        let popular = most_bought.iter().filter(|own| !others.contains(own));
        let popular: Vec<Word> = popular.take(at).copied().collect();
        completed.baskets += 1;
        completed.listed += list.len() as f64;
        if let Some(share) = reciprocal(&list, *last) {
            completed.hit_rate += 1.0;
            completed.mrr += share;
        }
        if let Some(share) = reciprocal(&popular, *last) {
            completed.popular_hit_rate += 1.0;
            completed.popular_mrr += share;
        }
    }
    let baskets = completed.baskets.max(1) as f64;
    for sum in [
        &mut completed.hit_rate,
        &mut completed.mrr,
        &mut completed.popular_hit_rate,
        &mut completed.popular_mrr,
        &mut completed.listed,
    ] {
        *sum /= baskets;
    }
    completed
}

/// The products of a basket in their order, each once.
fn once(basket: &[Word]) -> Vec<Word> {
    let mut seen = rustc_hash::FxHashSet::default();
    let products = basket.iter().copied();
    products.filter(|product| seen.insert(*product)).collect()
}
