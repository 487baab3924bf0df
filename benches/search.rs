//! What a whole page costs beside bare tantivy, over the same million products, in one run:
//!
//! (a) bare tantivy: all words, the best 24, nothing else;
//! (b) bare tantivy: any word, the best 24 and the exact count;
//! (c) the same below a price, with tantivy's aggregations for three facets and the range of prices;
//! (d) the engine's whole page as the API answers it: understanding, price filter, exact count, three facets,
//!     re-ranking with affinity, rules, hydration, highlighting, JSON.
//!
//! Every query runs on all four, one after the other, in every round; what counts of a query is the median of its
//! rounds, as wall time and as CPU time of the calling thread.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]

mod common;

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use common::bare::Bare;
use common::measure::{Took, median, ms, percentile, took};
use common::queries::queries;
use common::{Arguments, Cache, shop};
use endcap::engine::{Engine, Request};
use endcap::evaluation::mistyped;
use endcap::query::{LastWord, Spelling};

/// The allocator that `endcap` has, for all that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SYSTEMS: [&str; 4] = [
    "(a) tantivy, all words",
    "(b) tantivy, any word",
    "(c) (b) with facets",
    "(d) endcap, whole page",
];
const PAGE: usize = 3;

/// The page takes at most `times_max` times what another system takes.
struct Target {
    system: usize,
    mix: Mix,
    times_max: f64,
}

const TARGETS: [Target; 3] = [
    Target {
        system: 0,
        mix: Mix::Head,
        times_max: 4.0,
    },
    Target {
        system: 1,
        mix: Mix::Whole,
        times_max: 1.2,
    },
    Target {
        system: 2,
        mix: Mix::Whole,
        times_max: 0.6,
    },
];

#[derive(Clone, Copy, PartialEq)]
enum Mix {
    Head,
    LongTail,
    Whole,
}

/// By query of the mix: the median of each system.
struct Measured {
    is_head: Vec<bool>,
    took: Vec<[Took; 4]>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::read();
    let cache = Cache::open(&arguments)?;
    cache.build_indexes(arguments.fresh)?;
    let (seed, products) = (arguments.seed, arguments.products());
    let bare = Bare::open(&cache.bare, shop::PRICE_BELOW)?;
    let journal = tempfile::tempdir()?;
    let engine = shop::open(&cache.paths, journal.path(), &cache.words, seed, products)?;
    let queries = queries(&bare, &cache.words, seed, products, arguments.queries())?;
    check_totals(&engine, &bare, &queries.head)?;
    println!(
        "{products} products; bare tantivy has {} segments, the engine {}",
        bare.segments(),
        engine.snapshot().catalog.text.segments()
    );
    println!("head, for example: {}", queries.head[..5].join("; "));
    println!(
        "long-tail, for example: {}",
        queries.long_tail[..5].join("; ")
    );
    let mut mix: Vec<(bool, &str)> = Vec::new();
    for (head, long_tail) in queries.head.iter().zip(&queries.long_tail) {
        mix.push((true, head));
        mix.push((false, long_tail));
    }
    let measured = measure(&engine, &bare, &mix, &arguments)?;
    report(&measured);
    report_steps(&engine, &mix)
}

/// What understanding a query costs, understanding a mistyped one, and completing one that is half typed.
fn report_steps(engine: &Engine, mix: &[(bool, &str)]) -> anyhow::Result<()> {
    let snapshot = engine.snapshot();
    let knowledge = snapshot.knowledge(Spelling::Corrected);
    let queries = mix.iter().enumerate();
    let numbered: Vec<(String, String)> = queries
        .map(|(at, (_, query))| (at.to_string(), query.to_string()))
        .collect();
    let mut table = table(&["step", "wall p50", "wall p99"]);
    let mut add = |name: &str, times: Vec<Duration>| {
        let of = |share: f64| format!("{:.3} ms", ms(percentile(times.iter().copied(), share)));
        table.add_row([name.to_string(), of(0.5), of(0.99)]);
    };
    let understood = |queries: &[(String, String)]| -> Vec<Duration> {
        let queries = queries.iter();
        let times =
            queries.map(|(_, query)| took(|| _ = knowledge.understand(query, LastWord::Whole)));
        times.map(|took| took.wall).collect()
    };
    understood(&numbered);
    add("understanding", understood(&numbered));
    add(
        "understanding, one or two typos",
        understood(&mistyped(&numbered, 1)),
    );
    let mut times = Vec::new();
    for (at, (_, query)) in mix.iter().enumerate() {
        let typed: String = query
            .chars()
            .take(1 + at % query.chars().count().max(1))
            .collect();
        let request = Request {
            hits_per_page: 8,
            ..Request::new(typed, shop::now())
        };
        let mut suggested = Ok(Vec::new());
        times.push(took(|| suggested = engine.suggest(&request)).wall);
        suggested?;
    }
    add("suggest, any number of letters typed", times);
    println!("\n{table}");
    Ok(())
}

