//! Which columns differ between the rows of one group, and so belong to the variants.

use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalog::feed::Row;
use crate::catalog::values::cells_at;

use super::columns::Columns;
use super::roles::Roles;

/// A column belongs to the variants when it differs in at least this share of the groups that have several rows.
const DIFFERS_SHARE_MIN: f64 = 0.02;

/// By position of the column: whether its value differs between the rows of one group.
pub(super) fn varies(columns: &Columns, rows: &[Row], roles: &Roles) -> Vec<bool> {
    let mut varies = vec![false; columns.all.len()];
    let Some(group) = roles
        .group
        .map(|position| columns.all[position].name.as_str())
    else {
        return varies;
    };
    let id = columns.all[roles.id].name.as_str();
    let mut sizes: FxHashMap<u64, usize> = FxHashMap::default();
    // Rows without an id are no variants.
    let key = |row: &Row| cell_hash(row, id).and_then(|_| cell_hash(row, group));
    let keys: Vec<Option<u64>> = rows.iter().map(key).collect();
    for key in keys.iter().flatten() {
        *sizes.entry(*key).or_default() += 1;
    }
    let several = sizes.values().filter(|size| **size > 1).count();
    for (position, column) in columns.all.iter().enumerate() {
        let differing = differing_groups(rows, &keys, &column.name);
        varies[position] = differing > 0 && differing as f64 >= DIFFERS_SHARE_MIN * several as f64;
    }
    varies
}

fn differing_groups(rows: &[Row], keys: &[Option<u64>], column: &str) -> usize {
    let mut first: FxHashMap<u64, u64> = FxHashMap::default();
    let mut differing: FxHashSet<u64> = FxHashSet::default();
    for (row, key) in rows.iter().zip(keys) {
        let (Some(key), Some(value)) = (key, cell_hash(row, column)) else {
            continue;
        };
        match first.entry(*key) {
            Entry::Vacant(free) => {
                free.insert(value);
            }
            Entry::Occupied(seen) if *seen.get() != value => {
                differing.insert(*key);
            }
            Entry::Occupied(_) => {}
        }
    }
    differing.len()
}

fn cell_hash(row: &Row, column: &str) -> Option<u64> {
    let cell = *cells_at(&row.cells, column).first()?;
    let text = match cell.as_str() {
        Some(text) => text.trim().to_string(),
        None if cell.is_null() => return None,
        None => cell.to_string(),
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    (!text.is_empty()).then(|| hasher.finish())
}
