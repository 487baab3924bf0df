//! Understood words in, a bounded set of candidates with exact totals and facets out.
//!
//! Retrieval has never heard of rules, experiments or HTTP: it is told what to match, what to leave out and what to
//! count, and reads one catalog.

mod bits;
mod block;
mod bm25;
mod called;
mod collect;
mod delta;
mod facets;
mod features;
mod heads;
mod kinds;
mod languages;
mod likeness;
mod matching;
mod passages;
mod postings;
mod relaxing;
mod segment;
mod terms;
mod text_index;
mod text_index_builder;
mod together;
mod top;
mod weights;
mod words;

pub use delta::TextDelta;
pub use facets::{FacetCount, FacetCounts, Range};
pub use matching::UNITS_MAX;
pub use text_index::TextIndex;
pub use text_index_builder::TextIndexBuilder;
pub use words::{Words, WordsReader};

/// What can go wrong with the index itself.
pub use tantivy::TantivyError as IndexError;

use rustc_hash::FxHashSet;

use crate::catalog::columns::Columns;
use crate::catalog::filter::Filter;
use crate::query::Unit;

/// How many products that match all words are enough for a results page.
pub const ENOUGH_MATCHES: usize = 10;

/// What to fetch.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the words ask for; none asks for every product.
    pub units: Vec<Unit>,
    /// Which unit says what kind of thing is asked for.
    pub head: Option<usize>,
    pub filter: Filter,
    /// Products that must not appear, nor be counted.
    pub suppressed: FxHashSet<u32>,
    /// Of each list, the first product that passes the filter and can be bought is a candidate, whatever the words.
    pub included: Vec<Vec<u32>>,
    /// Positions of the attributes to count.
    pub facets: Vec<usize>,
    pub counting: Counting,
    pub order: Order,
    pub sold_out: SoldOut,
    /// While fewer products match all words, products that match fewer words are taken too; 0 takes none.
    pub matches_enough: usize,
    /// At most this many candidates are returned; totals and facets count all.
    pub candidates_max: usize,
}

/// Which products come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The best match; without words, the place in the catalog.
    Relevance,
    /// The value of an attribute; products without one come last.
    By { attribute: usize, descending: bool },
}

/// What facets count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// What may be chosen: a facet's own choice does not shrink its counts, and numbers have a range.
    #[default]
    Choices,
    /// What the list holds: every product of it and no other, and each number by itself.
    List,
}

/// What becomes of products of which nothing can be bought.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SoldOut {
    /// They come after everything that can be bought.
    #[default]
    Sink,
    /// They do not appear.
    Hide,
    /// They stand where they would stand anyway.
    Ignore,
}

/// What was fetched.
#[derive(Debug)]
pub struct Candidates {
    /// How many products match, exactly.
    pub total: usize,
    /// The first ones in the plan's order, and those included.
    pub candidates: Vec<Candidate>,
    /// For each of the plan's inclusions, which product it came to.
    pub included: Vec<Option<u32>>,
    pub facets: Vec<FacetCounts>,
    /// Some products, those included aside, match fewer words than were asked for.
    pub relaxed: bool,
    /// The units that some product has, as bits; none when nothing was found by words.
    pub units_found: u32,
}

/// A product that matched, and how.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub ordinal: u32,
    /// Read once, when fetched.
    pub sold_out: bool,
    /// It is on the list because of the words, and not only because it was brought in.
    pub matches: bool,
    pub features: Features,
}

/// How well a product matches the words.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Features {
    /// The sum over the query's units of BM25 in the place that says most of each; 0 without words.
    pub bm25: f32,
    /// Share of the query's units that matched anywhere, each as heavy as it is rare, 0 to 1.
    pub coverage: f32,
    /// Share of the query's neighbouring units that stand side by side in the title or in the description, 0 to 1.
    pub adjacent: f32,
    /// How likely the product is what was asked for, rather than something that belongs to it, times the share of the
    /// query that names it, 0 to 1.
    pub head: f32,
    /// How little the product has in common with candidates that are what was asked for, times the share of the query that
    /// names it, squared, 0 to 1; 0 where nothing is known.
    pub unlike: f32,
}

/// Fetches what the plan asks for.
pub fn fetch(index: &TextIndex, columns: &Columns, plan: &Plan) -> tantivy::Result<Candidates> {
    let mut fetched = fetch_all(index, columns, std::slice::from_ref(plan))?;
    Ok(fetched
        .pop()
        .expect("one plan fetches one set of candidates"))
}

/// Fetches what several plans ask for that match the same words: `units`, `head` and `matches_enough` are those of the
/// first. What matches is found once.
pub fn fetch_all(
    index: &TextIndex,
    columns: &Columns,
    plans: &[Plan],
) -> tantivy::Result<Vec<Candidates>> {
    collect::fetch_all(index, columns, plans)
}
