//! How fast a feed becomes a published index, beside bare tantivy indexing the same text.
//!
//! Bare tantivy has as many threads as it gives itself on this machine, its default tokenizer, and the text of every
//! product already in memory, joined: neither reading the feed nor parsing JSON counts for it, and it keeps nothing but
//! the inverted index. The engine starts from the feed's file and ends with a generation that is durable, read back and
//! live: products, columns, dictionaries, documents and the inverted index.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant};

use common::bare::{WRITER_BYTES, texts};
use common::catalog::Product;
use common::measure::percentile;
use common::{Arguments, Cache, shop};
use endcap::publishing::ShopPaths;
use tantivy::schema::{IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{Index, IndexWriter, TantivyDocument};

/// The engine's speed is at least this share of bare tantivy's.
const SPEED_MIN: f64 = 0.5;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read();
    let cache = Cache::open(&arguments)?;
    let texts = read_texts(&cache.feed)?;
    let products = arguments.products() as f64;
    let (mut bare, mut engine) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        bare.push(build_bare(&texts)?);
        engine.push(build_engine(&cache)?);
        println!(
            "round {}: bare tantivy {:.0} products/s, endcap {:.0} products/s",
            round + 1,
            products / bare[round].as_secs_f64(),
            products / engine[round].as_secs_f64()
        );
    }
    let speed = |took: &[Duration]| products / percentile(took.iter().copied(), 0.5).as_secs_f64();
    let ratio = speed(&engine) / speed(&bare);
    let verdict = if ratio >= SPEED_MIN { "PASS" } else { "MISS" };
    println!(
        "median of {} builds of {products} products: bare tantivy {:.0} products/s, endcap {:.0} products/s: \
         {ratio:.2} × (at least {SPEED_MIN} ×) {verdict}",
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

fn build_bare(texts: &[String]) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default().set_index_option(IndexRecordOption::WithFreqs);
    let field = schema.add_text_field(
        "text",
        TextOptions::default().set_indexing_options(indexing),
    );
    let begun = Instant::now();
    let index = Index::create_in_dir(dir.path(), schema.build())?;
    let mut writer: IndexWriter = index.writer(WRITER_BYTES)?;
    for text in texts {
        let mut document = TantivyDocument::new();
        document.add_text(field, text);
        writer.add_document(document)?;
    }
    writer.commit()?;
    Ok(begun.elapsed())
}

fn build_engine(cache: &Cache) -> anyhow::Result<Duration> {
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let paths = ShopPaths::new(&cache.paths.shop, data.path());
    let begun = Instant::now();
    shop::build(&paths, &cache.feed)?;
    Ok(begun.elapsed())
}
