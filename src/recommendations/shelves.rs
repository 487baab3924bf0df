//! What a catalog itself says of which products to show first: in each category, among what is reduced, and among what
//! is new.

use rustc_hash::FxHashMap;

use crate::catalog::schema::Role;
use crate::ranking::Shelf;

/// A category is known by at most so many of its products,
const CATEGORY_MAX: usize = 200;

/// and the whole catalog by so many.
const WHOLE_MAX: usize = 1_000;

/// Products by category and by what stands out, best first.
#[derive(Debug, Default)]
pub struct Shelves {
    by_category: FxHashMap<u32, Vec<u32>>,
    pub(super) popular: Vec<u32>,
    pub(super) newest: Vec<u32>,
    pub(super) reduced: Vec<u32>,
}

impl Shelves {
    /// Reads every product once. What is sold out is left to those who show it.
    pub fn new(shelf: Shelf<'_>) -> Shelves {
        let products: Vec<u32> = (0..shelf.columns.products()).collect();
        let numbers = |role| {
            let attribute = shelf.schema.role(role);
            attribute.map(|attribute| shelf.columns.numbers(attribute, &products))
        };
        let popularity = numbers(Role::Popularity).or_else(|| numbers(Role::Rating));
        let of = |numbers: &Option<Vec<Option<f64>>>, product: u32| {
            let number = numbers.as_ref().and_then(|of| of[product as usize]);
            number.unwrap_or(f64::NEG_INFINITY)
        };
        let mut popular = products.clone();
        // The sort is stable, so that equals keep the order of the feed.
        popular.sort_by(|one, other| {
            let by = |product: &u32| of(&popularity, *product);
            by(other).total_cmp(&by(one))
        });
        let mut by_category: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for product in &popular {
            let own = category_of(shelf, *product);
            let levels = std::iter::successors(own, |below| category_above(shelf, *below));
            for category in levels {
                let of_category = by_category.entry(category).or_default();
                if of_category.len() < CATEGORY_MAX {
                    of_category.push(*product);
                }
            }
        }
        let (price, list_price) = (numbers(Role::Price), numbers(Role::ListPrice));
        let is_reduced = |product: &&u32| of(&price, **product) < of(&list_price, **product);
        let reduced = popular.iter().filter(is_reduced).take(WHOLE_MAX).copied();
        let reduced: Vec<u32> = if price.is_some() {
            reduced.collect()
        } else {
            Vec::new()
        };
        let released = numbers(Role::Released);
        let mut newest: Vec<u32> = products;
        newest.retain(|product| of(&released, *product) > f64::NEG_INFINITY);
        newest.sort_by(|one, other| of(&released, *other).total_cmp(&of(&released, *one)));
        newest.truncate(WHOLE_MAX);
        popular.truncate(WHOLE_MAX);
        Shelves {
            by_category,
            popular,
            newest,
            reduced,
        }
    }

    /// The products of a category.
    pub(super) fn category(&self, category: u32) -> &[u32] {
        self.by_category.get(&category).map_or(&[], Vec::as_slice)
    }
}

/// The code of the category that a product is in, without those above it.
pub fn category_of(shelf: Shelf<'_>, product: u32) -> Option<u32> {
    let (_, codes, per_variant) = shelf.columns.words(shelf.schema.role(Role::Category)?)?;
    let mut rows = shelf.columns.rows_of(per_variant, product);
    rows.find_map(|row| codes.lowest(row).next())
}

/// The category that a category is in.
pub(super) fn category_above(shelf: Shelf<'_>, category: u32) -> Option<u32> {
    let (_, codes, _) = shelf.columns.words(shelf.schema.role(Role::Category)?)?;
    codes.parent(category)
}

/// Whether a product costs less than it did.
pub(super) fn is_reduced(shelf: Shelf<'_>, product: u32) -> bool {
    let number = |role| shelf.columns.number(shelf.schema.role(role)?, product);
    match (number(Role::Price), number(Role::ListPrice)) {
        (Some(price), Some(list_price)) => price < list_price,
        _ => false,
    }
}
