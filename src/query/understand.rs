//! From the words typed to what has to be found.

use std::ops::Range;

use super::spelling::{self, Correction};
use super::values::ValueTerm;
use super::{Alternative, Knowledge, LastWord, Query, Understood, Unit};
use crate::catalog::filter::Filter;
use crate::text::{CodeReader, MeasureReader, Word, code_term, has_digit, is_unspaced, words};

/// Completions that stand in so many products are enough: with one letter typed, all of them are most of the catalog …
const COMPLETED_PRODUCTS_ENOUGH: u32 = 10_000;

/// … and in so many where other words narrow what is found.
const COMPLETED_BESIDE_OTHERS_ENOUGH: u32 = 100_000;

/// A word that is typed alone is not completed to words that are rarer than this to the most frequent one, squared.
const COMPLETION_WEIGHT_MIN: f32 = 0.1;

/// So few letters are the beginning of something rather than a word.
const BEGUN_CHARACTERS_MAX: usize = 2;

/// A reading of a word as an attribute's value is left out when another reading has this many times as many products.
const RARE_READING_TIMES: u32 = 50;

/// A word that may have been meant counts a little less than the one that probably was.
const ALSO_WEIGHT: f32 = 0.8;

/// What words say together counts less than the words: on the judged catalogs 0.5 beat 1, 0.3 and nothing.
const TERM_WEIGHT: f32 = 0.5;

