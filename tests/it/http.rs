//! Promises:
//! 1. Every endpoint answers with the body that is expected of it, and `/openapi.json` lists every one.
//! 2. What cannot be understood is refused with a code, a message that says what to write instead, and a status that
//!    blames the caller: malformed JSON, unknown parameters, bodies too large, wrong methods, unknown paths.
//! 3. One bad event does not sink its batch, and an event id that was sent before is recorded once.
//! 4. What a shopper does moves the next search towards it, `explain` says so, and another shopper's list stays.
//! 5. `/metrics` counts requests, events and products.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use endcap::api::{self, Limits, router};
use endcap::engine::Engine;
use endcap::publishing;
use endcap::shoppers::Shoppers;
use expect_test::{Expect, expect};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::shop::{Shop, shop};

const BODY_BYTES_MAX: usize = 256 * 1024;

struct Served {
    _shop: Shop,
    router: Router,
}

fn served(shop: Shop) -> Served {
    let snapshot = publishing::load(&shop.paths).unwrap();
    let journal = shop.paths.journal();
    std::fs::create_dir_all(&journal).unwrap();
    let shoppers = Shoppers::open(&journal, snapshot.recipes.affinity).unwrap();
    let engine = Arc::new(Engine::new(snapshot, Some(shoppers)));
    let limits = Limits {
        body_bytes_max: BODY_BYTES_MAX,
    };
    let api = api::Shop::new(engine, shop.paths.clone(), "Corner Shop".into(), limits);
    Served {
        _shop: shop,
        router: router(api),
    }
}

fn corner_shop() -> Served {
    let table = "id | title     | brand | price | stock | color
                 1  | Red shoes | Acorn | 20    | 3     | red
                 2  | Red socks | Birch | 5.5   | 0     | red
                 3  | Blue hat  | Birch | 12    |       | blue";
    served(shop(table).rules("[[rule]]\nname = \"Hats\"\nwhen = { query = { is = \"hat\" } }\npin = [{ product = \"1\", position = 2 }]\n"))
}

impl Served {
    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(body.into())
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let status = answer.status();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    fn json(&self, method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let (status, text) = self.ask(method, path, body);
        (status, serde_json::from_str(&text).expect(&text))
    }

    /// Compares the status and the JSON of an answer, without what differs from call to call.
    #[track_caller]
    fn check(&self, method: &str, path: &str, body: impl Into<Body>, expected: Expect) {
        let (status, mut answer) = self.json(method, path, body);
        for changing in ["query_id", "took_ms"] {
            if let Some(value) = answer.get_mut(changing) {
                assert!(*value != Value::Null && *value != json!(""));
                *value = json!("…");
            }
        }
        let text = serde_json::to_string_pretty(&answer).unwrap();
        expected.assert_eq(&format!("{}\n{text}\n", status.as_u16()));
    }

    fn titles(&self, path: &str) -> Vec<String> {
        let (status, page) = self.json("GET", path, "");
        assert_eq!(status, StatusCode::OK, "{page}");
        let hits = page["hits"].as_array().unwrap();
        let title = |hit: &Value| hit["product"]["title"].as_str().unwrap().to_string();
        hits.iter().map(title).collect()
    }
}

