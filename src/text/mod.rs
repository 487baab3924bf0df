//! Fold, tokenise, stem: the same for feed and query.

mod stopwords;
#[cfg(test)]
mod tests;

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut to this many bytes before they are stemmed.
pub const WORD_BYTES_MAX: usize = 64;

/// One word of a text: where it stands and how it reads once folded (not stemmed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Lowercase, without accents.
    pub folded: String,
    /// Byte range in the original text.
    pub span: Range<usize>,
}

/// Turns text of one language into words and words into stems.
pub struct Analyzer {
    language: String,
    stemmer: Option<Stemmer>,
}

impl Analyzer {
    /// An analyzer for an ISO 639-1 language code; an unknown language is folded but not stemmed.
    pub fn new(language: &str) -> Self {
        Analyzer {
            language: language.to_string(),
            stemmer: algorithm(language).map(Stemmer::create),
        }
    }

    /// The stem under which a folded word is indexed and sought; words with digits stay whole.
    pub fn stem(&self, folded: &str) -> String {
        match &self.stemmer {
            Some(stemmer) if !folded.bytes().any(|byte| byte.is_ascii_digit()) => {
                stemmer.stem(folded).into_owned()
            }
            _ => folded.to_string(),
        }
    }

    /// Whether the word says nothing about which product is meant ("for", "the").
    pub fn is_stopword(&self, folded: &str) -> bool {
        stopwords::of(&self.language).contains(&folded)
    }

    /// The stems after which a title names what a product is made for ("case for iPhone").
    pub fn purposes(&self) -> Vec<String> {
        stopwords::purposes(&self.language)
            .iter()
            .map(|word| self.stem(word))
            .collect()
    }

    /// The stems of a text, in order.
    pub fn stems(&self, text: &str) -> Vec<String> {
        words(text)
            .into_iter()
            .map(|word| self.stem(&word.folded))
            .collect()
    }
}

/// The words of a text: runs of letters and digits, and decimal numbers such as `2.5`.
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for_each_word(text, |folded, span| {
        found.push(Word {
            folded: folded.to_string(),
            span,
        })
    });
    found
}

/// Calls `sink` with every word of `text`, folded, and its byte range.
pub fn for_each_word(text: &str, mut sink: impl FnMut(&str, Range<usize>)) {
    let mut folded = String::new();
    if text.is_ascii() {
        return for_each_ascii_word(text, &mut folded, &mut sink);
    }
    let mut start = None;
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        let inside = c.is_alphanumeric()
            || (is_combining_mark(c) && start.is_some())
            || (c == '.' && is_decimal_point(bytes, at));
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                emit(text, from..at, &mut folded, &mut sink);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        emit(text, from..text.len(), &mut folded, &mut sink);
    }
}

/// The same for text that is all ASCII, as most is: a letter is a byte, and no letter has an accent.
fn for_each_ascii_word(text: &str, folded: &mut String, sink: &mut impl FnMut(&str, Range<usize>)) {
    let bytes = text.as_bytes();
    let inside = |at: usize| {
        bytes[at].is_ascii_alphanumeric() || (bytes[at] == b'.' && is_decimal_point(bytes, at))
    };
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && inside(at) {
            at += 1;
        }
        if at > start {
            emit(text, start..at, folded, sink);
        }
        at += 1;
    }
}

/// Lowercase, compatibility-decomposed and without accents, as words are compared everywhere.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

fn emit(
    text: &str,
    span: Range<usize>,
    folded: &mut String,
    sink: &mut impl FnMut(&str, Range<usize>),
) {
    folded.clear();
    fold_into(&text[span.clone()], folded);
    if folded.len() > WORD_BYTES_MAX {
        let mut end = WORD_BYTES_MAX;
        while !folded.is_char_boundary(end) {
            end -= 1;
        }
        folded.truncate(end);
    }
    if !folded.is_empty() {
        sink(folded, span);
    }
}

fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        let start = folded.len();
        folded.push_str(text);
        folded[start..].make_ascii_lowercase();
        return;
    }
    for c in text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            other => folded.push(other),
        }
    }
}

fn is_decimal_point(bytes: &[u8], at: usize) -> bool {
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    at > 0 && digit(at - 1) && digit(at + 1)
}

fn algorithm(language: &str) -> Option<Algorithm> {
    Some(match language {
        "ar" => Algorithm::Arabic,
        "da" => Algorithm::Danish,
        "nl" => Algorithm::Dutch,
        "en" => Algorithm::English,
        "fi" => Algorithm::Finnish,
        "fr" => Algorithm::French,
        "de" => Algorithm::German,
        "el" => Algorithm::Greek,
        "hu" => Algorithm::Hungarian,
        "it" => Algorithm::Italian,
        "no" => Algorithm::Norwegian,
        "pt" => Algorithm::Portuguese,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        "es" => Algorithm::Spanish,
        "sv" => Algorithm::Swedish,
        "ta" => Algorithm::Tamil,
        "tr" => Algorithm::Turkish,
        _ => return None,
    })
}
