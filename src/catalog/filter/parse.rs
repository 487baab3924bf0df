//! Filter text → `Filter`; every error points at its character.

use super::{FILTER_BYTES_MAX, FILTER_DEPTH_MAX, Filter, FilterError, NumberRange};
use crate::catalog::schema::{Attribute, Kind, Schema};

/// Reads a filter; an empty one always holds.
pub fn parse(schema: &Schema, text: &str) -> Result<Filter, FilterError> {
    let mut parser = Parser {
        schema,
        text,
        at: 0,
        depth: 0,
    };
    if text.len() > FILTER_BYTES_MAX {
        let reason = format!(
            "the filter has {} bytes, at most {FILTER_BYTES_MAX} are allowed",
            text.len()
        );
        return Err(parser.error(0, reason));
    }
    parser.skip_spaces();
    if parser.rest().is_empty() {
        return Ok(Filter::everything());
    }
    let filter = parser.any()?;
    if !parser.rest().is_empty() {
        let suggestion = "join conditions with AND or OR, and quote a value that has spaces";
        return Err(parser
            .error(parser.at, "expected AND, OR or the end")
            .suggest(suggestion));
    }
    Ok(filter)
}

struct Parser<'a> {
    schema: &'a Schema,
    text: &'a str,
    /// Byte offset of what is read next.
    at: usize,
    depth: usize,
}

impl FilterError {
    fn suggest(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Filter, FilterError> {
        let mut parts = vec![self.all()?];
        while self.take_keyword("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::Any(parts)
        })
    }

