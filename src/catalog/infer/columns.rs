//! What is in a feed's columns: how much is filled, with what, how varied.

use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::feed::{Cell, Cells, Row, cell};
use crate::catalog::notation::{boolean, date, in_stock, number};
use crate::catalog::values::plain_number;

/// Columns beyond this many are passed over.
const COLUMNS_MAX: usize = 20_000;

/// Objects inside objects are looked into this deep.
const DEPTH_MAX: usize = 3;

/// Names of columns that hold variants when they hold a list of objects.
const VARIANT_LISTS: [&str; 5] = ["variants", "variations", "skus", "offers", "varianten"];

/// Everything that was counted in one column.
#[derive(Debug, Default)]
pub(super) struct Column {
    /// As rows are asked for it; `a.b` for the field `b` of the object `a`.
    pub(super) name: String,
    /// It stands in nested variants.
    pub(super) nested: bool,
    /// Rows that have a value here.
    pub(super) rows: usize,
    /// Rows that have several.
    pub(super) lists: usize,
    /// Values; several in one row count each.
    pub(super) values: usize,
    pub(super) json_booleans: usize,
    pub(super) booleans: usize,
    pub(super) trues: usize,
    pub(super) numbers: Vec<f64>,
    pub(super) amounts: usize,
    pub(super) stock_words: usize,
    pub(super) dates: usize,
    pub(super) addresses: usize,
    pub(super) pictures: usize,
    pub(super) paths: usize,
    pub(super) piped: usize,
    pub(super) commas: usize,
    pub(super) letters: usize,
    pub(super) digits: usize,
    pub(super) length: usize,
    pub(super) words: usize,
    /// Hash of each value and how often it occurs.
    pub(super) distinct: FxHashMap<u64, u32>,
    pub(super) first: String,
}

/// The columns of a feed in the order they were first seen.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// The column that holds nested variants.
    pub(super) variants: Option<String>,
    pub(super) rows: usize,
    positions: FxHashMap<(bool, String), usize>,
}

impl Columns {
    pub(super) fn of(rows: &[Row]) -> Columns {
        let mut columns = Columns {
            variants: variants_in(rows),
            rows: rows.len(),
            ..Columns::default()
        };
        for row in rows {
            let mut seen = FxHashSet::default();
            columns.count_object(&row.cells, "", false, 0, &mut seen);
        }
        columns
    }

    fn count_object(
        &mut self,
        object: &Cells<'_>,
        prefix: &str,
        nested: bool,
        depth: usize,
        seen: &mut FxHashSet<usize>,
    ) {
        for (key, cell) in object.iter() {
            if !nested && prefix.is_empty() && Some(key) == self.variants.as_deref() {
                let variants = cell.as_array().into_iter().flatten();
                for variant in variants.filter_map(Cell::as_object) {
                    self.count_object(variant, "", true, depth + 1, seen);
                }
            } else {
                self.count_cell(cell, &format!("{prefix}{key}"), nested, depth, seen);
            }
        }
    }

    fn count_cell(
        &mut self,
        cell: &Cell<'_>,
        name: &str,
        nested: bool,
        depth: usize,
        seen: &mut FxHashSet<usize>,
    ) {
        match cell {
            Cell::Object(object) if depth < DEPTH_MAX => {
                self.count_object(object, &format!("{name}."), nested, depth + 1, seen);
            }
            Cell::Array(list) => {
                for item in list.iter().filter(|item| !item.is_array()) {
                    self.count_cell(item, name, nested, depth, seen);
                }
            }
            Cell::Bool(_) | Cell::Number(_) | Cell::Str(_) => {
                if let Some(position) = self.position(name, nested) {
                    let column = &mut self.all[position];
                    if column.count(cell) {
                        let again = !seen.insert(position);
                        column.rows += usize::from(!again);
                        column.lists += usize::from(again);
                    }
                }
            }
            Cell::Null | Cell::Object(_) => {}
        }
    }

    fn position(&mut self, name: &str, nested: bool) -> Option<usize> {
        let key = (nested, name.to_string());
        if let Some(position) = self.positions.get(&key) {
            return Some(*position);
        }
        if self.all.len() >= COLUMNS_MAX {
            return None;
        }
        self.all.push(Column {
            name: name.to_string(),
            nested,
            ..Column::default()
        });
        self.positions.insert(key, self.all.len() - 1);
        Some(self.all.len() - 1)
    }
}

/// The column whose cells are lists of objects and that is named like variants.
fn variants_in(rows: &[Row]) -> Option<String> {
    let is_list = |row: &Row, name: &str| {
        let list = cell(&row.cells, name).and_then(Cell::as_array);
        list.is_some_and(|list| list.first().is_some_and(Cell::is_object))
    };
    let found = VARIANT_LISTS
        .iter()
        .find(|name| rows.iter().any(|row| is_list(row, name)));
    found.map(|name| name.to_string())
}

