//! Promises:
//! 1. A search that names the page it is about is logged with how that page was asked for, and tried again so: words,
//!    category, filters, segment, surface. What other logs do not say is not needed.
//! 2. While the shop is being served, the command line tries drafts and reports use all the same.
//! 3. Synonyms have what rules have: suggestions with evidence, drafts tried, use, and lines never used.
//! 4. What a draft switches off is off in its preview; what is switched off or cannot be read is in the trace.

use std::fs;

use axum::http::StatusCode;
use expect_test::expect;
use serde_json::{Value, json};

use crate::folder::{Folder, indexed};
use crate::process::serve;
use crate::served::{Served, served};
use crate::shop::shoes;

/// Searches, and says so as a storefront does; the ids of the pages.
fn searches(shop: &Served, asked: &[Value]) -> Vec<String> {
    let (mut events, mut ids) = (Vec::new(), Vec::new());
    for (number, request) in asked.iter().enumerate() {
        let (status, page) = shop.json("POST", "/v1/search", request.to_string());
        assert_eq!(status, StatusCode::OK, "{page}");
        let kind = if request["q"].is_null() {
            "category"
        } else {
            "search"
        };
        events.push(
            json!({"type": kind, "shopper": format!("s{number}"), "query_id": page["query_id"]}),
        );
        ids.push(page["query_id"].as_str().unwrap().to_string());
    }
    let (status, told) = shop.json(
        "POST",
        "/v1/events",
        json!({ "events": events }).to_string(),
    );
    assert_eq!(status, StatusCode::ACCEPTED, "{told}");
    ids
}

/// How many of the logged searches a rule with these conditions touches.
fn touched(shop: &Served, when: &str) -> Value {
    let draft = format!("[[rule]]\nname = \"draft\"\nwhen = {{ {when} }}\nsuppress = [\"1\"]\n");
    let body = json!({"draft": draft, "days": 14});
    let (status, preview) = shop.json("POST", "/v1/rules/preview", body.to_string());
    assert_eq!(status, StatusCode::OK, "{preview}");
    preview["back_test"]["searches_touched"].clone()
}

