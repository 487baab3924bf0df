//! What shoppers like and do.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::super::tables::tables;
use super::*;

#[test]
fn every_event_names_a_product_and_lies_in_the_month() {
    let products = by_id();
    let month = jiff::SignedDuration::from_hours(24 * EVENT_DAYS);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &shop().events {
        assert_eq!(
            event.products.is_empty(),
            event.kind == "search",
            "{}",
            event.id
        );
        assert_eq!(
            event.query.is_some(),
            event.kind == "search",
            "{}",
            event.id
        );
        assert!(
            event
                .products
                .iter()
                .all(|id| products.contains_key(id.as_str())),
            "{}",
            event.id
        );
        assert!(
            event.at <= now() && event.at >= now() - month,
            "{} at {}",
            event.id,
            event.at
        );
        assert!(event.price.is_none_or(|price| price > 0.0));
        *kinds.entry(event.kind).or_default() += 1;
    }
    assert!(shop().events.is_sorted_by_key(|event| event.at));
    let expected = [
        "add_to_cart",
        "click",
        "dismiss",
        "purchase",
        "search",
        "view",
        "wishlist",
    ];
    assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), expected);
    assert!(
        kinds["view"] > kinds["add_to_cart"] && kinds["add_to_cart"] > kinds["purchase"],
        "{kinds:?}"
    );
}

#[test]
fn purchases_follow_the_cart() {
    let carts: FxHashSet<(&str, &str)> = shop()
        .events
        .iter()
        .filter(|event| event.kind == "add_to_cart")
        .map(|event| (event.session.as_str(), event.products[0].as_str()))
        .collect();
    for event in shop()
        .events
        .iter()
        .filter(|event| event.kind == "purchase")
    {
        assert!(
            carts.contains(&(event.session.as_str(), event.products[0].as_str())),
            "{}",
            event.id
        );
    }
}

/// Of the events with a product, what share suits the shopper's taste, and what share would suit another's.
fn lift(suits: impl Fn(&Product, &Taste) -> bool) -> (f64, f64) {
    let shop = shop();
    let products = by_id();
    let position: FxHashMap<&str, usize> = shop
        .shoppers
        .iter()
        .enumerate()
        .map(|(position, shopper)| (shopper.shopper.as_str(), position))
        .collect();
    let (mut own, mut other, mut seen) = (0, 0, 0);
    for event in shop
        .events
        .iter()
        .filter(|event| !matches!(event.kind, "search" | "dismiss"))
    {
        let product = products[event.products[0].as_str()];
        let at = position[event.shopper.as_str()];
        own += usize::from(suits(product, &shop.shoppers[at].tastes));
        other += usize::from(suits(product, &shop.shoppers[(at + 997) % SHOPPERS].tastes));
        seen += 1;
    }
    (share(own, seen), share(other, seen))
}

#[test]
fn tastes_show_in_the_events() {
    let (own, other) = lift(|product, taste| taste.brand.contains(&product.brand));
    assert!(
        own > 0.2 && own > 5.0 * other,
        "brand: {own:.3} against {other:.3}"
    );
    let (own, other) = lift(|product, taste| {
        taste
            .category
            .iter()
            .any(|group| product.category.starts_with(group))
    });
    assert!(
        own > 0.6 && own > 5.0 * other,
        "category: {own:.3} against {other:.3}"
    );
    let liked = |variant: &Variant, taste: &Taste| {
        variant
            .color
            .is_some_and(|color| taste.color.contains(&color))
    };
    let (own, other) =
        lift(|product, taste| product.variants.iter().any(|variant| liked(variant, taste)));
    assert!(own > 1.7 * other, "color: {own:.3} against {other:.3}");
    let (own, other) =
        lift(|product, taste| PRICE_TIERS[usize::from(product.tier) - 1] == taste.price_tier);
    assert!(own > 1.2 * other, "price tier: {own:.3} against {other:.3}");
}

#[test]
fn faces_come_first_and_their_blurbs_are_true() {
    let shop = shop();
    let products = by_id();
    for (face, shopper) in faces().iter().zip(&shop.shoppers) {
        assert_eq!(face.shopper, shopper.shopper);
        let colors = face
            .tastes
            .color
            .iter()
            .filter(|color| face.blurb.to_lowercase().contains(&color.to_lowercase()));
        assert!(
            colors.count() > 0,
            "{} names no favourite colour",
            face.name
        );
        for brand in &face.tastes.brand {
            assert!(
                face.blurb.contains(brand),
                "{} does not name {brand}",
                face.name
            );
        }
        let seen: Vec<&Product> = shop
            .events
            .iter()
            .filter(|event| {
                event.shopper == face.shopper && !matches!(event.kind, "search" | "dismiss")
            })
            .map(|event| products[event.products[0].as_str()])
            .collect();
        let loved = seen
            .iter()
            .filter(|product| face.tastes.brand.contains(&product.brand))
            .count();
        assert!(
            seen.len() > 60,
            "{} did only {} things",
            face.name,
            seen.len()
        );
        assert!(
            share(loved, seen.len()) > 0.3,
            "{}: {loved} of {}",
            face.name,
            seen.len()
        );
    }
}

#[test]
fn tastes_name_what_the_shop_sells() {
    let tables = tables();
    let brands: FxHashSet<&str> = tables
        .brands
        .iter()
        .map(|brand| brand.name.as_str())
        .collect();
    let groups: FxHashSet<&str> = tables
        .leaves
        .iter()
        .map(|leaf| leaf.group.as_str())
        .collect();
    for shopper in &shop().shoppers {
        let taste = &shopper.tastes;
        assert!(
            taste.brand.iter().all(|brand| brands.contains(brand)),
            "{}",
            shopper.shopper
        );
        assert!(
            taste.category.iter().all(|group| groups.contains(group)),
            "{}",
            shopper.shopper
        );
        assert!(
            taste
                .color
                .iter()
                .all(|color| tables.color(color).is_some()),
            "{}",
            shopper.shopper
        );
        assert!(
            PRICE_TIERS.contains(&taste.price_tier),
            "{}",
            shopper.shopper
        );
    }
}
