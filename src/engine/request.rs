//! What a storefront asks for, typed text first, meaning second.

use std::ops::Range;

use jiff::Timestamp;

use super::error::EngineError;
use super::snapshot::Snapshot;
use crate::catalog::filter::{self, Filter, FilterError};
use crate::problem::nearest;
use crate::query::{LastWord, QUERY_BYTES_MAX, Spelling};
use crate::ranking::{Adjustment, Recipe};
use crate::retrieval::{Counting, Order};

/// At most this many hits on one page.
pub const HITS_PER_PAGE_MAX: usize = 1_000;

/// Pages end after this many hits.
pub const PAGING_DEPTH_MAX: usize = 1_000_000;

/// At most this many values of one facet are returned.
const FACET_VALUES_MAX: usize = 10_000;

/// How many facet values are returned when nothing is said.
const FACET_VALUES: usize = 250;

/// Asks for the most useful facets rather than naming any.
const CHOSEN: &str = "auto";

/// One question to the engine. `Request::new` gives the plain one.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What was typed; empty asks for every product.
    pub q: String,
    pub filter: Option<String>,
    /// Filters that hold besides, each read by itself, so that `filter` cannot reach beyond them.
    pub within: Vec<String>,
    /// What is lifted or buried besides what rules do.
    pub leanings: Vec<Leaning>,
    /// Names of attributes to count, `*` for all facets, or `auto` for the most useful ones, in order.
    pub facets: Vec<String>,
    pub facet_values_max: Option<usize>,
    pub counting: Counting,
    /// `attribute:asc` or `attribute:desc`.
    pub sort: Option<String>,
    /// Counted from 1.
    pub page: usize,
    pub hits_per_page: usize,
    pub shopper: Option<String>,
    /// A segment the caller knows the shopper to be in, beside those of the shop's own conditions.
    pub segment: Option<String>,
    /// The segments that the shopper of a logged request was in then; nobody is looked up.
    pub logged_segments: Option<Vec<String>>,
    pub country: Option<String>,
    /// The site the shopper came from.
    pub referrer: Option<String>,
    pub surface: String,
    pub category: Option<String>,
    /// Tags that rules may ask for.
    pub context: Vec<String>,
    pub device: Option<String>,
    pub campaign: Option<String>,
    /// The language the shopper reads.
    pub language: Option<String>,
    /// Experiments and the arms the shopper is in.
    pub arms: Vec<(String, String)>,
    /// 0 to 100; the recipe's when not said.
    pub impact: Option<f64>,
    pub recipe: Option<String>,
    pub rules: RulesSwitch,
    pub spelling: Spelling,
    /// Whether the last word may be the beginning of one.
    pub last_word: LastWord,
    /// Hand out which words were found, so that the caller can mark them.
    pub marks: bool,
    pub explain: bool,
    pub now: Timestamp,
    /// Drawn at random by whoever asks; 0 is not remembered.
    pub query_id: u128,
    /// The `query_id` is that of an earlier page of the same list, whose order is held.
    pub continues: bool,
}

/// Products that a request lifts or buries.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaning {
    pub filter: String,
    /// Their score is multiplied by this: 1.5 lifts, 0.5 buries.
    pub by: f64,
}

/// Whether merchandisers' rules have a say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesSwitch {
    On,
    Off,
}

impl Request {
    /// The first 24 hits for these words, for a shopper nobody knows.
    pub fn new(q: impl Into<String>, now: Timestamp) -> Self {
        Request {
            q: q.into(),
            filter: None,
            within: Vec::new(),
            leanings: Vec::new(),
            facets: Vec::new(),
            facet_values_max: None,
            counting: Counting::Choices,
            sort: None,
            page: 1,
            hits_per_page: 24,
            shopper: None,
            segment: None,
            logged_segments: None,
            country: None,
            referrer: None,
            surface: "search".into(),
            category: None,
            context: Vec::new(),
            device: None,
            campaign: None,
            language: None,
            arms: Vec::new(),
            impact: None,
            recipe: None,
            rules: RulesSwitch::On,
            spelling: Spelling::Corrected,
            last_word: LastWord::Whole,
            marks: false,
            explain: false,
            now,
            query_id: 0,
            continues: false,
        }
    }

