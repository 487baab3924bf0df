//! What a results page shows of each product, by ordinal, memory-mapped.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use memmap2::Mmap;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What every document says besides the shown attributes; an attribute of this name gives way to it.
pub const SOLD_OUT: &str = "sold_out";

/// The documents, one after the other.
pub const TEXT_FILE: &str = "documents.json";
const OFFSETS_FILE: &str = "documents.offsets";

/// The shown attributes of every product.
pub struct Documents {
    text: Option<Mmap>,
    offsets: Vec<u64>,
}

/// What a page shows of one product, a JSON object that is passed on as it was stored.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Document(Box<RawValue>);

/// Writes documents one after the other.
pub struct DocumentsWriter {
    text: BufWriter<File>,
    offsets: Vec<u64>,
}

impl DocumentsWriter {
    pub fn create(dir: &Path) -> io::Result<Self> {
        let text = BufWriter::with_capacity(1 << 20, File::create(dir.join(TEXT_FILE))?);
        Ok(DocumentsWriter {
            text,
            offsets: vec![0],
        })
    }

    /// Adds the documents of the next products: JSON objects one after the other, and where each ends.
    pub fn push(&mut self, documents: &[u8], ends: &[usize]) -> io::Result<()> {
        self.text.write_all(documents)?;
        let start = self.offsets.last().copied().unwrap_or_default();
        let ends = ends.iter().map(|end| start + *end as u64);
        self.offsets.extend(ends);
        Ok(())
    }

    /// Makes everything durable.
    pub fn finish(self, dir: &Path) -> io::Result<()> {
        self.text
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        let bytes: Vec<u8> = self
            .offsets
            .iter()
            .flat_map(|offset| offset.to_le_bytes())
            .collect();
        let mut file = File::create(dir.join(OFFSETS_FILE))?;
        file.write_all(&bytes)?;
        file.sync_all()
    }
}

impl Documents {
    pub fn open(dir: &Path) -> io::Result<Self> {
        let bytes = std::fs::read(dir.join(OFFSETS_FILE))?;
        let offsets: Vec<u64> = bytes
            .chunks_exact(8)
            .map(|chunk| u64::from_le_bytes(chunk.try_into().expect("chunks of 8")))
            .collect();
        let file = File::open(dir.join(TEXT_FILE))?;
        let length = file.metadata()?.len();
        if offsets.last() != Some(&length) || !offsets.is_sorted() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{TEXT_FILE} and {OFFSETS_FILE} disagree"),
            ));
        }
        // SAFETY: a published generation is immutable; nobody writes to or truncates its files.
        let text = if length == 0 {
            None
        } else {
            Some(unsafe { Mmap::map(&file)? })
        };
        Ok(Documents { text, offsets })
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shown attributes of a product; an unreadable document has none.
    pub fn get(&self, product: u32) -> Map<String, Value> {
        serde_json::from_slice(self.bytes(product)).unwrap_or_default()
    }

    /// What a page shows of a product, with whether it is sold out; an unreadable document says nothing else, which
    /// costs that product its card, not the page.
    pub fn shown(&self, product: u32, sold_out: bool) -> Document {
        let stored = std::str::from_utf8(self.bytes(product)).unwrap_or_default();
        let attributes = stored.strip_suffix('}').unwrap_or("{");
        let comma = if attributes.ends_with('{') { "" } else { "," };
        let text = format!("{attributes}{comma}\"{SOLD_OUT}\":{sold_out}}}");
        let raw = RawValue::from_string(text);
        Document(raw.unwrap_or_else(|_| {
            RawValue::from_string(format!("{{\"{SOLD_OUT}\":{sold_out}}}"))
                .expect("an object of one boolean is JSON")
        }))
    }

    /// The document's JSON text.
    pub fn bytes(&self, product: u32) -> &[u8] {
        let Some(text) = &self.text else { return &[] };
        let range =
            self.offsets[product as usize] as usize..self.offsets[product as usize + 1] as usize;
        &text[range]
    }
}

impl Document {
    /// The shown attributes and their values, `null` when they cannot be read.
    pub fn values(&self) -> serde_json_borrow::Value<'_> {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    /// The value of a shown attribute.
    pub fn get(&self, attribute: &str) -> Option<Value> {
        let values = self.values();
        values.as_object()?.get(attribute).map(Value::from)
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}
