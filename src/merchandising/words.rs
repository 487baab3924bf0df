//! The words of a query, and the patterns that rules compare them with.

use rustc_hash::FxHashMap;

use crate::query::{Language, Query, Vocabulary};
use crate::text::{Analyzer, words};

/// A placeholder stands for at most this many words.
const VALUE_WORDS_MAX: usize = 5;

/// A query has at most this many wordings by synonyms.
const WORDINGS_MAX: usize = 16;

/// Shorter words are not taken for misspelt words of rules.
const MISSPELT_CHARACTERS_MIN: usize = 5;

/// A query in all the ways rules may read it.
#[derive(Debug, Clone, Default)]
pub struct AskedWords {
    /// As typed, then as corrected when it was, then with words of the same meaning.
    pub wordings: Vec<Wording>,
    /// The last word is the beginning of a word.
    pub is_beginning: bool,
}

/// One way to read a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Wording {
    pub kind: WordingKind,
    pub folded: Vec<String>,
    pub stems: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordingKind {
    Typed,
    Corrected,
    SameMeaning,
}

/// Which wordings a condition accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Liberties {
    pub spelling: bool,
    pub stemming: bool,
    pub synonyms: bool,
}

/// Words as a rule has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// As written.
    pub text: String,
    pub tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Word {
        folded: String,
        stem: String,
    },
    /// Any value of an attribute, `{brand}` as it is written.
    Value {
        attribute: usize,
        placeholder: String,
    },
}

/// Where in the query the words must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    Is,
    Starts,
    Ends,
    Contains,
}

/// How a pattern matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The first word it covers, counted from 0.
    pub position: usize,
    /// How many words it covers.
    pub words: usize,
    pub anchor: Anchor,
    /// The value that each placeholder, such as `{brand}`, came to.
    pub values: Vec<(String, String)>,
}

/// What placeholders may stand for: by attribute, from the stems of a value to the value.
#[derive(Debug, Default, Clone)]
pub struct Values(pub FxHashMap<usize, FxHashMap<String, String>>);

impl AskedWords {
    /// Every way to read a query; `near` finds the word of a rule that a word nobody sells was probably meant to be.
    pub fn of(
        query: &Query,
        language: &Language,
        vocabulary: &Vocabulary,
        is_beginning: bool,
        near: impl Fn(&str) -> Option<String>,
    ) -> AskedWords {
        let analyzer = &language.analyzer;
        let typed = folded(&query.text);
        let corrected = query.understood.spelling.as_deref().map(folded);
        let mut wordings = vec![Wording::new(WordingKind::Typed, typed.clone(), analyzer)];
        if let Some(corrected) = corrected {
            wordings.push(Wording::new(WordingKind::Corrected, corrected, analyzer));
        }
        let mended: Vec<String> = typed
            .iter()
            .map(|word| {
                let is_misspelt = word.chars().count() >= MISSPELT_CHARACTERS_MIN
                    && vocabulary.stem_of(word).is_none();
                let near = if is_misspelt { near(word) } else { None };
                near.unwrap_or_else(|| word.clone())
            })
            .collect();
        if mended != typed {
            wordings.push(Wording::new(WordingKind::Corrected, mended, analyzer));
        }
        let plain = wordings.len();
        for at in 0..plain {
            add_same_meanings(&mut wordings, at, language);
        }
        AskedWords {
            wordings,
            is_beginning,
        }
    }
}

fn folded(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.folded).collect()
}

/// Adds the wordings in which a word or phrase is said by another of the same meaning.
fn add_same_meanings(wordings: &mut Vec<Wording>, own: usize, language: &Language) {
    for at in 0..wordings[own].stems.len() {
        let Some(found) = language.synonyms.longest_at(&wordings[own].stems[at..]) else {
            continue;
        };
        let covered = at..at + found.words;
        for meaning in found.alternatives {
            if wordings.len() >= WORDINGS_MAX {
                return;
            }
            let mut wording = wordings[own].clone();
            if meaning.stems == wording.stems[covered.clone()] {
                continue;
            }
            let words = folded(&meaning.text);
            wording.kind = WordingKind::SameMeaning;
            wording.stems.splice(covered.clone(), meaning.stems.clone());
            wording.folded.splice(covered.clone(), words);
            if wording.folded.len() == wording.stems.len() && !wordings.contains(&wording) {
                wordings.push(wording);
            }
        }
    }
}

impl Wording {
    pub fn new(kind: WordingKind, folded: Vec<String>, analyzer: &Analyzer) -> Wording {
        let stems = folded.iter().map(|word| analyzer.stem(word)).collect();
        Wording {
            kind,
            folded,
            stems,
        }
    }
}

