//! Words typed in, words understood out.

mod head;
mod highlight;
mod limits;
mod near;
mod spelling;
mod synonyms;
#[cfg(test)]
mod tests;
mod understand;
mod values;
mod vocabulary;

pub use head::head;
pub use highlight::Highlighter;
pub use limits::Limits;
pub use synonyms::{SYNONYMS_DIR, Synonyms};
pub use values::{VALUE_WORDS_MAX, value_term};
pub use vocabulary::{Vocabulary, VocabularyBuilder};

use serde::Serialize;

use crate::catalog::filter::Filter;
use crate::catalog::schema::Schema;
use crate::text::Analyzer;

/// Longer queries are refused by the engine.
pub const QUERY_BYTES_MAX: usize = 1_000;

/// What the shop knows about its language.
pub struct Language {
    pub analyzer: Analyzer,
    pub synonyms: Synonyms,
    limits: Limits,
    /// By position in the schema.
    attribute_names: Vec<String>,
}

/// What a query is understood with.
pub struct Knowledge<'s> {
    pub language: &'s Language,
    pub vocabulary: &'s Vocabulary,
    pub together: &'s dyn Together,
    pub spelling: Spelling,
}

/// Which words stand together in products.
pub trait Together {
    /// In how many products two stems stand, given by their numbers in the vocabulary; an estimate where both are
    /// frequent.
    fn products_with_both(&self, one: u32, other: u32) -> u32;
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
    /// Conditions that were said in words.
    pub filter: Filter,
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
    /// Words that were read as values of attributes too, such as `red → color`.
    pub attributes: Vec<String>,
    /// Words that were read as filters, as those are written.
    pub filters: Vec<String>,
    /// Words that no product has, and conditions that nothing meets: they were left out.
    pub left_out: Vec<String>,
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

impl Language {
    pub fn new(schema: &Schema, analyzer: Analyzer, synonyms: Synonyms) -> Self {
        let attributes = schema.attributes.iter();
        Language {
            analyzer,
            synonyms,
            limits: Limits::new(schema),
            attribute_names: attributes.map(|attribute| attribute.name.clone()).collect(),
        }
    }

    /// Whether a word is never corrected: it has a meaning of its own, or none at all.
    fn leaves_alone(&self, folded: &str) -> bool {
        let stem = [self.analyzer.stem(folded)];
        self.analyzer.is_stopword(folded)
            || self.synonyms.longest_at(&stem).is_some()
            || self.synonyms.forbid_all(&stem)
    }
}

impl Query {
    /// Gives up the conditions said in words, because nothing meets them; false when there are none.
    pub fn give_up_conditions(&mut self) -> bool {
        let had = self.filter != Filter::everything();
        self.filter = Filter::everything();
        self.understood
            .left_out
            .append(&mut self.understood.filters);
        had
    }
}

impl Knowledge<'_> {
    /// Whether the catalog has a word or an inflection of it.
    fn knows(&self, folded: &str) -> bool {
        let stem = self.language.analyzer.stem(folded);
        self.vocabulary.stem_of(folded).is_some() || self.vocabulary.number_of(&stem).is_some()
    }

    /// In how many products the stem of a word stands.
    fn count_of(&self, folded: &str) -> u32 {
        let stem = self.vocabulary.stem_of(folded);
        stem.map_or(0, |stem| self.vocabulary.product_count(stem))
    }

    /// Whether a word must never be read as another.
    fn is_forbidden(&self, typed: &str, meant: &str) -> bool {
        let stem = |word: &str| [self.language.analyzer.stem(word)];
        self.language.synonyms.forbid(&stem(typed), &stem(meant))
    }
}

impl Unit {
    /// A unit that one stem satisfies.
    pub fn word(stem: impl Into<String>) -> Self {
        Unit {
            alternatives: vec![Alternative::stem(stem, 1.0)],
        }
    }

    /// A unit that nothing satisfies.
    pub fn nothing() -> Self {
        Unit {
            alternatives: Vec::new(),
        }
    }

    /// Adds another way to satisfy the unit, unless it is there.
    fn add(&mut self, alternative: Alternative) {
        let mut own = self.alternatives.iter();
        if own.all(|own| own.stems != alternative.stems) {
            self.alternatives.push(alternative);
        }
    }
}

impl Alternative {
    pub fn stem(stem: impl Into<String>, weight: f32) -> Self {
        Alternative {
            stems: vec![stem.into()],
            weight,
        }
    }
}
