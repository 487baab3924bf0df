//! What shoppers cost: durable ingest in batches of 100 with ids from 4 callers, opening again, a profile's memory on
//! disk, re-ranking with a full profile, and a search right after an event beside one without.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use endcap::catalog::feed::Feed;
use endcap::catalog::schema::Schema;
use endcap::engine::{Engine, Request};
use endcap::journal::{Entry, Event, EventKind, Evidence};
use endcap::publishing::{self, Order, ShopPaths};
use endcap::shoppers::{AffinitySettings, Shoppers};
use jiff::Timestamp;

/// The allocator that the program has.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLERS: usize = 4;
const BATCH: usize = 100;

const PRODUCTS: usize = 20_000;
const SEARCHES: usize = 2_000;
/// More than a profile holds of the values of any attribute.
const EVENTS_OF_FULL_PROFILE: usize = 600;

const SCHEMA: &str = r#"
id = "id"
[[attribute]]
name = "title"
type = "text"
role = "title"
searched = 3.0
shown = true
[[attribute]]
name = "brand"
type = "keyword"
role = "brand"
affinity = true
[[attribute]]
name = "category"
type = "path"
role = "category"
affinity = true
[[attribute]]
name = "color"
type = "keyword"
affinity = true
[[attribute]]
name = "material"
type = "keyword"
affinity = true
[[attribute]]
name = "price"
type = "money"
role = "price"
"#;

fn main() -> anyhow::Result<()> {
    // Cargo hands its own flags to benches.
    let numbers = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok());
    let mut numbers = numbers.chain([1_000_000, 100_000]);
    let (events, shoppers_max): (usize, usize) = (
        numbers.next().unwrap_or(1_000_000),
        numbers.next().unwrap_or(100_000),
    );
    let dir = tempfile::tempdir()?;
    let settings = AffinitySettings::default();
    let now: Timestamp = "2026-11-23T10:00:00Z".parse()?;
    let shoppers = Shoppers::open(dir.path(), settings)?;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let shoppers = &shoppers;
            scope.spawn(move || {
                for batch in 0..events / BATCH / CALLERS {
                    let first = (batch * CALLERS + caller) * BATCH;
                    let entries = (first..first + BATCH).map(|n| entry(n, shoppers_max, now));
                    shoppers
                        .record(entries.collect(), now)
                        .expect("the disk takes events");
                }
            });
        }
    });
    let took = started.elapsed();
    let counts = shoppers.counts();
    println!(
        "{} events of {shoppers_max} shoppers with ids in {:.1} s: {:.0} durable events a second; {} profiles in memory",
        counts.accepted,
        took.as_secs_f64(),
        counts.accepted as f64 / took.as_secs_f64(),
        counts.resident,
    );
    println!("resident memory: {} MB", resident_mb());
    let started = Instant::now();
    drop(shoppers);
    println!("closed in {:.1} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let shoppers = Shoppers::open(dir.path(), settings)?;
    println!(
        "opened again in {:.2} s; {} names are known",
        started.elapsed().as_secs_f64(),
        shoppers.counts().names
    );
    for file in std::fs::read_dir(dir.path())? {
        let file = file?;
        println!(
            "  {} MB {}",
            file.metadata()?.len() >> 20,
            file.file_name().to_string_lossy()
        );
    }
    searches(now)
}

