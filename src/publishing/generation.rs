//! Generations on disk: numbered immutable folders, and the file that says which one is live.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread;

use serde::{Deserialize, Serialize};

use super::guards::Counts;
use super::{PublishError, fingerprint};
use crate::catalog::columns::Columns;
use crate::catalog::documents::Documents;
use crate::catalog::schema::Schema;
use crate::catalog::stored::StoredProducts;
use crate::catalog::write_durably;
use crate::engine::{BuiltFrom, Catalog, Damaged};
use crate::retrieval::TextIndex;

/// Older generations are swept when a new one is published.
pub const GENERATIONS_KEPT: usize = 3;

/// How this version writes generations. Raise it when a file of theirs is written differently.
const FORMAT: u32 = 3;

pub(super) const GENERATIONS_DIR: &str = "generations";
const LIVE_FILE: &str = "live";
const MANIFEST_FILE: &str = "manifest.json";
const SCHEMA_COPY: &str = "schema.toml";
const COLUMNS_FILE: &str = "columns.bin";
const LOCK_FILE: &str = "index.lock";

/// What a generation holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub generation: u64,
    pub products: u32,
    pub variants: u32,
    /// The feed it was built from.
    pub feed: String,
    /// Lines of the feed that were refused.
    pub refused: u64,
    /// Which changes it holds.
    #[serde(default)]
    pub built: BuiltFrom,
    /// What the limits look at.
    #[serde(default)]
    pub counts: Counts,
    /// Why it was published beyond the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced: Option<String>,
}

/// The manifest as it is written: last, so that a folder with one is whole.
#[derive(Serialize, Deserialize)]
struct Written {
    /// How the files are written; earlier versions said nothing.
    #[serde(default)]
    format: u32,
    #[serde(flatten)]
    manifest: Manifest,
    /// Fingerprints of the other files; generations of earlier versions have none.
    #[serde(default)]
    files: BTreeMap<String, u64>,
}

/// A generation that is being built; nothing of it is live.
pub(super) struct Draft {
    data: PathBuf,
    pub(super) generation: u64,
    pub(super) dir: PathBuf,
    /// Held until the draft is published or dropped.
    _lock: File,
}

