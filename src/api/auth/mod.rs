//! Who may do what: keys, the roles they have, and the one table of which route asks for which role.

mod credentials;
mod keys;
mod rates;
mod secured;
mod table;

pub use keys::{Key, KeyError, Keys, NewKey, Role};
pub(super) use rates::Rates;
pub use table::routes;

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::algolia::AlgoliaError;
use super::error::ApiError;
use super::{Shop, now};
use credentials::{Given, Place};
use table::Access;

/// What the caller of a request may do, and within which products.
#[derive(Debug, Clone, Default)]
pub(super) struct Grant {
    roles: Vec<Role>,
    /// Filters that hold for everything the caller finds.
    pub(super) within: Vec<String>,
    /// The shopper that the caller speaks for, whatever the request says.
    pub(super) shopper: Option<String>,
    /// The index names that the caller may use; all when not said.
    pub(super) indices: Option<Vec<String>>,
}

/// Why a caller may not.
enum Refusal {
    /// No key, or none that is known.
    Unknown,
    /// The key may not do this.
    Forbidden(String),
    TooMany {
        wait_s: u64,
    },
}

impl Grant {
    /// May do everything.
    fn everything() -> Self {
        Grant {
            roles: vec![Role::Admin],
            ..Grant::default()
        }
    }

    /// Whether the caller has a role, or one that includes it.
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.iter().any(|own| own.includes(role))
    }

    /// Narrows a request to what its caller may find.
    pub(super) fn narrow(&self, request: &mut crate::engine::Request) {
        request.within.extend(self.within.iter().cloned());
        if self.shopper.is_some() {
            request.shopper.clone_from(&self.shopper);
        }
    }
}

/// Lets a request through when its key has the role that its route asks for, and tells the route what the key may do.
pub(super) async fn admit(State(shop): State<Shop>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let Some(route) = route else {
        // There is nothing behind it.
        return next.run(request).await;
    };
    let access = table::access(request.method(), route.as_str());
    match grant(&shop, access, route.as_str(), &request) {
        Ok(grant) => {
            request.extensions_mut().insert(grant);
            next.run(request).await
        }
        Err(refusal) => refusal.told(route.as_str()),
    }
}

fn grant(shop: &Shop, access: Access, route: &str, request: &Request) -> Result<Grant, Refusal> {
    let Some(keys) = &shop.keys else {
        return Ok(Grant::everything());
    };
    let Access::Role(role) = access else {
        return Ok(Grant::default());
    };
    let given =
        Given::find(request.headers(), request.uri().query(), route).ok_or(Refusal::Unknown)?;
    let (key, grant) = identify(keys, &given.key)?;
    if !grant.has(role) {
        let reason = format!(
            "this key does not have the role `{}`, which {} {route} asks for",
            role.name(),
            request.method()
        );
        return Err(Refusal::Forbidden(reason));
    }
    check_origin(&key, request.headers())?;
    if given.place == Place::Basic && !is_own_page(request.method(), request.headers()) {
        let reason = "a page of another host may not change anything with a password that the browser remembers";
        return Err(Refusal::Forbidden(reason.into()));
    }
    match shop.rates.take(&key) {
        Ok(()) => Ok(grant),
        Err(wait_s) => Err(Refusal::TooMany { wait_s }),
    }
}

/// The key that a request gives, or the parent of the secured key it gives, and what it may do.
fn identify(keys: &Keys, given: &str) -> Result<(Arc<Key>, Grant), Refusal> {
    let now = now();
    if let Some(key) = keys.find(given, now) {
        let grant = Grant {
            roles: key.roles.clone(),
            within: key.filter.iter().cloned().collect(),
            ..Grant::default()
        };
        return Ok((key, grant));
    }
    let Some((key, restricted)) = secured::verify(given, &keys.all(now)) else {
        return Err(Refusal::Unknown);
    };
    let restricted = restricted.map_err(Refusal::Forbidden)?;
    if restricted
        .valid_until_s
        .is_some_and(|until| now.as_second() > until)
    {
        return Err(Refusal::Forbidden(
            "validUntil parameter is expired: make a new secured key".into(),
        ));
    }
    let of_shoppers = [Role::Search, Role::Events];
    let roles = of_shoppers.into_iter().filter(|role| key.has(*role));
    let within = key.filter.iter().cloned().chain(restricted.within);
    let grant = Grant {
        roles: roles.collect(),
        within: within.collect(),
        shopper: restricted.shopper,
        indices: restricted.indices,
    };
    Ok((key, grant))
}

