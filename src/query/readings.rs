//! The words that may have been meant by one that was mistyped or run together, likeliest first.

use super::Knowledge;
use super::near::{Edits, Nearby};
use super::slips;

/// From this length on, a word that no edit explains well may have two …
const TWO_EDITS_CHARACTERS_MIN: usize = 4;
/// … and from this length on, one of them may be the first letter.
const ANY_TWO_EDITS_CHARACTERS_MIN: usize = 5;
/// Each half of a word that was run together has at least this many letters …
const HALF_CHARACTERS_MIN: usize = 2;
/// … and this many when the other half is mistyped.
const SLIPPED_HALF_CHARACTERS_MIN: usize = 3;

/// What a missing or a surplus space costs.
const SPACE_COST: f64 = 2.5;
/// What it costs besides that a half is so short that nearly every word begins or ends with it.
const SHORT_HALF_COST: f64 = 1.5;
/// One edit explains a word well that makes a reading at least so likely.
const LIKELY: f64 = 0.0;

/// Words of no more letters have many neighbours that are something else: only the cheapest slips speak for a reading.
const SHORT_CHARACTERS_MAX: usize = 4;
const SHORT_COST_MAX: f64 = 3.0;
/// Words of no more letters say what they are by the first.
const FIRST_LETTER_TELLS_MAX: usize = 5;
/// Words of no more letters are near nearly everything: only what stands with another word of the query is meant.
const TINY_CHARACTERS_MAX: usize = 2;
/// Slips that cost more than the word that was meant has letters, and this much, make another word of it.
const COST_OVER_LETTERS: f64 = 4.0;

/// This many of the likeliest words are held against the other words of the query.
const WEIGHED_IN_CONTEXT_MAX: usize = 16;
/// How much what stands together with the other words counts against how often a word stands anywhere.
const CONTEXT_WEIGHT: f64 = 0.8;
/// Every word is taken to have been seen in so many products more, which have the others as often as all products do.
const DOUBT: f64 = 5.0;

/// One way to read a word.
pub(super) struct Reading {
    pub(super) likelihood: f64,
    pub(super) meant: Vec<String>,
    /// Stem of the word, or of the rarer half.
    pub(super) stem: u32,
    /// What the slips cost, and how many there are.
    pub(super) cost: f64,
    pub(super) edits: u8,
}

/// Every likely reading of an unknown word: words an edit or two away, and pairs of words, likeliest first.
pub(super) fn of_unknown(knowledge: &Knowledge<'_>, word: &str, others: &[u32]) -> Vec<Reading> {
    let length = word.chars().count();
    let supported = |edits: Edits| -> Vec<Reading> {
        let mut readings = near(knowledge, word, edits);
        // Nobody asks for the same word twice.
        readings.retain(|reading| {
            !others.contains(&reading.stem) && is_supported(knowledge, word, reading, others)
        });
        readings
    };
    let explains = |readings: &[Reading]| {
        let mut readings = readings.iter();
        readings.any(|reading| reading.likelihood >= LIKELY)
    };
    let mut readings = supported(Edits::One);
    readings.extend(halves(knowledge, word));
    if readings.is_empty() {
        readings = slipped_halves(knowledge, word);
    }
    for (letters_min, edits) in [
        (TWO_EDITS_CHARACTERS_MIN, Edits::TwoAfterFirst),
        (ANY_TWO_EDITS_CHARACTERS_MIN, Edits::Two),
    ] {
        if length >= letters_min && !explains(&readings) {
            let more = supported(edits);
            let is_new = |own: &Reading| readings.iter().all(|known| known.meant != own.meant);
            let more: Vec<Reading> = more.into_iter().filter(is_new).collect();
            readings.extend(more);
        }
    }
    weigh(knowledge, &mut readings, others);
    readings
}

/// The words near a word that may be what was meant by it, those it never stands for left out.
pub(super) fn near(knowledge: &Knowledge<'_>, word: &str, edits: Edits) -> Vec<Reading> {
    let typed: Vec<char> = word.chars().collect();
    let near = knowledge.vocabulary.near(word, edits).into_iter();
    let readings = near.filter_map(|nearby| reading(knowledge, &typed, nearby));
    readings
        .filter(|reading| !knowledge.is_forbidden(word, &reading.meant[0]))
        .collect()
}

/// `None` for words that nobody asks for by themselves.
fn reading(knowledge: &Knowledge<'_>, typed: &[char], nearby: Nearby) -> Option<Reading> {
    let stem = nearby.stem();
    let meant: Vec<char> = nearby.word.chars().collect();
    let says_something = meant.len() > 1
        && knowledge.vocabulary.product_count(stem) > 0
        && !knowledge.language.is_stopword(&nearby.word);
    let more_edits = f64::from(nearby.edits.saturating_sub(1));
    says_something.then(|| {
        let cost = slips::cost(typed, &meant) + slips::SECOND * more_edits;
        Reading {
            likelihood: frequency(knowledge, stem) - cost,
            meant: vec![nearby.word],
            stem,
            cost,
            edits: nearby.edits,
        }
    })
}

