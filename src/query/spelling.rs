//! Words nobody sells, read as the words that were probably meant: mistyped, run together, or torn apart.

use levenshtein_automata::Distance;

use super::vocabulary::Vocabulary;
use crate::text::Analyzer;

/// Shorter words are left alone: too many words are near them.
const CORRECTED_CHARACTERS_MIN: usize = 4;
/// From this length on, two edits are allowed.
const TWO_EDITS_CHARACTERS_MIN: usize = 8;
/// Each half of a word that was run together has at least this many letters.
const HALF_CHARACTERS_MIN: usize = 2;

/// What an edit costs, in natural logarithms of how many more products must have the word to make up for it.
const EDIT_COST: f64 = 3.0;
/// A wrong first letter is rarer than any other.
const FIRST_LETTER_COST: f64 = 1.5;
/// What a missing or a surplus space costs.
const SPACE_COST: f64 = 2.5;
/// A slip to the key beside the right one is the likeliest.
const NEIGHBOUR_KEY_GAIN: f64 = 0.7;

const KEYBOARD_ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// The words with unknown ones corrected; `None` when none was. `stays` says which words are left as they are.
pub(super) fn correct(
    vocabulary: &Vocabulary,
    analyzer: &Analyzer,
    words: &[String],
    stays: impl Fn(usize) -> bool,
) -> Option<Vec<String>> {
    let unknown = |at: usize| {
        !stays(at) && is_correctable(&words[at]) && !is_known(vocabulary, analyzer, &words[at])
    };
    let mut corrected = Vec::with_capacity(words.len());
    let mut changed = false;
    let mut at = 0;
    while at < words.len() {
        let next = at + 1;
        if next < words.len() && !stays(next) && !stays(at) && (unknown(at) || unknown(next)) {
            let joined = format!("{}{}", words[at], words[next]);
            if is_correctable(&joined) && vocabulary.stem_of(&joined).is_some() {
                corrected.push(joined);
                changed = true;
                at += 2;
                continue;
            }
        }
        match unknown(at).then(|| best(vocabulary, &words[at])).flatten() {
            Some(meant) => {
                corrected.extend(meant);
                changed = true;
            }
            None => corrected.push(words[at].clone()),
        }
        at = next;
    }
    changed.then_some(corrected)
}

fn is_correctable(word: &str) -> bool {
    word.chars().count() >= CORRECTED_CHARACTERS_MIN
        && !word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Inflections of a known word are known.
fn is_known(vocabulary: &Vocabulary, analyzer: &Analyzer, word: &str) -> bool {
    vocabulary.stem_of(word).is_some() || vocabulary.number_of(&analyzer.stem(word)).is_some()
}

/// The likeliest word, or two words, that was meant.
fn best(vocabulary: &Vocabulary, word: &str) -> Option<Vec<String>> {
    let edits_max = if word.chars().count() >= TWO_EDITS_CHARACTERS_MIN {
        2
    } else {
        1
    };
    let near = vocabulary
        .near(word, edits_max)
        .into_iter()
        .map(|(found, stem, distance)| {
            let edits = match distance {
                Distance::Exact(edits) | Distance::AtLeast(edits) => f64::from(edits),
            };
            let likelihood =
                frequency(vocabulary, stem) - EDIT_COST * edits - slip_cost(word, &found);
            (likelihood, vec![found])
        });
    near.chain(halves(vocabulary, word))
        .max_by(|(a, first), (b, second)| a.total_cmp(b).then_with(|| second.cmp(first)))
        .map(|(_, words)| words)
}

/// Every way to read a word as two known ones.
fn halves<'v>(
    vocabulary: &'v Vocabulary,
    word: &'v str,
) -> impl Iterator<Item = (f64, Vec<String>)> + 'v {
    word.char_indices()
        .skip(HALF_CHARACTERS_MIN)
        .filter_map(move |(middle, _)| {
            let (left, right) = word.split_at(middle);
            if right.chars().count() < HALF_CHARACTERS_MIN {
                return None;
            }
            let (first, second) = (vocabulary.stem_of(left)?, vocabulary.stem_of(right)?);
            let rarer = frequency(vocabulary, first).min(frequency(vocabulary, second));
            Some((
                rarer - SPACE_COST,
                vec![left.to_string(), right.to_string()],
            ))
        })
}

fn frequency(vocabulary: &Vocabulary, stem: u32) -> f64 {
    f64::from(1 + vocabulary.product_count(stem)).ln()
}

/// What makes this slip less or more likely than another of as many edits.
fn slip_cost(typed: &str, meant: &str) -> f64 {
    let mut cost = 0.0;
    if typed.chars().next() != meant.chars().next() {
        cost += FIRST_LETTER_COST;
    }
    if typed.chars().count() == meant.chars().count() {
        let mut slips = typed.chars().zip(meant.chars()).filter(|(a, b)| a != b);
        if let (Some((a, b)), None) = (slips.next(), slips.next())
            && are_neighbours(a, b)
        {
            cost -= NEIGHBOUR_KEY_GAIN;
        }
    }
    cost
}

fn are_neighbours(a: char, b: char) -> bool {
    KEYBOARD_ROWS
        .iter()
        .any(|row| match (row.find(a), row.find(b)) {
            (Some(a), Some(b)) => a.abs_diff(b) == 1,
            _ => false,
        })
}
