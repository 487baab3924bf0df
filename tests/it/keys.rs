//! Promises:
//! 1. Every route of the router is in the one table of routes and roles, and asks for the role that the table says.
//! 2. What is found with a key is within its filter, whatever filters, facets and parameters the request says.
//! 3. A secured key as clients sign it has the roles of shoppers only, adds its filters, speaks for its shopper, is for
//!    its indices and ends when it says; one that is restricted by what is not known here is refused.
//! 4. Keys for some origins work on their pages only; a key with a rate is told to wait; pages may read refusals.
//! 5. Keys are made, rotated and revoked over HTTP and on the command line; each is shown once.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use endcap::api::auth::{Keys, NewKey, Role, routes};
use hmac::{Hmac, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::folder::indexed;
use crate::served::{Served, served_with_keys};
use crate::shop::{now, shoes};

/// A shop that asks for keys, and one key for each of these.
fn locked<const N: usize>(new: [NewKey; N]) -> (Served, [String; N]) {
    let shop = shoes();
    let keys = Keys::open(&shop.paths.data).unwrap();
    let texts = new.map(|new| keys.add(new, now()).unwrap().1);
    (served_with_keys(shop, keys), texts)
}

fn key(roles: &[Role]) -> NewKey {
    NewKey {
        name: "test".into(),
        roles: roles.to_vec(),
        ..NewKey::default()
    }
}

fn within(filter: &str) -> NewKey {
    NewKey {
        filter: Some(filter.into()),
        ..key(&[Role::Search])
    }
}

fn ask(shop: &Served, method: &str, path: &str, key: &str, body: &str) -> (StatusCode, String) {
    let bearer = format!("Bearer {key}");
    let headers: &[(&str, &str)] = match key {
        "" => &[],
        _ => &[("authorization", &bearer)],
    };
    let (status, _, body) = shop.ask_with(method, path, headers, body.to_string());
    (status, body)
}

fn is_refused(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

#[test]
fn the_table_has_every_route_of_the_router() {
    let (shop, _) = locked([]);
    let (_, description) = shop.json("GET", "/openapi.json", "");
    let paths = description["paths"].as_object().unwrap().iter();
    let described = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().keys();
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    let mut routed: BTreeSet<(String, String)> = described.collect();
    // The others stand in the router's file, each with its methods after it.
    let text = include_str!("../../src/api/router.rs");
    for part in text.split(".route(").skip(1) {
        let path = part.split('"').nth(1).unwrap();
        let handlers = part.split("\n        .").next().unwrap();
        let handlers: String = handlers.split_whitespace().collect();
        for method in ["get", "post", "put", "delete"] {
            let named = [format!("routing::{method}("), format!(").{method}(")];
            if named.iter().any(|named| handlers.contains(named)) {
                routed.insert((method.to_uppercase(), path.into()));
            }
        }
    }
    let listed = routes().map(|(method, path, _)| (method.to_string(), path.to_string()));
    let listed: BTreeSet<(String, String)> = listed.collect();
    assert_eq!(
        routed.difference(&listed).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new()
    );
    assert_eq!(
        listed.difference(&routed).collect::<Vec<_>>(),
        Vec::<&(String, String)>::new()
    );
}

#[test]
fn every_route_asks_for_its_role() {
    let roles = [Role::Search, Role::Events, Role::Merchandise, Role::Admin];
    let (shop, texts) = locked(roles.map(|role| key(&[role])));
    for (method, path, needed) in routes() {
        let plain = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part });
        let plain = plain.collect::<Vec<_>>().join("/");
        for unknown in ["", "endcap_unknown"] {
            let (status, _) = ask(&shop, method, &plain, unknown, "");
            assert_eq!(
                is_refused(status),
                needed.is_some(),
                "{method} {path} {unknown}"
            );
        }
        for (role, text) in roles.iter().zip(&texts) {
            let may = match (needed, role) {
                (None, _) | (_, Role::Admin) => true,
                (Some(needed), Role::Merchandise) => {
                    matches!(needed, Role::Merchandise | Role::Search)
                }
                (Some(needed), role) => needed == *role,
            };
            let (status, body) = ask(&shop, method, &plain, text, "");
            assert_eq!(
                is_refused(status),
                !may,
                "{method} {path} {role:?}: {status} {body}"
            );
        }
    }
    // What the table does not know asks for everything.
    let (status, _) = ask(&shop, "PATCH", "/v1/search", &texts[0], "");
    assert_eq!(status, StatusCode::FORBIDDEN);
}

