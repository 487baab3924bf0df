//! The columns that became no attribute, and why: an engineer who misses one should not have to guess.

use crate::catalog::schema::Attribute;

use super::columns::{Column, Columns};
use super::facets::{FILLED_MIN, why_no_facet};
use super::roles::Roles;

/// `column: reason` for every column that no attribute has, in the order of the feed.
pub(super) fn left_out(columns: &Columns, roles: &Roles, attributes: &[Attribute]) -> Vec<String> {
    let used: Vec<&str> = attributes.iter().flat_map(Attribute::columns).collect();
    let is_key = |position: usize| position == roles.id || Some(position) == roles.group;
    let all = columns.all.iter().enumerate();
    all.filter(|(position, column)| !is_key(*position) && !used.contains(&column.name.as_str()))
        .map(|(_, column)| format!("{}: {}", column.name, why(column, columns.rows)))
        .collect()
}

fn why(column: &Column, rows: usize) -> String {
    if column.values == 0 {
        return "always empty".into();
    }
    let filled = column.filled(rows);
    if filled < FILLED_MIN {
        return format!("filled in only {:.1} % of the rows", 100.0 * filled);
    }
    why_no_facet(column).unwrap_or_else(|| "says less about products than those above".into())
}
