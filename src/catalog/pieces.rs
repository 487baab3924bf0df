//! One piece of bytes for each product of a generation, by ordinal, memory-mapped.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;

use super::overlay::Overlay;

/// Where pieces are: all of them one after the other, and where each ends.
#[derive(Debug, Clone, Copy)]
pub struct PieceFiles {
    pub bytes: &'static str,
    pub offsets: &'static str,
}

/// The pieces of all products, some of them replaced since they were written; cheap to copy.
#[derive(Clone)]
pub struct Pieces {
    written: Arc<Written>,
    changed: Overlay<Arc<[u8]>>,
}

struct Written {
    bytes: Option<Mmap>,
    offsets: Vec<u64>,
}

/// Writes pieces one after the other.
pub struct PiecesWriter {
    files: PieceFiles,
    bytes: BufWriter<File>,
    offsets: Vec<u64>,
}

impl PiecesWriter {
    pub fn create(dir: &Path, files: PieceFiles) -> io::Result<Self> {
        let bytes = BufWriter::with_capacity(1 << 20, File::create(dir.join(files.bytes))?);
        Ok(PiecesWriter {
            files,
            bytes,
            offsets: vec![0],
        })
    }

    /// Adds the pieces of the next products: one after the other, and where each ends.
    pub fn push(&mut self, pieces: &[u8], ends: &[usize]) -> io::Result<()> {
        self.bytes.write_all(pieces)?;
        let start = self.offsets.last().copied().unwrap_or_default();
        let ends = ends.iter().map(|end| start + *end as u64);
        self.offsets.extend(ends);
        Ok(())
    }

    /// Makes everything durable.
    pub fn finish(self, dir: &Path) -> io::Result<()> {
        self.bytes
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        let bytes: Vec<u8> = self
            .offsets
            .iter()
            .flat_map(|offset| offset.to_le_bytes())
            .collect();
        let mut file = File::create(dir.join(self.files.offsets))?;
        file.write_all(&bytes)?;
        file.sync_all()
    }
}

impl Pieces {
    pub fn open(dir: &Path, files: PieceFiles) -> io::Result<Self> {
        let bytes = std::fs::read(dir.join(files.offsets))?;
        let offsets: Vec<u64> = bytes
            .chunks_exact(8)
            .map(|chunk| u64::from_le_bytes(chunk.try_into().expect("chunks of 8")))
            .collect();
        let file = File::open(dir.join(files.bytes))?;
        let length = file.metadata()?.len();
        if offsets.last() != Some(&length) || !offsets.is_sorted() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{} and {} disagree", files.bytes, files.offsets),
            ));
        }
        // SAFETY: a published generation is immutable; nobody writes to or truncates its files.
        let bytes = if length == 0 {
            None
        } else {
            Some(unsafe { Mmap::map(&file)? })
        };
        Ok(Pieces {
            written: Arc::new(Written { bytes, offsets }),
            changed: Overlay::default(),
        })
    }

    /// How many were written.
    pub fn len(&self) -> usize {
        self.written.offsets.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The piece of a product; empty when it has none.
    pub fn get(&self, product: u32) -> &[u8] {
        if let Some(changed) = self.changed.get(product) {
            return changed;
        }
        self.written(product)
    }

    /// The piece of a product as it was written; empty when it had none.
    pub fn written(&self, product: u32) -> &[u8] {
        let Written { bytes, offsets } = &*self.written;
        let product = product as usize;
        match (bytes, offsets.get(product), offsets.get(product + 1)) {
            (Some(bytes), Some(start), Some(end)) => &bytes[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// The products whose pieces were replaced, in order.
    pub fn changed(&self) -> impl Iterator<Item = u32> {
        self.changed.iter().map(|(product, _)| product)
    }

    /// Replaces the piece of a product.
    pub fn put(&mut self, product: u32, piece: Vec<u8>) {
        self.changed.put(product, piece.into());
    }
}
