//! The corridor for lists that start from products, baskets or shoppers: the same steps, with candidates that were not
//! searched for.

mod candidates;
mod why;

pub use why::Why;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::facets::Personal;
use super::page::{self, Hit, Page};
use super::request::{Request, RulesSwitch, parameter, unknown};
use super::shown::AskedFor;
use super::{Engine, EngineError, Snapshot, decide, plan, understand};
use crate::catalog::schema::Role;
use crate::merchandising::{self, Arranged, ArrangedHit, Decision, Fetched, RuleReport};
use crate::problem::Problem;
use crate::query::LastWord;
use crate::ranking::{self, Ranked, Ranking};
use crate::recommendations::{LISTS, List, Reason, category_of, look_of};
use candidates::{Search, barred};
use why::title_of;

/// A list starts from at most so many products.
pub const PRODUCTS_MAX: usize = 100;

/// At most so many products in one slot.
pub const SLOT_PRODUCTS_MAX: usize = 100;

/// Names of pages and slots are at most so long, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// So many more products than a slot shows are found, for those that turn out to be shown elsewhere or alike.
const SPARE: usize = 12;

/// When too few of the candidates can be shown, so many times as many are looked for.
const MORE_TIMES: usize = 16;

/// In a list that shows some of everything, one category has at most a third of the places while there are others,
const OF_CATEGORY_SHARE: usize = 3;

/// which are looked for among the first so many times as many products as the list shows.
const PASSED_TIMES: usize = 12;

/// Taste chooses among at least so many candidates.
const CANDIDATES_MIN: usize = 60;

/// What to recommend. The request says to whom, where and under which filter; its `hits_per_page` is the slot's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommending {
    /// The name of a list, such as `similar`.
    pub list: String,
    /// Ids of products that the list starts from: the product of the page, the cart, what was bought; the latest first.
    pub products: Vec<String>,
    /// Slots of the same page show no product twice.
    pub page_id: Option<String>,
    /// Which slot of the page it is; the list's name when not said.
    pub slot: Option<String>,
    /// What is sold out may be shown, too.
    pub sold_out: bool,
    pub request: Request,
}

/// A list of recommended products.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Recommendations {
    pub list: String,
    pub slot: String,
    pub surface: String,
    /// 32 hexadecimal digits; events name it.
    pub query_id: String,
    /// Set by the door that answers.
    pub took_ms: f64,
    pub hits: Vec<Recommendation>,
    /// Rules that held; with `explain`, all of them.
    pub rules: Vec<RuleReport>,
    pub problems: Vec<Problem>,
}

/// A recommended product.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Recommendation {
    #[serde(flatten)]
    pub hit: Hit,
    pub why: Why,
}

impl Recommending {
    /// A slot of six products for a shopper nobody knows.
    pub fn new(list: impl Into<String>, now: Timestamp) -> Recommending {
        Recommending {
            list: list.into(),
            products: Vec::new(),
            page_id: None,
            slot: None,
            sold_out: false,
            request: Request {
                hits_per_page: 6,
                surface: String::new(),
                ..Request::new("", now)
            },
        }
    }

    fn list(&self) -> Result<List, EngineError> {
        List::named(&self.list).ok_or_else(|| {
            let known = LISTS.into_iter().map(List::name);
            unknown("list", &self.list, known, "see docs/recommendations.md")
        })
    }

    fn check(&self, list: List) -> Result<(), EngineError> {
        if list.needs_products() && self.products.is_empty() {
            let suggestion = "name the product of the page, such as \"products\": [\"3920564\"]";
            return Err(parameter("products", "is empty", suggestion));
        }
        if self.products.len() > PRODUCTS_MAX {
            let reason = format!("has {} products", self.products.len());
            let suggestion = format!("write at most {PRODUCTS_MAX}");
            return Err(parameter("products", reason, suggestion));
        }
        if self.request.hits_per_page > SLOT_PRODUCTS_MAX {
            let reason = format!("is {}", self.request.hits_per_page);
            let suggestion = format!("write at most {SLOT_PRODUCTS_MAX}");
            return Err(parameter("count", reason, suggestion));
        }
        for (name, value) in [("page_id", &self.page_id), ("slot", &self.slot)] {
            if value
                .as_ref()
                .is_some_and(|text| text.len() > NAME_BYTES_MAX)
            {
                let suggestion = format!("write at most {NAME_BYTES_MAX} bytes");
                return Err(parameter(name, "is too long", suggestion));
            }
        }
        Ok(())
    }
}