/// The engine and bare tantivy must find the same products before their times can be compared.
fn check_totals(engine: &Engine, bare: &Bare, head: &[String]) -> anyhow::Result<()> {
    for query in head {
        let request = Request {
            rules: endcap::engine::RulesSwitch::Off,
            ..Request::new(query, shop::now())
        };
        let page = engine.search(&request)?;
        // A small catalog's head queries may find so little that fewer words are asked for.
        // Synonyms and values of attributes find what the words alone do not.
        let understood = &page.understood;
        let finds_more = !understood.synonyms.is_empty() || !understood.attributes.is_empty();
        if understood.relaxed || finds_more {
            continue;
        }
        let (own, theirs) = (page.total, bare.count_all_words(query)?);
        anyhow::ensure!(
            own == theirs,
            "`{query}`: the engine finds {own}, tantivy {theirs}"
        );
    }
    Ok(())
}

fn measure(
    engine: &Engine,
    bare: &Bare,
    mix: &[(bool, &str)],
    arguments: &Arguments,
) -> anyhow::Result<Measured> {
    let (rounds, only) = (arguments.rounds, arguments.only.as_deref());
    let mut samples: Vec<[Vec<Took>; 4]> = mix.iter().map(|_| Default::default()).collect();
    // Round 0 warms up.
    for round in 0..=rounds {
        for (at, (_, query)) in mix.iter().enumerate() {
            for turn in 0..SYSTEMS.len() {
                // Nobody always goes first, when the caches are cold.
                let system = (turn + at + round) % SYSTEMS.len();
                if only.is_some_and(|only| !SYSTEMS[system].starts_with(&format!("({only})"))) {
                    samples[at][system].push(Took::default());
                    continue;
                }
                let took = run(system, engine, bare, query)?;
                if round > 0 {
                    samples[at][system].push(took);
                }
            }
        }
    }
    Ok(Measured {
        is_head: mix.iter().map(|(is_head, _)| *is_head).collect(),
        took: samples
            .iter()
            .map(|systems| std::array::from_fn(|system| median(&systems[system])))
            .collect(),
    })
}

fn run(system: usize, engine: &Engine, bare: &Bare, query: &str) -> anyhow::Result<Took> {
    let mut result = Ok(0);
    let took = took(|| {
        result = match system {
            0 => bare.all_words(query).map_err(anyhow::Error::from),
            1 => bare.any_word(query).map_err(anyhow::Error::from),
            2 => bare
                .any_word_with_facets(query)
                .map_err(anyhow::Error::from),
            _ => page(engine, query),
        }
    });
    result?;
    Ok(took)
}

fn page(engine: &Engine, query: &str) -> anyhow::Result<usize> {
    let page = engine.search(&shop::request(query))?;
    Ok(serde_json::to_vec(&page)?.len())
}

impl Measured {
    /// A percentile of one system over a mix.
    fn of(&self, mix: Mix, system: usize, share: f64, part: fn(&Took) -> Duration) -> Duration {
        let queries = self.is_head.iter().zip(&self.took);
        let wanted = queries.filter(|(is_head, _)| match mix {
            Mix::Head => **is_head,
            Mix::LongTail => !**is_head,
            Mix::Whole => true,
        });
        percentile(wanted.map(|(_, took)| part(&took[system])), share)
    }
}

type Part = (&'static str, fn(&Took) -> Duration);

const PARTS: [Part; 2] = [("wall", |took| took.wall), ("cpu", |took| took.cpu)];
const SHARES: [(&str, f64); 2] = [("p50", 0.5), ("p99", 0.99)];
const MIXES: [(&str, Mix); 3] = [
    ("head", Mix::Head),
    ("long-tail", Mix::LongTail),
    ("whole mix", Mix::Whole),
];

fn report(measured: &Measured) {
    for (mix_name, mix) in MIXES {
        let mut table = table(&[
            mix_name, "wall p50", "wall p99", "cpu p50", "cpu p99", "(d) is",
        ]);
        for (system, name) in SYSTEMS.iter().enumerate() {
            let mut row = vec![name.to_string()];
            let mut times = Vec::new();
            for (_, part) in PARTS {
                for (_, share) in SHARES {
                    let own = measured.of(mix, system, share, part);
                    let page = measured.of(mix, PAGE, share, part);
                    row.push(format!("{:.3} ms", ms(own)));
                    times.push(format!("{:.2}", ms(page) / ms(own)));
                }
            }
            row.push(format!("{} ×", times.join(" / ")));
            table.add_row(row);
        }
        println!("\n{table}");
    }
    let mut table = table(&["target", "", "measured", "at most", ""]);
    for target in TARGETS {
        for (part_name, part) in PARTS {
            for (share_name, share) in SHARES {
                let page = ms(measured.of(target.mix, PAGE, share, part));
                let other = ms(measured.of(target.mix, target.system, share, part));
                let mix = MIXES.iter().find(|(_, mix)| *mix == target.mix);
                table.add_row([
                    format!("(d) / {}", SYSTEMS[target.system]),
                    format!(
                        "{}, {part_name} {share_name}",
                        mix.map_or("", |(name, _)| name)
                    ),
                    format!("{:.2} ×", page / other),
                    format!("{:.1} ×", target.times_max),
                    verdict(page <= target.times_max * other).to_string(),
                ]);
            }
        }
    }
    println!("\n{table}");
}

fn verdict(reached: bool) -> &'static str {
    if reached { "PASS" } else { "MISS" }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY)
        .set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
