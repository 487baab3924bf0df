//! Promises:
//! 1. Every endpoint answers with the body that is expected of it, and `/openapi.json` lists every one.
//! 2. What a shopper does moves the next search towards it, `explain` says so, and another shopper's list stays.
//! 3. `/metrics` counts requests, events and products.

use axum::http::StatusCode;
use expect_test::expect;
use serde_json::json;

use crate::served::{corner_shop, served};
use crate::shop::shop;

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
                    "moves": [],
                    "weighed": {
                      "score": 0.8,
                      "bm25": 0.9808,
                      "coverage": 1.0,
                      "adjacent": 0.0,
                      "type": 1.0,
                      "adds": [
                        {
                          "by": "relevance",
                          "adds": 0.0
                        },
                        {
                          "by": "type",
                          "adds": 0.8
                        }
                      ]
                    }
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
                    "moves": [],
                    "weighed": {
                      "score": -9.2103,
                      "bm25": 0.0,
                      "coverage": 0.0,
                      "adjacent": 0.0,
                      "type": 0.0,
                      "adds": [
                        {
                          "by": "relevance",
                          "adds": -9.2103
                        }
                      ]
                    }
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
                "attributes": [],
                "filters": [],
                "left_out": [],
                "relaxed": false
              },
              "reading": {
                "units": [
                  {
                    "said": "hat",
                    "is_kind": true,
                    "ways": [
                      {
                        "looks_for": "hat",
                        "weight": 1.0
                      }
                    ]
                  }
                ],
                "names_a_product": false
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
                "attributes": [
                  "red → color"
                ],
                "filters": [],
                "left_out": [],
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
              "evidence": "viewed 3 ×, last 0 s ago",
              "places": 3
            }
          ],
          "weighed": {
            "score": 0.8412,
            "bm25": 0.0392,
            "coverage": 1.0,
            "adjacent": 0.0,
            "type": 1.0,
            "adds": [
              {
                "by": "relevance",
                "adds": 0.0
              },
              {
                "by": "type",
                "adds": 0.8
              },
              {
                "by": "affinity",
                "value": "brand:Dogwood",
                "adds": 0.0152
              },
              {
                "by": "own_history",
                "adds": 0.026
              }
            ]
          }
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
            let (_, told) = shop.ask(&method.to_uppercase(), path, "{}");
            assert!(!told.contains("there is nothing at"), "{path}");
        }
    }
    expect![[r#"
        get /health 200
        get /metrics 200 503
        get /ready 200
        get /v1/audit 200 503
        get /v1/audit/report 200 503
        post /v1/events 202 400 413 503
        post /v1/feeds 202 400 413 503
        get /v1/jobs 200 503
        get /v1/jobs/{id} 200 404 503
        delete /v1/jobs/{id} 200 404 503
        get /v1/jobs/{id}/events 200 404 503
        get /v1/keys 200 409 503
        post /v1/keys 201 400 409 413 503
        delete /v1/keys/{id} 204 404 409 503
        post /v1/keys/{id}/rotate 200 404 409 503
        get /v1/problems 200
        post /v1/products 200 400 413 503
        patch /v1/products 200 400 413 503
        get /v1/products/{id} 200 404
        put /v1/products/{id} 200 400 503
        delete /v1/products/{id} 200 404 503
        patch /v1/products/{id} 200 400 404 503
        get /v1/publications 200 503
        get /v1/recommend 200 400 503
        post /v1/recommend 200 400 413 503
        get /v1/rules 200
        get /v1/rules/diff 200 400 404
        get /v1/rules/export 200
        get /v1/rules/files/{file} 200 400
        put /v1/rules/files/{file} 200 400 409
        get /v1/rules/history 200 400
        post /v1/rules/import 200 400 409
        post /v1/rules/preview 200 400 503
        post /v1/rules/trace 200 400 503
        post /v1/rules/undo 200 400 404
        get /v1/rules/usage 200 400 503
        put /v1/rules/{name} 200 400 409
        delete /v1/rules/{name} 200 404 409
        get /v1/search 200 400 503
        post /v1/search 200 400 413 503
        get /v1/segments 200 503
        get /v1/shoppers/{shopper} 200 404 503
        delete /v1/shoppers/{shopper} 200 503
        put /v1/shoppers/{shopper}/consent 204 400 503
        get /v1/shoppers/{shopper}/export 200 404 503
        post /v1/shoppers/{shopper}/merge 204 404 503
        post /v1/shoppers/{shopper}/split 204 404 503
        get /v1/suggest 200 400 503
        get /v1/synonyms 200
        get /v1/synonyms/files/{file} 200 400
        put /v1/synonyms/files/{file} 200 400 409
        get /v1/synonyms/lines 200 503
        post /v1/synonyms/preview 200 400 503
        get /v1/synonyms/suggestions 200 400 503
        get /v1/synonyms/usage 200 400 503
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
