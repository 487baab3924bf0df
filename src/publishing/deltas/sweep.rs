//! Changes that no generation needs any more are taken out of the log; what they say of versions stays.

use std::io;
use std::path::Path;

use super::Live;
use super::log::{Entry, Log, What};
use crate::publishing::generation::generations;

/// A shorter log is not worth sweeping.
const RECORDS_MIN: usize = if cfg!(test) { 4 } else { 10_000 };

impl Live {
    /// Rewrites the log when at least half of its changes are part of every generation that is kept.
    pub(super) fn sweep(&mut self, data: &Path) -> io::Result<()> {
        if self.records < RECORDS_MIN {
            return Ok(());
        }
        let _lock = self.log.lock()?;
        self.read_on()?;
        let mut log = Log::of_same(&self.log);
        let (entries, _) = log.read_on()?;
        let kept: Vec<_> = generations(data).iter().map(|own| own.built).collect();
        let is_needed = |entry: &&Entry| match &entry.what {
            What::Known { .. } => false,
            What::Applied { since, .. } => kept.iter().any(|built| {
                entry.number > built.changes && built.as_of.is_none_or(|feed| *since > feed)
            }),
        };
        let needed: Vec<&Entry> = entries.iter().filter(is_needed).collect();
        if 2 * needed.len() > entries.len() {
            return Ok(());
        }
        // Of those that are kept, replaying says again what is known; it must not be said before them.
        let mut ids: Vec<_> = self.known.iter().collect();
        ids.sort_unstable_by_key(|(id, _)| id.as_str());
        let known = ids.into_iter().map(|(id, known)| Entry {
            number: 0,
            what: What::Known {
                id: id.clone(),
                known: *known,
            },
        });
        let last = entries.last().map(|last| Entry {
            number: last.number,
            what: What::Known {
                id: String::new(),
                known: Default::default(),
            },
        });
        let rest = needed.into_iter().cloned().chain(known).chain(last);
        let rest: Vec<Entry> = rest.collect();
        self.log.rewrite(&rest)?;
        self.records = rest.len();
        Ok(())
    }
}
