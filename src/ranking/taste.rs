//! One shopper's affinities, bound to one catalog's codes.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::catalog::columns::{Codes, Columns, PATH_SEPARATOR};
use crate::catalog::schema::{Kind, Schema};
use crate::shoppers::affinity::affinity;
use crate::shoppers::{AffinitySettings, Profile};

/// What a shopper leans to in one catalog; empty for a shopper nobody knows.
pub struct Taste<'c> {
    pub(super) leanings: Vec<AttributeTaste<'c>>,
}

/// What a shopper leans to in one attribute.
pub(super) struct AttributeTaste<'c> {
    pub(super) attribute: usize,
    codes: &'c Codes,
    per_variant: bool,
    by_code: FxHashMap<u32, f64>,
}

impl<'c> Taste<'c> {
    /// The taste of nobody: it moves nothing.
    pub fn none() -> Self {
        Taste {
            leanings: Vec::new(),
        }
    }

    /// Binds a profile to a catalog, as of `now`.
    pub fn bind(
        profile: &Profile,
        settings: &AffinitySettings,
        schema: &Schema,
        columns: &'c Columns,
        now: Timestamp,
    ) -> Self {
        let mut leanings = Vec::new();
        for (position, attribute) in schema
            .attributes
            .iter()
            .enumerate()
            .filter(|(_, attribute)| attribute.affinity)
        {
            let Some((dictionary, codes, per_variant)) = columns.words(position) else {
                continue;
            };
            let evidence: Vec<(&str, f64)> =
                profile.evidence(settings, &attribute.name, now).collect();
            let level = |value: &str| {
                if attribute.kind == Kind::Path {
                    value.matches(PATH_SEPARATOR).count()
                } else {
                    0
                }
            };
            let mut totals: FxHashMap<usize, f64> = FxHashMap::default();
            for (value, evidence) in &evidence {
                *totals.entry(level(value)).or_default() += evidence.max(0.0);
            }
            let mut by_code = FxHashMap::default();
            for (value, evidence) in &evidence {
                let Some(code) = dictionary.code(value) else {
                    continue;
                };
                let prior_share = prior_share(dictionary.product_count(code), columns.products());
                let total = totals.get(&level(value)).copied().unwrap_or_default();
                let leaning = affinity(*evidence, total, prior_share, settings.kappa);
                if leaning != 0.0 {
                    by_code.insert(code, leaning);
                }
            }
            if !by_code.is_empty() {
                leanings.push(AttributeTaste {
                    attribute: position,
                    codes,
                    per_variant,
                    by_code,
                });
            }
        }
        Taste { leanings }
    }

    pub fn is_empty(&self) -> bool {
        self.leanings.is_empty()
    }
}

impl AttributeTaste<'_> {
    /// The strongest leaning to any value the product has, and that value's code; `None` without one.
    #[inline]
    pub(super) fn strongest(&self, columns: &Columns, product: u32) -> Option<(u32, f64)> {
        let rows = columns.rows_of(self.per_variant, product);
        let leanings = rows
            .flat_map(|row| self.codes.of(row))
            .filter_map(|code| Some((code, *self.by_code.get(&code)?)));
        leanings.max_by(|(code, a), (other, b)| a.abs().total_cmp(&b.abs()).then(other.cmp(code)))
    }
}

/// The share of the catalog that has a value, never 0.
pub fn prior_share(products_with: u32, products: u32) -> f64 {
    f64::from(products_with.max(1)) / f64::from(products.max(1))
}
