//! How fast a feed becomes a published index, beside bare tantivy indexing the same text.
//!
//! Bare tantivy has as many threads as it gives itself on this machine, its default tokenizer and no stemming, memory
//! for a million products, and the text of every product already in memory, joined: neither reading the feed nor
//! parsing JSON counts for it, and it keeps nothing but the inverted index. It is also shown with one thread; the
//! verdict is against its default, which is faster. The engine starts from the feed's file and ends with a generation
//! that is durable, read back and live: products, columns, dictionaries, documents and the inverted index.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use common::bare::{WRITER_BYTES, texts};
use common::catalog::Product;
use common::measure::percentile;
use common::{Arguments, Cache, shop};
use endcap::publishing::ShopPaths;
use tantivy::schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexWriter, TantivyDocument};

/// The allocator that `endcap` has, for all that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The engine's speed is at least this share of bare tantivy's.
const SPEED_MIN: f64 = 0.5;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read();
    let cache = Cache::open(&arguments)?;
    let texts = read_texts(&cache.feed)?;
    let products = arguments.products() as f64;
    let per_second = |took: Duration| products / took.as_secs_f64();
    let one_thread = build_bare(&texts, 1)?;
    println!(
        "bare tantivy with one thread {:.0} products/s",
        per_second(one_thread)
    );
    // As many as its own default.
    let threads = available_parallelism()?.get().min(8);
    let (mut bare, mut engine) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        bare.push(build_bare(&texts, threads)?);
        let (reading, writing) = build_engine(&cache)?;
        engine.push(reading + writing);
        println!(
            "round {}: bare tantivy {:.0} products/s, endcap {:.0} products/s; of a product's {:.2} µs, reading and \
             indexing take {:.2}, writing and checking {:.2}",
            round + 1,
            per_second(bare[round]),
            per_second(engine[round]),
            1e6 / per_second(engine[round]),
            1e6 / per_second(reading),
            1e6 / per_second(writing),
        );
    }
    let speed = |took: &[Duration]| per_second(percentile(took.iter().copied(), 0.5));
    let ratio = speed(&engine) / speed(&bare);
    let verdict = if ratio >= SPEED_MIN { "PASS" } else { "MISS" };
    println!(
        "median of {} builds of {products} products: bare tantivy with {threads} threads {:.0} products/s, endcap {:.0} \
         products/s: {ratio:.2} × (at least {SPEED_MIN} ×) {verdict}",
        arguments.rounds,
        speed(&bare),
        speed(&engine)
    );
    Ok(())
}

fn read_texts(feed: &Path) -> anyhow::Result<Vec<String>> {
    let lines = BufReader::new(File::open(feed)?).lines();
    lines
        .map(|line| {
            let product: Product = serde_json::from_str(&line?)?;
            Ok(texts(&product).join(" "))
        })
        .collect()
}

fn build_bare(texts: &[String], threads: usize) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
    let field = schema.add_text_field(
        "text",
        TextOptions::default().set_indexing_options(indexing),
    );
    let begun = Instant::now();
    let index = Index::create_in_dir(dir.path(), schema.build())?;
    let mut writer: IndexWriter = index.writer_with_num_threads(threads, WRITER_BYTES)?;
    for text in texts {
        let mut document = TantivyDocument::new();
        document.add_text(field, text);
        writer.add_document(document)?;
    }
    writer.commit()?;
    Ok(begun.elapsed())
}

/// How long reading and indexing took, and how long what came after the last product.
fn build_engine(cache: &Cache) -> anyhow::Result<(Duration, Duration)> {
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let paths = ShopPaths::new(&cache.paths.shop, data.path());
    let begun = Instant::now();
    let mut reading = Duration::ZERO;
    shop::build(&paths, &cache.feed, |progress| {
        if progress.finishing {
            reading = begun.elapsed();
        }
    })?;
    Ok((reading, begun.elapsed() - reading))
}
