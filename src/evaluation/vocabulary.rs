//! Words shoppers use and the shop does not: synonyms to add, each with its evidence, and drafts of them tried.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::backtest::BeforeAfter;
use super::searches::Searches;
use crate::engine::{Engine, EngineError, Request, Snapshot};
use crate::query::Synonyms;
use crate::text::words;

/// Fewer shoppers than this rephrasing a query are no evidence.
const EVIDENCE_MIN: u64 = 2;

/// At most this many suggestions.
const SUGGESTIONS_MAX: usize = 100;

/// So many queries are shown as examples.
const EXAMPLES: usize = 10;

/// A synonym line that shoppers suggest.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SuggestedSynonym {
    /// The line as a synonym file has it.
    pub line: String,
    /// How often shoppers said the first, clicked nothing, said the second, and clicked.
    pub rephrased: u64,
    /// A query that was rephrased, and to what.
    pub from: String,
    pub to: String,
    /// How many products each finds now.
    pub from_finds: usize,
    pub to_finds: usize,
}

/// What a draft of synonyms would change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SynonymTest {
    pub searches: u64,
    /// Searches whose words the draft reads otherwise.
    pub searches_touched: u64,
    pub queries_touched: usize,
    /// Searches of which too little matches every word.
    pub relaxed: BeforeAfter,
    /// Products found, summed over the searches touched.
    pub products_found: BeforeAfter,
    pub examples: Vec<SynonymExample>,
}

/// A query and how many products it finds.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct SynonymExample {
    pub query: String,
    pub searches: u64,
    pub before: usize,
    pub after: usize,
}

/// Synonyms that reformulations suggest, the best evidence first.
pub fn suggested_synonyms(
    engine: &Engine,
    searches: &Searches,
    now: Timestamp,
) -> Result<Vec<SuggestedSynonym>, EngineError> {
    let snapshot = engine.snapshot();
    let mut pairs: Vec<_> = searches
        .rephrased
        .iter()
        .filter(|(_, times)| **times >= EVIDENCE_MIN)
        .collect();
    pairs.sort_by_key(|(pair, times)| (std::cmp::Reverse(**times), **pair));
    let (mut suggested, mut known) = (Vec::new(), BTreeSet::new());
    for ((from, to), times) in pairs {
        let (from, to) = (&searches.queries[*from].text, &searches.queries[*to].text);
        let Some(line) = line_of(&snapshot, from, to) else {
            continue;
        };
        if !known.insert(line.clone()) {
            continue;
        }
        suggested.push(SuggestedSynonym {
            line,
            rephrased: *times,
            from_finds: found(engine, &snapshot, from, now)?.0,
            to_finds: found(engine, &snapshot, to, now)?.0,
            from: from.clone(),
            to: to.clone(),
        });
        if suggested.len() >= SUGGESTIONS_MAX {
            break;
        }
    }
    Ok(suggested)
}

/// What two queries say differently, as a line; `None` when it is nothing new.
fn line_of(snapshot: &Snapshot, from: &str, to: &str) -> Option<String> {
    let analyzer = &snapshot.language.analyzer;
    let folded = |text: &str| -> Vec<String> {
        let words = words(text).into_iter().map(|word| word.folded);
        words.collect()
    };
    let (mut from, mut to) = (folded(from), folded(to));
    let same = |a: &String, b: &String| analyzer.stem(a) == analyzer.stem(b);
    while from
        .first()
        .zip(to.first())
        .is_some_and(|(a, b)| same(a, b))
    {
        from.remove(0);
        to.remove(0);
    }
    while from.last().zip(to.last()).is_some_and(|(a, b)| same(a, b)) {
        from.pop();
        to.pop();
    }
    let (from, to) = (from.join(" "), to.join(" "));
    let stems = analyzer.stems(&from);
    let is_known = snapshot
        .language
        .synonyms
        .longest_at(&stems)
        .is_some_and(|found| {
            let wanted = analyzer.stems(&to);
            found.alternatives.iter().any(|known| known.stems == wanted)
        });
    // A word that is nearly the other is a slip that spelling mends.
    let is_slip = crate::problem::nearest(&from, [to.as_str()]).is_some()
        && from.split(' ').count() == to.split(' ').count();
    let is_new = !from.is_empty() && !to.is_empty() && !is_known && !is_slip;
    is_new.then(|| format!("{from} => {to}"))
}

/// How many products a query finds, and whether all its words are found together.
fn found(
    engine: &Engine,
    snapshot: &Snapshot,
    text: &str,
    now: Timestamp,
) -> Result<(usize, bool), EngineError> {
    let request = Request {
        hits_per_page: 0,
        ..Request::new(text, now)
    };
    let page = engine.search_under(snapshot, &snapshot.rules, &request)?;
    Ok((page.total, page.total > 0 && !page.understood.relaxed))
}

/// Tries a draft of all synonyms on logged searches.
pub fn synonym_test(
    engine: &Engine,
    draft: Synonyms,
    searches: &Searches,
    now: Timestamp,
) -> Result<SynonymTest, EngineError> {
    let before = engine.snapshot();
    let after = before.with_synonyms(draft);
    let mut test = SynonymTest {
        searches: searches.searches,
        ..SynonymTest::default()
    };
    let mut queries: Vec<_> = searches.queries.iter().collect();
    queries.sort_by_key(|searched| std::cmp::Reverse(searched.searches));
    for searched in queries {
        let (text, times) = (&searched.text, searched.searches);
        if before.understand(text).units == after.understand(text).units {
            continue;
        }
        let (old, old_full) = found(engine, &before, text, now)?;
        let (new, new_full) = found(engine, &after, text, now)?;
        test.searches_touched += times;
        test.queries_touched += 1;
        test.relaxed.before += if old_full { 0 } else { times };
        test.relaxed.after += if new_full { 0 } else { times };
        test.products_found.before += old as u64 * times;
        test.products_found.after += new as u64 * times;
        if test.examples.len() < EXAMPLES {
            test.examples.push(SynonymExample {
                query: text.clone(),
                searches: times,
                before: old,
                after: new,
            });
        }
    }
    Ok(test)
}
