//! Which rules may hold for a query: found by a word, so that ten thousand rules cost no more than the few that matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::rule::{Rule, Test};
use super::words::{Anchor, AskedWords, Pattern, Token};
use crate::catalog::filter::Filter;

/// Finds rules by a word or a category that must be there for them to hold.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// By stem, sorted so that beginnings of words are found too.
    by_word: BTreeMap<String, Vec<u32>>,
    /// The words of rules by what is left of them when one letter is left out, or none: two words that are one edit
    /// apart have one of these in common.
    misspelt: FxHashMap<String, Vec<Arc<str>>>,
    /// By folded category.
    by_category: FxHashMap<String, Vec<u32>>,
    /// Those that only looking at them tells.
    others: Vec<u32>,
}

/// What a rule is found by.
enum Key<'r> {
    Words(Vec<&'r str>),
    Categories(Vec<&'r str>),
    None,
}

impl Candidates {
    pub(super) fn of(rules: &[Arc<Rule>]) -> Candidates {
        let mut counts: FxHashMap<&str, u32> = FxHashMap::default();
        for pattern in rules.iter().flat_map(|rule| rule.all_patterns()) {
            for (stem, _) in literals(pattern) {
                *counts.entry(stem).or_default() += 1;
            }
        }
        let mut candidates = Candidates::default();
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        for (place, rule) in (0..).zip(rules) {
            match key(rule, &counts) {
                Key::Words(words) => words.into_iter().for_each(|word| {
                    candidates
                        .by_word
                        .entry(word.to_string())
                        .or_default()
                        .push(place);
                }),
                Key::Categories(names) => names.into_iter().for_each(|name| {
                    let places = candidates.by_category.entry(name.to_string());
                    places.or_default().push(place);
                }),
                Key::None => candidates.others.push(place),
            }
            for (_, folded) in rule.all_patterns().flat_map(literals) {
                if seen.insert(folded) {
                    candidates.know(folded);
                }
            }
        }
        candidates
    }

    /// Places of the rules that may hold, in order, each once.
    pub(super) fn find(&self, asked: &AskedWords, filter: &Filter) -> Vec<u32> {
        let mut found = self.others.clone();
        for wording in &asked.wordings {
            for stem in &wording.stems {
                found.extend(self.by_word.get(stem).into_iter().flatten());
            }
            if asked.is_beginning
                && let Some(last) = wording.folded.last()
            {
                let longer = self.by_word.range(last.clone()..);
                let longer = longer.take_while(|(stem, _)| stem.starts_with(last));
                found.extend(longer.flat_map(|(_, places)| places));
                // A stem may be shorter than the beginning of its word.
                let shorter = last.char_indices().map(|(end, _)| &last[..end]);
                found.extend(shorter.filter_map(|stem| self.by_word.get(stem)).flatten());
            }
        }
        if !self.by_category.is_empty() {
            self.find_by_category(filter, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn find_by_category(&self, filter: &Filter, found: &mut Vec<u32>) {
        match filter {
            Filter::All(parts) | Filter::Any(parts) => {
                parts
                    .iter()
                    .for_each(|part| self.find_by_category(part, found));
            }
            Filter::Is { value, .. } => {
                let separator = crate::catalog::columns::PATH_SEPARATOR;
                let levels = value.match_indices(separator).map(|(end, _)| end);
                for end in levels.chain([value.len()]) {
                    found.extend(self.by_category.get(&value[..end]).into_iter().flatten());
                }
            }
            Filter::Not(_) | Filter::Within { .. } => {}
        }
    }

    fn know(&mut self, folded: &str) {
        let word: Arc<str> = folded.into();
        if folded.chars().count() < MISSPELT_CHARACTERS_MIN {
            return;
        }
        for left in what_is_left(folded) {
            self.misspelt.entry(left).or_default().push(word.clone());
        }
    }

    /// The word of a rule that a misspelt word was probably meant to be: one letter off, or two swapped.
    pub(super) fn near(&self, misspelt: &str) -> Option<String> {
        if self.misspelt.is_empty() {
            return None;
        }
        let mut lefts = what_is_left(misspelt);
        lefts.find_map(|left| {
            let mut words = self.misspelt.get(&left)?.iter();
            let near = words.find(|word| is_one_edit(misspelt, word))?;
            Some(near.to_string())
        })
    }
}

/// Shorter words are not taken for misspelt ones.
const MISSPELT_CHARACTERS_MIN: usize = 4;

/// A word, and what is left of it without each of its letters.
fn what_is_left(word: &str) -> impl Iterator<Item = String> {
    let without = word.char_indices().map(|(at, letter)| {
        let mut left = String::with_capacity(word.len());
        left.push_str(&word[..at]);
        left.push_str(&word[at + letter.len_utf8()..]);
        left
    });
    std::iter::once(word.to_string()).chain(without)
}

/// The stems and folded words of a pattern.
fn literals(pattern: &Pattern) -> impl Iterator<Item = (&str, &str)> {
    pattern.tokens.iter().filter_map(|token| match token {
        Token::Word { folded, stem } => Some((stem.as_str(), folded.as_str())),
        Token::Value { .. } => None,
    })
}

fn key<'r>(rule: &'r Rule, counts: &FxHashMap<&str, u32>) -> Key<'r> {
    let rarest = |pattern: &'r Pattern| {
        literals(pattern)
            .map(|(stem, _)| stem)
            .min_by_key(|stem| counts.get(stem).copied().unwrap_or_default())
    };
    for (anchor, patterns) in rule.patterns() {
        let words: Option<Vec<&str>> = patterns.iter().map(rarest).collect();
        // A pattern without a word of its own is found by none; an empty `is` asks for no words at all.
        if let Some(words) = words.filter(|_| anchor != Anchor::Is || !patterns.is_empty()) {
            return Key::Words(words);
        }
    }
    for condition in &rule.when {
        if let Test::Category {
            filter: Filter::Any(names),
            ..
        } = &condition.test
        {
            let names = names.iter().filter_map(|name| match name {
                Filter::Is { value, .. } => Some(value.as_str()),
                _ => None,
            });
            return Key::Categories(names.collect());
        }
    }
    Key::None
}

/// Whether one letter inserted, left out, changed, or swapped with the next makes one word of another.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (rest, others) = (&one[same..], &other[same..]);
    let swapped = rest.len() >= 2
        && others.len() >= 2
        && rest[0] == others[1]
        && rest[1] == others[0]
        && rest[2..] == others[2..];
    match (rest, others) {
        ([_, rest @ ..], [_, others @ ..]) if rest == others => true,
        ([_, rest @ ..], others) if rest == others => true,
        (rest, [_, others @ ..]) if rest == others => true,
        _ => swapped,
    }
}
