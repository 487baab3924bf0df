//! Later events in, figures out: does the personal order put what a shopper went on to buy or click higher than the
//! order everybody gets, and higher than the most wanted first?

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::intervals::{Estimate, ratio};
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
    /// Mean of 1 ÷ the place in the personal order over that in the others, drawn by shopper.
    pub times_popular: Estimate,
    pub times_plain: Estimate,
    /// Share of choices that stood higher in the personal order than in the plain one.
    pub helped: f64,
    /// Share that stood lower.
    pub hurt: f64,
    /// How many shoppers chose.
    pub shoppers: usize,
    /// Share of shoppers whose choices stood higher, on average of 1 ÷ the place, in the personal order.
    pub shoppers_helped: f64,
    /// Share of those whose choices stood lower.
    pub shoppers_hurt: f64,
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

/// What was chosen from a list, by whom, and where it stood.
#[derive(Clone, Copy)]
struct Choice {
    shopper: usize,
    popular: usize,
    plain: usize,
    personal: usize,
}

/// All choices, and those of each group.
#[derive(Default)]
struct Choices {
    shoppers: FxHashMap<String, usize>,
    all: Vec<Choice>,
    by_novelty: BTreeMap<String, Vec<Choice>>,
    by_history: BTreeMap<String, Vec<Choice>>,
    by_segment: BTreeMap<String, Vec<Choice>>,
    left_out: usize,
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
    let mut choices = Choices::default();
    let mut done = 0;
    for basket in events.chunk_by(|one, other| one.at == other.at && one.shopper == other.shopper) {
        for event in basket {
            if matches!(event.kind, EventKind::Purchase | EventKind::Click) {
                judge(engine, &snapshot, event, impact, &mut choices)?;
            }
        }
        engine.record(basket.to_vec(), basket[0].at)?;
        done += basket.len();
        progress(done);
    }
    Ok(choices.report())
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
    choices: &mut Choices,
) -> Result<(), SessionsError> {
    let shopper = choices.number_of(&event.shopper);
    for product in &event.products {
        let columns = &snapshot.catalog.columns;
        let request = columns
            .ordinal(product)
            .and_then(|product| Some((product, list_of(snapshot, event, product)?)));
        let Some((product, request)) = request else {
            choices.left_out += 1;
            continue;
        };
        let Some(choice) = choice(engine, shopper, product, &request, impact)? else {
            choices.left_out += 1;
            continue;
        };
        choices.all.push(choice);
        let (events, is_known) = before(engine, event, columns.product_id(product));
        let novelty = if is_known {
            "met before"
        } else {
            "new to the shopper"
        };
        let of = |groups: &mut BTreeMap<String, Vec<Choice>>, name: &str| {
            groups.entry(name.to_owned()).or_default().push(choice);
        };
        of(&mut choices.by_novelty, novelty);
        of(&mut choices.by_history, history_of(events));
        let segments = engine.shopper_segments(&event.shopper, event.at);
        segments
            .iter()
            .for_each(|name| of(&mut choices.by_segment, name));
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
    shopper: usize,
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
        shopper,
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

impl Choices {
    fn number_of(&mut self, shopper: &str) -> usize {
        let next = self.shoppers.len();
        *self.shoppers.entry(shopper.to_owned()).or_insert(next)
    }

    fn report(&self) -> SessionsReport {
        let orders = |groups: &BTreeMap<String, Vec<Choice>>| {
            let groups = groups.iter();
            groups
                .map(|(name, choices)| (name.clone(), Orders::of(choices)))
                .collect()
        };
        SessionsReport {
            all: Orders::of(&self.all),
            by_novelty: orders(&self.by_novelty),
            by_history: orders(&self.by_history),
            by_segment: orders(&self.by_segment),
            left_out: self.left_out,
        }
    }
}

/// 1 ÷ the places of what one shopper chose, summed up.
#[derive(Default)]
struct Sums {
    popular: f64,
    plain: f64,
    personal: f64,
}

impl Orders {
    fn of(choices: &[Choice]) -> Orders {
        let mut by_shopper: BTreeMap<usize, Sums> = BTreeMap::new();
        for choice in choices {
            by_shopper.entry(choice.shopper).or_default().add(choice);
        }
        let share = |of: &dyn Fn(&Choice) -> f64| {
            choices.iter().map(of).sum::<f64>() / choices.len().max(1) as f64
        };
        let of_shoppers = |is: &dyn Fn(&Sums) -> bool| {
            let shoppers = by_shopper.values().filter(|sums| is(sums)).count();
            shoppers as f64 / by_shopper.len().max(1) as f64
        };
        let times = |other: &dyn Fn(&Sums) -> f64| {
            let sums = by_shopper.values().map(|sums| (sums.personal, other(sums)));
            ratio(&sums.collect::<Vec<_>>())
        };
        let truth = |is: bool| f64::from(u8::from(is));
        let gain = |place: usize| 1.0 / (place as f64 + 1.0).log2();
        Orders {
            choices: choices.len(),
            mrr_popular: share(&|choice| 1.0 / choice.popular as f64),
            mrr_plain: share(&|choice| 1.0 / choice.plain as f64),
            mrr_personal: share(&|choice| 1.0 / choice.personal as f64),
            ndcg_plain: share(&|choice| gain(choice.plain)),
            ndcg_personal: share(&|choice| gain(choice.personal)),
            times_popular: times(&|sums| sums.popular),
            times_plain: times(&|sums| sums.plain),
            helped: share(&|choice| truth(choice.personal < choice.plain)),
            hurt: share(&|choice| truth(choice.personal > choice.plain)),
            shoppers: by_shopper.len(),
            shoppers_helped: of_shoppers(&|sums| sums.personal > sums.plain),
            shoppers_hurt: of_shoppers(&|sums| sums.personal < sums.plain),
        }
    }
}

impl Sums {
    fn add(&mut self, choice: &Choice) {
        self.popular += 1.0 / choice.popular as f64;
        self.plain += 1.0 / choice.plain as f64;
        self.personal += 1.0 / choice.personal as f64;
    }
}
