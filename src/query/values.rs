//! The values of faceted attributes, by the stems of their words: what "red" and "new balance" are in this catalog.

use rustc_hash::FxHashMap;

/// What the term of a value begins with; no word has it.
const MARK: char = '\u{1}';
const KIND: char = 'v';
/// Stands between the attribute's position and the value's stems.
const END: char = ':';

/// Values of more words are read as words only.
pub const VALUE_WORDS_MAX: usize = 4;

/// The values of a catalog whose words are not always in the texts of the products that have them.
#[derive(Default)]
pub(super) struct Values {
    /// By stems, joined by spaces.
    by_stems: FxHashMap<String, Vec<ValueTerm>>,
}

/// A value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueTerm {
    /// Position of the attribute in the schema.
    pub(super) attribute: usize,
    /// Under which number the vocabulary has it.
    pub(super) term: u32,
}

/// The term under which products with this value of an attribute are indexed, unless their texts have its words.
pub fn value_term(attribute: usize, stems: &[&str]) -> String {
    format!("{MARK}{KIND}{attribute}{END}{}", stems.join(" "))
}

/// Whether a stem is the term of a value.
pub(super) fn is_value(stem: &str) -> bool {
    let kind = stem.strip_prefix(MARK);
    kind.is_some_and(|kind| kind.starts_with(KIND))
}

/// The attribute's position and the stems that the term of a value is made of.
pub(super) fn value_of(term: &str) -> Option<(usize, &str)> {
    let (attribute, stems) = term
        .strip_prefix(MARK)?
        .strip_prefix(KIND)?
        .split_once(END)?;
    Some((attribute.parse().ok()?, stems))
}

impl Values {
    /// Finds the values among all terms.
    pub(super) fn of(terms: &[String]) -> Self {
        Values::numbered_from(0, terms)
    }

    /// The same when the first term has this number.
    pub(super) fn numbered_from(first: u32, terms: &[String]) -> Self {
        let mut by_stems: FxHashMap<String, Vec<ValueTerm>> = FxHashMap::default();
        for (number, term) in (first..).zip(terms) {
            if let Some((attribute, stems)) = value_of(term) {
                let term = ValueTerm {
                    attribute,
                    term: number,
                };
                by_stems.entry(stems.to_string()).or_default().push(term);
            }
        }
        Values { by_stems }
    }

    /// The attributes that have exactly these words as a value.
    pub(super) fn exactly(&self, stems: &[String]) -> &[ValueTerm] {
        let found = match stems {
            [only] => self.by_stems.get(only),
            _ => self.by_stems.get(&stems.join(" ")),
        };
        found.map_or(&[], Vec::as_slice)
    }
}
