//! Promises, of the built binary:
//! 1. A feed never seen before becomes a shop that answers: `init`, `index`, `search`, `check`, `eval`.
//! 2. It exits 0 when done, 1 when it found problems, 2 when it was asked wrongly, and never panics.
//! 3. A feed that is empty, cut short or hopeless changes nothing; one that is only partly bad says which lines.
//! 4. Damaged data and unknown settings are said in a sentence that names them; `check` names file and line.

use std::fs;
use std::io::Write;

use expect_test::expect;
use serde_json::json;

use crate::folder::{Folder, TABLE, folder, indexed};
use crate::process::endcap;
use crate::shop::feed_of;

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
        reading DIR/feed.csv (CSV)
        generation 1 is live: 3 products, 3 variants, 0 lines refused
    "#]]
    .assert_eq(
        &built
            .stdout
            .replace(folder.dir.path().to_str().unwrap(), "DIR"),
    );
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
        error: feed DIR/picture.png is in no known format: it starts with `�PNG`, which is neither a JSON object nor a header of two or more columns; write JSON Lines, a JSON array, CSV, TSV, RSS, Atom or Parquet, plain or as .gz, .zst or .zip
    "#]]);
    let missing = folder.index("missing.jsonl").exits(1);
    expect![[r#"
        error: feed DIR/missing.jsonl cannot be opened: No such file or directory (os error 2)
    "#]]
    .assert_eq(&missing.complaint(folder.dir.path()));
    let part = "{\"id\": \"1\", \"title\": \"Red shoes\"}\n";
    folder.check_refused("part.jsonl", part.as_bytes(), expect![[r#"
        error: DIR/part.jsonl changes more than the limits allow, so nothing was published and the live index stays:
          products fall from 3 to 1 (−67 %; `products_lost` allows 20 %)
        if the feed is right, say so with --force "REASON"; the limits are `[limits]` in endcap.toml
    "#]]);
    let part = folder.path("part.jsonl");
    let part = part.to_str().unwrap();
    folder.run(&["index", "--force", " ", part]).exits(2);
    folder
        .run(&["index", "--force", "the others are gone", part])
        .succeeds();
    assert_eq!(folder.ids(""), ["1"]);
}

#[test]
fn what_was_forced_is_written_down_and_can_be_taken_back() {
    let folder = indexed();
    let none = folder.run(&["rollback"]).exits(1);
    expect![[r#"
        error: there is no generation before the live one; no other generation is kept
    "#]]
    .assert_eq(&none.complaint(folder.dir.path()));
    let part = "{\"id\": \"1\", \"title\": \"Red boots\"}\n";
    folder.write("part.jsonl", part);
    folder.index("part.jsonl").exits(1);
    let part = folder.path("part.jsonl");
    let forced = folder
        .run(&["index", "--force", "clearance", part.to_str().unwrap()])
        .succeeds();
    let told = forced
        .stdout
        .replace(folder.dir.path().to_str().unwrap(), "DIR");
    expect![[r#"
        reading DIR/part.jsonl (JSON Lines)
        generation 2 is live: 1 product, 1 variant, 0 lines refused
        0 added, 1 changed, 2 removed
          ~ 1
          - 2, 3
    "#]]
    .assert_eq(&told);
    let back = folder
        .run(&["rollback", "--reason", "that was a mistake"])
        .succeeds();
    expect![[r#"
        generation 1 is live: 3 products, 3 variants, 0 lines refused
    "#]]
    .assert_eq(&back.stdout);
    assert_eq!(folder.ids(""), ["1", "3", "2"]);
    folder.run(&["rollback", "2"]).succeeds();
    assert_eq!(folder.ids(""), ["1"]);
    let history = folder.run(&["history"]).succeeds().stdout;
    let history = history.replace(folder.dir.path().to_str().unwrap(), "DIR");
    // Without the times.
    let history: Vec<&str> = history
        .lines()
        .map(|line| line.split_once("Z ").map_or(line, |(_, told)| told))
        .collect();
    expect![[r#"
        published: DIR/feed.jsonl, generation 1 is live
          3 products, 0 lines refused
        refused: DIR/part.jsonl, generation 1 is live
          DIR/part.jsonl changes more than the limits allow, so nothing was published and the live index stays:
            products fall from 3 to 1 (−67 %; `products_lost` allows 20 %)
          if the feed is right, say so with --force "REASON"; the limits are `[limits]` in endcap.toml
        forced: DIR/part.jsonl, generation 2 is live
          1 product, 0 lines refused
          0 added, 1 changed, 2 removed
          products fall from 3 to 1 (−67 %; `products_lost` allows 20 %)
          clearance
        rolled back: DIR/feed.jsonl, generation 1 is live
          3 products, 0 lines refused
          that was a mistake
        rolled back: DIR/part.jsonl, generation 2 is live
          1 product, 0 lines refused"#]].assert_eq(&history.join("\n"));
}

#[test]
fn a_generation_of_another_format_says_so() {
    let folder = indexed();
    let manifest = folder.path("shop/data/generations/000001/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format\": 3", "\"format\": 9")).unwrap();
    let refused = folder.run(&["search", "red"]).exits(1);
    expect![[r#"
        error: generation 1 is written in format 9 and this endcap reads format 3: run `endcap index FEED` to build the next one, or use the endcap that wrote it
    "#]].assert_eq(&refused.complaint(folder.dir.path()));
    folder.index("feed.jsonl").succeeds();
    folder.run(&["search", "red"]).succeeds();
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
        reading DIR/feed.jsonl (JSON Lines)
        generation 1 is live: 3 products, 3 variants, 4 lines refused
    "#]]
    .assert_eq(&format!(
        "{}{}",
        ended.complaint(folder.dir.path()),
        ended
            .stdout
            .replace(folder.dir.path().to_str().unwrap(), "DIR")
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
    let ended = folder.run(&["search", "red"]).succeeds();
    let told = "generation 7 in DIR/shop/data is damaged: manifest.json: No such file";
    let complaint = ended.complaint(folder.dir.path());
    assert!(
        complaint.contains(told) && complaint.contains("an earlier generation is served"),
        "{complaint}"
    );
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
        error: endcap.toml:2: unknown field `listen_on`, expected one of `listen`, `data_dir`, `body_bytes_max`, `retention_days`, `name`, `limits`, `algolia`
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
        merchandising/rules/a.toml:3: rule `a`, boost: unknown attribute `brnd` at character 1 of the filter `brnd:Acorn`: did you mean `brand`? (the other rules of the file hold)
        merchandising/rules/a.toml:7: rule `b`, suppress: no product `99` in the catalog (check the id; it holds again when the product is indexed)
        4 problems
    "#]].assert_eq(&ended.stdout);
    let problems = folder.run(&["check", "--json"]).exits(1).json();
    assert_eq!(problems.as_array().unwrap().len(), 4);
}

#[test]
fn a_pin_that_is_sold_out_is_an_alert_and_no_failure() {
    let folder = indexed();
    folder.write(
        "shop/merchandising/rules/a.toml",
        "[[rule]]\nname = \"a\"\npin = [{ product = \"2\", position = 1, fallback = \"3\" }]\n[[rule]]\nname = \"b\"\npin = [{ product = \"2\", position = 2 }]\n",
    );
    let ended = folder.run(&["check"]).succeeds();
    expect![[r#"
        merchandising/rules/a.toml:1: rule `a`: pinned product `2` is sold out (`3` stands in; the pin resumes by itself)
        merchandising/rules/a.toml:4: rule `b`: pinned product `2` is sold out (name a fallback; the pin resumes by itself)
        no problems, 2 alerts
    "#]].assert_eq(&ended.stdout);
    let problems = folder.run(&["check", "--json"]).succeeds().json();
    assert_eq!(problems[0]["alert"], true);
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
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
    assert!(schema.contains("\n# Written by `endcap init` for the feed no-id.csv.\n"));
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
fn check_says_what_each_synonym_line_adds() {
    let shop = indexed();
    shop.write(
        "shop/synonyms/en.txt",
        "# what shoppers say\nfootwear => shoes\ngizmo => unheard of\nmug !=> cup\n",
    );
    let lines = shop.run(&["check", "--synonyms", "--json"]).exits(1).json();
    let told: Vec<String> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            format!(
                "{} {} {}",
                line["line"], line["adds"], line["never_matches"]
            )
        })
        .collect();
    assert_eq!(told, ["2 1 false", "3 0 true"]);
}

#[test]
fn starter_synonyms_that_match_nothing_are_no_problem() {
    let shop = indexed();
    shop.write("shop/synonyms/en.txt", "sofa, couch (0.8), settee (0.8)\n");
    let lines = shop.run(&["check", "--synonyms"]).succeeds();
    assert!(lines.stdout.contains("matches nothing in this catalog"));
}
