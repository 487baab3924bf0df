//! Feed lines in, validated products out, and the columns that hold them.

mod assembly;
pub mod columns;
pub mod documents;
pub mod feed;
pub mod filter;
mod ids;
pub mod infer;
mod markup;
mod notation;
pub mod overlay;
pub mod pieces;
pub mod product;
mod reading;
pub mod repairs;
mod rest;
pub mod schema;
pub mod shop_files;
mod shown;
mod single;
pub mod stored;
mod values;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file whole and waits until it is on disk.
pub fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