/// How likely a word is before anything was typed, as a logarithm: what products are named is asked for more than what
/// else is said of them.
pub(super) fn frequency(knowledge: &Knowledge<'_>, stem: u32) -> f64 {
    /// A product that is named so counts as this many of which it is said.
    const NAMED: f64 = 4.0;
    let said = f64::from(knowledge.vocabulary.product_count(stem));
    let named = f64::from(knowledge.together.products_named(stem));
    (1.0 + (said + (NAMED - 1.0) * named) / NAMED).ln()
}

/// Whether more than being near speaks for a reading of a short word: a slip that fingers make, or another word of the
/// query that it stands with somewhere.
fn is_supported(knowledge: &Knowledge<'_>, typed: &str, reading: &Reading, others: &[u32]) -> bool {
    let (length, letters) = (typed.chars().count(), reading.meant[0].chars().count());
    let keeps_first = typed.chars().next() == reading.meant[0].chars().next();
    let says_its_first = length > FIRST_LETTER_TELLS_MAX
        || keeps_first
        || reading.cost <= SHORT_COST_MAX
        || length != letters && reading.edits == 1;
    let speaks_for_itself = match length {
        ..=TINY_CHARACTERS_MAX => false,
        _ if length <= SHORT_CHARACTERS_MAX => reading.cost <= SHORT_COST_MAX,
        _ => says_its_first && reading.cost <= letters as f64 + COST_OVER_LETTERS,
    };
    let stands_with =
        |other: &u32| knowledge.together.products_with_both(reading.stem, *other) > 0.0;
    speaks_for_itself || others.iter().any(stands_with)
}

/// Puts the readings in order, those that stand with the other words of the query first.
pub(super) fn weigh(knowledge: &Knowledge<'_>, readings: &mut Vec<Reading>, others: &[u32]) {
    sort(readings);
    readings.truncate(WEIGHED_IN_CONTEXT_MAX);
    if readings.len() < 2 {
        return;
    }
    let count = |stem: u32| f64::from(knowledge.vocabulary.product_count(stem));
    let products = f64::from(knowledge.together.products().max(1));
    for reading in &mut *readings {
        let found = count(reading.stem);
        for other in others {
            let both = knowledge.together.products_with_both(reading.stem, *other);
            let anywhere = count(*other) / products;
            let share = (both + DOUBT * anywhere) / (found + DOUBT);
            reading.likelihood += CONTEXT_WEIGHT * share.min(1.0).ln();
        }
    }
    sort(readings);
}

/// Likeliest first; equals in the order of the alphabet.
pub(super) fn sort(readings: &mut [Reading]) {
    readings.sort_by(|one, other| {
        let likelier = other.likelihood.total_cmp(&one.likelihood);
        likelier.then_with(|| one.meant.cmp(&other.meant))
    });
}

/// Every way to read a word as two known ones that stand together somewhere.
fn halves(knowledge: &Knowledge<'_>, word: &str) -> Vec<Reading> {
    let vocabulary = knowledge.vocabulary;
    splits(word, HALF_CHARACTERS_MIN)
        .filter_map(|(left, right)| {
            let stems = [vocabulary.stem_of(left)?, vocabulary.stem_of(right)?];
            pair(knowledge, [left, right], stems, 0.0)
        })
        .collect()
}

/// Every way to read a word as two that stand together somewhere, one of them mistyped: `powrbank`.
fn slipped_halves(knowledge: &Knowledge<'_>, word: &str) -> Vec<Reading> {
    let vocabulary = knowledge.vocabulary;
    let mut readings = Vec::new();
    for (left, right) in splits(word, SLIPPED_HALF_CHARACTERS_MIN) {
        if let Some(known) = vocabulary.stem_of(left) {
            for other in near(knowledge, right, Edits::OneAfterFirst) {
                let words = [left, other.meant[0].as_str()];
                readings.extend(pair(knowledge, words, [known, other.stem], other.cost));
            }
        }
        if let Some(known) = vocabulary.stem_of(right) {
            for other in near(knowledge, left, Edits::OneAfterFirst) {
                let words = [other.meant[0].as_str(), right];
                readings.extend(pair(knowledge, words, [other.stem, known], other.cost));
            }
        }
    }
    readings
}

/// The ways to cut a word in two, each half of at least so many letters.
fn splits(word: &str, letters_min: usize) -> impl Iterator<Item = (&str, &str)> {
    let cuts = word.char_indices().skip(letters_min);
    cuts.map(|(middle, _)| word.split_at(middle))
        .filter(move |(_, right)| right.chars().count() >= letters_min)
}

/// `None` for words that never stand together.
fn pair(
    knowledge: &Knowledge<'_>,
    words: [&str; 2],
    stems: [u32; 2],
    cost: f64,
) -> Option<Reading> {
    let count = |stem: &u32| knowledge.vocabulary.product_count(*stem);
    let rarer = stems.into_iter().min_by_key(count)?;
    let both = knowledge.together.products_with_both(stems[0], stems[1]);
    let is_short = |word: &&str| word.chars().count() < SLIPPED_HALF_CHARACTERS_MIN;
    let short = words.iter().filter(|word| is_short(word)).count();
    let cost = cost + SPACE_COST + SHORT_HALF_COST * short as f64;
    (both > 0.0).then(|| Reading {
        likelihood: (1.0 + both).ln() - cost,
        meant: words.map(str::to_string).to_vec(),
        stem: rarer,
        cost,
        edits: 1,
    })
}
