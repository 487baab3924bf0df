//! A page as clients of Algolia read it.

use serde_json::{Map, Value, json};

use super::facets::FacetsAsked;
use super::highlight::{Marking, Style};
use super::parameters::Parameters;
use crate::catalog::schema::Schema;
use crate::engine::{Explanation, Hit, PAGING_DEPTH_MAX, Page};

/// What an answer needs to know of its request.
pub(super) struct Asked {
    /// As the request calls it.
    pub(super) index_name: String,
    /// The order of a replica.
    pub(super) sort: Option<String>,
    pub(super) parameters: Parameters,
    pub(super) facets: FacetsAsked,
    pub(super) style: Style,
    /// Of the page's hits these are asked for.
    pub(super) cut: Option<(usize, usize)>,
    /// Attributes that are shown, and those that are not, with a `-`; all when nothing is said.
    pub(super) retrieved: Option<Vec<String>>,
    /// Top-level fields of the answer; all when nothing is said.
    pub(super) fields: Option<Vec<String>>,
    pub(super) click_analytics: bool,
    pub(super) ranking_info: bool,
    pub(super) distinct: bool,
    pub(super) page: usize,
    pub(super) hits_per_page: usize,
}

/// The answer to one request.
pub(super) fn answer(schema: &Schema, asked: &Asked, page: &Page, took_ms: u64) -> Value {
    let mut answer = Map::new();
    let mut say = |name: &str, value: Value| drop(answer.insert(name.to_string(), value));
    say("hits", Value::Array(hits(schema, asked, page)));
    say("nbHits", page.total.into());
    match asked.cut {
        Some((offset, length)) => {
            say("offset", offset.into());
            say("length", length.into());
        }
        None => {
            let reachable = page.total.min(PAGING_DEPTH_MAX);
            let pages = match asked.hits_per_page {
                0 => 0,
                per_page => reachable.div_ceil(per_page),
            };
            say("page", asked.page.into());
            say("nbPages", pages.into());
            say("hitsPerPage", asked.hits_per_page.into());
        }
    }
    if !asked.facets.facets.is_empty() {
        say("facets", asked.facets.counts(schema, page));
        if let Some(stats) = asked.facets.stats(schema, page) {
            say("facets_stats", stats);
        }
    }
    let all = json!({"facetsCount": true, "facetValues": true, "nbHits": true, "rulesMatch": true, "typo": true});
    say("exhaustive", all);
    say("exhaustiveFacetsCount", true.into());
    say("exhaustiveNbHits", true.into());
    say("exhaustiveTypo", true.into());
    say(
        "query",
        asked
            .parameters
            .text("query")
            .ok()
            .flatten()
            .unwrap_or_default()
            .into(),
    );
    say("params", asked.parameters.encoded().into());
    say("index", asked.index_name.clone().into());
    if asked.click_analytics {
        say("queryID", page.query_id.clone().into());
    }
    if asked.sort.is_some() {
        say("nbSortedHits", page.total.into());
        say("appliedRelevancyStrictness", 0.into());
    }
    if asked.ranking_info {
        let read = page.understood.spelling.as_ref().unwrap_or(&page.query);
        say("parsedQuery", read.clone().into());
        say("serverUsed", "endcap".into());
        say("indexUsed", asked.index_name.clone().into());
    }
    if !page.understood.left_out.is_empty() {
        say(
            "queryAfterRemoval",
            without(&page.query, &page.understood.left_out).into(),
        );
    }
    let held = page.rules.iter().filter(|rule| rule.held);
    let held: Vec<Value> = held.map(|rule| json!({"objectID": rule.name})).collect();
    if !held.is_empty() {
        say("appliedRules", held.into());
    }
    let handed = user_data(page);
    if !handed.is_empty() {
        say("userData", handed.into());
    }
    let rendering = rendering(schema, asked, page);
    if !rendering.is_empty() {
        say("renderingContent", Value::Object(rendering));
    }
    say("processingTimeMS", took_ms.into());
    say("serverTimeMS", took_ms.into());
    if let Some(fields) = asked
        .fields
        .as_ref()
        .filter(|fields| fields.iter().all(|own| own != "*"))
    {
        answer.retain(|name, _| fields.contains(name));
    }
    Value::Object(answer)
}

/// What stands for a request that was not looked at, because an earlier one found enough.
pub(super) fn left_out(asked: &Asked) -> Value {
    json!({
        "hits": [], "nbHits": 0, "page": asked.page, "nbPages": 0, "hitsPerPage": asked.hits_per_page,
        "query": asked.parameters.text("query").ok().flatten().unwrap_or_default(),
        "params": asked.parameters.encoded(), "index": asked.index_name, "processed": false,
        "exhaustiveNbHits": false, "processingTimeMS": 0,
    })
}

fn hits(schema: &Schema, asked: &Asked, page: &Page) -> Vec<Value> {
    let searched = schema
        .attributes
        .iter()
        .filter(|own| own.searched.is_some());
    let searched: Vec<&str> = searched.map(|own| own.name.as_str()).collect();
    let marking = page.found.as_ref();
    let marking = marking.map(|found| Marking::new(&asked.style, found, &searched));
    let (offset, length) = asked.cut.unwrap_or((0, usize::MAX));
    let window = page.hits.iter().skip(offset).take(length);
    window
        .map(|hit| record(asked, marking.as_ref(), hit))
        .collect()
}

