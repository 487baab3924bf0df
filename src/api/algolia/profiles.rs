//! What is known of a shopper, as clients of Algolia's personalization ask for it, and how it is forgotten.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::AlgoliaError;
use crate::api::{Shop, blocking, now};
use crate::journal::EventKind;
use crate::shoppers::event::check_token;
use crate::shoppers::weights::weight;
use crate::shoppers::{Leaning, Summary};

/// The strongest leaning has this score.
const SCORE_MAX: f64 = 20.0;

/// The values that a shopper leans to, the strongest with a score of 20.
pub(in crate::api) async fn get(
    State(shop): State<Shop>,
    Path(token): Path<String>,
) -> Result<Json<Value>, AlgoliaError> {
    let (engine, own) = (shop.engine.clone(), token.clone());
    let summary = blocking(&shop, move || engine.shopper(&own, now())).await?;
    let Some(summary) = summary else {
        let message =
            format!("user_token {token} is not known: a shopper is known from their first event");
        return Err(AlgoliaError::new(StatusCode::NOT_FOUND, message));
    };
    Ok(Json(json!({
        "userToken": token,
        "lastEventAt": summary.last_seen,
        "scores": scores(&summary),
    })))
}

fn scores(summary: &Summary) -> Value {
    let leanings = || summary.affinities.values().flatten();
    let strongest = leanings().map(|own| own.affinity).fold(0.0, f64::max);
    let score = |own: &Leaning| (SCORE_MAX * own.affinity / strongest).round().max(1.0) as u32;
    let mut scores = Map::new();
    for (attribute, values) in &summary.affinities {
        let liked = values.iter().filter(|own| own.affinity > 0.0);
        let liked: Map<String, Value> = liked
            .map(|own| (own.value.clone(), score(own).into()))
            .collect();
        if !liked.is_empty() {
            scores.insert(attribute.clone(), Value::Object(liked));
        }
    }
    Value::Object(scores)
}

/// Forgets a shopper: profile, events and names, at once and for good.
pub(in crate::api) async fn delete(
    State(shop): State<Shop>,
    Path(token): Path<String>,
) -> Result<Json<Value>, AlgoliaError> {
    if let Err(refused) = check_token(&token) {
        return Err(AlgoliaError::bad_request(refused.told()));
    }
    let (engine, own) = (shop.engine.clone(), token.clone());
    blocking(&shop, move || engine.erase(&own)).await??;
    let until = now();
    Ok(Json(
        json!({"userToken": token, "deletedUntil": until, "status": 200, "message": "OK"}),
    ))
}

/// What each kind of event weighs and which attributes taste is learned in.
pub(in crate::api) async fn strategy(State(shop): State<Shop>) -> Json<Value> {
    let snapshot = shop.engine.snapshot();
    let kinds = [
        ("Product Clicked", "click", EventKind::Click),
        ("Product Viewed", "view", EventKind::View),
        ("Product Added To Cart", "conversion", EventKind::AddToCart),
        ("Product Purchased", "conversion", EventKind::Purchase),
    ];
    let events: Vec<Value> = kinds
        .into_iter()
        .map(
            |(name, kind, own)| json!({"eventName": name, "eventType": kind, "score": weight(own)}),
        )
        .collect();
    let learned = snapshot
        .catalog
        .schema
        .attributes
        .iter()
        .filter(|own| own.affinity);
    let facets: Vec<Value> = learned
        .map(|own| json!({"facetName": own.name, "score": 1}))
        .collect();
    let impact = snapshot.recipes.for_surface("search").impact;
    Json(json!({"eventsScoring": events, "facetsScoring": facets, "personalizationImpact": impact}))
}

/// The strategy is written in files.
pub(in crate::api) async fn set_strategy() -> AlgoliaError {
    AlgoliaError::not_here(
        "the personalization strategy",
        "`[affinity]` and the recipes' `impact` in index/ranking.toml, and `affinity = true` in index/schema.toml",
    )
}
