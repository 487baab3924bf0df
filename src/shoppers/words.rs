//! A number for every value of every attribute that shoppers gave evidence for, so that profiles are small.
//!
//! The upper seven bits of a word say which attribute, the others which of its values.

use rustc_hash::FxHashMap;

use crate::journal::{Evidence, Word};

/// Evidence for a product itself; its value is the product's id.
pub const PRODUCT: &str = "~product";
/// Whether a product was reduced: `yes` or `no`.
pub const REDUCED: &str = "~reduced";
/// The hour of the day in UTC, `0` to `23`.
pub const HOUR: &str = "~hour";
/// The values of `HOUR`.
pub(super) const HOURS: [&str; 24] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "21", "22", "23",
];
/// Where a product's price stands within its category, `1` (lowest fifth) to `5`.
pub const PRICE_TIER: &str = "price_tier";

/// Attributes that every shop has; the place is the attribute's number.
const OWN: [&str; 4] = [PRODUCT, REDUCED, HOUR, PRICE_TIER];

/// At most this many attributes.
const ATTRIBUTES_MAX: usize = 64;

/// At most this many values of one attribute; evidence for more is not kept.
const VALUES_MAX: usize = 1 << VALUE_BITS;

const VALUE_BITS: u32 = 24;

/// A longer attribute or value, in bytes, is no evidence.
pub const VALUE_BYTES_MAX: usize = 256;

/// All words of a shop.
pub struct Words {
    /// By attribute number.
    attributes: Vec<AttributeWords>,
}

struct AttributeWords {
    name: Box<str>,
    /// By value number.
    values: Vec<Box<str>>,
    numbers: FxHashMap<Box<str>, u32>,
}

/// The number of a word's attribute.
pub(super) fn attribute_of(word: Word) -> usize {
    (word >> VALUE_BITS) as usize
}

/// The number of an attribute that every shop has.
pub(super) fn own_attribute(name: &str) -> usize {
    OWN.iter().position(|own| *own == name).unwrap_or(OWN.len())
}

impl Default for Words {
    fn default() -> Self {
        Words::new()
    }
}

impl Words {
    pub(super) fn new() -> Words {
        let attribute = |name: &&str| AttributeWords::named(name);
        Words {
            attributes: OWN.iter().map(attribute).collect(),
        }
    }

    /// The word for a value, when it has one.
    pub fn find(&self, attribute: &str, value: &str) -> Option<Word> {
        let number = self.attribute(attribute)?;
        let value = self.attributes[number].numbers.get(value)?;
        Some(word(number, *value))
    }

    /// The number of an attribute that has words.
    pub(super) fn attribute(&self, name: &str) -> Option<usize> {
        self.attributes
            .iter()
            .position(|attribute| *attribute.name == *name)
    }

    /// The names of attributes by their numbers.
    pub(super) fn attributes(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|attribute| &*attribute.name)
    }

    /// The value a word stands for; empty for a word nobody gave out.
    pub fn value(&self, word: Word) -> &str {
        let values = &self.attributes.get(attribute_of(word));
        let values = values.map_or(&[][..], |attribute| &attribute.values);
        let number = (word & (VALUES_MAX as u32 - 1)) as usize;
        values.get(number).map_or("", |value| value)
    }

    /// The name of the attribute a word is of.
    pub fn attribute_name(&self, word: Word) -> &str {
        let attribute = self.attributes.get(attribute_of(word));
        attribute.map_or("", |attribute| &attribute.name)
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.attributes
            .iter()
            .map(|attribute| attribute.values.len())
            .sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives out a new word; `None` when the value is too long or there are too many.
    pub(super) fn make(&mut self, evidence: &Evidence) -> Option<Word> {
        let Evidence { attribute, value } = evidence;
        if attribute.len() > VALUE_BYTES_MAX || value.len() > VALUE_BYTES_MAX {
            return None;
        }
        let number = match self.attribute(attribute) {
            Some(number) => number,
            None if self.attributes.len() >= ATTRIBUTES_MAX => return None,
            None => {
                self.attributes.push(AttributeWords::named(attribute));
                self.attributes.len() - 1
            }
        };
        let values = &mut self.attributes[number];
        if values.values.len() >= VALUES_MAX {
            return None;
        }
        let value_number = values.values.len() as u32;
        values.values.push(value.as_str().into());
        values.numbers.insert(value.as_str().into(), value_number);
        Some(word(number, value_number))
    }

    /// Takes a word as it was given out before, in the order they were; one that is known stays.
    pub(super) fn restore(&mut self, given: Word, evidence: &Evidence) {
        if self.find(&evidence.attribute, &evidence.value).is_none() {
            let made = self.make(evidence);
            debug_assert_eq!(
                made,
                Some(given),
                "words come back in the order they were made"
            );
        }
    }
}

impl AttributeWords {
    fn named(name: &str) -> Self {
        AttributeWords {
            name: name.into(),
            values: Vec::new(),
            numbers: FxHashMap::default(),
        }
    }
}

fn word(attribute: usize, value: u32) -> Word {
    (attribute as u32) << VALUE_BITS | value
}
