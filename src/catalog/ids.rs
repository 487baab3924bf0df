//! Ids of products and variants: what may be one, and where each was first seen.

use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxHashMap;

use crate::catalog::feed::{Cell, Cells};
use crate::catalog::notation::is_shortened;
use crate::catalog::product::ID_BYTES_MAX;
use crate::catalog::values::{cells_at, plain_number};

/// The line each id was first seen on; ids are kept as 64-bit hashes.
#[derive(Debug, Default)]
pub(super) struct IdLines(FxHashMap<u64, u64>);

impl IdLines {
    /// Remembers the line of an id.
    ///
    /// # Errors
    /// When the id was seen before: names that line.
    pub(super) fn take(&mut self, line: u64, id: &str, noun: &str) -> Result<(), String> {
        match self.0.entry(hash(id)) {
            Entry::Vacant(free) => {
                free.insert(line);
                Ok(())
            }
            Entry::Occupied(first) => {
                let line = first.get();
                Err(format!(
                    "{noun} `{id}` is there twice, the first is on line {line}"
                ))
            }
        }
    }

    pub(super) fn line_of(&self, id: &str) -> Option<u64> {
        self.0.get(&hash(id)).copied()
    }
}

/// The id in a column.
pub(super) fn required_id(cells: &Cells<'_>, column: &str) -> Result<String, String> {
    id_in(cells, column)?.ok_or_else(|| no_id(column))
}

/// The id in a column, `None` when the cell is empty or missing.
pub(super) fn id_in(cells: &Cells<'_>, column: &str) -> Result<Option<String>, String> {
    let id = match cells_at(cells, column).first() {
        None | Some(Cell::Null) => return Ok(None),
        Some(Cell::Str(text)) => text.trim().to_string(),
        Some(Cell::Number(number)) => plain_number(number),
        Some(_) => return Err(format!("the id in `{column}` is neither text nor a number")),
    };
    if id.len() > ID_BYTES_MAX {
        return Err(format!(
            "the id in `{column}` is {} bytes long, at most {ID_BYTES_MAX} are allowed",
            id.len()
        ));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the id in `{column}` holds control letters"));
    }
    if is_shortened(&id) {
        return Err(format!(
            "the id `{id}` in `{column}` was shortened by a spreadsheet; format the column as text and export again"
        ));
    }
    Ok((!id.is_empty()).then_some(id))
}

pub(super) fn no_id(column: &str) -> String {
    format!("has no id, column `{column}` is empty or missing")
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
