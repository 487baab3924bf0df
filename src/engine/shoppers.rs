//! Where the corridor meets the shoppers: who asks, and what was done with which products.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;

use super::EngineError;
use super::facets::Personal;
use super::request::Request;
use super::{Engine, Hit, Snapshot, evidence};
use crate::catalog::filter::{self, Filter};
use crate::catalog::schema::Role;
use crate::journal::{Entry, Event, Evidence, JournalError, Person};
use crate::merchandising::Decision;
use crate::query::LastWord;
use crate::ranking::{Known, Recipe, Taste, prior_share};
use crate::retrieval::{self, Candidate, SoldOut};
use crate::shoppers::segments::Facts;
use crate::shoppers::words::{PRICE_TIER, PRODUCT, REDUCED};
use crate::shoppers::{Consent, Held, Profile, Recorded, Shoppers, Summary, Visit};

/// Who asks.
#[derive(Default)]
pub(super) struct Visitor<'e> {
    pub(super) shoppers: Option<&'e Shoppers>,
    /// `None` for somebody nobody knows.
    pub(super) profile: Option<Arc<Profile>>,
    pub(super) person: Option<Person>,
    /// Values that somebody in the visitor's segments is taken to lean to, with the segment: by attribute and code.
    starts: Vec<Start>,
    /// Names of the segments the visitor is in.
    pub(super) segments: Vec<String>,
}

/// What a segment's shoppers are taken to lean to.
pub(super) struct Start {
    pub(super) segment: String,
    attribute: usize,
    code: u32,
}

impl Start {
    pub(super) fn is_to(&self, snapshot: &Snapshot, attribute: &str, value: &str) -> bool {
        let (schema, columns) = (&snapshot.catalog.schema, &snapshot.catalog.columns);
        let words = columns.words(self.attribute);
        schema.attributes[self.attribute].name == attribute
            && words.is_some_and(|(dictionary, ..)| dictionary.value(self.code) == value)
    }
}

/// A segment, and how many of the known shoppers are in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct SegmentCount {
    pub name: String,
    /// The condition.
    pub when: String,
    pub shoppers: usize,
}

impl Engine {
    /// Records events, which arrived `now`, with what their products were when they happened; durable when this
    /// returns, and visible to the shopper's next request.
    pub fn record(&self, events: Vec<Event>, now: Timestamp) -> Result<Recorded, JournalError> {
        let snapshot = self.live.load_full();
        let Some(shoppers) = &self.shoppers else {
            return Err(JournalError::Stopped);
        };
        let entry = |mut event: Event| {
            self.shown.credit(&snapshot, &mut event);
            let mut entry = entry(&snapshot, event);
            // What the shop adds is no evidence of taste.
            self.shown.complete(&mut entry.event);
            entry
        };
        shoppers.record(events.into_iter().map(entry).collect(), now)
    }

    /// The words of a list that was answered lately; `None` for one that nobody remembers, and for one without words.
    pub fn words_of(&self, query_id: &str) -> Option<String> {
        self.shown.words_of(query_id)
    }

    /// Saves what shoppers did, so that the next opening has nothing to replay.
    pub fn save(&self) -> Result<(), JournalError> {
        self.shoppers.as_ref().map_or(Ok(()), Shoppers::checkpoint)
    }

    /// What is known of a shopper; `None` for an unknown one.
    pub fn shopper(&self, id: &str, now: Timestamp) -> Option<Summary> {
        let snapshot = self.live.load_full();
        let shoppers = self.shoppers.as_ref()?;
        let share = |attribute: &str, value: &str| share_of(&snapshot, attribute, value);
        let summary = shoppers.summary(id, now, share)?;
        let segments = shoppers.find(id).map_or_else(Vec::new, |shopper| {
            segments_of(
                &snapshot,
                shoppers,
                &shopper.profile,
                &Visit::default(),
                now,
            )
        });
        Some(Summary {
            segments,
            ..summary
        })
    }

    /// Names of the segments that a shopper is in.
    pub fn shopper_segments(&self, id: &str, now: Timestamp) -> Vec<String> {
        let snapshot = self.live.load_full();
        let Some(shoppers) = &self.shoppers else {
            return Vec::new();
        };
        let profile = shoppers.profile(id);
        segments_of(&snapshot, shoppers, &profile, &Visit::default(), now)
    }

    /// The products of a list in their order, by ordinal, without rules and without a page around them.
    pub fn order(&self, request: &Request) -> Result<Vec<u32>, EngineError> {
        let mut only = Vec::new();
        self.orders(std::slice::from_ref(request), |order| only = order)?;
        Ok(only)
    }