/// A product as its shop wrote it, with `objectID` and what is asked for besides.
fn record(asked: &Asked, marking: Option<&Marking<'_>>, hit: &Hit) -> Value {
    let product = hit.product.fields();
    let mut record = Map::new();
    let own = product
        .iter()
        .filter(|(name, _)| is_retrieved(asked.retrieved.as_deref(), name));
    record.extend(own.map(|(name, value)| (name.clone(), value.clone())));
    record.insert("objectID".into(), hit.id.clone().into());
    if let Some(marking) = marking {
        record.insert("_highlightResult".into(), marking.highlights(&product));
        if let Some(snippets) = marking.snippets(&product) {
            record.insert("_snippetResult".into(), snippets);
        }
    }
    if asked.distinct {
        record.insert("_distinctSeqID".into(), 0.into());
    }
    if asked.ranking_info {
        record.insert("_rankingInfo".into(), ranking_info(hit.explain.as_ref()));
    }
    Value::Object(record)
}

fn is_retrieved(retrieved: Option<&[String]>, name: &str) -> bool {
    let Some(retrieved) = retrieved else {
        return true;
    };
    let is_of = |own: &str| own.split('.').next() == Some(name) || own == name;
    let is_left_out = retrieved
        .iter()
        .any(|own| own.strip_prefix('-').is_some_and(is_of));
    let all = retrieved.iter().any(|own| own == "*")
        || !retrieved.is_empty() && retrieved.iter().all(|own| own.starts_with('-'));
    !is_left_out && (all || retrieved.iter().any(|own| is_of(own)))
}

fn ranking_info(explained: Option<&Explanation>) -> Value {
    let moves = explained.map_or(&[][..], |explained| &explained.moves);
    let places = |by: &[&str]| -> i64 {
        let own = moves.iter().filter(|own| by.contains(&own.by.as_str()));
        own.map(|own| own.places).sum()
    };
    let personal = [
        "affinity",
        "price_tier",
        "own_history",
        "together",
        "neighbours",
        "variety",
    ];
    json!({
        "promoted": moves.iter().any(|own| own.by == "pin"),
        "userScore": places(&["popularity", "rating", "margin", "stock", "freshness", "demand"]),
        "filters": places(&["rule"]),
        "personalization": {"score": places(&personal), "rankingScore": explained.map(|own| own.text_rank)},
        "nbTypos": 0, "firstMatchedWord": 0, "proximityDistance": 0, "geoDistance": 0, "geoPrecision": 1,
        "nbExactWords": 0, "words": 0,
    })
}

/// What rules hand to the storefront; banners without a picture, which no widget shows, are handed over too.
fn user_data(page: &Page) -> Vec<Value> {
    let data = page.data.iter().map(|handed| handed.data.clone());
    let banners = page
        .banners
        .iter()
        .filter(|shown| shown.banner.image.is_none());
    let banners = banners.map(|shown| json!({"banner": shown.banner}));
    data.chain(banners).collect()
}

fn rendering(schema: &Schema, asked: &Asked, page: &Page) -> Map<String, Value> {
    let mut rendering = Map::new();
    let order = match (page.facet_order.is_empty(), asked.facets.all) {
        (false, _) => page.facet_order.clone(),
        (true, true) => facet_order(schema),
        (true, false) => Vec::new(),
    };
    if !order.is_empty() {
        let sorted = |name: &String| (name.clone(), json!({"sortRemainingBy": "count"}));
        let values: Map<String, Value> = order.iter().map(sorted).collect();
        let ordering = json!({"facets": {"order": order}, "values": values});
        rendering.insert("facetOrdering".into(), ordering);
    }
    if let Some(redirect) = &page.redirect {
        rendering.insert("redirect".into(), json!({"url": redirect.url}));
    }
    let pictured = page.banners.iter().filter_map(|shown| {
        let (banner, image) = (&shown.banner, shown.banner.image.as_ref()?);
        let mut widget = json!({"image": {"urls": [{"url": image}], "title": banner.title}});
        if let Some(url) = &banner.url {
            widget["link"] = json!({"url": url});
        }
        Some(widget)
    });
    let pictured: Vec<Value> = pictured.collect();
    if !pictured.is_empty() {
        rendering.insert("widgets".into(), json!({"banners": pictured}));
    }
    rendering
}

/// The facets in the order of the schema: those it wants first, then the others.
fn facet_order(schema: &Schema) -> Vec<String> {
    let facets = schema.attributes.iter().filter(|own| own.facet);
    let others = facets.map(|own| &own.name);
    let others = others.filter(|name| !schema.facet_order.contains(name));
    schema.facet_order.iter().chain(others).cloned().collect()
}

/// The query with words that were left out marked.
fn without(query: &str, left_out: &[String]) -> String {
    let words = query.split(' ').map(|word| {
        let is_left_out = left_out.iter().any(|own| own.eq_ignore_ascii_case(word));
        if is_left_out {
            format!("<em>{word}</em>")
        } else {
            word.to_string()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
