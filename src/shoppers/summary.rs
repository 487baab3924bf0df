//! What is known of one shopper, for people to read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Leaning, Profile, Shopper, Shoppers};
use crate::journal::{Consent, Event, EventKind, JournalError, Name};

/// At most this many values of one attribute are shown.
const VALUES_SHOWN_MAX: usize = 20;

/// What is known of one shopper, as `GET /v1/shoppers/{shopper}` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Summary {
    pub shopper: String,
    /// How many events were recorded.
    pub events: u64,
    /// How many of each type.
    pub events_by_type: BTreeMap<String, u32>,
    /// Events that came faster than people do; they are evidence of nothing.
    pub robot_events: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_seen: Option<Timestamp>,
    /// Time of the latest event.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_purchase: Option<Timestamp>,
    /// On how many of the 64 days up to the last event anything happened.
    pub days_active: u32,
    /// Purchases less returns, in the shop's currency.
    pub value: f64,
    /// Share of the evidence that is for reduced products, 0 to 1.
    pub discount_share: Option<f64>,
    /// Where the prices of what the shopper looks at stand within their categories, 0 to 1.
    pub price_percentile: Option<f64>,
    /// The hour of the day with most events, in UTC.
    pub usual_hour: Option<u32>,
    pub segments: Vec<String>,
    pub consent: Consent,
    /// Tokens and accounts that are this shopper.
    pub tokens: Vec<String>,
    pub accounts: Vec<String>,
    /// By attribute, the values the shopper leans to, strongest first.
    pub affinities: BTreeMap<String, Vec<Leaning>>,
    /// Products that were looked at or bought, the latest first.
    pub recent: Vec<RecentProduct>,
    /// Products the shopper dismissed, the latest first.
    pub dismissed: Vec<String>,
}

/// A product that was looked at or bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecentProduct {
    pub product: String,
    #[serde(rename = "type")]
    pub kind: EventKind,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Everything that is held of a shopper, as `GET /v1/shoppers/{shopper}/export` gives it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Held {
    #[serde(flatten)]
    pub summary: Summary,
    /// All events, in the order they were accepted.
    pub all_events: Vec<Event>,
}

impl Shoppers {
    /// What is known of a shopper; `None` for an unknown one. `prior_share` gives the share of the shop that
    /// `(attribute, value)` has, above 0 and at most 1. Segments are for who knows them to fill in.
    pub fn summary(
        &self,
        id: &str,
        now: Timestamp,
        prior_share: impl Fn(&str, &str) -> f64,
    ) -> Option<Summary> {
        let Shopper {
            person,
            profile,
            consent,
        } = self.find(id)?;
        let words = self.words();
        let leanings = |attribute: &str| {
            let share = |value: &str| prior_share(attribute, value);
            let mut leanings = profile.leanings(&words, &self.settings, attribute, now, share);
            keep_strongest(&mut leanings);
            leanings
        };
        let names = self.keeper.kept.people().names_of(person);
        let mut summary = Summary {
            shopper: id.to_owned(),
            affinities: profile
                .attributes(&words)
                .into_iter()
                .map(|attribute| (attribute.to_owned(), leanings(attribute)))
                .collect(),
            discount_share: profile.discount_share(&words, now),
            price_percentile: profile.price_percentile(&words, now),
            usual_hour: profile.usual_hour(&words, now),
            recent: recent(&profile, |word| words.value(word).to_owned()),
            dismissed: profile
                .dismissed()
                .map(|word| words.value(word).to_owned())
                .collect(),
            consent,
            ..plain(&profile)
        };
        for name in names {
            match name {
                Name::Token(token) => summary.tokens.push(token),
                Name::Account(account) => summary.accounts.push(account),
            }
        }
        Some(summary)
    }

    /// Everything that is held of the shopper of a summary.
    pub fn held(&self, summary: Summary) -> Result<Held, JournalError> {
        let deeds = self.deeds(&summary.shopper)?;
        Ok(Held {
            summary,
            all_events: deeds.into_iter().map(|deed| deed.event).collect(),
        })
    }
}

/// The strongest either way, in their order.
fn keep_strongest(leanings: &mut Vec<Leaning>) {
    if leanings.len() > VALUES_SHOWN_MAX {
        let half = VALUES_SHOWN_MAX / 2;
        let from = leanings.len() - half;
        let disliked = leanings[from..]
            .iter()
            .filter(|leaning| leaning.evidence < 0.0)
            .count();
        leanings.drain(VALUES_SHOWN_MAX - disliked..leanings.len() - disliked);
    }
}

fn recent(profile: &Profile, id: impl Fn(u32) -> String) -> Vec<RecentProduct> {
    let recent = profile.recent().iter();
    recent
        .filter_map(|recent| {
            Some(RecentProduct {
                product: id(recent.product),
                kind: recent.kind,
                at: Timestamp::from_millisecond(recent.at_ms).ok()?,
            })
        })
        .collect()
}

/// What a profile says in plain numbers.
fn plain(profile: &Profile) -> Summary {
    let counted = EventKind::ALL.iter().filter_map(|kind| {
        let count = profile.count(*kind);
        (count > 0).then(|| (kind.name().to_owned(), count))
    });
    Summary {
        shopper: String::new(),
        events: profile.events(),
        events_by_type: counted.collect(),
        robot_events: profile.robot_events(),
        first_seen: profile.first_seen(),
        last_seen: profile.last_seen(),
        last_purchase: profile.last_purchase(),
        days_active: profile.days_active(),
        value: profile.value(),
        discount_share: None,
        price_percentile: None,
        usual_hour: None,
        segments: Vec::new(),
        consent: Consent::default(),
        tokens: Vec::new(),
        accounts: Vec::new(),
        affinities: BTreeMap::new(),
        recent: Vec::new(),
        dismissed: Vec::new(),
    }
}
