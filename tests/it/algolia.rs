//! Promises:
//! 1. Several searches in one body are answered in their order, however their parameters are written.
//! 2. An answer has every field that the clients read; hits are the shop's records with `objectID`.
//! 3. Facets count what the list holds, numbers included, levels of paths under the names that clients give them; a
//!    batch of refinements counts what its requests count one by one.
//! 4. Filters of every form mean the same; what is wrong is said in the clients' shape of errors.
//! 5. Found words stand between the tags asked for, nothing is escaped, and values keep their nesting.
//! 6. Replicas are sorts; an unknown index is a 404.
//! 7. Browsers' simple requests and their questions are answered for pages of any host; bodies may be compressed.

use axum::http::StatusCode;
use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::served::{Served, served};
use crate::shop::{shoes, shop};

const QUERIES: &str = "/1/indexes/*/queries";

fn results(shop: &Served, requests: Value) -> Vec<Value> {
    let body = json!({"requests": requests}).to_string();
    let (status, answer) = shop.json("POST", QUERIES, body);
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["results"].as_array().unwrap().clone()
}

fn only(shop: &Served, request: Value) -> Value {
    results(shop, json!([request])).remove(0)
}

/// A search with these parameters.
fn asking(mut parameters: Value) -> Value {
    parameters["indexName"] = json!("products");
    parameters
}

