//! `/v1/shoppers/{shopper}` and `/v1/segments`: read, export, erase, consent, merge, split.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use crate::engine::SegmentCount;
use crate::shoppers::event::check_token;
use crate::shoppers::{Consent, Held, Summary};

/// What the shopper allows.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(
    deny_unknown_fields,
    expecting = r#"an object such as {"consent": "measure"}"#
)]
pub(in crate::api) struct ConsentBody {
    /// `personalize`, `measure` (events are recorded, the order is plain) or `nothing` (what was recorded is erased).
    consent: Consent,
}

/// Whom a shopper turned out to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(
    deny_unknown_fields,
    expecting = r#"an object such as {"into": "anna"}"#
)]
pub(in crate::api) struct MergeBody {
    /// A token or account of the same person.
    into: String,
}

/// That a shopper is gone.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Erased {
    /// False when there was nobody of that name.
    erased: bool,
}

/// All segments.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct SegmentList {
    segments: Vec<SegmentCount>,
}

/// What is known of a shopper, by token or account.
#[utoipa::path(get, path = "/v1/shoppers/{shopper}", tag = "shoppers", params(("shopper" = String, Path)), responses(
    (status = 200, body = Summary), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<Summary>, ApiError> {
    let (engine, own) = (shop.engine.clone(), id.clone());
    let summary = blocking(&shop, move || engine.shopper(&own, now())).await?;
    summary.map(Json).ok_or_else(|| unknown(&id))
}

/// Everything that is held of a shopper, every event included.
#[utoipa::path(get, path = "/v1/shoppers/{shopper}/export", tag = "shoppers", params(("shopper" = String, Path)),
    responses((status = 200, body = Held), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn export(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<Held>, ApiError> {
    let (engine, own) = (shop.engine.clone(), id.clone());
    let held = blocking(&shop, move || engine.held(&own, now())).await??;
    held.map(Json).ok_or_else(|| unknown(&id))
}

/// Erase a shopper: profile, events, identities, at once and for good.
#[utoipa::path(delete, path = "/v1/shoppers/{shopper}", tag = "shoppers", params(("shopper" = String, Path)),
    responses((status = 200, body = Erased), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn erase(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<Erased>, ApiError> {
    let engine = shop.engine.clone();
    let erased = blocking(&shop, move || engine.erase(&id)).await??;
    Ok(Json(Erased { erased }))
}

/// Say what a shopper allows from now on.
#[utoipa::path(put, path = "/v1/shoppers/{shopper}/consent", tag = "shoppers", params(("shopper" = String, Path)),
    request_body = ConsentBody, responses((status = 204), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn consent(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let ConsentBody { consent } = super::json(&shop, body).await?;
    check_token(&id).map_err(|refused| ApiError::bad_request("bad_parameter", refused.told()))?;
    let engine = shop.engine.clone();
    blocking(&shop, move || engine.set_consent(&id, consent)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Join two shoppers who are the same person.
#[utoipa::path(post, path = "/v1/shoppers/{shopper}/merge", tag = "shoppers", params(("shopper" = String, Path)),
    request_body = MergeBody, responses((status = 204), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn merge(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let MergeBody { into } = super::json(&shop, body).await?;
    let (engine, own, other) = (shop.engine.clone(), id.clone(), into.clone());
    let merged = blocking(&shop, move || match engine.shoppers() {
        Some(shoppers) => shoppers.merge(&own, &other),
        None => Ok(false),
    });
    if merged.await?? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::not_found(format!(
        "`{id}` or `{into}` is a shopper nobody knows: merge shoppers who have done something"
    )))
}

/// Let a token begin anew as nobody's, as when a device changes hands.
#[utoipa::path(post, path = "/v1/shoppers/{shopper}/split", tag = "shoppers", params(("shopper" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn split(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (engine, own) = (shop.engine.clone(), id.clone());
    let split = blocking(&shop, move || match engine.shoppers() {
        Some(shoppers) => shoppers.split(&own),
        None => Ok(false),
    });
    if split.await?? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(unknown(&id))
}

/// All segments, their conditions, and how many shoppers are in each.
#[utoipa::path(get, path = "/v1/segments", tag = "shoppers", responses(
    (status = 200, body = SegmentList), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn segments(
    State(shop): State<Shop>,
) -> Result<Json<SegmentList>, ApiError> {
    let engine = shop.engine.clone();
    let segments = blocking(&shop, move || engine.segment_counts(now())).await?;
    Ok(Json(SegmentList { segments }))
}

fn unknown(id: &str) -> ApiError {
    ApiError::not_found(format!(
        "nobody is known as `{id}`: a shopper is known from their first event"
    ))
}
