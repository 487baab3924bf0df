//! Marks the words of a text that a query found, through stemming and synonyms.

use rustc_hash::FxHashSet;

use super::{Query, Unit, Vocabulary};
use crate::text::for_each_word;

/// What highlighted words begin and end with.
const OPEN: &str = "<em>";
const CLOSE: &str = "</em>";

/// Marks words of the catalog's texts for one query.
pub struct Highlighter<'l> {
    /// The catalog's words, folded, that have a stem of the query.
    words: FxHashSet<&'l str>,
}

impl<'l> Highlighter<'l> {
    pub fn new(vocabulary: &'l Vocabulary, query: &'l Query) -> Self {
        let units = query.units.iter();
        let alternatives = units.flat_map(|Unit { alternatives }| alternatives);
        let stems = alternatives.flat_map(|alternative| &alternative.stems);
        Highlighter {
            words: stems.flat_map(|stem| vocabulary.words_of(stem)).collect(),
        }
    }

    /// The text with every found word inside `<em>`; `None` when there is none.
    pub fn mark(&self, text: &str) -> Option<String> {
        if self.words.is_empty() {
            return None;
        }
        let mut marked = String::new();
        let mut written = 0;
        for_each_word(text, |folded, span| {
            if self.words.contains(folded) {
                marked.reserve(text.len() + 32);
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
