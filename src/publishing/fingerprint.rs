//! Fingerprints of a generation's files: damaged bytes are found before anything reads them as an index.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::catalog::documents::TEXT_FILE;

/// Read at a time; a multiple of eight.
const CHUNK_BYTES: u64 = 1 << 20;

/// The fingerprint of every file of a folder and the folders in it, by its path inside. What is shown of products is
/// left out: it is large, read product by product, and an unreadable document costs only itself. Hidden files are
/// tantivy's locks.
pub(super) fn of_folder(dir: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == TEXT_FILE {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let inner = of_folder(&entry.path())?.into_iter();
            found.extend(inner.map(|(own, fingerprint)| (format!("{name}/{own}"), fingerprint)));
        } else {
            found.insert(name, of_file(&entry.path())?);
        }
    }
    Ok(found)
}

/// FNV-1a over words of eight bytes, and the length: any one changed word gives another fingerprint.
pub(super) fn of_file(path: &Path) -> io::Result<u64> {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut file = File::open(path)?;
    let (mut fingerprint, mut length) = (OFFSET, 0);
    let mut chunk = Vec::new();
    loop {
        chunk.clear();
        file.by_ref().take(CHUNK_BYTES).read_to_end(&mut chunk)?;
        let (words, rest) = chunk.as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let add = |known: u64, word: u64| (known ^ word).wrapping_mul(PRIME);
        fingerprint = words
            .chain(rest.iter().map(|byte| u64::from(*byte)))
            .fold(fingerprint, add);
        length += chunk.len() as u64;
        if (chunk.len() as u64) < CHUNK_BYTES {
            return Ok(add(fingerprint, length));
        }
    }
}
