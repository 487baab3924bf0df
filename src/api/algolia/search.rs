//! `POST /1/indexes/*/queries`, `/1/indexes/{index}/query` and `/1/indexes/{index}/facets/{facet}/query`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use super::answer::{self, Asked};
use super::facets::{FacetSearch, FacetsAsked};
use super::highlight::Style;
use super::indices::Index;
use super::parameters::Parameters;
use super::{AlgoliaError, narrowing, object};
use crate::api::auth::Grant;
use crate::api::{Shop, blocking, now};
use crate::catalog::schema::Schema;
use crate::engine::{HITS_PER_PAGE_MAX, Request, RulesSwitch};
use crate::query::{LastWord, Spelling};
use crate::retrieval::Counting;

/// At most this many requests at a time.
const REQUESTS_MAX: usize = 50;

/// Hits of one page when nothing is said.
const HITS_PER_PAGE: usize = 20;

/// What one request asks, and what the engine is asked for it.
pub(super) struct Wanted {
    of: Kind,
    pub(super) request: Request,
}

/// Who asks which shop.
pub(super) struct Asker<'a> {
    pub(super) shop: &'a Shop,
    pub(super) grant: &'a Grant,
}

impl Asker<'_> {
    /// What an index name stands for, when the key may use it.
    fn index(&self, schema: &Schema, name: &str) -> Result<Index, AlgoliaError> {
        let indices = self.grant.indices.as_ref();
        if indices.is_some_and(|own| own.iter().all(|own| own != name)) {
            let message = "Index not allowed with this API key";
            return Err(AlgoliaError::new(StatusCode::FORBIDDEN, message));
        }
        self.shop.indices.find(schema, name)
    }
}

enum Kind {
    Records(Box<Asked>),
    FacetValues(Box<FacetSearch>),
}

/// Several searches at a time.
pub(in crate::api) async fn queries(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    Path(index): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    if index != "*" {
        let message =
            format!("there is nothing at /1/indexes/{index}/queries: write /1/indexes/*/queries");
        return Err(AlgoliaError::new(StatusCode::NOT_FOUND, message));
    }
    let body = object(&shop, &headers, body).await?;
    let requests = match body.get("requests") {
        Some(Value::Array(requests)) => requests,
        _ => return Err(AlgoliaError::bad_request("The `requests` array is missing")),
    };
    if requests.len() > REQUESTS_MAX {
        let message = format!(
            "{} requests are too many: send at most {REQUESTS_MAX} at a time",
            requests.len()
        );
        return Err(AlgoliaError::bad_request(message));
    }
    let stops = body.get("strategy").and_then(Value::as_str) == Some("stopIfEnoughMatches");
    let wanted = requests.iter().map(|request| {
        read(
            &Asker {
                shop: &shop,
                grant: &grant,
            },
            request,
        )
    });
    let wanted = wanted.collect::<Result<Vec<Wanted>, AlgoliaError>>()?;
    let results = answer_all(&shop, wanted, stops).await?;
    Ok(Json(json!({"results": results})))
}

/// One search.
pub(in crate::api) async fn query(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    Path(index): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    let body = object(&shop, &headers, body).await?;
    let parameters = Parameters::of(&body)?;
    let wanted = records(
        &Asker {
            shop: &shop,
            grant: &grant,
        },
        &index,
        parameters,
    )?;
    answer_one(&shop, wanted).await
}

