//! What both benches need: a synthetic catalog, cached between runs, and bare tantivy to compare with.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each bench is a crate of its own that uses a part of this"
)]
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

pub mod bare;
pub mod catalog;
pub mod measure;
pub mod queries;
pub mod shop;
pub mod words;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use endcap::publishing::ShopPaths;

use catalog::Words;

/// Goes up when the same seed gives another catalog than before.
const CATALOG_VERSION: u32 = 1;
const QUICK_PRODUCTS: usize = 5_000;

/// What a bench can be told.
#[derive(Parser)]
pub struct Arguments {
    /// How many products the synthetic catalog has
    #[arg(long, env = "ENDCAP_BENCH_PRODUCTS", default_value_t = 1_000_000)]
    products: usize,
    /// How often every query is run
    #[arg(long, env = "ENDCAP_BENCH_ROUNDS", default_value_t = 5)]
    pub rounds: usize,
    /// How many queries of each kind, or of builds of each kind
    #[arg(long, default_value_t = 500)]
    queries: usize,
    /// Only shows that it runs: few products, one round
    #[arg(long)]
    quick: bool,
    /// Builds the indexes anew even when they are cached
    #[arg(long)]
    pub fresh: bool,
    /// Runs only one of a, b, c and d, for profiling
    #[arg(long, value_parser = ["a", "b", "c", "d"])]
    pub only: Option<String>,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Set by `cargo bench`; without it, as under `cargo test`, the run is a quick one
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    pub fn read() -> Self {
        let mut arguments = Arguments::parse();
        if arguments.quick() {
            arguments.products = arguments.products.min(QUICK_PRODUCTS);
            arguments.queries = 20;
            arguments.rounds = 1;
        }
        arguments
    }

    pub fn quick(&self) -> bool {
        self.quick || !self.bench
    }

    pub fn products(&self) -> usize {
        self.products
    }

    pub fn queries(&self) -> usize {
        self.queries
    }
}

/// One synthetic shop, in a folder of its own below `target`.
pub struct Cache {
    pub words: Words,
    pub feed: PathBuf,
    pub paths: ShopPaths,
    pub bare: PathBuf,
    dir: PathBuf,
}

impl Cache {
    /// Writes the feed and the shop's files where they are missing.
    pub fn open(arguments: &Arguments) -> anyhow::Result<Self> {
        Cache::of(arguments.products, arguments.seed)
    }

    /// The shop of so many products.
    pub fn of(products: usize, seed: u64) -> anyhow::Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench-cache");
        let dir = target.join(format!("v{CATALOG_VERSION}-seed{seed}-{products}"));
        fs::create_dir_all(&dir)?;
        let words = Words::new(seed);
        let feed = dir.join("feed.jsonl");
        if !feed.exists() {
            println!("writing a feed of {products} products");
            let part = dir.join("feed.part");
            catalog::write_feed(&part, &words, seed, products)?;
            fs::rename(part, &feed)?;
        }
        let paths = ShopPaths::new(dir.join("shop"), "data");
        shop::write_files(&paths.shop, &words, seed, products)?;
        Ok(Cache {
            words,
            feed,
            paths,
            bare: dir.join("bare"),
            dir,
        })
    }

    /// Builds both indexes where they are missing or cannot be read any more.
    pub fn build_indexes(&self, fresh: bool) -> anyhow::Result<()> {
        let whole = self.dir.join("bare.whole");
        if fresh || !whole.exists() {
            println!("building the index of bare tantivy");
            bare::Bare::build(&self.bare, &self.feed)?;
            fs::write(whole, "")?;
        }
        if fresh && self.paths.data.exists() {
            fs::remove_dir_all(&self.paths.data)?;
        }
        self.build_engine()
    }

    /// Builds the engine's index where it is missing or cannot be read any more.
    pub fn build_engine(&self) -> anyhow::Result<()> {
        if endcap::publishing::load(&self.paths).is_err() {
            println!("building the index of the engine");
            if self.paths.data.exists() {
                fs::remove_dir_all(&self.paths.data)?;
            }
            shop::build(&self.paths, &self.feed, |_| {})?;
        }
        Ok(())
    }
}
