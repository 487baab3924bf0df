//! XML feeds: the items of an RSS or Atom document, each read by itself.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use crate::catalog::markup::unescaped;
use crate::problem::Problem;

use super::LINE_BYTES_MAX;
use super::lines::Lines;
use super::platform::LineFields;

/// Elements that are a product each, by their names without a prefix.
const ITEMS: [&str; 4] = ["item", "entry", "product", "offer"];

/// Elements deeper inside an item are not looked into.
const DEPTH_MAX: usize = 16;

/// Elements whose markup is part of their text.
const PROSE: [&str; 4] = ["description", "summary", "content", "title"];

/// The items of a document, cut out of it byte by byte.
pub(super) struct XmlItems {
    pub(super) lines: Lines,
    /// The first element, which must be closed for the document to be whole.
    root: Option<Vec<u8>>,
    ended: bool,
    item: Item,
}

/// What is being read: an item, or what stands between two.
#[derive(Default)]
struct Item {
    bytes: Vec<u8>,
    /// Where the markup that is being read starts in `bytes`.
    markup: Option<usize>,
    /// The name of the item's element; empty between items.
    name: Vec<u8>,
    line: u64,
    too_long: bool,
}

/// What a piece of markup meant.
enum Met {
    Nothing,
    Root(Vec<u8>),
    RootEnd,
    ItemEnd,
}

impl XmlItems {
    pub(super) fn new(lines: Lines) -> Self {
        XmlItems {
            lines,
            root: None,
            ended: false,
            item: Item::default(),
        }
    }

    /// The next item: the line it starts on and its elements.
    pub(super) fn next(&mut self) -> Option<Result<LineFields, Problem>> {
        let complete = self.read_item();
        let item = std::mem::take(&mut self.item);
        if !complete {
            if self.lines.truncated_at.is_none() && !self.ended {
                self.lines.truncated_at = Some(self.lines.line.max(1));
            }
            self.ended = true;
            return None;
        }
        if item.too_long {
            return Some(Err(self.lines.too_long(item.line)));
        }
        let text = match self.lines.decode(item.line, &item.bytes) {
            Ok(text) => text.into_owned(),
            Err(problem) => return Some(Err(problem)),
        };
        let read = elements(&text);
        Some(match read {
            Ok(cells) => Ok((item.line, cells)),
            Err(reason) => Err(self
                .lines
                .problem(item.line, format!("is not valid XML: {reason}"))),
        })
    }

    /// Reads up to the end of the next item; false at the end of the document, whole or not.
    fn read_item(&mut self) -> bool {
        while !self.ended {
            let line = self.lines.line + 1;
            let Some(chunk) = self.lines.chunk() else {
                return false;
            };
            let (mut used, mut breaks) = (0, 0);
            let mut complete = false;
            while used < chunk.len() && !complete && !self.ended {
                let byte = chunk[used];
                used += 1;
                match self.item.take(byte, line + breaks, self.root.as_deref()) {
                    Met::Nothing => {}
                    Met::Root(name) => self.root = Some(name),
                    Met::RootEnd => self.ended = true,
                    Met::ItemEnd => complete = true,
                }
                breaks += u64::from(byte == b'\n');
            }
            self.lines.consume(used, breaks);
            if complete {
                return true;
            }
        }
        false
    }
}

impl Item {
    fn take(&mut self, byte: u8, line: u64, root: Option<&[u8]>) -> Met {
        let between = self.name.is_empty();
        if self.bytes.len() >= LINE_BYTES_MAX {
            // What is kept is the markup at hand, so that the end is still found.
            let markup = self.markup.unwrap_or(self.bytes.len());
            let kept = self.bytes.len() - markup;
            self.too_long |= !between;
            if kept * 2 < LINE_BYTES_MAX {
                self.bytes.drain(..markup);
                self.markup = self.markup.map(|_| 0);
            } else {
                self.bytes.clear();
                self.markup = None;
            }
        }
        match (self.markup, byte) {
            (None, b'<') => {
                if between {
                    self.bytes.clear();
                    self.line = line;
                }
                self.markup = Some(self.bytes.len());
                self.bytes.push(byte);
                Met::Nothing
            }
            (None, _) => {
                if !between {
                    self.bytes.push(byte);
                }
                Met::Nothing
            }
            (Some(start), _) => {
                self.bytes.push(byte);
                if byte != b'>' || !ends_markup(&self.bytes[start..]) {
                    return Met::Nothing;
                }
                self.markup = None;
                self.close_markup(start, root)
            }
        }
    }

