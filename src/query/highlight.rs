//! Marks the words of a text that a query found, through stemming and synonyms.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Query, Unit};
use crate::text::{Analyzer, for_each_word};

/// What highlighted words begin and end with.
const OPEN: &str = "<em>";
const CLOSE: &str = "</em>";

/// Marks words for one query.
pub struct Highlighter<'l> {
    analyzer: &'l Analyzer,
    stems: FxHashSet<&'l str>,
    /// Whether a folded word was found; the texts of one page repeat most of their words.
    known: RefCell<FxHashMap<String, bool>>,
}

impl<'l> Highlighter<'l> {
    pub fn new(analyzer: &'l Analyzer, query: &'l Query) -> Self {
        let alternatives = query
            .units
            .iter()
            .flat_map(|Unit { alternatives }| alternatives);
        let stems = alternatives
            .flat_map(|alternative| alternative.stems.iter().map(String::as_str))
            .collect();
        Highlighter {
            analyzer,
            stems,
            known: RefCell::default(),
        }
    }

    /// The text with every found word inside `<em>`; `None` when there is none.
    pub fn mark(&self, text: &str) -> Option<String> {
        if self.stems.is_empty() {
            return None;
        }
        let mut marked = String::with_capacity(text.len() + 32);
        let mut written = 0;
        let mut known = self.known.borrow_mut();
        for_each_word(text, |folded, span| {
            let found = known.get(folded).copied().unwrap_or_else(|| {
                let found = self.stems.contains(self.analyzer.stem(folded).as_str());
                known.insert(folded.to_string(), found);
                found
            });
            if found {
                // Pairs of Chinese or Japanese letters overlap.
                let start = span.start.max(written);
                marked.push_str(&text[written..start]);
                marked.push_str(OPEN);
                marked.push_str(&text[start..span.end]);
                marked.push_str(CLOSE);
                written = span.end;
            }
        });
        if written == 0 {
            return None;
        }
        marked.push_str(&text[written..]);
        Some(marked)
    }
}
