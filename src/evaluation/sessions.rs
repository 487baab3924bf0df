//! Later events in, figures out: does the personal order put what a shopper went on to buy or click higher than the
//! order everybody gets, and higher than the most wanted first?

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::schema::{Kind, Role};
use crate::engine::{Engine, EngineError, Request, RulesSwitch, Snapshot};
use crate::journal::{Event, EventKind, JournalError};
use crate::ranking::RERANKED_MAX;
use crate::shoppers::words::PRODUCT;

/// Of a product's title, this many of its last words are what somebody would search who wants such a product.
const TITLE_WORDS: usize = 2;

/// Groups of shoppers by how many events they had before.
const HISTORIES: [(u64, &str); 4] = [
    (0, "no history"),
    (10, "1 to 9 events"),
    (50, "10 to 49 events"),
    (u64::MAX, "50 events and more"),
];

/// Why later events could not be replayed.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    #[error("{0}")]
    Engine(#[from] EngineError),
    #[error("{0}")]
    Journal(#[from] JournalError),
}

/// Means over the products that shoppers went on to buy or click.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Orders {
    /// How many choices the means are over.
    pub choices: usize,
    /// Mean of 1 ÷ the place of what was chosen: most wanted first, …
    pub mrr_popular: f64,
    /// … as everybody gets it, …
    pub mrr_plain: f64,
    /// … and as the shopper gets it.
    pub mrr_personal: f64,
    pub ndcg_plain: f64,
    pub ndcg_personal: f64,
    /// Share of choices that stood higher in the personal order than in the plain one.
    pub helped: f64,
    /// Share that stood lower.
    pub hurt: f64,
}

/// How the personal order does on later events.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SessionsReport {
    pub all: Orders,
    /// What the shopper had bought or looked at before, and what not.
    pub by_novelty: BTreeMap<String, Orders>,
    pub by_history: BTreeMap<String, Orders>,
    pub by_segment: BTreeMap<String, Orders>,
    /// Choices that were left out: the product is unknown, or its list does not hold it or nothing else.
    pub left_out: usize,
}

/// What was chosen from a list, and where it stood.
struct Choice {
    popular: usize,
    plain: usize,
    personal: usize,
}

/// Replays `events`, oldest first, on an engine whose shoppers have done what came before. Each choice is judged by
/// what was known before its basket, then recorded. `progress` hears how many events are done.
pub fn replay_sessions(
    engine: &Engine,
    mut events: Vec<Event>,
    impact: f64,
    mut progress: impl FnMut(usize),
) -> Result<SessionsReport, SessionsError> {
    events.sort_by_key(|event| event.at);
    let snapshot = engine.snapshot();
    let mut report = SessionsReport::default();
    let mut done = 0;
    for basket in events.chunk_by(|one, other| one.at == other.at && one.shopper == other.shopper) {
        for event in basket {
            if matches!(event.kind, EventKind::Purchase | EventKind::Click) {
                judge(engine, &snapshot, event, impact, &mut report)?;
            }
        }
        engine.record(basket.to_vec(), basket[0].at)?;
        done += basket.len();
        progress(done);
    }
    let groups = [
        &mut report.by_novelty,
        &mut report.by_history,
        &mut report.by_segment,
    ];
    let grouped = groups.into_iter().flat_map(BTreeMap::values_mut);
    grouped.chain([&mut report.all]).for_each(Orders::average);
    Ok(report)
}

/// The group of somebody who did so much before.
pub(super) fn history_of(events: u64) -> &'static str {
    let mut groups = HISTORIES.iter();
    let group = groups.find(|(below, _)| events < *below || events == 0);
    group.map_or("", |(_, name)| name)
}

fn judge(
    engine: &Engine,
    snapshot: &Snapshot,
    event: &Event,
    impact: f64,
    report: &mut SessionsReport,
) -> Result<(), SessionsError> {
    for product in &event.products {
        let columns = &snapshot.catalog.columns;
        let request = columns
            .ordinal(product)
            .and_then(|product| Some((product, list_of(snapshot, event, product)?)));
        let Some((product, request)) = request else {
            report.left_out += 1;
            continue;
        };
        let Some(choice) = choice(engine, product, &request, impact)? else {
            report.left_out += 1;
            continue;
        };
        report.all.add(&choice);
        let (events, is_known) = before(engine, event, columns.product_id(product));
        let novelty = if is_known {
            "met before"
        } else {
            "new to the shopper"
        };
        let of = |groups: &mut BTreeMap<String, Orders>, name: &str| {
            groups.entry(name.to_owned()).or_default().add(&choice);
        };
        of(&mut report.by_novelty, novelty);
        of(&mut report.by_history, history_of(events));
        let segments = engine.shopper_segments(&event.shopper, event.at);
        segments
            .iter()
            .for_each(|name| of(&mut report.by_segment, name));
    }
    Ok(())
}

