//! Promises, of changes to products between feeds:
//! 1. What was applied is seen by the next request: filters, sorts, facets, ranges, documents and what is sold out.
//! 2. It is on disk: opening the shop again, by whatever process, gives the same catalog.
//! 3. Operations are idempotent and ordered by version or time: what is older than what is known is stale.
//! 4. One bad operation does not stop the others, and says what is wrong with it.
//! 5. The next feed replaces what is older than itself, and nothing else.
//! 6. After any changes every list, total and count is what brute force over the changed table gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use expect_test::expect;

use endcap::catalog::feed::Feed;
use endcap::catalog::schema::Schema;
use endcap::engine::{Engine, Page};
use endcap::publishing::{self, Deltas, Operation, Order, ShopPaths, Status};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use crate::folder::indexed;
use crate::model::{
    Condition, Product, built, catalog, check_page, filters, product, query, request,
};
use crate::served::{Served, served};
use crate::shop::{NOW, ask, feed_of, ids, now, shop};

fn priced() -> Served {
    served(shop(
        "id | title     | brand | price | stock | margin | tags
         1  | Red shoes | Acorn | 20    | 3     | 0.2    | new
         2  | Red socks | Birch | 5.5   | 2     | 0.4    | new,sale
         3  | Blue hat  | Birch | 12    |       |        | ",
    ))
}

