//! A problem in something a merchant wrote: what, where, and what to write instead.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is suggested when nothing better is known of a mistake in a list of things.
pub const OTHERS_HOLD: &str = "the other rules of the file hold";

/// Parsing a merchant's file never fails whole: it yields what is good and a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// The file, relative to the shop directory, or the name of the stream.
    pub file: String,
    /// Line number, counted from 1; `None` when the whole file is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong, in lowercase and without a full stop.
    pub reason: String,
    /// What to write instead, when that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Nothing has to be mended: it passes by itself, such as a pin that is sold out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alert: bool,
}

impl Problem {
    /// A problem with a whole file.
    pub fn new(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Problem {
            file: file.into(),
            line: None,
            reason: reason.into(),
            suggestion: None,
            alert: false,
        }
    }

    /// The same problem, placed on a line counted from 1.
    pub fn at(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same problem, with what to write instead.
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// Adds something to what is suggested.
    pub fn add(&mut self, more: &str) {
        self.suggestion = Some(match self.suggestion.take() {
            Some(suggestion) => format!("{suggestion}; {more}"),
            None => more.to_string(),
        });
    }

    /// The same problem of something that is refused whole, so that nothing of it holds.
    pub fn of_refused(&mut self) {
        if self.suggestion.as_deref() == Some(OTHERS_HOLD) {
            self.suggestion = Some("nothing was written".into());
        }
    }

    /// What is wrong and what to write instead, without the place.
    pub fn told(&self) -> String {
        match &self.suggestion {
            Some(suggestion) => format!("{} ({suggestion})", self.reason),
            None => self.reason.clone(),
        }
    }

    /// The same problem, as one that passes by itself.
    pub fn as_alert(mut self) -> Self {
        self.alert = true;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if let Some(line) = self.line {
            write!(out, ":{line}")?;
        }
        write!(out, ": {}", self.told())
    }
}

/// The 1-based line that holds byte `offset` of `text`.
pub fn line_of(text: &str, offset: usize) -> u64 {
    let end = offset.min(text.len());
    1 + text.as_bytes()[..end]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count() as u64
}

/// The candidate nearest to a mistyped `word`, for "did you mean"; `None` when nothing is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + word.chars().count() / 3;
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_file_line_reason_and_suggestion() {
        let problem = Problem::new("rules/a.toml", "unknown key `pins`")
            .at(3)
            .suggest("did you mean `pin`?");
        assert_eq!(
            problem.to_string(),
            "rules/a.toml:3: unknown key `pins` (did you mean `pin`?)"
        );
    }

    #[test]
    fn the_nearest_name_is_found_and_far_ones_are_not() {
        assert_eq!(nearest("colour", ["color", "brand"]), Some("color"));
        assert_eq!(nearest("xyz", ["color", "brand"]), None);
    }
}
