//! `/v1/rules`: rules read and written, over the files that people write too.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now, watch};
use crate::engine::Snapshot;
use crate::merchandising::written::WrittenRule;
use crate::merchandising::{from_sheet, to_sheet};
use crate::publishing::ShopPaths;
use crate::publishing::history::{self, Change, Version};
use crate::publishing::rulebook::{self, EditError, Published, Rows, RuleFile};

/// Who changes something and why.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[serde(default)]
pub(in crate::api) struct Reason {
    /// Only while the file is at this version; whatever version when not said.
    pub(super) version: Option<String>,
    /// Who changes it.
    pub(super) who: String,
    /// Why.
    pub(super) why: String,
}

impl Reason {
    pub(super) fn change(&self) -> Change {
        Change {
            who: self.who.clone(),
            when: now(),
            why: self.why.clone(),
        }
    }
}

/// The rules of a shop.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct RuleList {
    files: Vec<RuleFile>,
}

/// A rule to write.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::api) struct RuleBody {
    rule: WrittenRule,
    /// The file it belongs in; where the rule of its name stands, or `rules`, when not said.
    file: Option<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// A file to write.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::api) struct FileBody {
    pub(super) text: String,
    #[serde(flatten)]
    pub(super) reason: Reason,
}

/// A file as it is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct FileText {
    pub(super) file: String,
    pub(super) version: String,
    pub(super) text: String,
}

/// Which versions of which file.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct FileQuery {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    /// An earlier version; the one before the last change when not said.
    from: Option<String>,
    /// A later version; the file as it is when not said.
    to: Option<String>,
}

/// The versions of a file, the latest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Versions {
    file: String,
    /// The file as it is.
    current: String,
    versions: Vec<Version>,
}

/// What to bring back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(in crate::api) struct UndoBody {
    file: String,
    /// The version to bring back; the one before the last change when not said.
    to: Option<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// The rules of the shop, file by file, as they are written.
#[utoipa::path(get, path = "/v1/rules", tag = "merchandising", responses((status = 200, body = RuleList)))]
pub(in crate::api) async fn list(State(shop): State<Shop>) -> Result<Json<RuleList>, ApiError> {
    let paths = shop.paths.clone();
    let files = blocking(&shop, move || rulebook::rule_files(&paths)).await??;
    Ok(Json(RuleList { files }))
}

/// Write one rule: where the rule of its name stands, or at the end of a file. The rest of the file stays as it is.
#[utoipa::path(put, path = "/v1/rules/{name}", tag = "merchandising", params(("name" = String, Path)), request_body = RuleBody,
    responses((status = 200, body = Published), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn put(
    State(shop): State<Shop>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Published>, ApiError> {
    let mut body: RuleBody = super::json(&shop, body).await?;
    if body.rule.name.is_empty() {
        body.rule.name = name.clone();
    }
    if body.rule.name != name {
        let message = format!(
            "the rule is named `{}` and the address says `{name}`: write the same name in both",
            body.rule.name
        );
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    written(&shop, move |shop| {
        rulebook::put_rule(
            &shop.paths,
            &shop.engine.snapshot(),
            body.file.as_deref(),
            &body.rule,
            body.reason.version.as_deref(),
            &body.reason.change(),
        )
    })
    .await
}

/// Take one rule out of its file.
#[utoipa::path(delete, path = "/v1/rules/{name}", tag = "merchandising", params(("name" = String, Path), Reason), responses(
    (status = 200, body = Published), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn remove(
    State(shop): State<Shop>,
    Path(name): Path<String>,
    reason: Result<Query<Reason>, QueryRejection>,
) -> Result<Json<Published>, ApiError> {
    let Query(reason) = reason.map_err(super::query_error)?;
    written(&shop, move |shop| {
        let snapshot = shop.engine.snapshot();
        let version = reason.version.as_deref();
        rulebook::remove_rule(&shop.paths, &snapshot, &name, version, &reason.change())
    })
    .await
}

/// A rule file as it is.
#[utoipa::path(get, path = "/v1/rules/files/{file}", tag = "merchandising", params(("file" = String, Path)), responses(
    (status = 200, body = FileText), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn file(
    State(shop): State<Shop>,
    Path(name): Path<String>,
) -> Result<Json<FileText>, ApiError> {
    let file = rulebook::rule_file(&name)?;
    read(&shop, file).await
}

/// Write a rule file whole, when all of it can be read.
#[utoipa::path(put, path = "/v1/rules/files/{file}", tag = "merchandising", params(("file" = String, Path)), request_body = FileBody,
    responses((status = 200, body = Published), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn put_file(
    State(shop): State<Shop>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Published>, ApiError> {
    let file = rulebook::rule_file(&name)?;
    put_text(&shop, file, body, rulebook::publish_rules).await
}

/// Who changed a file, when and why.
#[utoipa::path(get, path = "/v1/rules/history", tag = "merchandising", params(FileQuery), responses(
    (status = 200, body = Versions), (status = 400, body = ErrorBody)))]
pub(in crate::api) async fn history(
    State(shop): State<Shop>,
    query: Result<Query<FileQuery>, QueryRejection>,
) -> Result<Json<Versions>, ApiError> {
    let Query(query) = query.map_err(super::query_error)?;
    let file = rulebook::any_file(&query.file)?;
    let paths = shop.paths.clone();
    let versions = blocking(&shop, move || {
        let (_, current) = history::current(&paths, &file)?;
        let versions = history::history(&paths, &file)?;
        Ok::<_, EditError>(Versions {
            file,
            current,
            versions,
        })
    });
    Ok(Json(versions.await??))
}

/// What changed between two versions of a file, as a unified diff.
#[utoipa::path(get, path = "/v1/rules/diff", tag = "merchandising", params(FileQuery), responses(
    (status = 200, body = String, content_type = "text/plain"), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn diff(
    State(shop): State<Shop>,
    query: Result<Query<FileQuery>, QueryRejection>,
) -> Result<String, ApiError> {
    let Query(query) = query.map_err(super::query_error)?;
    let file = rulebook::any_file(&query.file)?;
    let paths = shop.paths.clone();
    let diff = move || {
        history::diff_of(&paths, &file, query.from.as_deref(), query.to.as_deref())
            .map_err(EditError::from)
    };
    Ok(blocking(&shop, diff).await??)
}

/// Bring back an earlier version of a file, as a change of its own.
#[utoipa::path(post, path = "/v1/rules/undo", tag = "merchandising", request_body = UndoBody, responses(
    (status = 200, body = Version), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn undo(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<Version>, ApiError> {
    let UndoBody { file, to, reason } = super::json(&shop, body).await?;
    let file = rulebook::any_file(&file)?;
    written(&shop, move |shop| {
        history::undo(&shop.paths, &file, to.as_deref(), &reason.change()).map_err(EditError::from)
    })
    .await
}

/// Every rule as CSV, one row each; of what cannot be read, the last good version.
#[utoipa::path(get, path = "/v1/rules/export", tag = "merchandising", responses(
    (status = 200, body = String, content_type = "text/csv")))]