/// The list somebody who wants this product would look through: what was searched, else its category, else what its
/// title ends with.
fn list_of(snapshot: &Snapshot, event: &Event, product: u32) -> Option<Request> {
    let catalog = &snapshot.catalog;
    let request = |q: &str| Request {
        hits_per_page: RERANKED_MAX,
        rules: RulesSwitch::Off,
        shopper: Some(event.shopper.clone()),
        ..Request::new(q, event.at)
    };
    if let Some(query) = &event.query {
        return Some(request(query));
    }
    if let Some(attribute) = catalog.schema.role(Role::Category) {
        let depth = |value: &&str| match catalog.schema.attributes[attribute].kind {
            Kind::Path => value.matches(PATH_SEPARATOR).count(),
            _ => 0,
        };
        let values = catalog.columns.words_of(attribute, product).into_iter();
        let category = values.max_by_key(depth)?;
        return Some(Request {
            category: Some(category.to_owned()),
            surface: "category".to_owned(),
            ..request("")
        });
    }
    let title = catalog.schema.role(Role::Title)?;
    let title = &catalog.schema.attributes[title].name;
    let document = catalog.documents.get(product);
    let words: Vec<&str> = document.get(title)?.as_str()?.split_whitespace().collect();
    let last = &words[words.len().saturating_sub(TITLE_WORDS)..];
    Some(request(&last.join(" ")))
}

fn choice(
    engine: &Engine,
    product: u32,
    request: &Request,
    impact: f64,
) -> Result<Option<Choice>, EngineError> {
    let order = |impact: f64| {
        engine.order(&Request {
            impact: Some(impact),
            ..request.clone()
        })
    };
    let (plain, personal) = (order(0.0)?, order(impact)?);
    let mut popular = plain.clone();
    let wanted = engine.wanted(&plain, request.now);
    popular.sort_by(|left, right| wanted[right].total_cmp(&wanted[left]).then(left.cmp(right)));
    let place = |order: &[u32]| Some(order.iter().position(|own| *own == product)? + 1);
    let places = (place(&popular), place(&plain), place(&personal));
    let (Some(popular), Some(plain_place), Some(personal)) = places else {
        return Ok(None);
    };
    Ok((plain.len() > 1).then_some(Choice {
        popular,
        plain: plain_place,
        personal,
    }))
}

/// How many events the shopper had before, and whether the product was in one of them.
fn before(engine: &Engine, event: &Event, product: &str) -> (u64, bool) {
    let Some(shoppers) = engine.shoppers() else {
        return (0, false);
    };
    let profile = shoppers.profile(&event.shopper);
    let word = shoppers.words().find(PRODUCT, product);
    let evidence = word.map_or(0.0, |word| {
        profile.evidence_for(shoppers.settings(), word, event.at)
    });
    (profile.events(), evidence != 0.0)
}

impl Orders {
    /// Adds a choice to the sums.
    fn add(&mut self, choice: &Choice) {
        let reciprocal = |place: usize| 1.0 / place as f64;
        let gain = |place: usize| 1.0 / (place as f64 + 1.0).log2();
        self.choices += 1;
        self.mrr_popular += reciprocal(choice.popular);
        self.mrr_plain += reciprocal(choice.plain);
        self.mrr_personal += reciprocal(choice.personal);
        self.ndcg_plain += gain(choice.plain);
        self.ndcg_personal += gain(choice.personal);
        self.helped += f64::from(u8::from(choice.personal < choice.plain));
        self.hurt += f64::from(u8::from(choice.personal > choice.plain));
    }

    /// Makes means of sums.
    fn average(&mut self) {
        let choices = self.choices.max(1) as f64;
        for sum in [
            &mut self.mrr_popular,
            &mut self.mrr_plain,
            &mut self.mrr_personal,
            &mut self.ndcg_plain,
            &mut self.ndcg_personal,
            &mut self.helped,
            &mut self.hurt,
        ] {
            *sum /= choices;
        }
    }
}