    /// Understands the markup that ends with `bytes`.
    fn close_markup(&mut self, start: usize, root: Option<&[u8]>) -> Met {
        let markup = &self.bytes[start..];
        let closes = markup.get(1) == Some(&b'/');
        let name = element_name(markup);
        if !self.name.is_empty() {
            return match closes && name == self.name {
                true => Met::ItemEnd,
                false => Met::Nothing,
            };
        }
        if closes && Some(name) == root {
            return Met::RootEnd;
        }
        if closes || !name.first().is_some_and(u8::is_ascii_alphabetic) {
            return Met::Nothing;
        }
        let name = name.to_vec();
        let plain = String::from_utf8_lossy(&name);
        let plain = plain.rsplit(':').next().unwrap_or_default();
        if root.is_none() {
            return Met::Root(name);
        }
        let empty = markup.ends_with(b"/>");
        if ITEMS.iter().any(|item| item.eq_ignore_ascii_case(plain)) && !empty {
            self.name = name;
        }
        Met::Nothing
    }
}

/// Whether a `>` at the end of this markup ends it.
fn ends_markup(markup: &[u8]) -> bool {
    if markup.starts_with(b"<![CDATA[") {
        return markup.ends_with(b"]]>");
    }
    !markup.starts_with(b"<!--") || markup.len() >= 7 && markup.ends_with(b"-->")
}

/// The name in `<name …>` or `</name>`, prefix and all.
fn element_name(markup: &[u8]) -> &[u8] {
    let name = markup.strip_prefix(b"<").unwrap_or(markup);
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let end = name.iter().position(ends).unwrap_or(name.len());
    &name[..end]
}

/// An element that is open.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Map<String, Value>,
}

/// The elements of one item by their names without `g:`; what stands there several times is a list.
fn elements(text: &str) -> Result<Map<String, Value>, String> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.check_end_names = false;
    let mut open: Vec<Element> = Vec::new();
    let mut too_deep = 0_usize;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(_) if open.len() >= DEPTH_MAX => too_deep += 1,
            Event::Start(start) => open.push(Element::new(&start)),
            Event::Empty(start) if open.len() < DEPTH_MAX => {
                if let Some(outer) = open.last_mut() {
                    outer.add(Element::new(&start));
                }
            }
            Event::End(_) if too_deep > 0 => too_deep -= 1,
            Event::End(_) => {
                let Some(ended) = open.pop() else {
                    return Err("an element ends that never began".into());
                };
                match open.last_mut() {
                    Some(outer) => outer.add(ended),
                    None => return Ok(ended.children),
                }
            }
            Event::Text(content) => push_text(&mut open, &content),
            Event::CData(content) => push_text(&mut open, &content),
            Event::GeneralRef(entity) => {
                push_text(&mut open, &unescaped(&format!("&{};", &*entity)))
            }
            Event::Eof => return Err("an element is never closed".into()),
            _ => {}
        }
    }
}

fn push_text(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

impl Element {
    /// Atom writes addresses as `<link href="…"/>`.
    fn new(start: &BytesStart<'_>) -> Self {
        let href = start.try_get_attribute("href").ok().flatten();
        let text = href.map(|href| unescaped(&href.value)).unwrap_or_default();
        Element {
            name: start.name().into_inner().to_string(),
            text,
            children: Map::new(),
        }
    }

    /// Takes in an element that ended inside this one.
    fn add(&mut self, inner: Element) {
        let plain = plain_name(&self.name);
        if PROSE.contains(&plain.as_ref()) {
            self.text.push(' ');
            self.text.push_str(&inner.text);
            self.text.push(' ');
            return;
        }
        let name = plain_name(&inner.name).into_owned();
        let is_google = inner.name.starts_with("g:");
        let value = match inner.children.is_empty() {
            true => Value::String(inner.text.trim().to_string()),
            false => Value::Object(inner.children),
        };
        match self.children.get_mut(&name) {
            None => {
                self.children.insert(name, value);
            }
            // `g:title` is meant for shopping, the `title` beside it for feed readers; either may come first.
            Some(known) if is_single(&name) => {
                if is_google {
                    *known = value;
                }
            }
            Some(Value::Array(list)) => list.push(value),
            Some(known) => *known = Value::Array(vec![known.take(), value]),
        }
    }
}

fn is_single(name: &str) -> bool {
    matches!(
        name,
        "id" | "title" | "description" | "link" | "image_link" | "price"
    )
}

fn plain_name(name: &str) -> Cow<'_, str> {
    super::google::plain_column(name)
}
