//! What was mended or left out on purpose without costing a row, counted by kind.

use std::fmt;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Further kinds of repairs are counted together.
const KINDS_MAX: usize = 500;

/// One kind of repair, as often as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Repair {
    /// What was done, in lowercase and without a full stop.
    pub what: String,
    pub rows: u64,
    /// The first line it was done on, counted from 1.
    pub first_line: u64,
}

/// Repairs so far.
#[derive(Debug, Default)]
pub struct Repairs {
    kinds: FxHashMap<String, Repair>,
}

impl Repairs {
    /// Counts a repair of this row.
    pub fn note(&mut self, what: &str, line: u64) {
        let is_known = self.kinds.contains_key(what);
        let what = match is_known || self.kinds.len() < KINDS_MAX {
            true => what,
            false => "mended in yet another way",
        };
        self.add(what, 1, line);
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, others: Repairs) {
        for repair in others.kinds.into_values() {
            self.add(&repair.what, repair.rows, repair.first_line);
        }
    }

    /// Every kind, the one that was first made first.
    pub fn into_list(self) -> Vec<Repair> {
        let mut list: Vec<Repair> = self.kinds.into_values().collect();
        list.sort_by(|left, right| {
            (left.first_line, &left.what).cmp(&(right.first_line, &right.what))
        });
        list
    }

    fn add(&mut self, what: &str, rows: u64, line: u64) {
        if let Some(known) = self.kinds.get_mut(what) {
            known.rows += rows;
            known.first_line = known.first_line.min(line);
            return;
        }
        let repair = Repair {
            what: what.to_string(),
            rows,
            first_line: line,
        };
        self.kinds.insert(what.to_string(), repair);
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.rows == 1 { "row" } else { "rows" };
        let (what, rows, line) = (&self.what, self.rows, self.first_line);
        write!(out, "{what}: {rows} {noun}, first on line {line}")
    }
}
