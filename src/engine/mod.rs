//! The corridor: one request, one snapshot, one page.
//!
//! Everything here is synchronous and knows no clock: `now` and the query's id arrive in the request.

mod changed;
mod error;
mod evidence;
mod facets;
mod names;
mod page;
mod popular;
mod reading;
mod recommend;
mod request;
mod seen;
mod shoppers;
mod shown;
mod slots;
mod snapshot;
mod suggest;
mod trace;

pub use error::EngineError;
pub use names::Names;
pub use page::{
    BannerShown, DataHanded, Explanation, FacetValue, Hit, Page, RangeOf, Redirect, TotalOf,
};
pub use reading::{Reading, UnitRead, Way};
pub use recommend::{
    PRODUCTS_MAX, Recommendation, Recommendations, Recommending, SLOT_PRODUCTS_MAX, Why,
};
pub use request::{HITS_PER_PAGE_MAX, Leaning, PAGING_DEPTH_MAX, Request, RulesSwitch};
pub use seen::Seen;
pub use shoppers::SegmentCount;
pub use snapshot::{BuiltFrom, Catalog, Damaged, Snapshot};
pub use suggest::{SUGGESTIONS_MAX, Suggestion, SuggestionKind};
pub use trace::{Change, RuleTrace, Trace, changes};

use std::sync::Arc;

use arc_swap::ArcSwap;
use rustc_hash::FxHashSet;

use crate::merchandising::{self, Context, Decision, Fetched, Rules};
use crate::query::{self, LastWord, Query};
use crate::ranking::{self, Ranking, Recipe, Taste};
use crate::retrieval::{self, Candidates, Order, Plan};
use crate::shoppers::Shoppers;
use facets::Personal;
use popular::Popular;
use request::Asked;
use shoppers::Visitor;
use shown::{AskedFor, ShownPages};
use slots::Slots;

/// Of what may be meant while a query is typed, this many products are looked at closely.
const COMPLETED_CANDIDATES_MAX: usize = 150;

/// A shop, open for business.
pub struct Engine {
    live: ArcSwap<Snapshot>,
    /// `None` when the shop is read without its shoppers, as the command line may.
    shoppers: Option<Shoppers>,
    shown: ShownPages,
    slots: Slots,
    popular: ArcSwap<Popular>,
}

impl Engine {
    pub fn new(snapshot: Snapshot, shoppers: Option<Shoppers>) -> Self {
        Engine {
            live: ArcSwap::from_pointee(snapshot),
            shoppers,
            shown: ShownPages::default(),
            slots: Slots::default(),
            popular: ArcSwap::default(),
        }
    }

