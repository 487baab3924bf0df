//! What a shopper may be about to type: popular queries, brands and categories, then products.

use jiff::Timestamp;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::names::AttributeNames;
use super::popular::Popular;
use super::snapshot::Snapshot;
use crate::catalog::columns::Dictionary;
use crate::catalog::filter::Filter;
use crate::catalog::schema::Role;
use crate::merchandising::Decision;
use crate::query::{FoundWords, Query};
use crate::ranking::{Ranked, Taste};
use crate::text::words;

/// At most this many suggestions.
pub const SUGGESTIONS_MAX: usize = 50;

/// Popular queries take at most this share of the list, as one in …
const QUERIES_ONE_IN: usize = 3;

/// Brands and categories take at most this share of what is left, as one in …
const VALUES_ONE_IN: usize = 2;

/// What to complete to.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    pub text: String,
    pub kind: SuggestionKind,
    /// The product's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text with what was typed inside `<em>`.
    pub highlight: String,
    /// How many products a query finds, or a brand or category has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
}

/// What a suggestion leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    /// What others search.
    Query,
    Brand,
    Category,
    Product,
}

/// What suggestions are made of.
pub(super) struct Typed<'t> {
    pub(super) snapshot: &'t Arc<Snapshot>,
    pub(super) query: &'t Query,
    pub(super) decision: &'t Decision<'t>,
    /// How the shopper's leanings count for brands and categories, 0 to 1.
    pub(super) impact: f64,
    pub(super) taste: &'t Taste<'t>,
    pub(super) popular: &'t Popular,
    pub(super) now: Timestamp,
}

/// Nothing that is suggested leads to nothing: a query, brand or category has a product that can be bought.
pub(super) fn suggest(
    typed: &Typed<'_>,
    ranked: &Ranked,
    suggestions_max: usize,
) -> Vec<Suggestion> {
    let suggestions_max = suggestions_max.min(SUGGESTIONS_MAX);
    let Typed {
        snapshot, query, ..
    } = *typed;
    let meant = query.understood.spelling.as_ref().unwrap_or(&query.text);
    let begun: Vec<String> = words(meant).into_iter().map(|word| word.folded).collect();
    let mut suggestions: Vec<Suggestion> = typed
        .popular
        .beginning_with(snapshot, &begun, typed.now)
        .take(suggestions_max / QUERIES_ONE_IN)
        .map(|(text, found)| Suggestion {
            text: text.to_string(),
            kind: SuggestionKind::Query,
            id: None,
            highlight: mark_beginnings(text, &begun),
            count: Some(found),
        })
        .collect();
    let values_max = (suggestions_max - suggestions.len()).div_ceil(VALUES_ONE_IN);
    suggestions.extend(typed.values(&begun, values_max));
    let left = suggestions_max - suggestions.len();
    suggestions.extend(products(snapshot, query, ranked).take(left));
    suggestions
}

/// A brand or category, and how much speaks for it.
struct Value<'d> {
    kind: SuggestionKind,
    attribute: usize,
    text: &'d str,
    count: u32,
    likelihood: f64,
}

impl<'t> Typed<'t> {
    /// The likeliest brands and categories: those with the most products, those the shopper leans to first.
    fn values(&self, begun: &[String], values_max: usize) -> Vec<Suggestion> {
        let names = self.snapshot.names();
        let kinds = [
            (&names.brands, SuggestionKind::Brand),
            (&names.categories, SuggestionKind::Category),
        ];
        let kinds = kinds.into_iter();
        let mut found: Vec<Value<'_>> = kinds
            .filter_map(|(names, kind)| Some((names.as_ref()?, kind)))
            .flat_map(|(names, kind)| self.values_of(names, kind, begun))
            .collect();
        found.sort_by(|one, other| other.likelihood.total_cmp(&one.likelihood));
        let shown = found.into_iter().filter(|value| !self.is_suppressed(value));
        shown
            .take(values_max)
            .map(|value| Suggestion {
                text: value.text.to_string(),
                kind: value.kind,
                id: None,
                highlight: mark_beginnings(value.text, begun),
                count: Some(value.count as usize),
            })
            .collect()
    }

