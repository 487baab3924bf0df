//! Events in; the shoppers' profiles out.
//!
//! An event is durable in the journal before it changes a profile, and it has changed the profile before whoever sent
//! it gets an answer. Entries are applied in the journal's order, so replaying the journal gives the same profiles.

pub mod affinity;
mod counter;
pub mod event;
mod keeper;
pub mod profile;
mod resident;
pub mod weights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use affinity::AffinitySettings;
pub use profile::{Leaning, Profile};

use crate::journal::{BATCH_MAX, Entry, JournalError};
use keeper::Keeper;

/// The profiles of all shoppers of a shop, over its journal. Dropping it saves what changed.
pub struct Shoppers {
    keeper: Keeper,
    settings: AffinitySettings,
    nobody: Arc<Profile>,
}

/// What became of a batch of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// How many were new.
    pub accepted: usize,
    /// Indices of those whose event id was recorded before; they changed nothing.
    pub duplicates: Vec<usize>,
}

/// What is known of one shopper, as `GET /v1/shoppers/{shopper}` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Summary {
    pub shopper: String,
    /// How many events were recorded.
    pub events: u64,
    /// Time of the latest event.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_seen: Option<Timestamp>,
    /// By attribute, the values the shopper leans to, strongest first.
    pub affinities: BTreeMap<String, Vec<Leaning>>,
    /// Products the shopper dismissed, the latest first.
    pub dismissed: Vec<String>,
}

/// Numbers for the metrics page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events accepted since the shop was opened.
    pub accepted: u64,
    /// Events left out as duplicates since the shop was opened.
    pub duplicates: u64,
    /// Entries in the journal.
    pub entries: u64,
    /// Entries that would be replayed if the shop were opened now.
    pub entries_to_replay: u64,
    /// Profiles in memory.
    pub resident: usize,
    /// Profiles in memory that wait for a checkpoint.
    pub changed: usize,
}

impl Shoppers {
    /// Opens the journal in `dir`, or creates it, and brings the profiles up to its last entry.
    pub fn open(dir: &Path, settings: AffinitySettings) -> Result<Shoppers, JournalError> {
        let nobody = Arc::new(Profile::empty(&settings));
        let keeper = Keeper::open(dir, &settings, nobody.clone())?;
        Ok(Shoppers {
            keeper,
            settings,
            nobody,
        })
    }

    /// Records `entries`, of any number, and returns when they are on disk and in the profiles.
    ///
    /// They are written `BATCH_MAX` at a time; after an error some of these batches may be recorded, so send the same
    /// entries again, with their ids.
    pub fn record(&self, entries: Vec<Entry>) -> Result<Recorded, JournalError> {
        let mut recorded = Recorded::default();
        let mut entries = entries.into_iter();
        let mut done = 0;
        loop {
            let batch: Vec<Entry> = entries.by_ref().take(BATCH_MAX).collect();
            if batch.is_empty() {
                return Ok(recorded);
            }
            let batch_len = batch.len();
            let appended = self.keeper.record(batch)?;
            recorded.accepted += appended.appended;
            let duplicates = appended.duplicates.iter().map(|index| index + done);
            recorded.duplicates.extend(duplicates);
            done += batch_len;
        }
    }

    /// The shopper's profile as it is now; an empty one for an unknown shopper.
    ///
    /// A profile that cannot be read counts as empty, so that a damaged file costs personalization, not the page.
    pub fn profile(&self, shopper: &str) -> Arc<Profile> {
        match self.keeper.profile(shopper) {
            Ok(Some(profile)) => profile,
            Ok(None) => self.nobody.clone(),
            Err(error) => {
                tracing::error!(%error, "a profile could not be read; the shopper gets the plain order");
                self.nobody.clone()
            }
        }
    }

    /// What is known of a shopper; `None` for an unknown one. `prior_share` gives the share of the shop that
    /// `(attribute, value)` has, above 0 and at most 1.
    pub fn summary(
        &self,
        shopper: &str,
        now: Timestamp,
        prior_share: impl Fn(&str, &str) -> f64,
    ) -> Result<Option<Summary>, JournalError> {
        let Some(profile) = self.keeper.profile(shopper)? else {
            return Ok(None);
        };
        let leanings = |attribute: &str| {
            profile.leanings(&self.settings, attribute, now, |value| {
                prior_share(attribute, value)
            })
        };
        Ok(Some(Summary {
            shopper: shopper.to_owned(),
            events: profile.events(),
            last_seen: profile.last_seen(),
            affinities: profile
                .attributes()
                .map(|attribute| (attribute.to_owned(), leanings(attribute)))
                .collect(),
            dismissed: profile.dismissed().map(str::to_owned).collect(),
        }))
    }

    /// Saves all changed profiles, so that the next opening replays nothing that happened before. Happens by itself
    /// after every 50,000 events.
    pub fn checkpoint(&self) -> Result<(), JournalError> {
        self.keeper.checkpoint()
    }

    pub fn counts(&self) -> Counts {
        self.keeper.counts()
    }

    /// The settings the shop was opened with.
    pub fn settings(&self) -> &AffinitySettings {
        &self.settings
    }
}
