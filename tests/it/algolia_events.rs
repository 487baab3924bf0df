//! Promises:
//! 1. What Insights clients send is checked as Algolia checks it, all or none, with its messages and exactly 200.
//! 2. A click credits the list that it names, and moves the shopper's next list; the list's words become a search.
//! 3. Carts and purchases keep prices and quantities of each product; how a widget is used is dropped.
//! 4. A profile is read as scores of 1 to 20, and forgotten.

use axum::http::StatusCode;
use expect_test::expect;
use serde_json::{Value, json};

use crate::served::{Served, served};
use crate::shop::{shoes, shop};

fn send(shop: &Served, events: Value) -> (StatusCode, Value) {
    shop.json(
        "POST",
        "/1/events?X-Algolia-API-Key=k&X-Algolia-Application-Id=a",
        json!({"events": events}).to_string(),
    )
}

/// A click that is as it should be, with these fields changed.
fn event(changes: Value) -> Value {
    let mut event = json!({"eventName": "Product Clicked", "eventType": "click", "index": "products", "userToken": "ada", "objectIDs": ["1"]});
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

#[track_caller]
fn accepts(shop: &Served, events: Value) {
    assert_eq!(
        send(shop, events),
        (StatusCode::OK, json!({"status": 200, "message": "OK"}))
    );
}

fn list(shop: &Served, parameters: Value) -> Value {
    let mut request = json!({"indexName": "products", "clickAnalytics": true, "userToken": "ada"});
    for (name, value) in parameters.as_object().unwrap() {
        request[name] = value.clone();
    }
    let (status, answer) = shop.json(
        "POST",
        "/1/indexes/*/queries",
        json!({"requests": [request]}).to_string(),
    );
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["results"][0].clone()
}

fn recorded(shop: &Served, shopper: &str) -> Vec<Value> {
    let (_, held) = shop.json("GET", &format!("/v1/shoppers/{shopper}/export"), "");
    held["all_events"].as_array().cloned().unwrap_or_default()
}

#[test]
fn messages_are_those_of_algolia() {
    let shop = served(shoes());
    let id = "0123456789abcdef0123456789abcdef";
    let wrong = [
        json!({"eventName": null}),
        json!({"eventName": "Entdeckt ö"}),
        json!({"eventName": "x".repeat(65)}),
        json!({"eventType": null}),
        json!({"eventType": "tap"}),
        json!({"eventName": 3}),
        json!({"index": null}),
        json!({"userToken": null}),
        json!({"userToken": "a b"}),
        json!({"userToken": "x".repeat(130)}),
        json!({"objectIDs": null}),
        json!({"filters": ["brand%3AAcorn"]}),
        json!({"eventType": "view", "positions": [1], "queryID": id}),
        json!({"positions": [1]}),
        json!({"positions": [0], "queryID": id}),
        json!({"positions": [1, 2], "queryID": id}),
        json!({"queryID": id}),
        json!({"queryID": "ABC", "positions": [1]}),
        json!({"timestamp": 1_000}),
        json!({"objectIDs": null, "filters": ["Facet Value"]}),
        json!({"objectIDs": "1"}),
    ];
    let mut messages = String::new();
    for changes in wrong {
        let (status, answer) = send(&shop, json!([event(json!({})), event(changes)]));
        assert_eq!(
            (status, &answer["status"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!(422))
        );
        messages += &format!("{}\n", answer["message"].as_str().unwrap());
    }
    let too_many: Vec<Value> = (0..1_001).map(|_| event(json!({}))).collect();
    for body in [
        json!({"events": []}),
        json!({"events": too_many}),
        json!([]),
        json!({}),
        json!({"events": {}}),
    ] {
        let (status, answer) = shop.json("POST", "/1/events", body.to_string());
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        messages += &format!("{}\n", answer["message"].as_str().unwrap());
    }
    let (_, answer) = shop.json("POST", "/1/events", "{");
    messages += answer["message"].as_str().unwrap();
    expect![[r#"
        EventName is required
        EventName must contain only visible ASCII characters, and be between 1 and 64 characters long
        EventName must contain only visible ASCII characters, and be between 1 and 64 characters long
        EventType is required
        EventType must be one of "click", "conversion" or "view"
        Invalid type for field events.eventName: expected string, got number
        The index field is required
        The userToken field is required
        UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, and be between 1 and 129 characters long
        UserToken must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, and be between 1 and 129 characters long
        Event should specify either some ObjectIDs or some Filters
        Event should specify ObjectIDs or Filters, but not both
        Only event of type click should specify the positions attribute
        Event of type click with positions should specify a queryID
        Event of type click may only have strictly positive positions
        Event of type click should have the same number of ObjectIDs and Positions
        Event of type click should have the same number of ObjectIDs and Positions
        Query ID must be a search query ID (32 characters hexadecimal string)
        The timestamp must be at most 30 days in the past
        Syntax error near: `Facet Value`, expected a filter
        Invalid type for field events.objectIDs: expected []string, got string
        No events to process
        Cannot process more than 1000 events in a batch
        Invalid type for field : expected insights.PublicEventsBatch, got array
        No events to process
        Invalid type for field events: expected []insights.PublicEvent, got object
        Invalid payload"#]].assert_eq(&messages);
    assert!(recorded(&shop, "ada").is_empty());
}

#[test]
fn a_click_credits_its_list_and_moves_the_next() {
    let table = "id | title     | brand | price | stock
                 1  | Red shoes | Acorn | 20    | 3
                 2  | Red shoes | Birch | 20    | 3
                 3  | Red shoes | Cedar | 20    | 3
                 4  | Red shoes | Cedar | 20    | 3";
    let shop = served(shop(table));
    let first = list(&shop, json!({"query": "red shoes"}));
    let ids = |list: &Value| -> Vec<String> {
        let hits = list["hits"].as_array().unwrap().iter();
        hits.map(|hit| hit["objectID"].as_str().unwrap().to_string())
            .collect()
    };
    assert_eq!(ids(&first), ["1", "2", "3", "4"]);
    accepts(
        &shop,
        json!([event(
            json!({"objectIDs": ["4"], "positions": [4], "queryID": first["queryID"]})
        )]),
    );
    let second = list(&shop, json!({"query": "red shoes"}));
    assert_eq!(ids(&second)[0], "4");
    let plain = list(
        &shop,
        json!({"query": "red shoes", "enablePersonalization": false}),
    );
    assert_eq!(ids(&plain), ids(&first));
    let events = recorded(&shop, "ada");
    let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["search", "click"]);
    assert_eq!(events[0]["query"], "red shoes");
    assert_eq!(events[1]["positions"], json!([4]));
    // The same list is searched once.
    accepts(
        &shop,
        json!([event(
            json!({"eventType": "conversion", "queryID": first["queryID"]})
        )]),
    );
    assert_eq!(recorded(&shop, "ada").len(), 3);
}

#[test]
fn kinds_prices_and_filters_are_kept() {
    let shop = served(shoes());
    accepts(
        &shop,
        json!([
            event(json!({"eventType": "conversion", "eventSubtype": "purchase", "objectIDs": ["1", "3"], "currency": "eur", "value": 99,
                "objectData": [{"price": "60", "quantity": 1, "discount": 2}, {"price": 39, "quantity": "2"}]})),
            event(json!({"eventType": "conversion", "eventSubtype": "addToCart"})),
            event(json!({"eventType": "view", "eventName": "Hits Viewed", "objectIDs": ["1", "2"], "algoliaSource": ["instantsearch"]})),
            event(json!({"eventType": "view", "eventName": "Product Viewed"})),
            event(json!({"objectIDs": null, "filters": ["brand%3AAcorn", "price%3E%3D10"]})),
            {"eventType": "instantsearch", "eventName": "x", "userToken": "ada", "widgets": []},
            event(json!({"userToken": 42, "sessionID": "s", "performance": {}})),
        ]),
    );
    let told: Vec<String> = recorded(&shop, "ada")
        .iter()
        .map(|event| {
            let fields = [
                "type", "products", "price", "quantity", "currency", "filter",
            ];
            let fields = fields.iter().filter(|field| !event[**field].is_null());
            fields
                .map(|field| event[*field].to_string())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    expect![[r#"
        "purchase" ["1"] 60.0 1 "EUR"
        "purchase" ["3"] 39.0 2 "EUR"
        "add_to_cart" ["1"]
        "impression" ["1","2"]
        "view" ["1"]
        "filter" [] "brand:\"Acorn\"""#]]
    .assert_eq(&told.join("\n"));
    assert_eq!(recorded(&shop, "42").len(), 1);
}

#[test]
fn profiles_are_read_and_forgotten() {
    let shop = served(shoes());
    accepts(&shop, json!([event(json!({}))]));
    let (status, profile) = shop.json("GET", "/1/profiles/personalization/ada", "");
    assert_eq!(
        (status, &profile["userToken"]),
        (StatusCode::OK, &json!("ada"))
    );
    let scores: Vec<u64> = profile["scores"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|values| {
            values
                .as_object()
                .unwrap()
                .values()
                .map(|score| score.as_u64().unwrap())
        })
        .collect();
    assert!(
        !scores.is_empty() && scores.iter().all(|score| (1..=20).contains(score)),
        "{profile}"
    );
    let (status, deleted) = shop.json("DELETE", "/1/profiles/ada", "");
    assert_eq!(status, StatusCode::OK);
    assert!(deleted["deletedUntil"].is_string());
    let (status, _) = shop.json("GET", "/1/profiles/personalization/ada", "");
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, _) = shop.json("DELETE", "/1/usertokens/ada", "");
    assert_eq!(status, StatusCode::OK);
    let (status, strategy) = shop.json("GET", "/1/strategies/personalization", "");
    assert_eq!(status, StatusCode::OK);
    assert!(!strategy["facetsScoring"].as_array().unwrap().is_empty());
    let (status, answer) = shop.json("POST", "/1/strategies/personalization", "{}");
    assert_eq!(
        (status, &answer["status"]),
        (StatusCode::NOT_IMPLEMENTED, &json!(501))
    );
}
