//! Shoppers whose tastes are known in, figures out: does the personal order show them what they like?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::intervals::{Estimate, ratio};
use super::metrics::ndcg_of;
use super::sessions::history_of;
use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::schema::Role;
use crate::engine::{Engine, EngineError, Request, RulesSwitch, Snapshot};
use crate::problem::Problem;

/// How far down lists are judged.
const PLACES: usize = 10;

/// The group of the same lists as somebody gets them whom nobody knows.
const UNKNOWN: &str = "no history";

/// A shopper and what is known, from elsewhere, to suit them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct KnownTaste {
    pub shopper: String,
    /// By attribute, the values that are liked; attributes the schema does not have say nothing.
    pub tastes: BTreeMap<String, Liked>,
}

/// One value or several.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Liked {
    One(String),
    Some(Vec<String>),
}

/// Means over lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Suited {
    pub lists: usize,
    #[serde(rename = "ndcg@10_plain")]
    pub ndcg_plain: f64,
    #[serde(rename = "ndcg@10_personal")]
    pub ndcg_personal: f64,
    /// The personal orders' NDCG@10 over the plain ones', drawn by shopper.
    pub times_plain: Estimate,
    /// Sums of personal and of plain NDCG@10 of each shopper.
    #[serde(skip)]
    by_shopper: BTreeMap<usize, (f64, f64)>,
    /// Share of lists whose personal order suits better than the plain one, and worse.
    pub helped: f64,
    pub hurt: f64,
}

/// How well personal orders suit shoppers whose tastes are known.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TastesReport {
    /// Lists of shoppers who did something before.
    pub known: Suited,
    /// The same lists for somebody nobody knows.
    pub unknown: Suited,
    pub by_history: BTreeMap<String, Suited>,
    pub by_list: BTreeMap<String, Suited>,
}

/// Reads known tastes, one shopper a line as JSON: `{"shopper": "ida", "tastes": {"brand": ["Acorn"]}}`.
pub fn read_tastes(path: &Path) -> io::Result<(Vec<KnownTaste>, Vec<Problem>)> {
    let text = fs::read_to_string(path)?;
    let (mut tastes, mut problems) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(taste) => tastes.push(taste),
            Err(error) => problems.push(
                Problem::new(path.display().to_string(), error.to_string())
                    .at(number)
                    .suggest(r#"write {"shopper": "…", "tastes": {"attribute": ["value", …]}}"#),
            ),
        }
    }
    Ok((tastes, problems))
}

/// Judges, for every shopper, the pages of the categories they like, and the search for what each is called. A product
/// is as good as it has liked values: each attribute but the category adds a grade, where the first ten places gain
/// 2^grade − 1. Lists that suit nobody more than another are left out.
pub fn judge_tastes(
    engine: &Engine,
    tastes: &[KnownTaste],
    asking: &Request,
    mut progress: impl FnMut(usize),
) -> Result<TastesReport, EngineError> {
    let snapshot = engine.snapshot();
    let mut report = TastesReport::default();
    for (done, taste) in tastes.iter().enumerate() {
        let profile = engine.shoppers().map(|all| all.profile(&taste.shopper));
        let events = profile.map_or(0, |profile| profile.events());
        for (list, request) in lists(&snapshot, taste, asking) {
            let [plain, personal, unknown] = suiting(engine, &snapshot, taste, &request)?;
            let (Some(plain), Some(personal), Some(unknown)) = (plain, personal, unknown) else {
                continue;
            };
            if events > 0 {
                report.known.add(done, plain, personal);
                let of = report.by_history.entry(history_of(events).to_owned());
                of.or_default().add(done, plain, personal);
                let of = report.by_list.entry(list.to_owned());
                of.or_default().add(done, plain, personal);
            }
            report.unknown.add(done, plain, unknown);
        }
        progress(done + 1);
    }
    let unknown = report.unknown.clone();
    report.by_history.insert(UNKNOWN.to_owned(), unknown);
    let groups = [&mut report.by_history, &mut report.by_list];
    let grouped = groups.into_iter().flat_map(BTreeMap::values_mut);
    let all = [&mut report.known, &mut report.unknown];
    grouped.chain(all).for_each(Suited::average);
    Ok(report)
}

