//! Words written as one, such as `laufschuhe`, taken apart into words that the catalog also has by themselves.

use super::{Alternative, Knowledge, Unit, Vocabulary};
use crate::text::{Analyzer, has_digit};

/// What the term of a part of a compound begins with; no word has it.
const MARK: char = '\u{1}';

/// Shorter parts are endings rather than words …
const LETTERS_MIN: usize = 3;
/// … and those of no more letters must stand in this many times as many products.
const SHORT_LETTERS_MAX: usize = 3;
const SHORT_TIMES: u32 = 5;
/// A compound has at most this many parts.
const PARTS_MAX: usize = 4;

/// A part stands by itself in at least so many products, and in one more for every `PRODUCTS_A_PRODUCT` of the catalog.
const PRODUCTS_MIN: u32 = 2;
const PRODUCTS_A_PRODUCT: u32 = 50_000;

/// How much a compound says of the word it ends with, and of its other words.
const HEAD_WEIGHT: f32 = 0.5;
const OTHER_WEIGHT: f32 = 0.35;
/// How much its parts say of a compound.
const APART_WEIGHT: f32 = 0.6;
/// How much the word that an unknown compound ends with says of it, where no product says all its words.
const ONLY_HEAD_WEIGHT: f32 = 0.3;

/// What a word is to a compound: its last word says what the thing is, the others tell more about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Head,
    Other,
}

impl Part {
    /// The term under which products with a compound are indexed that has this part.
    pub(super) fn term(self, stem: &str) -> String {
        format!("{MARK}{}{stem}", self.kind())
    }

    /// Whether a term is of such a part.
    pub(super) fn is_of(self, term: &str) -> bool {
        let kind = term.strip_prefix(MARK);
        kind.is_some_and(|kind| kind.starts_with(self.kind()))
    }

    /// The part that a term is of.
    pub(super) fn stem_of(self, term: &str) -> Option<&str> {
        term.strip_prefix(MARK)?.strip_prefix(self.kind())
    }

    fn kind(self) -> char {
        match self {
            Part::Head => 'h',
            Part::Other => 'o',
        }
    }

    pub(super) fn of(at: usize, parts: usize) -> Self {
        if at + 1 == parts {
            Part::Head
        } else {
            Part::Other
        }
    }
}

/// In how many products a word of a catalog stands by itself, at least, to be a part of others.
pub(super) fn products_min(products: u32) -> u32 {
    PRODUCTS_MIN + products / PRODUCTS_A_PRODUCT
}

/// The stems of the words that a word is made of, as few as possible; `None` for a word that is made of none, and in
/// languages that put a space between words. `known` gives the stem of a word and in how many products it stands.
pub(super) fn take_apart(
    analyzer: &Analyzer,
    word: &str,
    products_min: u32,
    known: impl Fn(&str) -> Option<(u32, u32)>,
) -> Option<Vec<u32>> {
    let joints = analyzer.joints()?;
    if word.chars().count() < 2 * LETTERS_MIN || has_digit(word) {
        return None;
    }
    let part = |word: &str| {
        let letters = word.chars().count();
        if letters < LETTERS_MIN || analyzer.is_stopword(word) {
            return None;
        }
        let times = if letters <= SHORT_LETTERS_MAX {
            SHORT_TIMES
        } else {
            1
        };
        let (stem, products) = known(word)?;
        (products >= times * products_min).then_some(stem)
    };
    (2..=PARTS_MAX).find_map(|parts| cut(word, parts, joints, &part))
}

/// Cuts a word into exactly so many parts, the first as long as possible.
fn cut(
    word: &str,
    parts: usize,
    joints: &[&str],
    part: &impl Fn(&str) -> Option<u32>,
) -> Option<Vec<u32>> {
    if parts == 1 {
        return part(word).map(|stem| vec![stem]);
    }
    for (end, _) in word.char_indices().rev() {
        let (first, rest) = word.split_at(end);
        let Some(stem) = part(first) else {
            continue;
        };
        for joint in joints {
            let Some(rest) = rest.strip_prefix(joint) else {
                continue;
            };
            if let Some(mut found) = cut(rest, parts - 1, joints, part) {
                found.insert(0, stem);
                return Some(found);
            }
        }
    }
    None
}

