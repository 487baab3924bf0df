//! Products in, their words out: a batch at a time, each distinct word once.

use std::hash::BuildHasher as _;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::kinds::things_named;
use super::languages::mark;
use super::passages::Place;
use super::terms::TermsReader;
use crate::catalog::product::{Product, Value};
use crate::catalog::schema::{Role, Schema};
use crate::text::{Analyzer, for_each_word};

/// What is read of a product.
pub struct WordsReader {
    /// The searched attributes, by place.
    searched: Vec<Searched>,
    terms: TermsReader,
    color: Option<usize>,
    /// Positions of the attributes that say what a product is, the surest first.
    types: Vec<usize>,
    category: Option<usize>,
    analyzer: Analyzer,
}

struct Searched {
    position: usize,
    /// Variants have it.
    variant: bool,
    place: Place,
    /// What its words begin with that are not read as all others are.
    mark: Option<String>,
}

/// The words of a batch of products, folded, and the terms they are found by besides.
#[derive(Default)]
pub struct Words {
    /// The distinct words, one after the other, in order of first sight.
    texts: String,
    /// By distinct word: where it ends.
    ends: Vec<usize>,
    /// By hash: the numbers of the distinct words.
    numbers: HashTable<u32>,
    /// The words of all products in order, as numbers of distinct words.
    pub(super) tokens: Vec<u32>,
    pub(super) products: Vec<ProductWords>,
    /// The words of the products' colors.
    pub(super) colors: FxHashSet<String>,
}

/// Where the words of one product stand among all.
#[derive(Default)]
pub(super) struct ProductWords {
    pub(super) all: Range<usize>,
    pub(super) places: [Range<usize>; Place::ALL.len()],
    /// Measures, codes and values of attributes, each once.
    pub(super) terms: Range<usize>,
    /// Fingerprints of the columns that its rows fill.
    pub(super) filled: Vec<u32>,
}

impl WordsReader {
    pub fn new(schema: &Schema) -> Self {
        let searched = |position: usize| Searched {
            position,
            variant: schema.attributes[position].variant,
            mark: mark(schema, position),
            place: match schema.attributes[position].role {
                Some(Role::Title) => Place::Title,
                Some(Role::Description) => Place::Description,
                Some(Role::Brand) => Place::Brand,
                _ => Place::Rest,
            },
        };
        let positions = searched_positions(schema).into_iter();
        let mut searched: Vec<Searched> = positions.map(searched).collect();
        searched.sort_by_key(|searched| searched.place as usize);
        WordsReader {
            searched,
            terms: TermsReader::new(schema),
            color: schema.role(Role::Color),
            types: schema.roles(Role::Type),
            category: schema.role(Role::Category),
            analyzer: Analyzer::new(&schema.language),
        }
    }

    /// Whether two versions of a product have the same words; then the index need not be told of the newer.
    pub fn reads_alike(&self, one: &Product, other: &Product) -> bool {
        let searched = self.searched.iter().map(|searched| searched.position);
        let kinds = self.color.iter().chain(&self.category).copied();
        let positions = searched.chain(self.terms.positions()).chain(kinds);
        let positions = positions.chain(self.types.iter().copied());
        positions.into_iter().all(|position| {
            let same = one.values_of(position) == other.values_of(position);
            same && one.values[position] == other.values[position]
        })
    }

