//! The files of a new shop directory, each with comments that say what can be written there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::catalog::infer::{Inferred, commented_toml};
use crate::catalog::schema::SCHEMA_FILE;

const ENDCAP: &str = include_str!("templates/endcap.toml");
const RANKING: &str = include_str!("templates/ranking.toml");
const RULES: &str = include_str!("templates/rules.toml");
const SYNONYMS: &str = include_str!("templates/synonyms.txt");
const ENGLISH_SYNONYMS: &str = include_str!("templates/synonyms.en.txt");
const IGNORED: &str = "# Built indexes, the journal and keys.\n/data/\n";

/// Whether `endcap init` writes this line of synonyms into new shops of any trade.
pub fn is_starter_synonym(line: &str) -> bool {
    ENGLISH_SYNONYMS.lines().any(|own| own == line)
}

/// Why a shop directory was not written.
#[derive(Debug, Error)]
pub enum ShopError {
    #[error("{} is there already; move it away, or choose another directory", .0.display())]
    Exists(PathBuf),
    #[error("{} cannot be written: {reason}", path.display())]
    Unwritten { path: PathBuf, reason: io::Error },
}

/// Writes a shop directory for a feed that was looked at, and returns the files in the order they were written.
///
/// # Errors
/// When one of the files is there already, in which case none is written, or cannot be written.
pub fn write_shop(
    dir: &Path,
    inferred: &Inferred,
    feed_name: &str,
) -> Result<Vec<PathBuf>, ShopError> {
    let language = &inferred.schema.language;
    let schema = format!(
        "#:schema ../schemas/schema.json\n# Written by `endcap init` for the feed {}.\n{}",
        feed_name.replace(char::is_control, " "),
        commented_toml(inferred)
    );
    let synonyms = match language.as_str() {
        "en" => ENGLISH_SYNONYMS,
        _ => SYNONYMS,
    };
    let files = [
        ("endcap.toml".to_string(), ENDCAP),
        (SCHEMA_FILE.to_string(), schema.as_str()),
        ("index/ranking.toml".to_string(), RANKING),
        (format!("synonyms/{language}.txt"), synonyms),
        ("merchandising/rules/example.toml".to_string(), RULES),
        (".gitignore".to_string(), IGNORED),
    ];
    let files = files.map(|(name, text)| (dir.join(name), text));
    if let Some((path, _)) = files
        .iter()
        .find(|(path, _)| path.symlink_metadata().is_ok())
    {
        return Err(ShopError::Exists(path.clone()));
    }
    for (path, text) in &files {
        write_new(path, text).map_err(|reason| match reason.kind() {
            io::ErrorKind::AlreadyExists => ShopError::Exists(path.clone()),
            _ => ShopError::Unwritten {
                path: path.clone(),
                reason,
            },
        })?;
    }
    Ok(files.map(|(path, _)| path).into())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
