//! Finds a feed's format by its first bytes.

use super::Format;

/// The format, and what stands between cells when it has cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) format: Format,
    pub(super) delimiter: u8,
    /// Bytes before the list in a JSON wrapper, or before anything that counts.
    pub(super) skip: usize,
}

/// Files that are not text, by how they start.
const NOT_TEXT: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "is a zip archive or a spreadsheet"),
    (b"PAR1", "is Parquet"),
    (b"%PDF", "is a PDF"),
    (b"BZh", "is compressed with bzip2"),
    (b"\xfd7zXZ", "is compressed with xz"),
    (b"\x1f\x8b", "is compressed twice"),
    (b"\x28\xb5\x2f\xfd", "is compressed twice"),
    (b"\xff\xfe", "is UTF-16 text, which must become UTF-8"),
    (b"\xfe\xff", "is UTF-16 text, which must become UTF-8"),
];

/// The shape of a feed that starts like this, or what was seen instead of one.
pub(super) fn shape(start: &[u8]) -> Result<Shape, String> {
    if let Some((_, seen)) = NOT_TEXT.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err((*seen).into());
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let text = text.trim_ascii_start();
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let first_line = first_line.trim_ascii_end();
    let skip = start.len() - text.len();
    match text.first() {
        None => Err("holds only blanks".into()),
        Some(b'{') => Ok(json_shape(text, first_line, skip)),
        Some(b'[') => Ok(json(Format::Json, skip)),
        Some(b'<') => Err(format!("starts like XML: `{}`", excerpt(first_line))),
        Some(_) if first_line.iter().any(|byte| is_binary(*byte)) => {
            Err(format!("starts with binary data: {}", hexadecimal(text)))
        }
        Some(_) => delimited_shape(first_line),
    }
}

fn json(format: Format, skip: usize) -> Shape {
    Shape {
        format,
        delimiter: 0,
        skip,
    }
}

/// One object a line, unless the first line stops in the middle of an object that goes on below, or wraps a list.
fn json_shape(text: &[u8], first_line: &[u8], skip: usize) -> Shape {
    let goes_on = matches!(first_line.last(), Some(b'{' | b'[' | b','));
    match list_start(text) {
        Some(list) => json(Format::Json, skip + list),
        None if goes_on => json(Format::Json, skip),
        None => json(Format::JsonLines, 0),
    }
}

/// Where the list starts in an object that is only a wrapper around one: `{"products": [{`.
fn list_start(text: &[u8]) -> Option<usize> {
    let after_key = |rest: &[u8]| -> Option<usize> {
        let key = rest.iter().position(|byte| *byte == b'"')?;
        let colon = key + 1 + blanks(&rest[key + 1..]);
        let bracket = colon + 1 + blanks(rest.get(colon + 1..)?);
        let brace = bracket + 1 + blanks(rest.get(bracket + 1..)?);
        let list = rest[colon] == b':' && rest.get(bracket) == Some(&b'[');
        (list && rest.get(brace) == Some(&b'{')).then_some(bracket)
    };
    let quote = 1 + blanks(text.get(1..)?);
    let opens = text.first() == Some(&b'{') && text.get(quote) == Some(&b'"');
    let rest = text.get(quote + 1..)?;
    opens
        .then(|| after_key(rest))
        .flatten()
        .map(|bracket| quote + 1 + bracket)
}

fn blanks(bytes: &[u8]) -> usize {
    bytes.len() - bytes.trim_ascii_start().len()
}

fn delimited_shape(header: &[u8]) -> Result<Shape, String> {
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = |byte: &&u8| {
            quoted ^= **byte == b'"';
            **byte == delimiter && !quoted
        };
        header.iter().filter(outside).count()
    };
    // On a tie the earlier one wins, so they stand here from rare to common in ordinary names.
    let (delimiter, found) = [b'\t', b'|', b';', b',']
        .into_iter()
        .map(|delimiter| (delimiter, count(delimiter)))
        .rev()
        .max_by_key(|(_, found)| *found)
        .expect("four delimiters were counted");
    if found == 0 {
        return Err(format!(
            "starts with `{}`, which is neither a JSON object nor a header of two or more columns",
            excerpt(header)
        ));
    }
    let format = match delimiter {
        b'\t' => Format::Tsv,
        _ => Format::Csv,
    };
    Ok(Shape {
        format,
        delimiter,
        skip: 0,
    })
}

fn is_binary(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n')
}

fn excerpt(line: &[u8]) -> String {
    String::from_utf8_lossy(line).chars().take(60).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
    pairs.join(" ")
}