#[test]
fn a_draft_is_tried_on_pages_as_they_were_asked_for() {
    let shop = served(shoes());
    searches(
        &shop,
        &[
            json!({"q": "shoes"}),
            json!({"q": "shoes", "filter": "color:red AND price < 100"}),
            json!({"category": "Shoes > Running", "surface": "category", "segment": "vip"}),
            json!({"category": "Shoes", "surface": "category", "device": "phone"}),
            json!({"q": "boots", "context": ["snow"], "campaign": "mail", "language": "fr"}),
        ],
    );
    let older = json!({"events": [
        {"type": "search", "shopper": "old", "query": "red shoes"},
        {"type": "category", "shopper": "old", "category": "Kitchen"},
        {"type": "search", "shopper": "old", "query": "mug", "filter": "gone:x"},
    ]});
    shop.json("POST", "/v1/events", older.to_string());
    for (when, searches) in [
        ("query = { contains = \"shoes\" }", 3),
        ("filter = \"color:red\"", 1),
        ("category = \"Shoes\"", 2),
        ("category = \"Kitchen\"", 1),
        ("surface = \"category\"", 3),
        ("segment = \"vip\"", 1),
        ("device = \"phone\"", 1),
        (
            "context = \"snow\", campaign = \"mail\", language = \"fr\"",
            1,
        ),
    ] {
        assert_eq!(touched(&shop, when), searches, "{when}");
    }
    let body = json!({"draft": "[[rule]]\nname = \"d\"\nsuppress = [\"1\"]\n", "days": 14});
    let (_, preview) = shop.json("POST", "/v1/rules/preview", body.to_string());
    let test = &preview["back_test"];
    assert_eq!(
        (&test["searches"], &test["searches_unreadable"]),
        (&json!(8), &json!(1))
    );
    let examples = test["examples"].as_array().unwrap();
    let told: Vec<&str> = examples
        .iter()
        .map(|one| one["query"].as_str().unwrap())
        .collect();
    expect![[r#"
        shoes (segment new)
        shoes (filter color:red AND price < 100; segment new)
        Shoes > Running (on category; segment vip, new)
        Shoes (on category; segment new)
        red shoes"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn what_is_off_is_off_in_a_preview_and_named_in_a_trace() {
    let shop = served(shoes().with_flaws(
        "merchandising/rules/rules.toml",
        "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n[[rule]]\nname = \"off\"\nenabled = false\nsuppress = [\"3\"]\n[[rule]]\nname = \"broken\"\npins = []\n",
    ));
    let draft = "[[rule]]\nname = \"recall\"\nenabled = false\nsuppress = [\"1\"]\n";
    let body = json!({"draft": draft, "request": {"q": "running shoes"}});
    let (_, preview) = shop.json("POST", "/v1/rules/preview", body.to_string());
    assert_eq!(
        preview["moved"],
        json!([{"product": "1", "without": null, "with": 1}, {"product": "3", "without": 1, "with": 2}, {"product": "2", "without": 2, "with": 3}])
    );
    let (_, trace) = shop.json("POST", "/v1/rules/trace", json!({"q": "shoes"}).to_string());
    let told: Vec<String> = trace["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| format!("{} {} {}", rule["name"], rule["held"], rule["reason"]))
        .collect();
    expect![[r#"
        "recall" true null
        "off" false "it is switched off: `enabled = false`"
        "broken" false "it cannot be read: rule `broken`: unknown key `pins` (did you mean `pin`?)""#]]
    .assert_eq(&told.join("\n"));
}

/// A folder whose shoppers said things in other words.
fn reworded() -> Folder {
    let folder = indexed();
    let mut lines = String::new();
    for number in 0..3 {
        for (kind, second, rest) in [
            ("search", 0, json!({"query": "scarlet shoes"})),
            ("search", 5, json!({"query": "red shoes"})),
            ("click", 9, json!({"products": ["1"], "positions": [1]})),
            ("search", 50, json!({"query": "qwertz"})),
        ] {
            let mut event = json!({"type": kind, "shopper": format!("s{number}"), "at": format!("{}T10:00:{second:02}Z", yesterday())});
            event
                .as_object_mut()
                .unwrap()
                .extend(rest.as_object().unwrap().clone());
            lines += &format!("{event}\n");
        }
    }
    let events = folder.write("events.jsonl", lines);
    folder.run(&["replay", events.to_str().unwrap()]).succeeds();
    folder
}

#[allow(
    clippy::disallowed_methods,
    reason = "the command line looks back from now"
)]
fn yesterday() -> String {
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    yesterday.to_string()[..10].to_string()
}

#[test]
fn the_command_line_tries_drafts_while_the_shop_is_served() {
    let folder = reworded();
    let rule = "[[rule]]\nname = \"draft\"\nwhen = { query = { contains = \"red\" } }\npin = [{ product = \"3\", position = 1 }]\n";
    let draft = folder.write("draft.toml", rule);
    folder.write(
        "shop/merchandising/rules/live.toml",
        rule.replace("draft", "live"),
    );
    let draft = draft.to_str().unwrap();
    let test = || folder.run(&["rules", "test", draft, "--json"]).succeeds();
    let (before, server) = (test(), serve(&folder.path("shop")));
    let beside = test();
    assert!(
        beside.stderr.contains("the shop is being served"),
        "{}",
        beside.stderr
    );
    assert_eq!(before.json(), beside.json());
    assert_eq!(beside.json()["searches_touched"], 3);
    let used = folder.run(&["rules", "usage"]).succeeds().stdout;
    assert!(
        used.contains("live.toml:1 live") && used.contains("not used once: 0 rules"),
        "{used}"
    );
    let why = folder
        .run(&["rules", "why", "red", "--shopper", "s1"])
        .exits(1);
    assert!(
        why.stderr.contains("POST /v1/rules/trace"),
        "{}",
        why.stderr
    );
    drop(server);
}

#[test]
fn synonyms_are_suggested_tried_published_and_judged() {
    let folder = reworded();
    let redirect = "[[rule]]\nname = \"Answered\"\nwhen = { query = { is = \"qwertz\" } }\nredirect = \"/x\"\n";
    let answered = "shop/merchandising/rules/answered.toml";
    folder.write(answered, redirect);
    let told = folder.run(&["synonyms", "suggest"]).succeeds().stdout;
    assert!(!told.contains("qwertz"), "{told}");
    fs::remove_file(folder.path(answered)).unwrap();
    let told = folder.run(&["synonyms", "suggest"]).succeeds().stdout;
    expect![[r#"
        scarlet => red
            3 × `scarlet shoes` (1 product) was followed by `red shoes` (2 products) and a click
        searches that find nothing:
            3 × `qwertz`: no product has `qwertz`
    "#]]
    .assert_eq(&told);
    let draft = folder.write("en.txt", "scarlet => red\ncap => hat\n");
    let draft = draft.to_str().unwrap();
    let told = folder.run(&["synonyms", "test", draft]).succeeds().stdout;
    assert!(
        told.contains("the draft reads 3 of them otherwise, 1 queries"),
        "{told}"
    );
    folder
        .run(&[
            "synonyms", "publish", draft, "--who", "ann", "--why", "asked",
        ])
        .succeeds();
    let told = folder.run(&["synonyms", "usage"]).succeeds().stdout;
    assert!(
        told.contains("1 of 2 lines were not used once in 30 days"),
        "{told}"
    );
    let told = folder.run(&["synonyms", "lines"]).succeeds().stdout;
    assert!(
        told.contains("synonyms/en.txt:2: adds 1 product: cap => hat"),
        "{told}"
    );
    let told = folder
        .run(&["rules", "history", "synonyms/en.txt"])
        .succeeds()
        .stdout;
    assert!(told.contains("ann: asked"), "{told}");
    folder.run(&["rules", "undo", "synonyms/en.txt"]).succeeds();
    assert_eq!(
        fs::read_to_string(folder.path("shop/synonyms/en.txt")).unwrap(),
        "# Nothing.\n"
    );
    folder.run(&["rules", "undo", "synonyms/en.txt"]).succeeds();
    assert!(
        fs::read_to_string(folder.path("shop/synonyms/en.txt"))
            .unwrap()
            .contains("cap")
    );
}

#[test]
fn synonyms_over_http_say_what_they_do_and_were_used_for() {
    let shop = served(shoes().synonyms("footwear => shoe\nhat => qqq\n"));
    searches(&shop, &[json!({"q": "footwear"}), json!({"q": "boots"})]);
    let (_, lines) = shop.json("GET", "/v1/synonyms/lines", "");
    assert_eq!(lines["lines"][0]["adds"], 3, "{lines}");
    assert_eq!(lines["lines"][1]["never_matches"], true);
    let (_, used) = shop.json("GET", "/v1/synonyms/usage?days=7", "");
    assert_eq!(
        (&used["coverage"], &used["searches"]),
        (&json!(0.5), &json!(2)),
        "{used}"
    );
    assert_eq!(used["lines"][1]["last_used"], Value::Null);
}
