//! What keeping a catalog fresh costs whoever searches meanwhile: 200 searches a second over HTTP, first with nothing else
//! going on, then under 1,000 changes of price and stock a second, under 50 changes of texts a second, and under a full
//! replace; the p99 of each beside that of quiet. Every change is looked for in the next request.
//!
//! `cargo bench --bench fresh -- --products 20000 --seconds 60`
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod common;
#[path = "common/served.rs"]
mod served;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use common::catalog::Words;
use common::measure::{ms, percentile};
use served::{Connection, Server};

const SEARCHES_A_SECOND: u32 = 200;
const SEARCHERS: u32 = 8;
const PRICES_A_SECOND: usize = 1_000;
const TEXTS_A_SECOND: usize = 50;
/// Changes that are sent at a time.
const PRICES_A_REQUEST: usize = 50;
const TEXTS_A_REQUEST: usize = 5;
const QUICK_PRODUCTS: usize = 2_000;

#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 20_000)]
    products: usize,
    /// How long each part takes
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Set by `cargo bench`; without it, as under `cargo test`, the run is a quick one
    #[arg(long, hide = true)]
    bench: bool,
}

struct Shop {
    words: Words,
    products: usize,
    seed: u64,
    address: String,
    failed: AtomicUsize,
}

fn main() -> anyhow::Result<()> {
    let mut arguments = Arguments::parse();
    if !arguments.bench {
        (arguments.products, arguments.seconds) = (QUICK_PRODUCTS.min(arguments.products), 1);
    }
    let (products, seed) = (arguments.products, arguments.seed);
    let length = Duration::from_secs(arguments.seconds);
    let dir = tempfile::tempdir()?;
    let feed = dir.path().join("feed.jsonl");
    let words = Words::new(seed);
    common::catalog::write_feed(&feed, &words, seed, products)?;
    let paths = endcap::publishing::ShopPaths::new(dir.path().join("shop"), "data");
    common::shop::write_files(&paths.shop, &words, seed, products)?;
    common::shop::build(&paths, &feed, |_| {})?;
    let mut server = Server::start(&paths.shop)?;
    let shop = Shop {
        words,
        products,
        seed,
        address: server.address.clone(),
        failed: AtomicUsize::new(0),
    };
    println!("{products} products, {SEARCHES_A_SECOND} searches a second, {length:?} each");
    let quiet = shop.searched(length, "quiet", None, |_| Ok(String::new()))?;
    shop.searched(length, "prices", Some(quiet), |ended| {
        shop.change_prices(ended)
    })?;
    shop.searched(length, "texts", Some(quiet), |ended| {
        shop.change_texts(ended)
    })?;
    let feed = std::fs::read_to_string(&feed)?;
    shop.searched(length, "replace", Some(quiet), |ended| {
        shop.replace(&feed, ended)
    })?;
    shop.searched(length, "quiet again", Some(quiet), |_| Ok(String::new()))?;
    let failed = shop.failed.load(Ordering::Relaxed);
    println!("failed requests: {failed}");
    server.end(false)?;
    ensure!(failed == 0, "requests failed");
    Ok(())
}

impl Shop {
    /// Searches for so long while something else goes on; the p99 in milliseconds, from when a search should have begun.
    fn searched(
        &self,
        length: Duration,
        what: &str,
        quiet: Option<f64>,
        meanwhile: impl FnOnce(&AtomicBool) -> anyhow::Result<String> + Send,
    ) -> anyhow::Result<f64> {
        let ended = AtomicBool::new(false);
        let (took, told) = std::thread::scope(|scope| {
            let other = scope.spawn(|| meanwhile(&ended));
            let searchers: Vec<_> = (0..SEARCHERS)
                .map(|searcher| scope.spawn(move || self.search(searcher, length)))
                .collect();
            let took = searchers.into_iter().map(|searcher| searcher.join());
            let took: Vec<Duration> = took.flatten().flatten().collect();
            ended.store(true, Ordering::Relaxed);
            let told = other
                .join()
                .unwrap_or_else(|_| anyhow::bail!("it ended early"));
            (took, told)
        });
        let at = |share| ms(percentile(took.iter().copied(), share));
        let (p50, p99) = (at(0.5), at(0.99));
        let ratio = quiet.map_or(String::new(), |quiet| {
            format!(" ({:.2} × quiet)", p99 / quiet)
        });
        println!(
            "{what:12} {} searches, p50 {p50:.2} ms, p99 {p99:.2} ms{ratio} {}",
            took.len(),
            told?
        );
        Ok(p99)
    }