impl Engine {
    /// Recommends products: a list that starts from products, a basket or a shopper.
    pub fn recommend(&self, asking: &Recommending) -> Result<Recommendations, EngineError> {
        let snapshot = self.live.load_full();
        let list = asking.list()?;
        asking.check(list)?;
        let count = asking.request.hits_per_page;
        let slot = asking.slot.as_deref().unwrap_or(list.name());
        let request = in_slot(asking, list);
        let asked = request.read(&snapshot)?;
        let visitor = self.visitor(&snapshot, &request);

        let query = understand(&snapshot, &request, LastWord::Whole);
        let (rules, segments) = (&snapshot.rules, &visitor.segments);
        let whole = LastWord::Whole;
        let decision = decide(&snapshot, rules, &query, &asked, &request, segments, whole);
        let recipe = asked.recipe(&snapshot, decision.recipe(), segments);
        let plan = decision.steer(plan(&snapshot, &query, &asked, recipe));
        let impact = request.impact.unwrap_or(recipe.impact);
        let taste = visitor.taste(&snapshot, impact, request.now);
        let personal = Personal {
            taste: &taste,
            impact,
        };

        let page_id = asking.page_id.as_deref();
        let elsewhere = page_id.map(|page| self.slots.elsewhere(page, slot));
        let elsewhere = elsewhere.unwrap_or_default();
        let search = Search {
            snapshot: &snapshot,
            asking,
            list,
            visitor: &visitor,
            taste: &taste,
            plan: &plan,
            barred: barred(&snapshot, asking, list, &visitor, &elsewhere),
            now: request.now,
        };
        let mut enough = (count + SPARE).max(CANDIDATES_MIN);
        loop {
            let found = search.find(enough)?;
            let candidates = found.candidates.len();
            let ranked = if list.is_ordered() {
                ranking::keep_order(found.candidates)
            } else {
                let (wanted, adjustments) = (
                    visitor.wanted(&snapshot, recipe, false, &found.candidates, request.now),
                    adjustments(&snapshot, &decision, &request),
                );
                let ranking = Ranking {
                    recipe,
                    impact,
                    taste: &taste,
                    adjustments: &adjustments,
                    // Models learn from words that were asked for.
                    model: None,
                    wanted: &wanted,
                    is_browsed: false,
                    draw: 0,
                    now: request.now,
                };
                ranking::rank(snapshot.shelf(), &ranking, found.candidates)
            };
            let fetched = Fetched {
                columns: &snapshot.catalog.columns,
                included: &found.included,
                is_sorted: list.is_ordered(),
                complete: true,
            };
            let mut arranged = merchandising::arrange(&decision, &ranked, fetched);
            let mut pick = |elsewhere: &FxHashSet<String>| {
                pick(&snapshot, &ranked, &mut arranged, elsewhere, list, count)
            };
            match page_id {
                Some(page) => self.slots.fill(page, slot, pick),
                None => drop(pick(&elsewhere)),
            }
            // Candidates may turn out to be shown elsewhere, or to look alike; then more are looked for.
            if arranged.hits.len() < count && candidates >= enough {
                let products = snapshot.catalog.columns.products() as usize;
                enough = enough.saturating_mul(MORE_TIMES).min(products + 1);
                continue;
            }
            let page = page::assemble(
                &snapshot,
                &request,
                &asked,
                query,
                &decision,
                &ranked,
                &arranged,
                page::Summary::of_list(candidates),
                personal,
            );
            self.remember(&snapshot, &request, segments, &ranked, &arranged);
            return Ok(recommendations_of(
                &snapshot,
                &request,
                (list, slot),
                page,
                &found.reasons,
            ));
        }
    }

