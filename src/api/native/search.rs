//! `GET|POST /v1/search`.

use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::{Extension, Json};
use serde::{Deserialize, Deserializer, Serialize};

use super::super::auth::{Grant, Role};
use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use crate::engine::{Page, Request, RulesSwitch};
use crate::query::Spelling;

/// What to search for. Everything may be left out.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = r#"an object such as {"q": "trail shoes"}"#
)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct SearchParameters {
    /// What was typed; nothing asks for every product.
    #[param(example = "trail shoes")]
    q: String,
    /// `brand:Nike AND (color:red OR color:blue) AND price:10 TO 50 AND NOT tags:clearance`
    filter: Option<String>,
    /// Names of attributes to count, comma-separated or as an array; `*` is all facets, `auto` the most
    /// useful ones in the order of `facet_order`.
    #[serde(deserialize_with = "names")]
    #[schema(value_type = Vec<String>)]
    #[param(value_type = Option<String>, example = "brand,color")]
    facets: Vec<String>,
    /// At most this many values of each facet, 1 to 10,000; 250 when not said.
    facet_values_max: Option<usize>,
    /// `attribute:asc` or `attribute:desc`; by relevance when not said.
    #[param(example = "price:asc")]
    sort: Option<String>,
    /// Counted from 1.
    page: Option<usize>,
    /// 0 to 1,000; 24 when not said.
    hits_per_page: Option<usize>,
    /// Rank for this shopper.
    shopper: Option<String>,
    /// The shopper's visit.
    session: Option<String>,
    /// The `query_id` of an earlier page of the same list: the order it promised is held. None begins a new list.
    query_id: Option<String>,
    /// Of this visit, for segments: `phone`, `desktop`, …
    device: Option<String>,
    /// Of this visit, for segments: a country code.
    country: Option<String>,
    /// Of this visit, for segments: the campaign the shopper came by.
    campaign: Option<String>,
    /// Of this visit, for segments: the site the shopper came from.
    referrer: Option<String>,
    /// A segment the caller knows the shopper to be in.
    segment: Option<String>,
    /// Where the list appears; `search` when not said.
    surface: Option<String>,
    /// Only this category and those below it.
    category: Option<String>,
    /// Tags that rules may ask for, comma-separated or as an array.
    #[serde(deserialize_with = "names")]
    #[schema(value_type = Vec<String>)]
    #[param(value_type = Option<String>)]
    context: Vec<String>,
    /// The language the shopper reads.
    language: Option<String>,
    /// Arms of experiments that the caller assigned, as `layout:b`, comma-separated or as an array.
    #[serde(deserialize_with = "names")]
    #[schema(value_type = Vec<String>)]
    #[param(value_type = Option<String>)]
    arms: Vec<String>,
    /// 0 to 100: how much the shopper's taste may move; 0 is the plain order.
    impact: Option<f64>,
    /// A recipe of `index/ranking.toml`; the surface's when not said.
    recipe: Option<String>,
    /// `on` or `off`: whether merchandisers' rules have a say.
    rules: Option<Switch>,
    /// `on` or `off`: whether words nobody sells are read as what was probably meant.
    spelling: Option<Switch>,
    /// Say why each hit stands where it stands.
    explain: Option<bool>,
    /// Answer as of this time, so that scheduled rules can be previewed.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[param(value_type = Option<String>)]
    now: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Switch {
    On,
    Off,
}

impl SearchParameters {
    pub(in crate::api) fn into_request(self) -> Result<Request, ApiError> {
        let plain = Request::new(self.q, self.now.unwrap_or_else(now));
        let query_id = self.query_id.as_deref().map(read_query_id);
        Ok(Request {
            device: self.device,
            country: self.country,
            campaign: self.campaign,
            referrer: self.referrer,
            filter: self.filter,
            facets: self.facets,
            facet_values_max: self.facet_values_max,
            sort: self.sort,
            page: self.page.unwrap_or(plain.page),
            hits_per_page: self.hits_per_page.unwrap_or(plain.hits_per_page),
            shopper: self.shopper,
            segment: self.segment,
            surface: self.surface.unwrap_or(plain.surface),
            category: self.category,
            context: self.context,
            language: self.language,
            arms: self
                .arms
                .iter()
                .filter_map(|arm| arm.split_once(':'))
                .map(|(experiment, arm)| (experiment.to_string(), arm.to_string()))
                .collect(),
            impact: self.impact,
            recipe: self.recipe,
            rules: match self.rules {
                Some(Switch::Off) => RulesSwitch::Off,
                Some(Switch::On) | None => RulesSwitch::On,
            },
            spelling: match self.spelling {
                Some(Switch::Off) => Spelling::AsTyped,
                Some(Switch::On) | None => Spelling::Corrected,
            },
            explain: self.explain.unwrap_or_default(),
            continues: self.query_id.is_some(),
            query_id: query_id.transpose()?.unwrap_or_else(rand::random),
            ..Request::new(plain.q, plain.now)
        })
    }
}

/// Search, or list a category when there are no words.
#[utoipa::path(get, path = "/v1/search", tag = "search", params(SearchParameters), responses(
    (status = 200, body = Page), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    parameters: Result<Query<SearchParameters>, QueryRejection>,
) -> Result<Json<Page>, ApiError> {
    let Query(parameters) = parameters.map_err(super::query_error)?;
    answer(shop, &grant, parameters).await
}

/// Search, or list a category when there are no words.
#[utoipa::path(post, path = "/v1/search", tag = "search", request_body = SearchParameters, responses(
    (status = 200, body = Page), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn post(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    body: Body,
) -> Result<Json<Page>, ApiError> {
    let parameters = super::json(&shop, body).await?;
    answer(shop, &grant, parameters).await
}

async fn answer(
    shop: Shop,
    grant: &Grant,
    parameters: SearchParameters,
) -> Result<Json<Page>, ApiError> {
    if parameters.now.is_some() && !grant.has(Role::Merchandise) {
        let message = "`now` is for keys with the role merchandise or admin: leave it out";
        return Err(ApiError::forbidden(message));
    }
    let mut request = parameters.into_request()?;
    grant.narrow(&mut request);
    let started = Instant::now();
    let engine = shop.engine.clone();
    let mut page = blocking(&shop, move || engine.search(&request)).await??;
    let took = started.elapsed();
    metrics::histogram!("endcap_search_seconds").record(took);
    page.took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    Ok(Json(page))
}

/// A `query_id` is 32 hexadecimal digits.
fn read_query_id(text: &str) -> Result<u128, ApiError> {
    let is_one = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = is_one
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten();
    id.ok_or_else(|| {
        let message = "`query_id` is not 32 hexadecimal digits: send the one that an earlier page of the list answered, or leave it out";
        ApiError::bad_request("bad_parameter", message)
    })
}

/// An array of names, or names separated by commas.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "a string of names separated by commas, or an array of names"
    )]
    enum Names {
        Together(String),
        Apart(Vec<String>),
    }
    let names = match Names::deserialize(deserializer)? {
        Names::Together(text) => text
            .split(',')
            .map(|name| name.trim().to_string())
            .collect(),
        Names::Apart(names) => names,
    };
    Ok(names
        .into_iter()
        .filter(|name: &String| !name.is_empty())
        .collect())
}
