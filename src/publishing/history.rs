//! Changes of merchants' files: written whole, with who, when and why; every version stays and can come back.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ShopPaths, fingerprint};
use crate::catalog::write_durably;

/// Where versions are kept, inside the data directory.
const HISTORY_DIR: &str = "history";
const LOG_FILE: &str = "log.jsonl";
const LOCK_FILE: &str = "lock";

/// What is written into a file in which nothing should be.
const NOTHING: &str = "# Nothing.\n";

/// Why there is a version that nobody published.
const BY_HAND: &str = "edited in the file";

/// The version of a file that is not there.
pub const NO_VERSION: &str = "none";

/// Who changes a file, when, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub who: String,
    pub when: Timestamp,
    pub why: String,
}

impl Change {
    fn by_hand(when: Timestamp) -> Change {
        Change {
            who: String::new(),
            when,
            why: BY_HAND.into(),
        }
    }
}

/// A version of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Version {
    /// 16 hexadecimal digits that stand for the text.
    pub version: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub who: String,
    pub why: String,
}

/// Why a file was not changed, or a version not found.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error(
        "{file} is at version {found}, not {expected}: somebody else changed it; read it again and repeat your change"
    )]
    Changed {
        file: String,
        expected: String,
        found: String,
    },
    #[error("{file} has no version `{version}`: its history lists those it has")]
    UnknownVersion { file: String, version: String },
    #[error("there is no {file}, and there never was")]
    NoFile { file: String },
    #[error("{file} has no version before this one, so there is nothing to undo")]
    NothingToUndo { file: String },
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// What stands for a text.
pub fn version_of(text: &str) -> String {
    let bytes = text.bytes().map(u64::from);
    format!(
        "{:016x}",
        bytes.fold(fingerprint::OF_NOTHING, fingerprint::add)
    )
}

/// The text of a file and its version; empty and `NO_VERSION` when there is none.
pub fn current(paths: &ShopPaths, file: &str) -> Result<(String, String), HistoryError> {
    let path = paths.shop.join(file);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let version = version_of(&text);
            Ok((text, version))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok((String::new(), NO_VERSION.to_string()))
        }
        Err(error) => Err(HistoryError::Io { path, error }),
    }
}

/// Writes a file and keeps what it was before. With `expected`, only while the file is at that version.
///
/// When this returns, the file, its version and the reason are on disk.
pub fn publish(
    paths: &ShopPaths,
    file: &str,
    text: &str,
    expected: Option<&str>,
    change: &Change,
) -> Result<Version, HistoryError> {
    // A file without a word would be taken for one that is being written.
    let text = if text.trim().is_empty() {
        NOTHING
    } else {
        text
    };
    let kept = Kept::open(paths, file)?;
    let (before, found) = current(paths, file)?;
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        return Err(HistoryError::Changed {
            file: file.to_string(),
            expected: expected.to_string(),
            found,
        });
    }
    let log = kept.log()?;
    let is_known = log.last().is_some_and(|last| last.version == found);
    if found != NO_VERSION && !is_known {
        kept.add(&before, &Change::by_hand(change.when))?;
    }
    kept.keep(text)?;
    replace(&paths.shop.join(file), text)?;
    kept.add(text, change)
}

/// Keeps what somebody wrote into a file and saved `when`, unless that is its latest version.
pub(super) fn note_edit(
    paths: &ShopPaths,
    file: &str,
    text: &str,
    when: Timestamp,
) -> Result<(), HistoryError> {
    let kept = Kept::open(paths, file)?;
    let version = version_of(text);
    if kept
        .log()?
        .last()
        .is_none_or(|last| last.version != version)
    {
        kept.add(text, &Change::by_hand(when))?;
    }
    Ok(())
}

/// The versions of a file, the latest first.
pub fn history(paths: &ShopPaths, file: &str) -> Result<Vec<Version>, HistoryError> {
    if !dir(paths, file).exists() && !paths.shop.join(file).exists() {
        return Err(HistoryError::NoFile {
            file: file.to_string(),
        });
    }
    let mut log = Kept::open(paths, file)?.log()?;
    log.reverse();
    Ok(log)
}

/// The text of a version.
pub fn text_of(paths: &ShopPaths, file: &str, version: &str) -> Result<String, HistoryError> {
    let (text, found) = current(paths, file)?;
    if version == found {
        return Ok(text);
    }
    let is_version = version.len() == 16 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let kept = fs::read_to_string(dir(paths, file).join(version));
    kept.ok()
        .filter(|_| is_version)
        .ok_or_else(|| HistoryError::UnknownVersion {
            file: file.to_string(),
            version: version.to_string(),
        })
}

