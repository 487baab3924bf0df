//! Promises:
//! 1. A list's order is held for its query id, on every page and on the way back; a new search sees the latest event.
//! 2. Clicks that name a query id are credited with the position they were shown at.
//! 3. What is known of a shopper can be read, exported and erased; consent is obeyed at once.
//! 4. Segments hold for rules and recipes; explanations say what an affinity comes from.
//! 5. Somebody nobody knows starts with what their segment leans to; facets begin with what a shopper leans to.
//! 6. Personal orders are judged by later events, by the shop's own last days, and by tastes that are known.
//! 7. A history in anybody's columns can be replayed twice, and written out and in again.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::process::endcap;
use crate::served::{Served, served};
use crate::shop::{Shop, shop, write};

fn mugs() -> Shop {
    shop(
        "id | title    | brand | price | category
         1  | Red mug  | Acorn | 10    | Kitchen > Mugs
         2  | Red mug  | Acorn | 11    | Kitchen > Mugs
         3  | Red mug  | Birch | 12    | Kitchen > Mugs
         4  | Red mug  | Birch | 13    | Kitchen > Mugs
         5  | Red mug  | Cedar | 14    | Kitchen > Mugs
         6  | Red mug  | Cedar | 15    | Kitchen > Mugs
         7  | Lamp     | Cedar | 16    | Living",
    )
}

fn send(shop: &Served, event: Value) {
    let (status, answer) = shop.json("POST", "/v1/events", json!({"events": [event]}).to_string());
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(answer["accepted"], 1, "{answer}");
}

fn view(shop: &Served, shopper: &str, product: &str) {
    send(
        shop,
        json!({"type": "view", "shopper": shopper, "products": [product]}),
    );
}

fn page(shop: &Served, path: &str) -> (String, Vec<String>) {
    let (status, page) = shop.json("GET", path, "");
    assert_eq!(status, StatusCode::OK, "{page}");
    let hits = page["hits"].as_array().unwrap();
    let ids = hits
        .iter()
        .map(|hit| hit["id"].as_str().unwrap().to_owned());
    (page["query_id"].as_str().unwrap().to_owned(), ids.collect())
}

#[test]
fn an_order_is_held_for_its_query_id_and_a_new_search_sees_the_latest_event() {
    let shop = served(mugs());
    let list = "/v1/search?q=red+mug&shopper=anna&hits_per_page=2&impact=100";
    view(&shop, "anna", "3");
    let (id, first) = page(&shop, list);
    assert_eq!(first[0], "3");
    for product in ["5", "5", "5", "6", "6", "6"] {
        view(&shop, "anna", product);
    }
    let held = format!("{list}&query_id={id}");
    let (same, second) = page(&shop, &format!("{held}&page=2"));
    assert_eq!(same, id);
    let (_, third) = page(&shop, &format!("{held}&page=3"));
    let mut all = [first.clone(), second, third].concat();
    assert_eq!(page(&shop, &held).1, first, "back is where it was");
    all.sort();
    assert_eq!(
        all,
        ["1", "2", "3", "4", "5", "6"],
        "no product twice, none left out"
    );
    let (_, fresh) = page(&shop, list);
    assert_eq!(fresh.len(), 2);
    assert!(
        fresh.iter().all(|id| ["5", "6"].contains(&id.as_str())),
        "{fresh:?}"
    );
    let (status, refused) = shop.json("GET", "/v1/search?query_id=12", "");
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("32 hexadecimal digits")
    );
}

#[test]
fn clicks_are_credited_with_the_position_that_was_shown() {
    let shop = served(mugs());
    let (id, ids) = page(&shop, "/v1/search?q=red+mug");
    send(
        &shop,
        json!({"type": "click", "shopper": "anna", "products": [ids[2]], "query_id": id}),
    );
    send(
        &shop,
        json!({"type": "click", "shopper": "anna", "products": ["7"], "query_id": id}),
    );
    let (_, held) = shop.json("GET", "/v1/shoppers/anna/export", "");
    assert_eq!(held["all_events"][0]["positions"], json!([3]));
    assert_eq!(held["all_events"][1]["positions"], json!([]));
}

