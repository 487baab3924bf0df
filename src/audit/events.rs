//! Events against the catalog: whether what shoppers did can be learned from.

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::{Finding, Found, Weight};
use crate::engine::Catalog;
use crate::journal::{EventKind, JournalError};
use crate::shoppers::Shoppers;

/// A clock may be this far ahead of ours.
const AHEAD_MS_MAX: i64 = 5 * 60 * 1000;

/// What arrives later than this is of no use to the visit it belongs to.
const LATE_MS: i64 = 24 * 60 * 60 * 1000;

/// Kinds of events that every shop should send.
const WANTED: [EventKind; 4] = [
    EventKind::View,
    EventKind::Click,
    EventKind::AddToCart,
    EventKind::Purchase,
];

/// What the events that are held come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct EventCounts {
    pub events: u64,
    /// Ids of products in events.
    pub products: u64,
    pub purchases: u64,
    /// Purchases with a price.
    pub priced_purchases: u64,
    /// Events of shoppers who also said their account.
    pub with_account: u64,
    pub shoppers: u64,
    #[serde(skip)]
    unknown: u64,
    #[serde(skip)]
    unknown_examples: Vec<String>,
    #[serde(skip)]
    clicks: u64,
    #[serde(skip)]
    clicks_without_query: u64,
    #[serde(skip)]
    ahead: u64,
    #[serde(skip)]
    late: u64,
    #[serde(skip)]
    kinds: Vec<&'static str>,
}

/// Reads the journal once.
pub(super) fn count(shoppers: &Shoppers, catalog: &Catalog) -> Result<EventCounts, JournalError> {
    let mut counts = EventCounts::default();
    let mut unknown = Found::default();
    let (mut kinds, mut people) = (FxHashSet::default(), FxHashSet::default());
    shoppers.for_each_deed(|deed| -> Result<(), JournalError> {
        let event = deed.event;
        counts.events += 1;
        counts.products += event.products.len() as u64;
        for id in event
            .products
            .iter()
            .filter(|id| catalog.columns.ordinal(id).is_none())
        {
            unknown.add(|| id.clone());
        }
        if event.kind == EventKind::Click {
            counts.clicks += 1;
            counts.clicks_without_query += u64::from(event.query_id.is_none());
        }
        if event.kind == EventKind::Purchase {
            counts.purchases += 1;
            counts.priced_purchases += u64::from(event.price.is_some());
        }
        counts.with_account += u64::from(event.account.is_some());
        let lag_ms = deed.received_ms - event.at.as_millisecond();
        counts.ahead += u64::from(lag_ms < -AHEAD_MS_MAX);
        counts.late += u64::from(lag_ms > LATE_MS);
        kinds.insert(event.kind.name());
        people.insert(event.shopper);
        Ok(())
    })?;
    counts.shoppers = people.len() as u64;
    counts.unknown = unknown.count;
    counts.unknown_examples = unknown.examples;
    counts.kinds = kinds.into_iter().collect();
    Ok(counts)
}

impl EventCounts {
    pub(super) fn findings(&self) -> Vec<Finding> {
        if self.events == 0 {
            return vec![finding(
                (Weight::Warning, "no_events", "no event was recorded"),
                (0, 0),
                "nothing is popular and nobody has a taste: every shopper sees the same order",
                "send views, clicks, carts and purchases to /v1/events, or bring a history in with `endcap replay`",
            )];
        }
        let mut found = vec![
            Finding {
                examples: self.unknown_examples.clone(),
                ..finding(
                    (
                        Weight::Warning,
                        "unknown_products",
                        "events name products that are not in the catalog",
                    ),
                    (self.unknown, self.products),
                    "these events teach nothing",
                    "send the ids that the feed has: of products, or of variants",
                )
            },
            finding(
                (
                    Weight::Warning,
                    "no_query_ids",
                    "clicks do not say the `query_id` of their page",
                ),
                (self.clicks_without_query, self.clicks),
                "searches cannot be judged by what was clicked",
                "send the `query_id` of the answer, and the position, with every click",
            ),
            finding(
                (
                    Weight::Warning,
                    "clock_ahead",
                    "events are dated more than 5 minutes ahead",
                ),
                (self.ahead, self.events),
                "what happened later counts as newer than it is",
                "set the clocks of the machines that send events",
            ),
            finding(
                (Weight::Note, "late", "events arrived more than a day late"),
                (self.late, self.events),
                "too late for the visit they belong to; a history that was replayed is as it should be",
                "send events when they happen",
            ),
            finding(
                (Weight::Note, "no_account", "events say no account"),
                (self.events - self.with_account, self.events),
                "a shopper with two devices is two shoppers",
                "send `account` with the events of shoppers who are signed in",
            ),
        ];
        found.retain(|finding| finding.count > 0);
        for kind in WANTED
            .iter()
            .filter(|kind| !self.kinds.contains(&kind.name()))
        {
            found.push(Finding {
                what: format!("no event of the type `{}` was recorded", kind.name()),
                ..finding(
                    (Weight::Warning, "no_events_of_type", ""),
                    (0, self.events),
                    "what shoppers want is known less well, and results cannot be measured by it",
                    "send it to /v1/events",
                )
            });
        }
        found
    }
}

fn finding(
    (weight, kind, what): (Weight, &'static str, &str),
    (count, of): (u64, u64),
    effect: &'static str,
    fix: &'static str,
) -> Finding {
    Finding {
        weight,
        kind,
        attribute: None,
        what: what.into(),
        count,
        of,
        examples: Vec::new(),
        effect,
        fix,
    }
}
