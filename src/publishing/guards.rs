//! What a publication may change without being asked twice: a truncated or broken feed must not empty the shop.

use rustc_hash::FxHashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::product::{Product, Value};
use crate::catalog::schema::{Role, Schema};

/// Fewer products, categories or pictures than this may go whatever their share is.
const LOST_MIN: f64 = 2.0;

/// Means over fewer prices say nothing.
const PRICES_MIN: u64 = 10;

/// At most this many categories are counted.
const CATEGORIES_MAX: usize = 1_000_000;

/// How much a publication may change, in percent of what is live; `[limits]` in `endcap.toml`. A limit of 100 never
/// stops a loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Products that may go.
    pub products_lost: f64,
    /// Products that can be bought that may become fewer.
    pub sellable_lost: f64,
    /// Categories that may go.
    pub categories_lost: f64,
    /// Products with a picture that may become fewer.
    pub images_lost: f64,
    /// How far the mean price may rise; it may fall as far, so that twice the price and half of it are alike.
    pub price_changed: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            products_lost: 20.0,
            sellable_lost: 30.0,
            categories_lost: 30.0,
            images_lost: 30.0,
            price_changed: 50.0,
        }
    }
}

/// What is in a catalog, as far as the limits look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Counts {
    pub products: u64,
    /// Products of which something can be bought.
    pub sellable: u64,
    pub categories: u64,
    /// Products with a picture.
    pub images: u64,
    /// Products with a price.
    pub prices: u64,
    /// In the shop's currency; 0 when no product has a price.
    pub price_mean: f64,
}

/// Counts while products are added.
#[derive(Debug, Default)]
pub(super) struct Counting {
    counts: Counts,
    price_sum: f64,
    categories: FxHashSet<String>,
}

impl Counting {
    pub(super) fn add(&mut self, schema: &Schema, product: &Product) {
        let values = |role: Role| {
            let position = schema.role(role);
            position.map_or_else(Vec::new, |position| product.values_of(position))
        };
        let sellable = |variant| product.buyable(schema, variant);
        self.counts.products += 1;
        self.counts.sellable += u64::from(product.variants.iter().any(sellable));
        self.counts.images += u64::from(!values(Role::Image).is_empty());
        if let Some(price) = values(Role::Price).first().and_then(|price| price.number()) {
            self.counts.prices += 1;
            self.price_sum += price;
        }
        for category in values(Role::Category).into_iter().filter_map(Value::text) {
            if self.categories.len() < CATEGORIES_MAX && !self.categories.contains(category) {
                self.categories.insert(category.to_string());
            }
        }
    }

    pub(super) fn finish(self) -> Counts {
        Counts {
            categories: self.categories.len() as u64,
            price_mean: match self.counts.prices {
                0 => 0.0,
                prices => self.price_sum / prices as f64,
            },
            ..self.counts
        }
    }
}

/// What goes beyond the limits, in words a merchant reads; empty when nothing does.
pub(super) fn beyond(limits: &Limits, live: &Counts, next: &Counts) -> Vec<String> {
    let losses = [
        (
            "products",
            live.products,
            next.products,
            limits.products_lost,
            "products_lost",
        ),
        (
            "products that can be bought",
            live.sellable,
            next.sellable,
            limits.sellable_lost,
            "sellable_lost",
        ),
        (
            "categories",
            live.categories,
            next.categories,
            limits.categories_lost,
            "categories_lost",
        ),
        (
            "products with a picture",
            live.images,
            next.images,
            limits.images_lost,
            "images_lost",
        ),
    ];
    let mut found: Vec<String> = losses.into_iter().filter_map(loss).collect();
    let is_telling = |counts: &Counts| counts.prices >= PRICES_MIN && counts.price_mean > 0.0;
    if is_telling(live) && is_telling(next) {
        let ratio = next.price_mean / live.price_mean;
        let limit = 1.0 + limits.price_changed / 100.0;
        if ratio > limit || ratio < 1.0 / limit {
            found.push(format!(
                "the mean price goes from {:.2} to {:.2} ({:+.0} %; `price_changed` allows {:.0} % up, and down as far)",
                live.price_mean,
                next.price_mean,
                100.0 * (ratio - 1.0),
                limits.price_changed
            ));
        }
    }
    found
}

fn loss((what, live, next, limit, name): (&str, u64, u64, f64, &str)) -> Option<String> {
    let lost = live as f64 - next as f64;
    let percent = 100.0 * lost / live as f64;
    (lost >= LOST_MIN && percent > limit).then(|| {
        format!("{what} fall from {live} to {next} (−{percent:.0} %; `{name}` allows {limit:.0} %)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(products: u64, price_mean: f64) -> Counts {
        Counts {
            products,
            sellable: products,
            categories: 10,
            images: products,
            prices: products,
            price_mean,
        }
    }

    #[test]
    fn what_changes_little_passes() {
        let limits = Limits::default();
        assert_eq!(
            beyond(&limits, &counts(100, 10.0), &counts(80, 15.0)),
            [""; 0]
        );
        assert_eq!(beyond(&limits, &counts(3, 10.0), &counts(2, 90.0)), [""; 0]);
        assert_eq!(beyond(&limits, &counts(0, 0.0), &counts(9, 15.0)), [""; 0]);
    }

    #[test]
    fn half_a_feed_and_prices_in_cents_are_named() {
        let found = beyond(&Limits::default(), &counts(100, 10.0), &counts(50, 1000.0));
        assert_eq!(
            found,
            [
                "products fall from 100 to 50 (−50 %; `products_lost` allows 20 %)",
                "products that can be bought fall from 100 to 50 (−50 %; `sellable_lost` allows 30 %)",
                "products with a picture fall from 100 to 50 (−50 %; `images_lost` allows 30 %)",
                "the mean price goes from 10.00 to 1000.00 (+9900 %; `price_changed` allows 50 % up, and down as far)",
            ]
        );
        let cheaper = beyond(&Limits::default(), &counts(100, 10.0), &counts(100, 6.0));
        assert_eq!(cheaper.len(), 1, "{cheaper:?}");
    }
}