impl Knowledge<'_> {
    /// Reads limits out of what was typed, corrects unknown words, finds synonyms, and makes units of what is left.
    pub fn understand(&self, typed: &str, last_word: LastWord) -> Query {
        let mut understood = Understood::default();
        let (filter, text) = self.read_and_correct(typed, last_word, &mut understood);
        let words = words(&text.asked);
        let stems: Vec<String> = words
            .iter()
            .map(|word| self.language.analyzer.stem(&word.folded))
            .collect();
        let sought = Sought {
            terms: self.terms(&text.asked, &words, &stems, &mut understood),
            words: &words,
            stems: &stems,
            also: &text.also,
        };
        let (mut units, said) = self.units(&sought, last_word, &mut understood);
        let says_nothing = words.is_empty() && filter.is_none() && !typed.trim().is_empty();
        if says_nothing {
            units.push(Unit::nothing());
        }
        Query {
            text: typed.trim().to_string(),
            names_a_product: names_a_product(&words, &text.asked),
            stems,
            units,
            said,
            filter: filter.unwrap_or_else(Filter::everything),
            understood,
        }
    }

    fn read_and_correct(
        &self,
        typed: &str,
        last_word: LastWord,
        understood: &mut Understood,
    ) -> (Option<Filter>, Text) {
        let words = words(typed);
        let limits = match last_word {
            LastWord::Whole => self.language.limits.read(typed, &words),
            LastWord::Beginning => Vec::new(),
        };
        let is_limit = |at: usize| limits.iter().any(|limit| limit.words.contains(&at));
        let folded: Vec<String> = words.iter().map(|word| word.folded.clone()).collect();
        let stems: Vec<String> = folded
            .iter()
            .map(|word| self.language.analyzer.stem(word))
            .collect();
        let together = self.synonym_spans(&stems);
        let stays = |at: usize| {
            is_limit(at)
                || together.iter().any(|span| span.contains(&at))
                || last_word == LastWord::Beginning && at + 1 == words.len()
                || self.language.leaves_alone(&folded[at])
        };
        let mut corrections = spelling::correct(self, &folded, stays);
        if last_word == LastWord::Beginning {
            corrections.extend(spelling::correct_beginning(self, &folded));
        }
        let mut cuts: Vec<Cut> = corrections.iter().map(Cut::correction).collect();
        if !corrections.is_empty() {
            understood.spelling = Some(spliced(typed, &words, &cuts));
        }
        let mut filter = None;
        for limit in limits {
            understood.filters.push(limit.text);
            cuts.push(Cut {
                words: limit.words,
                meant: String::new(),
            });
            filter = Some(filter.unwrap_or_else(Filter::everything).and(limit.filter));
        }
        let text = Text {
            asked: spliced(typed, &words, &cuts),
            also: corrections
                .iter()
                .flat_map(|correction| {
                    let meant = correction.meant.join(" ");
                    let also = correction.also.iter();
                    also.map(move |also| (meant.clone(), also.clone()))
                })
                .collect(),
        };
        (filter, text)
    }

    /// What runs of words say together, or single words besides themselves.
    fn terms(
        &self,
        text: &str,
        words: &[Word],
        stems: &[String],
        understood: &mut Understood,
    ) -> Vec<Term> {
        let mut terms = Vec::new();
        let mut add = |term: &str, words: Range<usize>| {
            if self.vocabulary.number_of(term).is_some() {
                terms.push(Term {
                    text: term.to_string(),
                    words,
                    weight: TERM_WEIGHT,
                });
            }
        };
        let (mut measures, mut codes) = (MeasureReader::new(text), CodeReader::new(text));
        for (at, word) in words.iter().enumerate() {
            measures.read(&word.folded, &word.span, &mut add);
            codes.read(&word.folded, &word.span, &mut |term, words| {
                // A part of a typed code is no code of its own.
                if words.len() > 1 {
                    add(term, words);
                }
            });
            if has_digit(&word.folded) {
                add(&code_term(&word.folded), at..at + 1);
            }
        }
        codes.end(&mut add);
        self.joined(words, &mut terms);
        self.values(words, stems, &mut terms, understood);
        terms
    }

    /// Neighbouring words that the catalog also writes as one.
    fn joined(&self, words: &[Word], terms: &mut Vec<Term>) {
        for at in 1..words.len() {
            let (left, right) = (&words[at - 1].folded, &words[at].folded);
            if self.language.is_stopword(left) || self.language.is_stopword(right) {
                continue;
            }
            let joined = format!("{left}{right}");
            if let Some(stem) = self.vocabulary.stem_of(&joined) {
                terms.push(Term {
                    text: self.vocabulary.text(stem).to_string(),
                    words: at - 1..at + 1,
                    weight: TERM_WEIGHT,
                });
            }
            if has_digit(&joined) {
                let code = code_term(&joined);
                if self.vocabulary.number_of(&code).is_some() {
                    terms.push(Term {
                        text: code,
                        words: at - 1..at + 1,
                        weight: TERM_WEIGHT,
                    });
                }
            }
        }
    }

    /// Runs of words that are values of attributes.
    fn values(
        &self,
        words: &[Word],
        stems: &[String],
        terms: &mut Vec<Term>,
        understood: &mut Understood,
    ) {
        let together = self.synonym_spans(stems);
        for start in 0..stems.len() {
            for end in start + 1..=stems.len().min(start + super::VALUE_WORDS_MAX) {
                let found = self.vocabulary.values_exactly(&stems[start..end]);
                let found: Vec<&ValueTerm> = found.collect();
                let count = |term: u32| self.vocabulary.product_count(term);
                let most = found.iter().map(|value| count(value.term)).max();
                let most = most.unwrap_or(0).max(match &stems[start..end] {
                    [only] => self.vocabulary.number_of(only).map_or(0, count),
                    _ => 0,
                });
                let is_part = |span: &Range<usize>| {
                    let is_apart = end <= span.start || span.end <= start;
                    !(is_apart || start <= span.start && span.end <= end)
                };
                // A part of what stands for something together is not the whole.
                if together.iter().any(is_part) {
                    continue;
                }
                for value in found {
                    if count(value.term) < most / RARE_READING_TIMES {
                        continue;
                    }
                    let typed: Vec<&str> = words[start..end]
                        .iter()
                        .map(|word| word.folded.as_str())
                        .collect();
                    let name = &self.language.attribute_names[value.attribute];
                    understood
                        .attributes
                        .push(format!("{} → {name}", typed.join(" ")));
                    terms.push(Term {
                        text: self.vocabulary.text(value.term).to_string(),
                        words: start..end,
                        weight: TERM_WEIGHT,
                    });
                }
            }
        }
    }

    /// Which words stand for something together.
    fn synonym_spans(&self, stems: &[String]) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        let mut at = 0;
        while at < stems.len() {
            let synonym = self.language.synonyms.longest_at(&stems[at..]);
            let end = at + synonym.map_or(1, |synonym| synonym.words);
            if end > at + 1 {
                spans.push(at..end);
            }
            at = end;
        }
        spans
    }

    fn units(
        &self,
        sought: &Sought<'_>,
        last_word: LastWord,
        understood: &mut Understood,
    ) -> (Vec<Unit>, Vec<String>) {
        let Sought { words, stems, .. } = sought;
        let analyzer = &self.language.analyzer;
        let is_stopword = |word: &Word| self.language.is_stopword(&word.folded);
        let names_nothing = words.iter().all(is_stopword);
        let (mut units, mut said): (Vec<Unit>, Vec<String>) = Default::default();
        let mut at = 0;
        while at < words.len() {
            let own;
            let is_begun = last_word == LastWord::Beginning && at + 1 == words.len();
            let mut unit = if is_begun || is_lone_letter(&words[at].folded) {
                own = at..at + 1;
                self.completions(&words[at].folded, &stems[at], is_begun && words.len() == 1)
            } else if let Some(synonym) = self.language.synonyms.longest_at(&stems[at..]) {
                own = at..at + synonym.words;
                let others = synonym
                    .alternatives
                    .iter()
                    .filter(|other| other.stems != stems[own.clone()]);
                let meant: Vec<String> = others.map(|other| other.text.clone()).collect();
                let typed: Vec<&str> = words[own.clone()]
                    .iter()
                    .map(|word| word.folded.as_str())
                    .collect();
                understood
                    .synonyms
                    .push(format!("{} → {}", typed.join(" "), meant.join(", ")));
                self.with_values(Unit {
                    alternatives: synonym.as_alternatives(),
                })
            } else if names_nothing || !is_stopword(&words[at]) {
                own = at..at + 1;
                self.word(&words[at].folded, &stems[at])
            } else {
                at += 1;
                continue;
            };
            sought.add_to(&mut unit, &own, analyzer);
            let typed: Vec<&str> = words[own.clone()]
                .iter()
                .map(|word| word.folded.as_str())
                .collect();
            if !self.finds(&unit) {
                understood
                    .left_out
                    .extend(typed.iter().map(|word| word.to_string()));
            }
            // A word that is typed twice asks for no more than a word that is typed once.
            if !units.contains(&unit) {
                units.push(unit);
                said.push(typed.join(" "));
            }
            at = own.end;
        }
        (units, said)
    }

    /// A word in all languages of the shop, by itself or in compounds.
    fn word(&self, folded: &str, stem: &str) -> Unit {
        let mut unit = Unit::word(stem);
        for other in self.language.other_stems(folded, stem) {
            if self.vocabulary.number_of(&other).is_some() {
                unit.add(Alternative::stem(other, 1.0));
            }
        }
        self.add_compounds(&mut unit, folded, stem);
        unit
    }

    /// Whether the catalog has all words of any alternative.
    fn finds(&self, unit: &Unit) -> bool {
        let has = |stem: &String| {
            let number = self.vocabulary.number_of(stem);
            number.is_some_and(|number| self.vocabulary.product_count(number) > 0)
        };
        let mut alternatives = unit.alternatives.iter();
        alternatives.any(|alternative| alternative.stems.iter().all(has))
    }

    /// What a synonym means may be the value of an attribute, too.
    fn with_values(&self, mut unit: Unit) -> Unit {
        for at in 0..unit.alternatives.len() {
            let Alternative { stems, weight } = unit.alternatives[at].clone();
            for value in self.vocabulary.values_exactly(&stems) {
                let term = self.vocabulary.text(value.term);
                unit.add(Alternative::stem(term, weight));
            }
        }
        unit
    }

    /// Whatever the word being typed may become, and the word as it stands. What few products have is not what most
    /// shoppers go on to type, although it would tell products apart best.
    fn completions(&self, word: &str, stem: &str, is_alone: bool) -> Unit {
        let mut unit = if word.chars().count() <= BEGUN_CHARACTERS_MAX {
            Unit::nothing()
        } else {
            Unit::word(stem)
        };
        let completed = self.vocabulary.complete(word);
        let count = |stem: &u32| self.vocabulary.product_count(*stem);
        let most = completed.first().map_or(0, count);
        let enough = if is_alone {
            COMPLETED_PRODUCTS_ENOUGH
        } else {
            COMPLETED_BESIDE_OTHERS_ENOUGH
        };
        let mut products = 0;
        for number in &completed {
            let weight = (count(number) as f32 / most.max(1) as f32).sqrt();
            if is_alone && weight < COMPLETION_WEIGHT_MIN {
                break;
            }
            let stem = [self.vocabulary.text(*number).to_string()];
            if let Some(synonym) = self.language.synonyms.longest_at(&stem) {
                for meant in synonym.as_alternatives() {
                    unit.add(Alternative {
                        weight: weight * meant.weight,
                        ..meant
                    });
                }
            }
            let [stem] = stem;
            unit.add(Alternative::stem(stem, weight));
            products += count(number);
            if products >= enough {
                break;
            }
        }
        unit
    }
}

