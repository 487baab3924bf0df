//! The one thread that writes the log: batches that wait together share one sync to disk.

use std::sync::mpsc::{Receiver, SyncSender};

use super::error::JournalError;
use super::log::Log;

/// At most about this many records in one write, so that nobody waits long for it.
const GROUP_RECORDS_MAX: u64 = 10_000;

/// Records on their way to the disk.
pub(super) struct Work {
    pub framed: Vec<u8>,
    pub records: u64,
    pub reply: SyncSender<Result<(), JournalError>>,
}

/// Writes until every sender is gone, or until the disk fails: then nothing more is written, so that the log never has
/// a gap.
pub(super) fn run(mut log: Log, work: &Receiver<Work>) {
    let mut failure = None;
    while let Ok(first) = work.recv() {
        let mut group = vec![first];
        let mut records = group[0].records;
        while records < GROUP_RECORDS_MAX
            && let Ok(next) = work.try_recv()
        {
            records += next.records;
            group.push(next);
        }
        if failure.is_none() {
            failure = append(&mut log, &group, records).err();
        }
        for Work { reply, .. } in group {
            // A caller that stopped waiting is no failure: what it sent is recorded all the same.
            let _ = reply.send(failure.clone().map_or(Ok(()), Err));
        }
    }
}

fn append(log: &mut Log, group: &[Work], records: u64) -> Result<(), JournalError> {
    match group {
        _ if records == 0 => Ok(()),
        [only] => log.append(&only.framed, records),
        group => {
            let framed: Vec<&[u8]> = group.iter().map(|work| work.framed.as_slice()).collect();
            log.append(&framed.concat(), records)
        }
    }
}
