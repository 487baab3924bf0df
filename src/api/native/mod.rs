//! The native API, `/v1`.

pub(super) mod events;
pub(super) mod search;
pub(super) mod suggest;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use serde::de::DeserializeOwned;

use super::error::ApiError;

/// A body read as JSON, whatever its content type.
fn json<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, ApiError> {
    let body = body.map_err(|rejection| match rejection.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::too_large("the body is larger than the server takes: send less at a time")
        }
        _ => ApiError::bad_request(
            "bad_body",
            "the body could not be read to its end: send it again",
        ),
    })?;
    // An array would be read as the fields of an object in their order.
    if body.trim_ascii_start().starts_with(b"[") {
        let message = "the body is an array: write a JSON object, /openapi.json says of what";
        return Err(ApiError::bad_request("bad_parameter", message));
    }
    serde_json::from_slice(&body).map_err(|error| {
        let code = if error.is_data() {
            "bad_parameter"
        } else {
            "json_syntax"
        };
        ApiError::bad_request(code, format!("the body is not what was expected: {error}"))
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
        format!("the query string is not what was expected: {reason}"),
    )
}