/// The lists a shopper looks through, each with what kind of list it is.
fn lists(
    snapshot: &Snapshot,
    taste: &KnownTaste,
    asking: &Request,
) -> Vec<(&'static str, Request)> {
    let schema = &snapshot.catalog.schema;
    let category = schema.role(Role::Category);
    let category = category.map(|position| &schema.attributes[position].name);
    let liked = category.and_then(|name| taste.tastes.get(name));
    let mut lists = Vec::new();
    for value in liked.map_or(&[][..], Liked::values) {
        let request = Request {
            shopper: Some(taste.shopper.clone()),
            rules: RulesSwitch::Off,
            ..asking.clone()
        };
        let name = value.rsplit(PATH_SEPARATOR).next().unwrap_or_default();
        let page = Request {
            category: Some(value.clone()),
            surface: "category".to_owned(),
            ..request.clone()
        };
        lists.push(("category page", page));
        lists.push((
            "search",
            Request {
                q: name.trim().to_owned(),
                ..request
            },
        ));
    }
    lists
}

/// How well a list suits a shopper: as everybody gets it, as the shopper does, and as somebody unknown does. `None` when
/// none of its products suits.
fn suiting(
    engine: &Engine,
    snapshot: &Snapshot,
    taste: &KnownTaste,
    request: &Request,
) -> Result<[Option<f64>; 3], EngineError> {
    let plain = Request {
        impact: Some(0.0),
        ..request.clone()
    };
    let unknown = Request {
        shopper: None,
        ..request.clone()
    };
    let mut suited = [None; 3];
    for (suited, request) in suited.iter_mut().zip([&plain, request, &unknown]) {
        let order = engine.order(request)?;
        let grades: Vec<u32> = order.iter().map(|of| grade(snapshot, taste, *of)).collect();
        *suited = ndcg_of(PLACES, &grades);
    }
    Ok(suited)
}

/// How many attributes, the category left out, a product has a liked value of.
fn grade(snapshot: &Snapshot, taste: &KnownTaste, product: u32) -> u32 {
    let (schema, columns) = (&snapshot.catalog.schema, &snapshot.catalog.columns);
    let suits = |(name, liked): &(&String, &Liked)| {
        let Some(attribute) = schema.position(name) else {
            return false;
        };
        let is_category = schema.attributes[attribute].role == Some(Role::Category);
        let own: BTreeSet<&str> = columns.words_of(attribute, product).into_iter().collect();
        !is_category
            && liked
                .values()
                .iter()
                .any(|value| own.contains(value.as_str()))
    };
    taste.tastes.iter().filter(suits).count() as u32
}

impl Liked {
    fn values(&self) -> &[String] {
        match self {
            Liked::One(value) => std::slice::from_ref(value),
            Liked::Some(values) => values,
        }
    }
}

impl Suited {
    /// Adds a list to the sums.
    fn add(&mut self, shopper: usize, plain: f64, personal: f64) {
        self.lists += 1;
        let sums = self.by_shopper.entry(shopper).or_default();
        *sums = (sums.0 + personal, sums.1 + plain);
        self.ndcg_plain += plain;
        self.ndcg_personal += personal;
        self.helped += f64::from(u8::from(personal > plain));
        self.hurt += f64::from(u8::from(personal < plain));
    }

    /// Makes means of sums.
    fn average(&mut self) {
        let lists = self.lists.max(1) as f64;
        let sums = [
            &mut self.ndcg_plain,
            &mut self.ndcg_personal,
            &mut self.helped,
            &mut self.hurt,
        ];
        sums.into_iter().for_each(|sum| *sum /= lists);
        let by_shopper: Vec<(f64, f64)> = self.by_shopper.values().copied().collect();
        self.times_plain = ratio(&by_shopper);
    }
}