/// Brings a version back, the one before the last change when none is named.
pub fn undo(
    paths: &ShopPaths,
    file: &str,
    version: Option<&str>,
    change: &Change,
) -> Result<Version, HistoryError> {
    let version = match version {
        Some(version) => version.to_string(),
        None => {
            let (_, found) = current(paths, file)?;
            let versions = history(paths, file)?;
            let before = versions.iter().find(|version| version.version != found);
            match (before, versions.as_slice()) {
                (Some(before), _) => before.version.clone(),
                // Before it was written for the first time, there was nothing.
                (None, [only]) if only.version == found && only.why != BY_HAND => {
                    return publish(paths, file, NOTHING, None, change);
                }
                (None, _) => {
                    return Err(HistoryError::NothingToUndo {
                        file: file.to_string(),
                    });
                }
            }
        }
    };
    let text = text_of(paths, file, &version)?;
    publish(paths, file, &text, None, change)
}

/// What changed between two versions of a file: from the one before the last change, to the file as it is, when not
/// said.
pub fn diff_of(
    paths: &ShopPaths,
    file: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<String, HistoryError> {
    let (text, found) = current(paths, file)?;
    let (after, to) = match to {
        Some(to) => (text_of(paths, file, to)?, to.to_string()),
        None => (text, found),
    };
    let before = match from {
        Some(from) => Some(from.to_string()),
        None => {
            let versions = history(paths, file)?;
            let later = versions.iter().skip_while(|version| version.version != to);
            let mut earlier = later.filter(|version| version.version != to);
            let first = versions.first().map(|first| first.version.clone());
            let earlier = earlier.next().map(|version| version.version.clone());
            // A file that was edited by hand is no version yet: it is compared with the last one.
            earlier.or(first.filter(|first| *first != to))
        }
    };
    let text = match &before {
        Some(from) => text_of(paths, file, from)?,
        None => String::new(),
    };
    let from = before.as_deref().unwrap_or(NO_VERSION);
    Ok(diff(
        &text,
        &after,
        (&format!("{file} {from}"), &format!("{file} {to}")),
    ))
}

/// What changed from one text to another, as a unified diff.
pub fn diff(before: &str, after: &str, names: (&str, &str)) -> String {
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().header(names.0, names.1).to_string()
}

/// The versions of one file, held so that nobody else changes it meanwhile.
struct Kept {
    dir: PathBuf,
    _lock: File,
}

impl Kept {
    fn open(paths: &ShopPaths, file: &str) -> Result<Kept, HistoryError> {
        let dir = dir(paths, file);
        fs::create_dir_all(&dir).map_err(io_of(&dir))?;
        let path = dir.join(LOCK_FILE);
        let lock = File::create(&path).map_err(io_of(&path))?;
        lock.lock().map_err(io_of(&path))?;
        Ok(Kept { dir, _lock: lock })
    }

    fn log(&self) -> Result<Vec<Version>, HistoryError> {
        let path = self.dir.join(LOG_FILE);
        match fs::read_to_string(&path) {
            // A line that was being written when the machine died is no version.
            Ok(text) => Ok(text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(io_of(&path)(error)),
        }
    }

    fn keep(&self, text: &str) -> Result<(), HistoryError> {
        let path = self.dir.join(version_of(text));
        if path.exists() {
            return Ok(());
        }
        replace(&path, text)
    }

    fn add(&self, text: &str, change: &Change) -> Result<Version, HistoryError> {
        self.keep(text)?;
        let version = Version {
            version: version_of(text),
            at: change.when,
            who: change.who.clone(),
            why: change.why.clone(),
        };
        let line = serde_json::to_string(&version).expect("texts and a time can be written");
        let path = self.dir.join(LOG_FILE);
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut log| {
                log.write_all(format!("{line}\n").as_bytes())?;
                log.sync_all()
            });
        written.map_err(io_of(&path))?;
        Ok(version)
    }
}

fn dir(paths: &ShopPaths, file: &str) -> PathBuf {
    paths.data.join(HISTORY_DIR).join(file)
}

/// Puts a text in the place of a file: whoever reads it finds the old or the new one.
fn replace(path: &Path, text: &str) -> Result<(), HistoryError> {
    let next = path.with_extension("next");
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| write_durably(&next, text.as_bytes()))
        .and_then(|()| fs::rename(&next, path))
        .and_then(|()| match path.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        });
    written.map_err(io_of(path))
}

fn io_of(path: &Path) -> impl FnOnce(io::Error) -> HistoryError {
    move |error| HistoryError::Io {
        path: path.to_path_buf(),
        error,
    }
}