/// The brands of everything that an answer tells of.
fn brands(answer: &Value) -> Vec<String> {
    let mut brands = Vec::new();
    let mut told = vec![answer];
    while let Some(value) = told.pop() {
        match value {
            Value::Object(fields) => {
                brands.extend(
                    fields
                        .get("brand")
                        .and_then(Value::as_str)
                        .map(str::to_string),
                );
                if let Some(Value::Object(counts)) = fields.get("brand") {
                    brands.extend(counts.keys().cloned());
                }
                if fields.contains_key("highlighted") {
                    brands.extend(fields["value"].as_str().map(str::to_string));
                }
                let is_found = |name: &str| !name.starts_with('_') && name != "renderingContent";
                let inner = fields.iter().filter(|(name, _)| is_found(name));
                told.extend(inner.map(|(_, value)| value));
            }
            Value::Array(values) => told.extend(values),
            _ => {}
        }
    }
    brands
}

fn filters() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        Just("brand"),
        Just("color"),
        Just("price"),
        Just("category"),
        Just("tags"),
        Just("_tags"),
        Just("nothing")
    ];
    let value = prop_oneof![
        Just("Acorn"),
        Just("Birch"),
        Just("Cedar"),
        Just("red"),
        Just("\"Shoes > Running\""),
        Just("60"),
        Just("-Birch"),
        Just("0 TO 1000")
    ];
    let operator = prop_oneof![
        Just(":"),
        Just("="),
        Just("!="),
        Just(" > "),
        Just(" <= "),
        Just("::")
    ];
    let condition = (attribute, operator, value)
        .prop_map(|(name, operator, value)| format!("{name}{operator}{value}"));
    let nested = condition.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one} OR {other}")),
            (inner.clone(), inner.clone())
                .prop_map(|(one, other)| format!("({one}) AND NOT ({other})")),
            inner.clone().prop_map(|one| format!("NOT {one}")),
            inner
                .clone()
                .prop_map(|one| format!("{one}) OR (brand:Birch")),
            inner
                .clone()
                .prop_map(|one| format!("{one}\" OR brand:Birch OR \"")),
            inner.prop_map(|one| format!("brand:Birch OR NOT ({one})")),
        ]
    });
    prop_oneof![4 => nested, 1 => "[a-zA-Z:<>=()\"'\\\\ 0-9-]{0,30}"]
}

