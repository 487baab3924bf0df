//! What each line of the synonym files does in the live catalog.

use serde::Serialize;

use super::files::names_in;
use super::{PublishError, ShopPaths};
use crate::catalog::filter::Filter;
use crate::catalog::shop_files::is_starter_synonym;
use crate::engine::Snapshot;
use crate::query::{Alternative, SYNONYMS_DIR, Synonyms, Unit};
use crate::retrieval::{self, Counting, IndexError, Order, Plan, SoldOut};

/// At most this many lines are looked at; each is searched a few times.
const LINES_MAX: usize = 5_000;

/// A line of a synonym file, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SynonymLine {
    /// The file, relative to the shop directory.
    pub file: String,
    /// Counted from 1.
    pub line: u64,
    pub text: String,
    /// How many products the line brings to searches for its words that those would not find without it.
    pub adds: usize,
    /// No product has what any of its words is said to mean.
    pub never_matches: bool,
    /// It stands as `endcap init` wrote it for shops of any trade, so that matching nothing is no mistake.
    pub starter: bool,
}

/// What the lines of a shop's synonym files do, in their order; lines that cannot be read, and lines that forbid, are
/// left out.
pub fn synonym_lines(
    paths: &ShopPaths,
    snapshot: &Snapshot,
) -> Result<Vec<SynonymLine>, PublishError> {
    let analyzer = &snapshot.language.analyzer;
    let mut lines = Vec::new();
    let names = names_in(&paths.shop, SYNONYMS_DIR, "txt").into_iter();
    for file in names.filter(|name| analyzer.reads(name)) {
        let path = paths.shop.join(&file);
        let text =
            std::fs::read_to_string(&path).map_err(|error| PublishError::Io { path, error })?;
        for (number, text) in (1..).zip(text.lines()) {
            let (synonyms, _) = Synonyms::parse(&file, text, analyzer);
            if synonyms.is_empty() || lines.len() == LINES_MAX {
                continue;
            }
            let (adds, found) = effect(snapshot, &synonyms)?;
            lines.push(SynonymLine {
                file: file.clone(),
                line: number,
                text: text.trim().to_string(),
                adds,
                never_matches: found == 0,
                starter: is_starter_synonym(text.trim()),
            });
        }
    }
    Ok(lines)
}

/// How many products a line adds to searches for its words, and how many have what they are said to mean.
fn effect(snapshot: &Snapshot, synonyms: &Synonyms) -> Result<(usize, usize), IndexError> {
    let (mut adds, mut found) = (0, 0);
    for (own, meanings) in synonyms.entries() {
        let own = Alternative {
            stems: own.to_vec(),
            weight: 1.0,
        };
        let meant: Vec<Alternative> = meanings
            .into_iter()
            .filter(|meaning| meaning.stems != own.stems)
            .collect();
        let with_own = meant.iter().cloned().chain([own.clone()]).collect();
        let without = products(snapshot, vec![own])?;
        adds += products(snapshot, with_own)?.saturating_sub(without);
        found += products(snapshot, meant)?;
    }
    Ok((adds, found))
}

/// How many products have all stems of any of these.
fn products(snapshot: &Snapshot, alternatives: Vec<Alternative>) -> Result<usize, IndexError> {
    let plan = Plan {
        units: vec![Unit { alternatives }],
        head: None,
        filter: Filter::everything(),
        suppressed: rustc_hash::FxHashSet::default(),
        included: Vec::new(),
        facets: Vec::new(),
        counting: Counting::Choices,
        order: Order::Relevance,
        sold_out: SoldOut::Ignore,
        matches_enough: 0,
        candidates_max: 1,
    };
    let catalog = &snapshot.catalog;
    Ok(retrieval::fetch(&catalog.text, &catalog.columns, &plan)?.total)
}
