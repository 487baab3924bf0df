//! The one thread that writes: batches that wait together become one transaction and share its sync to disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use redb::{Database, Durability, ReadableTable, Table, TableDefinition, WriteTransaction};

use super::error::{JournalError, StoreError, guarded};

pub(super) const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
pub(super) const IDS: TableDefinition<'_, u128, u64> = TableDefinition::new("ids");
pub(super) const PROFILES: TableDefinition<'_, &str, (u64, &[u8])> =
    TableDefinition::new("profiles");
pub(super) const STATE: TableDefinition<'_, &str, u64> = TableDefinition::new("state");

/// Keys of `STATE`.
pub(super) const FORMAT: &str = "format";
pub(super) const NEXT_SEQUENCE: &str = "next_sequence";
pub(super) const WATERMARK: &str = "watermark";
pub(super) const MADE_WITH: &str = "profiles_made_with";

/// At most about this many entries in one transaction, so that nobody waits long for it.
const GROUP_ENTRIES_MAX: usize = 5_000;

/// An entry, encoded by the caller's thread, and the hash of its event's id.
pub(super) struct Item {
    pub id: Option<u128>,
    pub bytes: Vec<u8>,
}

/// What an append did, once it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Sequence of the first new entry; the others follow without a gap, in the batch's order.
    pub first_sequence: u64,
    /// How many were new.
    pub appended: usize,
    /// Indices in the batch of entries whose event id was recorded before.
    pub duplicates: Vec<usize>,
}

/// A profile as its owner encoded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedProfile {
    pub shopper: String,
    /// Sequence of the last entry that the profile contains.
    pub sequence: u64,
    pub bytes: Vec<u8>,
}

pub(super) enum Work {
    Append {
        items: Vec<Item>,
        reply: SyncSender<Result<Appended, JournalError>>,
    },
    Save {
        profiles: Vec<SavedProfile>,
        watermark: Option<u64>,
        reply: SyncSender<Result<(), JournalError>>,
    },
}

impl Work {
    fn len(&self) -> usize {
        match self {
            Work::Append { items, .. } => items.len(),
            Work::Save { profiles, .. } => profiles.len(),
        }
    }
}

/// Writes until every sender is gone.
pub(super) fn run(database: &Arc<Database>, path: &Path, work: &Receiver<Work>) {
    while let Ok(first) = work.recv() {
        let mut entries = first.len();
        let mut group = vec![first];
        while entries < GROUP_ENTRIES_MAX
            && let Ok(next) = work.try_recv()
        {
            entries += next.len();
            group.push(next);
        }
        let outcome = guarded(path, || commit(database, &group));
        answer(group, outcome);
    }
}

/// All of `group` in one durable transaction; for each piece of work what it appended.
fn commit(database: &Database, group: &[Work]) -> Result<Vec<Appended>, StoreError> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    let appended = write(&transaction, group)?;
    transaction.commit()?;
    Ok(appended)
}

fn write(transaction: &WriteTransaction, group: &[Work]) -> Result<Vec<Appended>, StoreError> {
    let mut entries = transaction.open_table(ENTRIES)?;
    let mut ids = transaction.open_table(IDS)?;
    let mut profiles = transaction.open_table(PROFILES)?;
    let mut state = transaction.open_table(STATE)?;
    let mut next = read_state(&state, NEXT_SEQUENCE)?.unwrap_or(1);
    let mut outcomes = Vec::with_capacity(group.len());
    for work in group {
        match work {
            Work::Append { items, .. } => {
                let appended = append(&mut entries, &mut ids, next, items)?;
                next += appended.appended as u64;
                outcomes.push(appended);
            }
            Work::Save {
                profiles: saved,
                watermark,
                ..
            } => {
                for profile in saved {
                    let value = (profile.sequence, profile.bytes.as_slice());
                    profiles.insert(profile.shopper.as_str(), value)?;
                }
                if let Some(watermark) = watermark {
                    state.insert(WATERMARK, watermark)?;
                }
                outcomes.push(Appended {
                    first_sequence: next,
                    appended: 0,
                    duplicates: Vec::new(),
                });
            }
        }
    }
    state.insert(NEXT_SEQUENCE, next)?;
    Ok(outcomes)
}

fn append(
    entries: &mut Table<'_, u64, &[u8]>,
    ids: &mut Table<'_, u128, u64>,
    first_sequence: u64,
    items: &[Item],
) -> Result<Appended, StoreError> {
    let mut duplicates = Vec::new();
    let mut next = first_sequence;
    for (index, item) in items.iter().enumerate() {
        if let Some(id) = item.id {
            if ids.get(id)?.is_some() {
                duplicates.push(index);
                continue;
            }
            ids.insert(id, next)?;
        }
        entries.insert(next, item.bytes.as_slice())?;
        next += 1;
    }
    Ok(Appended {
        first_sequence,
        appended: (next - first_sequence) as usize,
        duplicates,
    })
}

/// A caller that stopped waiting is no failure: what it sent is recorded all the same.
fn answer(group: Vec<Work>, outcome: Result<Vec<Appended>, JournalError>) {
    let mut appended = outcome
        .as_ref()
        .ok()
        .cloned()
        .unwrap_or_default()
        .into_iter();
    for work in group {
        let result = match (&outcome, appended.next()) {
            (Err(error), _) => Err(error.clone()),
            (Ok(_), Some(appended)) => Ok(appended),
            (Ok(_), None) => Err(JournalError::Stopped),
        };
        match work {
            Work::Append { reply, .. } => drop(reply.send(result)),
            Work::Save { reply, .. } => drop(reply.send(result.map(|_| ()))),
        }
    }
}

pub(super) fn read_state(
    state: &impl ReadableTable<&'static str, u64>,
    key: &str,
) -> Result<Option<u64>, StoreError> {
    Ok(state.get(key)?.map(|value| value.value()))
}
