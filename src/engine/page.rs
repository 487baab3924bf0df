//! The last step: the window of a list, with everything a page shows of it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facets::{Personal, facets};
use super::reading::Reading;
use super::request::{Asked, Request};
use super::snapshot::Snapshot;
use crate::catalog::documents::Document;
use crate::catalog::schema::Kind;
use crate::merchandising::{Arranged, Banner, Decision, RuleReport};
use crate::problem::Problem;
use crate::query::{FoundWords, Query, Understood};
use crate::ranking::{self, Move, Moves, Ranked};
use crate::retrieval::{Candidates, FacetCounts, Order};

/// A page of products, in the order it shows them.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Page {
    /// 32 hexadecimal digits; events name it.
    pub query_id: String,
    /// The query as typed.
    pub query: String,
    /// How many products match, exactly.
    pub total: usize,
    /// Counted from 1.
    pub page: usize,
    pub hits_per_page: usize,
    /// Set by the door that answers.
    pub took_ms: f64,
    pub hits: Vec<Hit>,
    /// By attribute: its values, most frequent first, those the shopper leans to before others about as frequent.
    pub facets: BTreeMap<String, Vec<FacetValue>>,
    /// By number attribute: its lowest and highest value.
    pub ranges: BTreeMap<String, RangeOf>,
    /// By number attribute, when each number is counted.
    #[serde(skip)]
    pub totals: BTreeMap<String, TotalOf>,
    /// Which words were found, when that is asked for.
    #[serde(skip)]
    pub found: Option<FoundWords>,
    pub understood: Understood,
    /// How the query was read, with `explain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Rules that held; with `explain`, all of them.
    pub rules: Vec<RuleReport>,
    /// Where rules send the shopper instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// What rules show beside the products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub banners: Vec<BannerShown>,
    /// What rules hand to the storefront.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<DataHanded>,
    /// The facets that rules want first, in order; with `facets=auto`, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub facet_order: Vec<String>,
    #[schema(value_type = Object)]
    pub experiments: BTreeMap<String, String>,
    pub problems: Vec<Problem>,
}

/// Where a rule sends the shopper.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Redirect {
    pub rule: String,
    pub url: String,
}

/// A banner and the rule that shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct BannerShown {
    pub rule: String,
    #[serde(flatten)]
    pub banner: Banner,
}

/// What a rule hands to the storefront.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DataHanded {
    pub rule: String,
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

/// A product on a page.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Hit {
    pub id: String,
    /// Place in the whole list, counted from 1.
    pub position: usize,
    /// Every shown attribute, and `sold_out`.
    #[schema(value_type = Object)]
    pub product: Document,
    /// Texts in which a word of the query was found, the words inside `<em>`.
    pub highlight: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explanation>,
}

/// Why a hit stands where it stands.
pub type Explanation = Moves;

/// How many matching products have a value.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FacetValue {
    pub value: String,
    pub count: u32,
}

/// The lowest and the highest number among matching products.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RangeOf {
    pub min: f64,
    pub max: f64,
    /// Round numbers between the two that cut the products into about equal parts; none for few products and for dates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<f64>,
}

/// What the numbers of matching products come to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TotalOf {
    pub sum: f64,
    /// How many numbers there are.
    pub values: u64,
}

/// What candidates say besides themselves.
pub(super) struct Summary {
    pub(super) total: usize,
    facets: Vec<FacetCounts>,
    relaxed: bool,
}

impl Summary {
    /// Of a list that nothing was counted for.
    pub(super) fn of_list(total: usize) -> Self {
        Summary {
            total,
            facets: Vec::new(),
            relaxed: false,
        }
    }

