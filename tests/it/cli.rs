//! Promises, of the built binary:
//! 1. A feed never seen before becomes a shop that answers: `init`, `index`, `search`, `check`, `eval`.
//! 2. It exits 0 when done, 1 when it found problems, 2 when it was asked wrongly, and never panics.
//! 3. A feed that is empty, cut short or hopeless changes nothing; one that is only partly bad says which lines.
//! 4. Damaged data, unknown settings, a port or a shop already in use are said in a sentence that names them.
//! 5. A served shop notices a new generation and changed files without a restart; a bad file leaves the last good one
//!    in force, and `check` names its line.
//! 6. Whatever the server acknowledged is there after it was killed.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::process::{ask, endcap, free_address, serve};
use crate::shop::{columns_of, feed_of, schema_of};

const TABLE: &str = "id | title     | brand | price | stock
                     1  | Red shoes | Acorn | 20    | 3
                     2  | Red socks | Birch | 5.5   | 0
                     3  | Blue hat  | Birch | 12    | 4";

/// A folder with a shop directory `shop` and a feed `feed.jsonl`, not indexed.
struct Folder {
    dir: tempfile::TempDir,
}

fn folder() -> Folder {
    let folder = Folder {
        dir: tempfile::tempdir().unwrap(),
    };
    folder.write("shop/index/schema.toml", schema_of(&columns_of(TABLE)));
    folder.write("feed.jsonl", feed_of(TABLE));
    folder
}

/// The same with its feed indexed.
fn indexed() -> Folder {
    let folder = folder();
    folder.index("feed.jsonl").succeeds();
    folder
}

impl Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs a command on the shop.
    fn run(&self, arguments: &[&str]) -> crate::process::Ended {
        let shop = self.path("shop");
        let mut all = arguments.to_vec();
        all.extend(["--shop", shop.to_str().unwrap()]);
        endcap(&all)
    }

    fn index(&self, feed: &str) -> crate::process::Ended {
        self.run(&["index", self.path(feed).to_str().unwrap()])
    }

    /// Indexes bytes that are refused, and compares the complaint; what was live stays.
    #[track_caller]
    fn check_refused(&self, name: &str, bytes: &[u8], expected: Expect) {
        self.write(name, bytes);
        let complaint = self.index(name).exits(1).complaint(self.dir.path());
        expected.assert_eq(&complaint);
        assert_eq!(self.ids(""), ["1", "3", "2"]);
    }

    fn ids(&self, query: &str) -> Vec<Value> {
        let page = self.run(&["search", query, "--json"]).succeeds().json();
        let hits = page["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["id"].clone()).collect()
    }
}