    /// The snapshot that a request arriving now would read.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.live.load_full()
    }

    /// Requests that arrive from now on read this snapshot.
    pub fn swap(&self, snapshot: Snapshot) {
        self.live.store(Arc::new(snapshot));
    }

    pub fn shoppers(&self) -> Option<&Shoppers> {
        self.shoppers.as_ref()
    }

    /// Answers a search or, without words, a category page.
    pub fn search(&self, request: &Request) -> Result<Page, EngineError> {
        let snapshot = self.live.load_full();
        self.search_under(&snapshot, &snapshot.rules, request)
    }

    /// The page as it would be in this snapshot under these rules, which may be others than its own.
    pub fn search_under(
        &self,
        snapshot: &Snapshot,
        rules: &Rules,
        request: &Request,
    ) -> Result<Page, EngineError> {
        let asked = request.read(snapshot)?;
        let visitor = self.visitor(snapshot, request);
        let query = understand(snapshot, request, request.last_word);
        let prepared = Prepared::of(snapshot, rules, request, asked, &visitor, query);
        let candidates = prepared.fetch(snapshot)?;
        self.finish(snapshot, &visitor, prepared, candidates)
    }

    /// Answers several requests from one snapshot. Neighbours that differ only in how they narrow, count and cut the
    /// same list share what is understood and what matches; the first that cannot be answered fails them all.
    pub fn search_all(&self, requests: &[Request]) -> Result<Vec<Page>, EngineError> {
        let snapshot = self.live.load_full();
        let mut pages = Vec::with_capacity(requests.len());
        for alike in requests.chunk_by(Request::is_of_the_same_words) {
            let visitor = self.visitor(&snapshot, &alike[0]);
            let mut understood = None;
            let mut prepared = Vec::with_capacity(alike.len());
            for request in alike {
                let asked = request.read(&snapshot)?;
                let understand = || understand(&snapshot, request, request.last_word);
                let query = understood.get_or_insert_with(understand).clone();
                let (snapshot, rules) = (&*snapshot, &snapshot.rules);
                prepared.push(Prepared::of(
                    snapshot, rules, request, asked, &visitor, query,
                ));
            }
            let fetched = fetch_together(&snapshot, &prepared)?;
            for (prepared, candidates) in prepared.into_iter().zip(fetched) {
                pages.push(self.finish(&snapshot, &visitor, prepared, candidates)?);
            }
        }
        Ok(pages)
    }

    /// From what was fetched to the page.
    fn finish(
        &self,
        snapshot: &Snapshot,
        visitor: &Visitor<'_>,
        mut prepared: Prepared<'_, '_>,
        mut candidates: Candidates,
    ) -> Result<Page, EngineError> {
        if candidates.total == 0 && prepared.query.give_up_conditions() {
            prepared.replan(snapshot);
            candidates = prepared.fetch(snapshot)?;
        }
        if candidates.units_found != 0 {
            prepared.query.lack(candidates.units_found);
        }
        let Prepared {
            request,
            asked,
            query,
            decision,
            recipe,
            plan,
        } = prepared;
        let summary = page::Summary::of(&mut candidates);
        let impact = request.impact.unwrap_or(recipe.impact);
        let taste = visitor.taste(snapshot, impact, request.now);
        let personal = Personal {
            taste: &taste,
            impact,
        };
        let mut ranked = rank(
            snapshot,
            &query,
            &decision,
            request,
            &asked,
            recipe,
            visitor,
            personal,
            &plan,
            candidates.candidates,
        );
        let generation = snapshot.catalog.generation;
        if request.continues {
            self.shown.hold(request.query_id, generation, &mut ranked);
        }
        let fetched = Fetched {
            columns: &snapshot.catalog.columns,
            included: &candidates.included,
            is_sorted: asked.order != Order::Relevance,
            complete: summary.total == ranked.hits.len(),
        };
        let arranged = merchandising::arrange(&decision, &ranked, fetched);
        let mut page = page::assemble(
            snapshot, request, &asked, query, &decision, &ranked, &arranged, summary, personal,
        );
        if request.explain {
            visitor.explain(snapshot, request.now, &mut page.hits);
        }
        if request.query_id != 0 {
            let shown = page::shown(&asked, &ranked, &arranged);
            self.shown
                .remember(request.query_id, generation, &ranked, shown, || {
                    AskedFor::of(request, &visitor.segments)
                });
        }
        Ok(page)
    }

    /// The names of the rules that hold for a request, in their order; nothing is fetched.
    pub fn held_under(
        &self,
        snapshot: &Snapshot,
        rules: &Rules,
        request: &Request,
    ) -> Result<Vec<String>, EngineError> {
        let asked = request.read(snapshot)?;
        let visitor = self.visitor(snapshot, request);
        let query = understand(snapshot, request, LastWord::Whole);
        let (segments, last_word) = (&visitor.segments, LastWord::Whole);
        let decision = decide(
            snapshot, rules, &query, &asked, request, segments, last_word,
        );
        let held = decision.held.iter();
        Ok(held.map(|held| held.rule.name.clone()).collect())
    }

    /// Completes what is being typed: popular queries, brands and categories, then products.
    pub fn suggest(&self, request: &Request) -> Result<Vec<Suggestion>, EngineError> {
        let snapshot = self.live.load_full();
        let asked = request.read(&snapshot)?;
        let visitor = self.visitor(&snapshot, request);

        let query = understand(&snapshot, request, LastWord::Beginning);
        if query.units.is_empty() {
            return Ok(Vec::new());
        }
        let rules = &snapshot.rules;
        let decision = decide(
            &snapshot,
            rules,
            &query,
            &asked,
            request,
            &visitor.segments,
            LastWord::Beginning,
        );
        let recipe = asked.recipe(&snapshot, decision.recipe(), &visitor.segments);
        let plan = Plan {
            included: Vec::new(),
            matches_enough: 0,
            candidates_max: COMPLETED_CANDIDATES_MAX,
            ..decision.steer(plan(&snapshot, &query, &asked, recipe))
        };
        let fetched = retrieval::fetch(&snapshot.catalog.text, &snapshot.catalog.columns, &plan)?;
        let products = if fetched.relaxed {
            Vec::new()
        } else {
            fetched.candidates
        };
        let impact = request.impact.unwrap_or(recipe.impact);
        let taste = visitor.taste(&snapshot, impact, request.now);
        let personal = Personal {
            taste: &taste,
            impact,
        };
        let ranked = rank(
            &snapshot, &query, &decision, request, &asked, recipe, &visitor, personal, &plan,
            products,
        );
        let typed = suggest::Typed {
            snapshot: &snapshot,
            query: &query,
            decision: &decision,
            impact: impact / 100.0,
            taste: &taste,
            popular: &self.popular.load(),
            now: request.now,
        };
        Ok(suggest::suggest(&typed, &ranked, asked.hits_per_page))
    }
}

