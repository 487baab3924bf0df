//! Marks the words of a text that a query found, through stemming and synonyms.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Query, Unit, Vocabulary};
use crate::text::for_each_word;

/// What highlighted words begin and end with.
const OPEN: &str = "<em>";
const CLOSE: &str = "</em>";

/// Words of the catalog's texts that a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundWords {
    /// The catalog's words, folded, that have a stem of the query, and the units that sought them, as bits.
    words: FxHashMap<Box<str>, u32>,
    /// By unit: the words it was read from.
    pub said: Vec<String>,
}

impl FoundWords {
    pub fn of(vocabulary: &Vocabulary, query: &Query) -> Self {
        let mut words: FxHashMap<Box<str>, u32> = FxHashMap::default();
        for (number, Unit { alternatives }) in query.units.iter().enumerate() {
            let unit = 1_u32.checked_shl(number as u32).unwrap_or_default();
            let stems = alternatives
                .iter()
                .flat_map(|alternative| &alternative.stems);
            for word in stems.flat_map(|stem| vocabulary.words_of(stem)) {
                match words.get_mut(word) {
                    Some(units) => *units |= unit,
                    None => drop(words.insert(word.into(), unit)),
                }
            }
        }
        FoundWords {
            words,
            said: query.said.clone(),
        }
    }

    /// Whether no text can have a word that was found.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Calls `visit` for every found word of a text, in order and apart, with the units that sought it.
    pub fn for_each(&self, text: &str, mut visit: impl FnMut(Range<usize>, u32)) {
        if self.words.is_empty() {
            return;
        }
        let mut end = 0;
        for_each_word(text, |folded, span| {
            if let Some(units) = self.words.get(folded) {
                // Pairs of Chinese or Japanese letters overlap.
                visit(span.start.max(end)..span.end, *units);
                end = span.end;
            }
        });
    }

    /// The text with every found word inside `<em>`; `None` when there is none.
    pub fn mark(&self, text: &str) -> Option<String> {
        let mut marked = String::new();
        let mut written = 0;
        self.for_each(text, |span, _| {
            marked.reserve(text.len() + 32);
            marked.push_str(&text[written..span.start]);
            marked.push_str(OPEN);
            marked.push_str(&text[span.clone()]);
            marked.push_str(CLOSE);
            written = span.end;
        });
        if written == 0 {
            return None;
        }
        marked.push_str(&text[written..]);
        Some(marked)
    }
}
