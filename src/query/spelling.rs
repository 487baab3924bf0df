//! Words nobody sells, read as the words that were probably meant: mistyped, run together, or torn apart.

use std::ops::Range;

use super::near::Edits;
use super::readings::{self, Reading};
use super::{Knowledge, Spelling, slips};
use crate::text::has_digit;

/// Shorter words are left alone: too many words are near them.
const CORRECTED_CHARACTERS_MIN: usize = 2;
/// Queries of more words are not corrected: each unknown word takes a walk through the vocabulary.
const CORRECTED_WORDS_MAX: usize = 32;

/// Shorter beginnings of words are left alone.
const BEGINNING_CHARACTERS_MIN: usize = 4;
/// At most this many beginnings that may have been meant are weighed.
const BEGINNINGS_MAX: usize = 50;

/// At most this many other words have a say.
const CONTEXT_WORDS_MAX: usize = 3;
/// A word of the catalog in no more products than this may be a slip …
const MISFIT_PRODUCTS_MAX: u32 = 300;
/// … for a word that stands with another in at least as many, …
const FITTING_PRODUCTS_MIN: f64 = 3.0;
/// … and, when the word itself stands with one, so much more often, as a natural logarithm: most words are typed right.
const TYPED_RIGHT: f64 = 2.5;

/// A word in no more products than this may be a slip of the feed's …
const SLIP_PRODUCTS_MAX: u32 = 2;
/// … when a word an edit away is in this many times as many.
const SLIP_TIMES_MIN: u32 = 200;
const SLIP_CHARACTERS_MIN: usize = 5;

/// Words that were read as others.
#[derive(Debug, PartialEq)]
pub(super) struct Correction {
    pub(super) words: Range<usize>,
    pub(super) meant: Vec<String>,
    /// Words that may have been meant as well: less likely ones, and the typed word when the catalog has it.
    pub(super) also: Vec<String>,
}

/// At most this many less likely words are sought as well …
const ALSO_MAX: usize = 6;
/// … which are no more than this much less likely, as a natural logarithm.
const ALSO_LESS_LIKELY_MAX: f64 = 4.0;

/// What to read the words of a query as, in their order. `stays` says which words are left as they are.
pub(super) fn correct(
    knowledge: &Knowledge<'_>,
    words: &[String],
    stays: impl Fn(usize) -> bool,
) -> Vec<Correction> {
    if knowledge.spelling == Spelling::AsTyped || words.len() > CORRECTED_WORDS_MAX {
        return Vec::new();
    }
    let unknown: Vec<bool> = (0..words.len())
        .map(|at| !stays(at) && is_correctable(&words[at]) && !knowledge.knows(&words[at]))
        .collect();
    let mut context = context(knowledge, words, &unknown);
    let mut corrections = joined(knowledge, words, &unknown, &stays);
    let is_joined = |at: &usize| corrections.iter().any(|own| own.words.contains(at));
    let mut left: Vec<usize> = (0..words.len())
        .filter(|at| !stays(*at) && is_correctable(&words[*at]) && !is_joined(at))
        .collect();
    // Long words are read with more certainty, and then help with the short ones.
    left.sort_by_key(|at| std::cmp::Reverse(words[*at].chars().count()));
    for at in left {
        let others = telling(knowledge, &context, at);
        let meant = if unknown[at] {
            Meant::of(readings::of_unknown(knowledge, &words[at], &others))
        } else {
            slip(knowledge, &words[at]).or_else(|| fitting(knowledge, &words[at], &others))
        };
        let Some(meant) = meant else {
            continue;
        };
        context.push((at, meant.stem));
        corrections.push(Correction {
            words: at..at + 1,
            meant: meant.likeliest,
            also: if unknown[at] {
                meant.also
            } else {
                vec![words[at].clone()]
            },
        });
    }
    corrections.sort_by_key(|correction| correction.words.start);
    corrections
}

/// Neighbours, one of them unknown, that the catalog writes as one word.
fn joined(
    knowledge: &Knowledge<'_>,
    words: &[String],
    unknown: &[bool],
    stays: impl Fn(usize) -> bool,
) -> Vec<Correction> {
    let mut corrections: Vec<Correction> = Vec::new();
    for next in 1..words.len() {
        let at = next - 1;
        let is_taken = corrections.last().is_some_and(|last| last.words.end > at);
        if is_taken || stays(at) || stays(next) || !(unknown[at] || unknown[next]) {
            continue;
        }
        let joined = format!("{}{}", words[at], words[next]);
        if is_correctable(&joined) && knowledge.count_of(&joined) > 0 {
            corrections.push(Correction {
                words: at..next + 1,
                meant: vec![joined],
                also: Vec::new(),
            });
        }
    }
    corrections
}

