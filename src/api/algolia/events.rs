//! `POST /1/events`: what Insights clients send, recorded as the shop's own events.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{AlgoliaError, insights};
use crate::api::{Shop, blocking, now};
use crate::engine::Engine;
use crate::journal::{Event, EventKind};

/// Records all events of a body, or none.
pub(in crate::api) async fn post(
    State(shop): State<Shop>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    let unprocessable =
        |message: String| AlgoliaError::new(StatusCode::UNPROCESSABLE_ENTITY, message);
    let bytes = super::plain_body(&shop, &headers, body).await?;
    let body: Value =
        serde_json::from_slice(&bytes).map_err(|_| unprocessable("Invalid payload".to_string()))?;
    let now = now();
    let events = insights::read(&body, now).map_err(unprocessable)?;
    let engine = shop.engine.clone();
    let recorded = blocking(&shop, move || {
        let events = with_their_searches(&engine, events);
        engine.record(events, now)
    });
    let recorded = recorded.await??;
    metrics::counter!("endcap_events_accepted_total").increment(recorded.accepted as u64);
    Ok(Json(json!({"status": 200, "message": "OK"})))
}

/// These clients send no searches, so the first event that names one stands for it: a list that is asked for anew with
/// every letter is no search until somebody chose something on it.
fn with_their_searches(engine: &Engine, events: Vec<Event>) -> Vec<Event> {
    let mut all = Vec::with_capacity(events.len() + 1);
    for event in events {
        let searched = event.query_id.as_deref();
        let words = searched.and_then(|id| Some((id, engine.words_of(id)?)));
        if let Some((id, words)) = words {
            all.push(Event {
                id: Some(format!("search {id}")),
                kind: EventKind::Search,
                at: before(event.at),
                products: Vec::new(),
                positions: Vec::new(),
                filter: None,
                query: Some(words),
                price: None,
                quantity: None,
                currency: None,
                ..event.clone()
            });
        }
        all.push(event);
    }
    all
}

/// A millisecond earlier.
fn before(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_millis(1)).unwrap_or(at)
}