    /// What the request means in a snapshot.
    pub(super) fn read(&self, snapshot: &Snapshot) -> Result<Asked, EngineError> {
        self.check_limits()?;
        let schema = &snapshot.catalog.schema;
        let mut filter = match &self.filter {
            Some(text) => filter::parse(schema, text)?,
            None => Filter::everything(),
        };
        for within in &self.within {
            filter = filter.and(filter::parse(schema, within)?);
        }
        let leaning = |leaning: &Leaning| {
            Ok(Adjustment {
                name: leaning.filter.clone(),
                filter: filter::parse(schema, &leaning.filter)?,
                by: leaning.by,
                measure: None,
            })
        };
        let leanings: Result<Vec<Adjustment>, FilterError> =
            self.leanings.iter().map(leaning).collect();
        if let Some(category) = self
            .category
            .as_ref()
            .filter(|category| !category.is_empty())
        {
            let Some(attribute) = schema.role(crate::catalog::schema::Role::Category) else {
                let suggestion = "give an attribute `role = \"category\"`, or use `filter`";
                return Err(parameter(
                    "category",
                    "needs a category attribute, which the schema lacks",
                    suggestion,
                ));
            };
            filter = filter.and(Filter::Is {
                attribute,
                value: category.clone(),
            });
        }
        if let Some(name) = &self.recipe
            && snapshot.recipes.named(name).is_none()
        {
            let known = snapshot.recipes.recipes.keys().map(String::as_str);
            return Err(unknown(
                "recipe",
                name,
                known,
                "recipes are defined in index/ranking.toml",
            ));
        }
        let first = (self.page - 1).saturating_mul(self.hits_per_page);
        Ok(Asked {
            filter,
            leanings: leanings?,
            facets: self.read_facets(snapshot)?,
            facets_chosen: self.facets.iter().any(|name| name == CHOSEN),
            facet_values_max: self.facet_values_max.unwrap_or(FACET_VALUES),
            counting: self.counting,
            order: self.read_sort(snapshot)?,
            window: first..first + self.hits_per_page,
            hits_per_page: self.hits_per_page,
            only_counts: self.hits_per_page == 0 && self.query_id == 0,
            recipe: self.recipe.clone(),
            surface: self.surface.clone(),
        })
    }

    /// Whether another request differs only in how it narrows, counts and cuts the same list.
    pub(super) fn is_of_the_same_words(&self, other: &Request) -> bool {
        let plain = |request: &Request| Request {
            filter: None,
            within: Vec::new(),
            leanings: Vec::new(),
            facets: Vec::new(),
            facet_values_max: None,
            counting: Counting::Choices,
            sort: None,
            page: 1,
            hits_per_page: 0,
            marks: false,
            query_id: 0,
            continues: false,
            ..request.clone()
        };
        plain(self) == plain(other)
    }

    fn check_limits(&self) -> Result<(), EngineError> {
        if self.q.len() > QUERY_BYTES_MAX {
            let reason = format!("has {} bytes", self.q.len());
            return Err(parameter(
                "q",
                reason,
                format!("write at most {QUERY_BYTES_MAX} bytes"),
            ));
        }
        if self.page == 0 {
            return Err(parameter("page", "is 0", "pages are counted from 1"));
        }
        if self.hits_per_page > HITS_PER_PAGE_MAX {
            let reason = format!("is {}", self.hits_per_page);
            return Err(parameter(
                "hits_per_page",
                reason,
                format!("write at most {HITS_PER_PAGE_MAX}"),
            ));
        }
        if self.page.saturating_mul(self.hits_per_page) > PAGING_DEPTH_MAX {
            let reason = format!("{} of {} hits goes too deep", self.page, self.hits_per_page);
            let suggestion =
                format!("paging ends after {PAGING_DEPTH_MAX} hits; narrow the list with `filter`");
            return Err(parameter("page", reason, suggestion));
        }
        if self
            .facet_values_max
            .is_some_and(|max| max > FACET_VALUES_MAX)
        {
            return Err(parameter(
                "facet_values_max",
                "is too high",
                format!("write at most {FACET_VALUES_MAX}"),
            ));
        }
        if self
            .impact
            .is_some_and(|impact| !(0.0..=100.0).contains(&impact))
        {
            return Err(parameter(
                "impact",
                "is out of range",
                "write a number between 0 and 100",
            ));
        }
        Ok(())
    }