    /// The same list as several shoppers get it: these requests differ in their shopper alone, so what they find is
    /// found once.
    pub fn orders(
        &self,
        requests: &[Request],
        mut visit: impl FnMut(Vec<u32>),
    ) -> Result<(), EngineError> {
        let snapshot = self.live.load_full();
        let Some(first) = requests.first() else {
            return Ok(());
        };
        let asked = first.read(&snapshot)?;
        let query = super::understand(&snapshot, first, LastWord::Whole);
        // A shopper's segment may have a recipe that treats what is sold out otherwise.
        let mut found: Option<(SoldOut, Vec<Candidate>)> = None;
        for request in requests {
            let visitor = self.visitor(&snapshot, request);
            let recipe = asked.recipe(&snapshot, None, &visitor.segments);
            let plan = super::plan(&snapshot, &query, &asked, recipe);
            let known = found.take().filter(|known| known.0 == plan.sold_out);
            let (sold_out, candidates) = match known {
                Some(known) => known,
                None => {
                    let (text, columns) = (&snapshot.catalog.text, &snapshot.catalog.columns);
                    let fetched = retrieval::fetch(text, columns, &plan)?;
                    (plan.sold_out, fetched.candidates)
                }
            };
            let decision = Decision::default();
            let impact = request.impact.unwrap_or(recipe.impact);
            let taste = visitor.taste(&snapshot, impact, request.now);
            let personal = Personal {
                taste: &taste,
                impact,
            };
            let own = candidates.clone();
            let ranked = super::rank(
                &snapshot, &query, &decision, request, &asked, recipe, &visitor, personal, &plan,
                own,
            );
            let hits = ranked.hits.iter().take(ranked.reranked);
            visit(hits.map(|hit| hit.candidate.ordinal).collect());
            found = Some((sold_out, candidates));
        }
        Ok(())
    }

    /// How much shoppers in general want these products.
    pub fn wanted(&self, products: &[u32], now: Timestamp) -> FxHashMap<u32, f64> {
        let snapshot = self.live.load_full();
        let Some(shoppers) = &self.shoppers else {
            return products.iter().map(|product| (*product, 0.0)).collect();
        };
        let (words, demand) = (shoppers.words(), shoppers.demand());
        let wanted = |product: &u32| {
            let word = words.find(PRODUCT, snapshot.catalog.columns.product_id(*product));
            let wanted = word.map_or(0.0, |word| demand.wanted(word, now.as_millisecond()));
            (*product, wanted)
        };
        products.iter().map(wanted).collect()
    }

    /// Everything that is held of a shopper; `None` for an unknown one.
    pub fn held(&self, id: &str, now: Timestamp) -> Result<Option<Held>, JournalError> {
        let (Some(shoppers), Some(summary)) = (&self.shoppers, self.shopper(id, now)) else {
            return Ok(None);
        };
        shoppers.held(summary).map(Some)
    }

    /// Erases a shopper at once; false when there is nobody of that name.
    pub fn erase(&self, id: &str) -> Result<bool, JournalError> {
        self.shown.forget_all();
        self.slots.forget_all();
        match &self.shoppers {
            Some(shoppers) => shoppers.erase(id),
            None => Ok(false),
        }
    }

    /// Erases whoever was not seen for this many days, and the files of events that all are as old; returns how many
    /// shoppers that were.
    pub fn sweep(&self, days: u32, now: Timestamp) -> Result<usize, JournalError> {
        self.shown.forget_all();
        self.slots.forget_all();
        let kept_for = SignedDuration::from_hours(24 * i64::from(days));
        let swept = |shoppers: &Shoppers| shoppers.sweep(now, kept_for);
        self.shoppers.as_ref().map_or(Ok(0), swept)
    }

    /// What a shopper allows from now on; see `Shoppers::set_consent`.
    pub fn set_consent(&self, id: &str, consent: Consent) -> Result<(), JournalError> {
        if consent == Consent::Nothing {
            self.shown.forget_all();
            self.slots.forget_all();
        }
        match &self.shoppers {
            Some(shoppers) => shoppers.set_consent(id, consent),
            None => Err(JournalError::Stopped),
        }
    }

    /// All segments with their conditions and how many shoppers are in each. Reads every profile.
    pub fn segment_counts(&self, now: Timestamp) -> Vec<SegmentCount> {
        let snapshot = self.live.load_full();
        let mut counted: FxHashMap<String, usize> = FxHashMap::default();
        if let Some(shoppers) = &self.shoppers {
            shoppers.for_each_profile(|profile| {
                let visit = Visit::default();
                for name in segments_of(&snapshot, shoppers, profile, &visit, now) {
                    *counted.entry(name).or_default() += 1;
                }
            });
        }
        let segments = snapshot.segments.segments.iter();
        let count = |name: &str| counted.get(name).copied().unwrap_or_default();
        segments
            .map(|segment| SegmentCount {
                name: segment.name.clone(),
                when: segment.when.clone(),
                shoppers: count(&segment.name),
            })
            .collect()
    }

