//! Sums of weights that halve with time, and that come out the same whatever order the weights arrive in.
//!
//! Time is cut into half-lives, counted from 1970. A weight adds `weight × 2^(part of its half-life gone by)` to the
//! sum of its half-life, as an integer; integers add up exactly in any order, and each sum is scaled by a power of two
//! for every half-life that has passed since.

use serde::{Deserialize, Serialize};

use super::words::attribute_of;
use crate::journal::Word;

/// One unit of weight, as an integer: precise to six digits, and a sum of few weights takes three bytes.
const UNIT: f64 = (1u64 << 19) as f64;

/// Sums older than this many half-lives count for nothing (a 65,536th) and are dropped.
const HALF_LIVES_KEPT: i64 = 16;

/// The time in which a counter halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HalfLife {
    ms: i64,
}

impl HalfLife {
    /// At least a second, at most some 30 years.
    pub(super) fn from_seconds(seconds: f64) -> HalfLife {
        HalfLife {
            ms: (seconds * 1_000.0).clamp(1_000.0, 1e12) as i64,
        }
    }

    pub(super) fn ms(self) -> i64 {
        self.ms
    }

    fn number(self, at_ms: i64) -> i64 {
        at_ms.div_euclid(self.ms)
    }

    /// The oldest half-life that still counts for a shopper last seen at `last_seen_ms`.
    fn oldest_kept(self, last_seen_ms: i64) -> i64 {
        self.number(last_seen_ms) - HALF_LIVES_KEPT
    }
}

/// The half-lives of the two tiers of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HalfLives {
    pub long: HalfLife,
    pub session: HalfLife,
}

/// Which half-life a sum fades with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    Long,
    Session,
}

/// One sum: of one word, in one tier, of one half-life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    /// The word, doubled, and one more for the session.
    key: u32,
    half_life: i32,
    sum: i64,
}

/// A sum in few bytes.
#[derive(Serialize, Deserialize)]
pub(super) struct PackedSum {
    /// How much the key is more than that of the sum before.
    key_more: u32,
    /// How many half-lives it is older than the last event.
    age: i32,
    sum: i64,
}

/// Sums by word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// By key and half-life.
    cells: Vec<Cell>,
}

impl HalfLives {
    fn of(&self, key: u32) -> HalfLife {
        if key & 1 == 0 {
            self.long
        } else {
            self.session
        }
    }
}

impl Counters {
    /// The sums of a shopper last seen at `last_seen_ms`, in few bytes.
    pub(super) fn pack(&self, half_lives: HalfLives, last_seen_ms: i64) -> Vec<PackedSum> {
        let mut last_key = 0;
        let packed = |cell: &Cell| {
            let newest = half_lives.of(cell.key).number(last_seen_ms) as i32;
            PackedSum {
                key_more: cell.key - std::mem::replace(&mut last_key, cell.key),
                age: newest.wrapping_sub(cell.half_life),
                sum: cell.sum,
            }
        };
        self.cells.iter().map(packed).collect()
    }

    /// What `pack` was given.
    pub(super) fn unpack(
        packed: Vec<PackedSum>,
        half_lives: HalfLives,
        last_seen_ms: i64,
    ) -> Counters {
        let mut key = 0u32;
        let cell = |packed: PackedSum| {
            key = key.wrapping_add(packed.key_more);
            let newest = half_lives.of(key).number(last_seen_ms) as i32;
            Cell {
                key,
                half_life: newest.wrapping_sub(packed.age),
                sum: packed.sum,
            }
        };
        let cells = packed.into_iter().map(cell).collect();
        Counters { cells }
    }