#[test]
fn search_answers_a_page() {
    let shop = corner_shop();
    shop.check(
        "GET",
        "/v1/search?q=hat&facets=brand,price&explain=true",
        "",
        expect![[r#"
            200
            {
              "query_id": "…",
              "query": "hat",
              "total": 2,
              "page": 1,
              "hits_per_page": 24,
              "took_ms": "…",
              "hits": [
                {
                  "id": "3",
                  "position": 1,
                  "product": {
                    "title": "Blue hat",
                    "brand": "Birch",
                    "price": 12,
                    "color": "blue",
                    "sold_out": false
                  },
                  "highlight": {
                    "title": "Blue <em>hat</em>"
                  },
                  "explain": {
                    "text_rank": 1,
                    "moves": []
                  }
                },
                {
                  "id": "1",
                  "position": 2,
                  "product": {
                    "title": "Red shoes",
                    "brand": "Acorn",
                    "price": 20,
                    "stock": 3,
                    "color": "red",
                    "sold_out": false
                  },
                  "highlight": {},
                  "explain": {
                    "text_rank": 2,
                    "moves": []
                  }
                }
              ],
              "facets": {
                "brand": [
                  {
                    "value": "Acorn",
                    "count": 1
                  },
                  {
                    "value": "Birch",
                    "count": 1
                  }
                ]
              },
              "ranges": {
                "price": {
                  "min": 12.0,
                  "max": 20.0
                }
              },
              "understood": {
                "spelling": null,
                "synonyms": [],
                "filters": [],
                "relaxed": false
              },
              "rules": [
                {
                  "name": "Hats",
                  "held": true
                }
              ],
              "experiments": {},
              "problems": []
            }
        "#]],
    );
    let asked =
        json!({"q": "red", "facets": ["color"], "filter": "price < 10", "sort": "price:desc"});
    shop.check(
        "POST",
        "/v1/search",
        asked.to_string(),
        expect![[r#"
        200
        {
          "query_id": "…",
          "query": "red",
          "total": 1,
          "page": 1,
          "hits_per_page": 24,
          "took_ms": "…",
          "hits": [
            {
              "id": "2",
              "position": 1,
              "product": {
                "title": "Red socks",
                "brand": "Birch",
                "price": 5.5,
                "stock": 0,
                "color": "red",
                "sold_out": true
              },
              "highlight": {
                "title": "<em>Red</em> socks"
              }
            }
          ],
          "facets": {
            "color": [
              {
                "value": "red",
                "count": 1
              }
            ]
          },
          "ranges": {},
          "understood": {
            "spelling": null,
            "synonyms": [],
            "filters": [],
            "relaxed": false
          },
          "rules": [],
          "experiments": {},
          "problems": []
        }
    "#]],
    );
}

#[test]
fn suggest_completes() {
    let shop = corner_shop();
    shop.check(
        "GET",
        "/v1/suggest?q=red+so&limit=3",
        "",
        expect![[r#"
        200
        {
          "suggestions": [
            {
              "text": "Red socks",
              "kind": "product",
              "id": "2",
              "highlight": "<em>Red</em> <em>socks</em>"
            }
          ],
          "took_ms": "…"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/v1/suggest?q=bir&limit=3",
        "",
        expect![[r#"
        200
        {
          "suggestions": [
            {
              "text": "Birch",
              "kind": "brand",
              "highlight": "<em>Bir</em>ch",
              "count": 2
            },
            {
              "text": "Blue hat",
              "kind": "product",
              "id": "3",
              "highlight": "Blue hat"
            },
            {
              "text": "Red socks",
              "kind": "product",
              "id": "2",
              "highlight": "Red socks"
            }
          ],
          "took_ms": "…"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/v1/suggest?limit=51",
        "",
        expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "`limit` is 51: write a number from 1 to 50",
          "docs": "/openapi.json"
        }
    "#]],
    );
}

#[test]
fn health_and_readiness() {
    let shop = corner_shop();
    shop.check(
        "GET",
        "/health",
        "",
        expect![[r#"
        200
        {
          "status": "ok"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/ready",
        "",
        expect![[r#"
        200
        {
          "status": "ok",
          "generation": 1,
          "products": 3,
          "variants": 3,
          "rules": 1,
          "synonyms": 0,
          "problems": 0
        }
    "#]],
    );
}

#[test]
fn the_storefront_and_its_assets() {
    let shop = corner_shop();
    let (status, page) = shop.ask("GET", "/", "");
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Corner Shop"));
    for name in ["storefront.css", "storefront.js"] {
        let (status, _) = shop.ask("GET", &format!("/assets/{name}"), "");
        assert_eq!(status, StatusCode::OK, "{name}");
        assert!(page.contains(name), "{name}");
    }
    shop.check(
        "GET",
        "/assets/nothing.js",
        "",
        expect![[r#"
        404
        {
          "code": "not_found",
          "message": "there is no asset `nothing.js`",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/pictures/1.svg",
        "",
        expect![[r#"
        404
        {
          "code": "not_found",
          "message": "there is no picture `1.svg`",
          "docs": "/openapi.json"
        }
    "#]],
    );
    for name in ["..%2Fendcap.toml", "%2e%2e%2fdata%2flive", "..", "a%00.png"] {
        let (status, _) = shop.ask("GET", &format!("/pictures/{name}"), "");
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[test]
fn what_cannot_be_understood_is_refused() {
    let shop = corner_shop();
    shop.check("GET", "/v1/search?qq=hat", "", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the query string is not what was expected: qq: unknown field `qq`, expected one of `q`, `filter`, `facets`, `facet_values_max`, `sort`, `page`, `hits_per_page`, `shopper`, `session`, `segment`, `surface`, `category`, `impact`, `recipe`, `rules`, `spelling`, `explain`, `now`",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("GET", "/v1/search?page=two", "", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the query string is not what was expected: page: write a whole number without a sign, such as 2",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("GET", "/v1/search?filter=brnd:Acorn", "", expect![[r#"
        400
        {
          "code": "filter_syntax",
          "message": "unknown attribute `brnd` at character 1 of the filter `brnd:Acorn`: did you mean `brand`?",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check(
        "GET",
        "/v1/search?sort=size:asc",
        "",
        expect![[r#"
        400
        {
          "code": "unknown_name",
          "message": "unknown sort `size`: known are title, price",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/v1/search?impact=101",
        "",
        expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "`impact` is out of range: write a number between 0 and 100",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check("POST", "/v1/search", "{\"q\": \"hat", expect![[r#"
        400
        {
          "code": "json_syntax",
          "message": "the body is not what was expected: EOF while parsing a string at line 1 column 10",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("POST", "/v1/search", "{\"q\": 7}", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the body is not what was expected: invalid type: integer `7`, expected a string at line 1 column 7",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("POST", "/v1/search", "{\"page\": \"2\"}", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the body is not what was expected: invalid type: string \"2\", expected a whole number without a sign at line 1 column 12",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("POST", "/v1/events", "null", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the body is not what was expected: invalid type: null, expected an object such as {\"events\": […]} at line 1 column 4",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("POST", "/v1/search", "{\"query\": \"hat\"}", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the body is not what was expected: unknown field `query`, expected one of `q`, `filter`, `facets`, `facet_values_max`, `sort`, `page`, `hits_per_page`, `shopper`, `session`, `segment`, `surface`, `category`, `impact`, `recipe`, `rules`, `spelling`, `explain`, `now` at line 1 column 8",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check("POST", "/v1/search", "", expect![[r#"
        400
        {
          "code": "json_syntax",
          "message": "the body is not what was expected: EOF while parsing a value at line 1 column 0",
          "docs": "/openapi.json"
        }
    "#]]);
    shop.check(
        "POST",
        "/v1/events",
        "[]",
        expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the body is an array: write a JSON object, /openapi.json says of what",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check(
        "DELETE",
        "/v1/search",
        "",
        expect![[r#"
        405
        {
          "code": "method_not_allowed",
          "message": "/v1/search does not take DELETE: /openapi.json says what it takes",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/v1/events",
        "",
        expect![[r#"
        405
        {
          "code": "method_not_allowed",
          "message": "/v1/events does not take GET: /openapi.json says what it takes",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check(
        "GET",
        "/v2/search",
        "",
        expect![[r#"
        404
        {
          "code": "not_found",
          "message": "there is nothing at /v2/search: /openapi.json lists what there is",
          "docs": "/openapi.json"
        }
    "#]],
    );
    let long = format!("/v1/search?q={}", "a".repeat(1_001));
    shop.check(
        "GET",
        &long,
        "",
        expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "`q` has 1001 bytes: write at most 1000 bytes",
          "docs": "/openapi.json"
        }
    "#]],
    );
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let shop = corner_shop();
    let large = format!("{{\"q\": \"{}\"}}", "a".repeat(BODY_BYTES_MAX));
    shop.check(
        "POST",
        "/v1/search",
        large.clone(),
        expect![[r#"
        413
        {
          "code": "too_large",
          "message": "the body is larger than the server takes: send less at a time",
          "docs": "/openapi.json"
        }
    "#]],
    );
    shop.check(
        "POST",
        "/v1/events",
        large,
        expect![[r#"
        413
        {
          "code": "too_large",
          "message": "the body is larger than the server takes: send less at a time",
          "docs": "/openapi.json"
        }
    "#]],
    );
    let many = json!({"events": vec![json!({}); 1_001]});
    shop.check(
        "POST",
        "/v1/events",
        many.to_string(),
        expect![[r#"
        413
        {
          "code": "too_large",
          "message": "the batch has 1001 events: send at most 1000 at a time",
          "docs": "/openapi.json"
        }
    "#]],
    );
}

#[test]
fn bad_input_is_never_the_servers_fault() {
    let shop = corner_shop();
    let oddities = [
        "%00",
        "%ff%fe",
        "(((",
        "\u{202e}",
        "%F0%9F%91%9F",
        "a%20AND%20NOT",
        "'\"",
        "-1",
        "1e999",
        "NaN",
        "%5B%5D",
        "9999999999999999999999",
        "..%2F..",
    ];
    let keys = [
        "q",
        "filter",
        "facets",
        "sort",
        "page",
        "hits_per_page",
        "shopper",
        "category",
        "impact",
        "recipe",
        "rules",
        "explain",
        "now",
        "facet_values_max",
        "surface",
        "segment",
    ];
    for key in keys {
        for value in oddities {
            let value = value.replace('\u{202e}', "%E2%80%AE").replace('"', "%22");
            let path = format!("/v1/search?{key}={value}");
            let (status, body) = shop.ask("GET", &path, "");
            assert!(!status.is_server_error(), "{path}: {status} {body}");
        }
    }
}

#[test]
fn one_bad_event_does_not_sink_the_batch() {
    let batch = json!({"events": [
        {"type": "view", "shopper": "anna", "products": ["1"]},
        {"type": "vew", "shopper": "anna", "products": ["1"]},
        {"type": "view", "products": ["1"]},
        {"type": "view", "shopper": "anna", "products": [1]},
        {"type": "purchase", "shopper": "anna", "products": ["1"], "price": -1},
        "view",
        {"type": "search", "shopper": "anna", "query": "hat"},
    ]});
    corner_shop().check("POST", "/v1/events", batch.to_string(), expect![[r#"
        202
        {
          "accepted": 2,
          "duplicates": 0,
          "refused": [
            {
              "index": 1,
              "message": "`type` is `vew`, which is no event type: did you mean `view`?"
            },
            {
              "index": 2,
              "message": "`shopper` is missing: write the token you keep for this visitor"
            },
            {
              "index": 3,
              "message": "`products[0]` is a number: write the id in quotes: \"1\""
            },
            {
              "index": 4,
              "message": "`price` is not a number of 0 or more: write the price of one piece without its currency, such as 49.95"
            },
            {
              "index": 5,
              "message": "`event` is not an object: write {\"type\": \"view\", \"shopper\": \"anna\", \"products\": [\"42\"]}"
            }
          ]
        }
    "#]]);
}

#[test]
fn an_event_id_is_recorded_once() {
    let shop = corner_shop();
    let batch = json!({"events": [
        {"id": "e1", "type": "view", "shopper": "anna", "products": ["1"]},
        {"id": "e2", "type": "view", "shopper": "anna", "products": ["2"]},
        {"id": "e1", "type": "view", "shopper": "anna", "products": ["1"]},
    ]});
    shop.check(
        "POST",
        "/v1/events",
        batch.to_string(),
        expect![[r#"
        202
        {
          "accepted": 3,
          "duplicates": 1,
          "refused": []
        }
    "#]],
    );
    shop.check(
        "POST",
        "/v1/events",
        batch.to_string(),
        expect![[r#"
        202
        {
          "accepted": 3,
          "duplicates": 3,
          "refused": []
        }
    "#]],
    );
}

#[test]
fn views_move_the_next_search_of_that_shopper_alone() {
    let mut table = String::from("id | title | brand | price | stock\n");
    for number in 0..12 {
        let brand = ["Acorn", "Birch", "Cedar", "Dogwood"][number % 4];
        table += &format!("{number} | Lamp | {brand} | 10 | 5\n");
    }
    let shop = served(shop(&table));
    let of = |shopper: &str| format!("/v1/search?q=lamp&explain=true&shopper={shopper}");
    let ids = |shopper: &str| {
        let (_, page) = shop.json("GET", &of(shopper), "");
        let hits = page["hits"].as_array().unwrap().clone();
        hits.iter().map(|hit| hit["id"].clone()).collect::<Vec<_>>()
    };
    let before = (ids("anna"), ids("ben"));
    assert_eq!(before.0, before.1);
    let view = |id: &str| json!({"type": "view", "shopper": "anna", "products": [id]});
    let batch = json!({"events": [view("3"), view("7"), view("11")]});
    let (status, _) = shop.json("POST", "/v1/events", batch.to_string());
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(ids("anna")[..3], ["3", "7", "11"]);
    assert_eq!(ids("ben"), before.1);
    let (_, page) = shop.json("GET", &of("anna"), "");
    let told = serde_json::to_string_pretty(&page["hits"][0]["explain"]).unwrap();
    expect![[r#"
        {
          "text_rank": 4,
          "moves": [
            {
              "by": "affinity",
              "value": "brand:Dogwood",
              "places": 3
            }
          ]
        }"#]]
    .assert_eq(&told);
    let impact_0 = format!("{}&impact=0", of("anna"));
    let (_, plain) = shop.json("GET", &impact_0, "");
    let (_, bens) = shop.json("GET", &of("ben"), "");
    assert_eq!(plain["hits"], bens["hits"]);
}

#[test]
fn every_route_is_described() {
    let shop = corner_shop();
    let (status, description) = shop.json("GET", "/openapi.json", "");
    assert_eq!(status, StatusCode::OK);
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            let answers: Vec<&str> = answers.keys().map(String::as_str).collect();
            routes.push(format!("{method} {path} {}", answers.join(" ")));
            let (status, _) = shop.ask(&method.to_uppercase(), path, "{}");
            assert_ne!(status, StatusCode::NOT_FOUND, "{path}");
        }
    }
    expect![[r#"
        get /health 200
        get /metrics 200 503
        get /ready 200
        post /v1/events 202 400 413 503
        get /v1/search 200 400
        post /v1/search 200 400 413
        get /v1/suggest 200 400
    "#]]
    .assert_eq(&(routes.join("\n") + "\n"));
}

#[test]
fn metrics_count_requests_events_and_products() {
    let shop = corner_shop();
    assert_eq!(shop.titles("/v1/search?q=hat"), ["Blue hat", "Red shoes"]);
    let event = json!({"events": [{"type": "home", "shopper": "anna"}, {}]});
    shop.json("POST", "/v1/events", event.to_string());
    let (status, text) = shop.ask("GET", "/metrics", "");
    assert_eq!(status, StatusCode::OK);
    for begins in [
        "endcap_requests_total{route=\"/v1/search\",method=\"GET\",status=\"200\"}",
        "endcap_request_seconds",
        "endcap_search_seconds",
        "endcap_events_accepted_total",
        "endcap_events_refused_total",
        "endcap_products",
        "endcap_generation",
        "endcap_journal_entries",
    ] {
        let told = text.lines().any(|line| line.starts_with(begins));
        assert!(told, "no `{begins}` in\n{text}");
    }
}