fn ids(result: &Value) -> Vec<&str> {
    let hits = result["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["objectID"].as_str().unwrap()).collect()
}

/// The message of a request that cannot be answered.
fn refused(shop: &Served, request: Value) -> String {
    let body = json!({"requests": [request]}).to_string();
    let (status, answer) = shop.json("POST", QUERIES, body);
    assert_eq!(answer["status"], status.as_u16());
    assert!(status.is_client_error(), "{answer}");
    answer["message"].as_str().unwrap().to_string()
}

#[test]
fn an_answer_has_what_clients_read() {
    let shop = served(shop(
        "id | title     | brand | price | stock | color
         1  | Red shoes | Acorn | 20    | 3     | red
         2  | Red socks | Birch | 5.5   | 0     | red
         3  | Blue hat  | Birch | 12    |       | blue",
    ));
    let request = asking(json!({
        "query": "red shoes", "facets": ["brand", "price"], "hitsPerPage": 1, "clickAnalytics": true,
        "highlightPreTag": "__ais-highlight__", "highlightPostTag": "__/ais-highlight__",
        "attributesToRetrieve": ["title", "price"], "responseFields": ["*"],
    }));
    let mut result = only(&shop, request);
    for changing in ["queryID", "processingTimeMS", "serverTimeMS", "params"] {
        assert!(!result[changing].is_null());
        result[changing] = json!("…");
    }
    expect![[r#"
        {
          "hits": [
            {
              "title": "Red shoes",
              "price": 20,
              "objectID": "1",
              "_highlightResult": {
                "title": {
                  "value": "__ais-highlight__Red__/ais-highlight__ __ais-highlight__shoes__/ais-highlight__",
                  "matchLevel": "full",
                  "fullyHighlighted": true,
                  "matchedWords": [
                    "red",
                    "shoes"
                  ]
                },
                "brand": {
                  "value": "Acorn",
                  "matchLevel": "none",
                  "fullyHighlighted": false,
                  "matchedWords": []
                }
              }
            }
          ],
          "nbHits": 2,
          "page": 0,
          "nbPages": 2,
          "hitsPerPage": 1,
          "facets": {
            "brand": {
              "Acorn": 1,
              "Birch": 1
            },
            "price": {
              "5.5": 1,
              "20": 1
            }
          },
          "facets_stats": {
            "price": {
              "min": 5.5,
              "max": 20.0,
              "avg": 12.75,
              "sum": 25.5
            }
          },
          "exhaustive": {
            "facetsCount": true,
            "facetValues": true,
            "nbHits": true,
            "rulesMatch": true,
            "typo": true
          },
          "exhaustiveFacetsCount": true,
          "exhaustiveNbHits": true,
          "exhaustiveTypo": true,
          "query": "red shoes",
          "params": "…",
          "index": "products",
          "queryID": "…",
          "processingTimeMS": "…",
          "serverTimeMS": "…"
        }"#]].assert_eq(&serde_json::to_string_pretty(&result).unwrap());
}

#[test]
fn parameters_may_be_flat_nested_or_encoded() {
    let shop = served(shoes());
    let found = results(
        &shop,
        json!([
            {"indexName": "products", "query": "shoe", "hitsPerPage": 1, "page": 1, "facets": ["brand"]},
            {"indexName": "products", "params": {"query": "shoe", "hitsPerPage": 1, "page": 1, "facets": ["brand"]}},
            {"indexName": "products", "params": "query=shoe&hitsPerPage=1&page=1&facets=%5B%22brand%22%5D"},
            {"indexName": "products", "params": "query=shoe&hitsPerPage=1&page=1&facets=brand"},
        ]),
    );
    for result in &found {
        assert_eq!(ids(result), ["3"]);
        assert_eq!(result["nbHits"], 3);
        assert_eq!(
            (&result["page"], &result["nbPages"]),
            (&json!(1), &json!(3))
        );
        assert_eq!(result["facets"], json!({"brand": {"Acorn": 2, "Birch": 1}}));
    }
    let (status, single) = shop.json(
        "POST",
        "/1/indexes/products/query",
        r#"{"params": "query=shoe&hitsPerPage=1&page=1"}"#,
    );
    assert_eq!((status, ids(&single)), (StatusCode::OK, vec!["3"]));
}

#[test]
fn facets_count_what_the_list_holds() {
    let shop = served(shoes());
    let request = asking(json!({
        "facetFilters": [["brand:Acorn"]], "hitsPerPage": 0,
        "facets": ["brand", "price", "category.lvl0", "category.lvl1", "unknown"],
    }));
    let result = only(&shop, request);
    assert_eq!(result["hits"], json!([]));
    assert_eq!(
        result["facets"],
        json!({
            "brand": {"Acorn": 2}, "price": {"60": 1, "120": 1},
            "category.lvl0": {"Shoes": 2}, "category.lvl1": {"Shoes > Running": 1, "Shoes > Boots": 1},
        })
    );
    assert_eq!(
        result["facets_stats"],
        json!({"price": {"min": 60.0, "max": 120.0, "avg": 90.0, "sum": 180.0}})
    );
    let all = only(&shop, asking(json!({"facets": ["*"]})));
    assert_eq!(all["facets"]["category.lvl0"]["Shoes"], 3);
    let order = &all["renderingContent"]["facetOrdering"]["facets"]["order"];
    assert!(order.as_array().unwrap().contains(&json!("brand")));
}

#[test]
fn a_batch_counts_what_its_requests_count_one_by_one() {
    let shop = served(shoes());
    let narrowed = json!([
        ["brand:Acorn", "brand:Birch"],
        ["category.lvl1:Shoes > Running"]
    ]);
    let requests = json!([
        asking(
            json!({"query": "red", "facets": ["brand", "category.lvl0"], "facetFilters": narrowed, "numericFilters": ["price<=90"]})
        ),
        asking(
            json!({"query": "red", "facets": "brand", "hitsPerPage": 0, "facetFilters": [["category.lvl1:Shoes > Running"]], "numericFilters": ["price<=90"]})
        ),
        asking(
            json!({"query": "red", "facets": "price", "hitsPerPage": 0, "facetFilters": narrowed})
        ),
        asking(
            json!({"query": "red", "facets": "category.lvl0", "hitsPerPage": 0, "facetFilters": [["brand:Acorn", "brand:Birch"]]})
        ),
        asking(json!({"query": "mug", "facets": "brand", "hitsPerPage": 0})),
    ]);
    let plain = |mut result: Value| {
        for changing in ["processingTimeMS", "serverTimeMS"] {
            result[changing].take();
        }
        result
    };
    let together: Vec<Value> = results(&shop, requests.clone())
        .into_iter()
        .map(plain)
        .collect();
    for (request, together) in requests.as_array().unwrap().iter().zip(together) {
        assert_eq!(plain(only(&shop, request.clone())), together);
    }
}

#[test]
fn filters_of_every_form_mean_the_same() {
    let shop = served(shoes());
    let all_of = |parameters: Value| {
        let result = only(&shop, asking(parameters));
        let mut ids: Vec<String> = ids(&result).into_iter().map(str::to_string).collect();
        ids.sort();
        ids.join(" ")
    };
    for same in [
        json!({"facetFilters": ["brand:Acorn"]}),
        json!({"facetFilters": "brand:Acorn"}),
        json!({"filters": "brand:Acorn"}),
        json!({"filters": "brand:Acorn<score=3>"}),
        json!({"numericFilters": ["price>=60"], "facetFilters": ["brand:-Birch"]}),
        json!({"filters": "NOT brand:Birch AND price >= 60"}),
        json!({"params": "filters=brand%3AAcorn"}),
    ] {
        assert_eq!(all_of(same.clone()), "1 3", "{same}");
    }
    assert_eq!(all_of(json!({"tagFilters": ["sale", "-new"]})), "4");
    assert_eq!(
        all_of(json!({"tagFilters": [["new", "clearance"]]})),
        "1 2 6"
    );
    assert_eq!(
        all_of(json!({"facetFilters": ["hierarchicalCategories.lvl0:Shoes"]})),
        "1 2 3"
    );
    let ordered = |by: &str| {
        let request = json!({"query": "shoe", "optionalFilters": [by]});
        let result = only(&shop, asking(request));
        ids(&result).join(" ")
    };
    assert_eq!(ordered("brand:Acorn<score=5>"), "1 3 2");
    assert_eq!(ordered("brand:-Acorn<score=5>"), "1 3 2");
    assert!(
        refused(&shop, asking(json!({"filters": "colour:red"}))).contains("did you mean `color`?")
    );
    assert!(refused(&shop, asking(json!({"facetFilters": {"a": 1}}))).contains("facetFilters"));
    assert!(refused(&shop, asking(json!({"hitsPerPage": "many"}))).contains("hitsPerPage"));
    assert!(refused(&shop, json!({"query": "shoe"})).contains("indexName"));
}

#[test]
fn words_are_marked_as_asked_and_nothing_is_escaped() {
    let shop = served(shop(
        "id | title                      | description                                        | tags
         1  | Mug <b>& \"co\"</b>, red mugs | one two three four five six seven red eight nine ten | red,blue",
    ));
    let result = only(
        &shop,
        asking(json!({
            "query": "red mug", "highlightPreTag": "[", "highlightPostTag": "]",
            "attributesToHighlight": ["title", "tags"], "attributesToSnippet": ["description:4"],
        })),
    );
    let hit = &result["hits"][0];
    expect![[r#"
        [
          {
            "title": {
              "value": "[Mug] & \"co\", [red] [mugs]",
              "matchLevel": "full",
              "fullyHighlighted": false,
              "matchedWords": [
                "red",
                "mug"
              ]
            },
            "tags": [
              {
                "value": "[red]",
                "matchLevel": "partial",
                "fullyHighlighted": true,
                "matchedWords": [
                  "red"
                ]
              },
              {
                "value": "blue",
                "matchLevel": "none",
                "fullyHighlighted": false,
                "matchedWords": []
              }
            ]
          },
          {
            "description": {
              "value": "…six seven [red] eight…",
              "matchLevel": "partial"
            }
          }
        ]"#]]
    .assert_eq(
        &serde_json::to_string_pretty(&json!([hit["_highlightResult"], hit["_snippetResult"]]))
            .unwrap(),
    );
}

#[test]
fn replicas_are_sorts_and_unknown_indices_are_not_found() {
    let shop = served(shoes());
    let sorted = |index: &str| {
        let result = only(&shop, json!({"indexName": index, "query": "red"}));
        assert_eq!(result["index"], index);
        ids(&result).join(" ")
    };
    assert_eq!(sorted("products_price_asc"), "6 1 3");
    assert_eq!(sorted("products_price_desc"), "3 1 6");
    assert_eq!(sorted("Corner Shop"), sorted("corner_shop"));
    let message = refused(&shop, json!({"indexName": "elsewhere"}));
    expect!["Index elsewhere does not exist: known are `products`, `Corner Shop`, `corner_shop`, with _ATTRIBUTE_asc or _ATTRIBUTE_desc for a sort; `[algolia]` in endcap.toml names others"].assert_eq(&message);
    let (status, _) = shop.ask("POST", "/1/indexes/elsewhere/query", "{}");
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, answer) = shop.json("GET", "/1/nothing", "");
    assert_eq!(
        (status, &answer["status"]),
        (StatusCode::NOT_FOUND, &json!(404))
    );
}

#[test]
fn values_of_a_facet_are_searched() {
    let shop = served(shoes());
    let body = json!({"facetQuery": "aco", "maxFacetHits": 5, "params": "query=red"});
    let (status, answer) = shop.json(
        "POST",
        "/1/indexes/products/facets/brand/query",
        body.to_string(),
    );
    assert_eq!(status, StatusCode::OK, "{answer}");
    let expected = json!([{"value": "Acorn", "highlighted": "<em>Aco</em>rn", "count": 2}]);
    assert_eq!(answer["facetHits"], expected);
    let batched = only(
        &shop,
        json!({"indexName": "products", "type": "facet", "facet": "brand", "facetQuery": "aco", "params": "query=red"}),
    );
    assert_eq!(batched["facetHits"], expected);
    let (status, _) = shop.ask("POST", "/1/indexes/products/facets/title/query", "{}");
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[test]
fn offsets_and_lengths_cut_where_they_say() {
    let shop = served(shoes());
    let all = only(&shop, asking(json!({})));
    let cut = only(&shop, asking(json!({"offset": 1, "length": 3})));
    assert_eq!(ids(&cut), ids(&all)[1..4]);
    assert_eq!(
        (&cut["offset"], &cut["length"], &cut["page"]),
        (&json!(1), &json!(3), &Value::Null)
    );
}

#[test]
fn later_pages_are_of_the_list_that_was_begun() {
    let shop = served(shoes());
    let page = |page: usize| {
        only(
            &shop,
            asking(
                json!({"query": "red", "hitsPerPage": 1, "page": page, "clickAnalytics": true, "userToken": "ada"}),
            ),
        )
    };
    let (first, second) = (page(0), page(1));
    assert_eq!(first["queryID"], second["queryID"]);
    assert_ne!(first["queryID"], page(0)["queryID"]);
    let untracked = only(&shop, asking(json!({"query": "red"})));
    assert_eq!(untracked["queryID"], Value::Null);
}

#[test]
fn a_strategy_stops_at_enough() {
    let shop = served(shoes());
    let request = asking(json!({"query": "red", "hitsPerPage": 1}));
    let body = json!({"requests": [request, request], "strategy": "stopIfEnoughMatches"});
    let (_, answer) = shop.json("POST", QUERIES, body.to_string());
    assert_eq!(answer["results"][0]["hits"].as_array().unwrap().len(), 1);
    assert_eq!(answer["results"][1]["processed"], false);
}

#[test]
fn browsers_may_ask_from_anywhere() {
    let shop = served(shoes());
    let body = json!({"requests": [asking(json!({"query": "red"}))]}).to_string();
    let simple = [
        ("origin", "https://shop.example"),
        ("content-type", "text/plain"),
    ];
    let path = format!("{QUERIES}?x-algolia-agent=Algolia%20for%20JavaScript&X-Algolia-API-Key=k");
    let (status, headers, _) = shop.ask_with("POST", &path, &simple, body);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://shop.example"
    );
    let question = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "x-algolia-api-key,x-algolia-application-id",
        ),
    ];
    let (status, headers, _) = shop.ask_with("OPTIONS", QUERIES, &question, "");
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://shop.example"
    );
    assert_eq!(
        headers["access-control-allow-headers"],
        "x-algolia-api-key,x-algolia-application-id"
    );
    let (_, headers, _) = shop.ask_with("POST", QUERIES, &simple, "{");
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://shop.example"
    );
}

