//! What the five requests cost that InstantSearch sends when one brand, a category two levels deep and a range of
//! prices are chosen, beside the first of them alone: hits and facets, then the values of each choice without it.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod common;

use common::bare::Bare;
use common::measure::{Took, median, ms, percentile, took};
use common::queries::queries;
use common::{Arguments, Cache, shop};
use endcap::engine::{Engine, Request};
use endcap::retrieval::Counting;

/// The allocator that `endcap` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The batch takes at most so many times what its first request takes.
const TIMES_MAX: f64 = 1.7;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read();
    let cache = Cache::open(&arguments)?;
    cache.build_indexes(arguments.fresh)?;
    let (seed, products) = (arguments.seed, arguments.products());
    let bare = Bare::open(&cache.bare, shop::PRICE_BELOW)?;
    let journal = tempfile::tempdir()?;
    let engine = shop::open(&cache.paths, journal.path(), &cache.words, seed, products)?;
    let queries = queries(&bare, &cache.words, seed, products, arguments.queries())?;
    let (mut alone, mut together): (Vec<Took>, Vec<Took>) = Default::default();
    for query in &queries.head {
        let Some(batch) = batch(&engine, query)? else {
            continue;
        };
        let mut rounds: [Vec<Took>; 2] = Default::default();
        for round in 0..=arguments.rounds {
            for (asked, took_by) in [&batch[..1], &batch[..]].into_iter().zip(&mut rounds) {
                let mut pages = Ok(Vec::new());
                let took = took(|| pages = engine.search_all(asked));
                pages?;
                // Round 0 warms up.
                if round > 0 {
                    took_by.push(took);
                }
            }
        }
        alone.push(median(&rounds[0]));
        together.push(median(&rounds[1]));
    }
    let cpu = |took: &[Took], share| ms(percentile(took.iter().map(|took| took.cpu), share));
    println!("{products} products, {} queries", alone.len());
    for share in [0.5, 0.9] {
        let (one, five) = (cpu(&alone, share), cpu(&together, share));
        println!(
            "p{:.0}: one request {one:.3} ms of CPU, five {five:.3} ms: {:.2} times (at most {TIMES_MAX})",
            share * 100.0,
            five / one
        );
    }
    Ok(())
}

/// The requests for a query that finds products of a brand and of a category below another; `None` for others.
fn batch(engine: &Engine, query: &str) -> anyhow::Result<Option<Vec<Request>>> {
    let plain = |facets: &[&str], hits_per_page| Request {
        facets: facets.iter().map(|name| name.to_string()).collect(),
        counting: Counting::List,
        hits_per_page,
        marks: true,
        ..Request::new(query, shop::now())
    };
    let found = engine.search(&plain(&["brand", "category"], 0))?;
    let of = |facet: &str, fits: &dyn Fn(&str) -> bool| {
        let mut values = found.facets.get(facet).into_iter().flatten();
        values
            .find(|value| fits(&value.value))
            .map(|value| value.value.clone())
    };
    let brand = of("brand", &|_| true);
    let category = of("category", &|path| path.matches(" > ").count() == 1);
    let (Some(brand), Some(category)) = (brand, category) else {
        return Ok(None);
    };
    let root = category.split(" > ").next().unwrap_or_default();
    let brand = format!("brand:{brand:?}");
    let (below, above) = (
        format!("category:{category:?}"),
        format!("category:{root:?}"),
    );
    let price = "price >= 10 AND price <= 500".to_string();
    let with = |facets: &[&str], hits_per_page, within: &[&String]| Request {
        within: within.iter().map(|own| own.to_string()).collect(),
        ..plain(facets, hits_per_page)
    };
    let hits = Request {
        query_id: 1,
        ..with(
            &["brand", "category", "price", "color"],
            20,
            &[&brand, &below, &price],
        )
    };
    Ok(Some(vec![
        hits,
        with(&["brand"], 0, &[&below, &price]),
        with(&["price"], 0, &[&brand, &below]),
        with(&["category"], 0, &[&brand, &price, &above]),
        with(&["category"], 0, &[&brand, &price]),
    ]))
}
