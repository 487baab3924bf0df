//! `/v1/keys`: which keys there are, new ones, and ends to old ones.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;

use super::super::auth::{Key, Keys, NewKey};
use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};

/// All keys, without what they are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct KeyList {
    keys: Vec<Key>,
}

/// A key that was made; its text is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct MadeKey {
    /// What requests send. It is not kept, so write it down.
    text: String,
    #[serde(flatten)]
    key: Key,
}

/// Which keys there are.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", responses(
    (status = 200, body = KeyList), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn list(State(shop): State<Shop>) -> Result<Json<KeyList>, ApiError> {
    let keys = keys_of(&shop)?;
    let keys = blocking(&shop, move || keys.list()).await??;
    Ok(Json(KeyList { keys }))
}

/// Make a key. Its text is answered this once.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = NewKey, responses(
    (status = 201, body = MadeKey), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody),
    (status = 413, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn add(
    State(shop): State<Shop>,
    body: Body,
) -> Result<(StatusCode, Json<MadeKey>), ApiError> {
    let keys = keys_of(&shop)?;
    let new: NewKey = super::json(&shop, body).await?;
    if let Some(filter) = &new.filter {
        let snapshot = shop.engine.snapshot();
        crate::catalog::filter::parse(&snapshot.catalog.schema, filter)
            .map_err(|error| ApiError::bad_request("filter_syntax", error.to_string()))?;
    }
    let (key, text) = blocking(&shop, move || keys.add(new, now())).await??;
    Ok((StatusCode::CREATED, Json(MadeKey { text, key })))
}

/// Revoke a key: it stops working at once.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path)), responses(
    (status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn revoke(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let keys = keys_of(&shop)?;
    blocking(&shop, move || keys.revoke(&id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a key another text: the one before stops working at once.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "keys", params(("id" = String, Path)), responses(
    (status = 200, body = MadeKey), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn rotate(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<MadeKey>, ApiError> {
    let keys = keys_of(&shop)?;
    let (key, text) = blocking(&shop, move || keys.rotate(&id)).await??;
    Ok(Json(MadeKey { text, key }))
}

fn keys_of(shop: &Shop) -> Result<Arc<Keys>, ApiError> {
    shop.keys.clone().ok_or_else(|| {
        ApiError::conflict(
            "this server is open and asks for no keys: serve without --open to use some",
        )
    })
}
