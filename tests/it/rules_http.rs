//! Promises, of `/v1/rules`, `/v1/synonyms` and `/v1/problems`:
//! 1. A rule that is written stands in the file, comments and order kept, and holds in the next request.
//! 2. Whoever writes over somebody else's change is refused; every version can be read, compared and brought back.
//! 3. A file that cannot be read is refused with line and reason, and nothing changes.
//! 4. A trace names every rule, why it did not hold, near misses, and what each changed.
//! 5. A draft is tried on the live shop and on logged searches without being live.
//! 6. Rules go to a sheet and back unchanged.
//! 7. A folder that disappears takes nothing with it; a file too large or cut off is named.

use std::fs;

use axum::http::StatusCode;
use endcap::merchandising::written::WrittenRule;
use endcap::merchandising::{from_sheet, put_rule, to_sheet, written_rules};
use endcap::publishing;
use expect_test::expect;
use serde_json::{Value, json};

use crate::served::{Served, corner_shop, served};
use crate::shop::{shoes, write};

const FILE: &str = "# Our rules.
[[rule]]
name = \"Hats\" # seasonal
when = { query = { is = \"hat\" } }
pin = [{ product = \"1\", position = 2 }]

# Keep this last.
[[rule]]
name = \"Last\"
suppress = [\"2\"]
";

fn with_file() -> Served {
    let shop = corner_shop();
    let (_, before) = shop.json("GET", "/v1/rules/files/rules", "");
    let body = json!({"text": FILE, "version": before["version"], "who": "ann", "why": "season"});
    let (status, told) = shop.json("PUT", "/v1/rules/files/rules", body.to_string());
    assert_eq!(status, StatusCode::OK, "{told}");
    shop
}

fn text(shop: &Served) -> String {
    let (_, file) = shop.json("GET", "/v1/rules/files/rules", "");
    file["text"].as_str().unwrap().to_string()
}

#[test]
fn a_rule_is_written_into_its_file_and_holds_in_the_next_request() {
    let shop = with_file();
    let rule = json!({"rule": {"name": "Hats", "when": {"query": {"is": "hat"}}, "pin": [{"product": "1", "position": 1}]}, "who": "bob"});
    let (status, told) = shop.json("PUT", "/v1/rules/Hats", rule.to_string());
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(shop.titles("/v1/search?q=hat"), ["Red shoes", "Blue hat"]);
    expect![[r#"
        # Our rules.
        [[rule]]
        name = "Hats" # seasonal
        when = { query = { is = "hat" } }
        pin = [{ product = "1", position = 1 }]

        # Keep this last.
        [[rule]]
        name = "Last"
        suppress = ["2"]
    "#]]
    .assert_eq(&text(&shop));
    let new = json!({"rule": {"name": "New", "boost": [{"filter": "brand:Birch"}]}});
    shop.json("PUT", "/v1/rules/New", new.to_string());
    let (status, _) = shop.json("DELETE", "/v1/rules/Last?who=bob", "");
    assert_eq!(status, StatusCode::OK);
    expect![[r##"
        # Our rules.
        [[rule]]
        name = "Hats" # seasonal
        when = { query = { is = "hat" } }
        pin = [{ product = "1", position = 1 }]

        [[rule]]
        name = "New"
        boost = [{ filter = "brand:Birch" }]
    "##]]
    .assert_eq(&text(&shop));
    assert_eq!(shop.titles("/v1/search?q=red"), ["Red shoes", "Red socks"]);
    let (status, _) = shop.json("DELETE", "/v1/rules/Last", "");
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[test]
fn versions_are_kept_compared_and_brought_back() {
    let shop = with_file();
    let (_, history) = shop.json("GET", "/v1/rules/history?file=rules", "");
    let told: Vec<String> = history["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| format!("{} {}", version["who"], version["why"]))
        .collect();
    assert_eq!(told, ["\"ann\" \"season\"", "\"\" \"edited in the file\""]);
    let stale = json!({"text": "", "version": history["versions"][1]["version"]});
    let (status, refused) = shop.json("PUT", "/v1/rules/files/rules", stale.to_string());
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(refused["code"], "version_conflict");
    let (_, diff) = shop.ask("GET", "/v1/rules/diff?file=rules", "");
    assert!(diff.contains("+suppress = [\"2\"]"), "{diff}");
    let undo = json!({"file": "rules", "who": "ann", "why": "too early"});
    let (status, _) = shop.json("POST", "/v1/rules/undo", undo.to_string());
    assert_eq!(status, StatusCode::OK);
    assert!(!text(&shop).contains("Last"));
    shop.json("POST", "/v1/rules/undo", undo.to_string());
    assert_eq!(text(&shop), FILE);
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let shop = with_file();
    for (body, line) in [
        ("[[rule]]\nname = \"x\nsuppress = []\n", ":2:"),
        ("[[rule]]\nname = \"x\"\npins = []\n", ":3:"),
    ] {
        let body = json!({ "text": body });
        let (status, refused) = shop.json("PUT", "/v1/rules/files/rules", body.to_string());
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains(line), "{message}");
    }
    assert_eq!(text(&shop), FILE);
    let (status, _) = shop.json("GET", "/v1/rules/files/..%2F..%2Fendcap", "");
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let body = json!({"text": "tv\n"});
    let (status, _) = shop.json("PUT", "/v1/synonyms/files/en", body.to_string());
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let body = json!({"text": "cap, hat\n"});
    let (status, _) = shop.json("PUT", "/v1/synonyms/files/en", body.to_string());
    assert_eq!(status, StatusCode::OK);
    // The rule about hats holds for what means the same.
    assert_eq!(shop.titles("/v1/search?q=cap"), ["Blue hat", "Red shoes"]);
}

#[test]
fn a_trace_says_what_became_of_every_rule() {
    let shop = with_file();
    let asked = json!({"q": "hat"});
    shop.check(
        "POST",
        "/v1/rules/trace",
        asked.to_string(),
        expect![[r#"
        200
        {
          "query": "hat",
          "spelling": null,
          "total": 2,
          "rules": [
            {
              "name": "Hats",
              "file": "merchandising/rules/rules.toml",
              "line": 2,
              "held": true,
              "does": [
                "pins 1 at 2"
              ],
              "changed": [
                {
                  "product": "1",
                  "without": null,
                  "with": 2
                }
              ]
            },
            {
              "name": "Last",
              "file": "merchandising/rules/rules.toml",
              "line": 8,
              "held": true,
              "does": [
                "suppresses 2"
              ]
            }
          ]
        }
    "#]],
    );
    let asked = json!({"q": "red"});
    let (_, trace) = shop.json("POST", "/v1/rules/trace", asked.to_string());
    assert_eq!(trace["rules"][1]["would_hold_without"], "query is = hat");
}

#[test]
fn a_draft_is_tried_and_not_live() {
    let shop = with_file();
    let search = |id: usize| json!({"type": "search", "shopper": format!("s{id}"), "query": "red", "query_id": format!("{id:032x}")});
    let mut events: Vec<Value> = (0..20).map(search).collect();
    events.extend((0..6).map(|id| {
        json!({"type": "click", "shopper": format!("s{id}"), "products": ["1"], "positions": [1], "query_id": format!("{id:032x}")})
    }));
    let (status, told) = shop.json("POST", "/v1/events", json!({"events": events}).to_string());
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    let draft = "[[rule]]\nname = \"Draft\"\nwhen = { query = { contains = \"red\" } }\npin = [{ product = \"3\", position = 1 }]\n";
    let asked = json!({"draft": draft, "request": {"q": "red"}, "days": 14});
    let (status, preview) = shop.json("POST", "/v1/rules/preview", asked.to_string());
    assert_eq!(status, StatusCode::OK, "{preview}");
    let moved = &preview["moved"];
    expect![[r#"[{"product":"3","without":null,"with":1},{"product":"1","without":1,"with":2}]"#]]
        .assert_eq(&moved.to_string());
    let test = &preview["back_test"];
    let told = [
        "searches",
        "searches_touched",
        "searches_changed",
        "clicks_learned_from",
        "sold_out_shown",
    ]
    .map(|key| format!("{key}: {}", test[key]));
    expect![[r#"
        searches: 20
        searches_touched: 20
        searches_changed: 20
        clicks_learned_from: 6
        sold_out_shown: {"before":0,"after":0}"#]]
    .assert_eq(&told.join("\n"));
    let clicks = |side: &str| test[side]["clicks"].as_f64().unwrap();
    assert!(clicks("expected_before") > 0.0 && clicks("expected_after") > 0.0);
    assert_eq!(shop.titles("/v1/search?q=red"), ["Red shoes"]);
    let (_, used) = shop.json("GET", "/v1/rules/usage", "");
    let last = used["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["name"] == "Last");
    assert_eq!(last.unwrap()["searches"], 20);
    assert_eq!(last.unwrap()["clicks"], 6);
    let hats = used["rules"]
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["name"] == "Hats");
    assert_eq!(hats.unwrap()["last_used"], Value::Null);
}

#[test]
fn synonyms_are_suggested_by_shoppers_and_tried() {
    let shop = corner_shop();
    let mut events = Vec::new();
    for id in 0..3 {
        let shopper = format!("s{id}");
        events.push(json!({"type": "search", "shopper": shopper, "query": "scarlet shoes"}));
        events.push(json!({"type": "search", "shopper": shopper, "query": "red shoes"}));
        events.push(
            json!({"type": "click", "shopper": shopper, "products": ["1"], "positions": [1]}),
        );
    }
    shop.json("POST", "/v1/events", json!({"events": events}).to_string());
    let (_, told) = shop.json("GET", "/v1/synonyms/suggestions?days=7", "");
    let first = &told["suggestions"][0];
    assert_eq!(first["line"], "scarlet => red", "{told}");
    assert_eq!(first["rephrased"], 3);
    let draft = json!({"draft": "scarlet => red\n", "file": "en"});
    let (_, test) = shop.json("POST", "/v1/synonyms/preview", draft.to_string());
    assert_eq!(test["searches_touched"], 3, "{test}");
    assert_eq!(test["products_found"], json!({"before": 3, "after": 6}));
}

#[test]
fn rules_go_to_a_sheet_and_back() {
    let text = "[[rule]]
name = \"everything\"
note = \"as Ann said, \\\"soon\\\"\"
priority = -2
stop = true
when = { query = { contains = [\"a b\", \"{brand}\"], none = \"c\", stemming = false }, category = \"Shoes > Boots\", filter = \"price < 5\", segment = [\"new\", \"vip\"], context = \"snow\", experiment = { layout = \"b\" }, from = \"2026-11-23\", until = \"2026-11-30\", weekly = [{ days = [\"fri\", \"sat\"], from = \"18:00\", until = \"22:00\" }, { from = \"sat 08:00\", until = \"sun 20:00\" }], timezone = \"Europe/Berlin\" }
pin = [{ product = \"1\", position = 1, fallback = [\"2\", \"3\"] }, { products = [\"4\", \"5\"], position = 3, obey = \"query\" }]
slot = [{ filter = \"brand:Acorn\", position = 6 }]
boost = [{ filter = \"brand:Acorn AND price < 3\", by = 1.5 }]
bury = [{ filter = \"brand:Birch\" }]
suppress = [\"9\", { filter = \"color:red\" }]
filter = \"price > 1\"
replace = [{ words = \"gpu\", with = \"graphics card\" }, { with = \"all\" }]
remove = [\"cheap\", \"best\"]
add = \"new\"
sort = \"price:asc\"
recipe = \"default\"
redirect = \"/x\"
banner = [{ title = \"Hi\" }]
data = { a = 1 }
facets = [\"brand\"]
[[rule]]
name = \"off\"
enabled = false
";
    let written = |text: &str| -> Vec<WrittenRule> {
        let standing = written_rules("f.toml", text).unwrap().into_iter();
        standing.map(|own| own.rule.unwrap()).collect()
    };
    let rules = written(text);
    let sheet = to_sheet(&rules);
    // As spreadsheets of other countries write it.
    for sheet in [sheet.clone(), with_semicolons(&sheet)] {
        let (read, problems) = from_sheet("sheet.csv", &sheet);
        assert_eq!(problems, []);
        let read: Vec<WrittenRule> = read.into_iter().map(|(_, rule)| rule).collect();
        assert_eq!(read, rules);
    }
    let mut file = String::new();
    for rule in &rules {
        file = put_rule("f.toml", &file, rule).unwrap();
    }
    assert_eq!(written(&file), rules);
    let sheet = "name,pins,pin\r\na,,1\r\n,,\r\n,x,\r\nb,,2 @ 1\r\nb,,\r\n";
    let (read, problems) = from_sheet("sheet.csv", sheet);
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(read.len(), 1);
    expect![[r#"
        sheet.csv:1: unknown column `pins` (did you mean `pin`?)
        sheet.csv:2: `1` has no position: write it as 3920564 @ 1
        sheet.csv:4: the row has no name
        sheet.csv:6: rule `b` stands in row 5 too"#]]
    .assert_eq(&problems.join("\n"));
    let shop = with_file();
    let sheet = "name,query_is,pin\nHats,hat,1 @ 1\nFrom a sheet,socks,3 @ 1 else 1\n";
    let (status, told) = shop.json("POST", "/v1/rules/import?file=rules&who=ann", sheet);
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(shop.titles("/v1/search?q=hat"), ["Red shoes", "Blue hat"]);
    let (_, exported) = shop.ask("GET", "/v1/rules/export", "");
    assert!(exported.contains("From a sheet"), "{exported}");
}

/// The same cells with semicolons between them.
fn with_semicolons(sheet: &str) -> String {
    let mut rows = csv::ReaderBuilder::new();
    let mut rows = rows.has_headers(false).from_reader(sheet.as_bytes());
    let mut out = csv::WriterBuilder::new();
    let mut out = out.delimiter(b';').from_writer(Vec::new());
    for row in rows.records() {
        out.write_record(&row.unwrap()).unwrap();
    }
    String::from_utf8(out.into_inner().unwrap()).unwrap()
}

#[test]
fn problems_and_conflicts_are_listed() {
    let rules = "[[rule]]\nname = \"a\"\nsuppress = [\"1\"]\n[[rule]]\nname = \"b\"\npin = [{ product = \"1\", position = 1 }, { product = \"77\", position = 2 }]\n[[rule]]\nname = \"c\"\nwhen = { until = \"2020-01-01\" }\nsuppress = [\"1\"]\n";
    let shop = served(shoes().with_flaws("merchandising/rules/rules.toml", rules));
    shop.check("GET", "/v1/problems", "", expect![[r#"
        200
        {
          "problems": [
            {
              "file": "merchandising/rules/rules.toml",
              "line": 6,
              "reason": "rule `b`, pin: no product `77` in the catalog",
              "suggestion": "check the id; it holds again when the product is indexed"
            }
          ],
          "conflicts": [
            {
              "file": "merchandising/rules/rules.toml",
              "line": 4,
              "reason": "rule `b` pins product `1`, which rule `a` (merchandising/rules/rules.toml:1) suppresses",
              "suggestion": "suppressing wins; remove the pin or the suppression"
            },
            {
              "file": "merchandising/rules/rules.toml",
              "line": 4,
              "reason": "rule `b` pins product `1`, which rule `c` (merchandising/rules/rules.toml:7) suppresses",
              "suggestion": "suppressing wins; remove the pin or the suppression"
            },
            {
              "file": "merchandising/rules/rules.toml",
              "line": 7,
              "reason": "rule `c` expired: it ended 2020-01-01",
              "suggestion": "remove it, or give it a later `until`"
            }
          ]
        }
    "#]]);
}

#[test]
fn the_last_good_files_stay_whatever_happens_to_them() {
    let shop = shoes().rules("[[rule]]\nname = \"r\"\nsuppress = [\"1\"]\n");
    let (folder, file) = (
        shop.paths.shop.join("merchandising"),
        "merchandising/rules/rules.toml",
    );
    let told = || {
        let snapshot = publishing::load(&shop.paths).unwrap();
        assert_eq!(snapshot.rules.rules.len(), 1);
        let problems: Vec<String> = snapshot.problems.iter().map(ToString::to_string).collect();
        problems.join("\n") + "\n"
    };
    let mut all = String::new();
    write(
        &shop.paths,
        file,
        "[[rule]]\nname = \"r\"\nsuppress = [\"1\"\n",
    );
    all += &told();
    write(&shop.paths, file, "[[rule]]\nname = \"r\"\nsupp");
    all += &told();
    write(
        &shop.paths,
        file,
        &"# a very long comment\n".repeat(50 << 20 >> 4),
    );
    all += &told();
    fs::remove_dir_all(folder).unwrap();
    all += &told();
    expect![[r#"
        merchandising/rules/rules.toml:3: unclosed array, expected `]` (the last good version stays in force until it is mended)
        merchandising/rules/rules.toml:3: key with no value, expected `=` (the last good version stays in force until it is mended)
        merchandising/rules/rules.toml: has 72089600 bytes, at most 16777216 are read (split it into several files; the last good version stays in force until it is mended)
        merchandising/rules: the folder is gone, so its last good files stay in force (bring it back; an empty folder means that there is nothing)
    "#]].assert_eq(&all);
    fs::create_dir_all(shop.paths.shop.join("merchandising/rules")).unwrap();
    let snapshot = publishing::load(&shop.paths).unwrap();
    assert_eq!((snapshot.rules.rules.len(), snapshot.problems), (0, vec![]));
}
