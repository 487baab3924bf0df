//! Why the journal could not be opened, read or written.

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
        "journal {} is damaged ({reason}): move the file away to start empty, or restore a backup in its place",
        path.display()
    )]
    Corrupt { path: PathBuf, reason: String },
    #[error(
        "journal {} was written by a newer version ({reason}): run that version, or restore a backup",
        path.display()
    )]
    Newer { path: PathBuf, reason: String },
    #[error("journal {} cannot be read or written: {reason}", path.display())]
    Io { path: PathBuf, reason: String },
    #[error("a batch of {entries} events is too long: send at most {max} at once")]
    BatchTooLong { entries: usize, max: usize },
    #[error("the journal's writer has stopped: restart the server")]
    Stopped,
}

impl JournalError {
    /// What a failure of the store means for whoever runs the shop.
    pub(super) fn from_store(path: &Path, error: impl Into<redb::Error>) -> JournalError {
        let path = path.to_owned();
        match error.into() {
            redb::Error::DatabaseAlreadyOpen => JournalError::InUse { path },
            redb::Error::Io(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof
                ) =>
            {
                JournalError::corrupt(path, error)
            }
            redb::Error::UpgradeRequired(version) => JournalError::corrupt(
                path,
                format!("its file format {version} is no longer supported"),
            ),
            error @ (redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableIsMultimap(_)) => JournalError::corrupt(path, error),
            error => JournalError::Io {
                path,
                reason: error.to_string(),
            },
        }
    }

    pub(super) fn corrupt(path: PathBuf, reason: impl ToString) -> JournalError {
        JournalError::Corrupt {
            path,
            reason: reason.to_string(),
        }
    }
}