    /// Adds `weight` at `at_ms`, unless that is too old to count for a shopper last seen at `last_seen_ms`.
    pub(super) fn add(
        &mut self,
        (word, tier): (Word, Tier),
        weight: f64,
        at_ms: i64,
        half_lives: HalfLives,
        last_seen_ms: i64,
    ) {
        let key = word << 1 | u32::from(tier == Tier::Session);
        let half_life = half_lives.of(key);
        let number = half_life.number(at_ms);
        if number < half_life.oldest_kept(last_seen_ms) {
            return;
        }
        let gone = at_ms.rem_euclid(half_life.ms) as f64 / half_life.ms as f64;
        let added = (weight * gone.exp2() * UNIT).round() as i64;
        self.add_sum(key, number as i32, added);
    }

    fn add_sum(&mut self, key: u32, half_life: i32, sum: i64) {
        let place = |cell: &Cell| (cell.key, cell.half_life).cmp(&(key, half_life));
        match self.cells.binary_search_by(place) {
            Ok(at) => self.cells[at].sum = self.cells[at].sum.saturating_add(sum),
            Err(at) => {
                let cell = Cell {
                    key,
                    half_life,
                    sum,
                };
                self.cells.insert(at, cell);
            }
        }
    }

    /// Adds all sums of another's.
    pub(super) fn merge(&mut self, other: &Counters) {
        for cell in &other.cells {
            self.add_sum(cell.key, cell.half_life, cell.sum);
        }
    }

    /// Drops what is too old to count.
    pub(super) fn prune(&mut self, half_lives: HalfLives, last_seen_ms: i64) {
        self.cells.retain(|cell| {
            i64::from(cell.half_life) >= half_lives.of(cell.key).oldest_kept(last_seen_ms)
        });
    }

    /// How many sums there are.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The words of an attribute, each with its evidence: long term + `session_weight` × session.
    pub(super) fn of_attribute(
        &self,
        attribute: usize,
        session_weight: f64,
        now_ms: i64,
        half_lives: HalfLives,
    ) -> Vec<(Word, f64)> {
        let from = self
            .cells
            .partition_point(|cell| attribute_of(cell.key >> 1) < attribute);
        let cells = self.cells[from..]
            .iter()
            .take_while(|cell| attribute_of(cell.key >> 1) == attribute);
        let mut values: Vec<(Word, f64)> = Vec::new();
        for cell in cells {
            let evidence = cell.value(now_ms, half_lives, session_weight);
            match values.last_mut() {
                Some((word, sum)) if *word == cell.key >> 1 => *sum += evidence,
                _ => values.push((cell.key >> 1, evidence)),
            }
        }
        values
    }

    /// The evidence for one word.
    pub(super) fn of_word(
        &self,
        word: Word,
        session_weight: f64,
        now_ms: i64,
        half_lives: HalfLives,
    ) -> f64 {
        let from = self.cells.partition_point(|cell| cell.key >> 1 < word);
        let cells = self.cells[from..].iter();
        cells
            .take_while(|cell| cell.key >> 1 == word)
            .map(|cell| cell.value(now_ms, half_lives, session_weight))
            .sum()
    }

    /// The attributes with a sum, by number.
    pub(super) fn attributes(&self) -> impl Iterator<Item = usize> {
        let mut last = None;
        self.cells.iter().filter_map(move |cell| {
            let attribute = attribute_of(cell.key >> 1);
            (last.replace(attribute) != Some(attribute)).then_some(attribute)
        })
    }

    /// Forgets a word.
    pub(super) fn forget(&mut self, word: Word) {
        self.cells.retain(|cell| cell.key >> 1 != word);
    }

    pub(super) fn clear(&mut self) {
        self.cells = Vec::new();
    }
}

impl Cell {
    fn value(&self, now_ms: i64, half_lives: HalfLives, session_weight: f64) -> f64 {
        let now = now_ms as f64 / half_lives.of(self.key).ms as f64;
        let faded = self.sum as f64 / UNIT * (f64::from(self.half_life) - now).exp2();
        if self.key & 1 == 0 {
            faded
        } else {
            session_weight * faded
        }
    }
}
