//! The Algolia wire protocol, `/1`: clients that speak it need another host name and nothing else.

mod answer;
pub(super) mod events;
mod facets;
mod highlight;
mod indices;
mod insights;
mod lists;
mod narrowing;
mod parameters;
pub(super) mod profiles;
pub(super) mod recommend;
pub(super) mod records;
pub(super) mod search;

pub use indices::AlgoliaSettings;
pub(super) use indices::Indices;
pub(super) use lists::Lists;

use std::io::Read;

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};

use super::Shop;
use super::error::ApiError;

/// An error as the clients read it: `{"message": …, "status": …}`.
#[derive(Debug)]
pub(super) struct AlgoliaError {
    status: StatusCode,
    message: String,
}

impl AlgoliaError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        AlgoliaError {
            status,
            message: message.into(),
        }
    }

    /// Something that clients of Algolia can do and this shop cannot, and what to use instead.
    fn not_here(what: &str, instead: &str) -> Self {
        let message = format!("{what} cannot be changed through this interface: use {instead}");
        AlgoliaError::new(StatusCode::NOT_IMPLEMENTED, message)
    }

    fn bad_request(message: impl Into<String>) -> Self {
        AlgoliaError::new(StatusCode::BAD_REQUEST, message)
    }
}

impl<E: Into<ApiError>> From<E> for AlgoliaError {
    fn from(error: E) -> Self {
        let (status, message) = error.into().told();
        AlgoliaError { status, message }
    }
}

impl IntoResponse for AlgoliaError {
    fn into_response(self) -> Response {
        let body = json!({"message": self.message, "status": self.status.as_u16()});
        (self.status, Json(body)).into_response()
    }
}

/// The filters that the lists of conditions and `filters` of a request say.
pub(super) fn narrowing_of(request: &Map<String, Value>) -> Result<Vec<String>, String> {
    let parameters = parameters::Parameters::everything(request);
    let all = || {
        let mut all = narrowing::conditions(&parameters)?;
        all.extend(narrowing::filters(&parameters)?);
        Ok::<Vec<String>, AlgoliaError>(all)
    };
    all().map_err(|error| error.message)
}

/// A JSON object, whatever its content type; clients may compress it.
async fn object(
    shop: &Shop,
    headers: &HeaderMap,
    body: Body,
) -> Result<Map<String, Value>, AlgoliaError> {
    let bytes = plain_body(shop, headers, body).await?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        let message = format!("Invalid JSON in the body, which has to be an object: {error}");
        AlgoliaError::bad_request(message)
    })
}

/// A whole body, decompressed when it is compressed.
async fn plain_body(shop: &Shop, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, AlgoliaError> {
    let bytes_max = shop.limits.body_bytes_max;
    let bytes = super::body::read(body, bytes_max).await?;
    if is_compressed(headers) {
        return decompressed(&bytes, bytes_max);
    }
    Ok(bytes)
}

fn is_compressed(headers: &HeaderMap) -> bool {
    let encoding = headers.get(header::CONTENT_ENCODING);
    encoding.is_some_and(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

/// What a compressed body says, as far as a plain one may be large.
fn decompressed(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, AlgoliaError> {
    let mut plain = Vec::new();
    let mut limited = GzDecoder::new(bytes).take(bytes_max as u64 + 1);
    if limited.read_to_end(&mut plain).is_err() {
        let message = "the body is not what its content-encoding gzip says";
        return Err(AlgoliaError::bad_request(message));
    }
    if plain.len() > bytes_max {
        let message = "the decompressed body is larger than the server takes: send less at a time";
        return Err(ApiError::too_large(message).into());
    }
    Ok(plain)
}
