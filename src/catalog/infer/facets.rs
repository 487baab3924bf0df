//! The columns without a role: codes and keywords to search, facets to refine by.

use crate::catalog::feed::Row;
use crate::catalog::schema::{Attribute, Kind, Role};
use crate::catalog::values::{VALUES_MAX, cells_at};

use super::columns::Column;
use super::names::{self, plain_name, rank};
use super::roles::Roles;
use super::types::{TYPES_MAX, is_type};
use super::{PROPOSED_MAX, Proposal, separator};

/// A column filled in fewer rows is no facet.
pub(super) const FILLED_MIN: f64 = 0.02;
/// A keyword facet has at most so many values…
const FACET_VALUES_MAX: usize = 300;
/// …and the 50 most frequent ones cover at least this share of what is filled.
const COVERED_MIN: f64 = 0.6;
/// Keywords are searched when at least this share of their words is not in the title already.
const NEW_WORDS_MIN: f64 = 0.2;
/// A column filled in fewer rows adds too little to search.
const SEARCHED_FILLED_MIN: f64 = 0.3;
/// Rows that are compared with their titles.
const COMPARED_ROWS_MAX: usize = 2_000;

impl Proposal<'_> {
    /// Codes that find one product, and words a merchant added for searching.
    pub(super) fn add_codes_and_keywords(&mut self, roles: &Roles) {
        let columns = self.columns;
        for (position, column) in columns.all.iter().enumerate() {
            let plain = plain_name(&column.name);
            let is_id = position == roles.id;
            if (roles.is_taken(position) && !is_id) || column.filled(columns.rows) < FILLED_MIN {
                continue;
            }
            let is_code = rank(names::CODES, &plain).is_some() && column.words_mean() < 1.5;
            let is_code = is_code && (column.uniqueness() >= 0.5 || is_id);
            if is_code {
                let mut attribute = self.attribute(&plain, Kind::Keyword, &[position]);
                attribute.searched = Some(0.5);
                attribute.filter = true;
                attribute.separator = separator(&attribute, column);
                let note = self.note(column) + "; a code: typing it finds the product";
                self.push(attribute, note);
            } else if !is_id && rank(names::KEYWORDS, &plain).is_some() && column.is_words() {
                self.add_keywords(roles, position);
            }
        }
    }

    fn add_keywords(&mut self, roles: &Roles, position: usize) {
        let column = &self.columns.all[position];
        let new_words = self.new_words(roles, column);
        if new_words < NEW_WORDS_MIN || column.filled(self.columns.rows) < SEARCHED_FILLED_MIN {
            return;
        }
        let plain = plain_name(&column.name);
        let tags = matches!(
            plain.as_str(),
            "tags" | "labels" | "keywords" | "schlagworte" | "stichworte"
        );
        let short = column.words_mean() <= 4.0 || tags;
        let kind = if short { Kind::Keyword } else { Kind::Text };
        let mut attribute = self.attribute(&plain, kind, &[position]);
        attribute.searched = Some(1.0);
        attribute.separator = separator(&attribute, column);
        if tags && column.share(column.commas) >= 0.02 {
            attribute.separator.get_or_insert(",".into());
        }
        attribute.facet = kind == Kind::Keyword && is_facet(column, Kind::Keyword);
        let percent = 100.0 * new_words;
        let note = self.note(column)
            + &format!("; searched: {percent:.0} % of its words are not in the title");
        self.push(attribute, note);
    }

    /// Share of a column's words that the title of the same row does not have, 0 to 1.
    fn new_words(&self, roles: &Roles, column: &Column) -> f64 {
        let title = roles.columns_of(Role::Title).first();
        let Some(title) = title.map(|position| &self.columns.all[*position].name) else {
            return 1.0;
        };
        let words_in = |row: &Row, column: &str| -> Vec<String> {
            let cells = cells_at(&row.cells, column);
            let text: Vec<String> = cells
                .iter()
                .map(|cell| cell.to_string().to_lowercase())
                .collect();
            let words = text
                .iter()
                .flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric()));
            words
                .filter(|word| !word.is_empty())
                .map(str::to_string)
                .collect()
        };
        let (mut all, mut new) = (0, 0);
        let filled = self
            .rows
            .iter()
            .filter(|row| !cells_at(&row.cells, &column.name).is_empty());
        for row in filled.take(COMPARED_ROWS_MAX) {
            let known = words_in(row, title);
            let words = words_in(row, &column.name);
            all += words.len();
            new += words.iter().filter(|word| !known.contains(word)).count();
        }
        new as f64 / all.max(1) as f64
    }

    /// The most useful of the remaining columns, up to `PROPOSED_MAX` attributes altogether.
    pub(super) fn add_facets(&mut self, roles: &Roles) {
        let columns = self.columns;
        let known: Vec<String> = self
            .attributes
            .iter()
            .flat_map(|attribute| attribute.columns().map(str::to_string).collect::<Vec<_>>())
            .collect();
        let titles = roles.columns_of(Role::Title);
        let mut ranked: Vec<(f64, usize)> = columns
            .all
            .iter()
            .enumerate()
            .filter(|(position, column)| {
                !roles.is_taken(*position)
                    && (!known.contains(&column.name) || titles.contains(position))
            })
            .filter_map(|(position, column)| {
                let kind = kind(column)?;
                let useful = column.filled(columns.rows) >= FILLED_MIN && is_facet(column, kind);
                useful.then(|| (usefulness(column, kind, columns.rows), position))
            })
            .filter(|(usefulness, _)| *usefulness > 0.0)
            .collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
        ranked.truncate(PROPOSED_MAX.saturating_sub(self.attributes.len()));
        for (_, position) in ranked {
            let column = &columns.all[position];
            let Some(kind) = kind(column) else { continue };
            let mut attribute = self.attribute(&plain_name(&column.name), kind, &[position]);
            attribute.facet = true;
            attribute.sort = kind == Kind::Date;
            attribute.separator = separator(&attribute, column);
            let note = self.note(column) + &range(column, &attribute);
            self.push(attribute, note);
        }
    }
}

