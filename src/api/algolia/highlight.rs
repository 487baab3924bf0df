//! `_highlightResult` and `_snippetResult`: values as the record nests them, found words between the tags asked for.
//! Tags are inserted as they are and nothing is escaped: clients do that themselves.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::AlgoliaError;
use super::parameters::Parameters;
use crate::query::FoundWords;
use crate::text::words;

/// So many words of a text are a snippet when nothing is said.
const SNIPPET_WORDS: usize = 10;

/// How a request wants found words marked.
#[derive(Debug, Clone)]
pub(super) struct Style {
    open: String,
    close: String,
    ellipsis: String,
    /// Attributes to mark; those that are searched when nothing is said.
    marked: Option<Vec<String>>,
    /// Attributes to cut, and to how many words.
    cut: Vec<(String, usize)>,
}

/// Marks the records of one page.
pub(super) struct Marking<'a> {
    style: &'a Style,
    found: &'a FoundWords,
    /// By unit: its words.
    said: Vec<Vec<&'a str>>,
    searched: &'a [&'a str],
}

impl Style {
    pub(super) fn of(parameters: &Parameters) -> Result<Style, AlgoliaError> {
        let text = |name, usual: &str| {
            let said = parameters.text(name)?;
            Ok::<String, AlgoliaError>(said.unwrap_or_else(|| usual.into()))
        };
        let snippets = parameters.names("attributesToSnippet")?.unwrap_or_default();
        let cut = snippets.iter().map(|snippet| {
            let (name, count) = snippet.split_once(':').unwrap_or((snippet, ""));
            let count = count.parse().unwrap_or(SNIPPET_WORDS);
            (name.to_string(), count)
        });
        Ok(Style {
            open: text("highlightPreTag", "<em>")?,
            close: text("highlightPostTag", "</em>")?,
            ellipsis: text("snippetEllipsisText", "…")?,
            marked: parameters.names("attributesToHighlight")?,
            cut: cut.collect(),
        })
    }

    /// A text whose beginning was typed, marked as `open`…`close` say.
    pub(super) fn beginning(&self, text: &str, spans: &[Range<usize>]) -> String {
        let mut marked = String::with_capacity(text.len() + 32);
        let mut written = 0;
        for span in spans {
            marked.push_str(&text[written..span.start]);
            marked.push_str(&self.open);
            marked.push_str(&text[span.clone()]);
            marked.push_str(&self.close);
            written = span.end;
        }
        marked.push_str(&text[written..]);
        marked
    }
}

impl<'a> Marking<'a> {
    pub(super) fn new(style: &'a Style, found: &'a FoundWords, searched: &'a [&'a str]) -> Self {
        Marking {
            style,
            found,
            said: found
                .said
                .iter()
                .map(|said| said.split(' ').collect())
                .collect(),
            searched,
        }
    }

    /// What is marked of a record.
    pub(super) fn highlights(&self, record: &Map<String, Value>) -> Value {
        let marked = record.iter().filter(|(name, _)| match &self.style.marked {
            Some(names) => names.iter().any(|own| own == "*" || is_of(own, name)),
            None => self.searched.contains(&name.as_str()),
        });
        nested(marked, &|text| self.highlight(text))
    }

    /// What is cut of a record; `None` when nothing is asked to be.
    pub(super) fn snippets(&self, record: &Map<String, Value>) -> Option<Value> {
        if self.style.cut.is_empty() {
            return None;
        }
        let mut snippets = Map::new();
        for (name, value) in record {
            let of = |(own, _): &&(String, usize)| own == "*" || is_of(own, name);
            if let Some((_, words_max)) = self.style.cut.iter().find(of)
                && let Some(snippet) = each(value, &|text| self.snippet(text, *words_max))
            {
                snippets.insert(name.clone(), snippet);
            }
        }
        Some(Value::Object(snippets))
    }

    fn highlight(&self, text: &str) -> Value {
        let (spans, units) = self.find(text);
        let marked_bytes: usize = spans.iter().map(Range::len).sum();
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        let letter_bytes: usize = letters.map(char::len_utf8).sum();
        json!({
            "value": self.style.beginning(text, &spans),
            "matchLevel": self.level(units),
            "fullyHighlighted": units != 0 && marked_bytes >= letter_bytes,
            "matchedWords": self.words_of(units),
        })
    }

    fn snippet(&self, text: &str, words_max: usize) -> Value {
        let (spans, units) = self.find(text);
        let all = words(text);
        let first = spans.first().map_or(0, |first| first.start);
        let at = all
            .iter()
            .position(|word| word.span.start >= first)
            .unwrap_or_default();
        let last_start = all.len().saturating_sub(words_max);
        let begin = at.saturating_sub(words_max / 2).min(last_start);
        let end = (begin + words_max).min(all.len());
        let is_cut_before = begin > 0;
        let is_cut_after = end < all.len();
        let from = if is_cut_before {
            all[begin].span.start
        } else {
            0
        };
        let to = match end.checked_sub(1) {
            Some(last) if is_cut_after => all[last].span.end,
            _ => text.len(),
        };
        let inside = spans
            .iter()
            .filter(|span| span.start >= from && span.end <= to);
        let inside: Vec<Range<usize>> = inside
            .map(|span| span.start - from..span.end - from)
            .collect();
        let ellipsis = |is_cut: bool| {
            if is_cut {
                self.style.ellipsis.as_str()
            } else {
                ""
            }
        };
        let marked = self.style.beginning(&text[from..to], &inside);
        json!({
            "value": format!("{}{marked}{}", ellipsis(is_cut_before), ellipsis(is_cut_after)),
            "matchLevel": self.level(units),
        })
    }

    fn find(&self, text: &str) -> (Vec<Range<usize>>, u32) {
        let (mut spans, mut all) = (Vec::new(), 0);
        self.found.for_each(text, |span, units| {
            spans.push(span);
            all |= units;
        });
        (spans, all)
    }

    fn level(&self, units: u32) -> &'static str {
        match units.count_ones() as usize {
            0 => "none",
            found if found >= self.said.len() => "full",
            _ => "partial",
        }
    }

    fn words_of(&self, units: u32) -> Vec<&'a str> {
        let sought = self.said.iter().take(u32::BITS as usize).enumerate();
        let found = sought.filter(|(unit, _)| units & (1 << unit) != 0);
        found.flat_map(|(_, words)| words.iter().copied()).collect()
    }
}

/// Whether a name, or a path into a nested value, is of an attribute.
fn is_of(name: &str, attribute: &str) -> bool {
    name == attribute
        || name
            .strip_prefix(attribute)
            .is_some_and(|rest| rest.starts_with('.'))
}

fn nested<'v>(
    values: impl Iterator<Item = (&'v String, &'v Value)>,
    mark: &dyn Fn(&str) -> Value,
) -> Value {
    let marked = values.filter_map(|(name, value)| Some((name.clone(), each(value, mark)?)));
    Value::Object(marked.collect())
}

/// Marks every text inside a value, numbers as texts; `None` where there is nothing to read.
fn each(value: &Value, mark: &dyn Fn(&str) -> Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(mark(text)),
        Value::Number(number) => Some(mark(&number.to_string())),
        Value::Bool(truth) => Some(mark(&truth.to_string())),
        Value::Array(values) => {
            let marked = values.iter().filter_map(|value| each(value, mark));
            Some(Value::Array(marked.collect()))
        }
        Value::Object(fields) => Some(nested(fields.iter(), mark)),
        Value::Null => None,
    }
}
