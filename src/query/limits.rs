//! Prices and ratings said in words, read as conditions: "under $50", "between 20 and 40 euros", "4 stars".

use std::ops::Range;

use crate::catalog::filter::{Filter, NumberRange};
use crate::catalog::schema::{Role, Schema};
use crate::text::Word;

/// The words a language has for limits, folded; phrases are words joined by spaces, longer ones first.
struct Phrases {
    /// Said of prices more than of anything else, so that no currency is needed.
    cheaper: &'static [&'static str],
    below: &'static [&'static str],
    above: &'static [&'static str],
    between: &'static [&'static str],
    and: &'static [&'static str],
    currencies: &'static [&'static str],
    stars: &'static [&'static str],
}

/// No language has these.
const NONE: Phrases = Phrases {
    cheaper: &[],
    below: &[],
    above: &[],
    between: &[],
    and: &[],
    currencies: &["eur", "usd", "gbp"],
    stars: &[],
};

const CURRENCY_SIGNS: [char; 4] = ['$', '€', '£', '¥'];

const STARS_MAX: f64 = 5.0;

/// Which limits a shop knows, and how its language says them.
pub struct Limits {
    phrases: Phrases,
    price: Option<usize>,
    rating: Option<usize>,
    price_name: String,
    rating_name: String,
}

/// A limit found in a query.
#[derive(Debug, PartialEq)]
pub(super) struct Limit {
    /// The words it was read from.
    pub(super) words: Range<usize>,
    pub(super) filter: Filter,
    /// As filters are written.
    pub(super) text: String,
}

/// A number of a query.
struct Amount {
    value: f64,
    words: Range<usize>,
    has_currency: bool,
}

impl Limits {
    pub fn new(schema: &Schema) -> Self {
        let (price, rating) = (schema.role(Role::Price), schema.role(Role::Rating));
        let name = |position: Option<usize>| {
            position.map_or(String::new(), |position| {
                schema.attributes[position].name.clone()
            })
        };
        Limits {
            phrases: phrases(&schema.language),
            price,
            rating,
            price_name: name(price),
            rating_name: name(rating),
        }
    }

    /// The limits in a query, in order. What might as well mean something else is left alone.
    pub(super) fn read(&self, text: &str, words: &[Word]) -> Vec<Limit> {
        let mut limits = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let found = self.price_at(text, words, at);
            match found.or_else(|| self.rating_at(text, words, at)) {
                Some(limit) => {
                    at = limit.words.end;
                    limits.push(limit);
                }
                None => at += 1,
            }
        }
        limits
    }

    fn price_at(&self, text: &str, words: &[Word], at: usize) -> Option<Limit> {
        let attribute = self.price?;
        let phrases = &self.phrases;
        let (range, end) = if let Some(length) = phrase_at(phrases.cheaper, words, at) {
            let most = self.amount(text, words, at + length)?;
            let is_price = most.has_currency || most.words.end == words.len();
            (is_price.then(|| at_most(most.value))?, most.words.end)
        } else if let Some(length) = phrase_at(phrases.below, words, at) {
            let most = self.amount(text, words, at + length)?;
            (
                most.has_currency.then(|| at_most(most.value))?,
                most.words.end,
            )
        } else if let Some(length) = phrase_at(phrases.above, words, at) {
            let least = self.amount(text, words, at + length)?;
            (
                least.has_currency.then(|| at_least(least.value))?,
                least.words.end,
            )
        } else {
            let opened = phrase_at(phrases.between, words, at);
            let from = self.amount(text, words, at + opened.unwrap_or(0))?;
            let gap = &text[words[from.words.end - 1].span.end..];
            let joined = phrase_at(phrases.and, words, from.words.end)
                .or_else(|| gap.trim_start().starts_with(['-', '–']).then_some(0))?;
            let to = self.amount(text, words, from.words.end + joined)?;
            let is_certain = from.has_currency
                || to.has_currency
                || opened == Some(1) && to.words.end == words.len();
            if !is_certain || from.value > to.value {
                return None;
            }
            let range = NumberRange {
                from: from.value,
                to: to.value,
                ..NumberRange::EVERY
            };
            (range, to.words.end)
        };
        Some(limit(attribute, &self.price_name, range, at..end))
    }

    fn rating_at(&self, text: &str, words: &[Word], at: usize) -> Option<Limit> {
        let attribute = self.rating?;
        let opened = phrase_at(self.phrases.above, words, at).unwrap_or(0);
        let least = self.amount(text, words, at + opened)?;
        let stars = phrase_at(self.phrases.stars, words, least.words.end)?;
        if least.has_currency || !(1.0..=STARS_MAX).contains(&least.value) {
            return None;
        }
        let words = at..least.words.end + stars;
        Some(limit(
            attribute,
            &self.rating_name,
            at_least(least.value),
            words,
        ))
    }

    /// The number that stands here, with its currency.
    fn amount(&self, text: &str, words: &[Word], at: usize) -> Option<Amount> {
        let first = words.get(at)?;
        let mut digits = first.folded.clone();
        let mut end = at + 1;
        while let Some(next) = words.get(end)
            && next.folded.len() == 3
            && text[words[end - 1].span.end..next.span.start] == *","
        {
            digits.push_str(&next.folded);
            end += 1;
        }
        let value: f64 = digits
            .parse()
            .ok()
            .filter(|value: &f64| value.is_finite())?;
        let before = text[..first.span.start].trim_end();
        let after = text[words[end - 1].span.end..].trim_start();
        let mut has_currency =
            before.ends_with(CURRENCY_SIGNS) || after.starts_with(CURRENCY_SIGNS);
        if let Some(length) = phrase_at(self.phrases.currencies, words, end) {
            has_currency = true;
            end += length;
        }
        Some(Amount {
            value,
            words: at..end,
            has_currency,
        })
    }
}

