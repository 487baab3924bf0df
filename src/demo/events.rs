//! A month in the shop: every visit follows from a shopper's taste.

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;

use super::catalog::{Product, pick, rng, weighted};
use super::queries;
use super::shoppers::{PRICE_TIERS, Shopper, Taste};
use super::tables::tables;

/// How far back the events reach.
pub const EVENT_DAYS: i64 = 30;
const EVENTS_SALT: u64 = 0xE7E2_7000;
/// No visit begins in the last hour, so that none ends in the future.
const QUIET_SECONDS: i64 = 3_600;
/// How many visits begin in each hour of the day, relative to each other.
const HOURS: [f64; 24] = [
    0.5, 0.2, 0.1, 0.1, 0.1, 0.2, 0.6, 1.3, 1.8, 2.0, 2.2, 2.4, 3.2, 2.8, 2.2, 2.1, 2.3, 2.9, 3.6,
    4.6, 5.4, 5.0, 3.1, 1.4,
];

/// Something a shopper did, in the form that `POST /v1/events` takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub shopper: String,
    pub session: String,
    pub at: Timestamp,
    /// Product ids; empty for a search.
    pub products: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Euros for one piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'static str>,
}

/// A month of events before `now`, oldest first, with ids in that order.
pub fn events(seed: u64, now: Timestamp, products: &[Product], shoppers: &[Shopper]) -> Vec<Event> {
    let shelves = shelves(products);
    let mut events = Vec::with_capacity(90_000);
    for (position, shopper) in shoppers.iter().enumerate() {
        let mut rng = rng(seed, EVENTS_SALT + position as u64);
        for number in 1..=shopper.sessions {
            let session = format!("{}-{number}", shopper.shopper);
            let start = start(now, &mut rng);
            Visit {
                shopper,
                session,
                at: start,
                rng: &mut rng,
                events: &mut events,
            }
            .play(&shelves);
        }
    }
    events.sort_by(|one, other| (one.at, &one.session).cmp(&(other.at, &other.session)));
    for (position, event) in events.iter_mut().enumerate() {
        event.id = format!("demo-{:06}", position + 1);
    }
    events
}

/// The products of every leaf category, by the leaf's position in the tables.
fn shelves(products: &[Product]) -> Vec<Vec<&Product>> {
    let mut shelves = vec![Vec::new(); tables().leaves.len()];
    for product in products {
        shelves[product.leaf].push(product);
    }
    shelves
}

fn start(now: Timestamp, rng: &mut StdRng) -> Timestamp {
    let day_seconds = 86_400;
    let midnight = now.as_second() - now.as_second().rem_euclid(day_seconds);
    loop {
        let days_ago = rng.random_range(0..EVENT_DAYS);
        let hour = HOURS.iter().enumerate().collect::<Vec<_>>();
        let hour = weighted(&hour, |choice| *choice.1, rng).0 as i64;
        let second = midnight - days_ago * day_seconds + hour * 3_600 + rng.random_range(0..3_600);
        if second <= now.as_second() - QUIET_SECONDS {
            return Timestamp::from_second(second).expect("thirty days before now is a valid time");
        }
    }
}

/// One visit while it is being played.
struct Visit<'a> {
    shopper: &'a Shopper,
    session: String,
    at: Timestamp,
    rng: &'a mut StdRng,
    events: &'a mut Vec<Event>,
}

