//! What is known of one shopper: evidence for attribute values, fading with time, and the products they dismissed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::affinity::{AffinitySettings, affinity};
use super::counter::{Counter, HalfLife};
use super::weights::weight;
use crate::journal::{Entry, EventKind, Evidence};

/// A profile holds at most this many values of one attribute; the weakest is forgotten for a new one.
pub const VALUES_MAX: usize = 64;

/// A profile holds at most this many attributes.
pub const ATTRIBUTES_MAX: usize = 32;

/// A profile holds at most this many dismissed products; the one dismissed longest ago is forgotten.
pub const DISMISSED_MAX: usize = 100;

/// A longer attribute value, in bytes, is no evidence.
pub const VALUE_BYTES_MAX: usize = 256;

/// The half-lives a profile is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HalfLives {
    pub long: HalfLife,
    pub session: HalfLife,
}

impl From<&AffinitySettings> for HalfLives {
    fn from(settings: &AffinitySettings) -> Self {
        HalfLives {
            long: HalfLife::from_seconds(settings.half_life_days * 86_400.0),
            session: HalfLife::from_seconds(settings.session_half_life_minutes * 60.0),
        }
    }
}

/// One shopper's profile. The same entries give the same profile in any order, bit for bit, until a value or attribute
/// has to be forgotten to keep within the limits; from then on, the order in which they were accepted decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    half_lives: HalfLives,
    events: u64,
    last_seen_ms: Option<i64>,
    /// By name.
    attributes: Vec<AttributeEvidence>,
    dismissed: Vec<Dismissed>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AttributeEvidence {
    attribute: Box<str>,
    /// By value.
    values: Vec<ValueEvidence>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ValueEvidence {
    value: Box<str>,
    long: Counter,
    session: Counter,
}

/// By time, newest first, then by product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Dismissed {
    at_ms: i64,
    product: Box<str>,
}

/// How a shopper leans to one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Leaning {
    pub value: String,
    /// Log ratio within ±`AFFINITY_MAX`; 0 is the shop's average.
    pub affinity: f64,
    /// In views: how many views that faded as much would weigh the same.
    pub evidence: f64,
}

impl Profile {
    /// The profile of a shopper nobody knows.
    pub fn empty(settings: &AffinitySettings) -> Profile {
        Profile {
            half_lives: HalfLives::from(settings),
            events: 0,
            last_seen_ms: None,
            attributes: Vec::new(),
            dismissed: Vec::new(),
        }
    }

