//! What recommendations cost: a million products, ten million clicks of sessions, and a thousand requests a second sent
//! on a schedule over connections that stay open, by a client on the same machine. A request that is late counts from
//! when it should have been sent.
//!
//! `-- --clicks 10000000 --rate 1000 --seconds 20`
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser;
use common::Cache;
use common::measure::percentile;
use endcap::api::{self, Limits};
use endcap::engine::Engine;
use endcap::journal::{Event, EventKind};
use endcap::publishing;
use jiff::ToSpan;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// The allocator that the program has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 16;
const BATCH: usize = 10_000;
/// A session has so many clicks, on products that lie near each other.
const SESSION_CLICKS: usize = 5;
/// What is asked for, each as often as the others.
const LISTS: [&str; 5] = ["similar", "complements", "cart", "for_you", "trending"];

#[derive(Parser)]
struct Load {
    #[arg(long, default_value_t = 10_000_000)]
    clicks: usize,
    /// Requests a second.
    #[arg(long, default_value_t = 1_000)]
    rate: usize,
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    #[arg(long, env = "ENDCAP_BENCH_PRODUCTS", default_value_t = 1_000_000)]
    products: usize,
    /// Set by `cargo bench`; without it, as under `cargo test`, the run is a quick one.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let mut load = Load::parse();
    if !load.bench {
        (load.clicks, load.rate, load.seconds, load.products) = (20_000, 100, 1, 5_000);
    }
    let cache = Cache::of(load.products, 1)?;
    cache.build_engine()?;
    let journal = tempfile::tempdir()?;
    let engine = Arc::new(common::shop::open(
        &cache.paths,
        journal.path(),
        &cache.words,
        1,
        load.products,
    )?);
    println!("{} MB with {} products", memory_mb(), load.products);
    let started = Instant::now();
    fill(&engine, &load)?;
    let shoppers = engine
        .shoppers()
        .expect("the bench opens the shop with its shoppers");
    println!(
        "{} clicks of {} sessions on {} products learned in {:.0} s; {} MB",
        shoppers.neighbours().clicks(),
        shoppers.neighbours().len(),
        shoppers.neighbours().products(),
        started.elapsed().as_secs_f64(),
        memory_mb(),
    );
    let address = serve(engine, &cache)?;
    // The first requests read what a snapshot makes when it is first asked for.
    ask_all(&address, &load, 100, 1)?;
    let (took, short) = ask_all(&address, &load, load.rate, load.seconds)?;
    let of = |share: f64| ms(percentile(took.iter().copied(), share));
    println!(
        "{} requests at {} a second over {CONNECTIONS} connections: p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, most {:.2} ms; {short} products short",
        took.len(),
        load.rate,
        of(0.5),
        of(0.9),
        of(0.99),
        of(1.0),
    );
    println!("{} MB at the end", memory_mb());
    Ok(())
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

/// Records sessions through the engine, as the API does.
fn fill(engine: &Engine, load: &Load) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(7);
    let sessions = load.clicks / SESSION_CLICKS;
    let mut events = Vec::with_capacity(BATCH);
    for session in 0..sessions {
        // Some products are met far more often than others.
        let share = random.random::<f64>().powi(3);
        let first = (share * load.products as f64) as usize;
        for click in 0..SESSION_CLICKS {
            let product = (first + random.random_range(0..50)) % load.products;
            let bought = click + 1 == SESSION_CLICKS && session % 10 == 0;
            let kind = if bought {
                EventKind::Purchase
            } else {
                EventKind::View
            };
            let at = common::shop::now() - ((sessions - session) as i64).milliseconds();
            events.push(Event {
                products: vec![format!("p{product}")],
                ..Event::new(kind, format!("shopper-{}", session % 500_000), at)
            });
        }
        if events.len() >= BATCH {
            engine.record(std::mem::take(&mut events), common::shop::now())?;
        }
    }
    engine.record(events, common::shop::now())?;
    Ok(())
}

/// Serves the shop in this process; returns its address.
fn serve(engine: Arc<Engine>, cache: &Cache) -> anyhow::Result<String> {
    let limits = Limits {
        body_bytes_max: 1 << 20,
        retention_days: None,
        publication: publishing::Limits::default(),
    };
    let router = api::router(api::Shop::new(
        engine,
        cache.paths.clone(),
        "Bench".into(),
        limits,
    ));
    let runtime = tokio::runtime::Runtime::new()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?.to_string();
    std::thread::spawn(move || {
        let served = runtime.block_on(async { axum::serve(listener, router).await });
        served.expect("the bench's server ends with the bench");
    });
    Ok(address)
}

/// Asks at a rate; returns how long each answer took, and how many products were missing.
fn ask_all(
    address: &str,
    load: &Load,
    rate: usize,
    seconds: usize,
) -> anyhow::Result<(Vec<Duration>, usize)> {
    let started = Instant::now();
    std::thread::scope(|scope| {
        let callers = (0..CONNECTIONS).map(|caller| {
            scope.spawn(move || ask_some(address, load, caller, rate, seconds, started))
        });
        let callers: Vec<_> = callers.collect();
        let (mut took, mut short) = (Vec::new(), 0);
        for caller in callers {
            let (own, missing) = caller.join().expect("a caller that fails says so")?;
            took.extend(own);
            short += missing;
        }
        Ok((took, short))
    })
}

fn ask_some(
    address: &str,
    load: &Load,
    caller: usize,
    rate: usize,
    seconds: usize,
    started: Instant,
) -> anyhow::Result<(Vec<Duration>, usize)> {
    let mut connection = Connection::open(address)?;
    let mut random = StdRng::seed_from_u64(caller as u64);
    let (mut took, mut short) = (Vec::new(), 0);
    for number in (caller..rate * seconds).step_by(CONNECTIONS) {
        let due = started + Duration::from_secs_f64(number as f64 / rate as f64);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let product = (random.random::<f64>().powi(3) * load.products as f64) as usize;
        let list = LISTS[number / CONNECTIONS % LISTS.len()];
        let shopper = random.random_range(0..500_000);
        let answer = connection.ask(&format!(
            "/v1/recommend?list={list}&products=p{product}&shopper=shopper-{shopper}&count=8"
        ))?;
        took.push(due.elapsed());
        ensure!(answer.starts_with("{\"list\""), "{answer}");
        short += 8 - answer.matches("\"why\":").count().min(8);
    }
    Ok((took, short))
}

struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream: BufReader::new(stream),
        })
    }

    /// The body of the answer.
    fn ask(&mut self, path: &str) -> anyhow::Result<String> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: endcap\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(String::from_utf8(answer)?)
    }
}

/// What this process holds in memory, in MB, as Linux says it.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kb.unwrap_or_default() / 1024
}
