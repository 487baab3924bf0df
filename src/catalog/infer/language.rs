//! The language the texts are written in and the currency of the prices, by looking.

use std::borrow::Cow;

use crate::catalog::feed::{Cell, Row};
use crate::catalog::notation::CURRENCIES;
use crate::catalog::product::{Value, read_values};
use crate::catalog::schema::{Attribute, Kind};

use super::names::plain_name;

/// Rows that are looked at for words and currencies.
const ROWS_MAX: usize = 5_000;

/// Words that only their language uses often.
const COMMON_WORDS: [(&str, &[&str]); 8] = [
    ("en", &["the", "and", "with", "for", "of", "in", "your"]),
    (
        "de",
        &["der", "die", "und", "mit", "für", "das", "aus", "von"],
    ),
    (
        "fr",
        &["le", "les", "et", "avec", "pour", "des", "du", "une"],
    ),
    (
        "es",
        &["el", "los", "con", "para", "y", "del", "una", "las"],
    ),
    (
        "it",
        &["il", "con", "per", "di", "e", "della", "una", "gli"],
    ),
    ("nl", &["het", "een", "met", "voor", "van", "en", "de"]),
    ("pt", &["com", "para", "e", "do", "da", "uma", "os"]),
    ("sv", &["och", "med", "för", "till", "av", "en", "ett"]),
];

const SIGNS: [(char, &str); 5] = [
    ('€', "EUR"),
    ('$', "USD"),
    ('£', "GBP"),
    ('¥', "JPY"),
    ('₹', "INR"),
];

/// Fewer common words do not tell a language.
const WORDS_MIN: usize = 4;

/// ISO 639-1 code of the language whose common words a text uses most; `None` when it uses few of them, or another
/// language's about as often.
pub(crate) fn language_of(text: &str) -> Option<&'static str> {
    let mut counts = [0_usize; COMMON_WORDS.len()];
    for word in text.to_lowercase().split_whitespace() {
        for (count, (_, words)) in counts.iter_mut().zip(COMMON_WORDS) {
            *count += usize::from(words.contains(&word));
        }
    }
    let mut ranked: Vec<(usize, &str)> = counts
        .into_iter()
        .zip(COMMON_WORDS)
        .map(|(count, (language, _))| (count, language))
        .collect();
    ranked.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let (first, second) = (ranked[0], ranked[1]);
    (first.0 >= WORDS_MIN && first.0 >= 2 * second.0).then_some(first.1)
}

/// ISO 639-1 code by the common words of the texts; English when nothing speaks for another.
pub(super) fn language(rows: &[Row], attributes: &[Attribute]) -> String {
    let mut counts = [0_usize; COMMON_WORDS.len()];
    let texts = || {
        attributes
            .iter()
            .filter(|attribute| attribute.kind == Kind::Text)
    };
    for row in rows.iter().take(ROWS_MAX) {
        for value in texts().flat_map(|attribute| read_values(attribute, row).unwrap_or_default()) {
            let Value::Text(text) = value else { continue };
            for word in text.split_whitespace() {
                let word = match word.chars().any(char::is_uppercase) {
                    true => Cow::Owned(word.to_lowercase()),
                    false => Cow::Borrowed(word),
                };
                for (count, (_, words)) in counts.iter_mut().zip(COMMON_WORDS) {
                    *count += usize::from(words.contains(&&*word));
                }
            }
        }
    }
    let most = counts
        .iter()
        .zip(COMMON_WORDS)
        .rev()
        .max_by_key(|(count, _)| **count);
    most.map_or("en", |(_, (language, _))| language).to_string()
}

/// ISO 4217 code: from a column of currencies, else from what stands beside the prices, else `EUR`.
pub(super) fn currency(rows: &[Row]) -> String {
    let mut counts = [0_usize; CURRENCIES.len()];
    let mut vote = |code: &str, votes: usize| {
        if let Some(position) = CURRENCIES.iter().position(|known| *known == code) {
            counts[position] += votes;
        }
    };
    for row in rows.iter().take(ROWS_MAX) {
        for (column, cell) in row.cells.iter() {
            let Cell::Str(text) = cell else { continue };
            let name = plain_name(column);
            if name.contains("currency") || name == "waehrung" || name == "währung" {
                vote(text.trim(), 10);
            } else if name.contains("price") || name.contains("preis") || name.contains("prix") {
                for (sign, code) in SIGNS {
                    vote(code, usize::from(text.contains(sign)));
                }
                for word in text.split_whitespace() {
                    vote(word, 1);
                }
            }
        }
    }
    let most = counts
        .iter()
        .zip(CURRENCIES)
        .rev()
        .max_by_key(|(count, _)| **count);
    most.map_or("EUR", |(_, code)| code).to_string()
}
