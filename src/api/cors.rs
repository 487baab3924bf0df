//! Storefronts are served from other hosts: browsers ask whether their pages may read what these routes answer.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What a storefront asks, beside the Algolia wire protocol; everything else is for the shop's own servers and people.
const NATIVE: [&str; 3] = ["/v1/search", "/v1/suggest", "/v1/events"];

/// How pages of other hosts may ask.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");

/// What they may read of an answer's headers.
const EXPOSED: HeaderValue = HeaderValue::from_static("retry-after");

/// So many seconds a browser need not ask again.
const REMEMBERED_S: HeaderValue = HeaderValue::from_static("86400");

/// Answers a browser's question, and says of every answer that pages may read it. No cookie means anything here, so
/// any page may; what it may do is what its key allows.
pub(super) async fn allow(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_open = is_for_pages(path);
    let asked = request.headers();
    let Some(origin) = asked.get(ORIGIN).filter(|_| is_open).cloned() else {
        return next.run(request).await;
    };
    let is_question =
        request.method() == Method::OPTIONS && asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_question {
        let mut answer = StatusCode::NO_CONTENT.into_response();
        let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, REMEMBERED_S);
        if let Some(wanted) = wanted {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
        answer
    } else {
        next.run(request).await
    };
    allow_origin(response.headers_mut(), origin);
    response
}

/// Whether pages of other hosts may ask it.
pub(super) fn is_for_pages(path: &str) -> bool {
    path.starts_with("/1/") || NATIVE.contains(&path)
}

fn allow_origin(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("origin"));
}
