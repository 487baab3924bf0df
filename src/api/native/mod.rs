//! The native API, `/v1`.

pub(super) mod audit;
pub(super) mod events;
pub(super) mod feeds;
pub(super) mod keys;
pub(super) mod problems;
pub(super) mod products;
pub(super) mod recommend;
pub(super) mod rules;
pub(super) mod search;
pub(super) mod shoppers;
pub(super) mod suggest;
pub(super) mod synonyms;
pub(super) mod tried;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Shop;
use super::body::read;
use super::error::ApiError;

/// A body read as JSON, whatever its content type.
async fn json<T: DeserializeOwned>(shop: &Shop, body: Body) -> Result<T, ApiError> {
    parsed(&read(body, shop.limits.body_bytes_max).await?)
}

/// JSON that may borrow from the body it is read from.
fn parsed<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, ApiError> {
    // An array would be read as the fields of an object in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        let message = "the body is an array: write a JSON object, /openapi.json says of what";
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    serde_json::from_slice(body).map_err(|error| {
        let code = if error.is_data() {
            "bad_parameter"
        } else {
            "json_syntax"
        };
        let reason = plainly(&error.to_string());
        ApiError::bad_request(code, format!("the body is not what was expected: {reason}"))
    })
}

/// A body read as text.
async fn text(shop: &Shop, body: Body) -> Result<String, ApiError> {
    let body = read(body, shop.limits.body_bytes_max).await?;
    String::from_utf8(body).map_err(|_| {
        ApiError::bad_request("bad_body", "the body is not UTF-8: save the sheet as UTF-8")
    })
}

/// What the parsers say, in words that need no Rust.
fn plainly(reason: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        (
            "invalid digit found in string",
            "write a whole number without a sign, such as 2",
        ),
        (
            "number too large to fit in target type",
            "the number is too large",
        ),
        (
            "cannot parse integer from empty string",
            "write a whole number, such as 2",
        ),
        ("invalid float literal", "write a number, such as 50"),
        (
            "cannot parse float from empty string",
            "write a number, such as 50",
        ),
        ("expected usize", "expected a whole number without a sign"),
        ("expected f64", "expected a number"),
    ];
    WORDS
        .iter()
        .fold(reason.to_string(), |text, (theirs, ours)| {
            text.replace(theirs, ours)
        })
}

/// What is wrong with a query string.
fn query_error(rejection: QueryRejection) -> ApiError {
    let text = rejection.body_text();
    let reason = text
        .strip_prefix("Failed to deserialize query string: ")
        .unwrap_or(&text);
    ApiError::bad_request(
        "bad_parameter",
        format!(
            "the query string is not what was expected: {}",
            plainly(reason)
        ),
    )
}
