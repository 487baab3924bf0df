//! Queries as `query_id<TAB>text`, judgements as TREC qrels: `query_id 0 product_id grade`. Plain or compressed.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustc_hash::FxHashMap;

use crate::problem::Problem;

/// Queries in the order of their file: id and text.
pub type Queries = Vec<(String, String)>;

/// By query id: the grade of each judged product.
pub type Judgements = FxHashMap<String, FxHashMap<String, u32>>;

/// Larger files are refused.
const FILE_BYTES_MAX: u64 = 1 << 30;

/// Grades above this are refused: a gain is 2^grade − 1.
const GRADE_MAX: u32 = 30;

/// Reads a file of queries; bad lines are problems.
pub fn read_queries(path: &Path) -> io::Result<(Queries, Vec<Problem>)> {
    let mut queries = Queries::new();
    let problems = read_lines(path, |line| {
        let (id, text) = line.split_once('\t').ok_or("write `query_id<TAB>text`")?;
        if queries.iter().any(|(known, _)| known == id.trim()) {
            return Err("the query id stands on an earlier line");
        }
        queries.push((id.trim().to_string(), text.trim().to_string()));
        Ok(())
    })?;
    Ok((queries, problems))
}

/// Reads a file of judgements; bad lines are problems.
pub fn read_qrels(path: &Path) -> io::Result<(Judgements, Vec<Problem>)> {
    let mut judgements = Judgements::default();
    let problems = read_lines(path, |line| {
        let mut cells = line.split_whitespace();
        let (Some(query), Some(_), Some(product), Some(grade), None) = (
            cells.next(),
            cells.next(),
            cells.next(),
            cells.next(),
            cells.next(),
        ) else {
            return Err("write `query_id 0 product_id grade`");
        };
        let grade: i64 = grade
            .parse()
            .map_err(|_| "the grade is not a whole number")?;
        let grade = u32::try_from(grade.max(0))
            .ok()
            .filter(|grade| *grade <= GRADE_MAX)
            .ok_or("the grade is above 30")?;
        judgements
            .entry(query.to_string())
            .or_default()
            .insert(product.to_string(), grade);
        Ok(())
    })?;
    Ok((judgements, problems))
}

fn read_lines(
    path: &Path,
    mut read: impl FnMut(&str) -> Result<(), &'static str>,
) -> io::Result<Vec<Problem>> {
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(
        text_of_file(path)?
            .lines()
            .map(|line| line.trim_end_matches('\r')),
    ) {
        if line.trim().is_empty() {
            continue;
        }
        if let Err(reason) = read(line) {
            problems.push(
                Problem::new(name.clone(), format!("`{line}` cannot be read"))
                    .at(number)
                    .suggest(reason),
            );
        }
    }
    Ok(problems)
}

/// A file's text, plain or compressed.
pub(super) fn text_of_file(path: &Path) -> io::Result<String> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    if bytes.starts_with(&GZIP) {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..])
            .take(FILE_BYTES_MAX)
            .read_to_end(&mut text)?;
        bytes = text;
    }
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
