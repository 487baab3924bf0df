//! Why the journal could not be opened, read or written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Cloneable, since all callers of one group commit share its failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error(
        "journal {} is in use by another process: stop that process, or use another shop directory",
        path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "journal {} is damaged ({reason}): restore a backup in its place, or move its folder away to start empty",
        path.display()
    )]
    Corrupt { path: PathBuf, reason: String },
    #[error("journal {} is lost ({reason}): restore a backup in its place", path.display())]
    Lost { path: PathBuf, reason: String },
    #[error(
        "journal {} was written by a newer version ({reason}): run that version, or restore a backup",
        path.display()
    )]
    Newer { path: PathBuf, reason: String },
    #[error(
        "journal {} was written by a version that could not erase shoppers: move the file away and replay the events with `endcap replay`",
        path.display()
    )]
    Older { path: PathBuf },
    #[error("journal {} cannot be read or written: {reason}", path.display())]
    Io { path: PathBuf, reason: String },
    #[error(
        "profiles could not be saved before; events are recorded all the same, and the next start of the server saves them"
    )]
    Unsaved,
    #[error(
        "the journal's writer has stopped: look at the log for the reason and restart the server"
    )]
    Stopped,
}

impl JournalError {
    pub(super) fn corrupt(path: &Path, reason: impl ToString) -> JournalError {
        JournalError::Corrupt {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn lost(path: &Path, reason: impl ToString) -> JournalError {
        JournalError::Lost {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn io(path: &Path, reason: impl ToString) -> JournalError {
        JournalError::Io {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// A failure of the store. Boxed, since it is large and rare.
pub(super) struct StoreError(Box<redb::Error>);

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        StoreError(Box::new(error.into()))
    }
}

/// What a failure of the store means for whoever runs the shop. The store panics on some damaged pages, which is
/// damage like any other here.
pub(super) fn guarded<T>(
    path: &Path,
    access: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, JournalError> {
    let outcome = catch_unwind(AssertUnwindSafe(access))
        .map_err(|_| JournalError::corrupt(path, "its pages contradict each other"))?;
    outcome.map_err(|StoreError(error)| explained(path, *error))
}

fn explained(path: &Path, error: redb::Error) -> JournalError {
    match error {
        redb::Error::DatabaseAlreadyOpen => JournalError::InUse {
            path: path.to_owned(),
        },
        redb::Error::Io(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof
            ) =>
        {
            JournalError::corrupt(path, error)
        }
        redb::Error::UpgradeRequired(version) => {
            let reason = format!("its file format {version} is no longer supported");
            JournalError::corrupt(path, reason)
        }
        error @ (redb::Error::Corrupted(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableIsMultimap(_)) => JournalError::corrupt(path, error),
        error => JournalError::io(path, error),
    }
}
