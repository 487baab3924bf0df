//! What merchandising costs: 10,000 rules and 5,000 lines of synonyms beside none, how long it takes to read them, and
//! how long a draft takes to be tried on 100,000 logged queries.
//!
//! `cargo bench --bench rules [-- PRODUCTS]`; 100,000 products when nothing is said.
#![allow(clippy::print_stdout, reason = "a bench prints what it measures")]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures how long things take"
)]

use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

use endcap::catalog::feed::Feed;
use endcap::catalog::schema::Schema;
use endcap::engine::{Engine, Request, RulesSwitch};
use endcap::evaluation::{Searches, back_test};
use endcap::journal::{Event, EventKind};
use endcap::merchandising::Rules;
use endcap::publishing::{self, Order, ShopPaths, rulebook};
use jiff::Timestamp;

const RULES: usize = 10_000;
const SYNONYMS: usize = 5_000;
const SEARCHES: usize = 100_000;
const ROUNDS: usize = 20;

const SCHEMA: &str = "id = \"id\"
[[attribute]]
name = \"title\"
type = \"text\"
role = \"title\"
searched = 3.0
shown = true
[[attribute]]
name = \"brand\"
type = \"keyword\"
role = \"brand\"
searched = 2.0
facet = true
shown = true
[[attribute]]
name = \"category\"
type = \"path\"
role = \"category\"
searched = 1.0
facet = true
[[attribute]]
name = \"price\"
type = \"money\"
role = \"price\"
facet = true
sort = true
shown = true
";

const NOUNS: [&str; 12] = [
    "shoe", "boot", "jacket", "lamp", "desk", "mug", "kettle", "tent", "bike", "puzzle", "drill",
    "cream",
];
const KINDS: [&str; 12] = [
    "trail", "rain", "winter", "desk", "garden", "coffee", "camping", "office", "mountain",
    "wooden", "cordless", "night",
];

/// A word of its own for each number.
fn word(number: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "ko", "ri", "tu", "me", "la", "so", "ni", "pa", "du", "ge", "vo", "shi", "fe", "za",
        "ly",
    ];
    let mut word = String::from("x");
    let mut rest = number;
    for _ in 0..4 {
        word.push_str(SYLLABLES[rest % 16]);
        rest /= 16;
    }
    word
}

fn query(number: usize) -> String {
    let (noun, kind) = (NOUNS[number % 12], KINDS[number / 12 % 12]);
    match number % 3 {
        0 => format!("{kind} {noun}"),
        1 => format!("{} {noun}", word(number / 144 % 400)),
        _ => format!("{kind} {noun} {}", word(number / 144 % 2_000)),
    }
}

fn feed(products: usize) -> Vec<u8> {
    let mut feed = String::new();
    for id in 0..products {
        let (noun, kind) = (NOUNS[id % 12], KINDS[id / 12 % 12]);
        let _ = writeln!(
            feed,
            "{{\"id\": \"{id}\", \"title\": \"{kind} {noun} {} {}\", \"brand\": \"{}\", \"category\": \"{noun} > {kind}\", \"price\": {}}}",
            word(id * 7 % 2_000),
            word(id * 13 % 4_000),
            word(id % 400),
            5 + id % 300
        );
    }
    feed.into_bytes()
}

fn rules(products: usize) -> String {
    let mut text = String::new();
    for number in 0..RULES {
        let (noun, kind) = (NOUNS[number % 12], KINDS[number / 12 % 12]);
        let conditions = match number % 5 {
            0 => format!(
                "query = {{ contains = \"{kind} {noun} {}\" }}",
                word(number % 4_000)
            ),
            1 => format!("query = {{ is = \"{} {noun}\" }}", word(number % 4_000)),
            2 => format!(
                "query = {{ starts = \"{}\" }}, segment = \"vip\"",
                word(number % 4_000)
            ),
            3 => format!(
                "category = \"{noun} > {kind}\", filter = \"price < {}\"",
                10 + number % 90
            ),
            _ => format!(
                "query = {{ any = [\"{} {kind}\", \"{}\"] }}, from = \"2026-01-01\", until = \"2027-01-01\"",
                word(number % 4_000),
                word((number + 9) % 4_000)
            ),
        };
        let _ = writeln!(
            text,
            "[[rule]]\nname = \"rule {number}\"\nwhen = {{ {conditions} }}\npin = [{{ product = \"{}\", position = {} }}]\nboost = [{{ filter = \"brand:{}\", by = 1.4 }}]\n",
            number * 31 % products,
            1 + number % 8,
            word(number % 400)
        );
    }
    text
}

fn synonyms() -> String {
    let line = |number: usize| format!("{}, {}\n", word(number), word(number + 20_000));
    (0..SYNONYMS).map(line).collect()
}