    /// Takes the facets out of the candidates.
    pub(super) fn of(candidates: &mut Candidates) -> Self {
        Summary {
            total: candidates.total,
            facets: std::mem::take(&mut candidates.facets),
            relaxed: candidates.relaxed,
        }
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "the page is where every step of the corridor comes together"
)]
pub(super) fn assemble(
    snapshot: &Snapshot,
    request: &Request,
    asked: &Asked,
    query: Query,
    decision: &Decision<'_>,
    ranked: &Ranked,
    arranged: &Arranged<'_>,
    summary: Summary,
    personal: Personal<'_>,
) -> Page {
    let window =
        asked.window.start.min(arranged.hits.len())..asked.window.end.min(arranged.hits.len());
    let moves = if request.explain {
        explain(snapshot, asked, request, ranked, arranged)
    } else {
        Vec::new()
    };
    let found = FoundWords::of(snapshot.vocabulary(), &query);
    let mut hits = Vec::with_capacity(window.len());
    for place in window {
        let candidate = &ranked.hits[arranged.hits[place].ranked].candidate;
        let documents = &snapshot.catalog.documents;
        let product = documents.shown(candidate.ordinal, candidate.sold_out);
        let highlight = if request.marks {
            BTreeMap::new()
        } else {
            highlights(snapshot, &found, &product)
        };
        hits.push(Hit {
            id: snapshot
                .catalog
                .columns
                .product_id(candidate.ordinal)
                .to_string(),
            position: place + 1,
            product,
            highlight,
            explain: moves.get(place).cloned(),
        });
    }
    let reading = request.explain.then(|| Reading::of(snapshot, &query));
    let beside = decision.beside();
    let facets = facets(
        snapshot,
        asked,
        summary.total,
        summary.facets,
        beside.facet_order,
        personal,
    );
    let mut problems = Vec::new();
    if hits.is_empty() && asked.window.start > 0 && asked.window.start >= summary.total {
        problems.push(past_the_end(request, summary.total));
    }
    Page {
        query_id: format!("{:032x}", request.query_id),
        query: query.text,
        total: summary.total,
        page: request.page,
        hits_per_page: request.hits_per_page,
        took_ms: 0.0,
        hits,
        facets: facets.values,
        ranges: facets.ranges,
        totals: facets.totals,
        found: request.marks.then_some(found),
        understood: Understood {
            relaxed: summary.relaxed,
            ..query.understood
        },
        reading,
        rules: reports(decision, arranged),
        redirect: beside.redirect.map(|(rule, url)| Redirect {
            rule: rule.into(),
            url: url.into(),
        }),
        banners: beside
            .banners
            .into_iter()
            .map(|(rule, banner)| BannerShown {
                rule: rule.into(),
                banner: banner.clone(),
            })
            .collect(),
        data: beside
            .data
            .into_iter()
            .map(|(rule, data)| DataHanded {
                rule: rule.into(),
                data: data.clone(),
            })
            .collect(),
        facet_order: facets.order,
        experiments: BTreeMap::new(),
        problems,
    }
}

/// Positions on the page, counted from 1, and the products that stand there.
pub(super) fn shown<'p>(
    asked: &Asked,
    ranked: &'p Ranked,
    arranged: &'p Arranged<'_>,
) -> impl Iterator<Item = (u32, u32)> + 'p {
    let hits = arranged.hits.iter().enumerate();
    let window = hits.take(asked.window.end).skip(asked.window.start);
    window.map(|(place, hit)| {
        let product = ranked.hits[hit.ranked].candidate.ordinal;
        (place as u32 + 1, product)
    })
}

fn past_the_end(request: &Request, total: usize) -> Problem {
    let last = total.div_ceil(request.hits_per_page.max(1)).max(1);
    Problem::new(
        "request",
        format!("page {} is past the end of {total} hits", request.page),
    )
    .suggest(format!("the last page is {last}"))
}

fn highlights(
    snapshot: &Snapshot,
    found: &FoundWords,
    product: &Document,
) -> BTreeMap<String, String> {
    let values = product.values();
    let searched = snapshot
        .catalog
        .schema
        .attributes
        .iter()
        .filter(|attribute| attribute.searched.is_some());
    searched
        .filter(|attribute| matches!(attribute.kind, Kind::Text | Kind::Keyword))
        .filter_map(|attribute| {
            let marked = found.mark(values.get(attribute.name.as_str()).as_str()?)?;
            Some((attribute.name.clone(), marked))
        })
        .collect()
}

/// The moves of every hit up to the end of the page, pins last.
fn explain(
    snapshot: &Snapshot,
    asked: &Asked,
    request: &Request,
    ranked: &Ranked,
    arranged: &Arranged<'_>,
) -> Vec<Moves> {
    let explained = ranking::explain(snapshot.shelf(), ranked, ranked.hits.len());
    let end = asked.window.end.min(arranged.hits.len());
    let mut moves = Vec::with_capacity(end);
    for (place, hit) in arranged.hits[..end].iter().enumerate() {
        let mut own = explained[hit.ranked].clone();
        match hit.pinned_by {
            Some(rule) => own.add(
                Move {
                    name: Some(rule.to_string()),
                    ..Move::by("pin")
                },
                hit.ranked,
                place,
            ),
            None => own.pushed_aside(hit.ranked, place),
        }
        if asked.order != Order::Relevance {
            own.moves = vec![Move {
                name: request.sort.clone(),
                ..Move::by("sort")
            }];
        }
        moves.push(own);
    }
    moves
}

/// The rules considered, and what could not be done of those that held.
fn reports(decision: &Decision<'_>, arranged: &Arranged<'_>) -> Vec<RuleReport> {
    let mut reports = decision.considered.clone();
    let notes = decision.overruled();
    for (rule, note) in notes.iter().chain(&arranged.notes) {
        let held = reports.iter_mut().find(|own| own.name == *rule && own.held);
        if let Some(report) = held {
            report.note(note);
        }
    }
    reports
}
