//! Marks the words of a text that a query found, through stemming and synonyms.

use rustc_hash::FxHashSet;

use super::{Query, Unit};
use crate::text::{Analyzer, words};

/// What highlighted words begin and end with.
const OPEN: &str = "<em>";
const CLOSE: &str = "</em>";

/// Marks words for one query.
pub struct Highlighter<'l> {
    analyzer: &'l Analyzer,
    stems: FxHashSet<&'l str>,
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
        Highlighter { analyzer, stems }
    }

    /// The text with every found word inside `<em>`; `None` when there is none.
    pub fn mark(&self, text: &str) -> Option<String> {
        if self.stems.is_empty() {
            return None;
        }
        let mut marked = String::with_capacity(text.len() + 32);
        let mut written = 0;
        for word in words(text) {
            if self
                .stems
                .contains(self.analyzer.stem(&word.folded).as_str())
            {
                marked.push_str(&text[written..word.span.start]);
                marked.push_str(OPEN);
                marked.push_str(&text[word.span.clone()]);
                marked.push_str(CLOSE);
                written = word.span.end;
            }
        }
        if written == 0 {
            return None;
        }
        marked.push_str(&text[written..]);
        Some(marked)
    }
}