/// A key for some origins works on their pages only.
fn check_origin(key: &Key, headers: &HeaderMap) -> Result<(), Refusal> {
    if key.origins.is_empty() {
        return Ok(());
    }
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let is_allowed = |origin: &str| key.origins.iter().any(|own| is_of_origin(own, origin));
    match origin {
        Some(origin) if is_allowed(origin) => Ok(()),
        _ => Err(Refusal::Forbidden(
            "this key works on the pages of its origins only".into(),
        )),
    }
}

/// `https://shop.example`, or `https://*.shop.example` for every host below.
fn is_of_origin(pattern: &str, origin: &str) -> bool {
    match pattern.split_once("*.") {
        None => pattern.eq_ignore_ascii_case(origin),
        Some((scheme, domain)) => {
            let host = origin.strip_prefix(scheme);
            let sub = host.and_then(|host| host.strip_suffix(domain));
            sub.is_some_and(|sub| sub.ends_with('.') && !sub.contains(['/', '@']))
        }
    }
}

/// Browsers send a password they remember with whatever any page asks for; they also say which page asks.
fn is_own_page(method: &Method, headers: &HeaderMap) -> bool {
    let is_reading = matches!(*method, Method::GET | Method::HEAD);
    let site = headers
        .get("sec-fetch-site")
        .and_then(|site| site.to_str().ok());
    is_reading || site.is_none_or(|site| matches!(site, "same-origin" | "none"))
}

impl Refusal {
    fn told(self, route: &str) -> Response {
        let is_algolia = route.starts_with("/1/");
        let mut response = match self {
            Refusal::Unknown if route == "/1/events" => {
                AlgoliaError::new(StatusCode::UNAUTHORIZED, "Invalid credentials").into_response()
            }
            Refusal::Unknown if is_algolia => {
                AlgoliaError::new(StatusCode::FORBIDDEN, "Invalid Application-ID or API key")
                    .into_response()
            }
            Refusal::Unknown => {
                let message = "no key that is known: send one as `Authorization: Bearer KEY`; `endcap keys add` makes one";
                ApiError::unauthorized(message).into_response()
            }
            Refusal::Forbidden(reason) if is_algolia => {
                AlgoliaError::new(StatusCode::FORBIDDEN, reason).into_response()
            }
            Refusal::Forbidden(reason) => ApiError::forbidden(reason).into_response(),
            Refusal::TooMany { wait_s } => {
                let message = "Too many requests with this key: send it again later";
                let mut response = match is_algolia {
                    true => {
                        AlgoliaError::new(StatusCode::TOO_MANY_REQUESTS, message).into_response()
                    }
                    false => ApiError::too_many(message).into_response(),
                };
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, wait_s.into());
                response
            }
        };
        if response.status() == StatusCode::UNAUTHORIZED && table::is_page(route) {
            // The browser asks for a key and sends it as a password.
            let ask =
                HeaderValue::from_static("Basic realm=\"a key of this shop, as the password\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_whole_or_end_at_a_dot() {
        for (pattern, origin, expected) in [
            ("https://shop.example", "https://shop.example", true),
            ("https://shop.example", "https://shop.example.evil", false),
            ("https://*.shop.example", "https://www.shop.example", true),
            ("https://*.shop.example", "https://evilshop.example", false),
            ("https://*.shop.example", "http://www.shop.example", false),
            (
                "https://*.shop.example",
                "https://evil.com/.shop.example",
                false,
            ),
        ] {
            assert_eq!(
                is_of_origin(pattern, origin),
                expected,
                "{pattern} {origin}"
            );
        }
    }
}
