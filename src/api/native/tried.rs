//! `/v1/rules/trace`, `/preview` and `/usage`: what rules do, what a draft would do, and what rules did.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use super::search::SearchParameters;
use crate::engine::{Change as Moved, Engine, Page, Request, Trace, changes};
use crate::evaluation::{BackTest, DAYS, Searches, Usage, back_test, usage};
use crate::problem::Problem;
use crate::publishing::rulebook;

/// A draft and the request it is tried on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::api) struct PreviewBody {
    /// Rules as a file has them; rules of the same name replace those of the shop.
    draft: String,
    /// The request to try it on.
    #[serde(default)]
    request: Option<SearchParameters>,
    /// Try it on the searches of so many days as well, 1 to 365.
    #[serde(default)]
    days: Option<u16>,
    /// As of this time, so that a scheduled rule can be tried; now when not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<jiff::Timestamp>,
}

/// What a draft would change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Preview {
    problems: Vec<Problem>,
    conflicts: Vec<Problem>,
    /// The page as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Page>,
    /// The page as it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Page>,
    /// Products that would stand elsewhere.
    moved: Vec<Moved>,
    /// What the draft would have changed in the searches of the last days.
    #[serde(skip_serializing_if = "Option::is_none")]
    back_test: Option<BackTest>,
}

/// Every rule considered for a request: held or not, the first condition that failed, near misses, what each changed.
#[utoipa::path(post, path = "/v1/rules/trace", tag = "merchandising", request_body = SearchParameters, responses(
    (status = 200, body = Trace), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn trace(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<Trace>, ApiError> {
    let parameters: SearchParameters = super::json(&shop, body).await?;
    let (engine, request) = (shop.engine.clone(), tried(parameters)?);
    Ok(Json(
        blocking(&shop, move || engine.trace(&request)).await??,
    ))
}

/// Try a draft on the live shop: what is wrong with it, and the page with and without it.
#[utoipa::path(post, path = "/v1/rules/preview", tag = "merchandising", request_body = PreviewBody, responses(
    (status = 200, body = Preview), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn preview(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<Preview>, ApiError> {
    let body: PreviewBody = super::json(&shop, body).await?;
    let engine = shop.engine.clone();
    let preview = move || -> Result<Preview, ApiError> {
        let snapshot = engine.snapshot();
        let (draft, problems) = rulebook::read_draft(&snapshot, DRAFT, &body.draft)?;
        let conflicts = rulebook::conflicts_of_draft(&snapshot, DRAFT, &draft);
        let mut preview = Preview {
            problems,
            conflicts,
            before: None,
            after: None,
            moved: Vec::new(),
            back_test: None,
        };
        if let Some(days) = body.days {
            let searches = searches_of(&engine, days)?;
            let at = body.at.unwrap_or_else(now);
            preview.back_test = Some(back_test(&engine, &draft, &searches, at, |_, _| {})?);
        }
        if let Some(parameters) = body.request {
            let request = tried(parameters)?;
            let rules = snapshot.rules.with_draft(&draft, snapshot.reading());
            let before = engine.search_under(&snapshot, &snapshot.rules, &request)?;
            let after = engine.search_under(&snapshot, &rules, &request)?;
            preview.moved = changes(&before, &after);
            (preview.before, preview.after) = (Some(before), Some(after));
        }
        Ok(preview)
    };
    Ok(Json(blocking(&shop, preview).await??))
}

/// A request that nobody remembers: no page of it is shown.
fn tried(parameters: SearchParameters) -> Result<Request, ApiError> {
    Ok(Request {
        query_id: 0,
        continues: false,
        ..parameters.into_request()?
    })
}

/// How far back to look.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct DaysQuery {
    /// 1 to 365; 30 when not said.
    pub(super) days: u16,
}

impl Default for DaysQuery {
    fn default() -> Self {
        DaysQuery { days: 30 }
    }
}

/// How much each rule and each line of synonyms was used, and what those searches earned.
#[utoipa::path(get, path = "/v1/rules/usage", tag = "merchandising", params(DaysQuery), responses(
    (status = 200, body = Usage), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn used(
    State(shop): State<Shop>,
    query: Result<Query<DaysQuery>, QueryRejection>,
) -> Result<Json<Usage>, ApiError> {
    let Query(query) = query.map_err(super::query_error)?;
    let own = shop.clone();
    let report = move || -> Result<Usage, ApiError> {
        let searches = searches_of(&own.engine, query.days)?;
        let files = rulebook::synonym_texts(&own.paths)?;
        Ok(usage(&own.engine, &searches, &files)?)
    };
    Ok(Json(blocking(&shop, report).await??))
}

/// The searches of the last days.
pub(super) fn searches_of(engine: &Engine, days: u16) -> Result<Searches, ApiError> {
    if !DAYS.contains(&days) {
        let message = format!("`days` is {days}: write a number from 1 to 365");
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    Ok(Searches::of_days(engine.shoppers(), days, now())?)
}

/// What problems of a draft name as their file.
const DRAFT: &str = "the draft";