pub(in crate::api) async fn export(State(shop): State<Shop>) -> Result<Response, ApiError> {
    let paths = shop.paths.clone();
    let (rules, _) = blocking(&shop, move || rulebook::written_rules(&paths)).await??;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    Ok((headers, to_sheet(&rules)).into_response())
}

/// Write the rules of a CSV: each where the rule of its name stands, in whatever file, and new ones at the end of one.
#[utoipa::path(post, path = "/v1/rules/import", tag = "merchandising", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Imported), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn import(
    State(shop): State<Shop>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    body: Body,
) -> Result<Json<Imported>, ApiError> {
    let Query(query) = query.map_err(super::query_error)?;
    let file = rulebook::rule_file(query.file.as_deref().unwrap_or(rulebook::RULE_FILE))?;
    let sheet = super::text(&shop, body).await?;
    written(&shop, move |shop| {
        let source = "the sheet";
        let (rules, problems) = from_sheet(source, &sheet);
        if !problems.is_empty() {
            return Err(EditError::Refused(problems));
        }
        let snapshot = shop.engine.snapshot();
        let version = query.reason.version.as_deref();
        let change = query.reason.change();
        let rules = &rules;
        let rows = Rows { source, rules };
        let files = rulebook::import_rules(&shop.paths, &snapshot, &file, rows, version, &change)?;
        Ok(Imported { files })
    })
    .await
}

/// The files that were written.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Imported {
    files: Vec<Published>,
}

/// Where a CSV belongs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ImportQuery {
    /// The file for rules that stand in none yet; `rules` when not said.
    file: Option<String>,
    #[serde(flatten)]
    #[param(inline)]
    reason: Reason,
}

pub(super) async fn read(shop: &Shop, file: String) -> Result<Json<FileText>, ApiError> {
    let paths = shop.paths.clone();
    let read = blocking(shop, move || {
        let (text, version) = history::current(&paths, &file)?;
        Ok::<_, EditError>(FileText {
            file,
            version,
            text,
        })
    });
    Ok(Json(read.await??))
}

/// How a file is checked and written.
type Publish =
    fn(&ShopPaths, &Snapshot, &str, &str, Option<&str>, &Change) -> Result<Published, EditError>;

/// Writes the text of a body into a file.
pub(super) async fn put_text(
    shop: &Shop,
    file: String,
    body: Body,
    publish: Publish,
) -> Result<Json<Published>, ApiError> {
    let FileBody { text, reason } = super::json(shop, body).await?;
    written(shop, move |shop| {
        let (snapshot, version) = (shop.engine.snapshot(), reason.version.as_deref());
        publish(
            &shop.paths,
            &snapshot,
            &file,
            &text,
            version,
            &reason.change(),
        )
    })
    .await
}

/// Writes, and serves what was written before answering.
pub(super) async fn written<T: Send + 'static>(
    shop: &Shop,
    write: impl FnOnce(&Shop) -> Result<T, EditError> + Send + 'static,
) -> Result<Json<T>, ApiError> {
    let own = shop.clone();
    let written = blocking(shop, move || {
        let written = write(&own)?;
        watch::reload_now(&own);
        Ok::<_, EditError>(written)
    });
    Ok(Json(written.await??))
}
