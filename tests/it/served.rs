//! A shop behind its router: requests in, answers out, without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use endcap::api::auth::Keys;
use endcap::api::{self, Limits, router};
use endcap::engine::Engine;
use endcap::publishing;
use endcap::shoppers::Shoppers;
use expect_test::Expect;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::shop::{Shop, shop};

/// Larger bodies are refused.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

/// A shop behind its router.
pub(crate) struct Served {
    _shop: Shop,
    router: Router,
}

/// The router of a shop that asks for no keys, with shoppers.
pub(crate) fn served(shop: Shop) -> Served {
    served_as(shop, |api| api)
}

/// The router of a shop that asks for these keys.
pub(crate) fn served_with_keys(shop: Shop, keys: Keys) -> Served {
    served_as(shop, |api| api.with_keys(keys))
}

fn served_as(shop: Shop, change: impl FnOnce(api::Shop) -> api::Shop) -> Served {
    let snapshot = publishing::load(&shop.paths).unwrap();
    let journal = shop.paths.journal();
    std::fs::create_dir_all(&journal).unwrap();
    let shoppers = Shoppers::open(&journal, snapshot.recipes.affinity).unwrap();
    let engine = Arc::new(Engine::new(snapshot, Some(shoppers)));
    let limits = Limits {
        body_bytes_max: BODY_BYTES_MAX,
        retention_days: None,
        publication: publishing::Limits::default(),
    };
    let api = api::Shop::new(engine, shop.paths.clone(), "Corner Shop".into(), limits);
    Served {
        _shop: shop,
        router: router(change(api)),
    }
}

/// Three products and a rule.
pub(crate) fn corner_shop() -> Served {
    let table = "id | title     | brand | price | stock | color
                 1  | Red shoes | Acorn | 20    | 3     | red
                 2  | Red socks | Birch | 5.5   | 0     | red
                 3  | Blue hat  | Birch | 12    |       | blue";
    served(shop(table).rules("[[rule]]\nname = \"Hats\"\nwhen = { query = { is = \"hat\" } }\npin = [{ product = \"1\", position = 2 }]\n"))
}

impl Served {
    pub(crate) fn paths(&self) -> &publishing::ShopPaths {
        &self._shop.paths
    }

    /// The status and the body of an answer.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, String) {
        let (status, _, body) = self.ask_with(method, path, &[], body);
        (status, body)
    }

    /// The same with headers, in both directions.
    pub(crate) fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> (StatusCode, HeaderMap, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let status = answer.status();
            let headers = answer.headers().clone();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            (status, headers, String::from_utf8(body.to_vec()).unwrap())
        })
    }

    pub(crate) fn json(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Value) {
        let (status, text) = self.ask(method, path, body);
        (status, serde_json::from_str(&text).expect(&text))
    }

    /// Compares the status and the JSON of an answer, without what differs from call to call.
    #[track_caller]
    pub(crate) fn check(&self, method: &str, path: &str, body: impl Into<Body>, expected: Expect) {
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

    pub(crate) fn titles(&self, path: &str) -> Vec<String> {
        let (status, page) = self.json("GET", path, "");
        assert_eq!(status, StatusCode::OK, "{page}");
        let hits = page["hits"].as_array().unwrap();
        let title = |hit: &Value| hit["product"]["title"].as_str().unwrap().to_string();
        hits.iter().map(title).collect()
    }
}