fn patch(shop: &Served, operations: Value) -> Value {
    let body = json!({"operations": operations}).to_string();
    let (status, answer) = shop.json("PATCH", "/v1/products", body);
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn statuses(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap().iter();
    results.map(|one| one["status"].as_str().unwrap()).collect()
}

#[test]
fn the_next_request_sees_prices_stock_and_margins() {
    let shop = priced();
    assert_eq!(
        shop.titles("/v1/search?q=&sort=price:asc"),
        ["Red socks", "Blue hat", "Red shoes"]
    );
    let answer = patch(
        &shop,
        json!([
            {"id": "1", "set": {"price": "4,99 €", "margin": 0.5}},
            {"id": "2", "set": {"stock": "out of stock"}},
            {"id": "3", "increment": {"price": 0.1}, "set": {"stock": 9}},
            {"id": "3", "increment": {"price": 0.2, "stock": -1}},
        ]),
    );
    assert_eq!(answer["applied"], 4, "{answer}");
    assert_eq!(
        shop.titles("/v1/search?q=&sort=price:asc"),
        ["Red shoes", "Red socks", "Blue hat"]
    );
    assert_eq!(
        shop.titles("/v1/search?q=red&filter=margin+%3E+0.45"),
        ["Red shoes"]
    );
    let (_, page) = shop.json("GET", "/v1/search?q=&facets=price&filter=price+%3E+1", "");
    assert_eq!(page["ranges"]["price"], json!({"min": 4.99, "max": 12.3}));
    let hat = &page["hits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|hit| hit["id"] == "3");
    let hat = &hat.unwrap()["product"];
    assert_eq!((&hat["price"], &hat["stock"]), (&json!(12.3), &json!(8)));
    let socks = &page["hits"][2];
    assert_eq!(
        (&socks["id"], &socks["product"]["sold_out"]),
        (&json!("2"), &json!(true)),
        "what is sold out sinks"
    );
    let (_, product) = shop.json("GET", "/v1/products/1", "");
    assert_eq!(
        (&product["price"], &product["margin"]),
        (&json!(4.99), &json!(0.5))
    );
    let again = publishing::load(shop.paths()).unwrap();
    let engine = Engine::new(again, None);
    let page = engine.search(&ask(" | sort=price:asc")).unwrap();
    assert_eq!(ids(&page), ["1", "2", "3"]);
}

#[test]
fn older_versions_and_times_are_stale_and_bad_operations_stop_nothing() {
    let shop = priced();
    let feed: Timestamp = NOW.parse().unwrap();
    let later = |seconds: i64| feed + SignedDuration::from_secs(seconds);
    let answer = patch(
        &shop,
        json!([
            {"id": "1", "set": {"price": 30}, "version": 7},
            {"id": "1", "set": {"price": 40}, "version": 7},
            {"id": "1", "set": {"price": 50}, "version": 6},
            {"id": "2", "set": {"price": 6}, "at": later(60)},
            {"id": "2", "set": {"price": 7}, "at": later(30)},
            {"id": "3", "set": {"price": 8}, "at": later(-30)},
            {"id": "nobody", "set": {"price": 8}},
            {"id": "3", "set": {"prize": 8}},
            {"id": "3", "set": {"price": "cheap"}},
            {"id": "3", "increment": {"price": -100}},
            {"id": "3", "increment": {"brand": 1}},
            {"id": "3"},
            {"id": "3", "set": {"title": ""}},
            {"id": "3", "set": {"price": 13}},
        ]),
    );
    assert_eq!(
        statuses(&answer),
        [
            "applied", "stale", "stale", "applied", "stale", "stale", "refused", "refused",
            "refused", "refused", "refused", "refused", "refused", "applied"
        ],
        "{answer}"
    );
    let reason = |at: usize| answer["results"][at]["reason"].as_str().unwrap();
    assert_eq!(reason(1), "version 7 is not above 7, which was applied");
    assert_eq!(
        reason(5),
        "2026-11-23T09:59:30Z is not later than the feed, which is of 2026-11-23T10:00:00Z"
    );
    assert_eq!(reason(6), "there is no product or variant `nobody`");
    assert_eq!(
        reason(7),
        "no attribute is called or reads `prize`, did you mean `price`?"
    );
    assert_eq!(reason(8), "`price`: `cheap` is not a number");
    assert_eq!(
        reason(11),
        "says nothing to do: write `set`, `increment`, `add` or `remove`"
    );
    for (path, body, status, said) in [
        (
            "/v1/products/1",
            json!({"set": {"price": 8}, "version": 3}),
            200,
            "stale",
        ),
        (
            "/v1/products/nobody",
            json!({"set": {"price": 8}}),
            404,
            "no product",
        ),
        (
            "/v1/products/1",
            json!({"id": "2", "set": {"price": 8}}),
            400,
            "the path says",
        ),
        (
            "/v1/products/1",
            json!({"put": {"price": 8}}),
            400,
            "unknown field",
        ),
    ] {
        let (answered, body) = shop.ask("PATCH", path, body.to_string());
        assert_eq!(answered.as_u16(), status, "{body}");
        assert!(body.contains(said), "{body}");
    }
    assert_eq!(
        shop.titles("/v1/search?q=&sort=price:asc"),
        ["Red socks", "Blue hat", "Red shoes"]
    );
}

#[test]
fn variants_are_changed_by_their_ids_and_all_of_them_by_their_products() {
    let shop = served(shop(
        "id | group | title     | price | stock | size
         a  | 1     | Red shoes | 20    | 3     | S
         b  | 1     | Red shoes | 22    | 3     | M
         c  | 2     | Blue hat  | 21    | 1     | S",
    ));
    patch(
        &shop,
        json!([
            {"id": "b", "set": {"price": 19}},
            {"id": "2", "set": {"variants": {"c": {"price": 5, "stock": 0}}}},
        ]),
    );
    assert_eq!(
        shop.titles("/v1/search?q=&filter=price+%3C+20+AND+size:M"),
        ["Red shoes"]
    );
    let (_, page) = shop.json("GET", "/v1/search?q=shoes", "");
    assert_eq!(page["hits"][0]["product"]["price"], 19);
    let (_, hat) = shop.json("GET", "/v1/products/c", "");
    assert_eq!(
        (&hat["id"], &hat["variants"][0]["price"]),
        (&json!("2"), &json!(5))
    );
    patch(&shop, json!([{"id": "1", "set": {"stock": 0}}]));
    let (_, page) = shop.json("GET", "/v1/search?q=&filter=stock+%3E+0", "");
    assert_eq!(page["total"], 0);
}

struct Live {
    paths: ShopPaths,
    engine: Arc<Engine>,
    deltas: Deltas,
}

fn live(paths: &ShopPaths) -> Live {
    let engine = Arc::new(Engine::new(publishing::load(paths).unwrap(), None));
    Live {
        paths: paths.clone(),
        deltas: Deltas::open(paths.clone(), engine.clone(), now).unwrap(),
        engine,
    }
}

impl Live {
    fn set(&self, id: &str, attribute: &str, value: Value, at: Option<Timestamp>) -> Status {
        let operation = Operation {
            id: id.into(),
            set: [(attribute.to_string(), value)].into_iter().collect(),
            at,
            ..Operation::default()
        };
        self.deltas.apply(vec![operation]).unwrap()[0].status
    }

    /// Publishes a table as the feed of some time.
    fn publish(&self, table: &str, as_of: Timestamp) {
        let schema = Schema::load(&self.paths.shop).unwrap();
        let feed = Feed::from_bytes("feed.jsonl", feed_of(table).into_bytes()).unwrap();
        let order = Order {
            as_of,
            ..Order::at(now()).force("the test says so")
        };
        publishing::build(&self.paths, &schema, vec![feed], &order, |_| {}).unwrap();
        let snapshot = publishing::reload(&self.paths, &self.engine.snapshot()).unwrap();
        self.deltas.swap(snapshot).unwrap();
    }

    fn cheapest_first(&self) -> Vec<String> {
        ids(&self.engine.search(&ask(" | sort=price:asc")).unwrap())
    }
}

#[test]
fn a_feed_replaces_what_is_older_than_itself() {
    const TABLE: &str = "id | title    | price
                         1  | Red shoe | 10
                         2  | Blue hat | 20
                         3  | Green tie| 30";
    let own = shop(TABLE);
    let shop = live(&own.paths);
    let minutes = |minutes: i64| now() + SignedDuration::from_mins(minutes);
    shop.set("3", "price", json!(1), Some(minutes(10)));
    shop.set("2", "price", json!(2), Some(minutes(30)));
    assert_eq!(shop.cheapest_first(), ["3", "2", "1"]);
    shop.publish(TABLE, minutes(20));
    assert_eq!(shop.cheapest_first(), ["2", "1", "3"]);
    assert_eq!(
        ids(&live(&own.paths)
            .engine
            .search(&ask(" | sort=price:asc"))
            .unwrap()),
        ["2", "1", "3"]
    );
    assert_eq!(
        shop.set("3", "price", json!(1), Some(minutes(15))),
        Status::Stale,
        "the feed is newer"
    );
    publishing::roll_back(&own.paths, None, None, now()).unwrap();
    let snapshot = publishing::reload(&own.paths, &shop.engine.snapshot()).unwrap();
    shop.deltas.swap(snapshot).unwrap();
    assert_eq!(
        shop.cheapest_first(),
        ["3", "2", "1"],
        "with every change since"
    );
    shop.publish(TABLE, minutes(40));
    assert_eq!(shop.cheapest_first(), ["1", "2", "3"]);
}

#[test]
fn what_another_process_applies_is_read_before_the_next_change() {
    let own = shop("id | title | price\n1 | Red shoe | 10\n2 | Blue hat | 20");
    let (one, other) = (live(&own.paths), live(&own.paths));
    one.set("2", "price", json!(5), None);
    other.set("1", "price", json!(1), None);
    assert_eq!(other.cheapest_first(), ["1", "2"]);
    let page = other.engine.search(&ask(" | filter=price < 6")).unwrap();
    assert_eq!(page.total, 2);
    assert_eq!(one.cheapest_first(), ["2", "1"]);
    one.deltas
        .swap(publishing::load(&own.paths).unwrap())
        .unwrap();
    assert_eq!(one.cheapest_first(), ["1", "2"]);
}

/// Which variant of which product gets which price and stock.
fn changes() -> impl Strategy<Value = Vec<(usize, usize, Option<u32>, Option<u32>)>> {
    let price = prop::option::weighted(0.9, 1u32..60);
    prop::collection::vec(
        (0usize..25, 0usize..4, price, prop::option::of(0u32..3)),
        1..20,
    )
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn lists_totals_and_facets_of_a_changed_catalog_equal_brute_force(
        mut catalog in catalog(),
        batches in prop::collection::vec(changes(), 1..4),
        asked in prop::collection::vec((query(), filters()), 6),
    ) {
        let own = built(&catalog);
        let shop = live(&own.paths);
        for batch in batches {
            let mut operations = Vec::new();
            for (product, variant, price, stock) in batch {
                let product = product % catalog.len();
                let variants = &mut catalog[product].variants;
                let variant = variant % variants.len();
                (variants[variant].price, variants[variant].stock) = (price, stock);
                let set = json!({"price": price, "stock": stock});
                let operation = json!({"id": format!("v{product}-{variant}"), "set": set});
                operations.push(serde_json::from_value(operation).unwrap());
            }
            let applied = shop.deltas.apply(operations).unwrap();
            prop_assert!(applied.iter().all(|one| one.status == Status::Applied), "{:?}", applied);
        }
        let reopened = live(&own.paths);
        for (words, filter) in &asked {
            let request = request(words, filter);
            let page = shop.engine.search(&request).unwrap();
            check_page(&catalog, words, filter, &page)?;
            prop_assert_eq!(ids(&reopened.engine.search(&request).unwrap()), ids(&page));
        }
    }
}

#[test]
fn texts_new_products_and_those_that_go_are_found_as_they_are_now() {
    let shop = priced();
    let answer = patch(
        &shop,
        json!([
            {"id": "1", "set": {"title": "Crimson clogs"}},
            {"product": {"id": "4", "title": "Crimson scarf", "brand": "Dogwood", "price": 9}},
            {"op": "merge", "product": {"id": "2", "title": "Scarlet socks"}},
            {"op": "delete", "id": "3"},
            {"op": "delete", "id": "9"},
            {"product": {"id": "5", "brand": "Dogwood"}},
        ]),
    );
    assert_eq!(
        statuses(&answer),
        [
            "applied", "applied", "applied", "applied", "refused", "refused"
        ],
        "{answer}"
    );
    assert_eq!(
        shop.titles("/v1/search?q=crimson"),
        ["Crimson clogs", "Crimson scarf"]
    );
    assert_eq!(
        shop.titles("/v1/search?q=crimsno"),
        ["Crimson clogs", "Crimson scarf"],
        "spelling knows new words"
    );
    assert_eq!(shop.titles("/v1/search?q=dogwood"), ["Crimson scarf"]);
    assert_eq!(shop.titles("/v1/search?q=shoes"), [""; 0]);
    assert_eq!(shop.titles("/v1/search?q=hat"), [""; 0]);
    let (_, page) = shop.json("GET", "/v1/search?q=&facets=brand,price", "");
    assert_eq!(
        (&page["total"], page["hits"].as_array().unwrap().len()),
        (&json!(3), 3)
    );
    let brands = json!([{"value": "Acorn", "count": 1}, {"value": "Birch", "count": 1}, {"value": "Dogwood", "count": 1}]);
    assert_eq!(page["facets"]["brand"], brands, "{page}");
    let (_, socks) = shop.json("GET", "/v1/products/2", "");
    assert_eq!(
        (&socks["title"], &socks["price"]),
        (&json!("Scarlet socks"), &json!(5.5))
    );
    let (status, _) = shop.json("GET", "/v1/products/3", "");
    assert_eq!(status, StatusCode::NOT_FOUND);
    for (method, path, body, status) in [
        (
            "PUT",
            "/v1/products/6",
            json!({"id": "6", "title": "Green hat"}),
            200,
        ),
        (
            "PUT",
            "/v1/products/6",
            json!({"id": "7", "title": "Green hat"}),
            400,
        ),
        ("DELETE", "/v1/products/4", json!({}), 200),
        ("DELETE", "/v1/products/4", json!({}), 404),
        (
            "POST",
            "/v1/products",
            json!({"products": [{"id": "3", "title": "Blue hat", "brand": "Birch"}]}),
            200,
        ),
    ] {
        let (answered, told) = shop.ask(method, path, body.to_string());
        assert_eq!(answered.as_u16(), status, "{told}");
    }
    assert_eq!(shop.titles("/v1/search?q=hat"), ["Green hat", "Blue hat"]);
    let engine = Engine::new(publishing::load(shop.paths()).unwrap(), None);
    for (query, found) in [
        ("hat", ["6", "3"].as_slice()),
        ("crimson", &["1"]),
        ("socks", &["2"]),
    ] {
        assert_eq!(ids(&engine.search(&ask(query)).unwrap()), found, "{query}");
    }
}

#[test]
fn rules_know_products_that_came_and_went() {
    let own = shop("id | title\n1 | Red shoe\n2 | Red hat").rules(
        "[[rule]]\nname = \"Red\"\nwhen = { query = { is = \"red\" } }\npin = [{ product = \"2\", position = 1 }]\nsuppress = [\"1\"]\n",
    );
    let shop = live(&own.paths);
    let apply = |operation: Value| {
        let operation = serde_json::from_value(operation).unwrap();
        assert_eq!(
            shop.deltas.apply(vec![operation]).unwrap()[0].status,
            Status::Applied
        );
    };
    let found = || ids(&shop.engine.search(&ask("red")).unwrap());
    apply(json!({"op": "delete", "id": "2"}));
    apply(json!({"product": {"id": "3", "title": "Red tie"}}));
    assert_eq!(found(), ["3"]);
    apply(json!({"product": {"id": "2", "title": "Red hat again"}}));
    assert_eq!(found(), ["2", "3"]);
}

#[test]
fn what_changed_is_folded_into_the_next_generation_while_more_is_changed() {
    let own = shop("id | title | price\n1 | Red shoe | 10\n2 | Blue hat | 20\n3 | Red tie | 30");
    let shop = live(&own.paths);
    shop.set("1", "title", json!("Crimson shoe"), None);
    shop.set("3", "price", json!(5), None);
    let operation = json!({"op": "delete", "id": "2"});
    shop.deltas
        .apply(vec![serde_json::from_value(operation).unwrap()])
        .unwrap();
    let catalog = shop.engine.snapshot().catalog.clone();
    shop.set("1", "price", json!(1), None);
    let folded = publishing::fold(&own.paths, &catalog).unwrap().unwrap();
    assert_eq!(
        (folded.generation, folded.products, folded.built.changes),
        (2, 2, 3)
    );
    assert!(
        publishing::fold(&own.paths, &catalog).unwrap().is_none(),
        "another is live by now"
    );
    let snapshot = publishing::reload(&own.paths, &shop.engine.snapshot()).unwrap();
    shop.deltas.swap(snapshot).unwrap();
    let again = live(&own.paths);
    for shop in [&shop, &again] {
        assert_eq!(shop.cheapest_first(), ["1", "3"]);
        assert_eq!(ids(&shop.engine.search(&ask("crimson")).unwrap()), ["1"]);
    }
    let kept: Vec<u64> = publishing::generations(&own.paths.data)
        .iter()
        .map(|one| one.generation)
        .collect();
    assert_eq!(kept, [2]);
}

#[test]
fn feeds_of_changes_say_what_became_of_each_row() {
    let folder = indexed();
    folder.write(
        "changes.csv",
        "id,price,op,_version\n1,15,,4\n1,14,,3\n2,,delete,\n9,3,,\n3,cheap,,\n",
    );
    let path = folder.path("changes.csv");
    let ended = folder
        .run(&["index", "--delta", path.to_str().unwrap()])
        .exits(1);
    expect![[r#"
        DIR/changes.csv:5: product `9` has no title
        DIR/changes.csv:6: `price`: `cheap` is not a number
    "#]]
    .assert_eq(&ended.complaint(folder.dir.path()));
    let page = folder
        .run(&["search", "", "--json", "--filter", "price > 0"])
        .succeeds()
        .json();
    let prices: Vec<&Value> = page["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| &hit["product"]["price"])
        .collect();
    assert_eq!(prices, [15, 12]);
    let history = folder.run(&["history", "--json"]).succeeds().json();
    let last = history
        .as_array()
        .and_then(|all| all.iter().find(|one| one["what"] == "changed"));
    assert_eq!(last.unwrap()["reason"], "2 applied, 1 stale", "{history}");
    folder.write(
        "changes.jsonl",
        json!({"id": "3", "increment": {"stock": -4}}).to_string(),
    );
    let path = folder.path("changes.jsonl");
    let ended = folder
        .run(&["index", "--delta", path.to_str().unwrap(), "--json"])
        .succeeds();
    assert_eq!(
        ended.json(),
        json!({"applied": 1, "stale": 0, "refused": 0, "problems": []})
    );
}

/// What is done with which product of the model; `None` takes it away.
fn replacements() -> impl Strategy<Value = Vec<(usize, Option<Product>)>> {
    prop::collection::vec((0usize..12, prop::option::weighted(0.8, product())), 1..8)
}

proptest! {
    #![proptest_config(Config { cases: 48, failure_persistence: None, ..Config::default() })]

    #[test]
    fn catalogs_whose_products_come_change_and_go_equal_brute_force(
        catalog in catalog(),
        batches in prop::collection::vec(replacements(), 1..4),
        asked in prop::collection::vec((query(), filters()), 6),
    ) {
        let own = built(&catalog);
        let shop = live(&own.paths);
        let mut there: BTreeMap<usize, Product> = catalog.into_iter().enumerate().collect();
        for batch in batches {
            let mut operations = Vec::new();
            for (id, product) in batch {
                if there.remove(&id).is_some() {
                    operations.push(json!({"op": "delete", "id": id.to_string()}));
                }
                let Some(product) = product else { continue };
                let rows = rows_of(id, &product).into_iter();
                operations.extend(rows.map(|row| json!({"product": row})));
                there.insert(id, product);
            }
            let operations = operations.into_iter().map(|one| serde_json::from_value(one).unwrap());
            let applied = shop.deltas.apply(operations.collect()).unwrap();
            prop_assert!(applied.iter().all(|one| one.status == Status::Applied), "{:?}", applied);
        }
        let reopened = live(&own.paths);
        for (words, filter) in &asked {
            let request = request(words, filter);
            let page = shop.engine.search(&request).unwrap();
            check_page_of(&there, words, filter, &page)?;
            prop_assert_eq!(ids(&reopened.engine.search(&request).unwrap()), ids(&page));
        }
    }
}

/// A product of the model as rows of its feed.
fn rows_of(id: usize, product: &Product) -> Vec<Value> {
    let variants = product.variants.iter().enumerate();
    let rows = variants.map(|(number, variant)| {
        json!({"id": format!("v{id}-{number}"), "group": id.to_string(), "title": product.words.join(" "),
            "brand": product.brand, "category": product.category, "color": variant.color, "size": variant.size,
            "price": variant.price, "stock": variant.stock})
    });
    rows.collect()
}

/// As `check_page`, for a catalog whose ids have gaps.
fn check_page_of(
    there: &BTreeMap<usize, Product>,
    words: &[&str],
    filter: &Option<Condition>,
    page: &Page,
) -> Result<(), TestCaseError> {
    let catalog: Vec<Product> = there.values().cloned().collect();
    let place = |id: &String| there.keys().position(|own| own.to_string() == *id);
    let mut page = page.clone();
    for hit in &mut page.hits {
        let place = place(&hit.id);
        prop_assert!(place.is_some(), "{} is gone", hit.id);
        hit.id = place.unwrap().to_string();
    }
    check_page(&catalog, words, filter, &page)
}
