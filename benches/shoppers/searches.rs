//! What a full profile costs a search, and what an event does to the search right after it.

use std::time::{Duration, Instant};

use endcap::engine::{Engine, Request};
use endcap::journal::{Event, EventKind};
use endcap::publishing::{self, ShopPaths};
use endcap::shoppers::{AffinitySettings, Shoppers};
use jiff::Timestamp;

use crate::shop;

const SEARCHES: usize = 2_000;
/// More than a profile holds of the values of any attribute.
const EVENTS_OF_FULL_PROFILE: usize = 600;
/// So many others looked at five of the products that the shopper looked at last.
const NEIGHBOURS: usize = 5_000;

/// What a full profile costs a search, and what an event does to the search right after it.
pub(crate) fn run(now: Timestamp) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let engine = known(dir.path(), now)?;
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
fn known(dir: &std::path::Path, now: Timestamp) -> anyhow::Result<Engine> {
    shop::write(dir)?;
    let paths = ShopPaths::new(dir, "data");
    let journal = dir.join("data/journal");
    let shoppers = Shoppers::open(&journal, AffinitySettings::default())?;
    let engine = Engine::new(publishing::load(&paths)?, Some(shoppers));
    for number in 0..EVENTS_OF_FULL_PROFILE {
        // Slower than robots.
        let at = now - jiff::SignedDuration::from_secs(number as i64);
        engine.record(vec![viewed(number, at)], now)?;
    }
    let others = (0..5 * NEIGHBOURS).map(|n| Event {
        products: vec![format!("p{}", (n / 5 % 20 + n % 5) * 7)],
        ..Event::new(EventKind::View, format!("neighbour {}", n / 5), now)
    });
    engine.record(others.collect(), now)?;
    Ok(engine)
}

fn viewed(number: usize, at: Timestamp) -> Event {
    Event {
        products: vec![format!("p{}", number * 7 % shop::PRODUCTS)],
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
