//! Back to an earlier generation, on purpose.

use jiff::Timestamp;

use super::generation::{Manifest, go_back};
use super::publications::{Outcome, Publication, record};
use super::{PublishError, ShopPaths};

/// Makes an earlier generation live again, the one before the live one when none is named, and writes down why.
///
/// # Errors
/// When there is none, or it is damaged, or another process is indexing.
pub fn roll_back(
    paths: &ShopPaths,
    to: Option<u64>,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Manifest, PublishError> {
    let manifest = go_back(&paths.data, to)?;
    let entry = Publication {
        at: now,
        what: Outcome::RolledBack,
        live: Some(manifest.generation),
        feed: manifest.feed.clone(),
        counts: Some(manifest.counts),
        refused: manifest.refused,
        differences: None,
        beyond: Vec::new(),
        reason,
    };
    record(&paths.data, &entry).map_err(PublishError::io(&paths.data))?;
    Ok(manifest)
}
