//! Words nobody sells, read as the words that were probably meant: mistyped, run together, or torn apart.

use std::ops::Range;

use super::near::{Edits, Nearby};
use super::{Knowledge, Spelling};
use crate::text::has_digit;

/// Shorter words are left alone: too many words are near them.
const CORRECTED_CHARACTERS_MIN: usize = 2;
/// From this length on, a word that no edit explains may have two …
const TWO_EDITS_CHARACTERS_MIN: usize = 4;
/// … and from this length on, one of them may be the first letter.
const ANY_TWO_EDITS_CHARACTERS_MIN: usize = 6;
/// Each half of a word that was run together has at least this many letters.
const HALF_CHARACTERS_MIN: usize = 2;
/// Queries of more words are not corrected: each unknown word takes a walk through the vocabulary.
const CORRECTED_WORDS_MAX: usize = 32;

/// What an edit costs, in natural logarithms of how many more products must have the word to make up for it.
const EDIT_COST: f64 = 3.0;
/// A wrong first letter is rarer than any other.
const FIRST_LETTER_COST: f64 = 1.5;
/// What a missing or a surplus space costs.
const SPACE_COST: f64 = 2.5;
/// A slip to the key beside the right one, a letter too many of two, or two letters swapped are the likeliest.
const LIKELY_SLIP_GAIN: f64 = 0.7;

/// Words of no more letters have many neighbours that are something else: "nike" is no bike.
const SHORT_CHARACTERS_MAX: usize = 4;
/// Words of no more letters say what they are by the first.
const FIRST_LETTER_TELLS_MAX: usize = 5;
/// Words of no more letters are near nearly everything: only what stands with another word of the query is meant.
const TINY_CHARACTERS_MAX: usize = 2;

/// Shorter beginnings of words are left alone.
const BEGINNING_CHARACTERS_MIN: usize = 4;
/// At most this many beginnings that may have been meant are weighed.
const BEGINNINGS_MAX: usize = 50;

/// This many of the likeliest words are held against the other words of the query.
const WEIGHED_IN_CONTEXT_MAX: usize = 16;
/// At most this many other words have a say.
const CONTEXT_WORDS_MAX: usize = 3;
/// A word of the catalog that stands with none of the others, in no more products than this, may be a slip …
const MISFIT_PRODUCTS_MAX: u32 = 300;
/// … for a word that stands with another in at least as many.
const FITTING_PRODUCTS_MIN: u32 = 3;
/// How much what stands together with the other words counts against how often a word stands anywhere.
const CONTEXT_WEIGHT: f64 = 0.7;

/// A word in no more products than this may be a slip of the feed's …
const SLIP_PRODUCTS_MAX: u32 = 2;
/// … when a word an edit away is in this many times as many.
const SLIP_TIMES_MIN: u32 = 200;
const SLIP_CHARACTERS_MIN: usize = 5;

