//! Products, a basket or a shopper in; candidates out, each with why. Tables that shoppers' events fill are read as they
//! are now, so that the next list knows the last click.
//!
//! A list asks one model after the other until it has enough: what earlier models found stays before what later ones did.

mod alike;
mod list;
mod looks;
mod models;
mod shelves;

pub use list::{LISTS, List};
pub use looks::look_of;
pub use models::Model;
pub use shelves::{Shelves, category_of};

use rustc_hash::FxHashSet;

use crate::journal::{Person, Word};
use crate::ranking::{PriceTiers, Shelf};
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{Demand, Neighbours, Profile, Words};

/// A list looks at most at so many products that it starts from, the first ones.
pub const STARTS_MAX: usize = 20;

/// What recommending needs to know.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    pub shelf: Shelf<'k>,
    pub shelves: &'k Shelves,
    pub tiers: &'k PriceTiers,
    pub words: &'k Words,
    pub demand: &'k Demand,
    pub neighbours: &'k Neighbours,
    /// `None` for somebody nobody knows.
    pub profile: Option<&'k Profile>,
    pub person: Option<Person>,
    /// Categories the shopper leans to, the most first, by code.
    pub categories: &'k [u32],
    /// Milliseconds since 1970.
    pub now_ms: i64,
}

/// Where a list starts: a product, what is in the cart, or what was bought, the latest first.
#[derive(Debug, Clone, Default)]
pub struct Start {
    pub products: Vec<u32>,
}

/// A product that a model found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggested {
    pub product: u32,
    /// Above 0 and at most 1.
    pub strength: f64,
    pub reason: Reason,
}

/// Why a product is on a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reason {
    pub model: Model,
    /// The product that led to it.
    pub with: Option<u32>,
    /// How often both were seen together; 0 when that was not counted.
    pub times: u32,
}

/// Finds what a list may show: at least `enough` products that pass, unless there are no more. `pass` says which of some
/// products may be shown.
pub fn suggest(
    known: &Known<'_>,
    list: List,
    start: &Start,
    enough: usize,
    pass: impl Fn(&[u32]) -> Vec<bool>,
) -> Vec<Suggested> {
    let mut found: Vec<Suggested> = Vec::new();
    let mut seen: FxHashSet<u32> = start.products.iter().copied().collect();
    for (level, model) in (0..).zip(list.models()) {
        if found.len() >= enough {
            break;
        }
        let mut suggested = model.suggest(known, start);
        suggested.retain(|own| seen.insert(own.product));
        let products: Vec<u32> = suggested.iter().map(|own| own.product).collect();
        let passing = pass(&products);
        let weaker = LEVEL.powi(level);
        let passed = suggested.into_iter().zip(passing).filter(|(_, pass)| *pass);
        found.extend(passed.map(|(own, _)| Suggested {
            strength: own.strength * weaker,
            ..own
        }));
    }
    found
}

/// What a later model finds is weaker by so much than what the one before it does.
const LEVEL: f64 = 0.25;

impl Known<'_> {
    fn product(&self, word: Word) -> Option<u32> {
        self.shelf.columns.ordinal(self.words.value(word))
    }

    fn word(&self, product: u32) -> Option<Word> {
        let id = self.shelf.columns.product_id(product);
        self.words.find(PRODUCT, id)
    }

    /// What the shopper met in this visit, the latest first, what the list starts from before everything else.
    fn met(&self, start: &Start) -> Vec<Word> {
        let starts = start.products.iter().take(STARTS_MAX);
        let mut met: Vec<Word> = starts.filter_map(|product| self.word(*product)).collect();
        for word in self.profile.map(Profile::session).unwrap_or_default() {
            if !met.contains(&word) {
                met.push(word);
            }
        }
        met
    }
}