/// A request, up to what is to be fetched for it.
struct Prepared<'s, 'r> {
    request: &'r Request,
    asked: Asked,
    query: Query,
    decision: Decision<'s>,
    recipe: &'s Recipe,
    plan: Plan,
}

impl<'s, 'r> Prepared<'s, 'r> {
    fn of(
        snapshot: &'s Snapshot,
        rules: &'s Rules,
        request: &'r Request,
        asked: Asked,
        visitor: &Visitor<'_>,
        query: Query,
    ) -> Self {
        let segments = &visitor.segments;
        let decision = decide(
            snapshot,
            rules,
            &query,
            &asked,
            request,
            segments,
            LastWord::Whole,
        );
        let query = reword(snapshot, &decision, query, request);
        let recipe = asked.recipe(snapshot, decision.recipe(), segments);
        let plan = decision.steer(plan(snapshot, &query, &asked, recipe));
        Prepared {
            request,
            asked,
            query,
            decision,
            recipe,
            plan,
        }
    }

    fn replan(&mut self, snapshot: &Snapshot) {
        let plan = plan(snapshot, &self.query, &self.asked, self.recipe);
        self.plan = self.decision.steer(plan);
    }

    fn fetch(&self, snapshot: &Snapshot) -> Result<Candidates, EngineError> {
        let catalog = &snapshot.catalog;
        let fetched = retrieval::fetch(&catalog.text, &catalog.columns, &self.plan)?;
        Ok(fetched)
    }
}

/// Fetches for several requests; what matches is found once, unless rules make other words of some.
fn fetch_together(
    snapshot: &Snapshot,
    prepared: &[Prepared<'_, '_>],
) -> Result<Vec<Candidates>, EngineError> {
    let plans: Vec<Plan> = prepared.iter().map(|own| own.plan.clone()).collect();
    let matches_the_same = |plan: &Plan| {
        let first = &plans[0];
        let same = (plan.head, plan.matches_enough) == (first.head, first.matches_enough);
        same && plan.units == first.units
    };
    if !plans.iter().all(matches_the_same) {
        return prepared.iter().map(|own| own.fetch(snapshot)).collect();
    }
    let catalog = &snapshot.catalog;
    let fetched = retrieval::fetch_all(&catalog.text, &catalog.columns, &plans)?;
    Ok(fetched)
}

