//! The deeds of a journal, also while another process has it open: its files are only ever appended to.

use std::path::Path;

use super::entry::{Deed, Record};
use super::error::JournalError;
use super::keys::{KEYS_FILE, Keys};
use super::log::{self, Bodies};
use super::{contents, stored};

/// Hands the readable deeds of the journal in `dir` to `visit`, in the order they were accepted; there are none where
/// there is no journal. What is written meanwhile may be left out.
pub fn read_deeds(dir: &Path, mut visit: impl FnMut(Deed)) -> Result<(), JournalError> {
    if !dir.join(KEYS_FILE).exists() {
        return Ok(());
    }
    let keys = Keys::open(dir)?;
    for (_, path) in log::files(dir)? {
        let bytes = contents(&path)?;
        for body in Bodies::of(&bytes, true) {
            let record = stored::decode(&keys, body);
            let record = record.map_err(|reason| JournalError::corrupt(&path, reason))?;
            if let Record::Deed { deed, .. } = record {
                visit(deed);
            }
        }
    }
    Ok(())
}
