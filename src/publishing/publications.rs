//! The history of a shop's catalog: what was published, refused and rolled back, when, and why.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::differences::Differences;
use super::guards::Counts;

/// Where the history stands, in the data directory: one line of JSON for each entry.
const HISTORY_FILE: &str = "history.jsonl";

/// The oldest entries are dropped beyond this many.
const ENTRIES_MAX: usize = 10_000;

/// One thing that happened to the catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Publication {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub what: Outcome,
    /// The generation that is live afterwards.
    pub live: Option<u64>,
    pub feed: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Lines that were refused.
    #[serde(default)]
    pub refused: u64,
    /// Against the generation that was live before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differences: Option<Differences>,
    /// Limits that were exceeded, when it was forced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<String>,
    /// Why it was refused, forced or rolled back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Published,
    /// Published beyond the limits, for a reason.
    Forced,
    /// A feed of changes was applied to what is live.
    Changed,
    /// Nothing changed.
    Refused,
    RolledBack,
}

/// Every entry, the newest last; lines that cannot be read, as after a power cut, are passed over.
pub fn publications(data: &Path) -> io::Result<Vec<Publication>> {
    let text = match fs::read_to_string(data.join(HISTORY_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let read = |line: &str| serde_json::from_str(line).ok();
    Ok(text.lines().filter_map(read).collect())
}

/// Adds an entry and waits until it is on disk.
pub(super) fn record(data: &Path, entry: &Publication) -> io::Result<()> {
    let path = data.join(HISTORY_FILE);
    let text = fs::read_to_string(&path).unwrap_or_default();
    let line = serde_json::to_string(entry).map_err(io::Error::other)?;
    if text.lines().count() >= ENTRIES_MAX {
        let kept: Vec<&str> = text
            .lines()
            .skip(ENTRIES_MAX / 10)
            .chain([line.as_str()])
            .collect();
        let next = data.join("history.next");
        crate::catalog::write_durably(&next, (kept.join("\n") + "\n").as_bytes())?;
        return fs::rename(next, path);
    }
    // What a power cut left of a line must not spoil the next.
    let begin = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{begin}{line}\n").as_bytes())?;
    file.sync_all()
}
