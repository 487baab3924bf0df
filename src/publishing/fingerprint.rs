//! Fingerprints of a generation's files: damaged bytes are found before anything reads them as an index.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::thread;

use crate::parallel::in_order;

/// Read at a time; a multiple of eight.
const CHUNK_BYTES: u64 = 1 << 20;

/// The fingerprint of every file of a folder and the folders in it, by its path inside. Hidden files are tantivy's
/// locks and left out.
pub(super) fn of_folder(dir: &Path) -> io::Result<BTreeMap<String, u64>> {
    of_files(dir, files_in(dir)?)
}

/// The fingerprints of these files, by their paths inside `dir`.
///
/// # Errors
/// Names the file that cannot be read.
pub(super) fn of_files(dir: &Path, names: Vec<String>) -> io::Result<BTreeMap<String, u64>> {
    let fingerprint = |name: String| match of_file(&dir.join(&name)) {
        Ok(fingerprint) => Ok((name, fingerprint)),
        Err(error) => Err(io::Error::new(error.kind(), format!("{name}: {error}"))),
    };
    thread::scope(|scope| in_order(scope, names.into_iter(), fingerprint).collect())
}

fn files_in(dir: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let inner = files_in(&entry.path())?.into_iter();
            found.extend(inner.map(|own| format!("{name}/{own}")));
        } else {
            found.push(name);
        }
    }
    Ok(found)
}

/// The FNV-1a fingerprint of nothing.
pub(super) const OF_NOTHING: u64 = 0xcbf2_9ce4_8422_2325;

/// An FNV-1a fingerprint with one more byte, or word, in it.
pub(super) fn add(fingerprint: u64, word: u64) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    (fingerprint ^ word).wrapping_mul(PRIME)
}

/// FNV-1a over words of eight bytes, and the length: any one changed word gives another fingerprint.
fn of_file(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let (mut fingerprint, mut length) = (OF_NOTHING, 0);
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        file.by_ref().take(CHUNK_BYTES).read_to_end(&mut chunk)?;
        let (words, rest) = chunk.as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        fingerprint = words
            .chain(rest.iter().map(|byte| u64::from(*byte)))
            .fold(fingerprint, add);
        length += chunk.len() as u64;
        if (chunk.len() as u64) < CHUNK_BYTES {
            return Ok(add(fingerprint, length));
        }
    }
}