/// A search among the values of a facet.
pub(in crate::api) async fn facet(
    State(shop): State<Shop>,
    Extension(grant): Extension<Grant>,
    Path((index, facet)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, AlgoliaError> {
    let body = object(&shop, &headers, body).await?;
    let wanted = facet_values(
        &Asker {
            shop: &shop,
            grant: &grant,
        },
        &index,
        &facet,
        &body,
    )?;
    answer_one(&shop, wanted).await
}

async fn answer_one(shop: &Shop, wanted: Wanted) -> Result<Json<Value>, AlgoliaError> {
    let mut answers = answer_all(shop, vec![wanted], false).await?;
    Ok(Json(answers.pop().unwrap_or_default()))
}

/// The answers in the order of the requests; when it `stops`, those after one that found a whole page are left out.
pub(super) async fn answer_all(
    shop: &Shop,
    wanted: Vec<Wanted>,
    stops: bool,
) -> Result<Vec<Value>, AlgoliaError> {
    let started = Instant::now();
    let (engine, own) = (shop.engine.clone(), shop.clone());
    let answers = move || -> Result<Vec<Value>, AlgoliaError> {
        let requests: Vec<Request> = wanted.iter().map(|wanted| wanted.request.clone()).collect();
        let pages = engine.search_all(&requests)?;
        let took = started.elapsed();
        metrics::histogram!("endcap_search_seconds").record(took);
        let took_ms = (took.as_millis() as u64)
            .div_ceil(wanted.len().max(1) as u64)
            .max(1);
        let snapshot = own.engine.snapshot();
        let schema = &snapshot.catalog.schema;
        let mut has_enough = false;
        let answers = wanted
            .iter()
            .zip(&pages)
            .map(|(wanted, page)| match &wanted.of {
                Kind::Records(asked) if has_enough => answer::left_out(asked),
                Kind::Records(asked) => {
                    has_enough = stops && page.total >= asked.hits_per_page;
                    answer::answer(schema, asked, page, took_ms)
                }
                Kind::FacetValues(search) => search.answer(page, took_ms),
            });
        Ok(answers.collect())
    };
    blocking(shop, answers).await?
}

fn read(asker: &Asker<'_>, request: &Value) -> Result<Wanted, AlgoliaError> {
    let Value::Object(request) = request else {
        return Err(AlgoliaError::bad_request(
            "each of `requests` has to be an object",
        ));
    };
    let text = |name: &str| request.get(name).and_then(Value::as_str);
    let Some(index) = text("indexName") else {
        return Err(AlgoliaError::bad_request(
            "`indexName` is missing in one of `requests`",
        ));
    };
    match (text("type"), text("facet")) {
        (Some("facet"), Some(facet)) => facet_values(asker, index, facet, request),
        (Some("facet"), None) => Err(AlgoliaError::bad_request(
            "a request of type `facet` needs `facet`",
        )),
        _ => records(asker, index, Parameters::of(request)?),
    }
}

/// A search for records.
pub(super) fn records(
    asker: &Asker<'_>,
    index_name: &str,
    parameters: Parameters,
) -> Result<Wanted, AlgoliaError> {
    let shop = asker.shop;
    let snapshot = shop.engine.snapshot();
    let schema = &snapshot.catalog.schema;
    let index = asker.index(schema, index_name)?;
    let facets = FacetsAsked::of(schema, &parameters)?;
    let request = engine_request(asker.grant, &parameters)?;
    let truth = |name| Ok::<bool, AlgoliaError>(parameters.truth(name)?.unwrap_or_default());
    let click_analytics = truth("clickAnalytics")?;
    let ranking_info = truth("getRankingInfo")?;
    let per_page = parameters.count("hitsPerPage")?.unwrap_or(HITS_PER_PAGE);
    let per_page = per_page.min(HITS_PER_PAGE_MAX);
    let page = parameters.count("page")?.unwrap_or_default();
    let cut = match (parameters.count("offset")?, parameters.count("length")?) {
        (None, None) => None,
        (offset, length) => Some((offset.unwrap_or_default(), length.unwrap_or(HITS_PER_PAGE))),
    };
    let mut request = Request {
        sort: index.sort.clone(),
        facets: facets.attributes(),
        facet_values_max: Some(facets.counted_max(schema)),
        page: cut.map_or(page.saturating_add(1), |_| 1),
        hits_per_page: cut.map_or(per_page, |(offset, length)| {
            offset.saturating_add(length).min(HITS_PER_PAGE_MAX)
        }),
        explain: ranking_info,
        marks: true,
        ..request
    };
    if click_analytics {
        remember(shop, &mut request);
    }
    let asked = Asked {
        index_name: index_name.into(),
        sort: index.sort,
        facets,
        style: Style::of(&parameters)?,
        cut,
        retrieved: parameters.names("attributesToRetrieve")?,
        fields: parameters.names("responseFields")?,
        click_analytics,
        ranking_info,
        distinct: parameters
            .value("distinct")
            .is_some_and(|own| !matches!(own, Value::Bool(false)) && own.as_f64() != Some(0.0)),
        page,
        hits_per_page: per_page,
        parameters,
    };
    Ok(Wanted {
        of: Kind::Records(Box::new(asked)),
        request,
    })
}

/// Gives a list its `query_id`: a new one to its first page, and that of the first page to the later ones, whose order
/// is held so.
fn remember(shop: &Shop, request: &mut Request) {
    let mut hasher = DefaultHasher::new();
    (&request.q, &request.filter, &request.within, &request.sort).hash(&mut hasher);
    (&request.shopper, &request.context, request.hits_per_page).hash(&mut hasher);
    let asked = hasher.finish();
    let begun = shop.lists.begun(asked).filter(|_| request.page > 1);
    request.continues = begun.is_some();
    request.query_id = begun.unwrap_or_else(rand::random);
    if request.page == 1 {
        shop.lists.begin(asked, request.query_id);
    }
}

fn facet_values(
    asker: &Asker<'_>,
    index: &str,
    facet: &str,
    request: &Map<String, Value>,
) -> Result<Wanted, AlgoliaError> {
    let snapshot = asker.shop.engine.snapshot();
    let schema = &snapshot.catalog.schema;
    asker.index(schema, index)?;
    let parameters = Parameters::of(request)?;
    let mut outer = Parameters::everything(request);
    outer.overrule(parameters.clone());
    let search = FacetSearch::of(schema, facet, &outer, &parameters)?;
    let request = Request {
        facets: vec![search.facet.attribute.clone()],
        facet_values_max: Some(FacetSearch::VALUES_LOOKED_AT),
        hits_per_page: 0,
        ..engine_request(asker.grant, &parameters)?
    };
    Ok(Wanted {
        of: Kind::FacetValues(Box::new(search)),
        request,
    })
}

/// What the engine is asked, window, facets and sort aside.
fn engine_request(grant: &Grant, parameters: &Parameters) -> Result<Request, AlgoliaError> {
    let query = parameters.text("query")?.unwrap_or_default();
    let is_open = !query.ends_with(char::is_whitespace)
        && parameters.text("queryType")?.as_deref() != Some("prefixNone");
    let is_off = |name| Ok::<bool, AlgoliaError>(parameters.truth(name)? == Some(false));
    let impact = match is_off("enablePersonalization")? {
        true => Some(0.0),
        false => parameters.number("personalizationImpact")?,
    };
    let takes_no_typos = parameters
        .value("typoTolerance")
        .is_some_and(|own| matches!(own, Value::Bool(false)) || own.as_str() == Some("false"));
    let mut request = Request {
        filter: narrowing::filters(parameters)?,
        within: narrowing::conditions(parameters)?,
        leanings: narrowing::leanings(parameters)?,
        counting: Counting::List,
        shopper: parameters
            .text("userToken")?
            .filter(|token| !token.is_empty()),
        context: parameters.names("ruleContexts")?.unwrap_or_default(),
        impact,
        rules: if is_off("enableRules")? {
            RulesSwitch::Off
        } else {
            RulesSwitch::On
        },
        spelling: if takes_no_typos {
            Spelling::AsTyped
        } else {
            Spelling::Corrected
        },
        last_word: if is_open {
            LastWord::Beginning
        } else {
            LastWord::Whole
        },
        ..Request::new(query, now())
    };
    grant.narrow(&mut request);
    Ok(request)
}
