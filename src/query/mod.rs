//! Words typed in, words understood out.

mod highlight;
mod spelling;
mod synonyms;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use highlight::Highlighter;
pub use synonyms::{SYNONYMS_DIR, Synonyms};
pub use vocabulary::{Vocabulary, VocabularyBuilder};

use serde::Serialize;

use crate::text::{Analyzer, words};

/// Longer queries are refused by the engine.
pub const QUERY_BYTES_MAX: usize = 1_000;

/// What the shop knows about its language.
pub struct Language {
    pub analyzer: Analyzer,
    pub synonyms: Synonyms,
}

/// A query, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// As typed, without surrounding space.
    pub text: String,
    /// The stems of all its words, in order; what rules compare.
    pub stems: Vec<String>,
    /// What has to be found; empty asks for every product.
    pub units: Vec<Unit>,
    /// The query names one product by its code, so that taste has no say.
    pub names_a_product: bool,
    pub understood: Understood,
}

/// What one or more words of the query ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Any of these satisfies the unit; the best one scores.
    pub alternatives: Vec<Alternative>,
}

/// One way to satisfy a unit: all of these stems.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    pub stems: Vec<String>,
    /// 1 for the shopper's own word; less for words that only mean about the same.
    pub weight: f32,
}

/// What was read into the query, as responses say it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Understood {
    /// The corrected query, when it was corrected.
    pub spelling: Option<String>,
    /// Words that were taken to mean others as well, such as `tv → television`.
    pub synonyms: Vec<String>,
    /// Words that were read as filters.
    pub filters: Vec<String>,
    /// Too little matches every word, so products that match fewer are listed too.
    pub relaxed: bool,
}

/// The last word of a query being typed is the beginning of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastWord {
    Whole,
    Beginning,
}

/// Whether words nobody sells are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    Corrected,
    AsTyped,
}

impl Unit {
    /// A unit that one stem satisfies.
    pub fn word(stem: impl Into<String>) -> Self {
        Unit {
            alternatives: vec![Alternative {
                stems: vec![stem.into()],
                weight: 1.0,
            }],
        }
    }
}

/// Longer queries are not corrected: each unknown word takes a walk through the whole vocabulary.
const CORRECTED_WORDS_MAX: usize = 32;

/// At most this many completions of a word being typed are sought.
const COMPLETIONS_MAX: usize = 30;

/// Understands what was typed: corrects unknown words, finds synonyms, and makes units of what is left.
pub fn understand(
    language: &Language,
    vocabulary: &Vocabulary,
    text: &str,
    last_word: LastWord,
    spelling: Spelling,
) -> Query {
    let mut understood = Understood::default();
    let mut words: Vec<String> = words(text).into_iter().map(|word| word.folded).collect();
    let is_beginning =
        |at: usize, words: &[String]| last_word == LastWord::Beginning && at + 1 == words.len();
    if spelling == Spelling::Corrected && words.len() <= CORRECTED_WORDS_MAX {
        let analyzer = &language.analyzer;
        let stays = |at: usize| {
            is_beginning(at, &words)
                || analyzer.is_stopword(&words[at])
                || language
                    .synonyms
                    .longest_at(&[analyzer.stem(&words[at])])
                    .is_some()
        };
        if let Some(corrected) = spelling::correct(vocabulary, analyzer, &words, stays) {
            understood.spelling = Some(corrected.join(" "));
            words = corrected;
        }
    }
    let stems: Vec<String> = words
        .iter()
        .map(|word| language.analyzer.stem(word))
        .collect();
    let mut units = Vec::new();
    let names_nothing = words.iter().all(|word| language.analyzer.is_stopword(word));
    let mut at = 0;
    while at < words.len() {
        if is_beginning(at, &words) {
            ask_once(&mut units, completions(vocabulary, &words[at], &stems[at]));
            at += 1;
        } else if let Some(synonym) = language.synonyms.longest_at(&stems[at..]) {
            let own = at..at + synonym.words;
            let others = synonym
                .alternatives
                .iter()
                .filter(|other| other.stems != stems[own.clone()]);
            let meant: Vec<String> = others.map(|other| other.text.clone()).collect();
            understood.synonyms.push(format!(
                "{} → {}",
                words[own.clone()].join(" "),
                meant.join(", ")
            ));
            ask_once(
                &mut units,
                Unit {
                    alternatives: synonym.as_alternatives(),
                },
            );
            at = own.end;
        } else {
            if names_nothing || !language.analyzer.is_stopword(&words[at]) {
                ask_once(&mut units, Unit::word(&stems[at]));
            }
            at += 1;
        }
    }
    Query {
        text: text.trim().to_string(),
        names_a_product: names_a_product(&words),
        stems,
        units,
        understood,
    }
}

/// A word that is typed twice asks for no more than a word that is typed once.
fn ask_once(units: &mut Vec<Unit>, unit: Unit) {
    if !units.contains(&unit) {
        units.push(unit);
    }
}

/// Whatever the word being typed may become, and the word as it stands.
fn completions(vocabulary: &Vocabulary, word: &str, stem: &str) -> Unit {
    let mut stems = vec![stem.to_string()];
    for (_, number) in vocabulary.complete(word, COMPLETIONS_MAX) {
        let completed = vocabulary.text(number);
        if !stems.iter().any(|stem| stem == completed) {
            stems.push(completed.to_string());
        }
    }
    Unit {
        alternatives: stems
            .into_iter()
            .map(|stem| Alternative {
                stems: vec![stem],
                weight: 1.0,
            })
            .collect(),
    }
}

/// A single word of letters and digits, long enough to be a product's code.
fn names_a_product(words: &[String]) -> bool {
    const CODE_CHARACTERS_MIN: usize = 5;
    let is_code = |word: &String| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        digits >= 2 && word.chars().count() >= CODE_CHARACTERS_MIN
    };
    matches!(words, [only] if is_code(only))
}