#[test]
fn what_is_known_can_be_read_exported_and_erased() {
    let shop = served(mugs());
    for _ in 0..3 {
        view(&shop, "anna", "3");
    }
    send(
        &shop,
        json!({"type": "purchase", "shopper": "anna", "account": "anna@example.org", "products": ["3"], "price": 12, "quantity": 2}),
    );
    let (status, known) = shop.json("GET", "/v1/shoppers/anna@example.org", "");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(known["events"], 4);
    assert_eq!(known["value"], 24.0);
    assert_eq!(known["affinities"]["brand"][0]["value"], "Birch");
    assert_eq!(known["consent"], "personalize");
    assert_eq!(known["recent"][0]["product"], "3");
    assert_eq!(known["accounts"], json!(["anna@example.org"]));
    let (_, held) = shop.json("GET", "/v1/shoppers/anna/export", "");
    assert_eq!(held["all_events"].as_array().unwrap().len(), 4);
    let (_, erased) = shop.json("DELETE", "/v1/shoppers/anna", "");
    assert_eq!(erased, json!({"erased": true}));
    let (status, gone) = shop.json("GET", "/v1/shoppers/anna@example.org", "");
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        gone["message"]
            .as_str()
            .unwrap()
            .contains("nobody is known")
    );
}

#[test]
fn a_shopper_has_a_page_in_the_console() {
    let shop = served(mugs());
    view(&shop, "anna", "3");
    let (status, page) = shop.ask("GET", "/console/shoppers/anna", "");
    assert_eq!(status, StatusCode::OK);
    for part in [
        "<meter",
        "Birch",
        "Timeline",
        "view",
        "new",
        "Erase this shopper",
    ] {
        assert!(page.contains(part), "{part} is missing: {page}");
    }
    let (status, _) = shop.ask("POST", "/console/shoppers/anna/erase", "");
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, page) = shop.ask("GET", "/console/shoppers/anna", "");
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(page.contains("Nobody is known"), "{page}");
}

#[test]
fn consent_is_obeyed_at_once() {
    let shop = served(mugs());
    let plain = page(&shop, "/v1/search?q=red+mug").1;
    view(&shop, "anna", "6");
    let list = "/v1/search?q=red+mug&shopper=anna&impact=100";
    assert_ne!(page(&shop, list).1, plain);
    let put = |consent: &str| {
        let body = json!({ "consent": consent }).to_string();
        shop.ask("PUT", "/v1/shoppers/anna/consent", body).0
    };
    assert_eq!(put("measure"), StatusCode::NO_CONTENT);
    assert_eq!(page(&shop, list).1, plain);
    assert_eq!(put("nothing"), StatusCode::NO_CONTENT);
    let event = json!({"events": [{"type": "view", "shopper": "anna", "products": ["6"]}]});
    let (_, answer) = shop.json("POST", "/v1/events", event.to_string());
    assert_eq!(
        (&answer["accepted"], &answer["ignored"]),
        (&json!(0), &json!(1))
    );
    let (_, known) = shop.json("GET", "/v1/shoppers/anna", "");
    assert_eq!(
        (&known["events"], &known["consent"]),
        (&json!(0), &json!("nothing"))
    );
    assert_eq!(put("everything"), StatusCode::BAD_REQUEST);
}

#[test]
fn segments_hold_for_rules_and_recipes_and_are_counted() {
    let paths = mugs().with_file(
        "merchandising/segments.toml",
        "[[segment]]\nname = \"birchers\"\nwhen = \"likes_brand:Birch\"\n",
    );
    let shop = served(paths.rules(
        "[[rule]]\nname = \"For birchers\"\nwhen = { segment = \"birchers\" }\npin = [{ product = \"6\", position = 1 }]\n",
    ));
    let list = "/v1/search?q=red+mug&shopper=anna";
    assert_ne!(page(&shop, list).1[0], "6");
    for _ in 0..4 {
        view(&shop, "anna", "3");
    }
    assert_eq!(page(&shop, list).1[0], "6");
    let (_, known) = shop.json("GET", "/v1/shoppers/anna", "");
    assert_eq!(known["segments"], json!(["new", "birchers"]));
    let (_, listed) = shop.json("GET", "/v1/segments", "");
    let birchers = listed["segments"].as_array().unwrap().last().unwrap();
    assert_eq!(
        *birchers,
        json!({"name": "birchers", "when": "likes_brand:Birch", "shoppers": 1})
    );
}

