//! The shop directory the engine serves: schema, synonyms, 200 rules, and a shopper with a past.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use endcap::catalog::feed::{Feed, Source};
use endcap::catalog::schema::Schema;
use endcap::engine::{Engine, Request};
use endcap::journal::{Event, EventKind};
use endcap::publishing::{self, Built, ShopPaths};
use endcap::shoppers::{AffinitySettings, Shoppers};
use jiff::{Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::catalog::{Words, zipf};
use super::words::invented;

const SCHEMA: &str = include_str!("schema.toml");
const RULES: usize = 200;
const EVENTS: usize = 30;
const SHOPPER: &str = "bench-shopper";
/// Products below this price pass the filter of every request: three in five.
pub const PRICE_BELOW: f64 = 90.0;

/// As many values of a facet as are asked of bare tantivy.
pub const FACET_VALUES: usize = 100;

/// The time at which everything happens.
pub fn now() -> Timestamp {
    "2026-06-15T12:00:00Z".parse().expect("it is a time")
}

/// Writes the shop's files.
pub fn write_files(shop: &Path, words: &Words, seed: u64, products: usize) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(seed + 1);
    for (file, text) in [
        ("index/schema.toml", SCHEMA.to_string()),
        ("synonyms/en.txt", synonyms(words, &mut random)),
        (
            "merchandising/rules/bench.toml",
            rules(words, seed, products, &mut random),
        ),
    ] {
        let path = shop.join(file);
        fs::create_dir_all(path.parent().context("a file stands in a folder")?)?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// Indexes the feed and publishes it.
pub fn build(
    paths: &ShopPaths,
    feed: &Path,
    progress: impl FnMut(publishing::Progress),
) -> anyhow::Result<Built> {
    let schema = Schema::parse("schema.toml", SCHEMA)
        .map_err(|problems| anyhow::anyhow!("the bench's schema is wrong: {problems:?}"))?;
    let feed = Feed::open(&Source::File(feed.to_path_buf()))?;
    Ok(publishing::build(
        paths,
        &schema,
        vec![feed],
        &publishing::Order::at(Timestamp::UNIX_EPOCH).force("a bench"),
        progress,
    )?)
}

/// Opens the shop, with a shopper who has done thirty things.
pub fn open(
    paths: &ShopPaths,
    journal: &Path,
    words: &Words,
    seed: u64,
    products: usize,
) -> anyhow::Result<Engine> {
    let snapshot = publishing::load(paths)?;
    anyhow::ensure!(
        snapshot.problems.is_empty(),
        "the shop has problems: {:?}",
        snapshot.problems
    );
    let shoppers = Shoppers::open(journal, AffinitySettings::default())?;
    let engine = Engine::new(snapshot, Some(shoppers));
    engine.record(events(words, seed, products), now())?;
    Ok(engine)
}

/// The whole page: filter, three facets, taste, rules.
pub fn request(query: &str) -> Request {
    Request {
        filter: Some(format!("price < {PRICE_BELOW}")),
        facets: ["brand", "category", "color"].map(str::to_string).to_vec(),
        facet_values_max: Some(FACET_VALUES),
        shopper: Some(SHOPPER.to_string()),
        ..Request::new(query, now())
    }
}

/// 50 lines: nouns that mean the same, words nobody's feed has, and other words for adjectives.
fn synonyms(words: &Words, random: &mut StdRng) -> String {
    let unheard = invented(40, 4, random);
    let mut text = String::new();
    for (at, unheard) in unheard.iter().enumerate() {
        let kind = zipf(&words.types, 0.0, random);
        let _ = if at < 15 {
            writeln!(text, "{unheard} => {} {}", kind.modifier, kind.noun)
        } else {
            writeln!(text, "{unheard}, {}", words.adjectives[at - 15])
        };
    }
    for pair in words.types[..120].chunks(12).map(|round| &round[..2]) {
        let _ = writeln!(text, "{}, {}", pair[0].noun, pair[1].noun);
    }
    text
}

/// Rules about product types, so that a query meets few of them.
fn rules(words: &Words, seed: u64, products: usize, random: &mut StdRng) -> String {
    let mut text = String::new();
    for number in 0..RULES {
        let kind = zipf(&words.types, 0.0, random);
        let product = random.random_range(0..products);
        // A brand that the catalog has, however small it is.
        let brand = words.product(seed, product).brand;
        let action = match number % 4 {
            0 => format!("pin = [{{ product = \"p{product}\", position = 2 }}]"),
            1 => format!("boost = [{{ filter = 'brand:{brand}', by = 1.5 }}]"),
            2 => "bury = [{ filter = 'rating < 3' }]".to_string(),
            _ => format!("suppress = [\"p{product}\"]"),
        };
        let _ = writeln!(
            text,
            "[[rule]]\nname = \"rule {number}\"\nwhen = {{ query = {{ contains = \"{} {}\" }} }}\n{action}",
            kind.modifier, kind.noun
        );
    }
    text
}

fn events(words: &Words, seed: u64, products: usize) -> Vec<Event> {
    let mut random = StdRng::seed_from_u64(seed + 2);
    let event = |number: usize| {
        let kind = match number % 10 {
            0 => EventKind::Purchase,
            1 | 2 => EventKind::AddToCart,
            _ => EventKind::View,
        };
        let at = now() - (number as i64 * 7).hours();
        let product = words.product(seed, random.random_range(0..products));
        Event {
            products: vec![product.id],
            ..Event::new(kind, SHOPPER, at)
        }
    };
    (0..EVENTS).map(event).collect()
}