#[test]
fn bodies_may_be_compressed() {
    use std::io::Write;
    let shop = served(shoes());
    let compressed = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let ask = |body: Vec<u8>| shop.ask_with("POST", QUERIES, &[("content-encoding", "gzip")], body);
    let (status, _, _) = ask(compressed(
        &json!({"requests": [asking(json!({}))]}).to_string(),
    ));
    assert_eq!(status, StatusCode::OK);
    let (status, _, _) = ask(compressed(&" ".repeat(10_000_000)));
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, _, _) = ask(b"no gzip".to_vec());
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sent is answered or refused in the clients' shape.
    #[test]
    fn nothing_that_is_sent_breaks_the_door(
        name in "query|facets|filters|facetFilters|numericFilters|tagFilters|optionalFilters|page|offset|length|hitsPerPage|params|attributesToSnippet|attributesToHighlight|userToken|ruleContexts|distinct|personalizationImpact",
        text in "[a-z:<>=\"()\\-\\[\\]{}, %&0-9]{0,20}",
        number in any::<i32>(),
    ) {
        let shop = SHOP.with(|shop| shop.clone());
        for value in [json!(text), json!(number), json!([text]), json!([[text, text]]), json!({&text: number}), json!(null), json!(true)] {
            let mut request = asking(json!({"query": "red"}));
            request[&name] = value;
            let body = json!({"requests": [request]}).to_string();
            let (status, answer) = shop.json("POST", QUERIES, body);
            prop_assert!(!status.is_server_error(), "{answer}");
            prop_assert_eq!(status.is_success(), answer["message"].is_null());
        }
    }
}

thread_local! {
    static SHOP: std::rc::Rc<Served> = std::rc::Rc::new(served(shoes()));
}
