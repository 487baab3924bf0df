//! How the server is: for load balancers and for people who watch graphs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::error::{ApiError, ErrorBody};
use super::{Shop, metrics};

/// A sign of life.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    status: &'static str,
}

/// What is served.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Ready {
    status: &'static str,
    generation: u64,
    /// The generation that should be served; there when it is damaged, so that an earlier one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged_generation: Option<u64>,
    products: u32,
    variants: u32,
    rules: usize,
    synonyms: usize,
    /// How many problems the shop's files have; `endcap check` lists them.
    problems: usize,
}

/// The process is alive.
#[utoipa::path(get, path = "/health", tag = "operations", responses((status = 200, body = Health)))]
pub(super) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The shop answers searches, and with what.
#[utoipa::path(get, path = "/ready", tag = "operations", responses((status = 200, body = Ready)))]
pub(super) async fn ready(State(shop): State<Shop>) -> Json<Ready> {
    let snapshot = shop.engine.snapshot();
    Json(Ready {
        status: "ok",
        generation: snapshot.catalog.generation,
        damaged_generation: snapshot
            .catalog
            .instead_of
            .as_ref()
            .map(|damaged| damaged.generation),
        products: snapshot.catalog.columns.products_there(),
        variants: snapshot.catalog.columns.variants(),
        rules: snapshot.rules.rules.len(),
        synonyms: snapshot.language.synonyms.len(),
        problems: snapshot.problems.len(),
    })
}

/// Counters and durations in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 503, body = ErrorBody)))]
pub(super) async fn metrics(State(shop): State<Shop>) -> Result<String, ApiError> {
    metrics::render(&shop).ok_or_else(|| ApiError::unavailable("this process records no metrics"))
}
