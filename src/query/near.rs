//! Words of a catalog within an edit or two of another: one walk through the sorted words, cut off where it leads too far.

use fst::raw::{Fst, Node, Output};

/// The walk ends after this many steps, wherever it is.
const STEPS_MAX: u32 = 60_000;

/// A cell outside of what can still be near.
const FAR: u8 = u8::MAX / 2;

/// A word near another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nearby {
    pub(super) word: String,
    /// What the map has for it.
    pub(super) value: u64,
    /// Letters inserted, left out or replaced, and neighbours swapped.
    pub(super) edits: u8,
}

impl Nearby {
    /// The number of its stem.
    pub(super) fn stem(&self) -> u32 {
        self.value as u32
    }
}

/// How far a word may be from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edits {
    One,
    /// One, which leaves the first letter as it is.
    OneAfterFirst,
    /// Two, which leave the first letter as it is: far fewer words to walk through.
    TwoAfterFirst,
    Two,
}

/// The words without digits that are so near to `typed`.
pub(super) fn near<D: AsRef<[u8]>>(words: &Fst<D>, typed: &str, edits: Edits) -> Vec<Nearby> {
    walk(words, typed, edits, Sought::Words)
}

/// The shortest beginnings of words without digits that are one edit away from `typed` and have its first letter; their
/// values mean nothing.
pub(super) fn near_beginnings<D: AsRef<[u8]>>(words: &Fst<D>, typed: &str) -> Vec<Nearby> {
    walk(words, typed, Edits::OneAfterFirst, Sought::Beginnings)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sought {
    Words,
    Beginnings,
}

fn walk<D: AsRef<[u8]>>(words: &Fst<D>, typed: &str, edits: Edits, sought: Sought) -> Vec<Nearby> {
    let typed: Vec<char> = typed.chars().collect();
    let width = typed.len() + 1;
    let mut walk = Walk {
        words,
        sought,
        edits_max: match edits {
            Edits::One | Edits::OneAfterFirst => 1,
            Edits::TwoAfterFirst | Edits::Two => 2,
        },
        keeps_first: matches!(edits, Edits::OneAfterFirst | Edits::TwoAfterFirst),
        width,
        rows: (0..width).map(|at| at.min(FAR.into()) as u8).collect(),
        typed,
        letters: Vec::new(),
        word: Vec::new(),
        steps: 0,
        found: Vec::new(),
    };
    walk.descend(&words.root(), Output::zero());
    walk.found
}

struct Walk<'f, D> {
    words: &'f Fst<D>,
    typed: Vec<char>,
    sought: Sought,
    edits_max: u8,
    keeps_first: bool,
    /// By letter on the way, and before the first: the edits from each beginning of `typed`.
    rows: Vec<u8>,
    width: usize,
    /// The way so far.
    letters: Vec<char>,
    word: Vec<u8>,
    steps: u32,
    found: Vec<Nearby>,
}

