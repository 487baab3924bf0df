//! Promises:
//! 1. Recommendations are products like another or wanted most, never the product itself, as many as asked, scored.
//! 2. Records are read one by one, several at a time, and all of them one page after the other.
//! 3. Settings are told in Algolia's words; what cannot be written here is refused by name, with what to use instead.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::served::{Served, served};
use crate::shop::shoes;

fn recommended(shop: &Served, request: Value) -> Value {
    let mut asked = json!({"indexName": "products"});
    for (name, value) in request.as_object().unwrap() {
        asked[name] = value.clone();
    }
    let body = json!({"requests": [asked]}).to_string();
    let (status, answer) = shop.json("POST", "/1/indexes/*/recommendations", body);
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["results"][0].clone()
}

fn ids(result: &Value) -> Vec<&str> {
    let hits = result["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["objectID"].as_str().unwrap()).collect()
}

#[test]
fn products_like_another_are_recommended() {
    let shop = served(shoes());
    let of = |model: &str, id: &str| {
        recommended(
            &shop,
            json!({"model": model, "objectID": id, "maxRecommendations": 3}),
        )
    };
    let related = of("related-products", "1");
    assert_eq!(ids(&related), ["2"]);
    assert_eq!(related["hits"][0]["_score"], 100.0);
    assert_eq!(ids(&of("looking-similar", "2")), ["1"]);
    assert_eq!(ids(&of("bought-together", "1")), ["3"]);
    assert!(ids(&of("related-products", "nothing")).is_empty());
    let trending = recommended(
        &shop,
        json!({"model": "trending-items", "maxRecommendations": 2, "queryParameters": {"clickAnalytics": true, "userToken": "ada"}}),
    );
    assert_eq!(ids(&trending).len(), 2);
    assert!(trending["queryID"].is_string());
    let of_brand = recommended(
        &shop,
        json!({"model": "trending-items", "facetName": "brand", "facetValue": "Cedar"}),
    );
    assert_eq!(ids(&of_brand).len(), 2);
    let facets = recommended(
        &shop,
        json!({"model": "trending-facets", "facetName": "brand", "maxRecommendations": 2}),
    );
    let facets = facets["hits"].as_array().unwrap();
    assert_eq!(
        (facets.len(), &facets[0]["facetName"]),
        (2, &json!("brand"))
    );
    let unknown = json!({"requests": [{"indexName": "products", "model": "oracle"}]}).to_string();
    let (status, answer) = shop.json("POST", "/1/indexes/*/recommendations", unknown);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("trending-items")
    );
}

#[test]
fn records_are_read() {
    let shop = served(shoes());
    let (status, record) = shop.json("GET", "/1/indexes/products/1", "");
    assert_eq!(
        (status, &record["objectID"], &record["title"]),
        (StatusCode::OK, &json!("1"), &json!("Red running shoes"))
    );
    assert_eq!(
        shop.json("GET", "/1/indexes/products/nothing", "").0,
        StatusCode::NOT_FOUND
    );
    let body =
        json!({"requests": [{"indexName": "products", "objectID": "3"}, {"objectID": "nothing"}]});
    let (_, several) = shop.json("POST", "/1/indexes/*/objects", body.to_string());
    assert_eq!(several["results"][0]["objectID"], "3");
    assert_eq!(several["results"][1], Value::Null);
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let body = json!({"hitsPerPage": 4, "cursor": cursor}).to_string();
        let (status, page) = shop.json("POST", "/1/indexes/products/browse", body);
        assert_eq!(status, StatusCode::OK, "{page}");
        all.extend(ids(&page).into_iter().map(str::to_string));
        cursor = page["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    all.sort();
    assert_eq!(all, ["1", "2", "3", "4", "5", "6"]);
    let (_, narrowed) = shop.json(
        "POST",
        "/1/indexes/products/browse",
        r#"{"filters": "brand:Cedar"}"#,
    );
    assert_eq!(narrowed["nbHits"], 2);
    let (status, _) = shop.json("POST", "/1/indexes/products/browse", r#"{"cursor": "!"}"#);
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, indices) = shop.json("GET", "/1/indexes", "");
    assert_eq!(indices["items"][0]["entries"], 6);
}

#[test]
fn what_cannot_be_written_is_refused_by_name() {
    let shop = served(shoes());
    let (_, settings) = shop.json("GET", "/1/indexes/products/settings", "");
    assert_eq!(settings["searchableAttributes"][0], "title");
    assert!(
        settings["attributesForFaceting"]
            .as_array()
            .unwrap()
            .contains(&json!("searchable(brand)"))
    );
    let (_, task) = shop.json("GET", "/1/indexes/products/task/7", "");
    assert_eq!(task["status"], "published");
    for (method, path, instead) in [
        ("POST", "/1/indexes/products/batch", "/v1/feeds"),
        ("PUT", "/1/indexes/products/7", "/v1/feeds"),
        ("POST", "/1/indexes/products/7/partial", "/v1/feeds"),
        ("PUT", "/1/indexes/products/settings", "index/schema.toml"),
        ("POST", "/1/indexes/products/rules/search", "/v1/rules"),
        ("POST", "/1/indexes/products/synonyms/batch", "/v1/synonyms"),
        ("POST", "/1/keys", "endcap keys"),
    ] {
        let (status, answer) = shop.json(method, path, "{}");
        assert_eq!(status, StatusCode::NOT_IMPLEMENTED, "{method} {path}");
        assert!(
            answer["message"].as_str().unwrap().contains(instead),
            "{answer}"
        );
    }
}
