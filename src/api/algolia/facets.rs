//! `facets`, `facets_stats`, and searching among a facet's values.

use serde_json::{Map, Value, json};

use super::AlgoliaError;
use super::highlight::Style;
use super::parameters::Parameters;
use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::schema::{Kind, Schema};
use crate::engine::{FacetValue, Page};
use crate::text::words;

/// Values of one facet when nothing is said.
const VALUES: usize = 100;

/// At most this many values of one facet.
const VALUES_MAX: usize = 1_000;

/// All values are needed to find those of one level, or those that are searched.
const ALL_VALUES: usize = 10_000;

/// Values found by a facet search when nothing is said.
const FACET_HITS: usize = 10;

/// At most this many are found.
const FACET_HITS_MAX: usize = 100;

/// A facet as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FacetAsked {
    /// The name it is answered under.
    pub(super) name: String,
    pub(super) attribute: String,
    /// Of a path: only values of this level, counted from 0.
    level: Option<usize>,
}

/// The facets that a request asks for and the shop has.
pub(super) struct FacetsAsked {
    pub(super) facets: Vec<FacetAsked>,
    values_max: usize,
    /// Levels of paths come with `*`.
    pub(super) all: bool,
}

impl FacetAsked {
    /// `None` for what is no facet of the shop.
    pub(super) fn named(schema: &Schema, name: &str) -> Option<FacetAsked> {
        let level = match schema.position(name) {
            Some(_) => None,
            None => Some(schema.level(name)?.1),
        };
        let attribute = &schema.attributes[schema.named(name)?];
        attribute.facet.then(|| FacetAsked {
            name: name.into(),
            attribute: attribute.name.clone(),
            level,
        })
    }
}

impl FacetsAsked {
    pub(super) fn of(schema: &Schema, parameters: &Parameters) -> Result<Self, AlgoliaError> {
        let names = parameters.names("facets")?.unwrap_or_default();
        let all = names.iter().any(|name| name == "*");
        let mut facets: Vec<FacetAsked> = Vec::new();
        let named = names
            .iter()
            .filter_map(|name| FacetAsked::named(schema, name));
        let every = schema.attributes.iter().filter(|own| all && own.facet);
        let every = every.map(|attribute| FacetAsked {
            name: attribute.name.clone(),
            attribute: attribute.name.clone(),
            level: None,
        });
        for facet in named.chain(every) {
            if !facets.contains(&facet) {
                facets.push(facet);
            }
        }
        let values_max = parameters.count("maxValuesPerFacet")?.unwrap_or(VALUES);
        Ok(FacetsAsked {
            facets,
            values_max: values_max.min(VALUES_MAX),
            all,
        })
    }

    /// The attributes to count.
    pub(super) fn attributes(&self) -> Vec<String> {
        let names = self.facets.iter().map(|facet| facet.attribute.clone());
        names.collect()
    }

    /// How many values of each are to be counted.
    pub(super) fn counted_max(&self, schema: &Schema) -> usize {
        let is_path = |facet: &FacetAsked| {
            let attribute = schema.attribute(&facet.attribute);
            attribute.is_some_and(|own| own.kind == Kind::Path)
        };
        if self.facets.iter().any(is_path) {
            ALL_VALUES
        } else {
            self.values_max
        }
    }

    /// Values and how many products have each, by facet.
    pub(super) fn counts(&self, schema: &Schema, page: &Page) -> Value {
        let mut counts = Map::new();
        for facet in &self.facets {
            let Some(values) = page.facets.get(&facet.attribute) else {
                continue;
            };
            let is_path = schema
                .attribute(&facet.attribute)
                .is_some_and(|own| own.kind == Kind::Path);
            counts.insert(facet.name.clone(), self.listed(values, facet.level));
            if self.all && is_path && facet.level.is_none() {
                let deepest = values.iter().map(|value| level_of(&value.value)).max();
                for level in deepest.map_or(0..0, |deepest| 0..deepest + 1) {
                    let name = format!("{}.lvl{level}", facet.name);
                    counts.insert(name, self.listed(values, Some(level)));
                }
            }
        }
        Value::Object(counts)
    }

    fn listed(&self, values: &[FacetValue], level: Option<usize>) -> Value {
        let own = values
            .iter()
            .filter(|value| level.is_none_or(|level| level_of(&value.value) == level));
        let listed = own.take(self.values_max);
        let listed = listed.map(|value| (value.value.clone(), value.count.into()));
        Value::Object(listed.collect())
    }

