//! What a shop's own servers read: indices, records, all of them one page after the other, settings and tasks. What they
//! would write is refused by name, with what to use instead.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::parameters::{Parameters, invalid};
use super::{AlgoliaError, narrowing, object};
use crate::api::{Shop, blocking, now};
use crate::catalog::schema::Role;
use crate::engine::{HITS_PER_PAGE_MAX, Request, RulesSwitch, Snapshot};

/// At most this many records at a time.
const RECORDS_MAX: usize = 1_000;

/// The indices of the shop.
pub(in crate::api) async fn indices(State(shop): State<Shop>) -> Json<Value> {
    let snapshot = shop.engine.snapshot();
    let entries = snapshot.catalog.columns.products();
    let item = |name: &String| {
        json!({"name": name, "entries": entries, "dataSize": 0, "fileSize": 0, "lastBuildTimeS": 0,
            "pendingTask": false, "numberOfPendingTasks": 0})
    };
    let items: Vec<Value> = shop.indices.names().iter().map(item).collect();
    Json(json!({"items": items, "nbPages": 1}))
}

/// One record.
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    Path((index, id)): Path<(String, String)>,
) -> Result<Json<Value>, AlgoliaError> {
    let snapshot = shop.engine.snapshot();
    shop.indices.find(&snapshot.catalog.schema, &index)?;
    let missing = || AlgoliaError::new(StatusCode::NOT_FOUND, "ObjectID does not exist");
    record(&snapshot, &id).map(Json).ok_or_else(missing)
}

/// Several records; `null` for one that is not there.
pub(in crate::api) async fn objects(
    State(shop): State<Shop>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    let body = object(&shop, &headers, body).await?;
    let Some(Value::Array(requests)) = body.get("requests") else {
        return Err(AlgoliaError::bad_request("The `requests` array is missing"));
    };
    if requests.len() > RECORDS_MAX {
        let message = format!(
            "{} records are too many: ask for at most {RECORDS_MAX} at a time",
            requests.len()
        );
        return Err(AlgoliaError::bad_request(message));
    }
    let snapshot = shop.engine.snapshot();
    let found = requests.iter().map(|request| {
        let id = request.get("objectID").and_then(Value::as_str);
        id.and_then(|id| record(&snapshot, id)).unwrap_or_default()
    });
    Ok(Json(json!({"results": found.collect::<Vec<Value>>()})))
}

/// All records that pass the filters, one page after the other; nothing personal, no rules.
pub(in crate::api) async fn browse(
    State(shop): State<Shop>,
    Path(index): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    let body = object(&shop, &headers, body).await?;
    let parameters = Parameters::of(&body)?;
    let snapshot = shop.engine.snapshot();
    let sort = shop.indices.find(&snapshot.catalog.schema, &index)?.sort;
    let page = match parameters.text("cursor")? {
        Some(cursor) => {
            page_of(&cursor).ok_or_else(|| invalid("cursor", "the cursor of an earlier answer"))?
        }
        None => 1,
    };
    let per_page = parameters.count("hitsPerPage")?.unwrap_or(RECORDS_MAX);
    let per_page = per_page.clamp(1, HITS_PER_PAGE_MAX);
    let request = Request {
        filter: narrowing::filters(&parameters)?,
        within: narrowing::conditions(&parameters)?,
        sort,
        page,
        hits_per_page: per_page,
        impact: Some(0.0),
        rules: RulesSwitch::Off,
        ..Request::new(parameters.text("query")?.unwrap_or_default(), now())
    };
    let engine = shop.engine.clone();
    let found = blocking(&shop, move || engine.search(&request)).await??;
    let hits = found
        .hits
        .iter()
        .map(|hit| with_id(hit.product.fields(), &hit.id));
    let mut answer = json!({
        "hits": hits.collect::<Vec<Value>>(), "nbHits": found.total, "page": page - 1, "hitsPerPage": per_page,
        "nbPages": found.total.div_ceil(per_page), "query": found.query, "params": parameters.encoded(),
        "processingTimeMS": 1,
    });
    if page * per_page < found.total {
        answer["cursor"] = BASE64_URL_SAFE_NO_PAD.encode((page + 1).to_string()).into();
    }
    Ok(Json(answer))
}

fn page_of(cursor: &str) -> Option<usize> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let page: usize = std::str::from_utf8(&decoded).ok()?.parse().ok()?;
    (page > 0).then_some(page)
}

fn record(snapshot: &Snapshot, id: &str) -> Option<Value> {
    let columns = &snapshot.catalog.columns;
    let product = columns
        .ordinal(id)
        .filter(|product| columns.product_id(*product) == id)?;
    let document = snapshot
        .catalog
        .documents
        .shown(product, columns.sold_out(product));
    Some(with_id(document.fields(), id))
}

fn with_id(mut fields: Map<String, Value>, id: &str) -> Value {
    fields.insert("objectID".into(), id.into());
    Value::Object(fields)
}

/// What the schema says, in the words of Algolia.
pub(in crate::api) async fn settings(
    State(shop): State<Shop>,
    Path(index): Path<String>,
) -> Result<Json<Value>, AlgoliaError> {
    let snapshot = shop.engine.snapshot();
    let schema = &snapshot.catalog.schema;
    shop.indices.find(schema, &index)?;
    let mut searched: Vec<(&str, f32)> = schema
        .attributes
        .iter()
        .filter_map(|own| Some((own.name.as_str(), own.searched?)))
        .collect();
    searched.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let names = |is: &dyn Fn(&crate::catalog::schema::Attribute) -> bool| -> Vec<String> {
        let own = schema.attributes.iter().filter(|own| is(own));
        own.map(|own| own.name.clone()).collect()
    };
    let facets = names(&|own| own.facet);
    let popular = schema
        .role(Role::Popularity)
        .map(|own| &schema.attributes[own].name);
    let ranking: Vec<String> = popular.iter().map(|name| format!("desc({name})")).collect();
    Ok(Json(json!({
        "searchableAttributes": searched.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "attributesForFaceting": facets.iter().map(|name| format!("searchable({name})")).collect::<Vec<_>>(),
        "attributesToRetrieve": names(&|own| own.shown),
        "customRanking": ranking,
        "hitsPerPage": 20, "maxValuesPerFacet": 100, "queryType": "prefixLast",
        "enableRules": true, "enablePersonalization": true,
        "queryLanguages": [schema.language], "indexLanguages": [schema.language],
    })))
}

/// Everything that was acknowledged is done.
pub(in crate::api) async fn task() -> Json<Value> {
    Json(json!({"status": "published", "pendingTask": false}))
}

pub(in crate::api) async fn no_records() -> AlgoliaError {
    AlgoliaError::not_here(
        "records",
        "`/v1/products`, `POST /v1/feeds` or `endcap index FEED`",
    )
}

pub(in crate::api) async fn no_settings() -> AlgoliaError {
    AlgoliaError::not_here("settings", "index/schema.toml and index/ranking.toml")
}

pub(in crate::api) async fn no_rules() -> AlgoliaError {
    AlgoliaError::not_here("rules", "`/v1/rules` or merchandising/rules/*.toml")
}

pub(in crate::api) async fn no_synonyms() -> AlgoliaError {
    AlgoliaError::not_here("synonyms", "`/v1/synonyms` or synonyms/*.txt")
}

pub(in crate::api) async fn no_keys() -> AlgoliaError {
    AlgoliaError::not_here("keys", "`/v1/keys` or `endcap keys`")
}