impl Draft {
    /// Begins the next generation; only one process at a time may.
    pub(super) fn begin(data: &Path) -> Result<Draft, PublishError> {
        let generations = data.join(GENERATIONS_DIR);
        fs::create_dir_all(&generations).map_err(PublishError::io(&generations))?;
        let lock = lock(data)?;
        let generation = numbers(&generations).last().copied().unwrap_or_default() + 1;
        let dir = generations.join(format!("{generation:06}.building"));
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(PublishError::io(&dir))?;
        }
        fs::create_dir(&dir).map_err(PublishError::io(&dir))?;
        Ok(Draft {
            data: data.to_path_buf(),
            generation,
            dir,
            _lock: lock,
        })
    }

    pub(super) fn write_columns(
        &self,
        schema: &Schema,
        columns: &Columns,
    ) -> Result<(), PublishError> {
        let path = self.dir.join(COLUMNS_FILE);
        let bytes = postcard::to_stdvec(columns)
            .map_err(io::Error::other)
            .map_err(PublishError::io(&path))?;
        write_durably(&path, &bytes).map_err(PublishError::io(&path))?;
        let path = self.dir.join(SCHEMA_COPY);
        let text = toml::to_string(schema)
            .map_err(io::Error::other)
            .map_err(PublishError::io(&path))?;
        write_durably(&path, text.as_bytes()).map_err(PublishError::io(&path))
    }

    /// Writes the manifest, reads everything back, and makes the generation live.
    pub(super) fn publish(self, manifest: &Manifest) -> Result<(), PublishError> {
        let path = self.dir.join(MANIFEST_FILE);
        let written = Written {
            format: FORMAT,
            manifest: manifest.clone(),
            files: fingerprint::of_folder(&self.dir).map_err(PublishError::io(&self.dir))?,
        };
        let text = serde_json::to_vec_pretty(&written)
            .map_err(io::Error::other)
            .map_err(PublishError::io(&path))?;
        write_durably(&path, &text).map_err(PublishError::io(&path))?;
        let published = folder(&self.data, self.generation);
        fs::rename(&self.dir, &published).map_err(PublishError::io(&published))?;
        sync_dir(&self.data.join(GENERATIONS_DIR))?;
        // The fingerprints were taken from what was read back a moment ago.
        open_parts(&self.data, manifest)?;
        make_live(&self.data, self.generation)?;
        sweep(&self.data, self.generation);
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After publishing the folder has its final name and nothing is left here.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The generation that is live; `None` when nothing was ever published.
pub fn live_generation(data: &Path) -> Option<u64> {
    fs::read_to_string(data.join(LIVE_FILE))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// What the live generation holds; `None` when nothing is live, or nothing that can be read.
pub(super) fn live_manifest(data: &Path) -> Option<Manifest> {
    let path = folder(data, live_generation(data)?).join(MANIFEST_FILE);
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The generations on disk, the newest last.
pub fn generations(data: &Path) -> Vec<Manifest> {
    let numbers = numbers(&data.join(GENERATIONS_DIR)).into_iter();
    let manifest = |number| {
        let path = folder(data, number).join(MANIFEST_FILE);
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    };
    numbers.filter_map(manifest).collect()
}

/// Makes an earlier generation live again: the one before the live one when none is named. Returns what it holds.
///
/// # Errors
/// When there is none, or it is damaged, or another process is indexing.
pub(super) fn go_back(data: &Path, to: Option<u64>) -> Result<Manifest, PublishError> {
    let live = live_generation(data).ok_or_else(|| PublishError::NothingIndexed(data.into()))?;
    let _lock = lock(data)?;
    let kept = generations(data);
    let wanted = |manifest: &&Manifest| match to {
        Some(number) => manifest.generation == number && number != live,
        None => manifest.generation < live,
    };
    let Some(manifest) = kept.iter().rev().find(wanted) else {
        let numbers = kept.iter().map(|manifest| manifest.generation);
        return Err(PublishError::NoSuchGeneration {
            wanted: to,
            kept: numbers.filter(|number| *number != live).collect(),
        });
    };
    open(data, manifest.generation)?;
    make_live(data, manifest.generation)?;
    Ok(manifest.clone())
}

/// Names a generation in `live`, which is replaced atomically.
fn make_live(data: &Path, generation: u64) -> Result<(), PublishError> {
    let next = data.join("live.next");
    write_durably(&next, format!("{generation}\n").as_bytes()).map_err(PublishError::io(&next))?;
    let live = data.join(LIVE_FILE);
    fs::rename(&next, &live).map_err(PublishError::io(&live))?;
    sync_dir(data)
}

/// Held while generations are changed; only one process at a time may.
fn lock(data: &Path) -> Result<File, PublishError> {
    let path = data.join(LOCK_FILE);
    let lock = File::create(&path).map_err(PublishError::io(&path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(_) => Err(PublishError::Busy(data.to_path_buf())),
    }
}

/// Opens the live generation or, when that is damaged, the newest sound one before it.
///
/// # Errors
/// What is wrong with the live generation, when none is sound.
pub(super) fn open_live(data: &Path, live: u64) -> Result<Catalog, PublishError> {
    let error = match open(data, live) {
        Err(error @ PublishError::Damaged { .. }) => error,
        opened => return opened,
    };
    let numbers = numbers(&data.join(GENERATIONS_DIR)).into_iter().rev();
    let mut earlier = numbers.filter(|number| *number < live);
    let Some(mut catalog) = earlier.find_map(|number| open(data, number).ok()) else {
        return Err(error);
    };
    tracing::error!(%error, served = catalog.generation, "an earlier generation is served");
    catalog.instead_of = Some(Damaged {
        generation: live,
        reason: error.to_string(),
    });
    Ok(catalog)
}

/// Opens a generation and checks that its files are what was written and that its parts agree.
pub(super) fn open(data: &Path, generation: u64) -> Result<Catalog, PublishError> {
    let dir = folder(data, generation);
    let damaged = |reason: String| PublishError::Damaged {
        generation,
        data: data.to_path_buf(),
        reason,
    };
    let manifest = fs::read(dir.join(MANIFEST_FILE))
        .map_err(|error| damaged(format!("{MANIFEST_FILE}: {error}")))?;
    let Written {
        format,
        manifest,
        files,
    } = serde_json::from_slice(&manifest)
        .map_err(|error| damaged(format!("{MANIFEST_FILE}: {error}")))?;
    if format != FORMAT {
        return Err(PublishError::Format {
            generation,
            written: format,
            read: FORMAT,
        });
    }
    let found = fingerprint::of_files(&dir, files.keys().cloned().collect())
        .map_err(|error| damaged(error.to_string()))?;
    let differs = |(name, written): &(&String, &u64)| found[*name] != **written;
    if let Some((name, _)) = files.iter().find(differs) {
        return Err(damaged(format!("{name} is not what was written")));
    }
    open_parts(data, &manifest)
}

/// Opens the parts of a generation and checks that they agree.
fn open_parts(data: &Path, manifest: &Manifest) -> Result<Catalog, PublishError> {
    let generation = manifest.generation;
    let damaged = |reason: String| PublishError::Damaged {
        generation,
        data: data.to_path_buf(),
        reason,
    };
    let dir = folder(data, generation);
    let read =
        |name: &str| fs::read(dir.join(name)).map_err(|error| damaged(format!("{name}: {error}")));
    let schema = String::from_utf8_lossy(&read(SCHEMA_COPY)?).into_owned();
    let schema =
        Schema::parse(SCHEMA_COPY, &schema).map_err(|problems| damaged(super::list(&problems)))?;
    // The two large parts take about as long as each other.
    let (columns, text) = thread::scope(|scope| {
        let text = scope.spawn(|| TextIndex::open(&dir));
        let columns = read(COLUMNS_FILE).and_then(|bytes| {
            let columns = postcard::from_bytes::<Columns>(&bytes);
            columns.map_err(|error| damaged(format!("{COLUMNS_FILE}: {error}")))
        });
        let columns = columns.map(|mut columns| {
            columns.index();
            columns
        });
        (columns, text.join().expect("opening does not panic"))
    });
    let (columns, text) = (columns?, text.map_err(|error| damaged(error.to_string()))?);
    let documents = Documents::open(&dir).map_err(|error| damaged(error.to_string()))?;
    let stored = StoredProducts::open(&dir).map_err(|error| damaged(error.to_string()))?;
    let counts = [
        columns.products(),
        documents.len() as u32,
        stored.len() as u32,
        text.products(),
    ];
    if counts.iter().any(|count| *count != manifest.products) {
        return Err(damaged(format!(
            "its parts hold {counts:?} products instead of {}",
            manifest.products
        )));
    }
    if columns.attributes() != schema.attributes.len() {
        return Err(damaged(format!(
            "its columns are of {} attributes and its schema of {}",
            columns.attributes(),
            schema.attributes.len()
        )));
    }
    let text = Arc::new(text);
    Ok(Catalog {
        generation,
        built: manifest.built,
        changes: manifest.built.changes,
        instead_of: None,
        schema: Arc::new(schema),
        columns,
        documents,
        stored,
        built_text: text.clone(),
        text,
        price_tiers: OnceLock::new(),
        names: Arc::default(),
        shelves: Arc::default(),
    })
}

pub(super) fn folder(data: &Path, generation: u64) -> PathBuf {
    data.join(GENERATIONS_DIR).join(format!("{generation:06}"))
}

/// The numbers of the generations on disk, lowest first.
fn numbers(generations: &Path) -> Vec<u64> {
    let entries = fs::read_dir(generations).into_iter().flatten().flatten();
    let mut numbers: Vec<u64> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers
}

/// Removes all but the last generations; one that is still read is freed when its readers let go.
fn sweep(data: &Path, live: u64) {
    let numbers = numbers(&data.join(GENERATIONS_DIR));
    let old = numbers
        .iter()
        .rev()
        .skip(GENERATIONS_KEPT)
        .filter(|generation| **generation != live);
    for generation in old {
        if let Err(error) = fs::remove_dir_all(folder(data, *generation)) {
            tracing::warn!(generation, %error, "an old generation cannot be swept");
        }
    }
}

pub(super) fn sync_dir(dir: &Path) -> Result<(), PublishError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(PublishError::io(dir))
}
