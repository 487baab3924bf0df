//! Products of the same category that say the same of themselves, for products that nobody met yet.

use rustc_hash::FxHashSet;

use super::shelves::category_of;
use super::{Known, Model, Reason, Suggested};
use crate::catalog::schema::Role;

/// A step up costs more than this times the price, and at most that times.
const STEP_UP: (f64, f64) = (1.05, 2.5);

/// Ratings that differ by so little say nothing.
const RATED_APART: f64 = 0.2;

/// A price that is so many times as high, or as low, makes products 1 ÷ e as alike.
const PRICE_TIMES: f64 = 2.0;

/// The products that are most like one, the most first.
pub(super) fn alike(known: &Known<'_>, product: u32) -> Vec<Suggested> {
    let Some(category) = category_of(known.shelf, product) else {
        return Vec::new();
    };
    let own = values(known, product);
    let price = price(known, product);
    let of = |other: u32| {
        let theirs = values(known, other);
        let shared = own.intersection(&theirs).count() as f64;
        let all = own.union(&theirs).count().max(1) as f64;
        let near = match (price, self::price(known, other)) {
            (Some(one), Some(other)) if one > 0.0 && other > 0.0 => {
                (-((one / other).ln() / PRICE_TIMES.ln()).abs()).exp()
            }
            _ => 0.5,
        };
        Suggested {
            product: other,
            strength: (0.2 + 0.5 * shared / all + 0.3 * near).min(1.0),
            reason: Reason {
                model: Model::Alike,
                with: Some(product),
                times: 0,
            },
        }
    };
    let others = known.shelves.category(category).iter();
    let others = others.filter(|other| **other != product);
    let mut alike: Vec<Suggested> = others.map(|other| of(*other)).collect();
    alike.sort_by(|one, other| other.strength.total_cmp(&one.strength));
    alike
}

/// Those of them that cost more, within what the shopper tends to pay, and are rated no worse.
pub(super) fn better(known: &Known<'_>, product: u32) -> Vec<Suggested> {
    let Some(price) = price(known, product) else {
        return Vec::new();
    };
    let rating = |product| {
        known
            .shelf
            .columns
            .number(known.shelf.schema.role(Role::Rating)?, product)
    };
    let tier = known.tiers.of(product).unwrap_or(1);
    let is_better = |other: &Suggested| {
        let dearer = self::price(known, other.product)
            .is_some_and(|other| (price * STEP_UP.0..=price * STEP_UP.1).contains(&other));
        let rated = match (rating(product), rating(other.product)) {
            (Some(own), Some(other)) => other >= own - RATED_APART,
            _ => true,
        };
        let near = known
            .tiers
            .of(other.product)
            .is_none_or(|other| other <= tier + 2);
        dearer && rated && near
    };
    let mut better = alike(known, product);
    better.retain(is_better);
    for own in &mut better {
        own.reason.model = Model::Better;
    }
    better
}

fn price(known: &Known<'_>, product: u32) -> Option<f64> {
    known
        .shelf
        .columns
        .number(known.shelf.schema.role(Role::Price)?, product)
}

/// What a product says of itself: the values of its facets, without its colour and its size.
fn values(known: &Known<'_>, product: u32) -> FxHashSet<(usize, u32)> {
    let (schema, columns) = (known.shelf.schema, known.shelf.columns);
    let mut values = FxHashSet::default();
    for (position, attribute) in schema.attributes.iter().enumerate() {
        let differs = matches!(attribute.role, Some(Role::Color | Role::Size));
        if !attribute.facet || differs {
            continue;
        }
        let Some((_, codes, per_variant)) = columns.words(position) else {
            continue;
        };
        let rows = columns.rows_of(per_variant, product);
        values.extend(
            rows.flat_map(|row| codes.of(row))
                .map(|code| (position, code)),
        );
    }
    values
}
