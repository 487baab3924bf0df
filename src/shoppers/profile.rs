//! What is known of one shopper: evidence for attribute values, fading with time, and plain counts.

mod packed;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::affinity::{AffinitySettings, affinity};
use super::counter::{Counters, HalfLife, HalfLives, Tier};
use super::neighbours::PAUSE_MS;
use super::weights::weight;
use super::words::{HOUR, PRICE_TIER, PRODUCT, REDUCED, Words, attribute_of, own_attribute};
use crate::journal::{Deed, EventKind, Word};

/// A profile holds at most this many values of one attribute; the weakest is forgotten for a new one.
pub const VALUES_MAX: usize = 64;

/// A profile holds at most this many sums of evidence, about three for a value; the weakest value is forgotten for a
/// new one.
pub const SUMS_MAX: usize = 768;

/// A profile holds at most this many dismissed products; the one dismissed longest ago is forgotten.
pub const DISMISSED_MAX: usize = 100;

/// A profile remembers the latest this many products that were looked at.
pub const RECENT_MAX: usize = 24;

/// How many days before the last one are counted as active or not.
const DAYS_KEPT: i64 = 64;

const DAY_MS: i64 = 86_400_000;

impl From<&AffinitySettings> for HalfLives {
    fn from(settings: &AffinitySettings) -> Self {
        HalfLives {
            long: HalfLife::from_seconds(settings.half_life_days * 86_400.0),
            session: HalfLife::from_seconds(settings.session_half_life_minutes * 60.0),
        }
    }
}

/// One shopper's profile. The same deeds give the same profile in any order, bit for bit, until a value has to be
/// forgotten to keep within the limits; from then on, the order in which they were accepted decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    half_lives: HalfLives,
    /// By kind of event.
    counts: [u32; EventKind::ALL.len()],
    robot_events: u32,
    first_seen_ms: Option<i64>,
    last_seen_ms: Option<i64>,
    last_purchase_ms: Option<i64>,
    /// Purchases less returns, in hundredths of the shop's currency.
    value_cents: i64,
    /// Bit `n`: active `n` days before the last.
    days: u64,
    counters: Counters,
    recent: Vec<Recent>,
    dismissed: Vec<Dismissed>,
}

/// A product that was looked at, newest first, then by product and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    pub at_ms: i64,
    pub product: Word,
    pub kind: EventKind,
}