/// What to read the last word of a query as while it is typed and nothing begins with it.
pub(super) fn correct_beginning(knowledge: &Knowledge<'_>, words: &[String]) -> Option<Correction> {
    let (begun, others) = words.split_last()?;
    let is_correctable = knowledge.spelling == Spelling::Corrected
        && begun.chars().count() >= BEGINNING_CHARACTERS_MIN
        && !has_digit(begun)
        && !knowledge.language.leaves_alone(begun)
        && !knowledge.vocabulary.begins_a_word(begun);
    if !is_correctable {
        return None;
    }
    let known = context(knowledge, others, &vec![false; others.len()]);
    let known = telling(knowledge, &known, others.len());
    let typed: Vec<char> = begun.chars().collect();
    let near = knowledge.vocabulary.near_beginnings(begun).into_iter();
    let mut readings: Vec<Reading> = near
        .take(BEGINNINGS_MAX)
        .filter_map(|nearby| {
            let stem = *knowledge.vocabulary.complete(&nearby.word).first()?;
            let meant: Vec<char> = nearby.word.chars().collect();
            let cost = slips::cost(&typed, &meant);
            Some(Reading {
                likelihood: readings::frequency(knowledge, stem) - cost,
                meant: vec![nearby.word],
                stem,
                cost,
                edits: nearby.edits,
            })
        })
        .collect();
    readings::weigh(knowledge, &mut readings, &known);
    let likeliest = readings.into_iter().next()?;
    Some(Correction {
        words: others.len()..words.len(),
        meant: likeliest.meant,
        also: Vec::new(),
    })
}

fn is_correctable(word: &str) -> bool {
    word.chars().count() >= CORRECTED_CHARACTERS_MIN && !has_digit(word)
}

/// The known words of a query that say something: their places and stems.
fn context(knowledge: &Knowledge<'_>, words: &[String], unknown: &[bool]) -> Vec<(usize, u32)> {
    let says_something = |at: &usize| !unknown[*at] && !knowledge.language.is_stopword(&words[*at]);
    let known = (0..words.len()).filter(says_something);
    known
        .filter_map(|at| Some((at, knowledge.stem_of(&words[at])?)))
        .collect()
}

/// The words beside the one at a place that tell most of what it may be: those that the fewest products have. Numbers
/// stand with everything.
fn telling(knowledge: &Knowledge<'_>, context: &[(usize, u32)], at: usize) -> Vec<u32> {
    let vocabulary = knowledge.vocabulary;
    let others = context.iter().filter(|(own, _)| *own != at);
    let mut stems: Vec<u32> = others.map(|(_, stem)| *stem).collect();
    stems.sort_by_key(|stem| {
        (
            has_digit(vocabulary.text(*stem)),
            vocabulary.product_count(*stem),
        )
    });
    stems.dedup();
    stems.truncate(CONTEXT_WORDS_MAX);
    stems
}

/// What a word was read as.
struct Meant {
    likeliest: Vec<String>,
    /// Stem of the word, or of the rarer half.
    stem: u32,
    also: Vec<String>,
}

impl Meant {
    /// The first of the readings, and those that are nearly as likely.
    fn of(readings: Vec<Reading>) -> Option<Self> {
        let mut readings = readings.into_iter();
        let likeliest = readings.next()?;
        let near = readings
            .take_while(|other| likeliest.likelihood - other.likelihood <= ALSO_LESS_LIKELY_MAX)
            .filter(|other| other.meant.len() == 1 && other.stem != likeliest.stem)
            .map(|other| other.meant[0].clone());
        Some(Meant {
            also: near.take(ALSO_MAX).collect(),
            stem: likeliest.stem,
            likeliest: likeliest.meant,
        })
    }

    fn only(reading: Reading) -> Self {
        Meant {
            likeliest: reading.meant,
            stem: reading.stem,
            also: Vec::new(),
        }
    }
}

/// What fits in the place of a word that hardly ever stands with the other words of the query, or, of a word that no
/// product has in this form, what is much more frequent.
fn fitting(knowledge: &Knowledge<'_>, word: &str, others: &[u32]) -> Option<Meant> {
    let own = knowledge.stem_of(word)?;
    let is_written_so = knowledge.vocabulary.stem_of(word).is_some();
    let is_frequent = knowledge.vocabulary.product_count(own) > MISFIT_PRODUCTS_MAX;
    if is_written_so && (others.is_empty() || is_frequent) {
        return None;
    }
    let stands_with = |stem: u32| {
        let both = others
            .iter()
            .map(|other| knowledge.together.products_with_both(stem, *other));
        both.fold(0.0, f64::max)
    };
    let likelihood = |stem: u32| match others {
        [] => readings::frequency(knowledge, stem),
        _ => (1.0 + stands_with(stem)).ln(),
    };
    let near = readings::near(knowledge, word, Edits::One).into_iter();
    let (likeliest, reading) = near
        .filter(|reading| reading.stem != own && !others.contains(&reading.stem))
        .filter(|reading| others.is_empty() || stands_with(reading.stem) >= FITTING_PRODUCTS_MIN)
        .map(|reading| (likelihood(reading.stem) - reading.cost, reading))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    let own = likelihood(own);
    let typed_right = own + TYPED_RIGHT * own.clamp(0.0, 1.0);
    (likeliest + slips::CHEAPEST > typed_right).then(|| Meant::only(reading))
}

/// The frequent word that a very rare one of the catalog is a slip for.
fn slip(knowledge: &Knowledge<'_>, word: &str) -> Option<Meant> {
    let own = knowledge.count_of(word);
    let is_slip =
        (1..=SLIP_PRODUCTS_MAX).contains(&own) && word.chars().count() >= SLIP_CHARACTERS_MIN;
    if !is_slip {
        return None;
    }
    let mut readings = readings::near(knowledge, word, Edits::One);
    readings::sort(&mut readings);
    let likeliest = readings.into_iter().next()?;
    let found = knowledge.vocabulary.product_count(likeliest.stem);
    let keeps_first = word.chars().next() == likeliest.meant[0].chars().next();
    (keeps_first && found / SLIP_TIMES_MIN >= own).then(|| Meant::only(likeliest))
}