    /// How many events were recorded.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Time of the latest event, to the millisecond.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let last_seen_ms = self.last_seen_ms?;
        Timestamp::from_millisecond(last_seen_ms).ok()
    }

    /// Attributes with evidence, by name.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|known| &*known.attribute)
    }

    /// Products the shopper dismissed, the latest first.
    pub fn dismissed(&self) -> impl Iterator<Item = &str> {
        self.dismissed.iter().map(|dismissed| &*dismissed.product)
    }

    /// The evidence for each known value of `attribute`, by value: long term + `session_weight` × session. Unknown
    /// attributes yield nothing. A `now` before the latest event is taken as that event's time.
    pub fn evidence(
        &self,
        settings: &AffinitySettings,
        attribute: &str,
        now: Timestamp,
    ) -> impl Iterator<Item = (&str, f64)> {
        let now_ms = now
            .as_millisecond()
            .max(self.last_seen_ms.unwrap_or(i64::MIN));
        let session_weight = settings.session_weight;
        let values = self.values(attribute).iter();
        values.map(move |known| (&*known.value, self.blend(known, session_weight, now_ms)))
    }

    /// The sum of the positive evidence for `attribute`: the `E` of `affinity`.
    pub fn evidence_total(
        &self,
        settings: &AffinitySettings,
        attribute: &str,
        now: Timestamp,
    ) -> f64 {
        let evidence = self.evidence(settings, attribute, now);
        evidence.map(|(_, evidence)| evidence.max(0.0)).sum()
    }

    /// How the shopper leans to each known value of `attribute`, strongest first. `prior_share` gives a value's share
    /// of the shop.
    pub fn leanings(
        &self,
        settings: &AffinitySettings,
        attribute: &str,
        now: Timestamp,
        prior_share: impl Fn(&str) -> f64,
    ) -> Vec<Leaning> {
        let total = self.evidence_total(settings, attribute, now);
        let mut leanings: Vec<Leaning> = self
            .evidence(settings, attribute, now)
            .map(|(value, evidence)| Leaning {
                value: value.to_owned(),
                affinity: affinity(evidence, total, prior_share(value), settings.kappa),
                evidence,
            })
            .collect();
        leanings.sort_by(|left, right| right.affinity.total_cmp(&left.affinity));
        leanings
    }

    /// Adds one entry of this shopper.
    pub(super) fn apply(&mut self, entry: &Entry) {
        let at_ms = entry.event.at.as_millisecond();
        self.events += 1;
        self.see(at_ms);
        if entry.event.kind == EventKind::Dismiss {
            for product in &entry.event.products {
                self.dismiss(product, at_ms);
            }
        }
        let weight = weight(entry.event.kind);
        if weight != 0.0 {
            for evidence in &entry.evidence {
                self.weigh(evidence, weight, at_ms);
            }
        }
    }

    /// Moves the latest time, and drops what it makes too old to count.
    fn see(&mut self, at_ms: i64) {
        let Some(before_ms) = self
            .last_seen_ms
            .filter(|last_seen_ms| at_ms > *last_seen_ms)
        else {
            self.last_seen_ms = self.last_seen_ms.or(Some(at_ms));
            return;
        };
        self.last_seen_ms = Some(at_ms);
        let oldest = self.oldest_kept(at_ms);
        if oldest == self.oldest_kept(before_ms) {
            return;
        }
        for known in self
            .attributes
            .iter_mut()
            .flat_map(|known| &mut known.values)
        {
            known.long.prune(oldest.0);
            known.session.prune(oldest.1);
        }
        self.drop_empty();
    }

    /// The oldest half-life of the long term, and of the session, that counts.
    fn oldest_kept(&self, last_seen_ms: i64) -> (i64, i64) {
        let HalfLives { long, session } = self.half_lives;
        (
            long.oldest_kept(last_seen_ms),
            session.oldest_kept(last_seen_ms),
        )
    }

    fn weigh(&mut self, evidence: &Evidence, weight: f64, at_ms: i64) {
        if evidence.value.len() > VALUE_BYTES_MAX || evidence.attribute.len() > VALUE_BYTES_MAX {
            return;
        }
        let last_seen_ms = self.last_seen_ms.unwrap_or(at_ms);
        let oldest = self.oldest_kept(last_seen_ms);
        let half_lives = self.half_lives;
        let Some(known) = self.value_mut(&evidence.attribute, &evidence.value) else {
            return;
        };
        known.long.add(weight, at_ms, half_lives.long, oldest.0);
        known
            .session
            .add(weight, at_ms, half_lives.session, oldest.1);
        if known.long.is_empty() && known.session.is_empty() {
            self.drop_empty();
        }
        self.forget_weakest(&evidence.attribute, last_seen_ms);
    }

    /// The counters of a value, made when missing; `None` when there are too many attributes.
    fn value_mut(&mut self, attribute: &str, value: &str) -> Option<&mut ValueEvidence> {
        let by_name = |known: &AttributeEvidence| (*known.attribute).cmp(attribute);
        let index = match self.attributes.binary_search_by(by_name) {
            Ok(index) => index,
            Err(_) if self.attributes.len() >= ATTRIBUTES_MAX => return None,
            Err(index) => {
                let known = AttributeEvidence {
                    attribute: attribute.into(),
                    values: Vec::new(),
                };
                self.attributes.insert(index, known);
                index
            }
        };
        let values = &mut self.attributes[index].values;
        let by_value = |known: &ValueEvidence| (*known.value).cmp(value);
        let index = values.binary_search_by(by_value).unwrap_or_else(|index| {
            let known = ValueEvidence {
                value: value.into(),
                long: Counter::default(),
                session: Counter::default(),
            };
            values.insert(index, known);
            index
        });
        Some(&mut values[index])
    }

    /// Forgets the value with the least evidence either way, when there is one too many.
    fn forget_weakest(&mut self, attribute: &str, now_ms: i64) {
        let values = self.values(attribute);
        if values.len() <= VALUES_MAX {
            return;
        }
        let strength = |known: &ValueEvidence| self.blend(known, 1.0, now_ms).abs();
        let by_strength = |left: &&ValueEvidence, right: &&ValueEvidence| {
            strength(left).total_cmp(&strength(right))
        };
        let Some(weakest) = values.iter().min_by(by_strength) else {
            return;
        };
        let weakest = weakest.value.clone();
        for known in &mut self.attributes {
            if *known.attribute == *attribute {
                known.values.retain(|known| known.value != weakest);
            }
        }
    }

    fn dismiss(&mut self, product: &str, at_ms: i64) {
        if let Some(known) = self
            .dismissed
            .iter_mut()
            .find(|known| *known.product == *product)
        {
            known.at_ms = known.at_ms.max(at_ms);
        } else {
            self.dismissed.push(Dismissed {
                at_ms,
                product: product.into(),
            });
        }
        self.dismissed
            .sort_by(|left, right| (right.at_ms, &left.product).cmp(&(left.at_ms, &right.product)));
        self.dismissed.truncate(DISMISSED_MAX);
    }

    fn drop_empty(&mut self) {
        for known in &mut self.attributes {
            known
                .values
                .retain(|known| !(known.long.is_empty() && known.session.is_empty()));
        }
        self.attributes.retain(|known| !known.values.is_empty());
    }

    fn values(&self, attribute: &str) -> &[ValueEvidence] {
        let by_name = |known: &AttributeEvidence| (*known.attribute).cmp(attribute);
        match self.attributes.binary_search_by(by_name) {
            Ok(index) => &self.attributes[index].values,
            Err(_) => &[],
        }
    }

    fn blend(&self, known: &ValueEvidence, session_weight: f64, now_ms: i64) -> f64 {
        let HalfLives { long, session } = self.half_lives;
        known.long.value(now_ms, long) + session_weight * known.session.value(now_ms, session)
    }
}