impl<D: AsRef<[u8]>> Walk<'_, D> {
    fn descend(&mut self, node: &Node<'_>, output: Output) {
        let letter_start = self.word.len();
        self.follow(node, output, letter_start);
    }

    /// Follows every transition; the bytes since `letter_start` are a letter begun.
    fn follow(&mut self, node: &Node<'_>, output: Output, letter_start: usize) {
        for transition in node.transitions() {
            if transition.inp.is_ascii_digit() || self.steps >= STEPS_MAX {
                continue;
            }
            self.steps += 1;
            self.word.push(transition.inp);
            let next = self.words.node(transition.addr);
            let output = output.cat(transition.out);
            match std::str::from_utf8(&self.word[letter_start..]) {
                Ok(letter) => {
                    let letter = letter.chars().next().expect("a byte was pushed");
                    self.enter(letter, &next, output);
                }
                Err(_) => self.follow(&next, output, letter_start),
            }
            self.word.pop();
        }
    }

    fn enter(&mut self, letter: char, node: &Node<'_>, output: Output) {
        let is_first = self.letters.is_empty();
        if is_first && self.keeps_first && self.typed.first() != Some(&letter) {
            return;
        }
        self.letters.push(letter);
        if self.add_row() <= self.edits_max {
            let edits = *self.rows.last().expect("a row was added");
            let is_begun = self.sought == Sought::Beginnings && edits <= self.edits_max;
            if is_begun || node.is_final() && edits <= self.edits_max {
                self.found.push(Nearby {
                    word: String::from_utf8_lossy(&self.word).into_owned(),
                    value: output.cat(node.final_output()).value(),
                    edits,
                });
            }
            if !is_begun {
                self.descend(node, output);
            }
        }
        self.letters.pop();
        self.rows.truncate((self.letters.len() + 1) * self.width);
    }

    /// Adds the row of the last letter and returns its least number of edits.
    fn add_row(&mut self) -> u8 {
        let depth = self.letters.len();
        let (width, band) = (self.width, usize::from(self.edits_max));
        let start = depth * width;
        self.rows.resize(start + width, FAR);
        let letter = self.letters[depth - 1];
        let (first, last) = (depth.saturating_sub(band), (depth + band).min(width - 1));
        let mut least = FAR;
        for at in first..=last {
            let above = self.rows[start - width + at] + 1;
            let mut edits = above;
            if at > 0 {
                let replaced = u8::from(self.typed[at - 1] != letter);
                edits = edits
                    .min(self.rows[start + at - 1] + 1)
                    .min(self.rows[start - width + at - 1] + replaced);
                let is_swapped = at > 1
                    && depth > 1
                    && self.typed[at - 2] == letter
                    && self.typed[at - 1] == self.letters[depth - 2];
                if is_swapped {
                    edits = edits.min(self.rows[start - 2 * width + at - 2] + 1);
                }
            }
            self.rows[start + at] = edits.min(FAR);
            least = least.min(edits);
        }
        least
    }
}

#[cfg(test)]
mod tests {
    //! Promises: the walk finds exactly what comparing every word finds.

    use proptest::prelude::*;

    use super::*;

    /// Optimal string alignment, the plain way.
    fn edits(one: &str, other: &str) -> usize {
        let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
        let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
        for i in 0..=one.len() {
            for j in 0..=other.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let replaced = usize::from(one[i - 1] != other[j - 1]);
                    let mut least = (table[i - 1][j] + 1)
                        .min(table[i][j - 1] + 1)
                        .min(table[i - 1][j - 1] + replaced);
                    if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                        least = least.min(table[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        table[one.len()][other.len()]
    }

    proptest! {
        #[test]
        fn the_walk_finds_what_comparing_finds(
            words in prop::collection::btree_set("[abcé1]{1,6}", 1..60),
            typed in "[abcé]{1,6}",
            limit in prop::sample::select(vec![Edits::One, Edits::TwoAfterFirst, Edits::Two]),
        ) {
            let numbered = words.iter().zip(0u64..);
            let map = fst::Map::from_iter(numbered.clone()).unwrap();
            let first = typed.chars().next();
            let expected: Vec<Nearby> = numbered
                .filter(|(word, _)| !word.contains('1'))
                .filter(|(word, _)| limit != Edits::TwoAfterFirst || word.chars().next() == first)
                .map(|(word, value)| Nearby {
                    word: word.clone(),
                    value,
                    edits: edits(word, &typed) as u8,
                })
                .filter(|nearby| nearby.edits <= if limit == Edits::One { 1 } else { 2 })
                .collect();
            prop_assert_eq!(near(map.as_fst(), &typed, limit), expected);
        }

        #[test]
        fn beginnings_one_edit_away_are_found(
            words in prop::collection::btree_set("[abc]{1,7}", 1..60),
            typed in "[abc]{2,6}",
        ) {
            let map = fst::Map::from_iter(words.iter().zip(0u64..)).unwrap();
            let found = near_beginnings(map.as_fst(), &typed);
            for word in &words {
                let is_near = word.starts_with(&typed[..1])
                    && (1..=word.len()).any(|end| edits(&word[..end], &typed) <= 1);
                let is_found = found.iter().any(|found| word.starts_with(&found.word));
                prop_assert_eq!(is_found, is_near, "{}", word);
            }
        }
    }
}
