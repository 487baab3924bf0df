//! What a results page shows of each product, by ordinal, memory-mapped.

use std::io;
use std::path::Path;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::pieces::{PieceFiles, Pieces};

/// What every document says besides the shown attributes; an attribute of this name gives way to it.
pub const SOLD_OUT: &str = "sold_out";

/// Where the documents of a generation are.
pub const DOCUMENT_FILES: PieceFiles = PieceFiles {
    bytes: "documents.json",
    offsets: "documents.offsets",
};

/// The shown attributes of every product; cheap to copy.
#[derive(Clone)]
pub struct Documents(Pieces);

/// What a page shows of one product, a JSON object that is passed on as it was stored.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Document(Box<RawValue>);

impl Documents {
    pub fn open(dir: &Path) -> io::Result<Self> {
        Pieces::open(dir, DOCUMENT_FILES).map(Documents)
    }

    /// How many products there were when the generation was built.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces what is shown of a product.
    pub fn put(&mut self, product: u32, document: Vec<u8>) {
        self.0.put(product, document);
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
        self.0.get(product)
    }
}

impl Document {
    /// The shown attributes and their values, `null` when they cannot be read.
    pub fn values(&self) -> serde_json_borrow::Value<'_> {
        serde_json::from_str(self.0.get()).unwrap_or_default()
    }

    /// The shown attributes and their values, to be changed; none when they cannot be read.
    pub fn fields(&self) -> Map<String, Value> {
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
