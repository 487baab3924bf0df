//! Where the words of a text begin and end, and how numbers and units are written as one.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::measures::{spelled, spelled_after_number};
use super::{WORD_BYTES_MAX, fold_into};

/// Calls `sink` with every word of `text`, folded, and its byte range: runs of letters and digits, decimal numbers such
/// as `2.5` and fractions such as `1/2`. Units stand apart from their numbers and are spelled in one way, so that
/// `10-inch`, `10in.` and `10"` are the same two words.
pub fn for_each_word(text: &str, sink: impl FnMut(&str, Range<usize>)) {
    let mut words = Words {
        text,
        folded: String::new(),
        number_end: None,
        sink,
    };
    if text.is_ascii() {
        return words.read_ascii();
    }
    let mut start = None;
    let bytes = text.as_bytes();
    for (at, c) in text.char_indices() {
        let inside = c.is_alphanumeric()
            || (is_combining_mark(c) && start.is_some())
            || is_inside_number(bytes, at);
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.read(from..at);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        words.read(from..text.len());
    }
}

struct Words<'t, Sink> {
    text: &'t str,
    folded: String,
    /// Where the last word ends, when it is a number.
    number_end: Option<usize>,
    sink: Sink,
}

impl<Sink: FnMut(&str, Range<usize>)> Words<'_, Sink> {
    /// For text that is all ASCII, as most is: a letter is a byte, and no letter has an accent.
    fn read_ascii(&mut self) {
        let bytes = self.text.as_bytes();
        let inside = |at: usize| bytes[at].is_ascii_alphanumeric() || is_inside_number(bytes, at);
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && inside(at) {
                at += 1;
            }
            if at > start {
                self.read(start..at);
            }
            at += 1;
        }
    }

    /// Hands on the word that stands here, or the number and the unit.
    fn read(&mut self, span: Range<usize>) {
        self.folded.clear();
        fold_into(&self.text[span.clone()], &mut self.folded);
        let after_number = self
            .number_end
            .take()
            .is_some_and(|end| is_joint(&self.text[end..span.start]));
        if self.folded.starts_with(|c: char| c.is_ascii_digit()) {
            return self.read_number(span);
        }
        let rest = &self.text[span.end..];
        let unit = spelled(&self.folded)
            .or_else(|| spelled_after_number(&self.folded, rest).filter(|_| after_number));
        match unit {
            Some(unit) => (self.sink)(unit, span),
            None => self.hand_on(span),
        }
    }

    /// A number, what is written to it without a space, and the sign after it.
    fn read_number(&mut self, span: Range<usize>) {
        let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == '/';
        let digits = self
            .folded
            .find(|c| !is_part(c))
            .unwrap_or(self.folded.len());
        if digits == self.folded.len() {
            self.hand_on(span.clone());
            self.number_end = Some(span.end);
            return self.read_sign(span.end);
        }
        // Folding must not have moved anything for the parts to be found in the text.
        let is_aligned = self.folded.len() == span.len();
        let letters = &self.folded[digits..];
        let middle = span.start + digits;
        if let Some(unit) = spelled(letters)
            .or_else(|| spelled_after_number(letters, ""))
            .filter(|_| is_aligned)
        {
            (self.sink)(&self.folded[..digits], span.start..middle);
            (self.sink)(unit, middle..span.end);
        } else if is_aligned
            && let Some(second) = letters.strip_prefix('x')
            && second.starts_with(|c: char| c.is_ascii_digit())
        {
            (self.sink)(&self.folded[..digits], span.start..middle);
            (self.sink)("x", middle..middle + 1);
            self.read(middle + 1..span.end);
        } else {
            self.hand_on(span);
        }
    }

    /// Inches and feet as signs.
    fn read_sign(&mut self, at: usize) {
        let rest = &self.text[at..];
        let after = |sign: &str| rest.strip_prefix(sign);
        if let Some(sign) = ["\"", "''", "″", "”"]
            .iter()
            .find(|sign| after(sign).is_some())
        {
            (self.sink)("inch", at..at + sign.len());
        } else if let Some(sign) = ["'", "′", "’"]
            .iter()
            .find(|sign| after(sign).is_some_and(|after| !after.starts_with(char::is_alphabetic)))
        {
            (self.sink)("foot", at..at + sign.len());
        }
    }

    fn hand_on(&mut self, span: Range<usize>) {
        if !self.folded.is_ascii() && self.folded.contains(is_unspaced) {
            return self.hand_on_pairs(span);
        }
        let end = cut(&self.folded);
        if end > 0 {
            (self.sink)(&self.folded[..end], span);
        }
    }
}

