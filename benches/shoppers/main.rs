//! What shoppers cost. Every way takes how many events and how many shoppers, such as `-- --restart 10000000 1000000`:
//!
//! - without a word: durable ingest in batches of 100 with ids from 4 callers, and then what shoppers cost searches;
//! - `--http`: the same events sent to a server over 4 connections by a client on the same machine;
//! - `--restart`: recording, dying without a word, and opening again, each in a process of its own.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod http;
mod restart;
mod searches;
#[path = "../common/served.rs"]
mod served;
mod shop;

use std::path::Path;
use std::time::Instant;

use endcap::journal::{Entry, Event, EventKind, Evidence};
use endcap::shoppers::{AffinitySettings, Shoppers};
use jiff::Timestamp;

/// The allocator that the program has.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CALLERS: usize = 4;
const BATCH: usize = 100;

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    events: usize,
    shoppers: usize,
}

fn main() -> anyhow::Result<()> {
    // Cargo hands its own flags to benches.
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = words.iter().filter_map(|word| word.parse().ok());
    let size = Size {
        events: numbers.next().unwrap_or(1_000_000),
        shoppers: numbers.next().unwrap_or(100_000),
    };
    let after = |flag: &str| {
        let at = words.iter().position(|word| word == flag)?;
        words.get(at + 1).map(Path::new)
    };
    let now: Timestamp = "2026-11-23T10:00:00Z".parse()?;
    let has = |flag: &str| words.iter().any(|word| word == flag);
    if let Some(dir) = after("--fill") {
        return restart::fill(dir, size, now);
    }
    if let Some(dir) = after("--open") {
        return restart::open(dir);
    }
    if has("--restart") {
        return restart::run(size);
    }
    if has("--http") {
        return http::run(size);
    }
    let dir = tempfile::tempdir()?;
    record(dir.path(), size, now)?;
    searches::run(now)
}

/// Records events by several callers at once.
fn record(dir: &Path, size: Size, now: Timestamp) -> anyhow::Result<Shoppers> {
    let shoppers = Shoppers::open(dir, AffinitySettings::default())?;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let shoppers = &shoppers;
            scope.spawn(move || {
                for batch in 0..size.events / BATCH / CALLERS {
                    let first = (batch * CALLERS + caller) * BATCH;
                    let entries = (first..first + BATCH).map(|n| entry(n, size.shoppers, now));
                    shoppers
                        .record(entries.collect(), now)
                        .expect("the disk takes events");
                }
            });
        }
    });
    let took = started.elapsed().as_secs_f64();
    let counts = shoppers.counts();
    println!(
        "{} events of {} shoppers with ids in {took:.1} s: {:.0} durable events a second",
        counts.accepted,
        counts.names,
        counts.accepted as f64 / took,
    );
    println!(
        "{} profiles in memory; {} records would be replayed",
        counts.resident, counts.entries_to_replay
    );
    Ok(shoppers)
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

/// What a process holds in memory, and at most held, in MB, as Linux says it.
fn memory_mb(process: &str) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mb = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kb.unwrap_or_default() / 1024
    };
    (mb("VmRSS:"), mb("VmHWM:"))
}
