//! `POST /v1/events`.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json_borrow::Value;

use super::super::error::{ApiError, ErrorBody};
use super::super::{Shop, blocking, now};
use crate::journal::Event;
use crate::shoppers::event::{self, BATCH_MAX, EventRefused};

/// What shoppers did, up to 1,000 events at a time.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(
    deny_unknown_fields,
    expecting = r#"an object such as {"events": […]}"#
)]
pub(in crate::api) struct Batch<'b> {
    #[schema(value_type = Vec<Event>)]
    #[serde(borrow, deserialize_with = "borrowed")]
    events: Vec<Value<'b>>,
}

/// Values that borrow from the body.
fn borrowed<'de, D: Deserializer<'de>>(body: D) -> Result<Vec<Value<'de>>, D::Error> {
    Vec::deserialize(body)
}

/// What became of a batch; what is accepted is on disk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(in crate::api) struct Accepted {
    /// How many events are recorded, those sent before included.
    accepted: usize,
    /// How many of them had been sent before, by their `id`.
    duplicates: usize,
    /// How many were not recorded because their shopper wants nothing recorded.
    ignored: usize,
    /// The events that were not recorded; the others were.
    refused: Vec<Refused>,
}

/// An event that was not recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Refused {
    /// Its place in the batch, counted from 0.
    index: usize,
    /// What is wrong, and what to write instead.
    message: String,
}

impl Refused {
    fn new(index: usize, error: &EventRefused) -> Self {
        let message = error.told();
        Refused { index, message }
    }
}

/// Record what shoppers did. One bad event does not sink the batch.
#[utoipa::path(post, path = "/v1/events", tag = "events", request_body = Batch, responses(
    (status = 202, body = Accepted), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(in crate::api) async fn post(
    State(shop): State<Shop>,
    body: Body,
) -> Result<(StatusCode, Json<Accepted>), ApiError> {
    let body = super::read(body, shop.limits.body_bytes_max).await?;
    let now = now();
    let (events, refused) = read(&body, now)?;
    drop(body);
    let parsed = events.len();
    let engine = shop.engine.clone();
    let recorded = blocking(&shop, move || engine.record(events, now)).await??;
    metrics::counter!("endcap_events_accepted_total").increment(recorded.accepted as u64);
    let counted = [
        ("endcap_events_duplicate_total", recorded.duplicates.len()),
        (
            "endcap_events_without_consent_total",
            recorded.ignored.len(),
        ),
    ];
    for (name, count) in counted {
        metrics::counter!(name).increment(count as u64);
    }
    metrics::counter!("endcap_events_refused_total").increment(refused.len() as u64);
    let answer = Accepted {
        accepted: parsed - recorded.ignored.len(),
        duplicates: recorded.duplicates.len(),
        ignored: recorded.ignored.len(),
        refused,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

/// The events of a batch that are good, and why the others are not.
fn read(body: &[u8], now: Timestamp) -> Result<(Vec<Event>, Vec<Refused>), ApiError> {
    let batch: Batch<'_> = super::parsed(body)?;
    if batch.events.len() > BATCH_MAX {
        let message = format!(
            "the batch has {} events: send at most {BATCH_MAX} at a time",
            batch.events.len()
        );
        return Err(ApiError::too_large(message));
    }
    let (mut events, mut refused) = (Vec::with_capacity(batch.events.len()), Vec::new());
    for (index, value) in batch.events.iter().enumerate() {
        match event::parse(value, now) {
            Ok(event) => events.push(event),
            Err(error) => refused.push(Refused::new(index, &error)),
        }
    }
    Ok((events, refused))
}