#[test]
fn explanations_say_what_an_affinity_comes_from() {
    let shop = served(mugs());
    for _ in 0..3 {
        view(&shop, "anna", "6");
    }
    let list = "/v1/search?q=red+mug&shopper=anna&impact=100&explain=true";
    let (_, found) = shop.json("GET", list, "");
    let told = found["hits"].to_string();
    assert!(told.contains("viewed 3 ×, last 0 s ago"), "{told}");
}

#[test]
fn a_stranger_starts_with_what_the_segment_leans_to() {
    let segments = "[[segment]]\nname = \"spring\"\nwhen = \"campaign:spring\"\nleans_to = [\"brand:Cedar\"]\n";
    let shop = served(mugs().with_file("merchandising/segments.toml", segments));
    let list = "/v1/search?category=Kitchen&impact=100&explain=true";
    let plain = page(&shop, list).1;
    assert_eq!(plain[0], "1");
    let campaign = format!("{list}&campaign=spring");
    assert_eq!(page(&shop, &campaign).1[0], "5");
    let (_, found) = shop.json("GET", &campaign, "");
    let told = found["hits"][0].to_string();
    assert!(told.contains("as shoppers of segment spring do"), "{told}");
    let unmoved = format!("{campaign}&impact=0").replacen("impact=100&", "", 1);
    assert_eq!(page(&shop, &unmoved).1, plain);
    let (_, _) = shop.ask(
        "PUT",
        "/v1/shoppers/anna/consent",
        json!({"consent": "measure"}).to_string(),
    );
    assert_eq!(
        page(&shop, &format!("{campaign}&shopper=anna")).1,
        plain,
        "consent holds here too"
    );
}