    fn all(&mut self) -> Result<Filter, FilterError> {
        let mut parts = vec![self.one()?];
        while self.take_keyword("AND") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::All(parts)
        })
    }

    fn one(&mut self) -> Result<Filter, FilterError> {
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(self.error(self.at, format!("nested deeper than {FILTER_DEPTH_MAX}")));
        }
        let start = self.at;
        let filter = if self.take_keyword("NOT") {
            Filter::Not(Box::new(self.one()?))
        } else if self.take("(") {
            let inner = self.any()?;
            if !self.take(")") {
                let opened = self.characters_before(start) + 1;
                let reason = format!("expected `)` to close the `(` of character {opened},");
                return Err(self.error(self.at, reason));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, FilterError> {
        let start = self.at;
        let name = self.word(|c| c.is_whitespace() || ":<>=!()\"'".contains(c))?;
        let is_keyword = ["AND", "OR", "NOT"].contains(&name.to_ascii_uppercase().as_str());
        if name.is_empty() || is_keyword {
            let example = "write for example brand:Nike or price < 50";
            return Err(self.error(start, "expected a condition").suggest(example));
        }
        let position = self.attribute(&name, start)?;
        let operator_at = self.at;
        const OPERATORS: [&str; 7] = [":", "<=", ">=", "!=", "<", ">", "="];
        let Some(operator) = OPERATORS.into_iter().find(|operator| self.take(operator)) else {
            let suggestion = format!("write {name}:VALUE or {name} < NUMBER");
            return Err(self
                .error(operator_at, "expected `:` or a comparison")
                .suggest(suggestion));
        };
        if self.schema.attributes[position].kind.is_numeric() {
            self.number_comparison(position, operator)
        } else {
            self.word_comparison(position, operator, operator_at)
        }
    }

    fn attribute(&self, name: &str, start: usize) -> Result<usize, FilterError> {
        let Some(position) = self.schema.named(name) else {
            let error = self.error(start, format!("unknown attribute `{name}`"));
            return Err(match self.schema.nearest_name(name) {
                Some(near) => error.suggest(format!("did you mean `{near}`?")),
                None => error.suggest(format!("filterable are {}", self.filterable_names())),
            });
        };
        if !self.schema.attributes[position].has_column() {
            let error = self.error(start, format!("attribute `{name}` cannot be filtered"));
            return Err(error.suggest(format!(
                "give it `filter = true` in index/schema.toml and index again; filterable are {}",
                self.filterable_names()
            )));
        }
        Ok(position)
    }

    fn filterable_names(&self) -> String {
        const NAMES_MAX: usize = 12;
        let filterable = |attribute: &&Attribute| attribute.has_column();
        let mut names: Vec<&str> = self
            .schema
            .attributes
            .iter()
            .filter(filterable)
            .map(|attribute| attribute.name.as_str())
            .collect();
        if names.len() > NAMES_MAX {
            names.truncate(NAMES_MAX);
            names.push("…");
        }
        names.join(", ")
    }

    fn word_comparison(
        &mut self,
        attribute: usize,
        operator: &str,
        at: usize,
    ) -> Result<Filter, FilterError> {
        let name = &self.schema.attributes[attribute].name;
        if !matches!(operator, ":" | "=" | "!=") {
            let reason =
                format!("attribute `{name}` holds words, which `{operator}` cannot compare");
            return Err(self
                .error(at, reason)
                .suggest(format!("write {name}:VALUE")));
        }
        let start = self.at;
        let value = self.word(|c| c.is_whitespace() || c == ')')?;
        if value.is_empty() && !self.text[start..].starts_with(['"', '\'']) {
            return Err(self.error(start, format!("expected a value for `{name}`")));
        }
        let is = Filter::Is { attribute, value };
        Ok(if operator == "!=" {
            Filter::Not(Box::new(is))
        } else {
            is
        })
    }

    fn number_comparison(
        &mut self,
        attribute: usize,
        operator: &str,
    ) -> Result<Filter, FilterError> {
        let number = self.number(attribute)?;
        let every = NumberRange::EVERY;
        let range = match operator {
            ":" if self.take_keyword("TO") => NumberRange {
                from: number,
                to: self.number(attribute)?,
                ..every
            },
            "<" => NumberRange {
                to: number,
                to_included: false,
                ..every
            },
            "<=" => NumberRange {
                to: number,
                ..every
            },
            ">" => NumberRange {
                from: number,
                from_included: false,
                ..every
            },
            ">=" => NumberRange {
                from: number,
                ..every
            },
            _ => NumberRange::exactly(number),
        };
        let within = Filter::Within { attribute, range };
        Ok(if operator == "!=" {
            Filter::Not(Box::new(within))
        } else {
            within
        })
    }

    fn number(&mut self, attribute: usize) -> Result<f64, FilterError> {
        let start = self.at;
        let attribute = &self.schema.attributes[attribute];
        let text = self.word(|c| c.is_whitespace() || c == ')')?;
        let seconds = || {
            (attribute.kind == Kind::Date)
                .then(|| date_seconds(&text))
                .flatten()
        };
        let truth = || {
            let is_truth = attribute.kind == Kind::Boolean;
            let truths = [("true", 1.0), ("false", 0.0)];
            let mut truths = truths.into_iter().filter(|_| is_truth);
            truths.find_map(|(word, number)| text.eq_ignore_ascii_case(word).then_some(number))
        };
        match text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .or_else(seconds)
            .or_else(truth)
        {
            Some(number) => Ok(number),
            None => {
                let (what, example) = match attribute.kind {
                    Kind::Date => ("a date", "2026-11-23"),
                    _ => ("a number", "49.95"),
                };
                let reason = match text.as_str() {
                    "" => format!("expected {what} for `{}`", attribute.name),
                    _ => format!("`{text}` is not {what}, which `{}` holds", attribute.name),
                };
                Err(self
                    .error(start, reason)
                    .suggest(format!("write for example {} > {example}", attribute.name)))
            }
        }
    }

    /// A quoted string, or everything up to the first character that `ends` it.
    fn word(&mut self, ends: impl Fn(char) -> bool) -> Result<String, FilterError> {
        let rest = self.rest();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            let length = rest.find(ends).unwrap_or(rest.len());
            let word = rest[..length].to_string();
            self.at += length;
            self.skip_spaces();
            return Ok(word);
        };
        let mut word = String::new();
        let mut characters = rest.char_indices().skip(1);
        while let Some((offset, c)) = characters.next() {
            match c {
                '\\' => word.extend(characters.next().map(|(_, escaped)| escaped)),
                c if c == quote => {
                    self.at += offset + c.len_utf8();
                    self.skip_spaces();
                    return Ok(word);
                }
                c => word.push(c),
            }
        }
        Err(self.error(self.at, format!("the quote {quote} is never closed")))
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.skip_spaces();
        }
        found
    }

    /// Keywords stand alone: `NOTE:x` does not begin with `NOT`.
    fn take_keyword(&mut self, keyword: &str) -> bool {
        let rest = self.rest();
        let head = rest
            .get(..keyword.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(keyword));
        let alone = || {
            let after = rest[keyword.len()..].chars().next();
            after.is_none_or(|c| c.is_whitespace() || c == '(')
        };
        let found = head && alone();
        if found {
            self.at += keyword.len();
            self.skip_spaces();
        }
        found
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn characters_before(&self, byte: usize) -> usize {
        self.text[..byte].chars().count()
    }

    fn error(&self, byte: usize, reason: impl Into<String>) -> FilterError {
        FilterError {
            filter: self.text.to_string(),
            at: self.characters_before(byte),
            reason: reason.into(),
            suggestion: None,
        }
    }
}

fn date_seconds(text: &str) -> Option<f64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second() as f64);
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    Some(
        jiff::tz::TimeZone::UTC
            .to_timestamp(date.at(0, 0, 0, 0))
            .ok()?
            .as_second() as f64,
    )
}
