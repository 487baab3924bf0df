//! `/v1/feeds` and `/v1/jobs`: feeds in, and what becomes of them.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::unfold;
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking};
use crate::publishing::{Job, Jobs, Publication, QUEUED_MAX, Upload, publications};

/// Larger feeds are refused.
const FEED_BYTES_MAX: u64 = 16 << 30;

/// At most this many entries of the history are answered.
const PUBLICATIONS_MAX: usize = 100;

/// Bytes handed to the disk at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// How often a job that is watched is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(200);

/// How a feed is to be taken.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct FeedQuery {
    /// What the feed is called in problems; `pushed feed` when not said.
    name: Option<String>,
    /// Publish beyond the limits, for this reason, which is kept in the history.
    force: Option<String>,
}

/// Jobs, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct JobList {
    jobs: Vec<Job>,
}

/// What happened to the catalog, the newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Publications {
    publications: Vec<Publication>,
}

/// The last 100 publications, refusals and rollbacks: counts, what was added, changed and removed, and why.
#[utoipa::path(get, path = "/v1/publications", tag = "catalog", responses(
    (status = 200, body = Publications), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn history(
    State(shop): State<Shop>,
) -> Result<Json<Publications>, ApiError> {
    let paths = shop.paths.clone();
    let read = blocking(&shop, move || publications(&paths.data)).await?;
    let read = read.map_err(|error| ApiError::internal(&error))?;
    let publications = read.into_iter().rev().take(PUBLICATIONS_MAX).collect();
    Ok(Json(Publications { publications }))
}

/// Push a feed that replaces the catalog. It is on disk and queued when this is answered; one job at a time runs.
#[utoipa::path(post, path = "/v1/feeds", tag = "catalog", params(FeedQuery),
    request_body(content = String, content_type = "application/octet-stream"), responses(
    (status = 202, body = Job), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn push(
    State(shop): State<Shop>,
    query: Result<Query<FeedQuery>, QueryRejection>,
    mut body: Body,
) -> Result<impl IntoResponse, ApiError> {
    let Query(FeedQuery { name, force }) = query.map_err(super::query_error)?;
    if force
        .as_ref()
        .is_some_and(|reason| reason.trim().is_empty())
    {
        let message = "`force` wants a reason, which is kept in the history";
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    let jobs = jobs(&shop)?;
    let failed = |error: std::io::Error| ApiError::internal(&error);
    let begun = blocking(&shop, move || jobs.begin())
        .await?
        .map_err(failed)?;
    let Some(mut upload) = begun else {
        let message = format!("{QUEUED_MAX} feeds are waiting already: send this one again later");
        return Err(ApiError::unavailable(message));
    };
    let (mut chunk, mut length) = (Vec::with_capacity(CHUNK_BYTES), 0_u64);
    while let Some(frame) = body.frame().await {
        let broken =
            |_| ApiError::bad_request("bad_body", "the feed ended too early: send it again");
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        length += data.len() as u64;
        if length > FEED_BYTES_MAX {
            let message = format!("the feed is larger than {} GiB", FEED_BYTES_MAX >> 30);
            return Err(ApiError::too_large(message));
        }
        chunk.extend_from_slice(&data);
        if chunk.len() >= CHUNK_BYTES {
            (upload, chunk) = write(&shop, upload, chunk).await?;
        }
    }
    if length == 0 {
        let message = "the feed is empty: send it as the body of the request";
        return Err(ApiError::bad_request("bad_body", message));
    }
    (upload, _) = write(&shop, upload, chunk).await?;
    let name = name.unwrap_or_else(|| "pushed feed".into());
    let queued = blocking(&shop, move || upload.finish(name, force)).await?;
    Ok((StatusCode::ACCEPTED, Json(queued.map_err(failed)?)))
}

/// Writes a chunk away from the threads that serve connections.
async fn write(
    shop: &Shop,
    mut upload: Upload,
    mut chunk: Vec<u8>,
) -> Result<(Upload, Vec<u8>), ApiError> {
    let written = move || {
        upload.write(&chunk)?;
        chunk.clear();
        std::io::Result::Ok((upload, chunk))
    };
    let written = blocking(shop, written).await?;
    written.map_err(|error| ApiError::internal(&error))
}

/// Every job that is remembered.
#[utoipa::path(get, path = "/v1/jobs", tag = "catalog", responses((status = 200, body = JobList), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn list(State(shop): State<Shop>) -> Result<Json<JobList>, ApiError> {
    let jobs = jobs(&shop)?.list();
    Ok(Json(JobList { jobs }))
}

/// How a job is: rows, rate, time left, and in the end what it changed or why it did not.
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = "catalog", params(("id" = u64, Path)), responses(
    (status = 200, body = Job), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Job>, ApiError> {
    let id = number(id)?;
    let found = jobs(&shop)?.get(id);
    found.map(Json).ok_or_else(|| no_such_job(id))
}

/// Take a job back: one that waits is not begun, one that runs stops before it publishes.
#[utoipa::path(delete, path = "/v1/jobs/{id}", tag = "catalog", params(("id" = u64, Path)), responses(
    (status = 200, body = Job), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn cancel(
    State(shop): State<Shop>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Json<Job>, ApiError> {
    let (id, jobs) = (number(id)?, jobs(&shop)?);
    let found = blocking(&shop, move || jobs.cancel(id)).await?;
    found.map(Json).ok_or_else(|| no_such_job(id))
}

/// A job as server-sent events: whenever it changes, until it has ended.
#[utoipa::path(get, path = "/v1/jobs/{id}/events", tag = "catalog", params(("id" = u64, Path)), responses(
    (status = 200, body = String, content_type = "text/event-stream"), (status = 404, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn watch(
    State(shop): State<Shop>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let (id, jobs) = (number(id)?, jobs(&shop)?);
    let first = jobs.get(id).ok_or_else(|| no_such_job(id))?;
    let changes = unfold(
        (jobs, Some(first), None::<Job>),
        async |(jobs, next, told)| {
            let mut job = next?;
            while told.as_ref() == Some(&job) {
                tokio::time::sleep(WATCH_EVERY).await;
                job = jobs.get(job.id)?;
            }
            let event = Event::default().event("job").json_data(&job).ok()?;
            let more = (!job.state.ended()).then(|| job.clone());
            Some((Ok::<_, Infallible>(event), (jobs, more, Some(job))))
        },
    );
    Ok(Sse::new(changes).keep_alive(KeepAlive::default()))
}

fn jobs(shop: &Shop) -> Result<std::sync::Arc<Jobs>, ApiError> {
    shop.jobs.clone().ok_or_else(|| {
        ApiError::unavailable("feeds cannot be taken, the log says why; use `endcap index`")
    })
}

fn number(id: Result<Path<u64>, PathRejection>) -> Result<u64, ApiError> {
    let message = "a job's id is a whole number, as in /v1/jobs/12";
    id.map(|Path(id)| id)
        .map_err(|_| ApiError::bad_request("bad_parameter", message))
}

fn no_such_job(id: u64) -> ApiError {
    ApiError::not_found(format!(
        "there is no job {id}: /v1/jobs lists those that are remembered"
    ))
}
