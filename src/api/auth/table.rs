//! Which route asks for which role; what is not in the table asks for the role admin.

use axum::http::Method;

use super::Role;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Anyone,
    Role(Role),
}

use Access::Anyone;

const SEARCH: Access = Access::Role(Role::Search);
const EVENTS: Access = Access::Role(Role::Events);
const MERCHANDISE: Access = Access::Role(Role::Merchandise);
const ADMIN: Access = Access::Role(Role::Admin);

/// Methods, paths as the router has them, and who may.
const TABLE: &[(&str, &str, Access)] = &[
    // Said to load balancers, and what everybody may read.
    ("GET", "/health", Anyone),
    ("GET", "/ready", Anyone),
    ("GET", "/openapi.json", Anyone),
    ("GET", "/assets/{name}", Anyone),
    ("GET", "/pictures/{name}", Anyone),
    // What a storefront asks.
    ("GET", "/", SEARCH),
    ("GET", "/v1/search", SEARCH),
    ("POST", "/v1/search", SEARCH),
    ("GET", "/v1/suggest", SEARCH),
    ("GET", "/v1/recommend", SEARCH),
    ("POST", "/v1/recommend", SEARCH),
    ("POST", "/1/indexes/{index}/queries", SEARCH),
    ("POST", "/1/indexes/{index}/query", SEARCH),
    ("POST", "/1/indexes/{index}/facets/{facet}/query", SEARCH),
    ("POST", "/1/indexes/{index}/recommendations", SEARCH),
    // What it tells.
    ("POST", "/v1/events", EVENTS),
    ("POST", "/1/events", EVENTS),
    // What merchandisers decide.
    ("GET", "/v1/rules", MERCHANDISE),
    ("PUT", "/v1/rules/{name}", MERCHANDISE),
    ("DELETE", "/v1/rules/{name}", MERCHANDISE),
    ("GET", "/v1/rules/files/{file}", MERCHANDISE),
    ("PUT", "/v1/rules/files/{file}", MERCHANDISE),
    ("GET", "/v1/rules/history", MERCHANDISE),
    ("GET", "/v1/rules/diff", MERCHANDISE),
    ("POST", "/v1/rules/undo", MERCHANDISE),
    ("GET", "/v1/rules/export", MERCHANDISE),
    ("POST", "/v1/rules/import", MERCHANDISE),
    ("POST", "/v1/rules/trace", MERCHANDISE),
    ("POST", "/v1/rules/preview", MERCHANDISE),
    ("GET", "/v1/rules/usage", MERCHANDISE),
    ("GET", "/v1/synonyms", MERCHANDISE),
    ("GET", "/v1/synonyms/files/{file}", MERCHANDISE),
    ("PUT", "/v1/synonyms/files/{file}", MERCHANDISE),
    ("GET", "/v1/synonyms/lines", MERCHANDISE),
    ("GET", "/v1/synonyms/suggestions", MERCHANDISE),
    ("POST", "/v1/synonyms/preview", MERCHANDISE),
    ("GET", "/v1/synonyms/usage", MERCHANDISE),
    ("GET", "/v1/segments", MERCHANDISE),
    ("GET", "/v1/problems", MERCHANDISE),
    ("GET", "/v1/audit", MERCHANDISE),
    ("GET", "/v1/audit/report", MERCHANDISE),
    // Shoppers, feeds, keys and figures.
    ("GET", "/v1/shoppers/{shopper}", ADMIN),
    ("DELETE", "/v1/shoppers/{shopper}", ADMIN),
    ("GET", "/v1/shoppers/{shopper}/export", ADMIN),
    ("PUT", "/v1/shoppers/{shopper}/consent", ADMIN),
    ("POST", "/v1/shoppers/{shopper}/merge", ADMIN),
    ("POST", "/v1/shoppers/{shopper}/split", ADMIN),
    ("GET", "/console/shoppers/{shopper}", ADMIN),
    ("POST", "/console/shoppers/{shopper}/consent", ADMIN),
    ("POST", "/console/shoppers/{shopper}/erase", ADMIN),
    ("GET", "/1/profiles/personalization/{token}", ADMIN),
    ("DELETE", "/1/profiles/{token}", ADMIN),
    ("DELETE", "/1/usertokens/{token}", ADMIN),
    ("GET", "/1/strategies/personalization", ADMIN),
    ("POST", "/1/strategies/personalization", ADMIN),
    ("GET", "/1/indexes", ADMIN),
    ("POST", "/1/indexes/{index}", ADMIN),
    ("DELETE", "/1/indexes/{index}", ADMIN),
    ("POST", "/1/indexes/{index}/objects", ADMIN),
    ("POST", "/1/indexes/{index}/browse", ADMIN),
    ("POST", "/1/indexes/{index}/batch", ADMIN),
    ("POST", "/1/indexes/{index}/clear", ADMIN),
    ("POST", "/1/indexes/{index}/operation", ADMIN),
    ("POST", "/1/indexes/{index}/deleteByQuery", ADMIN),
    ("GET", "/1/indexes/{index}/settings", ADMIN),
    ("PUT", "/1/indexes/{index}/settings", ADMIN),
    ("GET", "/1/indexes/{index}/task/{task}", ADMIN),
    ("GET", "/1/indexes/{index}/rules/{rule}", ADMIN),
    ("PUT", "/1/indexes/{index}/rules/{rule}", ADMIN),
    ("POST", "/1/indexes/{index}/rules/{rule}", ADMIN),
    ("DELETE", "/1/indexes/{index}/rules/{rule}", ADMIN),
    ("GET", "/1/indexes/{index}/synonyms/{synonym}", ADMIN),
    ("PUT", "/1/indexes/{index}/synonyms/{synonym}", ADMIN),
    ("POST", "/1/indexes/{index}/synonyms/{synonym}", ADMIN),
    ("DELETE", "/1/indexes/{index}/synonyms/{synonym}", ADMIN),
    ("GET", "/1/indexes/{index}/{object}", ADMIN),
    ("PUT", "/1/indexes/{index}/{object}", ADMIN),
    ("DELETE", "/1/indexes/{index}/{object}", ADMIN),
    ("POST", "/1/indexes/{index}/{object}/partial", ADMIN),
    ("GET", "/1/keys", ADMIN),
    ("POST", "/1/keys", ADMIN),
    ("GET", "/1/keys/{key}", ADMIN),
    ("PUT", "/1/keys/{key}", ADMIN),
    ("DELETE", "/1/keys/{key}", ADMIN),
    ("POST", "/v1/products", ADMIN),
    ("PATCH", "/v1/products", ADMIN),
    ("PUT", "/v1/products/{id}", ADMIN),
    ("DELETE", "/v1/products/{id}", ADMIN),
    ("GET", "/v1/products/{id}", ADMIN),
    ("PATCH", "/v1/products/{id}", ADMIN),
    ("POST", "/v1/feeds", ADMIN),
    ("GET", "/v1/publications", ADMIN),
    ("GET", "/v1/jobs", ADMIN),
    ("GET", "/v1/jobs/{id}", ADMIN),
    ("DELETE", "/v1/jobs/{id}", ADMIN),
    ("GET", "/v1/jobs/{id}/events", ADMIN),
    ("GET", "/v1/keys", ADMIN),
    ("POST", "/v1/keys", ADMIN),
    ("DELETE", "/v1/keys/{id}", ADMIN),
    ("POST", "/v1/keys/{id}/rotate", ADMIN),
    ("GET", "/metrics", ADMIN),
];

/// Every route of the table, with the role it asks for; none when anyone may.
pub fn routes() -> impl Iterator<Item = (&'static str, &'static str, Option<Role>)> {
    TABLE.iter().map(|(method, path, access)| match access {
        Anyone => (*method, *path, None),
        Access::Role(role) => (*method, *path, Some(*role)),
    })
}

/// Who may call a route; of `HEAD`, who may `GET`.
pub(super) fn access(method: &Method, path: &str) -> Access {
    let method = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let known = TABLE
        .iter()
        .find(|(own, route, _)| *own == method && *route == path);
    known.map_or(ADMIN, |(_, _, access)| *access)
}

/// Whether people open it in a browser.
pub(super) fn is_page(path: &str) -> bool {
    path == "/" || path.starts_with("/console/")
}
