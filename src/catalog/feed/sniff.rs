//! Finds a feed's format by its first bytes.

use super::Format;
use super::delimited::Dialect;
use super::platform::Platform;

/// The format, and what stands between cells when it has cells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) format: Format,
    pub(super) platform: Option<Platform>,
    pub(super) delimiter: u8,
    /// Bytes before the list in a JSON wrapper, or before anything that counts.
    pub(super) skip: usize,
}

/// Files that are not text, by how they start.
const NOT_TEXT: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "is a zip archive inside another compression"),
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
        Some(b'[') => Ok(json(Format::Json, text, skip)),
        Some(b'<') => xml_shape(text, first_line),
        Some(_) if first_line.iter().any(|byte| is_binary(*byte)) => {
            Err(format!("starts with binary data: {}", hexadecimal(text)))
        }
        Some(_) => delimited_shape(first_line),
    }
}

fn json(format: Format, text: &[u8], skip: usize) -> Shape {
    Shape {
        format,
        platform: Platform::of_json(text),
        delimiter: 0,
        skip,
    }
}

/// RSS and Atom by their first element; any other document whose items are products is read the same way.
fn xml_shape(text: &[u8], first_line: &[u8]) -> Result<Shape, String> {
    let start = String::from_utf8_lossy(text);
    let lower = start.to_lowercase();
    let has = |element: &str| lower.contains(element);
    if has("<!doctype html") || has("<html") {
        return Err("is a web page; save the feed it links to".into());
    }
    let items = ["<item", "<entry", "<product", "<offer"];
    let format = if has("<rss") || has("<rdf:rdf") {
        Format::Rss
    } else if has("<feed") && !has("<product") {
        Format::Atom
    } else if items.iter().any(|item| has(item)) {
        Format::Xml
    } else {
        return Err(format!(
            "starts like XML without products: `{}`",
            excerpt(first_line)
        ));
    };
    Ok(Shape {
        format,
        platform: Some(Platform::Google),
        delimiter: 0,
        skip: 0,
    })
}

/// One object a line, unless the first line stops in the middle of an object that goes on below, or wraps a list.
fn json_shape(text: &[u8], first_line: &[u8], skip: usize) -> Shape {
    let goes_on = matches!(first_line.last(), Some(b'{' | b'[' | b','));
    let below = text
        .splitn(2, |byte| *byte == b'\n')
        .nth(1)
        .unwrap_or_default();
    let has_second = first_line.ends_with(b"}") && below.trim_ascii_start().starts_with(b"{");
    match list_start(text).filter(|_| !has_second) {
        Some(list) => json(Format::Json, text, skip + list),
        None if goes_on => json(Format::Json, text, skip),
        None => json(Format::JsonLines, text, 0),
    }
}

/// Keys whose lists are the products of a wrapper, and keys of objects around such a list.
const WRAPPERS: [&str; 14] = [
    "products",
    "items",
    "data",
    "results",
    "@graph",
    "itemListElement",
    "records",
    "hits",
    "rows",
    "entries",
    "catalog",
    "edges",
    "nodes",
    "feed",
];

/// Where the list starts in an object that is only a wrapper around one: `{"products": [{`, or
/// `{"total": 2, "data": {"items": [{`.
fn list_start(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut first = true;
    skip_byte(text, &mut at, b'{')?;
    loop {
        let key = skip_string(text, &mut at)?;
        skip_byte(text, &mut at, b':')?;
        at += blanks(text.get(at..)?);
        let is_wrapper = WRAPPERS.iter().any(|name| name.as_bytes() == key);
        match text.get(at)? {
            b'[' if (first || is_wrapper) && holds_objects(text.get(at + 1..)?) => return Some(at),
            b'{' if is_wrapper => {
                at += 1;
                first = true;
                continue;
            }
            _ => skip_value(text, &mut at)?,
        }
        first = false;
        skip_byte(text, &mut at, b',')?;
    }
}

fn holds_objects(list: &[u8]) -> bool {
    list.trim_ascii_start().starts_with(b"{")
}

fn skip_byte(text: &[u8], at: &mut usize, byte: u8) -> Option<()> {
    *at += blanks(text.get(*at..)?);
    let found = text.get(*at) == Some(&byte);
    *at += 1;
    found.then_some(())
}

/// Passes over a string and returns what is between its quotes.
fn skip_string<'t>(text: &'t [u8], at: &mut usize) -> Option<&'t [u8]> {
    skip_byte(text, at, b'"')?;
    let start = *at;
    loop {
        match text.get(*at)? {
            b'"' => break,
            b'\\' => *at += 2,
            _ => *at += 1,
        }
    }
    *at += 1;
    text.get(start..*at - 1)
}

/// Passes over a value; `None` when it goes on behind what is known of the text.
fn skip_value(text: &[u8], at: &mut usize) -> Option<()> {
    *at += blanks(text.get(*at..)?);
    let mut depth = 0_usize;
    loop {
        match text.get(*at)? {
            b'"' => {
                skip_string(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(()),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(()),
            _ => {}
        }
        *at += 1;
    }
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
    let names = Dialect { delimiter }.names(header);
    Ok(Shape {
        format,
        platform: Platform::of_header(&names),
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