impl Column {
    /// Counts a value; false when it is empty.
    fn count(&mut self, cell: &Cell<'_>) -> bool {
        let text = match cell {
            Cell::Str(text) => text.trim().to_string(),
            Cell::Number(number) => plain_number(number),
            other => other.to_string(),
        };
        if text.is_empty() {
            return false;
        }
        self.values += 1;
        self.json_booleans += usize::from(cell.is_bool());
        let truth = boolean(&text);
        self.booleans += usize::from(truth.is_some());
        self.trues += usize::from(truth == Some(true));
        self.stock_words += usize::from(in_stock(&text).is_some());
        self.numbers.extend(number(&text, false));
        self.amounts += usize::from(number(&text, true).is_some());
        self.dates += usize::from(text.contains(['-', '.']) && date(&text).is_some());
        self.count_text(&text);
        if self.first.is_empty() {
            self.first = text;
        }
        true
    }

    fn count_text(&mut self, text: &str) {
        let lower = text.to_lowercase();
        let is_address = lower.starts_with("http://")
            || lower.starts_with("https://")
            || lower.starts_with("//");
        let pictures = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"];
        let file = lower.split(['?', '#']).next().unwrap_or(&lower);
        self.addresses += usize::from(is_address);
        self.pictures += usize::from(pictures.iter().any(|ending| file.ends_with(ending)));
        self.paths += usize::from(lower.contains(" > ") || lower.contains("&gt;"));
        self.piped += usize::from(lower.contains('|'));
        self.commas += usize::from(lower.contains(','));
        self.letters += lower
            .chars()
            .filter(|letter| letter.is_alphabetic())
            .count();
        self.digits += lower.chars().filter(char::is_ascii_digit).count();
        self.length += lower.chars().count();
        self.words += lower.split_whitespace().count();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        *self.distinct.entry(hasher.finish()).or_default() += 1;
    }

    /// Share of the values that are so, 0 to 1.
    pub(super) fn share(&self, count: usize) -> f64 {
        count as f64 / self.values.max(1) as f64
    }

    /// Share of the feed's rows that have a value here, 0 to 1.
    pub(super) fn filled(&self, rows: usize) -> f64 {
        self.rows as f64 / rows.max(1) as f64
    }

    /// Different values per value, 1 when no value occurs twice.
    pub(super) fn uniqueness(&self) -> f64 {
        self.share(self.distinct.len())
    }

    pub(super) fn words_mean(&self) -> f64 {
        self.share(self.words)
    }

    pub(super) fn length_mean(&self) -> f64 {
        self.share(self.length)
    }

    /// Mostly numbers, whatever their type in the feed.
    pub(super) fn is_numeric(&self) -> bool {
        self.values > 0 && self.share(self.numbers.len()) >= 0.98
    }

    pub(super) fn is_boolean(&self) -> bool {
        let in_json = self.json_booleans == self.values;
        let in_words = self.booleans == self.values && !self.is_numeric();
        self.values > 0 && (in_json || in_words && self.distinct.len() <= 2)
    }

    pub(super) fn is_date(&self) -> bool {
        !self.is_numeric() && self.share(self.dates) >= 0.9
    }

    pub(super) fn is_address(&self) -> bool {
        self.share(self.addresses) >= 0.8
    }

    pub(super) fn is_picture(&self) -> bool {
        self.share(self.pictures) >= 0.8
    }

    pub(super) fn is_path(&self) -> bool {
        self.share(self.paths) >= 0.3
    }

    /// Neither numbers, truths, dates nor addresses.
    pub(super) fn is_words(&self) -> bool {
        let other = self.is_numeric() || self.is_boolean() || self.is_date();
        self.values > 0 && !other && !self.is_address() && !self.is_picture()
    }

    pub(super) fn median(&self) -> f64 {
        let mut numbers = self.numbers.clone();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
    }

    /// Share of the values that are one of the `count` most frequent ones, 0 to 1.
    pub(super) fn covered_by(&self, count: usize) -> f64 {
        let mut counts: Vec<u32> = self.distinct.values().copied().collect();
        counts.sort_unstable_by(|left, right| right.cmp(left));
        let covered: u32 = counts.iter().take(count).sum();
        self.share(covered as usize)
    }

    /// Whole amounts that end as prices in cents do: 995, 1499.
    pub(super) fn looks_like_cents(&self) -> bool {
        let ends_like_a_price = |number: &&f64| matches!(**number % 10.0, 4.0 | 5.0 | 9.0);
        let whole = self.numbers.iter().all(|number| number.fract() == 0.0);
        let ending = self.numbers.iter().filter(ends_like_a_price).count();
        whole && self.median() >= 1000.0 && self.share(ending) >= 0.8
    }
}
