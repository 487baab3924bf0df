//! Opens a source: files, folders, archives and streams, with what is read of them counted and limited.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::{FeedError, Source, archive};

/// How much of a feed is looked at to find its format.
const START_BYTES: usize = 64 << 10;
const BUFFER_BYTES: usize = 256 << 10;

/// A folder or an archive with more files is refused: all are opened before the first is read.
pub(super) const FILES_MAX: usize = 200;

/// Compressed data may grow this much whatever its size…
const EXPANDED_BYTES_FREE: u64 = 256 << 20;

/// …and from there on to this many times its size: real feeds grow to 5 to 30 times.
const EXPANDED_TIMES_MAX: u64 = 200;

/// Streams that must be read from their end, such as archives, are put aside up to this size.
const ASIDE_BYTES_MAX: u64 = 16 << 30;

const ZIP: &[u8] = b"PK\x03\x04";
const PARQUET: &[u8] = b"PAR1";

/// A feed's plain bytes, and a copy of its first ones.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) start: Vec<u8>,
    pub(super) content: Content,
    pub(super) bytes_total: Option<u64>,
    pub(super) bytes_read: Arc<AtomicU64>,
}

/// How the bytes are read.
pub(super) enum Content {
    Stream(Box<dyn BufRead + Send>),
    /// Parquet is read from its end.
    Parquet(File),
}

/// Opens every feed of a source: one for a file or a stream, one for each file of a folder or an archive.
pub(super) fn open(source: &Source) -> Result<Vec<Opened>, FeedError> {
    match source {
        Source::StandardInput => open_stream(source.name(), io::stdin(), None),
        Source::File(path) if path.is_dir() => {
            let mut opened = Vec::new();
            for file in files_in(path)? {
                opened.extend(open_file(&file, file.display().to_string())?);
            }
            if opened.is_empty() {
                let name = source.name();
                return Err(FeedError::Empty { name });
            }
            Ok(opened)
        }
        Source::File(path) => open_file(path, source.name()),
        Source::Pushed { path, .. } => open_file(path, source.name()),
    }
}

pub(super) fn open_bytes(name: &str, bytes: Vec<u8>) -> Result<Vec<Opened>, FeedError> {
    let bytes_total = Some(bytes.len() as u64);
    open_stream(name.into(), Cursor::new(bytes), bytes_total)
}

/// The files of a folder by name; hidden ones and folders are passed over.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, FeedError> {
    let unopened = |reason| FeedError::Unopened {
        name: folder.display().to_string(),
        reason,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unopened)? {
        let path = entry.map_err(unopened)?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    if files.len() > FILES_MAX {
        let reason = format!(
            "it holds {} files, at most {FILES_MAX} are read",
            files.len()
        );
        return Err(unopened(io::Error::other(reason)));
    }
    files.sort_unstable();
    Ok(files)
}

fn open_file(path: &Path, name: String) -> Result<Vec<Opened>, FeedError> {
    let unopened = |reason| FeedError::Unopened {
        name: name.clone(),
        reason,
    };
    let file = File::open(path).map_err(unopened)?;
    let metadata = file.metadata().map_err(unopened)?;
    if !metadata.is_file() {
        return open_stream(name, file, None);
    }
    let mut magic = Vec::new();
    let mut start = file.try_clone().map_err(unopened)?;
    start
        .by_ref()
        .take(4)
        .read_to_end(&mut magic)
        .map_err(unopened)?;
    start.rewind().map_err(unopened)?;
    match magic.as_slice() {
        ZIP => archive::open(&name, file),
        PARQUET => Ok(vec![parquet(name, file, metadata.len())]),
        _ => Ok(vec![plain_bytes(name, file, Some(metadata.len()))?]),
    }
}

fn open_stream(
    name: String,
    stored: impl Read + Send + 'static,
    bytes_total: Option<u64>,
) -> Result<Vec<Opened>, FeedError> {
    let (magic, stored) = look(BufReader::with_capacity(BUFFER_BYTES, stored), 4);
    if magic == ZIP {
        let (file, _) = put_aside(&name, stored)?;
        return archive::open(&name, file);
    }
    Ok(vec![plain_bytes(name, stored, bytes_total)?])
}

