//! What a shopper may be about to type: brands and categories, then products.

use serde::Serialize;

use super::snapshot::Snapshot;
use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::filter::Filter;
use crate::catalog::schema::Role;
use crate::merchandising::Decision;
use crate::query::{Highlighter, Query};
use crate::ranking::Ranked;
use crate::text::words;

/// At most this many suggestions.
pub const SUGGESTIONS_MAX: usize = 50;

/// Brands and categories take at most this share of the list, as one in …
const VALUES_ONE_IN: usize = 2;

/// Attributes with more values than this are not looked through.
const VALUES_LOOKED_THROUGH_MAX: usize = 20_000;

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
    /// How many products a brand or category has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

/// What a suggestion leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    Brand,
    Category,
    Product,
}

pub(super) fn suggest(
    snapshot: &Snapshot,
    query: &Query,
    decision: &Decision<'_>,
    ranked: &Ranked,
    suggestions_max: usize,
) -> Vec<Suggestion> {
    let suggestions_max = suggestions_max.min(SUGGESTIONS_MAX);
    let mut suggestions = Vec::new();
    for (role, kind) in [
        (Role::Brand, SuggestionKind::Brand),
        (Role::Category, SuggestionKind::Category),
    ] {
        let mut found = values(snapshot, query, role, kind);
        without_suppressed(snapshot, decision, role, &mut found);
        suggestions.extend(found);
    }
    suggestions.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.count));
    suggestions.truncate(suggestions_max.div_ceil(VALUES_ONE_IN));
    let left = suggestions_max - suggestions.len();
    suggestions.extend(products(snapshot, query, ranked).take(left));
    suggestions
}

/// Leaves out, and does not count, what rules suppress.
fn without_suppressed(
    snapshot: &Snapshot,
    decision: &Decision<'_>,
    role: Role,
    found: &mut Vec<Suggestion>,
) {
    let Some(attribute) = snapshot.catalog.schema.role(role) else {
        return;
    };
    let columns = &snapshot.catalog.columns;
    let mut suppressed: Vec<u32> = decision.suppressed().collect();
    suppressed.sort_unstable();
    suppressed.dedup();
    found.retain_mut(|suggestion| {
        let value = suggestion.text.clone();
        let has = |product: &&u32| columns.words_of(attribute, **product).contains(&&*value);
        let gone = suppressed.iter().filter(has).count() as u32;
        suggestion.count = suggestion.count.map(|count| count.saturating_sub(gone));
        suggestion.count != Some(0) && !decision.suppresses(&Filter::Is { attribute, value })
    });
}

/// Values of which every word typed begins a word.
fn values(snapshot: &Snapshot, query: &Query, role: Role, kind: SuggestionKind) -> Vec<Suggestion> {
    let catalog = &snapshot.catalog;
    let Some((dictionary, ..)) = catalog
        .schema
        .role(role)
        .and_then(|attribute| catalog.columns.words(attribute))
    else {
        return Vec::new();
    };
    let typed: Vec<String> = words(&query.text)
        .into_iter()
        .map(|word| word.folded)
        .collect();
    let mut found = Vec::new();
    for code in 0..dictionary.len().min(VALUES_LOOKED_THROUGH_MAX) as u32 {
        let value = dictionary.value(code);
        let name = value.rsplit(PATH_SEPARATOR).next().unwrap_or(value);
        let own = words(name);
        let begins = |typed: &String| {
            own.iter()
                .any(|word| word.folded.starts_with(typed.as_str()))
        };
        if typed.iter().all(begins) {
            found.push(Suggestion {
                text: value.to_string(),
                kind,
                id: None,
                highlight: mark_beginnings(value, &typed),
                count: Some(dictionary.product_count(code)),
            });
        }
    }
    found
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
    let highlighter = Highlighter::new(snapshot.vocabulary(), query);
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
