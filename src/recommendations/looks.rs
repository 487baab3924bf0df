//! What a product is called without its colour and size: two rows of a feed that differ in these alone are one product
//! to a shopper.

use crate::catalog::schema::Role;
use crate::ranking::Shelf;
use crate::text;

/// The words of a title that are no colour and no size of the product, with its brand.
pub fn look_of(shelf: Shelf<'_>, product: u32, title: &str) -> String {
    let values = |role| {
        let attribute = shelf.schema.role(role);
        attribute.map_or_else(Vec::new, |of| shelf.columns.words_of(of, product))
    };
    let differing = values(Role::Color).into_iter().chain(values(Role::Size));
    let differing: Vec<String> = differing
        .flat_map(text::words)
        .map(|word| word.folded)
        .collect();
    let words = text::words(title).into_iter().map(|word| word.folded);
    let mut look: Vec<String> = words.filter(|word| !differing.contains(word)).collect();
    look.extend(values(Role::Brand).into_iter().map(str::to_owned));
    look.join(" ")
}
