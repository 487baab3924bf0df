//! One shape for every error; the only place that knows status codes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::auth::KeyError;
use crate::engine::EngineError;
use crate::journal::JournalError;
use crate::publishing::history::HistoryError;
use crate::publishing::rulebook::EditError;

/// Who is told to come again later may come after so many seconds.
const RETRY_AFTER_S: &str = "1";

/// What went wrong, for programs and for people.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ErrorBody {
    /// Stable; one of a small set.
    #[schema(example = "filter_syntax")]
    code: &'static str,
    /// What, where, and what to write instead.
    message: String,
    /// Where the interface is described.
    #[schema(example = "/openapi.json")]
    docs: &'static str,
}

/// An error on its way out.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        ApiError {
            status,
            code,
            message: message.into(),
        }
    }

    /// A request that cannot be understood.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub(super) fn method_not_allowed(message: impl Into<String>) -> Self {
        ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            message,
        )
    }

    pub(super) fn too_large(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// Somebody else changed the same thing meanwhile.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::CONFLICT, "version_conflict", message)
    }

    /// Nobody knows who asks.
    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// Whoever asks may not.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(super) fn too_many(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }

    /// The status and the message, for a door that has a shape of its own.
    pub(super) fn told(self) -> (StatusCode, String) {
        (self.status, self.message)
    }

    /// Our fault: the log says what, the caller learns only that.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        let message = "something went wrong inside the server; its log says what";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        let code = match &error {
            EngineError::Filter(_) => "filter_syntax",
            EngineError::Unknown { .. } => "unknown_name",
            EngineError::Parameter { .. } => "bad_parameter",
            EngineError::Index(_) => return ApiError::internal(&error),
        };
        ApiError::bad_request(code, error.to_string())
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        match &error {
            EditError::Refused(_) => ApiError::bad_request("bad_file", error.to_string()),
            EditError::Name(_) => ApiError::bad_request("bad_parameter", error.to_string()),
            EditError::NoRule(_) => ApiError::not_found(error.to_string()),
            EditError::History(HistoryError::Changed { .. }) => {
                ApiError::conflict(error.to_string())
            }
            EditError::History(HistoryError::Io { .. }) => ApiError::internal(&error),
            EditError::History(_) => ApiError::not_found(error.to_string()),
        }
    }
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match &error {
            KeyError::Refused(_) => ApiError::bad_request("bad_parameter", error.to_string()),
            KeyError::Missing(_) => ApiError::not_found(error.to_string()),
            KeyError::Io { .. } | KeyError::Damaged { .. } => ApiError::internal(&error),
        }
    }
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        tracing::error!(%error, "events cannot be recorded");
        ApiError::unavailable("events cannot be recorded at the moment; send them again later")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            code: self.code,
            message: self.message,
            docs: "/openapi.json",
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static(RETRY_AFTER_S);
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}