const KEYBOARD_ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

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
        let others: Vec<u32> = context
            .iter()
            .filter(|(own, _)| *own != at)
            .map(|(_, stem)| *stem)
            .take(CONTEXT_WORDS_MAX)
            .collect();
        let meant = if unknown[at] {
            best(knowledge, &words[at], &others)
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
        && knowledge.vocabulary.complete(begun, 1).is_empty();
    if !is_correctable {
        return None;
    }
    let known = context(knowledge, others, &vec![false; others.len()]);
    let known: Vec<u32> = known.into_iter().map(|(_, stem)| stem).collect();
    let near = knowledge.vocabulary.near_beginnings(begun).into_iter();
    let mut readings: Vec<Reading> = near
        .take(BEGINNINGS_MAX)
        .filter_map(|nearby| {
            let stem = *knowledge.vocabulary.complete(&nearby.word, 1).first()?;
            Some(Reading {
                likelihood: frequency(knowledge, stem) - slip_cost(begun, &nearby),
                meant: vec![nearby.word],
                stem,
            })
        })
        .collect();
    weigh(
        knowledge,
        &mut readings,
        &known[..known.len().min(CONTEXT_WORDS_MAX)],
    );
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
    let analyzer = &knowledge.language.analyzer;
    let known = (0..words.len()).filter(|at| !unknown[*at] && !analyzer.is_stopword(&words[*at]));
    known
        .filter_map(|at| {
            let stem = knowledge.vocabulary.number_of(&analyzer.stem(&words[at]))?;
            Some((at, stem))
        })
        .collect()
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

/// One way to read a word.
struct Reading {
    likelihood: f64,
    meant: Vec<String>,
    /// Stem of the word, or of the rarer half.
    stem: u32,
}

/// The likeliest word, or two words, that was meant.
fn best(knowledge: &Knowledge<'_>, word: &str, others: &[u32]) -> Option<Meant> {
    let length = word.chars().count();
    let supported = |edits: Edits| -> Vec<Reading> {
        let readings = readings(knowledge, word, edits).into_iter();
        readings
            .filter(|reading| is_supported(knowledge, word, reading, edits, others))
            .collect()
    };
    let mut readings = supported(Edits::One);
    readings.extend(halves(knowledge, word));
    if readings.is_empty() && length >= TWO_EDITS_CHARACTERS_MIN {
        readings = supported(Edits::TwoAfterFirst);
    }
    if readings.is_empty() && length >= ANY_TWO_EDITS_CHARACTERS_MIN {
        readings = supported(Edits::Two);
    }
    weigh(knowledge, &mut readings, others);
    Meant::of(readings)
}

/// Whether more than being near speaks for a reading of a short word: a slip that fingers make, a letter too many or
/// too few, or another word of the query that it stands with somewhere.
fn is_supported(
    knowledge: &Knowledge<'_>,
    typed: &str,
    reading: &Reading,
    edits: Edits,
    others: &[u32],
) -> bool {
    let (typed, meant): (Vec<char>, Vec<char>) =
        (typed.chars().collect(), reading.meant[0].chars().collect());
    let keeps_first = typed.first() == meant.first();
    let is_one = edits == Edits::One;
    let is_replaced = typed.len() == meant.len() && !is_swap(&typed, &meant);
    let speaks_for_itself = if typed.len() <= TINY_CHARACTERS_MAX {
        false
    } else if typed.len() <= SHORT_CHARACTERS_MAX {
        is_one && (!is_replaced || keeps_first && is_likely(&typed, &meant))
    } else {
        typed.len() > FIRST_LETTER_TELLS_MAX || keeps_first || is_one && !is_replaced
    };
    let stands_with = |other: &u32| knowledge.together.products_with_both(reading.stem, *other) > 0;
    speaks_for_itself || others.iter().any(stands_with)
}

/// What fits the other words of the query in the place of a rare word that never stands with them.
fn fitting(knowledge: &Knowledge<'_>, word: &str, others: &[u32]) -> Option<Meant> {
    let own = knowledge.vocabulary.stem_of(word)?;
    let stands_with = |stem: u32| {
        let both = others
            .iter()
            .map(|other| knowledge.together.products_with_both(stem, *other));
        both.max().unwrap_or(0)
    };
    let is_misfit = !others.is_empty()
        && knowledge.vocabulary.product_count(own) <= MISFIT_PRODUCTS_MAX
        && stands_with(own) == 0;
    if !is_misfit {
        return None;
    }
    let mut readings = readings(knowledge, word, Edits::One);
    weigh(knowledge, &mut readings, others);
    let likeliest = readings.into_iter().next()?;
    (likeliest.stem != own && stands_with(likeliest.stem) >= FITTING_PRODUCTS_MIN)
        .then(|| Meant::only(likeliest))
}

/// Puts the readings in order, those that stand with the other words of the query first.
fn weigh(knowledge: &Knowledge<'_>, readings: &mut Vec<Reading>, others: &[u32]) {
    sort(readings);
    readings.truncate(WEIGHED_IN_CONTEXT_MAX);
    if readings.len() < 2 {
        return;
    }
    for reading in &mut *readings {
        let found = knowledge.vocabulary.product_count(reading.stem);
        for other in others {
            let both = knowledge.together.products_with_both(reading.stem, *other);
            let share = (f64::from(both) + 0.5) / (f64::from(found) + 1.0);
            reading.likelihood += CONTEXT_WEIGHT * share.min(1.0).ln();
        }
    }
    sort(readings);
}

/// Likeliest first; equals in the order of the alphabet.
fn sort(readings: &mut [Reading]) {
    readings.sort_by(|one, other| {
        let likelier = other.likelihood.total_cmp(&one.likelihood);
        likelier.then_with(|| one.meant.cmp(&other.meant))
    });
}

/// The words near a word that may be what was meant by it.
fn readings(knowledge: &Knowledge<'_>, word: &str, edits: Edits) -> Vec<Reading> {
    let near = knowledge.vocabulary.near(word, edits).into_iter();
    let readings = near.map(|nearby| {
        let cost = EDIT_COST * f64::from(nearby.edits) + slip_cost(word, &nearby);
        let stem = nearby.stem();
        Reading {
            likelihood: frequency(knowledge, stem) - cost,
            meant: vec![nearby.word],
            stem,
        }
    });
    readings
        .filter(|reading| {
            knowledge.vocabulary.product_count(reading.stem) > 0
                && !knowledge.is_forbidden(word, &reading.meant[0])
        })
        .collect()
}

/// Every way to read a word as two known ones that stand together somewhere.
fn halves(knowledge: &Knowledge<'_>, word: &str) -> Vec<Reading> {
    let vocabulary = knowledge.vocabulary;
    let mut readings = Vec::new();
    for (middle, _) in word.char_indices().skip(HALF_CHARACTERS_MIN) {
        let (left, right) = word.split_at(middle);
        if right.chars().count() < HALF_CHARACTERS_MIN {
            break;
        }
        let (Some(first), Some(second)) = (vocabulary.stem_of(left), vocabulary.stem_of(right))
        else {
            continue;
        };
        let both = knowledge.together.products_with_both(first, second);
        if both > 0 {
            let rarer = [first, second]
                .into_iter()
                .min_by_key(|stem| vocabulary.product_count(*stem))
                .expect("there are two");
            readings.push(Reading {
                likelihood: f64::from(1 + both).ln() - SPACE_COST,
                meant: vec![left.to_string(), right.to_string()],
                stem: rarer,
            });
        }
    }
    readings
}

/// The frequent word that a very rare one of the catalog is a slip for.
fn slip(knowledge: &Knowledge<'_>, word: &str) -> Option<Meant> {
    let own = knowledge.count_of(word);
    let is_slip =
        (1..=SLIP_PRODUCTS_MAX).contains(&own) && word.chars().count() >= SLIP_CHARACTERS_MIN;
    if !is_slip {
        return None;
    }
    let mut readings = readings(knowledge, word, Edits::One);
    sort(&mut readings);
    let likeliest = readings.into_iter().next()?;
    let found = knowledge.vocabulary.product_count(likeliest.stem);
    let keeps_first = word.chars().next() == likeliest.meant[0].chars().next();
    (keeps_first && found / SLIP_TIMES_MIN >= own).then(|| Meant::only(likeliest))
}

fn frequency(knowledge: &Knowledge<'_>, stem: u32) -> f64 {
    f64::from(1 + knowledge.vocabulary.product_count(stem)).ln()
}

/// What makes this slip less or more likely than another of as many edits.
fn slip_cost(typed: &str, nearby: &Nearby) -> f64 {
    let (typed, meant): (Vec<char>, Vec<char>) =
        (typed.chars().collect(), nearby.word.chars().collect());
    let mut cost = 0.0;
    if typed.first() != meant.first() {
        cost += FIRST_LETTER_COST;
    }
    if nearby.edits == 1 && is_likely(&typed, &meant) {
        cost -= LIKELY_SLIP_GAIN;
    }
    cost
}

/// Whether one edit is a swap, a letter doubled or not, or a slip to the next key.
fn is_likely(typed: &[char], meant: &[char]) -> bool {
    let same = alike(typed, meant);
    if typed.len() == meant.len() {
        return is_swap(typed, meant) || are_neighbours(typed[same], meant[same]);
    }
    let longer = if typed.len() > meant.len() {
        typed
    } else {
        meant
    };
    same > 0 && longer[same] == longer[same - 1]
}

/// Whether two letters stand in each other's place, and nothing else is different.
fn is_swap(typed: &[char], meant: &[char]) -> bool {
    let same = alike(typed, meant);
    typed.len() == meant.len()
        && same + 1 < typed.len()
        && typed[same] == meant[same + 1]
        && typed[same + 1] == meant[same]
        && typed[same + 2..] == meant[same + 2..]
}

/// How many letters two words begin with alike.
fn alike(one: &[char], other: &[char]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

fn are_neighbours(a: char, b: char) -> bool {
    KEYBOARD_ROWS
        .iter()
        .any(|row| match (row.find(a), row.find(b)) {
            (Some(a), Some(b)) => a.abs_diff(b) == 1,
            _ => false,
        })
}
