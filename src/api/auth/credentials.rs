//! Where a request carries its key.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::super::cors::is_for_pages;

/// What Algolia's clients call the key, in any case.
const NAME: &str = "x-algolia-api-key";

/// A key as it was given.
pub(super) struct Given {
    pub(super) key: String,
    pub(super) place: Place,
}

/// Where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header,
    /// A password that the browser asked for.
    Basic,
    Address,
}

impl Given {
    /// In `Authorization`, in the header of Algolia's clients or, where pages ask, in the address.
    pub(super) fn find(headers: &HeaderMap, query: Option<&str>, route: &str) -> Option<Given> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(authorization) = text(header::AUTHORIZATION.as_str()) {
            let (scheme, rest) = authorization.split_once(' ')?;
            let (key, place) = match scheme.to_ascii_lowercase().as_str() {
                "bearer" => (rest.trim().to_string(), Place::Header),
                "basic" => (password(rest.trim())?, Place::Basic),
                _ => return None,
            };
            return Some(Given { key, place });
        }
        if let Some(key) = text(NAME) {
            let key = key.to_string();
            return Some(Given {
                key,
                place: Place::Header,
            });
        }
        let query = query.filter(|_| is_for_pages(route))?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let (_, key) = pairs.find(|(name, _)| name.eq_ignore_ascii_case(NAME))?;
        Some(Given {
            key: key.into_owned(),
            place: Place::Address,
        })
    }
}

fn password(encoded: &str) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_string())
}
