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

/// So many words are looked at beyond a word: in "laptop privacy filter" the last says that it is no laptop.
const LOOKED_BEYOND: usize = 3;

/// What is named after a word such as "for" is not what the product is, but what it is made for.
const MADE_FOR: f32 = 0.2;

/// How likely words are heads.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Heads {
    /// By stem: how likely a word right before it is a head, 0 to 1; 1 for what is no part of any name, such as numbers,
    /// colours and "for".
    borders: Vec<f32>,
    /// Stems of words such as "and": what stands beyond tells more about both.
    joining: Vec<u32>,
    /// Stems of words such as "for", after which a title names what a product is made for.
    purposes: Vec<u32>,
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
        let numbers_of = |some: Vec<String>| {
            let all = (0..).zip(stems);
            let found = all.filter(|(_, stem)| some.contains(stem));
            found.map(|(number, _)| number).collect()
        };
        Heads {
            borders,
            joining: numbers_of(analyzer.joining()),
            purposes: numbers_of(analyzer.purposes()),
            first,
        }
    }

    /// Stems of words such as "for".
    pub(super) fn purposes(&self) -> &[u32] {
        &self.purposes
    }

    /// The words that are the head of a text at least so likely, none of them after a word such as "for".
    pub(super) fn named<'t>(
        &'t self,
        text: &'t [u32],
        likely_min: f32,
    ) -> impl Iterator<Item = u32> + 't {
        let purpose = text.iter().position(|stem| self.purposes.contains(stem));
        let own = 0..purpose.unwrap_or(text.len());
        let is_head = move |at: &usize| self.is_head(text, *at) >= likely_min;
        own.filter(is_head).map(|at| text[at])
    }

    /// How likely the word at a place of a text is what the text is about, 0 to 1.
    pub(super) fn is_head(&self, text: &[u32], at: usize) -> f32 {
        let (mut likely, mut at) = (1.0, at);
        for _ in 0..LOOKED_BEYOND {
            let Some(next) = beside(at, text.len(), self.first) else {
                break;
            };
            let stem = text[next];
            at = next;
            if self.joining.contains(&stem) {
                continue;
            }
            // A word that came later is as likely one as any that was not seen.
            let border = self.borders.get(stem as usize).copied();
            let border = border.unwrap_or(1.0 - 1.0 / DOUBT);
            likely *= border;
            if border == 1.0 {
                break;
            }
        }
        likely
    }

    /// As `is_head`, for a word that stands after a word such as "for".
    pub(super) fn is_head_of_purpose(&self, text: &[u32], at: usize) -> f32 {
        MADE_FOR * self.is_head(text, at)
    }
}

/// The place of the word that decides whether a word is a head: the next one, or in some languages the one before.
fn beside(at: usize, words: usize, first: bool) -> Option<usize> {
    let beside = if first { at.checked_sub(1)? } else { at + 1 };
    (beside < words).then_some(beside)
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
            // A brand that a text begins with says nothing of the words that it is made of: "Case Logic".
            let brand = passages.of(product, Place::Brand);
            let text = text.strip_prefix(brand).unwrap_or(text);
            let other = |at| beside(at, text.len(), first).map_or(u32::MAX, |at| text[at]);
            let pair = |at| (text[at], other(at));
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