impl Liberties {
    fn accept(self, kind: WordingKind) -> bool {
        match kind {
            WordingKind::Typed => true,
            WordingKind::Corrected => self.spelling,
            WordingKind::SameMeaning => self.synonyms,
        }
    }
}

impl Pattern {
    /// Reads the words of a rule; `attribute` finds the position of an attribute that `{name}` names.
    pub fn read(
        text: &str,
        analyzer: &Analyzer,
        attribute: impl Fn(&str) -> Option<usize>,
    ) -> Result<Pattern, String> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (plain, placeholder, after) = match rest.split_once('{') {
                None => (rest, None, ""),
                Some((plain, opened)) => match opened.split_once('}') {
                    Some((name, after)) => (plain, Some(name.trim()), after),
                    None => return Err(rest.to_string()),
                },
            };
            tokens.extend(words(plain).into_iter().map(|word| Token::Word {
                stem: analyzer.stem(&word.folded),
                folded: word.folded,
            }));
            if let Some(name) = placeholder {
                tokens.push(Token::Value {
                    attribute: attribute(name).ok_or(name)?,
                    placeholder: format!("{{{name}}}"),
                });
            }
            rest = after;
        }
        Ok(Pattern {
            text: text.to_string(),
            tokens,
        })
    }

    /// Its placeholders: the attribute and how it is written, such as `{brand}`.
    pub fn placeholders(&self) -> impl Iterator<Item = (usize, &str)> {
        self.tokens.iter().filter_map(|token| match token {
            Token::Value {
                attribute,
                placeholder,
            } => Some((*attribute, placeholder.as_str())),
            Token::Word { .. } => None,
        })
    }

    /// The earliest match of the pattern in a query.
    pub fn find(
        &self,
        anchor: Anchor,
        asked: &AskedWords,
        liberties: Liberties,
        values: &Values,
    ) -> Option<Match> {
        let accepted = asked
            .wordings
            .iter()
            .filter(|wording| liberties.accept(wording.kind));
        accepted
            .filter_map(|wording| self.find_in(anchor, wording, asked, liberties, values))
            .min_by_key(|found| found.position)
    }

    fn find_in(
        &self,
        anchor: Anchor,
        wording: &Wording,
        asked: &AskedWords,
        liberties: Liberties,
        values: &Values,
    ) -> Option<Match> {
        let length = wording.stems.len();
        let starts = match anchor {
            Anchor::Is | Anchor::Starts => 0..1,
            Anchor::Ends | Anchor::Contains => 0..length.max(1),
        };
        let reaches_end = matches!(anchor, Anchor::Is | Anchor::Ends);
        for position in starts {
            let mut found = Vec::new();
            let walk = Walk {
                wording,
                stemming: liberties.stemming,
                beginning_at: asked.is_beginning.then_some(length.saturating_sub(1)),
                values,
            };
            let end = walk.along(&self.tokens, position, reaches_end, &mut found);
            if let Some(end) = end {
                return Some(Match {
                    position,
                    words: end - position,
                    anchor,
                    values: found,
                });
            }
        }
        None
    }
}

/// A walk of a pattern along a wording.
struct Walk<'w> {
    wording: &'w Wording,
    stemming: bool,
    /// The word that is the beginning of a word.
    beginning_at: Option<usize>,
    values: &'w Values,
}

impl Walk<'_> {
    /// Where the tokens end when they are walked from `at` on.
    fn along(
        &self,
        tokens: &[Token],
        at: usize,
        reaches_end: bool,
        found: &mut Vec<(String, String)>,
    ) -> Option<usize> {
        let Some((token, rest)) = tokens.split_first() else {
            return (!reaches_end || at == self.wording.stems.len()).then_some(at);
        };
        match token {
            Token::Word { folded, stem } => {
                let own = self.wording.folded.get(at)?;
                let same = if self.stemming {
                    self.wording.stems[at] == *stem
                } else {
                    own == folded
                };
                let begins = self.beginning_at == Some(at) && folded.starts_with(own.as_str());
                if !same && !begins {
                    return None;
                }
                self.along(rest, at + 1, reaches_end, found)
            }
            Token::Value {
                attribute,
                placeholder,
            } => {
                let known = self.values.0.get(attribute)?;
                let longest = VALUE_WORDS_MAX.min(self.wording.stems.len().saturating_sub(at));
                for words in (1..=longest).rev() {
                    let stems = self.wording.stems[at..at + words].join(" ");
                    let Some(value) = known.get(&stems) else {
                        continue;
                    };
                    found.push((placeholder.clone(), value.clone()));
                    if let Some(end) = self.along(rest, at + words, reaches_end, found) {
                        return Some(end);
                    }
                    found.pop();
                }
                None
            }
        }
    }
}
