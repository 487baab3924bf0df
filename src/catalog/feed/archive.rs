//! Zip archives: every file in one is a feed.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crc32fast::Hasher;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::FeedError;
use super::open::{FILES_MAX, Opened, expanded, plain_bytes};

/// Where a file stands in an archive.
struct Entry {
    name: String,
    method: CompressionMethod,
    start: u64,
    bytes_stored: u64,
    crc32: u32,
}

/// Opens every file of an archive; folders and what operating systems leave behind are passed over.
///
/// # Errors
/// When it is damaged, encrypted, no archive of feeds, or compressed in a way that is not read.
pub(super) fn open(name: &str, file: File) -> Result<Vec<Opened>, FeedError> {
    let unreadable = |reason: String| FeedError::Unreadable {
        name: name.into(),
        reason: io::Error::other(reason),
    };
    let entries = entries(&file).map_err(unreadable)?;
    let is_spreadsheet = |entry: &Entry| entry.name == "[Content_Types].xml";
    if entries.iter().any(is_spreadsheet) {
        let seen = "is a spreadsheet, which must be saved as CSV first".into();
        let name = name.into();
        return Err(FeedError::UnknownFormat { name, seen });
    }
    if entries.is_empty() {
        return Err(FeedError::Empty { name: name.into() });
    }
    let file = Arc::new(file);
    entries
        .into_iter()
        .map(|entry| entry.open(name, &file))
        .collect()
}

fn entries(file: &File) -> Result<Vec<Entry>, String> {
    let damaged = |error: zip::result::ZipError| error.to_string();
    let file = BufReader::new(file.try_clone().map_err(|error| error.to_string())?);
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    if archive.len() > FILES_MAX {
        let files = archive.len();
        return Err(format!(
            "it holds {files} files, at most {FILES_MAX} are read"
        ));
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        let file_name = name.rsplit('/').next().unwrap_or(&name);
        if entry.is_dir() || file_name.starts_with('.') || name.starts_with("__MACOSX/") {
            continue;
        }
        if entry.encrypted() {
            return Err(format!("`{name}` in it is encrypted"));
        }
        let method = entry.compression();
        if !matches!(
            method,
            CompressionMethod::Stored | CompressionMethod::Deflated
        ) {
            return Err(format!(
                "`{name}` in it is compressed with {method}; pack it with the usual deflate"
            ));
        }
        entries.push(Entry {
            method,
            start: entry
                .data_start()
                .ok_or_else(|| format!("`{name}` in it is nowhere"))?,
            bytes_stored: entry.compressed_size(),
            crc32: entry.crc32(),
            name,
        });
    }
    Ok(entries)
}

impl Entry {
    fn open(self, archive: &str, file: &Arc<File>) -> Result<Opened, FeedError> {
        let name = format!("{archive}/{}", self.name);
        let window = Window {
            file: Arc::clone(file),
            at: self.start,
            end: self.start.saturating_add(self.bytes_stored),
        };
        let bytes_read = Arc::default();
        let counted = super::open::counted(window, &bytes_read);
        let content: Box<dyn Read + Send> = match self.method {
            CompressionMethod::Deflated => {
                Box::new(expanded(DeflateDecoder::new(counted), &bytes_read))
            }
            _ => Box::new(counted),
        };
        let checked = Checked {
            content,
            hasher: Hasher::new(),
            crc32: self.crc32,
        };
        let mut opened = plain_bytes(name, checked, Some(self.bytes_stored))?;
        opened.bytes_read = bytes_read;
        Ok(opened)
    }
}

/// A part of a file, read independently of its other parts.
struct Window {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Read for Window {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = left.min(into.len());
        let count = self.file.read_at(&mut into[..wanted], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Fails at the end when the bytes are not those that were packed.
struct Checked {
    content: Box<dyn Read + Send>,
    hasher: Hasher,
    crc32: u32,
}

impl Read for Checked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(into)?;
        self.hasher.update(&into[..count]);
        let ended = count == 0 && !into.is_empty();
        if ended && self.hasher.clone().finalize() != self.crc32 {
            return Err(io::Error::other("its checksum is not what was packed"));
        }
        Ok(count)
    }
}