    fn search(&self, searcher: u32, length: Duration) -> Vec<Duration> {
        let mut random = StdRng::seed_from_u64(u64::from(searcher));
        let every = Duration::from_secs(1) * SEARCHERS / SEARCHES_A_SECOND;
        let (began, mut took) = (Instant::now() + every * searcher / SEARCHERS, Vec::new());
        let Ok(mut connection) = Connection::open(&self.address) else {
            self.failed.fetch_add(1, Ordering::Relaxed);
            return took;
        };
        for number in 0.. {
            let due = began + every * number;
            if due > began + length {
                break;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let product = self
                .words
                .product(self.seed, random.random_range(0..self.products));
            let mut words = product.title.split(' ');
            let query = [words.next_back(), words.next_back()]
                .map(Option::unwrap_or_default)
                .join("+");
            let path = format!("/v1/search?q={query}&facets=auto&filter=price+%3C+90");
            match connection.ask("GET", &path, "") {
                Ok(page) if page.contains("\"total\"") => took.push(due.elapsed()),
                _ => {
                    self.failed.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        took
    }

    /// Changes prices and stock until told to end, and looks for one of each batch in the next request.
    fn change_prices(&self, ended: &AtomicBool) -> anyhow::Result<String> {
        let (mut number, mut random) = (0, StdRng::seed_from_u64(11));
        self.change(ended, PRICES_A_SECOND, PRICES_A_REQUEST, |product| {
            number += 1;
            // The last of each request is looked for, by a price that nothing else has.
            let price = match number % PRICES_A_REQUEST {
                0 => 1_000_000.0 + number as f64,
                _ => f64::from(random.random_range(500..15_000)) / 100.0,
            };
            let set = format!(r#""set":{{"price":{price},"stock":{}}}"#, number % 7);
            let sought = format!("/v1/search?q=&filter=price+%3D+{price}");
            (format!(r#"{{"id":"p{product}",{set}}}"#), sought)
        })
    }

    fn change_texts(&self, ended: &AtomicBool) -> anyhow::Result<String> {
        let mut number = 0;
        self.change(ended, TEXTS_A_SECOND, TEXTS_A_REQUEST, |product| {
            number += 1;
            let title = format!(
                "{} fresh{number}",
                self.words.product(self.seed, product).title
            );
            let sought = format!("/v1/search?q=fresh{number}");
            (
                format!(r#"{{"id":"p{product}","set":{{"title":"{title}"}}}}"#),
                sought,
            )
        })
    }

    fn change(
        &self,
        ended: &AtomicBool,
        a_second: usize,
        a_request: usize,
        mut operation: impl FnMut(usize) -> (String, String),
    ) -> anyhow::Result<String> {
        let mut random = StdRng::seed_from_u64(7);
        let mut connection = Connection::open(&self.address)?;
        let every = Duration::from_secs(1) * a_request as u32 / a_second as u32;
        let (began, mut took, mut unseen) = (Instant::now(), Vec::new(), 0);
        for number in 0.. {
            if ended.load(Ordering::Relaxed) {
                break;
            }
            let due = began + every * number;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let product = |random: &mut StdRng| random.random_range(0..self.products);
            let made: Vec<(String, String)> = (0..a_request)
                .map(|_| operation(product(&mut random)))
                .collect();
            let operations: Vec<&str> = made
                .iter()
                .map(|(operation, _)| operation.as_str())
                .collect();
            let body = format!(r#"{{"operations":[{}]}}"#, operations.join(","));
            let sent = Instant::now();
            let answer = connection.ask("PATCH", "/v1/products", &body)?;
            took.push(sent.elapsed());
            if !answer.contains(&format!("\"applied\":{a_request},")) {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
            let page = connection.ask("GET", &made[a_request - 1].1, "")?;
            unseen += usize::from(!page.contains("\"total\":1,"));
        }
        let rate = (took.len() * a_request) as f64 / began.elapsed().as_secs_f64();
        let at = |share| ms(percentile(took.iter().copied(), share));
        Ok(format!(
            "| {rate:.0} changes a second, acknowledged in p50 {:.1} ms, p99 {:.1} ms; not seen by the next request: {unseen} of {}",
            at(0.5),
            at(0.99),
            took.len()
        ))
    }

    /// Replaces the catalog again and again.
    fn replace(&self, feed: &str, ended: &AtomicBool) -> anyhow::Result<String> {
        let mut connection = Connection::open(&self.address)?;
        let (mut replaced, began) = (0, Instant::now());
        while !ended.load(Ordering::Relaxed) {
            let job = connection.ask("POST", "/v1/feeds?force=bench", feed)?;
            let id = job
                .split("\"id\":")
                .nth(1)
                .and_then(|rest| rest.split(',').next());
            let path = format!("/v1/jobs/{}", id.unwrap_or_default());
            loop {
                let job = connection.ask("GET", &path, "")?;
                ensure!(!job.contains("\"failed\""), "{job}");
                if job.contains("\"state\":\"done\"") {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            replaced += 1;
        }
        let each = began.elapsed().as_secs_f64() / f64::from(replaced.max(1));
        Ok(format!("| replaced {replaced} times, {each:.1} s each"))
    }
}
