//! `GET /v1/audit`.

use axum::Json;
use axum::extract::State;
use axum::response::Html;

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking};
use crate::audit::{self, Audit};

/// What is wrong with the data, what it costs, how to mend it, and what the data is good enough for. Reads the whole
/// catalog and all events: seconds in a large shop.
#[utoipa::path(get, path = "/v1/audit", tag = "catalog", responses(
    (status = 200, body = Audit), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn get(State(shop): State<Shop>) -> Result<Json<Audit>, ApiError> {
    Ok(Json(look(&shop).await?))
}

/// The same as a page that can be sent around.
#[utoipa::path(get, path = "/v1/audit/report", tag = "catalog", responses(
    (status = 200, body = String, content_type = "text/html"), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn report(State(shop): State<Shop>) -> Result<Html<String>, ApiError> {
    let audit = look(&shop).await?;
    Ok(Html(audit::html(&audit, &shop.name)))
}

async fn look(shop: &Shop) -> Result<Audit, ApiError> {
    let engine = shop.engine.clone();
    Ok(blocking(shop, move || audit::audit(&engine)).await??)
}
