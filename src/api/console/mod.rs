//! `/console/shoppers/{shopper}`: what is known of a shopper, for the people of the shop.

use std::collections::HashMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::error::ApiError;
use super::{Shop, blocking, now};
use crate::catalog::schema::Role;
use crate::engine::Engine;
use crate::journal::{Event, JournalError};
use crate::problem::Problem;
use crate::shoppers::affinity::AFFINITY_MAX;
use crate::shoppers::{Consent, Held, Leaning, Summary};

/// The header the pages are served with: nothing but the page itself and its own style.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The style of the pages, served at `/assets/console.css`.
pub(super) const STYLE: &str = include_str!("console.css");

/// The timeline shows at most this many events, the latest.
const EVENTS_SHOWN_MAX: usize = 200;

/// The banner shows at most this many problems.
const PROBLEMS_SHOWN_MAX: usize = 10;

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
    let held = blocking(&shop, move || {
        let held = engine.held(&own, now())?;
        let titles = |held: Held| (titles(&engine, &held), held);
        Ok::<_, JournalError>(held.map(titles))
    });
    let (status, body) = match held.await?? {
        Some((titles, held)) => (StatusCode::OK, known(&held, &titles, now())),
        None => (StatusCode::NOT_FOUND, unknown(&id)),
    };
    let banner = banner(&shop.engine.snapshot().problems);
    Ok(page(status, &id, &html! { (banner) (body) }))
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

/// The titles of the products of the shown events, by id; products that are sold no more have none.
fn titles(engine: &Engine, held: &Held) -> HashMap<String, String> {
    let snapshot = engine.snapshot();
    let catalog = &snapshot.catalog;
    let Some(title) = catalog.schema.role(Role::Title) else {
        return HashMap::new();
    };
    let name = &catalog.schema.attributes[title].name;
    let shown = held.all_events.iter().rev().take(EVENTS_SHOWN_MAX);
    let title = |id: &String| {
        let document = catalog.documents.get(catalog.columns.ordinal(id)?);
        Some((id.clone(), document.get(name)?.as_str()?.to_owned()))
    };
    shown
        .flat_map(|event| &event.products)
        .filter_map(title)
        .collect()
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

/// What is wrong with the shop's files, on every page of the console.
fn banner(problems: &[Problem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            section.banner role="alert" {
                strong { "Problems with the shop's files" }
                ul { @for problem in problems.iter().take(PROBLEMS_SHOWN_MAX) { li { (problem) } } }
                @if problems.len() > PROBLEMS_SHOWN_MAX { p { (problems.len()) " in all: " code { "endcap check" } } }
            }
        }
    }
}

fn unknown(id: &str) -> Markup {
    html! { p { "Nobody is known as " code { (id) } ". A shopper is known from their first event." } }
}

fn known(held: &Held, titles: &HashMap<String, String>, now: Timestamp) -> Markup {
    let summary = &held.summary;
    let latest = held.all_events.iter().rev().take(EVENTS_SHOWN_MAX);
    let mut latest: Vec<&Event> = latest.collect();
    latest.sort_by_key(|event| std::cmp::Reverse(event.at));
    html! {
        (plain(summary, now))
        h2 { "Consent" }
        form method="post" action={ (summary.shopper) "/consent" } {
            @for (consent, value, label) in CONSENTS {
                label { input type="radio" name="consent" value=(value) checked[consent == summary.consent]; " " (label) }
            }
            button { "Save" }
        }
        h2 { "Affinities" }
        @if summary.affinities.is_empty() { p { "Nothing is known yet." } }
        @else { p.hint { "To the right: liked more than the shop's shoppers like it in general; to the left: less. In brackets what it rests on, in views that faded as much: a purchase counts as eight." } }
        @for (attribute, leanings) in &summary.affinities { (affinities(attribute, leanings)) }
        h2 { "Timeline" }
        @if held.all_events.len() > EVENTS_SHOWN_MAX { p.hint { "The latest " (EVENTS_SHOWN_MAX) " of " (held.all_events.len()) " events." } }
        div.timeline {
            @for day in latest.chunk_by(|one, other| date(one.at) == date(other.at)) {
                h3 { (date(day[0].at)) }
                ol { @for event in day { (told(event, titles)) } }
            }
        }
        h2 { "Erase" }
        form method="post" action={ (summary.shopper) "/erase" } {
            p { "Profile, events and names are erased at once and for good." }
            label { input type="checkbox" required; " I mean it" }
            button.danger { "Erase this shopper" }
        }
    }
}

/// The day of a time, in UTC.
fn date(at: Timestamp) -> String {
    at.strftime("%A, %-d %B %Y").to_string()
}

/// How long ago a time is, and the time, in UTC.
fn when(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_mins().max(0);
    let ago = match minutes {
        0..60 => format!("{minutes} min ago"),
        60..2_880 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1_440),
    };
    format!("{ago} ({} UTC)", at.strftime("%Y-%m-%d %H:%M"))
}

fn plain(summary: &Summary, now: Timestamp) -> Markup {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    html! {
        dl {
            dt { "Segments" } dd { @for segment in &summary.segments { span.tag { (segment) } " " } }
            dt { "Events" } dd { (summary.events) @if summary.robot_events > 0 { ", " (summary.robot_events) " of a robot" } }
            @if let Some(seen) = summary.last_seen { dt { "Last seen" } dd { (when(seen, now)) } }
            @if let Some(bought) = summary.last_purchase { dt { "Last bought" } dd { (when(bought, now)) } }
            dt { "Active" } dd { (summary.days_active) " of the last 64 days" }
            dt { "Bought for" } dd { (format!("{:.2}", summary.value)) }
            @if let Some(share) = summary.discount_share { dt { "Reduced" } dd { (percent(share)) " of what is looked at and bought" } }
            @if let Some(share) = summary.price_percentile { dt { "Price level" } dd { (percent(share)) " within the categories; 50 % is the middle" } }
            @if let Some(hour) = summary.usual_hour { dt { "Usual hour" } dd { (hour) " o’clock UTC" } }
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
                    td.less { @if leaning.affinity < 0.0 { meter dir="rtl" min="0" max=(AFFINITY_MAX) value=(-leaning.affinity) {} } }
                    td.more { @if leaning.affinity > 0.0 { meter min="0" max=(AFFINITY_MAX) value=(leaning.affinity) {} } }
                    td.number { (format!("{:+.1}", leaning.affinity)) }
                    td.number.evidence { (format!("({:.1})", leaning.evidence)) }
                }
            }
        }
    }
}

fn told(event: &Event, titles: &HashMap<String, String>) -> Markup {
    html! {
        li {
            time { (event.at.strftime("%H:%M").to_string()) } " " strong { (event.kind.name().replace('_', " ")) }
            @if let Some(query) = &event.query { " “" (query) "”" }
            @for product in &event.products {
                @if let Some(title) = titles.get(product) { " " (title) }
                " " code { (product) }
            }
            @if let Some(price) = event.price { " for " (format!("{price:.2}")) }
        }
    }
}
