//! The one thread that writes the log: it seals records, and batches that wait together share one sync to disk.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use super::entry::Record;
use super::error::JournalError;
use super::keys::Keys;
use super::log::{Log, frame};
use super::stored;

/// At most about this many records in one write, so that nobody waits long for it.
const GROUP_RECORDS_MAX: usize = 10_000;

/// Records on their way to the disk.
pub(super) struct Work {
    pub records: Vec<Record>,
    pub reply: SyncSender<Result<(), JournalError>>,
}

/// Writes until every sender is gone, or until the disk fails: then nothing more is written, so that the log never has
/// a gap.
pub(super) fn run(mut log: Log, keys: &Arc<Keys>, work: &Receiver<Work>) {
    let mut failure = None;
    let mut framed = Vec::new();
    while let Ok(first) = work.recv() {
        let mut group = vec![first];
        let mut records = group[0].records.len();
        while records < GROUP_RECORDS_MAX
            && let Ok(next) = work.try_recv()
        {
            records += next.records.len();
            group.push(next);
        }
        if failure.is_none() && records > 0 {
            framed.clear();
            for record in group.iter().flat_map(|work| &work.records) {
                frame(&mut framed, |body| stored::encode(keys, record, body));
            }
            failure = log.append(&framed, records as u64).err();
        }
        for Work { reply, .. } in group {
            // A caller that stopped waiting is no failure: what it sent is recorded all the same.
            let _ = reply.send(failure.clone().map_or(Ok(()), Err));
        }
    }
    if failure.is_none()
        && let Err(error) = log.close()
    {
        tracing::warn!(%error, "the log keeps room that it does not need");
    }
}
