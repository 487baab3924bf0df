//! Fold, tokenise, stem: the same for feed and query.

mod codes;
mod joints;
mod measures;
mod stopwords;
#[cfg(test)]
mod tests;
mod tokens;

pub use codes::{CodeReader, code_of, code_term, has_digit, is_number};
pub use measures::{MeasureReader, Unit, is_measure, unit_of_name};
pub use tokens::{for_each_word, is_unspaced};

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

    /// Whether a file is for this language: `synonyms/de.txt` is for German only, other names are for all.
    pub fn reads(&self, file: &str) -> bool {
        let name = file.rsplit('/').next().unwrap_or(file);
        let name = name.split(['.', '-']).next().unwrap_or(name);
        name == self.language || algorithm(name).is_none()
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

    /// Whether what follows this word is what a thing is made for ("case for iPhone").
    pub fn is_purpose(&self, folded: &str) -> bool {
        stopwords::purposes(&self.language).contains(&folded)
    }

    /// The stems of words between things of which the same is told ("laptop and tablet stand").
    pub fn joining(&self) -> Vec<String> {
        let words = stopwords::joining(&self.language).iter();
        words.map(|word| self.stem(word)).collect()
    }

    /// The stems of words that join what something is to what tells more about it ("for", "with").
    pub fn connectives(&self) -> Vec<String> {
        let words = stopwords::of(&self.language).iter();
        let mut stems: Vec<String> = words.map(|word| self.stem(word)).collect();
        stems.extend(self.purposes());
        stems
    }

    /// Whether the language says first what something is, and then what tells more about it: "housse d'ordinateur",
    /// not "laptop sleeve".
    pub fn heads_come_first(&self) -> bool {
        matches!(
            self.language.as_str(),
            "ar" | "es" | "fr" | "it" | "pt" | "ro"
        )
    }

    /// What may stand between the words of a compound, folded; `None` for languages that put a space there.
    pub fn joints(&self) -> Option<&'static [&'static str]> {
        joints::of(&self.language)
    }

    /// The stems of a text, in order.
    pub fn stems(&self, text: &str) -> Vec<String> {
        words(text)
            .into_iter()
            .map(|word| self.stem(&word.folded))
            .collect()
    }
}

/// Whether words of this language, an ISO 639-1 code, are stemmed.
pub fn is_known_language(language: &str) -> bool {
    algorithm(language).is_some()
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

/// Lowercase, compatibility-decomposed and without accents, as words are compared everywhere.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
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