fn main() -> anyhow::Result<()> {
    let asked = std::env::args().find_map(|argument| argument.parse().ok());
    let products = asked.unwrap_or(100_000);
    let dir = tempfile::tempdir()?;
    let paths = ShopPaths::new(dir.path(), "data");
    fs::create_dir_all(paths.shop.join("index"))?;
    fs::write(paths.shop.join("index/schema.toml"), SCHEMA)?;
    let schema = Schema::load(&paths.shop).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let feed = Feed::from_bytes("feed.jsonl", feed(products))?;
    publishing::build(
        &paths,
        &schema,
        vec![feed],
        &Order::at(Timestamp::UNIX_EPOCH),
        |_| {},
    )?;
    let plain = Engine::new(publishing::load(&paths)?, None);

    fs::create_dir_all(paths.shop.join("merchandising/rules"))?;
    fs::create_dir_all(paths.shop.join("synonyms"))?;
    fs::write(
        paths.shop.join("merchandising/rules/all.toml"),
        rules(products),
    )?;
    fs::write(paths.shop.join("synonyms/en.txt"), synonyms())?;
    let snapshot = publishing::load(&paths)?;
    let read = Instant::now();
    let again = publishing::reload(&paths, &snapshot)?;
    let read = read.elapsed();
    let ruled = Engine::new(again, None);
    let count = ruled.snapshot().rules.rules.len();
    anyhow::ensure!(count == RULES, "only {count} rules are read");
    println!("{products} products, {RULES} rules, {SYNONYMS} lines of synonyms");
    report("reload", read, Duration::from_secs(1));

    matching(&plain, &ruled)?;
    trial(&ruled)
}

/// Pages with rules that look at every request and hold for few, beside pages with rules switched off: the same words,
/// the same synonyms.
fn matching(plain: &Engine, ruled: &Engine) -> anyhow::Result<()> {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse()?;
    let (mut on, mut off, mut none) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for number in 0..300 {
            let request = Request {
                facets: vec!["brand".into(), "category".into(), "price".into()],
                ..Request::new(query(number * 37), now)
            };
            let switched_off = Request {
                rules: RulesSwitch::Off,
                ..request.clone()
            };
            for (engine, request, times) in [
                (ruled, &request, &mut on),
                (ruled, &switched_off, &mut off),
                (plain, &request, &mut none),
            ] {
                let started = Instant::now();
                engine.search(request)?;
                // Round 0 warms up.
                if round > 0 {
                    times.push(started.elapsed());
                }
            }
        }
    }
    let p50 = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e6
    };
    let [on, off, none] = [on, off, none].map(p50);
    println!(
        "page p50: {on:.0} µs with rules, {off:.0} µs with rules off, {none:.0} µs in a shop without any"
    );
    let (snapshot, no_rules) = (ruled.snapshot(), Rules::default());
    let (mut matching, mut understanding, mut held) = (Vec::new(), Vec::new(), 0);
    for number in (0..300).cycle().take(300 * ROUNDS) {
        let request = Request::new(query(number * 37), now);
        let started = Instant::now();
        held += ruled
            .held_under(&snapshot, &snapshot.rules, &request)?
            .len();
        matching.push(started.elapsed());
        let started = Instant::now();
        ruled.held_under(&snapshot, &no_rules, &request)?;
        understanding.push(started.elapsed());
    }
    let held = held as f64 / matching.len() as f64;
    let matching = p50(matching) - p50(understanding);
    let share = matching / off;
    let verdict = if share <= 0.10 { "PASS" } else { "MISS" };
    println!(
        "matching takes {matching:.1} µs, {:.1} % of the page's p50, at most 10 %: {verdict}",
        100.0 * share
    );
    println!(
        "{held:.1} rules hold for a query; matching and what they do add {:.1} %",
        100.0 * (on / off - 1.0)
    );
    Ok(())
}

fn trial(engine: &Engine) -> anyhow::Result<()> {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse()?;
    let mut searches = Searches::default();
    for number in 0..SEARCHES {
        let shopper = format!("s{}", number % 5_000);
        searches.add(&Event {
            query: Some(query(number * 101 % 30_000)),
            ..Event::new(EventKind::Search, &shopper, now)
        });
        if number % 3 == 0 {
            searches.add(&Event {
                products: vec![(number % 1_000).to_string()],
                positions: vec![1 + (number % 10) as u32],
                ..Event::new(EventKind::Click, &shopper, now)
            });
        }
    }
    let draft = "[[rule]]\nname = \"draft\"\nboost = [{ filter = \"price < 50\", by = 2 }]\n";
    let snapshot = engine.snapshot();
    let (draft, _) = rulebook::read_draft(&snapshot, "draft", draft)?;
    let started = Instant::now();
    let test = back_test(engine, &draft, &searches, now, |_, _| {})?;
    let took = started.elapsed();
    println!(
        "back-test: {} searches, {} distinct, {} touched, {} measured ({} of the searches)",
        test.searches,
        test.distinct_queries,
        test.queries_touched,
        test.queries_measured,
        test.searches_measured
    );
    report("back-test", took, Duration::from_secs(60));
    Ok(())
}

fn report(what: &str, took: Duration, at_most: Duration) {
    let verdict = if took <= at_most { "PASS" } else { "MISS" };
    println!("{what}: {took:?}, at most {at_most:?}: {verdict}");
}
