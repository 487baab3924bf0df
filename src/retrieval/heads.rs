//! Which words say what a thing is, learned from the catalog alone.
//!
//! In "laptop bag black 15 inch" the *head* is "bag": what stands right before another head only tells more about it.
//! How often a word is a head is learned by turns: a word is a head as often as what follows it is not one.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::passages::{Passages, Place};
use crate::text::Analyzer;

/// Products that are learned from, evenly spread over the catalog.
const LEARNED_FROM_MAX: usize = 100_000;

/// Turns after which headness hardly changes any more.
const TURNS: usize = 10;

/// Every word is taken to have been seen this many times more, once as a head.
const DOUBT: f32 = 4.0;

/// What is named after a word such as "for" is not what the product is, but what it is made for.
const MADE_FOR: f32 = 0.2;

/// How likely words are heads.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Heads {
    /// By stem: how likely a word right before it is a head, 0 to 1; 1 for what is no part of any name, such as numbers,
    /// colours and "for".
    borders: Vec<f32>,
    /// The language says first what something is ("housse d'ordinateur").
    first: bool,
}

impl Heads {
    /// Learns from titles and descriptions. `stems` are all stems by number, `colors` those that say nothing of what a
    /// product is.
    pub(super) fn learn(
        passages: &Passages,
        stems: &[String],
        analyzer: &Analyzer,
        colors: &FxHashSet<String>,
    ) -> Self {
        let connectives = analyzer.connectives();
        let is_border = |stem: &String| {
            let has_digit = stem.bytes().any(|byte| byte.is_ascii_digit());
            has_digit || connectives.contains(stem) || colors.contains(stem)
        };
        let certain: Vec<bool> = stems.iter().map(is_border).collect();
        let first = analyzer.heads_come_first();
        let pairs = neighbours(passages, first);
        let likely = |certain: &bool| if *certain { 1.0 } else { 0.5 };
        let mut borders: Vec<f32> = certain.iter().map(likely).collect();
        for _ in 0..TURNS {
            borders = next_turn(&borders, &certain, &pairs);
        }
        Heads { borders, first }
    }

    /// How likely the word at a place of a text is what the text is about, 0 to 1.
    pub(super) fn is_head(&self, text: &[u32], at: usize) -> f32 {
        beside(text, at, self.first).map_or(1.0, |stem| self.borders[stem as usize])
    }

    /// As `is_head`, for a word that stands after a word such as "for".
    pub(super) fn is_head_of_purpose(&self, text: &[u32], at: usize) -> f32 {
        MADE_FOR * self.is_head(text, at)
    }
}

/// The stem that decides whether a word is a head: the next one, or in some languages the one before.
fn beside(text: &[u32], at: usize, first: bool) -> Option<u32> {
    let at = if first { at.checked_sub(1)? } else { at + 1 };
    text.get(at).copied()
}

/// Every word with what stands beside it, `u32::MAX` for nothing, sorted.
fn neighbours(passages: &Passages, first: bool) -> Vec<(u32, u32)> {
    let step = (passages.products() as usize)
        .div_ceil(LEARNED_FROM_MAX)
        .max(1);
    let mut pairs = Vec::new();
    for product in (0..passages.products()).step_by(step) {
        for place in [Place::Title, Place::Description] {
            let text = passages.of(product, place);
            let pair = |at| (text[at], beside(text, at, first).unwrap_or(u32::MAX));
            pairs.extend((0..text.len()).map(pair));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// How likely words beside each stem are heads, when `borders` is how likely they were thought to be so far.
fn next_turn(borders: &[f32], certain: &[bool], pairs: &[(u32, u32)]) -> Vec<f32> {
    let unseen = |certain: &bool| if *certain { 1.0 } else { 1.0 - 1.0 / DOUBT };
    let mut next: Vec<f32> = certain.iter().map(unseen).collect();
    for same in pairs.chunk_by(|a, b| a.0 == b.0) {
        let stem = same[0].0 as usize;
        if !certain[stem] {
            let is_head = |pair: &(u32, u32)| borders.get(pair.1 as usize).copied().unwrap_or(1.0);
            let heads: f32 = same.iter().map(is_head).sum();
            next[stem] = 1.0 - (heads + 1.0) / (same.len() as f32 + DOUBT);
        }
    }
    next
}
