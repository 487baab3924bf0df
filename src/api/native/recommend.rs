//! `GET|POST /v1/recommend`.

use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use super::search::{Switch, names};
use crate::engine::{Recommendations, Recommending, Request, RulesSwitch};

/// What to recommend.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = r#"an object such as {"list": "similar", "products": ["3920564"]}"#
)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct RecommendParameters {
    /// `similar`, `complements`, `trade_up`, `recently_viewed`, `cart`, `after_purchase`, `for_you`, `trending`, `new` or
    /// `price_drop`; `for_you` when not said.
    #[param(example = "similar")]
    list: Option<String>,
    /// Ids of the products that the list starts from, comma-separated or as an array: the product of the page, what is in
    /// the cart, what was bought; the latest first.
    #[serde(deserialize_with = "names")]
    #[schema(value_type = Vec<String>)]
    #[param(value_type = Option<String>)]
    products: Vec<String>,
    /// At most so many products, 1 to 100; 6 when not said.
    count: Option<usize>,
    /// Any name for this page view: lists with the same one show no product twice.
    page_id: Option<String>,
    /// Which slot of the page the list is for; the list's name when not said.
    slot: Option<String>,
    /// Where the list appears; what the list is for decides when not said.
    surface: Option<String>,
    /// `brand:Nike AND price < 50`
    filter: Option<String>,
    /// Only this category and those below it.
    category: Option<String>,
    /// Show what is sold out, too.
    sold_out: Option<bool>,
    /// Recommend to this shopper.
    shopper: Option<String>,
    /// The shopper's visit.
    session: Option<String>,
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
    /// Tags that rules may ask for, comma-separated or as an array.
    #[serde(deserialize_with = "names")]
    #[schema(value_type = Vec<String>)]
    #[param(value_type = Option<String>)]
    context: Vec<String>,
    /// The language the shopper reads.
    language: Option<String>,
    /// 0 to 100: how much the shopper's taste may move the order.
    impact: Option<f64>,
    /// A recipe of `index/ranking.toml`; the surface's when not said.
    recipe: Option<String>,
    /// `on` or `off`: whether merchandisers' rules have a say.
    rules: Option<Switch>,
    /// Say why each product stands where it stands.
    explain: Option<bool>,
    /// Answer as of this time, so that scheduled rules can be previewed.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[param(value_type = Option<String>)]
    now: Option<jiff::Timestamp>,
}

impl RecommendParameters {
    fn into_recommending(self) -> Recommending {
        let list = self.list.unwrap_or_else(|| "for_you".to_owned());
        let plain = Recommending::new(list, self.now.unwrap_or_else(now));
        Recommending {
            products: self.products,
            page_id: self.page_id,
            slot: self.slot,
            sold_out: self.sold_out.unwrap_or_default(),
            request: Request {
                hits_per_page: self.count.unwrap_or(plain.request.hits_per_page),
                surface: self.surface.unwrap_or_default(),
                filter: self.filter,
                category: self.category,
                shopper: self.shopper,
                device: self.device,
                country: self.country,
                campaign: self.campaign,
                referrer: self.referrer,
                segment: self.segment,
                context: self.context,
                language: self.language,
                impact: self.impact,
                recipe: self.recipe,
                rules: match self.rules {
                    Some(Switch::Off) => RulesSwitch::Off,
                    Some(Switch::On) | None => RulesSwitch::On,
                },
                explain: self.explain.unwrap_or_default(),
                query_id: rand::random(),
                ..plain.request
            },
            list: plain.list,
        }
    }
}

/// Recommend products: a list that starts from products, a basket or a shopper.
#[utoipa::path(get, path = "/v1/recommend", tag = "search", params(RecommendParameters), responses(
    (status = 200, body = Recommendations), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    parameters: Result<Query<RecommendParameters>, QueryRejection>,
) -> Result<Json<Recommendations>, ApiError> {
    let Query(parameters) = parameters.map_err(super::query_error)?;
    answer(shop, parameters).await
}

/// Recommend products: a list that starts from products, a basket or a shopper.
#[utoipa::path(post, path = "/v1/recommend", tag = "search", request_body = RecommendParameters, responses(
    (status = 200, body = Recommendations), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn post(
    State(shop): State<Shop>,
    body: Body,
) -> Result<Json<Recommendations>, ApiError> {
    let parameters = super::json(&shop, body).await?;
    answer(shop, parameters).await
}

async fn answer(
    shop: Shop,
    parameters: RecommendParameters,
) -> Result<Json<Recommendations>, ApiError> {
    let recommending = parameters.into_recommending();
    let started = Instant::now();
    let engine = shop.engine.clone();
    let mut list = blocking(&shop, move || engine.recommend(&recommending)).await??;
    let took = started.elapsed();
    metrics::histogram!("endcap_recommend_seconds").record(took);
    list.took_ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    Ok(Json(list))
}
