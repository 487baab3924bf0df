//! `/v1/synonyms`: the files of words that mean the same.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use super::rules::{FileBody, FileText, put_text, read};
use super::tried::{DaysQuery, searches_of};
use crate::evaluation::{Suggestions, SynonymTest, Use, suggested_synonyms, synonym_test};
use crate::publishing::rulebook::{self, Published};
use crate::publishing::{SynonymLine, synonym_lines};

/// The synonym files of a shop.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct SynonymFiles {
    files: Vec<String>,
}

/// Which synonym files there are.
#[utoipa::path(get, path = "/v1/synonyms", tag = "merchandising", responses((status = 200, body = SynonymFiles)))]
pub(in crate::api) async fn list(State(shop): State<Shop>) -> Result<Json<SynonymFiles>, ApiError> {
    let paths = shop.paths.clone();
    let files = blocking(&shop, move || rulebook::synonym_files(&paths)).await?;
    Ok(Json(SynonymFiles { files }))
}

/// How much each line was used.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct SynonymUsage {
    searches: u64,
    /// Share of the searches that a line had a say in, 0 to 1.
    coverage: f64,
    /// The most used first; those never used last.
    lines: Vec<Use>,
}

/// What each line does.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct SynonymLines {
    lines: Vec<SynonymLine>,
}

/// A draft of a synonym file.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::api) struct SynonymDraft {
    /// The text of the whole file.
    draft: String,
    /// The file it replaces; it is added to the others when there is none of this name.
    file: String,
    /// 1 to 365; 14 when not said.
    days: Option<u16>,
}

/// Synonyms that shoppers suggest: they said one thing, clicked nothing, said another, and clicked. And searches that
/// find nothing.
#[utoipa::path(get, path = "/v1/synonyms/suggestions", tag = "merchandising", params(DaysQuery), responses(
    (status = 200, body = Suggestions), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn suggestions(
    State(shop): State<Shop>,
    query: Result<Query<DaysQuery>, QueryRejection>,
) -> Result<Json<Suggestions>, ApiError> {
    let Query(query) = query.map_err(super::query_error)?;
    let engine = shop.engine.clone();
    let mine = move || -> Result<Suggestions, ApiError> {
        let searches = searches_of(&engine, query.days)?;
        Ok(suggested_synonyms(&engine, &searches, now())?)
    };
    Ok(Json(blocking(&shop, mine).await??))
}

/// How much each line was used in the last days, and what those searches earned.
#[utoipa::path(get, path = "/v1/synonyms/usage", tag = "merchandising", params(DaysQuery), responses(
    (status = 200, body = SynonymUsage), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn used(
    State(shop): State<Shop>,
    query: Result<Query<DaysQuery>, QueryRejection>,
) -> Result<Json<SynonymUsage>, ApiError> {
    let Json(usage) = super::tried::used(State(shop), query).await?;
    Ok(Json(SynonymUsage {
        searches: usage.searches,
        coverage: usage.synonym_coverage,
        lines: usage.synonyms,
    }))
}

/// How many products each line adds to searches for its words, and which lines can never match.
#[utoipa::path(get, path = "/v1/synonyms/lines", tag = "merchandising", responses(
    (status = 200, body = SynonymLines), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn lines(
    State(shop): State<Shop>,
) -> Result<Json<SynonymLines>, ApiError> {
    let own = shop.clone();
    let lines = move || synonym_lines(&own.paths, &own.engine.snapshot());
    let lines = blocking(&shop, lines).await?;
    let lines = lines.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(SynonymLines { lines }))
}

/// Try a draft of a synonym file on the searches of the last days.
#[utoipa::path(post, path = "/v1/synonyms/preview", tag = "merchandising", request_body = SynonymDraft, responses(
    (status = 200, body = SynonymTest), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn preview(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<SynonymTest>, ApiError> {
    let SynonymDraft { draft, file, days } = super::json(&shop, body).await?;
    let file = rulebook::synonym_file(&file)?;
    let own = shop.clone();
    let test = move || -> Result<SynonymTest, ApiError> {
        let searches = searches_of(&own.engine, days.unwrap_or(14))?;
        let snapshot = own.engine.snapshot();
        let draft = rulebook::synonyms_with(&own.paths, &snapshot, &file, &draft)?;
        Ok(synonym_test(&own.engine, draft, &searches, now())?)
    };
    Ok(Json(blocking(&shop, test).await??))
}

/// A synonym file as it is.
#[utoipa::path(get, path = "/v1/synonyms/files/{file}", tag = "merchandising", params(("file" = String, Path)), responses(
    (status = 200, body = FileText), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn file(
    State(shop): State<Shop>,
    Path(name): Path<String>,
) -> Result<Json<FileText>, ApiError> {
    let file = rulebook::synonym_file(&name)?;
    read(&shop, file).await
}

/// Write a synonym file whole, when every line of it can be read.
#[utoipa::path(put, path = "/v1/synonyms/files/{file}", tag = "merchandising", params(("file" = String, Path)), request_body = FileBody,
    responses((status = 200, body = Published), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn put_file(
    State(shop): State<Shop>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Published>, ApiError> {
    let file = rulebook::synonym_file(&name)?;
    put_text(&shop, file, body, rulebook::publish_synonyms).await
}
