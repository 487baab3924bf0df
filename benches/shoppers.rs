//! What shoppers cost: durable ingest in batches of 100 with ids from 4 callers, opening again, a profile's memory on
//! disk, and a search right after an event beside one without.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

use std::time::Instant;

use endcap::journal::{Entry, Event, EventKind, Evidence};
use endcap::shoppers::{AffinitySettings, Shoppers};
use jiff::Timestamp;

/// The allocator that the program has.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLERS: usize = 4;
const BATCH: usize = 100;

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
    Ok(())
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
