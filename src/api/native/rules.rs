//! `/v1/rules`: rules read, written, traced and tried, over the files that people write too.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now, watch};
use super::search::SearchParameters;
use crate::engine::{Change as Moved, Engine, Page, Request, Snapshot, Trace, changes};
use crate::evaluation::{BackTest, DAYS, Searches, Usage, back_test, usage};
use crate::merchandising::written::WrittenRule;
use crate::merchandising::{from_sheet, to_sheet};
use crate::problem::Problem;
use crate::publishing::ShopPaths;
use crate::publishing::history::{self, Change, Version};
use crate::publishing::rulebook::{self, EditError, Published, RuleFile};

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

/// Every rule as CSV, one row each.
#[utoipa::path(get, path = "/v1/rules/export", tag = "merchandising", responses(
    (status = 200, body = String, content_type = "text/csv")))]
pub(in crate::api) async fn export(State(shop): State<Shop>) -> Result<Response, ApiError> {
    let paths = shop.paths.clone();
    let rules = blocking(&shop, move || rulebook::written_rules(&paths)).await??;
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8")];
    Ok((headers, to_sheet(&rules)).into_response())
}

/// Write the rules of a CSV into a file: each where the rule of its name stands, or at the end.
#[utoipa::path(post, path = "/v1/rules/import", tag = "merchandising", params(ImportQuery),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = Published), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::api) async fn import(
    State(shop): State<Shop>,
    query: Result<Query<ImportQuery>, QueryRejection>,
    body: Body,
) -> Result<Json<Published>, ApiError> {
    let Query(query) = query.map_err(super::query_error)?;
    let file = rulebook::rule_file(query.file.as_deref().unwrap_or(rulebook::RULE_FILE))?;
    let sheet = super::text(&shop, body).await?;
    written(&shop, move |shop| {
        let (rules, problems) = from_sheet("the sheet", &sheet);
        if !problems.is_empty() {
            return Err(EditError::Refused(problems));
        }
        let snapshot = shop.engine.snapshot();
        let version = query.reason.version.as_deref();
        let change = query.reason.change();
        rulebook::put_rules(&shop.paths, &snapshot, &file, &rules, version, &change)
    })
    .await
}

/// Where a CSV belongs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct ImportQuery {
    /// The file; `rules` when not said.
    file: Option<String>,
    #[serde(flatten)]
    #[param(inline)]
    reason: Reason,
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
        let conflicts = rulebook::conflicts_of(&snapshot, DRAFT, &draft);
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
