//! What a product is found by besides the words of its texts: values of its attributes, measures, codes.

use super::languages::{Languages, is_marked};
use crate::catalog::columns::PATH_SEPARATOR;
use crate::catalog::product::{Product, Value};
use crate::catalog::schema::{Attribute, Kind, Role, Schema};
use crate::query::{VALUE_WORDS_MAX, VocabularyBuilder, value_term};
use crate::text::{CodeReader, MeasureReader, Unit, for_each_word, has_digit, unit_of_name, words};

/// What the text of a value begins with that is not read yet: the position of its attribute follows, and a `:`.
const UNREAD: &str = "\u{1}w";

/// No word begins with this.
const MARK: char = '\u{1}';

/// Which terms products have.
pub(super) struct TermsReader {
    /// Positions of the word attributes that shoppers refine by.
    faceted: Vec<usize>,
    /// Number attributes whose name says the unit.
    measured: Vec<(usize, Unit)>,
}

impl TermsReader {
    pub(super) fn new(schema: &Schema) -> Self {
        let positions = || schema.attributes.iter().enumerate();
        let measured = positions().filter(|(_, attribute)| attribute.kind == Kind::Number);
        TermsReader {
            faceted: positions()
                .filter(|(_, attribute)| is_faceted(attribute))
                .map(|(position, _)| position)
                .collect(),
            measured: measured
                .filter_map(|(position, attribute)| {
                    let unit = attribute.columns().find_map(unit_of_name)?;
                    Some((position, unit))
                })
                .collect(),
        }
    }

    /// The attributes whose values are terms.
    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        let measured = self.measured.iter().map(|(position, _)| *position);
        self.faceted.iter().copied().chain(measured)
    }

    /// Calls `found` with the measures and codes of a text, with repetitions.
    pub(super) fn read(&self, text: &str, mut found: impl FnMut(&str)) {
        if !has_digit(text) {
            return;
        }
        let (mut measures, mut codes) = (MeasureReader::new(text), CodeReader::new(text));
        let mut found = |term: &str, _| found(term);
        for_each_word(text, |folded, span| {
            measures.read(folded, &span, &mut found);
            codes.read(folded, &span, &mut found);
        });
        codes.end(&mut found);
    }

    /// Calls `found` with the values of attributes, unread, and those of numbers whose unit is known.
    pub(super) fn values(&self, product: &Product, mut found: impl FnMut(&str)) {
        for attribute in &self.faceted {
            for value in product.values_of(*attribute) {
                if let Value::Text(value) = value {
                    found(&format!("{UNREAD}{attribute}:{value}"));
                }
            }
        }
        for (attribute, unit) in &self.measured {
            let values = product.values_of(*attribute).into_iter();
            for number in values.filter_map(Value::number) {
                found(&unit.term(number));
            }
        }
    }
}

/// A distinct text of a batch, as the vocabulary has it.
pub(super) enum Meaning {
    /// A word.
    Stem(u32),
    /// A measure or a code.
    Term(u32),
    /// A value of an attribute, as everything it can be found by.
    Value(Vec<ValueMeaning>),
}

pub(super) struct ValueMeaning {
    pub(super) term: u32,
    /// The stems that say the same: a text that has them all does not need the term. None for measures.
    pub(super) stems: Vec<u32>,
}

impl Meaning {
    pub(super) fn of(
        vocabulary: &mut VocabularyBuilder,
        languages: &Languages,
        schema: &Schema,
        text: &str,
    ) -> Self {
        let unread = text
            .strip_prefix(UNREAD)
            .and_then(|rest| rest.split_once(':'));
        match unread {
            Some((attribute, value)) => {
                let attribute = attribute.parse().expect("it was written from a position");
                Meaning::Value(meanings(vocabulary, languages, schema, attribute, value))
            }
            None if text.starts_with(MARK) && !is_marked(text) => {
                Meaning::Term(vocabulary.term(text))
            }
            None => Meaning::Stem(languages.stem(vocabulary, text)),
        }
    }
}

impl Meaning {
    /// Adds what a product is found by, and counts it; a value that its texts say is found by those.
    pub(super) fn add_terms(
        &self,
        vocabulary: &mut VocabularyBuilder,
        product: u32,
        terms: &mut Vec<u32>,
    ) {
        match self {
            Meaning::Stem(_) => {}
            Meaning::Term(term) => {
                vocabulary.count(*term, product);
                terms.push(*term);
            }
            Meaning::Value(values) => {
                for value in values {
                    let is_said = |stem: &u32| vocabulary.is_counted(*stem, product);
                    let says = !value.stems.is_empty() && value.stems.iter().all(is_said);
                    if !vocabulary.is_counted(value.term, product) && !says {
                        terms.push(value.term);
                    }
                    vocabulary.count(value.term, product);
                }
            }
        }
    }
}

/// The value itself, or each level of a path; of a color or category each word, too: "dark red" is red.
fn meanings(
    vocabulary: &mut VocabularyBuilder,
    languages: &Languages,
    schema: &Schema,
    position: usize,
    value: &str,
) -> Vec<ValueMeaning> {
    let attribute = &schema.attributes[position];
    let by_word = matches!(attribute.role, Some(Role::Color | Role::Category));
    let levels: Vec<&str> = match attribute.kind {
        Kind::Path => value.split(PATH_SEPARATOR).collect(),
        _ => vec![value],
    };
    let mut meanings = Vec::new();
    for level in levels {
        let words: Vec<String> = words(level).into_iter().map(|word| word.folded).collect();
        let mut add = |words: &[String]| {
            let stems: Vec<u32> = words
                .iter()
                .map(|word| languages.stem_in(vocabulary, position, word))
                .collect();
            let term = value_term(position, &vocabulary.texts_of(&stems));
            let term = vocabulary.term(&term);
            meanings.push(ValueMeaning { term, stems });
        };
        if (1..=VALUE_WORDS_MAX).contains(&words.len()) {
            add(&words);
        }
        if by_word && words.len() > 1 {
            let worth = words.iter().filter(|word| !languages.own.is_stopword(word));
            worth.for_each(|word| add(std::slice::from_ref(word)));
        }
        let mut measures = MeasureReader::new(level);
        for_each_word(level, |folded, span| {
            measures.read(folded, &span, &mut |term, _| {
                let term = vocabulary.term(term);
                let stems = Vec::new();
                meanings.push(ValueMeaning { term, stems });
            });
        });
    }
    meanings
}

fn is_faceted(attribute: &Attribute) -> bool {
    attribute.facet && matches!(attribute.kind, Kind::Keyword | Kind::Path)
}