    /// Remembers what the list shows where, so that events that name its query are credited.
    fn remember(
        &self,
        snapshot: &Snapshot,
        request: &Request,
        segments: &[String],
        ranked: &Ranked,
        arranged: &Arranged<'_>,
    ) {
        if request.query_id == 0 {
            return;
        }
        let product = |hit: &ArrangedHit<'_>| ranked.hits[hit.ranked].candidate.ordinal;
        let shown = (1..).zip(arranged.hits.iter().map(product));
        let generation = snapshot.catalog.generation;
        let asked_for = || AskedFor::of(request, segments);
        self.shown
            .remember(request.query_id, generation, ranked, shown, asked_for);
    }
}

fn adjustments(
    snapshot: &Snapshot,
    decision: &Decision<'_>,
    request: &Request,
) -> Vec<ranking::Adjustment> {
    let mut adjustments = decision.adjustments();
    if request.rules == RulesSwitch::On {
        adjustments.extend(snapshot.goals.iter().cloned());
    }
    adjustments
}

fn recommendations_of(
    snapshot: &Snapshot,
    request: &Request,
    (list, slot): (List, &str),
    page: Page,
    reasons: &FxHashMap<u32, Reason>,
) -> Recommendations {
    let why = |hit: &Hit| {
        let product = snapshot.catalog.columns.ordinal(&hit.id);
        let reason = product.and_then(|product| reasons.get(&product));
        reason.map_or_else(Why::of_rule, |reason| Why::of(snapshot, *reason))
    };
    let recommended = page.hits.into_iter().map(|hit| Recommendation {
        why: why(&hit),
        hit,
    });
    Recommendations {
        list: list.name().to_owned(),
        slot: slot.to_owned(),
        surface: request.surface.clone(),
        query_id: page.query_id,
        took_ms: 0.0,
        hits: recommended.collect(),
        rules: page.rules,
        problems: page.problems,
    }
}

/// The request that the corridor reads.
fn in_slot(asking: &Recommending, list: List) -> Request {
    let surface = &asking.request.surface;
    Request {
        surface: if surface.is_empty() {
            list.surface().to_owned()
        } else {
            surface.clone()
        },
        page: 1,
        sort: None,
        facets: Vec::new(),
        q: String::new(),
        continues: false,
        ..asking.request.clone()
    }
}

/// Keeps the first products that are in no other slot, of each look one, and in varied lists few of each category while
/// there are others; returns their ids.
fn pick(
    snapshot: &Snapshot,
    ranked: &Ranked,
    arranged: &mut Arranged<'_>,
    elsewhere: &FxHashSet<String>,
    list: List,
    count: usize,
) -> Vec<String> {
    let (schema, shelf) = (&snapshot.catalog.schema, snapshot.shelf());
    let differs = schema.role(Role::Color).is_some() || schema.role(Role::Size).is_some();
    let of_category_max = if list.is_varied() {
        (count / OF_CATEGORY_SHARE).max(1)
    } else {
        count
    };
    let id = |hit: &ArrangedHit<'_>| {
        let product = ranked.hits[hit.ranked].candidate.ordinal;
        snapshot.catalog.columns.product_id(product)
    };
    let mut looks = FxHashSet::default();
    let mut of_category: FxHashMap<Option<u32>, usize> = FxHashMap::default();
    let (mut picked, mut others) = (Vec::new(), Vec::new());
    for hit in std::mem::take(&mut arranged.hits) {
        if picked.len() == count || (picked.len() + others.len() >= count * PASSED_TIMES) {
            break;
        }
        let product = ranked.hits[hit.ranked].candidate.ordinal;
        if elsewhere.contains(id(&hit)) {
            continue;
        }
        let look = || look_of(shelf, product, &title_of(snapshot, product));
        if differs && !looks.insert(look()) {
            continue;
        }
        let category = category_of(shelf, product);
        let met = of_category.entry(category).or_default();
        if category.is_some() && *met >= of_category_max && hit.pinned_by.is_none() {
            others.push(hit);
        } else {
            *met += 1;
            picked.push(hit);
        }
    }
    picked.extend(others);
    picked.truncate(count);
    arranged.hits = picked;
    arranged.hits.iter().map(|hit| id(hit).to_owned()).collect()
}
