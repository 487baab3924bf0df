//! Parquet feeds: one row after the other, as the objects they are.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use serde_json::Value;

use super::lines::Lines;
use super::platform::LineFields;
use super::{FeedError, LINE_BYTES_MAX};
use crate::problem::Problem;

/// The rows of a Parquet file; they are counted as lines.
pub(super) struct ParquetRows {
    pub(super) lines: Lines,
    rows: RowIter<'static>,
    left: i64,
    ended: bool,
}

impl ParquetRows {
    /// Reads what is at the file's end: where the rows are and how they are packed.
    ///
    /// # Errors
    /// When that cannot be read, as with a file that was cut off.
    pub(super) fn open(name: &str, file: File) -> Result<Self, FeedError> {
        let unreadable = |reason: String| FeedError::Unreadable {
            name: name.into(),
            reason: std::io::Error::other(reason),
        };
        let opened = caught(|| {
            let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
            Ok((reader.metadata().file_metadata().num_rows(), reader))
        });
        let (left, reader) = opened.and_then(|opened| opened).map_err(unreadable)?;
        Ok(ParquetRows {
            lines: Lines::without_text(name),
            rows: reader.into_iter(),
            left,
            ended: false,
        })
    }

    pub(super) fn next(&mut self) -> Option<Result<LineFields, Problem>> {
        if self.ended {
            return None;
        }
        let rows = &mut self.rows;
        let row = caught(|| rows.next().map(|row| row.map(|row| row.to_json_value())));
        self.lines.line += 1;
        let line = self.lines.line;
        match row {
            Ok(Some(Ok(Value::Object(cells)))) => {
                self.left -= 1;
                let bytes: usize = cells.values().filter_map(Value::as_str).map(str::len).sum();
                match bytes > LINE_BYTES_MAX {
                    true => Some(Err(self.lines.too_long(line))),
                    false => Some(Ok((line, cells))),
                }
            }
            Ok(Some(Ok(_))) => Some(Err(self.lines.problem(line, "is not an object"))),
            Ok(None) => {
                self.ended = true;
                if self.left > 0 {
                    self.lines.truncated_at = Some(line);
                }
                None
            }
            Ok(Some(Err(error))) => self.fail(error.to_string()),
            Err(reason) => self.fail(reason),
        }
    }

    /// Nothing can be read after damage.
    fn fail(&mut self, reason: String) -> Option<Result<LineFields, Problem>> {
        self.ended = true;
        self.lines.fail(reason);
        None
    }
}

/// What a call gives. The library that reads Parquet may panic on damaged files; that is damage and nothing more.
fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| "it is damaged".to_string())
}
