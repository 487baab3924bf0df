//! Words typed in, words understood out.

mod added;
mod completions;
mod compounds;
mod head;
mod highlight;
mod limits;
mod near;
mod readings;
pub mod slips;
mod spelling;
mod synonyms;
#[cfg(test)]
mod tests;
mod told;
mod understand;
mod values;
mod vocabulary;

pub use head::head;
pub use highlight::FoundWords;
pub use limits::Limits;
pub use synonyms::{SYNONYMS_DIR, Synonyms};
pub use told::told_term;
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
    /// Other languages that attributes are written in.
    others: Vec<Analyzer>,
}

/// What a query is understood with.
pub struct Knowledge<'s> {
    pub language: &'s Language,
    pub vocabulary: &'s Vocabulary,
    pub together: &'s dyn Together,
    pub spelling: Spelling,
}

/// Where words stand in products, and which stand together; stems are given by their numbers in the vocabulary.
pub trait Together {
    /// In how many products two stems stand; those that name both in their titles count most. An estimate where both
    /// are frequent.
    fn products_with_both(&self, one: u32, other: u32) -> f64;

    /// In how many titles a stem stands.
    fn products_named(&self, stem: u32) -> u32;

    /// How many products there are.
    fn products(&self) -> u32;
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
    /// By unit: the words it was read from.
    pub said: Vec<String>,
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
        let own = attributes
            .clone()
            .filter_map(|attribute| attribute.language.as_deref());
        let mut others: Vec<&str> = own.filter(|own| *own != schema.language).collect();
        others.sort_unstable();
        others.dedup();
        Language {
            others: others.into_iter().map(Analyzer::new).collect(),
            analyzer,
            synonyms,
            limits: Limits::new(schema),
            attribute_names: attributes.map(|attribute| attribute.name.clone()).collect(),
        }
    }

    /// Whether a word says nothing about which product is meant, in any language of the shop.
    fn is_stopword(&self, folded: &str) -> bool {
        let others = self.others.iter();
        self.analyzer.is_stopword(folded) || others.into_iter().any(|own| own.is_stopword(folded))
    }

    /// The stems of a word in the languages of attributes, where they are not the one in the shop's.
    fn other_stems(&self, folded: &str, stem: &str) -> impl Iterator<Item = String> {
        let others = self.others.iter();
        others
            .map(move |analyzer| analyzer.stem(folded))
            .filter(move |other| other != stem)
    }

    /// Whether a word is never corrected: it has a meaning of its own, or none at all.
    fn leaves_alone(&self, folded: &str) -> bool {
        let stem = [self.analyzer.stem(folded)];
        self.is_stopword(folded)
            || self.synonyms.longest_at(&stem).is_some()
            || self.synonyms.protect(&stem[0])
            || self.synonyms.forbid_all(&stem)
    }
}

impl Query {
    /// Says which words no product of a list has, when `found` are the units that some have, as bits.
    pub fn lack(&mut self, found: u32) {
        let said = self.said.iter().enumerate().take(u32::BITS as usize);
        let lacking = said.filter(|(unit, _)| found & (1 << unit) == 0);
        for (_, said) in lacking {
            let left_out = &mut self.understood.left_out;
            if !left_out.contains(said) {
                left_out.push(said.clone());
            }
        }
    }

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
    /// Whether the catalog has a word, an inflection of it, or all words that it is made of.
    fn knows(&self, folded: &str) -> bool {
        self.stem_of(folded).is_some() || self.parts_of(folded).is_some()
    }

    /// The stem under which the catalog has a word or an inflection of it, in any language of the shop.
    fn stem_of(&self, folded: &str) -> Option<u32> {
        let stem = self.language.analyzer.stem(folded);
        let number = |stem: &str| self.vocabulary.number_of(stem);
        let known = self.vocabulary.stem_of(folded).or_else(|| number(&stem));
        known.or_else(|| {
            let mut others = self.language.other_stems(folded, &stem);
            others.find_map(|stem| number(&stem))
        })
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

    /// Whether it may be met by the value of an attribute: it describes a thing.
    pub fn is_described(&self) -> bool {
        let mut alternatives = self.alternatives.iter();
        alternatives
            .any(|alternative| matches!(&*alternative.stems, [only] if values::is_value(only)))
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