/// The text that is sought.
struct Text {
    asked: String,
    /// Words that were corrected to, and what else may have been meant.
    also: Vec<(String, String)>,
}

/// Words and everything they say.
struct Sought<'q> {
    words: &'q [Word],
    stems: &'q [String],
    terms: Vec<Term>,
    also: &'q [(String, String)],
}

/// What a run of words says together; it satisfies every part of it.
struct Term {
    text: String,
    words: Range<usize>,
    weight: f32,
}

impl Sought<'_> {
    fn add_to(&self, unit: &mut Unit, own: &Range<usize>, analyzer: &crate::text::Analyzer) {
        for term in &self.terms {
            // A part of what stands for something together is not the whole: a shoe is no trail shoe.
            let says_all = term.words.start <= own.start && own.end <= term.words.end;
            if says_all {
                unit.add(Alternative::stem(&term.text, term.weight));
            }
        }
        for (meant, also) in self.also {
            if own.len() == 1 && self.words[own.start].folded == *meant {
                unit.add(Alternative::stem(analyzer.stem(also), ALSO_WEIGHT));
            }
        }
    }
}

/// Words to be replaced.
struct Cut {
    words: Range<usize>,
    meant: String,
}

impl Cut {
    fn correction(correction: &Correction) -> Self {
        Cut {
            words: correction.words.clone(),
            meant: correction.meant.join(" "),
        }
    }
}

