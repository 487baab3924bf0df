//! Every route in one place.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware, routing};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::algolia::AlgoliaError;
use super::error::ApiError;
use super::{Shop, algolia, auth, console, cors, metrics, native, operations, pages};

#[derive(OpenApi)]
#[openapi(
    info(title = "Endcap", description = "A personalized product search engine."),
    tags(
        (name = "search", description = "What a storefront asks."),
        (name = "events", description = "What shoppers did."),
        (name = "shoppers", description = "Who shoppers are, and what is known of them."),
        (name = "merchandising", description = "What merchants decide."),
        (name = "catalog", description = "Feeds in, and what becomes of them."),
        (name = "keys", description = "Who may do what."),
        (name = "operations", description = "How the server is."),
    )
)]
struct Description;

/// The Algolia wire protocol; its clients know what it says.
fn algolia() -> Router<Shop> {
    use algolia::{events, profiles, recommend, records, search};
    Router::new()
        .route("/1/indexes/{index}/queries", routing::post(search::queries))
        .route("/1/indexes/{index}/query", routing::post(search::query))
        .route(
            "/1/indexes/{index}/facets/{facet}/query",
            routing::post(search::facet),
        )
        .route(
            "/1/indexes/{index}/recommendations",
            routing::post(recommend::recommendations),
        )
        .route("/1/events", routing::post(events::post))
        .route("/1/indexes", routing::get(records::indices))
        .route(
            "/1/indexes/{index}",
            routing::post(records::no_records).delete(records::no_records),
        )
        .route(
            "/1/indexes/{index}/objects",
            routing::post(records::objects),
        )
        .route("/1/indexes/{index}/browse", routing::post(records::browse))
        .route(
            "/1/indexes/{index}/batch",
            routing::post(records::no_records),
        )
        .route(
            "/1/indexes/{index}/clear",
            routing::post(records::no_records),
        )
        .route(
            "/1/indexes/{index}/operation",
            routing::post(records::no_records),
        )
        .route(
            "/1/indexes/{index}/deleteByQuery",
            routing::post(records::no_records),
        )
        .route(
            "/1/indexes/{index}/settings",
            routing::get(records::settings).put(records::no_settings),
        )
        .route(
            "/1/indexes/{index}/task/{task}",
            routing::get(records::task),
        )
        .route(
            "/1/indexes/{index}/rules/{rule}",
            routing::get(records::no_rules)
                .put(records::no_rules)
                .post(records::no_rules)
                .delete(records::no_rules),
        )
        .route(
            "/1/indexes/{index}/synonyms/{synonym}",
            routing::get(records::no_synonyms)
                .put(records::no_synonyms)
                .post(records::no_synonyms)
                .delete(records::no_synonyms),
        )
        .route(
            "/1/indexes/{index}/{object}",
            routing::get(records::get)
                .put(records::no_records)
                .delete(records::no_records),
        )
        .route(
            "/1/indexes/{index}/{object}/partial",
            routing::post(records::no_records),
        )
        .route(
            "/1/keys",
            routing::get(records::no_keys).post(records::no_keys),
        )
        .route(
            "/1/keys/{key}",
            routing::get(records::no_keys)
                .put(records::no_keys)
                .delete(records::no_keys),
        )
        .route("/1/usertokens/{token}", routing::delete(profiles::delete))
        .route(
            "/1/profiles/personalization/{token}",
            routing::get(profiles::get),
        )
        .route("/1/profiles/{token}", routing::delete(profiles::delete))
        .route(
            "/1/strategies/personalization",
            routing::get(profiles::strategy).post(profiles::set_strategy),
        )
}

/// The whole shop as one service.
pub fn router(shop: Shop) -> Router {
    let (described, description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(native::search::get, native::search::post))
        .routes(routes!(native::recommend::get, native::recommend::post))
        .routes(routes!(native::suggest::get))
        .routes(routes!(native::events::post))
        .routes(routes!(native::shoppers::get, native::shoppers::erase))
        .routes(routes!(native::shoppers::export))
        .routes(routes!(native::shoppers::consent))
        .routes(routes!(native::shoppers::merge))
        .routes(routes!(native::shoppers::split))
        .routes(routes!(native::shoppers::segments))
        .routes(routes!(native::rules::list))
        .routes(routes!(native::rules::put, native::rules::remove))
        .routes(routes!(native::rules::file, native::rules::put_file))
        .routes(routes!(native::rules::history))
        .routes(routes!(native::rules::diff))
        .routes(routes!(native::rules::undo))
        .routes(routes!(native::rules::export))
        .routes(routes!(native::rules::import))
        .routes(routes!(native::tried::trace))
        .routes(routes!(native::tried::preview))
        .routes(routes!(native::tried::used))
        .routes(routes!(native::synonyms::suggestions))
        .routes(routes!(native::synonyms::preview))
        .routes(routes!(native::synonyms::used))
        .routes(routes!(native::synonyms::lines))
        .routes(routes!(native::synonyms::list))
        .routes(routes!(native::synonyms::file, native::synonyms::put_file))
        .routes(routes!(native::products::patch_all, native::products::post))
        .routes(routes!(
            native::products::get,
            native::products::patch,
            native::products::put,
            native::products::delete
        ))
        .routes(routes!(native::feeds::push))
        .routes(routes!(native::feeds::history))
        .routes(routes!(native::feeds::list))
        .routes(routes!(native::feeds::get, native::feeds::cancel))
        .routes(routes!(native::feeds::watch))
        .routes(routes!(native::keys::list, native::keys::add))
        .routes(routes!(native::keys::revoke))
        .routes(routes!(native::keys::rotate))
        .routes(routes!(native::audit::get))
        .routes(routes!(native::audit::report))
        .routes(routes!(native::problems::get))
        .routes(routes!(operations::health))
        .routes(routes!(operations::ready))
        .routes(routes!(operations::metrics))
        .split_for_parts();
    let description = std::sync::Arc::new(description);
    described
        .route(
            "/openapi.json",
            routing::get(move || async move { axum::Json((*description).clone()) }),
        )
        .route("/", routing::get(pages::storefront))
        .route(
            "/console/shoppers/{shopper}",
            routing::get(console::shopper),
        )
        .route(
            "/console/shoppers/{shopper}/consent",
            routing::post(console::consent),
        )
        .route(
            "/console/shoppers/{shopper}/erase",
            routing::post(console::erase),
        )
        .route("/assets/{name}", routing::get(pages::asset))
        .route("/pictures/{name}", routing::get(pages::picture))
        .merge(algolia())
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(shop.clone(), auth::admit))
        .layer(middleware::from_fn(cors::allow))
        .layer(middleware::from_fn(metrics::measure))
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::internal(&"a handler panicked; the lines above say where").into_response()
        }))
        .layer(CompressionLayer::new())
        .with_state(shop)
}

async fn no_such_path(request: Request) -> Response {
    let path = request.uri().path();
    said_as(
        path,
        ApiError::not_found(format!(
            "there is nothing at {path}: /openapi.json lists what there is"
        )),
    )
}

async fn no_such_method(request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    said_as(
        path,
        ApiError::method_not_allowed(format!(
            "{path} does not take {method}: /openapi.json says what it takes"
        )),
    )
}

/// Each door has its own shape of errors.
fn said_as(path: &str, error: ApiError) -> Response {
    if path.starts_with("/1/") {
        AlgoliaError::from(error).into_response()
    } else {
        error.into_response()
    }
}