impl<Sink: FnMut(&str, Range<usize>)> Words<'_, Sink> {
    /// Chinese and Japanese write no spaces: every two neighbouring letters are a word, and a letter alone is one.
    fn hand_on_pairs(&mut self, span: Range<usize>) {
        let text = &self.text[span.clone()];
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let unspaced = is_unspaced(first);
            let end = rest
                .find(|c| is_unspaced(c) != unspaced)
                .unwrap_or(rest.len());
            let run = &rest[..end];
            let start = span.end - rest.len();
            let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).collect();
            let mut emit = |part: Range<usize>| {
                self.folded.clear();
                fold_into(&run[part.clone()], &mut self.folded);
                let end = cut(&self.folded);
                (self.sink)(&self.folded[..end], start + part.start..start + part.end);
            };
            if !unspaced || starts.len() < 3 {
                emit(0..run.len());
            } else {
                for at in 0..starts.len() - 1 {
                    emit(starts[at]..starts.get(at + 2).copied().unwrap_or(run.len()));
                }
            }
            rest = &rest[end..];
        }
    }
}

/// Where a word ends that is cut when it is too long.
fn cut(folded: &str) -> usize {
    let mut end = folded.len().min(WORD_BYTES_MAX);
    while !folded.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Letters of Chinese and Japanese.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether only a space or a hyphen stands between a number and its unit.
pub(super) fn is_joint(gap: &str) -> bool {
    matches!(gap, "" | " " | "-" | "\u{a0}" | " - ")
}

/// The point of a decimal number, and the slash of a fraction.
fn is_inside_number(bytes: &[u8], at: usize) -> bool {
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    match bytes[at] {
        b'.' => at > 0 && digit(at - 1) && digit(at + 1),
        b'/' => at > 0 && digit(at - 1) && digit(at + 1) && is_fraction(bytes, at),
        _ => false,
    }
}

/// Whether the numbers on both sides of a slash are a proper fraction as tools and fittings have it. `8/16 GB` is two
/// sizes, `802.11a/b/g` is three letters, and `9/10/2020` a date.
fn is_fraction(bytes: &[u8], slash: usize) -> bool {
    const DENOMINATORS: [u32; 10] = [2, 3, 4, 5, 6, 8, 10, 16, 32, 64];
    let joins = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'))
    };
    let number = |digits: &[u8]| -> u32 {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let first = (slash.saturating_sub(2)..slash)
        .rev()
        .take_while(|at| bytes[*at].is_ascii_digit())
        .last()
        .unwrap_or(slash);
    let last = (slash + 1..bytes.len().min(slash + 3))
        .take_while(|at| bytes[*at].is_ascii_digit())
        .last()
        .unwrap_or(slash);
    let (over, under) = (
        number(&bytes[first..slash]),
        number(&bytes[slash + 1..=last]),
    );
    // A letter may follow: 1/2in.
    let is_longer = joins(first.checked_sub(1))
        || bytes
            .get(last + 1)
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'/'));
    let share = |divisor: u32| over.is_multiple_of(divisor) && under.is_multiple_of(divisor);
    let is_reduced = !share(2) && !share(3);
    !is_longer && over > 0 && over < under && is_reduced && DENOMINATORS.contains(&under)
}