impl Visit<'_> {
    fn play(mut self, shelves: &[Vec<&Product>]) {
        let mut cart: Vec<&Product> = Vec::new();
        let intents = if self.rng.random_bool(0.3) { 2 } else { 1 };
        for _ in 0..intents {
            let shelf = self.shelf(shelves);
            let looked_at = self.choose(shelf);
            let Some(first) = looked_at.first() else {
                continue;
            };
            let searched = self.rng.random_bool(0.45);
            if searched {
                let query = queries::query(first, &self.shopper.tastes, self.rng);
                self.record("search", &[], |event| event.query = Some(query));
            }
            for product in looked_at {
                self.look(product, searched, &mut cart);
            }
            self.turn_down(shelf);
        }
        self.check_out(&cart);
    }

    /// Mostly a favourite group; sometimes anything.
    fn shelf<'p>(&mut self, shelves: &'p [Vec<&'p Product>]) -> &'p [&'p Product] {
        let leaves = &tables().leaves;
        let taste = &self.shopper.tastes;
        let liked: Vec<usize> = (0..leaves.len())
            .filter(|&leaf| taste.category.contains(&leaves[leaf].group.as_str()))
            .collect();
        if self.rng.random_bool(0.78) {
            return &shelves[*pick(&liked, self.rng)];
        }
        let all: Vec<usize> = (0..leaves.len()).collect();
        &shelves[*weighted(&all, |&leaf| leaves[leaf].weight, self.rng)]
    }

    /// The products that appeal most today, the best first: taste plus a day's whim.
    fn choose<'p>(&mut self, shelf: &[&'p Product]) -> Vec<&'p Product> {
        let count = self.rng.random_range(1..=5);
        let mut ranked: Vec<(f64, &Product)> = shelf
            .iter()
            .map(|product| {
                (
                    appeal(product, &self.shopper.tastes) + self.whim(),
                    *product,
                )
            })
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
        ranked
            .into_iter()
            .take(count)
            .map(|(_, product)| product)
            .collect()
    }

    /// Gumbel noise: choosing the largest sum is choosing in proportion to the exponential of the appeal.
    fn whim(&mut self) -> f64 {
        -(-self.rng.random_range(1e-9..1.0_f64).ln()).ln()
    }

    fn look<'p>(&mut self, product: &'p Product, searched: bool, cart: &mut Vec<&'p Product>) {
        if searched {
            self.record("click", &[product], |_| {});
        }
        if !searched || self.rng.random_bool(0.6) {
            self.record("view", &[product], |_| {});
        }
        let delight = (appeal(product, &self.shopper.tastes) / 12.0).clamp(-0.06, 0.2);
        if product.buyable() && self.rng.random_bool(0.1 + delight) {
            self.record("add_to_cart", &[product], |event| sold(event, product, 1));
            cart.push(product);
        } else if self.rng.random_bool(0.04) {
            self.record("wishlist", &[product], |_| {});
        }
    }

    /// Now and then a shopper says what is not wanted: something that does not suit.
    fn turn_down(&mut self, shelf: &[&Product]) {
        let taste = &self.shopper.tastes;
        let unsuitable: Vec<&&Product> = shelf
            .iter()
            .filter(|product| !taste.brand.contains(&product.brand))
            .collect();
        if !unsuitable.is_empty() && self.rng.random_bool(0.04) {
            let product = pick(&unsuitable, self.rng);
            self.record("dismiss", &[product], |_| {});
        }
    }

    fn check_out(&mut self, cart: &[&Product]) {
        if cart.is_empty() || !self.rng.random_bool(0.5) {
            return;
        }
        for product in cart {
            let quantity = if self.rng.random_bool(0.08) { 2 } else { 1 };
            self.record("purchase", &[product], |event| {
                sold(event, product, quantity)
            });
        }
    }

    fn record(
        &mut self,
        kind: &'static str,
        products: &[&Product],
        complete: impl FnOnce(&mut Event),
    ) {
        let mut event = Event {
            id: String::new(),
            kind,
            shopper: self.shopper.shopper.clone(),
            session: self.session.clone(),
            at: self.at,
            products: products.iter().map(|product| product.id.clone()).collect(),
            query: None,
            price: None,
            quantity: None,
            currency: None,
        };
        complete(&mut event);
        self.events.push(event);
        self.at += SignedDuration::from_secs(self.rng.random_range(4..=75));
    }
}

fn sold(event: &mut Event, product: &Product, quantity: u32) {
    let variant = product
        .variants
        .iter()
        .find(|variant| variant.stock > 0)
        .unwrap_or(&product.variants[0]);
    event.price = Some(variant.price);
    event.quantity = Some(quantity);
    event.currency = Some("EUR");
}

/// How well a product suits a taste, on a log scale: 0 is an unknown product of the right price.
pub(crate) fn appeal(product: &Product, taste: &Taste) -> f64 {
    let mut appeal = 1.2 * product.popularity;
    if taste.brand.contains(&product.brand) {
        appeal += 1.7;
    }
    let liked = |variant: &&super::catalog::Variant| {
        variant
            .color
            .is_some_and(|color| taste.color.contains(&color))
    };
    if product.variants.first().as_ref().is_some_and(liked) {
        appeal += 1.3;
    } else if product.variants.iter().any(|variant| liked(&variant)) {
        appeal += 0.8;
    }
    let tier = PRICE_TIERS
        .iter()
        .position(|name| *name == taste.price_tier)
        .unwrap_or(1) as i32
        + 1;
    appeal -= 0.5 * f64::from((tier - i32::from(product.tier)).abs());
    if product
        .gender
        .is_some_and(|gender| gender != "unisex" && gender != taste.gender)
    {
        appeal -= 2.5;
    }
    if !product.buyable() {
        appeal -= 1.0;
    }
    appeal
}
