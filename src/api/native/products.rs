//! `/v1/products`: products as they are, and changes to them between feeds.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking};
use crate::catalog::product::whole;
use crate::publishing::{Applied, Fields, OPERATIONS_MAX, Operation, Status, Verb};

/// Changes to products, in their order.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Operations {
    /// At most 10,000.
    operations: Vec<Operation>,
}

/// What became of each operation, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct OperationResults {
    applied: usize,
    stale: usize,
    refused: usize,
    results: Vec<Applied>,
}

/// Change many products: what is applied is on disk when this is answered, and the next request sees it. One bad
/// operation does not stop the others.
#[utoipa::path(patch, path = "/v1/products", tag = "catalog", request_body = Operations, responses(
    (status = 200, body = OperationResults), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn patch_all(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<OperationResults>, ApiError> {
    let Operations { operations } = super::json(&shop, body).await?;
    change_all(&shop, operations).await
}

async fn change_all(
    shop: &Shop,
    operations: Vec<Operation>,
) -> Result<Json<OperationResults>, ApiError> {
    if operations.len() > OPERATIONS_MAX {
        let message = format!("more than {OPERATIONS_MAX} operations: send several requests");
        return Err(ApiError::too_large(message));
    }
    let results = apply(shop, operations).await?;
    let count = |status: Status| results.iter().filter(|one| one.status == status).count();
    Ok(Json(OperationResults {
        applied: count(Status::Applied),
        stale: count(Status::Stale),
        refused: count(Status::Refused),
        results,
    }))
}

/// Change one product, or one variant.
#[utoipa::path(patch, path = "/v1/products/{id}", tag = "catalog", params(("id" = String, Path)),
    request_body = Operation, responses(
    (status = 200, body = Applied), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn patch(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Applied>, ApiError> {
    let operation: Operation = super::json(&shop, body).await?;
    if !operation.id.is_empty() && operation.id != id {
        let message = format!("the path says `{id}` and the body says `{}`", operation.id);
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    let is_known = shop
        .engine
        .snapshot()
        .catalog
        .columns
        .ordinal(&id)
        .is_some();
    if !is_known {
        return Err(no_such_product(&id));
    }
    change(&shop, Operation { id, ..operation }).await
}

async fn change(shop: &Shop, operation: Operation) -> Result<Json<Applied>, ApiError> {
    let mut results = apply(shop, vec![operation]).await?;
    let applied = results.pop().expect("every operation has a result");
    if applied.status == Status::Refused {
        let reason = applied.reason.unwrap_or_default();
        return Err(ApiError::bad_request("bad_operation", reason));
    }
    Ok(Json(applied))
}

/// Products as rows of the feed.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct Products {
    /// At most 10,000: columns of the feed and their cells.
    #[schema(value_type = Vec<Object>)]
    products: Vec<Fields>,
}

/// Put products, new ones or in place of what they were; products that are not sent stay. Answers as a change of many.
#[utoipa::path(post, path = "/v1/products", tag = "catalog", request_body = Products, responses(
    (status = 200, body = OperationResults), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn post(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<OperationResults>, ApiError> {
    let Products { products } = super::json(&shop, body).await?;
    let upsert = |product: Fields| Operation {
        product: Some(product),
        ..Operation::default()
    };
    change_all(&shop, products.into_iter().map(upsert).collect()).await
}

/// Put one product, new or in place of what it was: a row of the feed.
#[utoipa::path(put, path = "/v1/products/{id}", tag = "catalog", params(("id" = String, Path)),
    request_body = Object, responses(
    (status = 200, body = Applied), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn put(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Applied>, ApiError> {
    let product: Fields = super::json(&shop, body).await?;
    let product = Some(product);
    let operation = Operation {
        id,
        product,
        ..Operation::default()
    };
    change(&shop, operation).await
}

/// Take a product away, or a variant.
#[utoipa::path(delete, path = "/v1/products/{id}", tag = "catalog", params(("id" = String, Path)), responses(
    (status = 200, body = Applied), (status = 404, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn delete(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<Applied>, ApiError> {
    let catalog = shop.engine.snapshot().catalog.clone();
    if catalog.columns.ordinal(&id).is_none() {
        return Err(no_such_product(&id));
    }
    let op = Some(Verb::Delete);
    let operation = Operation {
        id,
        op,
        ..Operation::default()
    };
    change(&shop, operation).await
}

/// A product as it is now: every attribute, and its variants. A variant's id finds its product.
#[utoipa::path(get, path = "/v1/products/{id}", tag = "catalog", params(("id" = String, Path)), responses(
    (status = 200, body = Object), (status = 404, body = ErrorBody)))]
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<Map<String, Value>>, ApiError> {
    let catalog = shop.engine.snapshot().catalog.clone();
    let ordinal = catalog.columns.ordinal(&id);
    let product = ordinal.and_then(|ordinal| catalog.stored.get(ordinal));
    let product = product.ok_or_else(|| no_such_product(&id))?;
    Ok(Json(whole(&catalog.schema, &product)))
}

async fn apply(shop: &Shop, operations: Vec<Operation>) -> Result<Vec<Applied>, ApiError> {
    let Some(deltas) = shop.deltas.clone() else {
        let message =
            "products cannot be changed at the moment, the log says why; use `endcap index`";
        return Err(ApiError::unavailable(message));
    };
    let results = blocking(shop, move || deltas.apply(operations)).await?;
    results.map_err(|error| {
        tracing::error!(%error, "changes to products cannot be kept");
        ApiError::unavailable("changes cannot be kept at the moment; send them again later")
    })
}

fn no_such_product(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no product or variant `{id}`"))
}
