//! Queries as hurried people type them, from a seed: to measure how much of the relevance spelling keeps.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Queries;

/// Words of fewer letters are typed right.
const MISTYPED_LETTERS_MIN: usize = 3;

/// The same queries, each with one or two random edits: a letter left out, put in, replaced, or swapped with the next.
/// Queries without a long enough word stay as they are.
pub fn mistyped(queries: &Queries, seed: u64) -> Queries {
    let mut random = StdRng::seed_from_u64(seed);
    let mut mistyped = queries.clone();
    for (_, text) in &mut mistyped {
        for _ in 0..random.random_range(1..=2) {
            *text = edited(text, &mut random);
        }
    }
    mistyped
}

fn edited(text: &str, random: &mut StdRng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let places: Vec<usize> = (0..letters.len())
        .filter(|at| word_letters(&letters, *at) >= MISTYPED_LETTERS_MIN)
        .collect();
    if places.is_empty() {
        return text.to_string();
    }
    let at = places[random.random_range(0..places.len())];
    let other = char::from(random.random_range(b'a'..=b'z'));
    match random.random_range(0..4) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, other),
        2 => letters[at] = other,
        _ if at + 1 < letters.len() && letters[at + 1].is_alphabetic() => letters.swap(at, at + 1),
        _ => letters.swap(at - 1, at),
    }
    letters.into_iter().collect()
}

/// How many letters the word around a place has; 0 outside of words and in words with digits.
fn word_letters(letters: &[char], at: usize) -> usize {
    let inside = |c: &&char| c.is_alphanumeric();
    let before = letters[..at].iter().rev().take_while(inside);
    let word: Vec<&char> = before
        .chain(letters[at..].iter().take_while(inside))
        .collect();
    let is_word = letters[at].is_alphabetic() && word.iter().all(|c| c.is_alphabetic());
    if is_word { word.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    //! Promises: the same seed gives the same typos, every query with a word has some, and codes have none.

    use super::*;

    #[test]
    fn typos_come_from_the_seed_and_leave_codes_alone() {
        let queries: Queries = [("1", "laptop bag"), ("2", "ps4 hd")]
            .map(|(id, text)| (id.to_string(), text.to_string()))
            .into_iter()
            .collect();
        let once = mistyped(&queries, 7);
        assert_eq!(once, mistyped(&queries, 7));
        assert_ne!(once, mistyped(&queries, 8));
        assert_ne!(once[0].1, "laptop bag");
        assert_eq!(once[1].1, "ps4 hd");
    }
}
