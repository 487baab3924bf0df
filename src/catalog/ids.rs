//! Ids of products and variants: what may be one, and where each was first seen.

use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};

use crate::catalog::feed::Row;
use crate::catalog::product::ID_BYTES_MAX;
use crate::catalog::values::{cells_at, plain_number};
use crate::problem::Problem;

/// The line each id was first seen on; ids are kept as 64-bit hashes.
#[derive(Debug, Default)]
pub(super) struct IdLines(FxHashMap<u64, u64>);

impl IdLines {
    /// Remembers the line of an id.
    ///
    /// # Errors
    /// When the id was seen before: names that line.
    pub(super) fn take(&mut self, row: &Row, id: &str, noun: &str) -> Result<(), Problem> {
        match self.0.entry(hash(id)) {
            Entry::Vacant(free) => {
                free.insert(row.line);
                Ok(())
            }
            Entry::Occupied(first) => {
                let line = first.get();
                let reason = format!("{noun} `{id}` is there twice, the first is on line {line}");
                Err(row.problem(reason))
            }
        }
    }

    pub(super) fn line_of(&self, id: &str) -> Option<u64> {
        self.0.get(&hash(id)).copied()
    }
}

pub(super) fn required_id(row: &Row, column: &str) -> Result<String, Problem> {
    match id_in(&row.cells, column) {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(row.problem(no_id(column))),
        Err(reason) => Err(row.problem(reason)),
    }
}

/// The id in a column, `None` when the cell is empty or missing.
pub(super) fn id_in(cells: &Map<String, Json>, column: &str) -> Result<Option<String>, String> {
    let id = match cells_at(cells, column).first() {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(text)) => text.trim().to_string(),
        Some(Json::Number(number)) => plain_number(number),
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