fn limit(attribute: usize, name: &str, range: NumberRange, words: Range<usize>) -> Limit {
    let text = match (range.from.is_finite(), range.to.is_finite()) {
        (true, true) => format!("{name}:{} TO {}", range.from, range.to),
        (true, false) => format!("{name} >= {}", range.from),
        _ => format!("{name} <= {}", range.to),
    };
    Limit {
        words,
        filter: Filter::Within { attribute, range },
        text,
    }
}

fn at_most(to: f64) -> NumberRange {
    NumberRange {
        to,
        ..NumberRange::EVERY
    }
}

fn at_least(from: f64) -> NumberRange {
    NumberRange {
        from,
        ..NumberRange::EVERY
    }
}

/// How many words the first of the phrases that stands here has.
fn phrase_at(phrases: &[&str], words: &[Word], at: usize) -> Option<usize> {
    phrases.iter().find_map(|phrase| {
        let mut length = 0;
        for part in phrase.split(' ') {
            if words.get(at + length)?.folded != part {
                return None;
            }
            length += 1;
        }
        Some(length)
    })
}

fn phrases(language: &str) -> Phrases {
    match language {
        "en" => Phrases {
            cheaper: &["less than", "cheaper than", "under", "below"],
            below: &["no more than", "up to", "at most"],
            above: &["more than", "at least", "over", "above"],
            between: &["between", "from"],
            and: &["and", "to"],
            currencies: &[
                "dollars", "dollar", "bucks", "euros", "euro", "eur", "usd", "gbp",
            ],
            stars: &["stars and up", "star and up", "stars", "star"],
        },
        "de" => Phrases {
            cheaper: &["weniger als", "billiger als", "gunstiger als", "unter"],
            below: &["bis zu", "hochstens", "maximal", "bis"],
            above: &["mehr als", "mindestens", "uber", "ab"],
            between: &["zwischen", "von"],
            and: &["und", "bis"],
            currencies: &["euro", "eur", "franken", "chf"],
            stars: &["sterne", "sternen"],
        },
        "fr" => Phrases {
            cheaper: &["moins de", "moins cher que"],
            below: &["jusqu a", "sous"],
            above: &["plus de", "au moins"],
            between: &["entre", "de"],
            and: &["et", "a"],
            currencies: &["euros", "euro", "eur"],
            stars: &["etoiles", "etoile"],
        },
        "es" => Phrases {
            cheaper: &["menos de", "por debajo de"],
            below: &["hasta"],
            above: &["mas de", "al menos"],
            between: &["entre", "de"],
            and: &["y", "a"],
            currencies: &["euros", "euro", "eur", "pesos", "dolares"],
            stars: &["estrellas", "estrella"],
        },
        "it" => Phrases {
            cheaper: &["meno di", "sotto"],
            below: &["fino a"],
            above: &["piu di", "almeno", "oltre"],
            between: &["tra", "fra", "da"],
            and: &["e", "a"],
            currencies: &["euro", "eur"],
            stars: &["stelle", "stella"],
        },
        "nl" => Phrases {
            cheaper: &["minder dan", "onder"],
            below: &["hoogstens", "tot"],
            above: &["meer dan", "minstens", "boven", "vanaf"],
            between: &["tussen", "van"],
            and: &["en", "tot"],
            currencies: &["euro", "eur"],
            stars: &["sterren", "ster"],
        },
        _ => NONE,
    }
}
