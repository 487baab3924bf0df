//! `/console/shoppers/{shopper}`: what is known of a shopper, for the people of the shop.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::error::ApiError;
use super::{Shop, blocking, now};
use crate::journal::Event;
use crate::shoppers::affinity::AFFINITY_MAX;
use crate::shoppers::{Consent, Held, Leaning, Summary};

/// The header the pages are served with: nothing but the page itself and its own style.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The style of the pages, served at `/assets/console.css`.
pub(super) const STYLE: &str = include_str!("console.css");

/// The timeline shows at most this many events, the latest.
const EVENTS_SHOWN_MAX: usize = 200;

const CONSENTS: [(Consent, &str, &str); 3] = [
    (Consent::Personalize, "personalize", "Personalize"),
    (Consent::Measure, "measure", "Measure only"),
    (Consent::Nothing, "nothing", "Nothing"),
];

#[derive(Deserialize)]
pub(super) struct ConsentForm {
    consent: Consent,
}

/// The page of a shopper.
pub(super) async fn shopper(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let (engine, own) = (shop.engine.clone(), id.clone());
    let held = blocking(&shop, move || engine.held(&own, now())).await??;
    Ok(match held {
        Some(held) => page(StatusCode::OK, &id, &known(&held)),
        None => page(StatusCode::NOT_FOUND, &id, &unknown(&id)),
    })
}

/// Sets what a shopper allows, and shows the page again.
pub(super) async fn consent(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(ConsentForm { consent }): Form<ConsentForm>,
) -> Result<Redirect, ApiError> {
    from_here(&headers)?;
    let (engine, own) = (shop.engine.clone(), id.clone());
    blocking(&shop, move || engine.set_consent(&own, consent)).await??;
    Ok(back(&id))
}

/// Erases a shopper, and shows that nobody is there.
pub(super) async fn erase(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Redirect, ApiError> {
    from_here(&headers)?;
    let (engine, own) = (shop.engine.clone(), id.clone());
    blocking(&shop, move || engine.erase(&own)).await??;
    Ok(back(&id))
}

/// A form of another site may not change anything.
fn from_here(headers: &HeaderMap) -> Result<(), ApiError> {
    let site = headers.get("sec-fetch-site");
    if site.is_none_or(|site| site == "same-origin") {
        return Ok(());
    }
    let message = "the form came from another site: open the shopper's page and use it there";
    Err(ApiError::bad_request("bad_parameter", message))
}

/// Names of shoppers are letters, digits and signs that addresses take as they are, apart from these.
fn back(id: &str) -> Redirect {
    let id = id
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace('?', "%3F");
    Redirect::to(&format!("/console/shoppers/{}", id.replace('#', "%23")))
}

fn page(status: StatusCode, id: &str, body: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Shopper " (id) }
                link rel="stylesheet" href="/assets/console.css";
            }
            body { main { h1 { "Shopper " code { (id) } } (body) } }
        }
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, markup).into_response()
}

fn unknown(id: &str) -> Markup {
    html! { p { "Nobody is known as " code { (id) } ". A shopper is known from their first event." } }
}

fn known(held: &Held) -> Markup {
    let summary = &held.summary;
    html! {
        (plain(summary))
        h2 { "Consent" }
        form method="post" action={ (summary.shopper) "/consent" } {
            @for (consent, value, label) in CONSENTS {
                label { input type="radio" name="consent" value=(value) checked[consent == summary.consent]; " " (label) }
            }
            button { "Save" }
        }
        h2 { "Affinities" }
        @if summary.affinities.is_empty() { p { "Nothing is known yet." } }
        @for (attribute, leanings) in &summary.affinities { (affinities(attribute, leanings)) }
        h2 { "Timeline" }
        ol.timeline { @for event in held.all_events.iter().rev().take(EVENTS_SHOWN_MAX) { (told(event)) } }
        h2 { "Erase" }
        form method="post" action={ (summary.shopper) "/erase" } {
            p { "Profile, events and names are erased at once and for good." }
            button.danger { "Erase this shopper" }
        }
    }
}

fn plain(summary: &Summary) -> Markup {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    html! {
        dl {
            dt { "Segments" } dd { @for segment in &summary.segments { span.tag { (segment) } " " } }
            dt { "Events" } dd { (summary.events) @if summary.robot_events > 0 { ", " (summary.robot_events) " of a robot" } }
            @if let Some(seen) = summary.last_seen { dt { "Last seen" } dd { (seen) } }
            dt { "Active" } dd { (summary.days_active) " of the last 64 days" }
            dt { "Bought for" } dd { (format!("{:.2}", summary.value)) }
            @if let Some(share) = summary.discount_share { dt { "Reduced" } dd { (percent(share)) } }
            @if let Some(share) = summary.price_percentile { dt { "Price level" } dd { (percent(share)) } }
            @if let Some(hour) = summary.usual_hour { dt { "Usual hour" } dd { (hour) " UTC" } }
            dt { "Tokens" } dd { (summary.tokens.join(", ")) }
            @if !summary.accounts.is_empty() { dt { "Accounts" } dd { (summary.accounts.join(", ")) } }
        }
    }
}

fn affinities(attribute: &str, leanings: &[Leaning]) -> Markup {
    html! {
        table {
            caption { (attribute) }
            @for leaning in leanings {
                tr {
                    th scope="row" { (leaning.value) }
                    td {
                        meter min="0" max=(AFFINITY_MAX) value=(leaning.affinity.abs()) class=[(leaning.affinity < 0.0).then_some("against")] {}
                    }
                    td.number { (format!("{:+.2}", leaning.affinity)) }
                    td.number { (format!("{:.1}", leaning.evidence)) }
                }
            }
        }
    }
}

fn told(event: &Event) -> Markup {
    html! {
        li {
            time { (event.at) } " " strong { (event.kind.name()) }
            @if let Some(query) = &event.query { " “" (query) "”" }
            @for product in &event.products { " " code { (product) } }
        }
    }
}