/// The text with words replaced, without surrounding space.
fn spliced(text: &str, words: &[Word], cuts: &[Cut]) -> String {
    let mut cuts: Vec<&Cut> = cuts.iter().collect();
    cuts.sort_by_key(|cut| cut.words.start);
    let mut spliced = String::with_capacity(text.len());
    let mut written = 0;
    for cut in cuts {
        spliced.push_str(&text[written..words[cut.words.start].span.start]);
        spliced.push_str(&cut.meant);
        written = words[cut.words.end - 1].span.end;
    }
    spliced.push_str(&text[written..]);
    spliced.trim().to_string()
}

/// A letter of Chinese or Japanese, which the catalog has in pairs only.
fn is_lone_letter(folded: &str) -> bool {
    let mut letters = folded.chars();
    letters.next().is_some_and(is_unspaced) && letters.next().is_none()
}

/// A single word of letters and digits, or of parts joined by punctuation, long enough to be a product's code.
fn names_a_product(words: &[Word], text: &str) -> bool {
    const CODE_CHARACTERS_MIN: usize = 5;
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    let whole = &text[first.span.start..last.span.end];
    let digits = whole.bytes().filter(u8::is_ascii_digit).count();
    digits >= 2
        && whole.chars().count() >= CODE_CHARACTERS_MIN
        && !whole.contains(char::is_whitespace)
}
