//! Promises:
//! 1. What cannot be understood is refused with a code, a message that says what to write instead, and a status that
//!    blames the caller: malformed JSON, unknown parameters, bodies too large, wrong methods, unknown paths.
//! 2. No input makes the server fail.
//! 3. One bad event does not sink its batch, and an event id that was sent before is recorded once.

use expect_test::expect;
use serde_json::json;

use crate::served::{BODY_BYTES_MAX, corner_shop};

#[test]
fn what_cannot_be_understood_is_refused() {
    let shop = corner_shop();
    shop.check("GET", "/v1/search?qq=hat", "", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the query string is not what was expected: qq: unknown field `qq`, expected one of `q`, `filter`, `facets`, `facet_values_max`, `sort`, `page`, `hits_per_page`, `shopper`, `session`, `query_id`, `device`, `country`, `campaign`, `referrer`, `segment`, `surface`, `category`, `context`, `language`, `arms`, `impact`, `recipe`, `rules`, `spelling`, `explain`, `now`",
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
    shop.check("POST", "/v1/search", "{\"query\": \"hat\"}", expect![[r#"
        400
        {
          "code": "bad_parameter",
          "message": "the body is not what was expected: unknown field `query`, expected one of `q`, `filter`, `facets`, `facet_values_max`, `sort`, `page`, `hits_per_page`, `shopper`, `session`, `query_id`, `device`, `country`, `campaign`, `referrer`, `segment`, `surface`, `category`, `context`, `language`, `arms`, `impact`, `recipe`, `rules`, `spelling`, `explain`, `now` at line 1 column 8",
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
          "ignored": 0,
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
              "ignored": 0,
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
              "ignored": 0,
              "refused": []
            }
        "#]],
    );
}