impl Knowledge<'_> {
    /// The stems of the words that a word is made of.
    pub(super) fn parts_of(&self, folded: &str) -> Option<Vec<u32>> {
        let vocabulary = self.vocabulary;
        let known = |word: &str| {
            let own = vocabulary
                .stem_of(word)
                .or_else(|| vocabulary.number_of(word));
            let inflected = || vocabulary.number_of(&self.language.analyzer.stem(word));
            let stem = own.or_else(inflected)?;
            Some((stem, vocabulary.product_count(stem)))
        };
        match vocabulary.stem_of(folded) {
            Some(stem) => vocabulary.parts(stem).map(<[u32]>::to_vec),
            None => {
                let products_min = vocabulary.part_products_min();
                take_apart(&self.language.analyzer, folded, products_min, known)
            }
        }
    }

    /// Adds to the unit of a word the compounds it is a part of, and the words it is made of.
    pub(super) fn add_compounds(&self, unit: &mut Unit, folded: &str, stem: &str) {
        if self.language.analyzer.joints().is_none() {
            return;
        }
        for (part, weight) in [(Part::Head, HEAD_WEIGHT), (Part::Other, OTHER_WEIGHT)] {
            let term = part.term(stem);
            if self.vocabulary.number_of(&term).is_some() {
                unit.add(Alternative::stem(term, weight));
            }
        }
        let Some(parts) = self.parts_of(folded) else {
            return;
        };
        for stems in ways(self.vocabulary, &parts) {
            unit.add(Alternative {
                stems,
                weight: APART_WEIGHT,
            });
        }
        let is_unknown = self.vocabulary.stem_of(folded).is_none();
        if let [first, .., head] = parts[..]
            && is_unknown
            && self.together.products_with_both(first, head) == 0.0
        {
            let head = self.vocabulary.text(head);
            unit.add(Alternative::stem(head, ONLY_HEAD_WEIGHT));
        }
    }
}

/// Every way in which products have all parts: each as a word or in another compound.
fn ways(vocabulary: &Vocabulary, parts: &[u32]) -> Vec<Vec<String>> {
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for (at, part) in parts.iter().enumerate() {
        let word = vocabulary.text(*part);
        let within = Part::of(at, parts.len()).term(word);
        let has_compounds = vocabulary.number_of(&within).is_some();
        let mut longer = Vec::with_capacity(2 * ways.len());
        for way in ways {
            if has_compounds {
                longer.push([&*way, std::slice::from_ref(&within)].concat());
            }
            longer.push([&*way, &[word.to_string()]].concat());
        }
        ways = longer;
    }
    ways
}

#[cfg(test)]
mod tests {
    //! Promise: a word is taken apart only where every part is a word that the catalog has often enough.

    use super::*;

    #[track_caller]
    fn check(language: &str, word: &str, expected: &[&str]) {
        const WORDS: [&str; 22] = [
            "lauf",
            "schuhe",
            "arbeit",
            "hose",
            "hosen",
            "damen",
            "laufschuhe",
            "kinder",
            "wagen",
            "tee",
            "kanne",
            "garten",
            "stuhl",
            "sport",
            "sko",
            "tuin",
            "stoel",
            "vrouw",
            "regen",
            "jas",
            "ren",
            "auto",
        ];
        let known = |word: &str| {
            let at = WORDS.iter().position(|own| *own == word)?;
            Some((at as u32, if word == "ren" { 2 } else { 20 }))
        };
        let parts = take_apart(&Analyzer::new(language), word, 2, known).unwrap_or_default();
        let parts: Vec<&str> = parts.iter().map(|at| WORDS[*at as usize]).collect();
        assert_eq!(parts, expected, "{word}");
    }

    #[test]
    fn words_are_taken_apart_into_words() {
        check("de", "laufschuhe", &["lauf", "schuhe"]);
        check("de", "arbeitshose", &["arbeit", "hose"]);
        check("de", "damenlaufschuhe", &["damen", "laufschuhe"]);
        check("de", "kinderwagen", &["kinder", "wagen"]);
        check("de", "teekanne", &["tee", "kanne"]);
        check("de", "gartenstuhl", &["garten", "stuhl"]);
        check("nl", "tuinstoel", &["tuin", "stoel"]);
        check("nl", "vrouwenregenjas", &["vrouw", "regen", "jas"]);
        check("sv", "sportsko", &["sport", "sko"]);
        check("da", "sportsko", &["sport", "sko"]);
        check("no", "sportsko", &["sport", "sko"]);
    }

    #[test]
    fn other_words_stay_whole() {
        check("de", "hosen", &[]);
        check("de", "autoren", &[]);
        check("de", "wanderschuhe", &[]);
        check("en", "laufschuhe", &[]);
    }
}