    pub(super) fn visitor(&self, snapshot: &Snapshot, request: &Request) -> Visitor<'_> {
        let mut visitor = Visitor::default();
        if let Some(segments) = &request.logged_segments {
            visitor.segments.clone_from(segments);
            return visitor;
        }
        visitor.segments.extend(request.segment.clone());
        let Some(shoppers) = &self.shoppers else {
            return visitor;
        };
        let known = request.shopper.as_deref().and_then(|id| shoppers.find(id));
        let may_lean = known
            .as_ref()
            .is_none_or(|shopper| shopper.consent == Consent::Personalize);
        let known = known.filter(|_| may_lean);
        let person = known.as_ref().map(|shopper| shopper.person);
        let profile = known.map(|shopper| shopper.profile);
        let nobody = || shoppers.profile("");
        let seen = profile.clone().unwrap_or_else(nobody);
        let visit = Visit {
            device: request.device.clone(),
            country: request.country.clone(),
            campaign: request.campaign.clone(),
            referrer: request.referrer.clone(),
        };
        let segments = segments_of(snapshot, shoppers, &seen, &visit, request.now);
        visitor.segments.extend(segments);
        let starts = if may_lean {
            starts(snapshot, &visitor.segments)
        } else {
            Vec::new()
        };
        Visitor {
            shoppers: Some(shoppers),
            profile,
            person,
            starts,
            ..visitor
        }
    }
}

impl Visitor<'_> {
    /// The visitor's taste in this catalog; nobody's at an impact of 0.
    pub(super) fn taste<'c>(
        &self,
        snapshot: &'c Snapshot,
        impact: f64,
        now: Timestamp,
    ) -> Taste<'c> {
        let Some(shoppers) = self.shoppers.filter(|_| impact > 0.0) else {
            return Taste::none();
        };
        if self.profile.is_none() && self.starts.is_empty() {
            return Taste::none();
        }
        let nobody = || shoppers.profile("");
        let starts = self.starts.iter();
        let starts: Vec<(usize, u32)> = starts.map(|of| (of.attribute, of.code)).collect();
        let known = Known {
            profile: &self.profile.clone().unwrap_or_else(nobody),
            words: &shoppers.words(),
            demand: &shoppers.demand(),
            neighbours: &shoppers.neighbours(),
            person: self.person,
            starts: &starts,
            settings: &snapshot.recipes.affinity,
            now,
        };
        Taste::bind(&known, snapshot.shelf(), snapshot.price_tiers())
    }

    /// How much shoppers in general want each candidate; nothing when the recipe does not ask.
    pub(super) fn wanted(
        &self,
        snapshot: &Snapshot,
        recipe: &Recipe,
        is_browsed: bool,
        candidates: &[Candidate],
        now: Timestamp,
    ) -> Vec<f64> {
        let weight = if is_browsed {
            recipe.demand_browsed
        } else {
            recipe.demand
        };
        let is_asked = weight > 0.0 || recipe.explore > 0.0;
        let Some(shoppers) = self.shoppers.filter(|_| is_asked) else {
            return Vec::new();
        };
        let (words, demand) = (shoppers.words(), shoppers.demand());
        if demand.is_empty() {
            return Vec::new();
        }
        let wanted = |candidate: &Candidate| {
            let id = snapshot.catalog.columns.product_id(candidate.ordinal);
            let word = words.find(PRODUCT, id);
            word.map_or(0.0, |word| demand.wanted(word, now.as_millisecond()))
        };
        candidates.iter().map(wanted).collect()
    }

    /// Says of every affinity what it comes from.
    pub(super) fn explain(&self, snapshot: &Snapshot, now: Timestamp, hits: &mut [Hit]) {
        let Some(shoppers) = self.shoppers else {
            return;
        };
        let nobody = || shoppers.profile("");
        let known = evidence::Known {
            snapshot,
            profile: &self.profile.clone().unwrap_or_else(nobody),
            words: &shoppers.words(),
            demand: &shoppers.demand(),
            neighbours: &shoppers.neighbours(),
            starts: &self.starts,
            now,
        };
        evidence::explain(&known, hits);
    }
}

