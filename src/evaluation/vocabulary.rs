//! Words shoppers use and the shop does not: synonyms to add, each with its evidence, and drafts of them tried.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};
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

/// At most this many searches without a click are looked at for what finds nothing.
const UNCLICKED_MAX: usize = 2_000;

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
    /// Searches that find another number of products, the most frequent.
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

/// What shoppers' words suggest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Suggestions {
    /// Lines to add: first those for words that find nothing, then the best evidence first.
    pub suggestions: Vec<SuggestedSynonym>,
    /// Searches that find nothing and that nobody said in other words, the most frequent first: only a merchandiser
    /// knows what they mean.
    pub without_results: Vec<Fruitless>,
}

/// A search that finds nothing.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Fruitless {
    pub query: String,
    pub searches: u64,
    /// Words of it that no product has.
    pub unknown_words: Vec<String>,
}

/// The words of searches, whatever was chosen besides.
struct Said<'s> {
    text: &'s str,
    searches: u64,
    clicks: u64,
}

/// What shoppers said, the most frequent first.
fn said(searches: &Searches) -> Vec<Said<'_>> {
    let mut by_words: FxHashMap<String, Said<'_>> = FxHashMap::default();
    for searched in searches.queries.iter().filter(|one| !one.text.is_empty()) {
        let said = by_words.entry(searched.text.to_lowercase());
        let said = said.or_insert(Said {
            text: &searched.text,
            searches: 0,
            clicks: 0,
        });
        said.searches += searched.searches;
        said.clicks += searched.clicks;
    }
    let mut said: Vec<Said<'_>> = by_words.into_values().collect();
    said.sort_by_key(|said| (Reverse(said.searches), said.text));
    said
}

/// How often which words were said in which others.
fn rephrased(searches: &Searches) -> Vec<(&str, &str, u64)> {
    let mut by_words: FxHashMap<(String, String), (&str, &str, u64)> = FxHashMap::default();
    for ((from, to), times) in &searches.rephrased {
        let text = |place: usize| searches.queries[place].text.as_str();
        let (from, to) = (text(*from), text(*to));
        let pair = by_words.entry((from.to_lowercase(), to.to_lowercase()));
        pair.or_insert((from, to, 0)).2 += times;
    }
    let mut pairs: Vec<_> = by_words.into_values().collect();
    pairs.sort_by_key(|(from, to, times)| (Reverse(*times), *from, *to));
    pairs
}

/// Synonyms that reformulations suggest, and searches that find nothing.
pub fn suggested_synonyms(
    engine: &Engine,
    searches: &Searches,
    now: Timestamp,
) -> Result<Suggestions, EngineError> {
    let snapshot = engine.snapshot();
    let (mut suggestions, mut known) = (Vec::new(), BTreeSet::new());
    let mut explained: FxHashSet<String> = FxHashSet::default();
    for (from, to, times) in rephrased(searches) {
        let Some(line) = line_of(&snapshot, from, to).filter(|_| times >= EVIDENCE_MIN) else {
            continue;
        };
        explained.insert(from.to_lowercase());
        if suggestions.len() < SUGGESTIONS_MAX && known.insert(line.clone()) {
            suggestions.push(SuggestedSynonym {
                line,
                rephrased: times,
                from_finds: found(engine, &snapshot, from, now)?.products,
                to_finds: found(engine, &snapshot, to, now)?.products,
                from: from.to_string(),
                to: to.to_string(),
            });
        }
    }
    suggestions.sort_by_key(|suggested| suggested.from_finds > 0);
    let mut without_results = Vec::new();
    let unclicked = said(searches).into_iter().filter(|said| said.clicks == 0);
    for said in unclicked.take(UNCLICKED_MAX) {
        let is_explained = explained.contains(&said.text.to_lowercase());
        let found = found(engine, &snapshot, said.text, now)?;
        if is_explained || found.products > 0 || found.is_answered {
            continue;
        }
        without_results.push(Fruitless {
            query: said.text.to_string(),
            searches: said.searches,
            unknown_words: unknown_words(&snapshot, said.text),
        });
        if without_results.len() >= SUGGESTIONS_MAX {
            break;
        }
    }
    Ok(Suggestions {
        suggestions,
        without_results,
    })
}

fn unknown_words(snapshot: &Snapshot, text: &str) -> Vec<String> {
    let words = words(text).into_iter().map(|word| word.folded);
    let vocabulary = snapshot.vocabulary();
    words
        .filter(|word| vocabulary.stem_of(word).is_none())
        .collect()
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

/// What a query finds.
struct Found {
    products: usize,
    /// All its words are found together.
    is_full: bool,
    /// A rule sends the shopper somewhere else.
    is_answered: bool,
}

fn found(
    engine: &Engine,
    snapshot: &Snapshot,
    text: &str,
    now: Timestamp,
) -> Result<Found, EngineError> {
    let request = Request {
        hits_per_page: 0,
        ..Request::new(text, now)
    };
    let page = engine.search_under(snapshot, &snapshot.rules, &request)?;
    Ok(Found {
        products: page.total,
        is_full: page.total > 0 && !page.understood.relaxed,
        is_answered: page.redirect.is_some(),
    })
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
    for said in said(searches) {
        let (text, times) = (said.text, said.searches);
        if before.understand(text).units == after.understand(text).units {
            continue;
        }
        let old = found(engine, &before, text, now)?;
        let new = found(engine, &after, text, now)?;
        test.searches_touched += times;
        test.queries_touched += 1;
        test.relaxed.before += if old.is_full { 0 } else { times };
        test.relaxed.after += if new.is_full { 0 } else { times };
        test.products_found.before += old.products as u64 * times;
        test.products_found.after += new.products as u64 * times;
        if test.examples.len() < EXAMPLES && old.products != new.products {
            test.examples.push(SynonymExample {
                query: text.to_string(),
                searches: times,
                before: old.products,
                after: new.products,
            });
        }
    }
    Ok(test)
}
