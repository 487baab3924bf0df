//! How likely a product is clicked at a position: a click is a look at the position times the product's attraction.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::searches::Searches;

/// Clicks that say their position are mixed with this many of a shop of no history, whose looks fall as 1 / position.
const PRIOR_CLICKS: f64 = 100.0;

/// A product's own clicks are mixed with this many looks at an average product.
const PRIOR_LOOKS: f64 = 20.0;

/// A product's own purchases are mixed with this many clicks on an average product.
const PRIOR_CLICKS_BOUGHT: f64 = 20.0;

/// Positions after this are looked at as little as this one.
const POSITIONS: usize = 100;

/// The model and what it was made of.
#[derive(Debug, Clone)]
pub struct ClickModel {
    /// By position, from 1: how likely it is looked at, 1 at the first.
    looks: Vec<f64>,
    /// How many clicks say their position.
    pub clicks: u64,
    /// How attractive the average product is.
    average: f64,
    bought: f64,
    attraction: FxHashMap<String, f64>,
    purchases: FxHashMap<String, f64>,
}

/// Expected clicks and what they earn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Expected {
    pub clicks: f64,
    pub revenue: f64,
    pub margin: f64,
}

/// By position, from 1: how likely it is looked at, 1 at the first, when so many clicks happened there. It counts as looks
/// what is better results, too, and so corrects by too much rather than too little.
pub fn looks(clicks_at: &[u64]) -> Vec<f64> {
    let at = |position: usize| {
        let own = clicks_at.get(position - 1).copied().unwrap_or(0) as f64;
        let harmonic: f64 = (1..=POSITIONS).map(|position| 1.0 / position as f64).sum();
        own + PRIOR_CLICKS / position as f64 / harmonic
    };
    let mut looks: Vec<f64> = (1..=POSITIONS)
        .map(|position| at(position) / at(1))
        .collect();
    // Nobody looks further down more: noise that says so is smoothed away.
    let mut least: f64 = 1.0;
    for look in &mut looks {
        least = least.min(*look);
        *look = least;
    }
    looks
}

impl ClickModel {
    /// Learns from searches and, for how often each product was seen, from the pages they get now: for each query its
    /// searches and products in order.
    pub fn learn<'p>(
        searches: &Searches,
        pages: impl Iterator<Item = (usize, &'p [String])>,
    ) -> ClickModel {
        let clicks: u64 = searches.clicks_at.iter().sum();
        let looks = looks(&searches.clicks_at);
        let (mut seen, mut clicked): (FxHashMap<String, f64>, FxHashMap<String, f64>) =
            Default::default();
        for (query, products) in pages {
            let searched = &searches.queries[query];
            for (at, product) in products.iter().enumerate() {
                let look = looks[at.min(POSITIONS - 1)] * searched.searches as f64;
                *seen.entry(product.clone()).or_default() += look;
                let own = searched.clicked.get(product).copied().unwrap_or(0) as f64;
                *clicked.entry(product.clone()).or_default() += own;
            }
        }
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let average = share(clicked.values().sum(), seen.values().sum());
        let all = searches.products.values();
        let (bought, all_clicks) = all.fold((0.0, 0.0), |(bought, clicks), counts| {
            (
                bought + counts.purchases as f64,
                clicks + counts.clicks as f64,
            )
        });
        let bought = share(bought, all_clicks).min(1.0);
        let attraction = seen.iter().map(|(product, seen)| {
            let own = clicked.get(product).copied().unwrap_or(0.0);
            let mixed = (own + PRIOR_LOOKS * average) / (seen + PRIOR_LOOKS);
            (product.clone(), mixed.min(1.0))
        });
        let purchases = searches.products.iter().map(|(product, counts)| {
            let own = counts.purchases as f64 + PRIOR_CLICKS_BOUGHT * bought;
            let mixed = own / (counts.clicks as f64 + PRIOR_CLICKS_BOUGHT);
            (product.clone(), mixed.min(1.0))
        });
        ClickModel {
            clicks,
            average,
            bought,
            attraction: attraction.collect(),
            purchases: purchases.collect(),
            looks,
        }
    }

    /// What a page earns in so many searches; `worth` gives a product's price and the share of it that is profit.
    pub fn expect(
        &self,
        products: &[String],
        searches: u64,
        worth: impl Fn(&str) -> (f64, f64),
    ) -> Expected {
        let mut expected = Expected::default();
        for (at, product) in products.iter().enumerate() {
            let attraction = self
                .attraction
                .get(product)
                .copied()
                .unwrap_or(self.average);
            let clicks = self.looks[at.min(POSITIONS - 1)] * attraction * searches as f64;
            let bought = self.purchases.get(product).copied().unwrap_or(self.bought);
            let (price, margin) = worth(product);
            expected.clicks += clicks;
            expected.revenue += clicks * bought * price;
            expected.margin += clicks * bought * price * margin;
        }
        expected
    }
}

impl std::ops::AddAssign for Expected {
    fn add_assign(&mut self, other: Expected) {
        self.clicks += other.clicks;
        self.revenue += other.revenue;
        self.margin += other.margin;
    }
}