    /// The words of these products.
    pub fn read<'p>(&self, products: impl Iterator<Item = &'p Product>) -> Words {
        let mut words = Words::default();
        let mut terms = Vec::new();
        for product in products {
            let start = words.tokens.len();
            let mut places = Place::ALL.map(|_| start..start);
            for attribute in &self.searched {
                let attribute_start = words.tokens.len();
                let mut read = |text: &str| {
                    self.terms.read(text, |term| terms.push(words.number(term)));
                    for_each_word(text, |folded, _| {
                        words.push(attribute.mark.as_deref(), folded)
                    });
                };
                if attribute.variant {
                    let values = product.values_of(attribute.position).into_iter();
                    values.filter_map(Value::text).for_each(&mut read);
                } else {
                    let values = product.values[attribute.position].iter();
                    values.filter_map(Value::text).for_each(&mut read);
                }
                let place = &mut places[attribute.place as usize];
                if place.start == place.end {
                    place.start = attribute_start;
                }
                place.end = words.tokens.len();
            }
            if let Some(color) = self.color {
                let colors = product.values_of(color).into_iter();
                words.add_colors(colors.filter_map(Value::text));
            }
            let all = start..words.tokens.len();
            places[Place::Type as usize] = self.read_kinds(product, &mut words);
            let terms_start = words.tokens.len();
            self.terms
                .values(product, |term| terms.push(words.number(term)));
            terms.sort_unstable();
            terms.dedup();
            words.tokens.append(&mut terms);
            words.products.push(ProductWords {
                terms: terms_start..words.tokens.len(),
                all,
                places,
                filled: product.filled.clone(),
            });
        }
        words
    }

    /// Adds each thing that the product's type and category say it is, once; returns where those words stand. Of several
    /// types the first decides: what a "keyboard cover" is for may be the next one.
    fn read_kinds(&self, product: &Product, words: &mut Words) -> Range<usize> {
        let start = words.tokens.len();
        let values = |attribute: &usize| {
            let values = product.values_of(*attribute).into_iter();
            values
                .filter_map(Value::text)
                .map(|text| things_named(&self.analyzer, text))
        };
        // A type that names several things ("desktop/laptop") says for which it is made.
        let one = |things: &Vec<String>| things.len() == 1;
        let own = self
            .types
            .iter()
            .map(|attribute| values(attribute).filter(one).collect::<Vec<_>>());
        let own = own
            .into_iter()
            .find(|things| !things.is_empty())
            .unwrap_or_default();
        let category = self.category.iter().flat_map(values);
        for thing in own.into_iter().chain(category).flatten() {
            let number = words.number(&thing);
            if !words.tokens[start..].contains(&number) {
                words.tokens.push(number);
            }
        }
        start..words.tokens.len()
    }
}

impl Words {
    /// The distinct words, in order of first sight.
    pub(super) fn distinct(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|number| text_of(&self.texts, &self.ends, number))
    }

    fn add_colors<'v>(&mut self, values: impl Iterator<Item = &'v str>) {
        for value in values {
            for_each_word(value, |folded, _| {
                if !self.colors.contains(folded) {
                    self.colors.insert(folded.to_string());
                }
            });
        }
    }

    fn push(&mut self, mark: Option<&str>, folded: &str) {
        let number = match mark {
            None => self.number(folded),
            Some(mark) => self.number(&format!("{mark}{folded}")),
        };
        self.tokens.push(number);
    }

    /// The number of a distinct text.
    fn number(&mut self, folded: &str) -> u32 {
        let (texts, ends) = (&mut self.texts, &mut self.ends);
        let hash = |text: &str| FxBuildHasher.hash_one(text);
        let known = self.numbers.find(hash(folded), |number| {
            text_of(texts, ends, *number as usize) == folded
        });
        match known {
            Some(number) => *number,
            None => {
                let number = ends.len() as u32;
                texts.push_str(folded);
                ends.push(texts.len());
                self.numbers.insert_unique(hash(folded), number, |number| {
                    hash(text_of(texts, ends, *number as usize))
                });
                number
            }
        }
    }
}

fn text_of<'w>(texts: &'w str, ends: &[usize], number: usize) -> &'w str {
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &texts[start..ends[number]]
}

/// The searched attributes, heaviest first.
fn searched_positions(schema: &Schema) -> Vec<usize> {
    let weight = |position: &usize| schema.attributes[*position].searched.unwrap_or_default();
    let mut positions: Vec<usize> = (0..schema.attributes.len())
        .filter(|position| weight(position) > 0.0)
        .collect();
    positions.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    positions
}