/// What a full profile costs a search, and what an event does to the search right after it.
fn searches(now: Timestamp) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let engine = shop(dir.path(), now)?;
    let request = Request {
        shopper: Some("anna".to_owned()),
        impact: Some(100.0),
        ..Request::new("lamp", now)
    };
    // What these find is found once, so what passes between two orders is one re-ranking with all that is personal.
    let same = vec![request.clone(); SEARCHES];
    let (mut times, mut found, mut last) = (Vec::new(), 0, Instant::now());
    engine.orders(&same, |order| {
        found = order.len();
        times.push(last.elapsed());
        last = Instant::now();
    })?;
    println!(
        "re-ranking {found} candidates with a full profile: p50 {:.3} ms, p99 {:.3} ms",
        percentile(&mut times, 0.5),
        percentile(&mut times, 0.99)
    );
    let (mut after, mut without) = (Vec::new(), Vec::new());
    for number in 0..SEARCHES {
        engine.record(vec![viewed(number, now)], now)?;
        for times in [&mut after, &mut without] {
            let started = Instant::now();
            std::hint::black_box(engine.search(&request)?);
            times.push(started.elapsed());
        }
    }
    let (after, without) = (percentile(&mut after, 0.99), percentile(&mut without, 0.99));
    println!(
        "a search right after an event: p99 {after:.3} ms, without {without:.3} ms: {:.2} times",
        after / without
    );
    Ok(())
}

/// A shop whose shopper did more than a profile holds.
fn shop(dir: &std::path::Path, now: Timestamp) -> anyhow::Result<Engine> {
    let mut feed = String::new();
    for n in 0..PRODUCTS {
        writeln!(
            feed,
            r#"{{"id":"p{n}","title":"Desk lamp number {n}","brand":"brand {}","category":"Living > Lamps {}","color":"color {}","material":"material {}","price":{}}}"#,
            n % 300,
            n % 70,
            n % 80,
            n % 90,
            10 + n % 190
        )?;
    }
    let schema = Schema::parse("schema.toml", SCHEMA)
        .map_err(|problems| anyhow::anyhow!("the bench's schema is wrong: {problems:?}"))?;
    let paths = ShopPaths::new(dir, "data");
    let feed = Feed::from_bytes("lamps", feed.into_bytes())?;
    publishing::build(
        &paths,
        &schema,
        vec![feed],
        &Order::at(Timestamp::UNIX_EPOCH).force("a bench"),
        |_| {},
    )?;
    let journal = dir.join("data/journal");
    let shoppers = Shoppers::open(&journal, AffinitySettings::default())?;
    let engine = Engine::new(publishing::load(&paths)?, Some(shoppers));
    for number in 0..EVENTS_OF_FULL_PROFILE {
        // Slower than robots.
        let at = now - jiff::SignedDuration::from_secs(number as i64);
        engine.record(vec![viewed(number, at)], now)?;
    }
    Ok(engine)
}

fn viewed(number: usize, at: Timestamp) -> Event {
    Event {
        products: vec![format!("p{}", number * 7 % PRODUCTS)],
        ..Event::new(EventKind::View, "anna", at)
    }
}

/// The time, in milliseconds, that this share of the times does not exceed.
fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort_unstable();
    let at = (times.len() as f64 * share) as usize;
    let time = times.get(at.min(times.len().saturating_sub(1)));
    time.map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// The `n`th event: somebody looks at something of a catalog with six attributes.
fn entry(n: usize, shoppers: usize, now: Timestamp) -> Entry {
    let mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pick = |bits: u32, count: u64| (mixed >> bits) % count;
    let product = pick(3, 20_000);
    let evidence = |attribute: &str, value: String| Evidence {
        attribute: attribute.into(),
        value,
    };
    Entry {
        event: Event {
            id: Some(format!("event-{n:012}")),
            session: Some(format!("s{}", n / 7)),
            products: vec![format!("p{product}")],
            ..Event::new(
                EventKind::View,
                format!("shopper-{}", pick(17, shoppers as u64)),
                now,
            )
        },
        evidence: vec![
            evidence("~product", format!("p{product}")),
            evidence("brand", format!("brand {}", product % 300)),
            evidence("category", format!("category {}", product % 20)),
            evidence(
                "category",
                format!("category {} > {}", product % 20, product % 200),
            ),
            evidence("color", format!("color {}", product % 16)),
            evidence("price_tier", (product % 5 + 1).to_string()),
        ],
    }
}

/// What the process holds in memory, as Linux says it.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kb.unwrap_or_default() / 1024
}