impl Proposal<'_> {
    /// What else products say in words: found when typed, but not by itself.
    pub(super) fn add_rest(&mut self, roles: &Roles) {
        let is_searched = |column: &Column| {
            let mut searched = self.attributes.iter().filter(|own| own.searched.is_some());
            searched.any(|own| own.columns().any(|name| name == column.name))
        };
        let columns = self.columns.all.iter().enumerate();
        let left = columns.filter(|(position, column)| {
            !roles.is_taken(*position)
                && column.is_words()
                && !column.nested
                && !is_searched(column)
        });
        let left = left.count();
        if left > 0 {
            let mut attribute = self.attribute("details", Kind::Text, &[]);
            attribute.columns = vec!["*".into()];
            attribute.searched = Some(0.4);
            let note =
                format!("the words of all other columns, {left} of those seen, find a product too");
            self.push(attribute, note);
        }
    }
}

/// What the values are read as; `None` when they are nothing to refine by.
pub(super) fn kind(column: &Column) -> Option<Kind> {
    match () {
        () if column.is_boolean() => Some(Kind::Boolean),
        () if column.is_numeric() => Some(Kind::Number),
        () if column.is_date() => Some(Kind::Date),
        () if column.is_words() && column.is_path() => Some(Kind::Path),
        () if column.is_words() => Some(Kind::Keyword),
        () => None,
    }
}

/// Why a shopper could not refine by it; `None` when that is possible.
pub(super) fn why_no_facet(column: &Column) -> Option<String> {
    let distinct = column.distinct.len();
    let Some(kind) = kind(column) else {
        return Some("holds addresses or nothing to refine by".into());
    };
    if is_facet(column, kind) {
        return None;
    }
    Some(match kind {
        _ if is_for_logistics(column) => "is for logistics or the shop's own records".into(),
        _ if distinct < 2 => "has the same value everywhere".into(),
        Kind::Boolean => "is nearly always the same".into(),
        Kind::Number => "holds codes rather than amounts".into(),
        _ if column.covered_by(1) > 0.97 => "is nearly always the same".into(),
        _ if column.words_mean() > 5.0 || column.length_mean() > 40.0 => {
            "holds text too long to choose from".into()
        }
        _ => format!("has {distinct} different values, too many to choose from"),
    })
}

fn is_for_logistics(column: &Column) -> bool {
    let plain = format!("_{}_", plain_name(&column.name));
    names::LOGISTICS.split(' ').any(|part| plain.contains(part))
}

/// Whether a shopper could refine by it: it has several values, and few enough to choose from.
pub(super) fn is_facet(column: &Column, kind: Kind) -> bool {
    if is_for_logistics(column) || column.lists > VALUES_MAX * column.rows {
        return false;
    }
    let distinct = column.distinct.len();
    match kind {
        Kind::Boolean => {
            let trues = column.share(column.trues);
            (0.03..=0.97).contains(&trues)
        }
        Kind::Number => distinct >= 2 && !looks_like_codes(column),
        Kind::Date => distinct >= 2,
        _ if is_type(column) => (2..=TYPES_MAX).contains(&distinct) && column.uniqueness() <= 0.25,
        _ => {
            let short = column.words_mean() <= 5.0 && column.length_mean() <= 40.0;
            let several =
                (2..=FACET_VALUES_MAX).contains(&distinct) && column.covered_by(1) <= 0.97;
            several && short && column.covered_by(50) >= COVERED_MIN
        }
    }
}

/// Long whole numbers of one length are names, not amounts.
fn looks_like_codes(column: &Column) -> bool {
    let long = |number: &f64| *number >= 1e6 && number.fract() == 0.0;
    let long = column.numbers.iter().filter(|number| long(number)).count();
    column.share(long) >= 0.5
}

/// How much a facet helps: how many products it speaks of, and how evenly it splits them.
fn usefulness(column: &Column, kind: Kind, rows: usize) -> f64 {
    let total = f64::from(column.values.max(1) as u32);
    let entropy: f64 = column
        .distinct
        .values()
        .map(|count| f64::from(*count) / total)
        .map(|share| -share * share.log2())
        .sum();
    let keyword = matches!(kind, Kind::Keyword | Kind::Path);
    let (bits_enough, weight) = match kind {
        Kind::Boolean => (1.0, 0.5),
        // Keywords without letters are ranges and measures: `0 - 40`.
        _ if keyword && column.letters < column.digits => (3.0, 0.4),
        _ if keyword => (3.0, 1.0),
        _ => (3.0, 0.8),
    };
    let split = (entropy / bits_enough).min(1.0);
    weight * split * column.filled(rows).sqrt()
}

fn range(column: &Column, attribute: &Attribute) -> String {
    if attribute.kind != Kind::Number {
        return String::new();
    }
    let least = column.numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = column
        .numbers
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    format!(" from {least} to {most}")
}
