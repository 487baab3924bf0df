//! What it takes to type one word for another: slips of fingers and of memory, each as costly as it is rare.
//!
//! A letter left out, or two swapped, can only happen in as many ways as a word has letters; a wrong letter or one too
//! many can be any of 26, which makes each of them so much rarer, unless it is the key beside or the same key twice.

/// Costs are natural logarithms of how many more products must have a word to make up for the slip.
const LEFT_OUT: f64 = 2.5;
const SWAPPED: f64 = 2.3;
const WRONG: f64 = 4.5;
const WRONG_BESIDE: f64 = 2.5;
const SURPLUS: f64 = 4.5;
const SURPLUS_BESIDE: f64 = 3.5;
/// The same letter twice, or once instead of twice.
const DOUBLED: f64 = 2.0;
/// No slip costs less.
pub(super) const CHEAPEST: f64 = DOUBLED;
/// A slip at the first letter is rarer than at any other.
const FIRST: f64 = 1.5;
/// Fingers are swapped at the first letter nearly as often as elsewhere.
const FIRST_SWAPPED: f64 = 0.5;
/// Two slips in one word are rarer than one in each of two.
pub(super) const SECOND: f64 = 1.0;

const KEYBOARD_ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// What the cheapest slips cost that make `typed` of `meant`; none is 0.
pub(super) fn cost(typed: &[char], meant: &[char]) -> f64 {
    let width = meant.len() + 1;
    let mut table = vec![f64::INFINITY; (typed.len() + 1) * width];
    table[0] = 0.0;
    for at in 0..=typed.len() {
        for of in 0..=meant.len() {
            let here = at * width + of;
            let mut least = table[here];
            if of > 0 {
                least = least.min(table[here - 1] + left_out(meant, of - 1));
            }
            if at > 0 {
                least = least.min(table[here - width] + surplus(typed, at - 1));
            }
            if at > 0 && of > 0 {
                let before = table[here - width - 1];
                least = least.min(before + wrong(typed[at - 1], meant[of - 1], of == 1));
            }
            let is_swap = at > 1
                && of > 1
                && typed[at - 1] == meant[of - 2]
                && typed[at - 2] == meant[of - 1];
            if is_swap {
                let first = if of == 2 { FIRST_SWAPPED } else { 0.0 };
                least = least.min(table[here - 2 * width - 2] + SWAPPED + first);
            }
            table[here] = least;
        }
    }
    table[typed.len() * width + meant.len()]
}

/// What it costs to leave out a letter of the word that was meant.
fn left_out(meant: &[char], at: usize) -> f64 {
    match at {
        0 => LEFT_OUT + FIRST,
        _ if meant[at - 1] == meant[at] => DOUBLED,
        _ => LEFT_OUT,
    }
}

/// What a letter too many costs.
fn surplus(typed: &[char], at: usize) -> f64 {
    let beside = |other: Option<&char>| other.is_some_and(|other| are_beside(typed[at], *other));
    match at {
        0 => SURPLUS + FIRST,
        _ if typed[at - 1] == typed[at] => DOUBLED,
        _ if beside(typed.get(at - 1)) || beside(typed.get(at + 1)) => SURPLUS_BESIDE,
        _ => SURPLUS,
    }
}

fn wrong(typed: char, meant: char, is_first: bool) -> f64 {
    if typed == meant {
        return 0.0;
    }
    let first = if is_first { FIRST } else { 0.0 };
    first
        + if are_beside(typed, meant) {
            WRONG_BESIDE
        } else {
            WRONG
        }
}

/// Whether two letters are on neighbouring keys of a row.
fn are_beside(one: char, other: char) -> bool {
    KEYBOARD_ROWS
        .iter()
        .any(|row| match (row.find(one), row.find(other)) {
            (Some(one), Some(other)) => one.abs_diff(other) == 1,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    //! Promise: likely slips cost less than unlikely ones, and no slip costs nothing.

    use super::*;

    fn cost_of(typed: &str, meant: &str) -> f64 {
        let letters = |word: &str| word.chars().collect::<Vec<char>>();
        cost(&letters(typed), &letters(meant))
    }

    #[test]
    fn likely_slips_cost_less() {
        assert_eq!(cost_of("mouse", "mouse"), 0.0);
        let dearer = [
            ("mousse", "mouse"),
            ("muose", "mouse"),
            ("mose", "mouse"),
            ("mouser", "mouse"),
            ("mouxe", "mouse"),
            ("douse", "mouse"),
        ];
        for pair in dearer.windows(2) {
            let [one, other] = [pair[0], pair[1]].map(|(typed, meant)| cost_of(typed, meant));
            assert!(one < other, "{pair:?}: {one} {other}");
        }
        assert!(cost_of("ouse", "mouse") > cost_of("mose", "mouse"));
        assert_eq!(cost_of("mousee", "mouse"), DOUBLED);
        assert_eq!(
            cost_of("ckie", "bike"),
            WRONG + FIRST + SWAPPED,
            "two slips"
        );
    }
}