    /// The values of an attribute that can be bought, without what rules suppress.
    fn values_of(
        &self,
        names: &AttributeNames,
        kind: SuggestionKind,
        begun: &[String],
    ) -> Vec<Value<'t>> {
        let attribute = names.attribute;
        let Some((dictionary, ..)) = self.snapshot.catalog.columns.words(attribute) else {
            return Vec::new();
        };
        let found = names.beginning_with(begun);
        let gone = if found.is_empty() {
            FxHashMap::default()
        } else {
            self.suppressed(attribute, dictionary)
        };
        let value = |code: u32| {
            let (all, buyable) = gone.get(&code).copied().unwrap_or_default();
            let count = dictionary.product_count(code) - all;
            let leaning = self.impact * self.taste.leaning(attribute, code);
            (names.buyable(code) > buyable).then(|| Value {
                kind,
                attribute,
                text: dictionary.value(code),
                count,
                likelihood: f64::from(count).ln() + leaning,
            })
        };
        found.into_iter().filter_map(value).collect()
    }

    /// By code: how many products that have the value are suppressed by their ids, and how many of those can be bought.
    fn suppressed(&self, attribute: usize, dictionary: &Dictionary) -> FxHashMap<u32, (u32, u32)> {
        let columns = &self.snapshot.catalog.columns;
        let mut suppressed: Vec<u32> = self.decision.suppressed().collect();
        suppressed.sort_unstable();
        suppressed.dedup();
        let mut gone: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for product in suppressed {
            for value in columns.words_of(attribute, product) {
                let code = dictionary
                    .code(value)
                    .expect("it is a value of this dictionary");
                let (all, buyable) = gone.entry(code).or_default();
                *all += 1;
                *buyable += u32::from(!columns.sold_out(product));
            }
        }
        gone
    }

    /// Whether a rule hides every product that has the value.
    fn is_suppressed(&self, value: &Value<'_>) -> bool {
        self.decision.suppresses(&Filter::Is {
            attribute: value.attribute,
            value: value.text.to_string(),
        })
    }
}

fn products<'s>(
    snapshot: &'s Snapshot,
    query: &'s Query,
    ranked: &'s Ranked,
) -> impl Iterator<Item = Suggestion> + 's {
    let title = snapshot
        .catalog
        .schema
        .role(Role::Title)
        .map(|title| &snapshot.catalog.schema.attributes[title].name);
    let highlighter = FoundWords::of(snapshot.vocabulary(), query);
    ranked.hits.iter().filter_map(move |hit| {
        let ordinal = hit.candidate.ordinal;
        let document = snapshot.catalog.documents.get(ordinal);
        let text = document.get(title?)?.as_str()?.to_string();
        let highlight = highlighter.mark(&text).unwrap_or_else(|| text.clone());
        let id = Some(snapshot.catalog.columns.product_id(ordinal).to_string());
        Some(Suggestion {
            text,
            kind: SuggestionKind::Product,
            id,
            highlight,
            count: None,
        })
    })
}

/// The text with the typed beginnings of its words inside `<em>`.
fn mark_beginnings(text: &str, typed: &[String]) -> String {
    let mut marked = String::new();
    let mut written = 0;
    for word in words(text) {
        let Some(longest) = typed
            .iter()
            .filter(|typed| word.folded.starts_with(typed.as_str()))
            .map(|typed| typed.chars().count())
            .max()
        else {
            continue;
        };
        let whole = &text[word.span.start.max(written)..word.span.end];
        let end = whole
            .char_indices()
            .nth(longest)
            .map_or(whole.len(), |(at, _)| at);
        let start = word.span.start.max(written);
        marked.push_str(&text[written..start]);
        marked.push_str("<em>");
        marked.push_str(&whole[..end]);
        marked.push_str("</em>");
        written = start + end;
    }
    marked.push_str(&text[written..]);
    marked
}
