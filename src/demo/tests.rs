//! Promises of the demo shop:
//! 1. The same seed and day give the same bytes; another seed gives another shop.
//! 2. Ids are unique, every event names a product that exists, and prices are positive.
//! 3. About 8 % of variants and 4 % of products are sold out.
//! 4. Tastes show in the events, and the faces' blurbs tell the truth.
//! 5. Every picture is small and complete, and the committed rules name products that are made.

mod files;
mod products;
mod tastes;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::*;

struct Shop {
    products: Vec<Product>,
    shoppers: Vec<Shopper>,
    events: Vec<Event>,
}

fn now() -> Timestamp {
    "2026-11-24T09:30:00Z".parse().unwrap()
}

fn shop() -> &'static Shop {
    static SHOP: OnceLock<Shop> = OnceLock::new();
    SHOP.get_or_init(|| {
        let products: Vec<Product> = catalog(SEED, now()).collect();
        let shoppers = shoppers(SEED);
        let events = events(SEED, now(), &products, &shoppers);
        Shop {
            products,
            shoppers,
            events,
        }
    })
}

fn by_id() -> FxHashMap<&'static str, &'static Product> {
    shop()
        .products
        .iter()
        .map(|product| (product.id.as_str(), product))
        .collect()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