    fn read_facets(&self, snapshot: &Snapshot) -> Result<Vec<usize>, EngineError> {
        let schema = &snapshot.catalog.schema;
        let facets = || {
            schema
                .attributes
                .iter()
                .enumerate()
                .filter(|(_, attribute)| attribute.facet)
        };
        let mut positions = Vec::new();
        for name in &self.facets {
            if name == "*" || name == CHOSEN {
                positions.extend(facets().map(|(position, _)| position));
                continue;
            }
            match facets().find(|(_, attribute)| attribute.name == *name) {
                Some((position, _)) => positions.push(position),
                None => {
                    let known = facets().map(|(_, attribute)| attribute.name.as_str());
                    return Err(unknown(
                        "facet",
                        name,
                        known,
                        "mark an attribute `facet = true` and index again",
                    ));
                }
            }
        }
        let mut seen = rustc_hash::FxHashSet::default();
        positions.retain(|position| seen.insert(*position));
        Ok(positions)
    }

    fn read_sort(&self, snapshot: &Snapshot) -> Result<Order, EngineError> {
        let Some(sort) = self
            .sort
            .as_deref()
            .filter(|sort| !sort.is_empty() && *sort != "relevance")
        else {
            return Ok(Order::Relevance);
        };
        let sortable = || {
            snapshot
                .catalog
                .schema
                .attributes
                .iter()
                .enumerate()
                .filter(|(_, attribute)| attribute.sort)
        };
        let (name, direction) = sort.rsplit_once(':').unwrap_or((sort, ""));
        let descending = match direction {
            "asc" => false,
            "desc" => true,
            _ => {
                let name = if name.is_empty() { "price" } else { name };
                let suggestion = format!("write {name}:asc or {name}:desc");
                return Err(parameter(
                    "sort",
                    format!("`{sort}` has no direction"),
                    suggestion,
                ));
            }
        };
        match sortable().find(|(_, attribute)| attribute.name == name) {
            Some((attribute, _)) => Ok(Order::By {
                attribute,
                descending,
            }),
            None => {
                let known = sortable().map(|(_, attribute)| attribute.name.as_str());
                Err(unknown(
                    "sort",
                    name,
                    known,
                    "mark an attribute `sort = true` and index again",
                ))
            }
        }
    }
}

/// A request, read against one snapshot.
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) leanings: Vec<Adjustment>,
    pub(super) facets: Vec<usize>,
    /// Of the facets, only the most useful ones are shown.
    pub(super) facets_chosen: bool,
    pub(super) facet_values_max: usize,
    pub(super) counting: Counting,
    pub(super) order: Order,
    /// Places of the page's hits, counted from 0.
    pub(super) window: Range<usize>,
    pub(super) hits_per_page: usize,
    /// No product is shown, now or later: only totals and facets are asked for.
    pub(super) only_counts: bool,
    recipe: Option<String>,
    surface: String,
}

impl Asked {
    /// The recipe the request names, or rules do, or one of the shopper's segments has, or the surface.
    pub(super) fn recipe<'s>(
        &self,
        snapshot: &'s Snapshot,
        by_rules: Option<&str>,
        segments: &[String],
    ) -> &'s Recipe {
        let recipes = &snapshot.recipes;
        let name = self.recipe.as_deref().or(by_rules);
        let named = name.and_then(|name| recipes.named(name));
        named
            .or_else(|| recipes.for_segments(segments))
            .unwrap_or_else(|| recipes.for_surface(&self.surface))
    }
}

pub(super) fn parameter(
    name: &'static str,
    reason: impl Into<String>,
    suggestion: impl Into<String>,
) -> EngineError {
    EngineError::Parameter {
        parameter: name,
        reason: reason.into(),
        suggestion: suggestion.into(),
    }
}

pub(super) fn unknown<'a>(
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    hint: &str,
) -> EngineError {
    const NAMES_MAX: usize = 20;
    let known: Vec<&str> = known.collect();
    let suggestion = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("there is none; {hint}"),
        None => format!(
            "known are {}",
            known[..known.len().min(NAMES_MAX)].join(", ")
        ),
    };
    EngineError::Unknown {
        what,
        name: name.to_string(),
        suggestion,
    }
}
