//! Which column tells products apart, and which one groups variants.

use crate::catalog::feed::{Row, cell};

use super::columns::{Column, Columns};
use super::names::{self, plain_name, rank};

/// The columns of the id and of the group, by position.
pub(super) fn id_and_group(columns: &Columns, rows: &[Row]) -> (usize, Option<usize>) {
    let id = id(columns);
    let group = group(columns, id);
    let named_by_variants = group.and_then(|group| id_of_parents(columns, rows, group));
    (named_by_variants.unwrap_or(id), group)
}

/// The column that tells products apart: a known name and no value twice, else any short unique column.
fn id(columns: &Columns) -> usize {
    let all = || {
        columns
            .all
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.nested)
    };
    let named = |filled_min: f64| {
        let unique = all().filter(|(_, column)| column.uniqueness() >= 0.99);
        let filled = unique.filter(|(_, column)| column.filled(columns.rows) >= filled_min);
        surest(names::ID, filled)
    };
    let short = |column: &Column| {
        let unique = column.uniqueness() >= 0.99 && column.filled(columns.rows) >= 0.9;
        unique && column.words_mean() < 1.5 && column.length_mean() < 60.0
    };
    named(0.9)
        .or_else(|| named(0.3))
        .or_else(|| {
            all()
                .find(|(_, column)| short(column))
                .map(|(position, _)| position)
        })
        .or_else(|| surest(names::ID, all()))
        .unwrap_or(0)
}

/// Where variants name their parent, the id is the column that holds what they name.
fn id_of_parents(columns: &Columns, rows: &[Row], group_at: usize) -> Option<usize> {
    let group = &columns.all[group_at];
    plain_name(&group.name)
        .starts_with("parent")
        .then_some(())?;
    let is_parent = |row: &Row, column: &Column| {
        let cell = cell(&row.cells, &column.name).and_then(|cell| cell.as_str());
        cell.is_some_and(|cell| cell.trim() == group.first)
    };
    let named = columns.all.iter().enumerate().filter(|(position, column)| {
        *position != group_at && rank(names::ID, &plain_name(&column.name)).is_some()
    });
    let mut holding = named.filter(|(_, column)| rows.iter().any(|row| is_parent(row, column)));
    holding.next().map(|(position, _)| position)
}

/// The column with the surest spelling.
fn surest<'a>(list: &str, columns: impl Iterator<Item = (usize, &'a Column)>) -> Option<usize> {
    columns
        .filter_map(|(position, column)| {
            rank(list, &plain_name(&column.name)).map(|rank| (rank, position))
        })
        .min()
        .map(|(_, position)| position)
}

/// A column named like a group whose values repeat.
fn group(columns: &Columns, id: usize) -> Option<usize> {
    let repeats = |column: &Column| {
        // Where rows name a parent, it is one even when each has a single row.
        let parents = plain_name(&column.name).starts_with("parent");
        !column.nested
            && column.rows * 20 >= columns.rows
            && (parents || column.uniqueness() < 0.95)
    };
    let all = columns.all.iter().enumerate();
    surest(
        names::GROUP,
        all.filter(|(position, column)| *position != id && repeats(column)),
    )
}