#[test]
fn facets_begin_with_what_a_shopper_leans_to() {
    let shop = served(mugs());
    for _ in 0..5 {
        view(&shop, "anna", "5");
    }
    let brands = |query: &str| {
        let path = format!("/v1/search?q=red+mug&facets=brand&shopper=anna{query}");
        let (_, found) = shop.json("GET", &path, "");
        let values = found["facets"]["brand"].as_array().unwrap().clone();
        values
            .iter()
            .map(|of| of["value"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(brands("&impact=100"), ["Cedar", "Acorn", "Birch"]);
    assert_eq!(brands("&impact=100&facet_values_max=1"), ["Cedar"]);
    assert_eq!(brands("&impact=0"), ["Acorn", "Birch", "Cedar"]);
}

#[test]
fn explanations_tell_of_the_product_and_of_sessions_like_this_one() {
    let recipe = "[recipe.default]\ndemand_browsed = 0.0\ntogether = 0.0\nprice_tier = 0.0\n";
    let shop = served(mugs().with_file("index/ranking.toml", recipe));
    for shopper in ["ben", "cleo", "dan"] {
        view(&shop, shopper, "7");
        view(&shop, shopper, "4");
    }
    view(&shop, "anna", "7");
    let list = "/v1/search?category=Kitchen&shopper=anna&impact=100&explain=true";
    let (_, found) = shop.json("GET", list, "");
    let told = found["hits"].to_string();
    assert!(
        told.contains("met in 3 sessions with 7, viewed 0 s ago"),
        "{told}"
    );
    view(&shop, "anna", "6");
    let (_, found) = shop.json("GET", list, "");
    let own = found["hits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|hit| hit["id"] == "6");
    let moves = own.unwrap()["explain"]["moves"].as_array().unwrap();
    let own = moves
        .iter()
        .find(|reason| reason["by"] == "own_history")
        .unwrap();
    assert_eq!(own["evidence"], "viewed 1 ×, last 0 s ago");
}

#[test]
fn known_tastes_and_the_last_days_judge_the_personal_order() {
    let shop = mugs();
    let dir = shop.paths.shop.to_str().unwrap().to_owned();
    let rows = (1..20).map(|day| format!("h1,6,2025-01-{day:02} 10:00:00,purchase\n"));
    let csv = format!("shopper,products,at,type\n{}", rows.collect::<String>());
    let csv = write(&shop.paths, "history.csv", &csv);
    endcap(&["replay", csv.to_str().unwrap(), "--shop", &dir]).succeeds();
    let judge = |arguments: &[&str]| {
        let all = [&["eval", "--json", "--shop", &dir][..], arguments].concat();
        endcap(&all)
    };
    let last = judge(&["--last-days", "5"]).succeeds().json();
    assert_eq!(last["all"]["choices"], 6);
    assert_eq!(
        last["by_novelty"]["met before"]["mrr_personal"], 1.0,
        "{last}"
    );
    let tastes = "{\"shopper\":\"h1\",\"tastes\":{\"brand\":[\"Cedar\"],\"category\":\"Kitchen > Mugs\"}}\n{}\n";
    let tastes = write(&shop.paths, "tastes.jsonl", tastes);
    let ended = judge(&["--tastes", tastes.to_str().unwrap()]).exits(1);
    assert!(
        ended.stderr.contains("tastes.jsonl:2: "),
        "{}",
        ended.stderr
    );
    let report = ended.json();
    assert_eq!(report["known"]["lists"], 2);
    assert_eq!(report["known"]["ndcg@10_personal"], 1.0, "{report}");
    assert_eq!(
        report["unknown"]["ndcg@10_personal"],
        report["unknown"]["ndcg@10_plain"]
    );
}

#[test]
fn later_events_judge_the_personal_order() {
    let shop = mugs();
    let dir = shop.paths.shop.to_str().unwrap().to_owned();
    let csv = |days: std::ops::Range<u32>| {
        let rows = days.map(|day| {
            format!(
                "h{},{},2025-01-{day:02} 10:00:00\n",
                day % 2,
                1 + day % 2 * 2
            )
        });
        format!("shopper,products,at\n{}", rows.collect::<String>())
    };
    let past = write(&shop.paths, "past.csv", &csv(1..20));
    let later = write(&shop.paths, "later.csv", &csv(20..28));
    let judged = endcap(&[
        "eval",
        "--sessions",
        later.to_str().unwrap(),
        "--past",
        past.to_str().unwrap(),
        "--type",
        "purchase",
        "--json",
        "--shop",
        &dir,
    ]);
    let report = judged.succeeds().json();
    assert_eq!(report["all"]["choices"], 8);
    assert_eq!(report["all"]["mrr_personal"], 1.0, "{report}");
    assert!(
        report["all"]["mrr_popular"].as_f64().unwrap() < 1.0,
        "{report}"
    );
    assert_eq!(report["by_novelty"]["met before"]["choices"], 8);
    assert!(
        !shop.paths.journal().exists(),
        "nothing was recorded in the shop's journal"
    );
}

#[test]
fn a_history_is_replayed_once_and_written_out_and_in_again() {
    let shop = mugs();
    let dir = shop.paths.shop.to_str().unwrap().to_owned();
    let csv = "household,sku,when,pieces\nh1,3,2025-01-02 10:00:00,2\nh1,4,2025-01-03T10:00:00Z,-1\nh2,5,never,1\n";
    let csv = write(&shop.paths, "history.csv", csv);
    let csv = csv.to_str().unwrap();
    let columns = "shopper=household,products=sku,at=when,quantity=pieces";
    let replay = [
        "replay",
        csv,
        "--type",
        "purchase",
        "--columns",
        columns,
        "--shop",
        &dir,
    ];
    let ended = endcap(&replay).exits(1);
    assert!(
        ended.stdout.contains("recorded 2 events"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.contains("history.csv:4: `at` is not a time"),
        "{}",
        ended.stderr
    );
    let again = endcap(&replay).exits(1);
    assert!(
        again
            .stdout
            .contains("recorded 0 events; 2 were there already"),
        "{}",
        again.stdout
    );

    let known = endcap(&["shopper", "h1", "--json", "--shop", &dir])
        .succeeds()
        .json();
    assert_eq!(known["events_by_type"], json!({"purchase": 1, "return": 1}));
    let written = shop.paths.shop.join("ubi.jsonl");
    let written = written.to_str().unwrap();
    endcap(&["replay", "--export", written, "--ubi", "--shop", &dir]).succeeds();
    endcap(&["shopper", "h1", "--erase", "--shop", &dir]).succeeds();
    endcap(&["shopper", "h1", "--shop", &dir]).exits(1);
    // An id that was seen stays seen, so the events come in under other ids.
    let text = std::fs::read_to_string(written).unwrap();
    std::fs::write(written, text.replace("history-", "again-")).unwrap();
    endcap(&["replay", written, "--shop", &dir]).succeeds();
    let restored = endcap(&["shopper", "h1", "--json", "--shop", &dir])
        .succeeds()
        .json();
    assert_eq!(restored["events_by_type"], known["events_by_type"]);
}