    /// The least, greatest and average number of each facet of numbers, and what they sum up to.
    pub(super) fn stats(&self, schema: &Schema, page: &Page) -> Option<Value> {
        let mut stats = Map::new();
        for facet in &self.facets {
            let is_truth = schema
                .attribute(&facet.attribute)
                .is_some_and(|own| own.kind == Kind::Boolean);
            let range = page.ranges.get(&facet.attribute).filter(|_| !is_truth);
            let Some((range, total)) = range.zip(page.totals.get(&facet.attribute)) else {
                continue;
            };
            let average = total.sum / total.values.max(1) as f64;
            let of = json!({"min": range.min, "max": range.max, "avg": average, "sum": total.sum});
            stats.insert(facet.name.clone(), of);
        }
        (!stats.is_empty()).then_some(Value::Object(stats))
    }
}

/// How many levels are above the last one of a path.
fn level_of(value: &str) -> usize {
    value.matches(PATH_SEPARATOR).count()
}

/// A search among a facet's values.
pub(super) struct FacetSearch {
    pub(super) facet: FacetAsked,
    typed: String,
    hits_max: usize,
    by_name: bool,
    style: Style,
}

impl FacetSearch {
    /// So many values are looked at.
    pub(super) const VALUES_LOOKED_AT: usize = ALL_VALUES;

    /// Reads a facet search; `request` says what is typed, and `parameters` how the list is narrowed.
    pub(super) fn of(
        schema: &Schema,
        facet: &str,
        request: &Parameters,
        parameters: &Parameters,
    ) -> Result<Self, AlgoliaError> {
        let Some(facet) = FacetAsked::named(schema, facet) else {
            let message = format!(
                "Cannot search in `{facet}` attribute, you need to mark it `facet = true` in index/schema.toml and index again"
            );
            return Err(AlgoliaError::bad_request(message));
        };
        let hits_max = request.count("maxFacetHits")?.unwrap_or(FACET_HITS);
        let sort = parameters.text("sortFacetValuesBy")?;
        Ok(FacetSearch {
            facet,
            typed: request.text("facetQuery")?.unwrap_or_default(),
            hits_max: hits_max.min(FACET_HITS_MAX),
            by_name: sort.as_deref() == Some("alpha"),
            style: Style::of(parameters)?,
        })
    }

    /// The values in which every typed word begins a word, most frequent first.
    pub(super) fn answer(&self, page: &Page, took_ms: u64) -> Value {
        let typed: Vec<String> = words(&self.typed)
            .into_iter()
            .map(|word| word.folded)
            .collect();
        let values = page.facets.get(&self.facet.attribute);
        let own = values.into_iter().flatten().filter(|value| {
            let level = self.facet.level;
            level.is_none_or(|level| level_of(&value.value) == level)
        });
        let mut hits: Vec<(&FacetValue, String)> = own
            .filter_map(|value| Some((value, self.marked(&value.value, &typed)?)))
            .collect();
        if self.by_name {
            hits.sort_by(|(one, _), (other, _)| one.value.cmp(&other.value));
        }
        let hits = hits.into_iter().take(self.hits_max);
        let hits = hits.map(|(value, highlighted)| {
            json!({"value": value.value, "highlighted": highlighted, "count": value.count})
        });
        json!({
            "facetHits": hits.collect::<Vec<Value>>(),
            "exhaustiveFacetsCount": true,
            "processingTimeMS": took_ms,
        })
    }

    /// The value with the typed beginnings marked; `None` when a word of those typed begins none of its words.
    fn marked(&self, value: &str, typed: &[String]) -> Option<String> {
        let own = words(value);
        let mut spans = Vec::new();
        for typed in typed {
            let word = own
                .iter()
                .find(|word| word.folded.starts_with(typed.as_str()))?;
            let letters: usize = typed.chars().count();
            let begun = value[word.span.clone()].char_indices().nth(letters);
            let end = begun.map_or(word.span.end, |(at, _)| word.span.start + at);
            spans.push(word.span.start..end);
        }
        spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        spans.dedup_by(|later, first| later.start < first.end);
        Some(self.style.beginning(value, &spans))
    }
}