#[test]
fn a_feed_never_seen_before_becomes_a_shop_that_answers() {
    let folder = Folder {
        dir: tempfile::tempdir().unwrap(),
    };
    let feed = folder.write(
        "feed.csv",
        "sku,name,manufacturer,price,qty\nA-1,Oak table,Acorn,120.00,3\nA-2,Oak chair,Acorn,45.50,0\nB-1,Tin lamp,Birch,30.00,9\n",
    );
    let (feed, shop) = (feed.to_str().unwrap().to_string(), folder.path("shop"));
    let shop = shop.to_str().unwrap();
    let looked = endcap(&["init", shop, "--from", &feed]).succeeds();
    assert!(
        looked.stdout.contains("next: endcap index"),
        "{}",
        looked.stdout
    );
    let again = endcap(&["init", shop, "--from", &feed]).exits(1);
    expect![[r#"
        error: DIR/shop/endcap.toml is there already; move it away, or choose another directory
    "#]]
    .assert_eq(&again.complaint(folder.dir.path()));

    let unindexed = folder.run(&["search", "oak"]).exits(1);
    expect![[r#"
        error: nothing is indexed in DIR/shop/data: run `endcap index FEED` first, or `endcap demo` for a shop to try
    "#]].assert_eq(&unindexed.complaint(folder.dir.path()));
    let built = folder.run(&["index", &feed]).succeeds();
    expect![[r#"
        generation 1 is live: 3 products, 3 variants, 0 lines refused
    "#]]
    .assert_eq(&built.stdout);
    folder.run(&["check"]).succeeds();

    let page = folder
        .run(&["search", "oak", "--json", "--facets", "*"])
        .succeeds()
        .json();
    assert_eq!(page["total"], 2);
    assert_eq!(page["hits"][0]["id"], "A-1");
    assert_eq!(page["query_id"].as_str().unwrap().len(), 32);
    let told = folder
        .run(&["search", "oak", "--explain"])
        .succeeds()
        .stdout;
    assert!(
        told.contains("Oak chair") && told.contains("sold out"),
        "{told}"
    );
}

#[test]
fn eval_measures_and_says_which_lines_are_bad() {
    let folder = indexed();
    let queries = folder.write("queries.tsv", "q1\tred shoes\nq2\thats\n");
    let qrels = folder.write("qrels.txt", "q1 0 1 3\nq1 0 2 1\nq2 0 3 2\n");
    let (queries, qrels) = (queries.to_str().unwrap(), qrels.to_str().unwrap());
    let eval = ["eval", "--queries", queries, "--qrels", qrels, "--json"];
    let report = folder.run(&eval).succeeds().json();
    assert_eq!(
        (&report["queries"], &report["ndcg@10"]),
        (&json!(2), &json!(1.0))
    );
    folder.write("qrels.txt", "q1 0 1 3\nq1 1\n");
    let ended = folder.run(&eval).exits(1);
    expect![[r#"
        qrels.txt:2: `q1 1` cannot be read (write `query_id 0 product_id grade`)
    "#]]
    .assert_eq(&ended.complaint(folder.dir.path()));
}

#[test]
fn bad_usage_exits_with_2() {
    let folder = indexed();
    for arguments in [
        &["search", "--fitler", "brand:Acorn"][..],
        &["sreve"],
        &["index"],
        &["search", "--page", "two"],
        &["search", "--page", "0"],
        &["search", "--filter", "brnd:Acorn"],
        &["search", "--sort", "price"],
        &["search", "--facets", "nothing"],
        &["serve"],
        &["serve", "--open", "--listen", "here"],
        &["serve", "--open", "--listen", "0.0.0.0:0"],
    ] {
        folder.run(arguments).exits(2);
    }
    let ended = folder.run(&["search", "--filter", "brnd:Acorn"]);
    expect![[r#"
        error: unknown attribute `brnd` at character 1 of the filter `brnd:Acorn`: did you mean `brand`?
    "#]].assert_eq(&ended.stderr);
    endcap(&["--version"]).succeeds();
    endcap(&["--help"]).succeeds();
}

#[test]
fn a_hopeless_feed_changes_nothing() {
    let folder = indexed();
    let feed = feed_of(TABLE);
    folder.check_refused(
        "empty.jsonl",
        b"",
        expect![[r#"
        error: feed DIR/empty.jsonl is empty
    "#]],
    );
    folder.check_refused(
        "header.csv",
        b"id,title\n",
        expect![[r#"
        error: DIR/header.csv has no usable product (0 refused): it has no rows
    "#]],
    );
    folder.check_refused("cut.jsonl", &feed.as_bytes()[..feed.len() - 9], expect![[r#"
        error: DIR/cut.jsonl is truncated, so nothing was published and the live index stays: send the whole feed again
    "#]]);
    let packed = gzipped(feed.repeat(50).as_bytes());
    folder.check_refused("cut.jsonl.gz", &packed[..packed.len() / 2], expect![[r#"
        error: DIR/cut.jsonl.gz is truncated, so nothing was published and the live index stays: send the whole feed again
    "#]]);
    folder.check_refused("no-id.jsonl", b"{\"title\": \"Lamp\"}\n", expect![[r#"
        error: DIR/no-id.jsonl has no usable product (1 refused): DIR/no-id.jsonl:1: has no id, column `id` is empty or missing
    "#]]);
    folder.check_refused("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0", expect![[r#"
        error: feed DIR/picture.png is in no known format: it starts with `�PNG`, which is neither a JSON object nor a header of two or more columns; write JSON Lines, a JSON array, CSV or TSV, plain or as .gz or .zst
    "#]]);
    let part = "{\"id\": \"1\", \"title\": \"Red shoes\"}\n";
    folder.check_refused("part.jsonl", part.as_bytes(), expect![[r#"
        error: DIR/part.jsonl would leave 1 of 3 products, so nothing was published and the live index stays: send the whole catalog, or say --allow-shrink if so many are gone
    "#]]);
    let missing = folder.index("missing.jsonl").exits(1);
    expect![[r#"
        error: feed DIR/missing.jsonl cannot be opened: No such file or directory (os error 2)
    "#]]
    .assert_eq(&missing.complaint(folder.dir.path()));
    let part = folder.path("part.jsonl");
    folder
        .run(&["index", "--allow-shrink", part.to_str().unwrap()])
        .succeeds();
    assert_eq!(folder.ids(""), ["1"]);
}

#[test]
fn init_says_when_a_feed_tells_products_apart_by_nothing() {
    let folder = Folder {
        dir: tempfile::tempdir().unwrap(),
    };
    let init = |name: &str, bytes: &str| {
        let feed = folder.write(name, bytes);
        let shop = folder.path(&format!("shop-of-{name}"));
        endcap(&[
            "init",
            shop.to_str().unwrap(),
            "--from",
            feed.to_str().unwrap(),
        ])
    };
    let empty = init("header.csv", "id,title\n").exits(1);
    expect![[r#"
        error: DIR/header.csv has no rows: there is nothing to look at
    "#]]
    .assert_eq(&empty.complaint(folder.dir.path()));
    assert!(!folder.path("shop-of-header.csv").exists());
    let without = init(
        "no-id.csv",
        &format!("title,price\n{}", "Mug,5\n".repeat(9)),
    )
    .succeeds();
    expect![[r#"
        DIR/no-id.csv: no column tells products apart: `title` was taken, and of its values in 9 rows only 1 differ (add a column with an id, or name the right one as `id` in index/schema.toml)
    "#]].assert_eq(&without.complaint(folder.dir.path()));
    let schema = fs::read_to_string(folder.path("shop-of-no-id.csv/index/schema.toml")).unwrap();
    assert!(schema.starts_with("# Written by `endcap init` for the feed no-id.csv.\n"));
}

#[test]
fn a_reader_who_leaves_early_is_no_reason_to_panic() {
    let folder = indexed();
    for arguments in [&["search", "red"][..], &["search", "--json"], &["check"]] {
        let shop = folder.path("shop");
        let mut all = arguments.to_vec();
        all.extend(["--shop", shop.to_str().unwrap()]);
        crate::process::endcap_to_nobody(&all).succeeds();
    }
}

#[test]
fn a_partly_bad_feed_says_which_lines() {
    let folder = folder();
    let mut feed = b"{\"id\": \"1\", \"title\": \"Caf\xe9 chair\"}\n".to_vec();
    feed.extend(
        b"{\"id\": \"2\", \"title\": \"Lamp\"}\n{\"id\": \"2\", \"title\": \"Other lamp\"}\n",
    );
    feed.extend(b"{\"title\": \"No id\"}\n{\"id\": \"4\"}\n{\"id\": \"5\", \"title\"\n");
    feed.extend(b"{\"id\": \"6\", \"title\": \"Mug\", \"price\": \"cheap\"}\n");
    folder.write("feed.jsonl", feed);
    let ended = folder.index("feed.jsonl").exits(1);
    expect![[r#"
        DIR/feed.jsonl:3: product `2` is there twice, the first is on line 2
        DIR/feed.jsonl:4: has no id, column `id` is empty or missing
        DIR/feed.jsonl:5: product `4` has no title
        DIR/feed.jsonl:6: is not valid JSON: EOF while parsing an object at column 0
        DIR/feed.jsonl:7: `price`: `cheap` is not a number
        DIR/feed.jsonl: line 1 is not UTF-8 and was read as Windows-1252 (export the feed as UTF-8)
        generation 1 is live: 3 products, 3 variants, 4 lines refused
    "#]]
    .assert_eq(&format!(
        "{}{}",
        ended.complaint(folder.dir.path()),
        ended.stdout
    ));
    assert_eq!(folder.ids("cafe"), ["1"]);
    assert_eq!(folder.ids("other"), [""; 0]);
}

#[test]
fn damaged_data_is_named() {
    let folder = indexed();
    let generation = "shop/data/generations/000001";
    let files = fs::read_dir(folder.path(generation)).unwrap().flatten();
    let files = files.filter(|file| file.path().is_file());
    for name in files.map(|file| file.file_name().into_string().unwrap()) {
        let path = format!("{generation}/{name}");
        let whole = fs::read(folder.path(&path)).unwrap();
        folder.write(&path, &whole[..whole.len() / 2]);
        let ended = folder.run(&["search", "red"]).exits(1);
        assert!(
            ended.stderr.contains("generation 1"),
            "{name}: {}",
            ended.stderr
        );
        folder.write(&path, whole);
    }
    folder.write("shop/data/live", "7\n");
    let ended = folder.run(&["search", "red"]).exits(1);
    expect![[r#"
        error: generation 7 in DIR/shop/data is damaged: manifest.json: No such file or directory (os error 2); run `endcap index FEED` to build the next one
    "#]].assert_eq(&ended.complaint(folder.dir.path()));
    folder.index("feed.jsonl").succeeds();
    assert_eq!(folder.ids("red"), ["1", "2"]);
}

#[test]
fn a_damaged_journal_is_named() {
    let folder = indexed();
    folder
        .run(&["search", "red", "--shopper", "anna"])
        .succeeds();
    let journal = fs::read_dir(folder.path("shop/data/journal")).unwrap();
    for entry in journal.flatten() {
        fs::write(entry.path(), b"garbage").unwrap();
    }
    let ended = folder.run(&["search", "red", "--shopper", "anna"]).exits(1);
    assert!(ended.stderr.contains("is damaged"), "{}", ended.stderr);
}

#[test]
fn unknown_settings_are_refused() {
    let folder = indexed();
    folder.write(
        "shop/endcap.toml",
        "name = \"Corner\"\nlisten_on = \"127.0.0.1:1\"\n",
    );
    let ended = folder.run(&["search", "red"]).exits(2);
    expect![[r#"
        error: endcap.toml:2: unknown field `listen_on`, expected one of `listen`, `data_dir`, `body_bytes_max`, `name`
    "#]].assert_eq(&ended.stderr);
    folder.write("shop/endcap.toml", "name = \"Corner\n");
    let ended = folder.run(&["check"]).exits(2);
    expect![[r#"
        error: endcap.toml:1: invalid basic string, expected `"`
    "#]]
    .assert_eq(&ended.stderr);
}

#[test]
fn check_names_file_line_and_what_to_write() {
    let folder = indexed();
    expect![[r#"
        no problems
    "#]]
    .assert_eq(&folder.run(&["check"]).succeeds().stdout);
    folder.write("shop/synonyms/en.txt", "tv, television\ngpu =>\n");
    folder.write(
        "shop/merchandising/rules/a.toml",
        "[[rule]]\nname = \"a\"\nboost = [{ filter = \"brnd:Acorn\" }]\n\n[[rule]]\nname = \"b\"\nsuppress = [\"99\"]\n",
    );
    folder.write(
        "shop/index/ranking.toml",
        "[recipe.default]\nimpact = 200\n",
    );
    let ended = folder.run(&["check"]).exits(1);
    expect![[r#"
        index/ranking.toml: recipe `default`: `impact` must be between 0 and 100 (it has no effect until it is mended)
        synonyms/en.txt:2: one side of `gpu =>` is empty (write for example `gpu => graphics card`)
        merchandising/rules/a.toml:1: rule `a`, boost: unknown attribute `brnd` at character 1 of the filter `brnd:Acorn`: did you mean `brand`? (the other rules of the file hold)
        merchandising/rules/a.toml:5: rule `b`, suppress: no product `99` in the catalog (check the id; it holds again when the product is indexed)
        4 problems
    "#]].assert_eq(&ended.stdout);
    let problems = folder.run(&["check", "--json"]).exits(1).json();
    assert_eq!(problems.as_array().unwrap().len(), 4);
}

#[test]
fn a_shop_is_served_once_and_a_port_is_used_once() {
    let folder = indexed();
    let server = serve(&folder.path("shop"));
    let other = free_address();
    let again = folder
        .run(&["serve", "--open", "--listen", &other])
        .exits(1);
    assert!(
        again.stderr.contains("is in use by another process"),
        "{}",
        again.stderr
    );
    let elsewhere = indexed();
    let ended = elsewhere
        .run(&["serve", "--open", "--listen", &server.address])
        .exits(1);
    let told = ended.stderr.replace(&server.address, "ADDRESS");
    expect![[r#"
        error: ADDRESS is in use by another process: stop it, or choose another port with --listen
    "#]]
    .assert_eq(&told);
    assert_eq!(server.get("/health").unwrap().0, 200);
}

#[test]
fn a_new_generation_is_picked_up_while_served() {
    let folder = indexed();
    let server = serve(&folder.path("shop"));
    let (_, ready) = server.get("/ready").unwrap();
    assert_eq!(
        (&ready["generation"], &ready["products"]),
        (&json!(1), &json!(3))
    );
    folder.write(
        "next.jsonl",
        "{\"id\": \"9\", \"title\": \"Green vest\"}\n{\"id\": \"10\", \"title\": \"Mug\"}\n",
    );
    folder.index("next.jsonl").succeeds();
    server.wait_until("/ready", |ready| {
        ready["generation"] == 2 && ready["products"] == 2
    });
    let (_, page) = server.get("/v1/search?q=vests").unwrap();
    assert_eq!(page["hits"][0]["id"], "9");
    folder.write(
        "cut.jsonl",
        "{\"id\": \"1\", \"title\": \"Hat\"}\n{\"id\": \"2\", \"ti",
    );
    folder.index("cut.jsonl").exits(1);
    assert_eq!(server.get("/ready").unwrap().1["generation"], 2);
}

#[test]
fn a_bad_rule_file_leaves_the_last_good_one_in_force_while_served() {
    let folder = indexed();
    let name = "shop/merchandising/rules/recall.toml";
    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n");
    let server = serve(&folder.path("shop"));
    let hats = "/v1/search?q=red";
    assert_eq!(server.get(hats).unwrap().1["hits"][0]["id"], "2");

    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"\n");
    server.wait_until("/ready", |ready| {
        ready["problems"] == 1 && ready["rules"] == 1
    });
    assert_eq!(server.get(hats).unwrap().1["total"], 1);
    let ended = folder.run(&["check"]).exits(1);
    expect![[r#"
        merchandising/rules/recall.toml:3: unclosed array, expected `]` (the last good version stays in force until it is mended)
        1 problem
    "#]].assert_eq(&ended.stdout);

    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"2\"]\n");
    server.wait_until("/ready", |ready| ready["problems"] == 0);
    assert_eq!(server.get(hats).unwrap().1["hits"][0]["id"], "1");
}

#[test]
fn rules_and_synonyms_written_for_the_first_time_are_noticed_while_served() {
    let folder = indexed();
    let server = serve(&folder.path("shop"));
    folder.write("shop/synonyms/en.txt", "cap, hat\n");
    server.wait_until("/ready", |ready| ready["synonyms"] != 0);
    let rule = |id: &str| format!("[[rule]]\nname = \"r\"\nsuppress = [\"{id}\"]\n");
    folder.write("shop/merchandising/rules/first.toml", rule("1"));
    server.wait_until("/v1/search?q=red", |page| page["total"] == 1);
    folder.write("shop/merchandising/rules/second.toml", rule("2"));
    server.wait_until("/v1/search?q=red", |page| page["total"] == 0);
}

#[test]
fn every_acknowledged_event_survives_a_kill() {
    const BATCHES: usize = 100;
    const BATCH: usize = 100;
    const KILLED_AFTER: usize = 20;
    let folder = indexed();
    let shop = folder.path("shop");
    let mut server = serve(&shop);
    let address = server.address.clone();
    let acknowledged = AtomicUsize::new(0);
    let send = |sender: usize| -> Vec<usize> {
        let mut kept = Vec::new();
        for number in (sender..BATCHES).step_by(2) {
            match ask(&address, "POST", "/v1/events", &batch(number, BATCH)) {
                Ok((202, answer)) => {
                    assert_eq!(
                        (&answer["accepted"], &answer["refused"]),
                        (&json!(BATCH), &json!([]))
                    );
                    kept.push(number);
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                Ok((status, answer)) => panic!("{status}: {answer}"),
                Err(_) => break,
            }
        }
        kept
    };
    let kept: Vec<usize> = std::thread::scope(|scope| {
        let senders = [0, 1].map(|sender| scope.spawn(move || send(sender)));
        while acknowledged.load(Ordering::SeqCst) < KILLED_AFTER {
            std::thread::yield_now();
        }
        server.kill();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    assert!(kept.len() >= KILLED_AFTER);
    let server = serve(&shop);
    for number in &kept {
        let (status, answer) = server.post("/v1/events", &batch(*number, BATCH)).unwrap();
        assert_eq!(
            (status, &answer["duplicates"]),
            (202, &json!(BATCH)),
            "batch {number}"
        );
    }
    for number in 0..BATCHES {
        let (status, _) = server.post("/v1/events", &batch(number, BATCH)).unwrap();
        assert_eq!(status, 202);
    }
    let last = server
        .post("/v1/events", &batch(BATCHES - 1, BATCH))
        .unwrap();
    assert_eq!(last.1["duplicates"], BATCH);
}

/// Events of one shopper, each with an id of its own.
fn batch(number: usize, events: usize) -> String {
    let event = |at: usize| {
        json!({
            "id": format!("e{number}-{at}"), "type": "view", "shopper": format!("s{}", number % 7), "products": ["1"],
        })
    };
    json!({"events": (0..events).map(event).collect::<Vec<_>>()}).to_string()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