/// By time, newest first, then by product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dismissed {
    at_ms: i64,
    product: Word,
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
            counts: Default::default(),
            robot_events: 0,
            first_seen_ms: None,
            last_seen_ms: None,
            last_purchase_ms: None,
            value_cents: 0,
            days: 0,
            counters: Counters::default(),
            recent: Vec::new(),
            dismissed: Vec::new(),
        }
    }

    /// The times in which its evidence halves.
    pub(super) fn half_lives(&self) -> HalfLives {
        self.half_lives
    }

    /// How many events were recorded.
    pub fn events(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// How many events of one kind were recorded.
    pub fn count(&self, kind: EventKind) -> u32 {
        self.counts[kind.index()]
    }

    /// How many events came faster than people do.
    pub fn robot_events(&self) -> u32 {
        self.robot_events
    }

    pub fn first_seen(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.first_seen_ms?).ok()
    }

    /// Time of the latest event, to the millisecond.
    pub fn last_seen(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.last_seen_ms?).ok()
    }

    pub fn last_purchase(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.last_purchase_ms?).ok()
    }

    /// Purchases less returns, in the shop's currency.
    pub fn value(&self) -> f64 {
        self.value_cents as f64 / 100.0
    }

    /// On how many of the 64 days up to the last event anything happened.
    pub fn days_active(&self) -> u32 {
        self.days.count_ones()
    }

    /// Products that were looked at or bought, the latest first.
    pub fn recent(&self) -> &[Recent] {
        &self.recent
    }

    /// The products of the latest session, the latest first, each once.
    pub fn session(&self) -> Vec<Word> {
        let mut products = Vec::new();
        let mut last_ms = self.recent.first().map_or(0, |recent| recent.at_ms);
        for recent in &self.recent {
            if last_ms - recent.at_ms > PAUSE_MS {
                break;
            }
            last_ms = recent.at_ms;
            if !products.contains(&recent.product) {
                products.push(recent.product);
            }
        }
        products
    }

    /// Products the shopper dismissed or gave back, the latest first.
    pub fn dismissed(&self) -> impl Iterator<Item = Word> {
        self.dismissed.iter().map(|dismissed| dismissed.product)
    }

    /// Attributes with evidence.
    pub fn attributes<'w>(&self, words: &'w Words) -> Vec<&'w str> {
        let names: Vec<&str> = words.attributes().collect();
        let named = |number: usize| names.get(number).copied();
        let known = self.counters.attributes().filter_map(named);
        known.filter(|name| !name.starts_with('~')).collect()
    }

    /// The evidence for each known value of `attribute`: long term + `session_weight` × session. Unknown attributes
    /// yield nothing. A `now` before the latest event is taken as that event's time.
    pub fn evidence(
        &self,
        words: &Words,
        settings: &AffinitySettings,
        attribute: &str,
        now: Timestamp,
    ) -> Vec<(Word, f64)> {
        let Some(number) = words.attribute(attribute) else {
            return Vec::new();
        };
        let session_weight = settings.session_weight;
        self.counters
            .of_attribute(number, session_weight, self.now_ms(now), self.half_lives)
    }

    /// The evidence for one value.
    pub fn evidence_for(&self, settings: &AffinitySettings, word: Word, now: Timestamp) -> f64 {
        let session_weight = settings.session_weight;
        self.counters
            .of_word(word, session_weight, self.now_ms(now), self.half_lives)
    }

    /// How the shopper leans to each known value of `attribute`, strongest first. `prior_share` gives a value's share
    /// of the shop.
    pub fn leanings(
        &self,
        words: &Words,
        settings: &AffinitySettings,
        attribute: &str,
        now: Timestamp,
        prior_share: impl Fn(&str) -> f64,
    ) -> Vec<Leaning> {
        let evidence = self.evidence(words, settings, attribute, now);
        let total = evidence.iter().map(|(_, evidence)| evidence.max(0.0)).sum();
        let leaning = |(word, evidence): (Word, f64)| {
            let value = words.value(word);
            Leaning {
                value: value.to_owned(),
                affinity: affinity(evidence, total, prior_share(value), settings.kappa),
                evidence,
            }
        };
        let mut leanings: Vec<Leaning> = evidence.into_iter().map(leaning).collect();
        leanings.sort_by(|left, right| {
            let by_affinity = right.affinity.total_cmp(&left.affinity);
            by_affinity.then_with(|| left.value.cmp(&right.value))
        });
        leanings
    }

    /// Share of the evidence that is for reduced products, 0 to 1; `None` without any.
    pub fn discount_share(&self, words: &Words, now: Timestamp) -> Option<f64> {
        let settings = AffinitySettings::default();
        let evidence = self.evidence(words, &settings, REDUCED, now);
        let total: f64 = evidence.iter().map(|(_, evidence)| evidence.max(0.0)).sum();
        let reduced = |(word, _): &&(Word, f64)| words.value(*word) == "yes";
        let reduced = evidence.iter().find(reduced).map_or(0.0, |(_, sum)| *sum);
        (total > 0.0).then(|| (reduced / total).clamp(0.0, 1.0))
    }

    /// Where the prices of what the shopper looks at stand within their categories, 0 to 1, drawn to the middle while
    /// little is known; `None` without any evidence.
    pub fn price_percentile(&self, words: &Words, now: Timestamp) -> Option<f64> {
        /// How much evidence the middle weighs.
        const PRIOR: f64 = 3.0;
        let settings = AffinitySettings::default();
        let evidence = self.evidence(words, &settings, PRICE_TIER, now);
        let (mut sum, mut total) = (0.5 * PRIOR, PRIOR);
        for (word, evidence) in &evidence {
            if let Ok(tier) = words.value(*word).parse::<f64>() {
                sum += evidence.max(0.0) * ((tier - 0.5) / 5.0).clamp(0.0, 1.0);
                total += evidence.max(0.0);
            }
        }
        (!evidence.is_empty()).then(|| sum / total)
    }

    /// The hour of the day with most events, in UTC.
    pub fn usual_hour(&self, words: &Words, now: Timestamp) -> Option<u32> {
        let evidence = self.evidence(words, &AffinitySettings::default(), HOUR, now);
        let most = evidence
            .into_iter()
            .max_by(|left, right| left.1.total_cmp(&right.1).then(right.0.cmp(&left.0)))?;
        words.value(most.0).parse().ok()
    }

    /// Adds one deed of this shopper; it is evidence only of what `learns` says and a person did.
    pub(super) fn apply(&mut self, deed: &Deed, learns: bool) {
        let at_ms = deed.event.at.as_millisecond();
        let kind = deed.event.kind;
        self.counts[kind.index()] = self.counts[kind.index()].saturating_add(1);
        self.see(at_ms);
        if kind == EventKind::Purchase {
            self.last_purchase_ms = self.last_purchase_ms.max(Some(at_ms));
        }
        self.value_cents = self.value_cents.saturating_add(value_cents(deed));
        if deed.robot {
            self.robot_events = self.robot_events.saturating_add(1);
        } else if learns {
            self.learn(deed, at_ms);
        }
    }

    fn learn(&mut self, deed: &Deed, at_ms: i64) {
        let kind = deed.event.kind;
        for word in &deed.words {
            let attribute = attribute_of(*word);
            if attribute == own_attribute(PRODUCT) {
                self.meet(*word, kind, at_ms);
            }
            let weight = if attribute == own_attribute(HOUR) {
                1.0
            } else {
                weight(kind)
            };
            if weight != 0.0 {
                self.weigh(*word, weight, at_ms);
            }
        }
    }

    /// Adds everything that is known of another shopper, who is the same person. Associative, and the same in any
    /// order, until a value has to be forgotten.
    pub(super) fn merge(&mut self, other: &Profile) {
        for (own, others) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*others);
        }
        self.robot_events = self.robot_events.saturating_add(other.robot_events);
        let earlier = [self.first_seen_ms, other.first_seen_ms];
        self.first_seen_ms = earlier.into_iter().flatten().min();
        let (days, last) = (other.days, other.last_seen_ms);
        self.days = match (self.last_seen_ms, last) {
            (Some(own), Some(others)) => {
                shifted(self.days, own, own.max(others)) | shifted(days, others, own.max(others))
            }
            (None, _) => days,
            (_, None) => self.days,
        };
        self.last_seen_ms = self.last_seen_ms.max(last);
        self.last_purchase_ms = self.last_purchase_ms.max(other.last_purchase_ms);
        self.value_cents = self.value_cents.saturating_add(other.value_cents);
        self.counters.merge(&other.counters);
        if let Some(last_seen_ms) = self.last_seen_ms {
            self.counters.prune(self.half_lives, last_seen_ms);
        }
        for attribute in self.counters.attributes().collect::<Vec<_>>() {
            while self.forget_weakest(attribute) {}
        }
        self.recent.extend_from_slice(&other.recent);
        self.keep_recent();
        for dismissed in &other.dismissed {
            self.dismiss(dismissed.product, dismissed.at_ms);
        }
    }

    /// Forgets what was learned of the shopper's taste; plain counts stay.
    pub(super) fn unlearn(&mut self) {
        self.counters.clear();
        self.recent = Vec::new();
        self.dismissed = Vec::new();
    }

    /// Moves the latest time, and drops what it makes too old to count.
    fn see(&mut self, at_ms: i64) {
        self.first_seen_ms = Some(self.first_seen_ms.map_or(at_ms, |first| first.min(at_ms)));
        let before_ms = self.last_seen_ms.unwrap_or(at_ms);
        let last_ms = before_ms.max(at_ms);
        self.last_seen_ms = Some(last_ms);
        self.days = shifted(self.days, before_ms, last_ms) | shifted(1, at_ms, last_ms);
        if last_ms > before_ms {
            self.counters.prune(self.half_lives, last_ms);
        }
    }

    fn weigh(&mut self, word: Word, weight: f64, at_ms: i64) {
        let last_seen_ms = self.last_seen_ms.unwrap_or(at_ms);
        let before = self.counters.len();
        let mut add = |tier| {
            self.counters
                .add((word, tier), weight, at_ms, self.half_lives, last_seen_ms);
        };
        add(Tier::Long);
        let attribute = attribute_of(word);
        if attribute >= own_attribute(PRICE_TIER) {
            add(Tier::Session);
        }
        if self.counters.len() > before {
            while self.forget_weakest(attribute) {}
        }
    }

    /// Forgets the value with the least evidence either way, when there is one too many; false when there is none.
    fn forget_weakest(&mut self, attribute: usize) -> bool {
        let now_ms = self.last_seen_ms.unwrap_or_default();
        let of = |attribute| {
            self.counters
                .of_attribute(attribute, 1.0, now_ms, self.half_lives)
        };
        let values = if self.counters.len() > SUMS_MAX {
            self.counters.attributes().flat_map(of).collect()
        } else if self.counters.len() > VALUES_MAX {
            of(attribute)
        } else {
            return false;
        };
        if self.counters.len() <= SUMS_MAX && values.len() <= VALUES_MAX {
            return false;
        }
        let by_strength =
            |left: &&(Word, f64), right: &&(Word, f64)| left.1.abs().total_cmp(&right.1.abs());
        let Some((weakest, _)) = values.iter().min_by(by_strength) else {
            return false;
        };
        self.counters.forget(*weakest);
        true
    }

    fn meet(&mut self, product: Word, kind: EventKind, at_ms: i64) {
        match kind {
            EventKind::View
            | EventKind::Click
            | EventKind::Wishlist
            | EventKind::AddToCart
            | EventKind::Purchase => {
                self.recent.push(Recent {
                    at_ms,
                    product,
                    kind,
                });
                self.keep_recent();
            }
            EventKind::Dismiss | EventKind::Return => self.dismiss(product, at_ms),
            _ => {}
        }
    }

    fn keep_recent(&mut self) {
        self.recent.sort_by(|left, right| {
            let key = |recent: &Recent| (recent.product, recent.kind.index());
            right
                .at_ms
                .cmp(&left.at_ms)
                .then(key(left).cmp(&key(right)))
        });
        self.recent.truncate(RECENT_MAX);
    }

    fn dismiss(&mut self, product: Word, at_ms: i64) {
        match self
            .dismissed
            .iter_mut()
            .find(|known| known.product == product)
        {
            Some(known) => known.at_ms = known.at_ms.max(at_ms),
            None => self.dismissed.push(Dismissed { at_ms, product }),
        }
        self.dismissed
            .sort_by(|left, right| (right.at_ms, left.product).cmp(&(left.at_ms, right.product)));
        self.dismissed.truncate(DISMISSED_MAX);
    }

    fn now_ms(&self, now: Timestamp) -> i64 {
        now.as_millisecond()
            .max(self.last_seen_ms.unwrap_or(i64::MIN))
    }
}

/// Active days counted back from `last_ms` instead of `from_ms`, which is earlier.
fn shifted(days: u64, from_ms: i64, last_ms: i64) -> u64 {
    let later = last_ms.div_euclid(DAY_MS) - from_ms.div_euclid(DAY_MS);
    if (0..DAYS_KEPT).contains(&later) {
        days << later
    } else {
        0
    }
}

/// What a deed adds to the shopper's value.
fn value_cents(deed: &Deed) -> i64 {
    let event = &deed.event;
    let pieces = f64::from(event.quantity.unwrap_or(1));
    let cents = (event.price.unwrap_or(0.0) * pieces * 100.0).round() as i64;
    match event.kind {
        EventKind::Purchase => cents,
        EventKind::Return => -cents,
        _ => 0,
    }
}