fn understand(snapshot: &Snapshot, request: &Request, last_word: LastWord) -> Query {
    snapshot
        .knowledge(request.spelling)
        .understand(&request.q, last_word)
}

fn decide<'s>(
    snapshot: &Snapshot,
    rules: &'s Rules,
    query: &Query,
    asked: &Asked,
    request: &Request,
    segments: &[String],
    last_word: LastWord,
) -> Decision<'s> {
    if request.rules == RulesSwitch::Off {
        return Decision::default();
    }
    let filter = asked.filter.clone().and(query.filter.clone());
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let context = Context {
        query,
        language: &snapshot.language,
        vocabulary: snapshot.vocabulary(),
        is_beginning: last_word == LastWord::Beginning,
        filter: &filter,
        segments: &segments,
        surface: &request.surface,
        device: request.device.as_deref(),
        campaign: request.campaign.as_deref(),
        reads: request.language.as_deref(),
        tags: &request.context,
        arms: &request.arms,
        now: request.now,
        explain: request.explain,
    };
    merchandising::decide(rules, &context)
}

/// The query that rules make of another; what was typed, and what it was understood as before, stay with it.
fn reword(snapshot: &Snapshot, decision: &Decision<'_>, query: Query, request: &Request) -> Query {
    let corrected = query.understood.spelling.as_deref().unwrap_or(&query.text);
    let Some(reworded) = decision.reword(corrected, &snapshot.language.analyzer) else {
        return query;
    };
    let request = Request {
        q: reworded,
        spelling: query::Spelling::AsTyped,
        ..request.clone()
    };
    let sought = understand(snapshot, &request, LastWord::Whole);
    Query {
        text: query.text,
        understood: query::Understood {
            spelling: query.understood.spelling,
            ..sought.understood
        },
        ..sought
    }
}

fn plan(snapshot: &Snapshot, query: &Query, asked: &Asked, recipe: &Recipe) -> Plan {
    Plan {
        units: query.units.clone(),
        head: query::head(&snapshot.language, query),
        filter: asked.filter.clone().and(query.filter.clone()),
        suppressed: FxHashSet::default(),
        included: Vec::new(),
        facets: asked.facets.clone(),
        counting: asked.counting,
        order: asked.order,
        sold_out: recipe.sold_out,
        matches_enough: retrieval::ENOUGH_MATCHES,
        candidates_max: match (asked.only_counts, query.units.is_empty()) {
            (true, _) => 0,
            (false, true) => asked.window.end.max(ranking::BROWSED_MAX),
            (false, false) => asked.window.end.max(ranking::RERANKED_MAX),
        },
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "the corridor's last step before the page reads every earlier step"
)]
fn rank(
    snapshot: &Snapshot,
    query: &Query,
    decision: &Decision<'_>,
    request: &Request,
    asked: &Asked,
    recipe: &Recipe,
    visitor: &Visitor<'_>,
    personal: Personal<'_>,
    plan: &Plan,
    candidates: Vec<retrieval::Candidate>,
) -> ranking::Ranked {
    if plan.order != Order::Relevance {
        return ranking::keep_order(candidates);
    }
    let nobodys = Taste::none();
    let taste = if query.names_a_product {
        &nobodys
    } else {
        personal.taste
    };
    let mut adjustments = decision.adjustments();
    adjustments.extend(asked.leanings.iter().cloned());
    if request.rules == RulesSwitch::On {
        adjustments.extend(snapshot.goals.iter().cloned());
    }
    let is_browsed = query.units.is_empty();
    let ranking = Ranking {
        recipe,
        impact: personal.impact,
        taste,
        adjustments: &adjustments,
        model: snapshot.recipes.model_of(recipe),
        wanted: &visitor.wanted(snapshot, recipe, is_browsed, &candidates, request.now),
        is_browsed,
        draw: request.query_id,
        now: request.now,
    };
    ranking::rank(snapshot.shelf(), &ranking, candidates)
}