thread_local! {
    static NARROWED: std::rc::Rc<(Served, [String; 1])> = std::rc::Rc::new(locked([within("brand:Acorn")]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nobody_escapes_the_filter_of_a_key(filter in filters()) {
        let narrowed = NARROWED.with(std::rc::Rc::clone);
        let (shop, [text]) = &*narrowed;
        let native = json!({"filter": filter, "facets": "brand"}).to_string();
        let algolia = json!({"requests": [
            {"indexName": "products", "filters": filter, "facets": ["brand"]},
        ]}).to_string();
        let facets = json!({"requests": [
            {"indexName": "products", "facetFilters": [[filter], ["brand:Acorn", filter]], "facets": ["*"]},
            {"indexName": "products", "type": "facet", "facet": "brand", "params": {"filters": filter}},
        ]}).to_string();
        let asked = [("/v1/search", native), ("/1/indexes/*/queries", algolia), ("/1/indexes/*/queries", facets)];
        for (path, body) in asked {
            let (status, answer) = ask(shop, "POST", path, text, &body);
            prop_assert!(!status.is_server_error());
            if status.is_success() {
                let answer: Value = serde_json::from_str(&answer).unwrap();
                prop_assert!(brands(&answer).iter().all(|brand| brand == "Acorn"), "{filter}: {answer}");
            }
        }
    }
}

/// A secured key as `generateSecuredApiKey` of Algolia's clients makes it.
fn secured(parent: &str, restrictions: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(parent.as_bytes()).unwrap();
    let signature = mac.chain_update(restrictions).finalize().into_bytes();
    let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    BASE64_STANDARD.encode(format!("{digits}{restrictions}"))
}

#[test]
fn secured_keys_are_restricted_as_they_say() {
    let (shop, [parent, admin]) = locked([
        NewKey {
            roles: vec![Role::Search, Role::Events],
            ..within("price > 50")
        },
        key(&[Role::Admin]),
    ]);
    let search = |key: &str, index: &str| {
        let body = json!({"requests": [{"indexName": index}]}).to_string();
        let (status, answer) = ask(&shop, "POST", "/1/indexes/*/queries", key, &body);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let hits = answer["results"][0]["hits"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut ids: Vec<String> = hits
            .iter()
            .map(|hit| hit["objectID"].as_str().unwrap().into())
            .collect();
        ids.sort();
        (status, ids.join(" "))
    };
    assert_eq!(
        search(&parent, "products"),
        (StatusCode::OK, "1 2 3 4".into())
    );
    let birch = secured(&parent, "filters=brand%3ABirch");
    assert_eq!(search(&birch, "products"), (StatusCode::OK, "2 4".into()));
    let acorn = secured(
        &parent,
        "facetFilters=%5B%22brand%3AAcorn%22%5D&restrictIndices=products&userToken=u1&validUntil=99999999999",
    );
    assert_eq!(search(&acorn, "products"), (StatusCode::OK, "1 3".into()));
    assert_eq!(
        search(&acorn, "products_price_asc").0,
        StatusCode::FORBIDDEN
    );
    for refused in [
        secured(&parent, "validUntil=1"),
        secured(&parent, "restrictSources=10.0.0.0%2F8"),
        secured("endcap_another", "filters=brand%3ABirch"),
        secured(&parent, "filters=brand%3ABirch").to_lowercase(),
    ] {
        assert_eq!(search(&refused, "products").0, StatusCode::FORBIDDEN);
    }
    // Signed with a key that may do everything, it still is for shoppers.
    let of_admin = secured(&admin, "userToken=u1");
    assert_eq!(search(&of_admin, "products").0, StatusCode::OK);
    assert_eq!(
        ask(&shop, "GET", "/v1/keys", &of_admin, "").0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(ask(&shop, "GET", "/v1/keys", &admin, "").0, StatusCode::OK);
}

#[test]
fn origins_and_rates_are_kept_to() {
    let (shop, [on_pages, slow]) = locked([
        NewKey {
            origins: vec!["https://*.shop.example".into()],
            ..key(&[Role::Search])
        },
        NewKey {
            rate_per_minute: Some(2),
            ..key(&[Role::Search])
        },
    ]);
    let path = format!("/1/indexes/products/query?X-Algolia-API-Key={on_pages}");
    let from = |headers: &[(&str, &str)]| shop.ask_with("POST", &path, headers, "{}");
    assert_eq!(
        from(&[("origin", "https://www.shop.example")]).0,
        StatusCode::OK
    );
    let (status, headers, _) = from(&[("origin", "https://evil.example")]);
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://evil.example"
    );
    assert_eq!(from(&[]).0, StatusCode::FORBIDDEN);
    let bearer = format!("Bearer {slow}");
    let statuses = [0, 1, 2].map(|_| {
        let (status, headers, _) =
            shop.ask_with("GET", "/v1/search", &[("authorization", &bearer)], "");
        (status, headers.contains_key("retry-after"))
    });
    assert_eq!(
        statuses,
        [
            (StatusCode::OK, false),
            (StatusCode::OK, false),
            (StatusCode::TOO_MANY_REQUESTS, true)
        ]
    );
}

#[test]
fn a_browser_is_asked_for_a_key_and_other_pages_cannot_use_it() {
    let (shop, [admin]) = locked([key(&[Role::Admin])]);
    let (status, headers, _) = shop.ask_with("GET", "/", &[], "");
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(headers.contains_key("www-authenticate"));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!(":{admin}")));
    let with = |method: &str, path: &str, site: &str| {
        shop.ask_with(
            method,
            path,
            &[("authorization", &basic), ("sec-fetch-site", site)],
            "",
        )
        .0
    };
    assert_eq!(with("GET", "/", "none"), StatusCode::OK);
    assert_eq!(
        with("POST", "/console/shoppers/ada/erase", "cross-site"),
        StatusCode::FORBIDDEN
    );
    assert_ne!(
        with("POST", "/console/shoppers/ada/erase", "same-origin"),
        StatusCode::FORBIDDEN
    );
}

#[test]
fn another_time_is_for_merchandisers() {
    let (shop, [search, merchandise]) = locked([key(&[Role::Search]), key(&[Role::Merchandise])]);
    let path = "/v1/search?now=2026-12-24T00:00:00Z";
    assert_eq!(
        ask(&shop, "GET", path, &search, "").0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(ask(&shop, "GET", path, &merchandise, "").0, StatusCode::OK);
}

#[test]
fn keys_are_made_rotated_and_revoked() {
    let (shop, [admin]) = locked([key(&[Role::Admin])]);
    let new =
        json!({"name": "storefront", "roles": ["search"], "filter": "brand:Acorn"}).to_string();
    let (status, made) = ask(&shop, "POST", "/v1/keys", &admin, &new);
    assert_eq!(status, StatusCode::CREATED);
    let made: Value = serde_json::from_str(&made).unwrap();
    let (id, text) = (made["id"].as_str().unwrap(), made["text"].as_str().unwrap());
    assert_eq!(ask(&shop, "GET", "/v1/search", text, "").0, StatusCode::OK);
    let (_, listed) = ask(&shop, "GET", "/v1/keys", &admin, "");
    assert!(listed.contains(id) && !listed.contains(text) && !listed.contains("hash"));
    let (_, rotated) = ask(&shop, "POST", &format!("/v1/keys/{id}/rotate"), &admin, "");
    let rotated: Value = serde_json::from_str(&rotated).unwrap();
    let again = rotated["text"].as_str().unwrap();
    assert_eq!(
        ask(&shop, "GET", "/v1/search", text, "").0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(ask(&shop, "GET", "/v1/search", again, "").0, StatusCode::OK);
    let (status, _) = ask(&shop, "DELETE", &format!("/v1/keys/{id}"), &admin, "");
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        ask(&shop, "GET", "/v1/search", again, "").0,
        StatusCode::UNAUTHORIZED
    );
    for wrong in [
        json!({"name": "x"}),
        json!({"name": "x", "roles": ["search"], "filter": "colour:red"}),
    ] {
        let (status, _) = ask(&shop, "POST", "/v1/keys", &admin, &wrong.to_string());
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
}

#[test]
fn keys_are_made_on_the_command_line() {
    let folder = indexed();
    let made = folder
        .run(&[
            "keys",
            "add",
            "storefront",
            "--role",
            "search",
            "--role",
            "events",
        ])
        .succeeds();
    let text = made.stdout.trim().to_string();
    assert!(text.starts_with("endcap_"));
    let listed = folder.run(&["keys", "list", "--json"]).succeeds();
    assert!(!listed.stdout.contains(&text));
    let id = listed.json()[0]["id"].as_str().unwrap().to_string();
    let rotated = folder.run(&["keys", "rotate", &id]).succeeds();
    assert_ne!(rotated.stdout.trim(), text);
    folder.run(&["keys", "revoke", &id]).succeeds();
    folder.run(&["keys", "revoke", &id]).exits(1);
    folder
        .run(&[
            "keys",
            "add",
            "x",
            "--role",
            "search",
            "--filter",
            "colour:red",
        ])
        .exits(2);
}