/// What a visitor in these segments is taken to lean to, as far as the catalog has it.
fn starts(snapshot: &Snapshot, segments: &[String]) -> Vec<Start> {
    let (schema, columns) = (&snapshot.catalog.schema, &snapshot.catalog.columns);
    let named = segments.iter().flat_map(|name| {
        snapshot
            .segments
            .leanings_of(name)
            .map(move |of| (name, of))
    });
    let start = |(segment, (attribute, value)): (&String, &(String, String))| {
        let attribute = schema.position(attribute)?;
        let (dictionary, ..) = columns.words(attribute)?;
        Some(Start {
            segment: segment.clone(),
            attribute,
            code: dictionary.code(value)?,
        })
    };
    named.filter_map(start).collect()
}

fn segments_of(
    snapshot: &Snapshot,
    shoppers: &Shoppers,
    profile: &Profile,
    visit: &Visit,
    now: Timestamp,
) -> Vec<String> {
    let words = shoppers.words();
    let facts = Facts {
        profile,
        words: &words,
        settings: &snapshot.recipes.affinity,
        visit,
        prior_share: &|attribute, value| share_of(snapshot, attribute, value),
        now,
    };
    let names = snapshot.segments.of(&facts);
    names.into_iter().map(str::to_owned).collect()
}

/// The share of the catalog's products that have a value.
fn share_of(snapshot: &Snapshot, attribute: &str, value: &str) -> f64 {
    if attribute == PRICE_TIER {
        return crate::ranking::TIER_SHARE;
    }
    let (schema, columns) = (&snapshot.catalog.schema, &snapshot.catalog.columns);
    let products_with = schema
        .position(attribute)
        .and_then(|position| columns.words(position))
        .and_then(|(dictionary, ..)| Some(dictionary.product_count(dictionary.code(value)?)));
    prior_share(products_with.unwrap_or(1), columns.products())
}

/// An event with what its products are, and what its category and its filter say.
fn entry(snapshot: &Snapshot, event: Event) -> Entry {
    let columns = &snapshot.catalog.columns;
    let mut evidence = Vec::new();
    for product in event.products.iter().filter_map(|id| columns.ordinal(id)) {
        product_evidence(snapshot, product, &mut evidence);
    }
    if event.products.is_empty() {
        evidence.extend(said(snapshot, &event));
    }
    Entry { event, evidence }
}

fn product_evidence(snapshot: &Snapshot, product: u32, evidence: &mut Vec<Evidence>) {
    let (schema, columns) = (&snapshot.catalog.schema, &snapshot.catalog.columns);
    let mut add = |attribute: &str, value: &str| {
        evidence.push(Evidence {
            attribute: attribute.to_owned(),
            value: value.to_owned(),
        });
    };
    add(PRODUCT, columns.product_id(product));
    for (position, attribute) in schema.attributes.iter().enumerate() {
        if attribute.affinity || attribute.role == Some(Role::Size) {
            for value in columns.words_of(position, product) {
                add(&attribute.name, value);
            }
        }
    }
    if let Some(tier) = snapshot.price_tiers().of(product) {
        add(PRICE_TIER, &tier.to_string());
    }
    let number = |role| columns.number(schema.role(role)?, product);
    if let (Some(price), Some(list_price)) = (number(Role::Price), number(Role::ListPrice)) {
        add(REDUCED, if price < list_price { "yes" } else { "no" });
    } else if schema.role(Role::ListPrice).is_some() {
        add(REDUCED, "no");
    }
}

/// The values that a category or a filter names, as far as they are used for affinity.
fn said(snapshot: &Snapshot, event: &Event) -> Vec<Evidence> {
    let schema = &snapshot.catalog.schema;
    let mut said: Vec<(usize, String)> = Vec::new();
    if let (Some(category), Some(attribute)) = (&event.category, schema.role(Role::Category)) {
        said.push((attribute, category.clone()));
    }
    if let Some(filter) = &event.filter
        && let Ok(filter) = filter::parse(schema, filter)
    {
        named_values(&filter, &mut said);
    }
    let sold = |(attribute, value): (usize, String)| {
        let is_used = schema.attributes[attribute].affinity;
        let (dictionary, ..) = snapshot.catalog.columns.words(attribute)?;
        let code = dictionary.code(&value).filter(|_| is_used)?;
        Some(Evidence {
            attribute: schema.attributes[attribute].name.clone(),
            value: dictionary.value(code).to_owned(),
        })
    };
    said.into_iter().filter_map(sold).collect()
}

/// What a filter asks for; what it leaves out is no evidence.
fn named_values(filter: &Filter, named: &mut Vec<(usize, String)>) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => {
            parts.iter().for_each(|part| named_values(part, named));
        }
        Filter::Is { attribute, value } => named.push((*attribute, value.clone())),
        Filter::Not(_) | Filter::Within { .. } => {}
    }
}
