//! `GET /v1/suggest`.

use std::time::Instant;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};

use super::super::auth::Grant;
use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use crate::engine::{Request, SUGGESTIONS_MAX, Suggestion, SuggestionKind};

/// How many suggestions are given when nothing is said.
const SUGGESTIONS: usize = 8;

/// What is being typed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct SuggestParameters {
    /// What was typed so far.
    #[serde(default)]
    #[param(example = "run")]
    q: String,
    /// 1 to 50; 8 when not said.
    limit: Option<usize>,
    /// Rank for this shopper.
    shopper: Option<String>,
    /// The shopper's visit; taken so that every door takes the same, and not used yet.
    #[serde(rename = "session")]
    _session: Option<String>,
}

/// What it may become.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Suggestions {
    suggestions: Vec<Suggestion>,
    took_ms: f64,
}

/// Complete what is being typed: popular queries, brands and categories, then products.
#[utoipa::path(get, path = "/v1/suggest", tag = "search", params(SuggestParameters), responses(
    (status = 200, body = Suggestions), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    parameters: Result<Query<SuggestParameters>, QueryRejection>,
) -> Result<Json<Suggestions>, ApiError> {
    let Query(parameters) = parameters.map_err(super::query_error)?;
    let limit = parameters.limit.unwrap_or(SUGGESTIONS);
    if !(1..=SUGGESTIONS_MAX).contains(&limit) {
        let message = format!("`limit` is {limit}: write a number from 1 to {SUGGESTIONS_MAX}");
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    let mut request = Request {
        hits_per_page: limit,
        shopper: parameters.shopper,
        ..Request::new(parameters.q, now())
    };
    grant.narrow(&mut request);
    let started = Instant::now();
    let engine = shop.engine.clone();
    let mut suggestions = blocking(&shop, move || engine.suggest(&request)).await??;
    if !grant.within.is_empty() {
        // What others search, and how many products there are of a kind, is of the whole shop.
        suggestions.retain(|own| own.kind == SuggestionKind::Product);
    }
    Ok(Json(Suggestions {
        suggestions,
        took_ms: started.elapsed().as_secs_f64() * 1e3,
    }))
}