/// A temporary file with everything that is left of a stream, and its size.
fn put_aside(name: &str, stored: impl Read) -> Result<(File, u64), FeedError> {
    let unreadable = |reason| FeedError::Unreadable {
        name: name.into(),
        reason,
    };
    let mut file = tempfile::tempfile().map_err(unreadable)?;
    let mut limited = stored.take(ASIDE_BYTES_MAX + 1);
    let bytes = io::copy(&mut limited, &mut file).map_err(unreadable)?;
    if bytes > ASIDE_BYTES_MAX {
        let reason = format!("it is larger than {} GiB", ASIDE_BYTES_MAX >> 30);
        return Err(unreadable(io::Error::other(reason)));
    }
    file.rewind().map_err(unreadable)?;
    Ok((file, bytes))
}

fn parquet(name: String, file: File, bytes: u64) -> Opened {
    Opened {
        name,
        start: PARQUET.to_vec(),
        content: Content::Parquet(file),
        bytes_total: Some(bytes),
        bytes_read: Arc::default(),
    }
}

/// The bytes of one file or stream, out of their compression.
pub(super) fn plain_bytes(
    name: String,
    stored: impl Read + Send + 'static,
    bytes_total: Option<u64>,
) -> Result<Opened, FeedError> {
    let bytes_read = Arc::new(AtomicU64::new(0));
    let counted = counted(stored, &bytes_read);
    let (magic, stored) = look(BufReader::with_capacity(BUFFER_BYTES, counted), 4);
    let plain: Box<dyn BufRead + Send> = match magic.as_slice() {
        [0x1f, 0x8b, ..] => expanded(MultiGzDecoder::new(stored), &bytes_read),
        [0x28, 0xb5, 0x2f, 0xfd] => match zstd::Decoder::with_buffer(stored) {
            Ok(decoder) => expanded(decoder, &bytes_read),
            Err(reason) => return Err(FeedError::Unreadable { name, reason }),
        },
        _ => Box::new(stored),
    };
    let (start, plain) = look(plain, START_BYTES);
    if start.is_empty() {
        return Err(match plain.failure {
            Some(reason) => FeedError::Unreadable { name, reason },
            None => FeedError::Empty { name },
        });
    }
    if start.starts_with(PARQUET) {
        let (file, bytes) = put_aside(&name, plain)?;
        return Ok(parquet(name, file, bytes));
    }
    Ok(Opened {
        name,
        start,
        content: Content::Stream(Box::new(plain)),
        bytes_total,
        bytes_read,
    })
}

/// A source whose bytes are counted as they are read.
pub(super) fn counted<R: Read>(stored: R, bytes_read: &Arc<AtomicU64>) -> Counted<R> {
    Counted {
        stored,
        bytes_read: Arc::clone(bytes_read),
    }
}

/// What comes out of a decoder, as long as it does not grow beyond all measure.
pub(super) fn expanded(
    decoder: impl Read + Send + 'static,
    bytes_read: &Arc<AtomicU64>,
) -> Box<dyn BufRead + Send> {
    let expanded = Expanded {
        decoder,
        bytes: 0,
        bytes_read: Arc::clone(bytes_read),
    };
    Box::new(BufReader::with_capacity(BUFFER_BYTES, expanded))
}

/// A copy of the first bytes, and a reader that still yields them.
fn look<R: BufRead>(mut reader: R, bytes_max: usize) -> (Vec<u8>, Resumed<R>) {
    let mut start = Vec::new();
    let failure = reader
        .by_ref()
        .take(bytes_max as u64)
        .read_to_end(&mut start)
        .err();
    let resumed = Resumed {
        start: Cursor::new(start.clone()),
        failure,
        rest: reader,
    };
    (start, resumed)
}

/// A reader whose start was looked at; a failure met while looking comes after that start.
struct Resumed<R> {
    start: Cursor<Vec<u8>>,
    failure: Option<io::Error>,
    rest: R,
}

impl<R: BufRead> Read for Resumed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Resumed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start.position() < self.start.get_ref().len() as u64 {
            return self.start.fill_buf();
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.rest.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        if self.start.position() < self.start.get_ref().len() as u64 {
            self.start.consume(count);
        } else {
            self.rest.consume(count);
        }
    }
}

/// Counts the bytes taken from the source as it is stored.
pub(super) struct Counted<R> {
    stored: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.stored.read(into)?;
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Ends what would fill the disk from a few bytes.
struct Expanded<R> {
    decoder: R,
    bytes: u64,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.decoder.read(into)?;
        self.bytes += count as u64;
        let stored = self.bytes_read.load(Ordering::Relaxed);
        if self.bytes > EXPANDED_BYTES_FREE.max(stored.saturating_mul(EXPANDED_TIMES_MAX)) {
            let reason = format!("it grows to more than {EXPANDED_TIMES_MAX} times its size");
            return Err(io::Error::other(reason));
        }
        Ok(count)
    }
}
