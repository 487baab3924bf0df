//! What is sold: sizes, ids, words, prices and stock.

use rustc_hash::FxHashSet;

use super::super::tables::tables;
use super::*;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let print = |seed| {
        let products: Vec<Product> = catalog(seed, now()).take(400).collect();
        let shoppers: Vec<Shopper> = shoppers(seed).into_iter().take(60).collect();
        let events = |products: &[Product]| events(seed, now(), products, &shoppers[..0]).len();
        (
            serde_json::to_string(&products).unwrap(),
            serde_json::to_string(&shoppers).unwrap(),
            events(&products),
        )
    };
    assert_eq!(print(1), print(1));
    assert_ne!(print(1), print(2));
    let again = events(SEED, now(), &shop().products, &shop().shoppers);
    assert!(again == shop().events, "events differ between two runs");
}

#[test]
fn the_shop_has_its_size() {
    let shop = shop();
    assert_eq!(shop.products.len(), PRODUCTS);
    assert_eq!(shop.shoppers.len(), SHOPPERS);
    assert!(
        (60_000..=90_000).contains(&shop.events.len()),
        "{} events",
        shop.events.len()
    );
    let categories: FxHashSet<&str> = shop
        .products
        .iter()
        .map(|product| product.category)
        .collect();
    let roots: FxHashSet<&str> = categories
        .iter()
        .filter_map(|path| path.split(" > ").next())
        .collect();
    assert_eq!((roots.len(), categories.len()), (12, tables().leaves.len()));
    assert!(categories.iter().all(|path| path.split(" > ").count() == 3));
    let brands: FxHashSet<&str> = shop.products.iter().map(|product| product.brand).collect();
    assert_eq!(brands.len(), tables().brands.len());
}

#[test]
fn ids_and_titles_are_unique() {
    let shop = shop();
    let products: FxHashSet<&str> = shop
        .products
        .iter()
        .map(|product| product.id.as_str())
        .collect();
    let titles: FxHashSet<&str> = shop
        .products
        .iter()
        .map(|product| product.title.as_str())
        .collect();
    let events: FxHashSet<&str> = shop.events.iter().map(|event| event.id.as_str()).collect();
    let shoppers: FxHashSet<&str> = shop
        .shoppers
        .iter()
        .map(|shopper| shopper.shopper.as_str())
        .collect();
    assert_eq!((products.len(), titles.len()), (PRODUCTS, PRODUCTS));
    assert_eq!(
        (events.len(), shoppers.len()),
        (shop.events.len(), SHOPPERS)
    );
    let mut variants = FxHashSet::default();
    for variant in shop.products.iter().flat_map(|product| &product.variants) {
        assert!(
            variants.insert(variant.id.as_str()),
            "variant {} twice",
            variant.id
        );
    }
}

#[test]
fn words_are_filled_in() {
    for product in &shop().products {
        for text in [&product.title, &product.description] {
            assert!(
                !text.contains(['{', '}', '|']) && !text.contains("  "),
                "{}: {text}",
                product.id
            );
        }
        assert!(
            product.description.ends_with('.'),
            "{}: {}",
            product.id,
            product.description
        );
    }
}

#[test]
fn prices_are_positive_and_reductions_reduce() {
    for product in &shop().products {
        assert!((0.0..1.0).contains(&product.margin) && (0.0..=1.0).contains(&product.popularity));
        for variant in &product.variants {
            assert!(variant.price > 0.0, "{}", variant.id);
            assert!(
                variant
                    .list_price
                    .is_none_or(|before| before > variant.price),
                "{}",
                variant.id
            );
            let cents = variant.price * 100.0;
            assert!(
                (cents - cents.round()).abs() < 1e-6,
                "{} costs {}",
                variant.id,
                variant.price
            );
        }
    }
}

#[test]
fn as_much_is_sold_out_as_promised() {
    let products = &shop().products;
    let gone = products.iter().filter(|product| !product.buyable()).count();
    let variants: Vec<&Variant> = products
        .iter()
        .flat_map(|product| &product.variants)
        .collect();
    let empty = variants.iter().filter(|variant| variant.stock == 0).count();
    assert!(
        (0.03..0.05).contains(&share(gone, products.len())),
        "{gone} products"
    );
    assert!(
        (0.07..0.09).contains(&share(empty, variants.len())),
        "{empty} of {} variants",
        variants.len()
    );
}

#[test]
fn every_group_has_a_choice_of_brands() {
    for leaf in &tables().leaves {
        assert!(
            leaf.brands.len() >= 3,
            "{} has {} brands",
            leaf.category,
            leaf.brands.len()
        );
    }
}
