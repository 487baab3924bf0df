//! Opens a source, counts what is read of it, and undoes its compression.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::{FeedError, Source};

/// How much of a feed is looked at to find its format.
const START_BYTES: usize = 64 << 10;
const BUFFER_BYTES: usize = 256 << 10;

/// A feed's plain bytes, and a copy of its first ones.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) start: Vec<u8>,
    pub(super) reader: Box<dyn BufRead + Send>,
    pub(super) bytes_total: Option<u64>,
    pub(super) bytes_read: Arc<AtomicU64>,
}

pub(super) fn open(source: &Source) -> Result<Opened, FeedError> {
    let name = source.name();
    match source {
        Source::StandardInput => plain_bytes(name, io::stdin(), None),
        Source::File(path) => {
            let unopened = |reason| FeedError::Unopened {
                name: name.clone(),
                reason,
            };
            let file = File::open(path).map_err(unopened)?;
            let metadata = file.metadata().map_err(unopened)?;
            if metadata.is_dir() {
                return Err(unopened(io::Error::other("it is a directory")));
            }
            let bytes_total = metadata.is_file().then_some(metadata.len());
            plain_bytes(name, file, bytes_total)
        }
    }
}

pub(super) fn open_bytes(name: &str, bytes: Vec<u8>) -> Result<Opened, FeedError> {
    let bytes_total = Some(bytes.len() as u64);
    plain_bytes(name.into(), Cursor::new(bytes), bytes_total)
}

fn plain_bytes(
    name: String,
    stored: impl Read + Send + 'static,
    bytes_total: Option<u64>,
) -> Result<Opened, FeedError> {
    let bytes_read = Arc::new(AtomicU64::new(0));
    let counted = Counted {
        stored,
        bytes_read: Arc::clone(&bytes_read),
    };
    let (magic, stored) = look(BufReader::with_capacity(BUFFER_BYTES, counted), 4);
    let plain: Box<dyn BufRead + Send> = match magic.as_slice() {
        [0x1f, 0x8b, ..] => buffered(MultiGzDecoder::new(stored)),
        [0x28, 0xb5, 0x2f, 0xfd] => match zstd::Decoder::with_buffer(stored) {
            Ok(decoder) => buffered(decoder),
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
    Ok(Opened {
        name,
        start,
        reader: Box::new(plain),
        bytes_total,
        bytes_read,
    })
}

fn buffered(decoder: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
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
struct Counted<R> {
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
