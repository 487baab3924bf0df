//! Product codes, with or without punctuation and by part: `MX-3070N` is also `mx3070n` and `3070`.

use std::ops::Range;

/// What the term of a code begins with; no word has it.
const MARK: &str = "\u{1}c";

/// Shorter codes say too little.
const CODE_BYTES_MIN: usize = 4;
const CODE_BYTES_MAX: usize = 32;
/// Shorter runs of digits say too little.
const PART_DIGITS_MIN: usize = 3;

/// Reads the words of one text, in order; call `end` after the last.
pub struct CodeReader<'t> {
    text: &'t str,
    words: usize,
    /// The words that punctuation joins, run together.
    joined: String,
    first_word: usize,
    end: usize,
}

impl<'t> CodeReader<'t> {
    pub fn new(text: &'t str) -> Self {
        CodeReader {
            text,
            words: 0,
            joined: String::new(),
            first_word: 0,
            end: 0,
        }
    }

    /// Takes the next word; codes and parts of codes that are known by now are handed on as their term and the words
    /// they are made of.
    pub fn read(
        &mut self,
        folded: &str,
        span: &Range<usize>,
        found: &mut impl FnMut(&str, Range<usize>),
    ) {
        let gap = self.text.get(self.end..span.start).unwrap_or_default();
        if self.words == 0 || !is_joint(gap) {
            self.end(found);
            self.joined.clear();
            self.first_word = self.words;
        }
        self.joined.push_str(folded);
        self.end = span.end;
        self.words += 1;
        if folded.len() >= CODE_BYTES_MIN && has_digit(folded) && !is_number(folded) {
            let runs = folded.split(|c: char| !c.is_ascii_digit());
            for run in runs.filter(|run| run.len() >= PART_DIGITS_MIN) {
                found(&code_term(run), self.words - 1..self.words);
            }
        }
    }

    /// Hands on what the text ends with.
    pub fn end(&mut self, found: &mut impl FnMut(&str, Range<usize>)) {
        let is_code = self.words > self.first_word + 1
            && (CODE_BYTES_MIN..=CODE_BYTES_MAX).contains(&self.joined.len())
            && has_digit(&self.joined);
        if is_code {
            found(&code_term(&self.joined), self.first_word..self.words);
        }
        self.first_word = self.words;
    }
}

/// The term of a code, or of a part of one.
pub fn code_term(code: &str) -> String {
    format!("{MARK}{code}")
}

/// The code that a term is of.
pub fn code_of(term: &str) -> Option<&str> {
    term.strip_prefix(MARK)
}

pub fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a word is nothing but a number.
pub fn is_number(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'/'))
}

fn is_joint(gap: &str) -> bool {
    matches!(gap, "-" | "/" | "." | "_" | "–")
}

#[cfg(test)]
mod tests {
    //! Promises: a code is known without its punctuation and by its runs of digits; prose has none.

    use super::*;
    use crate::text::for_each_word;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut reader = CodeReader::new(text);
        let mut found = Vec::new();
        let mut add = |term: &str, _: Range<usize>| {
            found.push(term.strip_prefix(MARK).unwrap().to_string());
        };
        for_each_word(text, |folded, span| reader.read(folded, &span, &mut add));
        reader.end(&mut add);
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_code_is_known_without_punctuation_and_by_part() {
        check("Sharp MX-3070N copier", &["3070", "mx3070n"]);
        check("Xerox 006R90321 toner", &["006", "90321"]);
        check("AB/12-34", &["ab1234"]);
    }

    #[test]
    fn prose_has_none() {
        check("Wi-Fi head-set, 10 red shoes. 2019", &[]);
    }
}
