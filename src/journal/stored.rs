//! The bytes of a record. They outlive every version of the program, so they have their own types and a version.
//!
//! A record opens with its kind, its person, and for a deed the hash of the event's id and the second it arrived;
//! what follows is sealed with the person's key.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{
    Circumstances, Consent, Deed, Event, EventKind, Evidence, Name, Person, Record, Word,
};
use super::keys::Keys;

/// First byte of every kind of record; a number is never given to another.
const WORD: u8 = 1;
const KNOWN: u8 = 2;
const CONSENT: u8 = 3;
const MERGED: u8 = 4;
const DEED: u8 = 5;
const ERASED: u8 = 6;

/// Kind, person, hash of the event's id, and second of arrival.
const HEAD_BYTES: usize = 1 + 4 + 8 + 4;

/// Field order is the format: a change of it is a new kind of record, and this one stays readable.
#[derive(Serialize, Deserialize)]
struct StoredDeed<'a> {
    id: Option<Cow<'a, str>>,
    kind: u8,
    shopper: Cow<'a, str>,
    account: Option<Cow<'a, str>>,
    session: Option<Cow<'a, str>>,
    at_ms: i64,
    received_after_ms: i64,
    products: Cow<'a, [String]>,
    query_id: Option<Cow<'a, str>>,
    query: Option<Cow<'a, str>>,
    category: Option<Cow<'a, str>>,
    filter: Option<Cow<'a, str>>,
    positions: Cow<'a, [u32]>,
    price: Option<f64>,
    quantity: Option<u32>,
    currency: Option<Cow<'a, str>>,
    words: Cow<'a, [Word]>,
    robot: bool,
}

/// Follows the deed of a list, when something is known of how it was asked for. Versions that know nothing of it read
/// the deed and leave the rest.
#[derive(Serialize, Deserialize)]
struct StoredAsked {
    surface: Option<String>,
    segments: Vec<String>,
    context: Vec<String>,
    device: Option<String>,
    campaign: Option<String>,
    language: Option<String>,
    sort: Option<String>,
}

/// What can be read of a record without its person's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub is_deed: bool,
    pub person: Person,
    /// 0 for an event without an id.
    pub id_hash: u64,
    pub received_s: u32,
}

/// Adds the bytes of a record; when its person's key is destroyed, those that only take its place.
pub(super) fn encode(keys: &Keys, record: &Record, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    let sealed = match record {
        Record::Word { word, evidence } => {
            add_head(bytes, WORD, 0, 0, 0);
            add_plain(bytes, &(word, &evidence.attribute, &evidence.value));
            return;
        }
        Record::Merged { from, into } => {
            add_head(bytes, MERGED, *from, 0, 0);
            add_plain(bytes, into);
            return;
        }
        Record::Known { person, name } => {
            add_head(bytes, KNOWN, *person, 0, 0);
            keys.seal_onto(bytes, *person, |bytes| add_plain(bytes, name))
        }
        Record::Consent { person, consent } => {
            add_head(bytes, CONSENT, *person, 0, 0);
            keys.seal_onto(bytes, *person, |bytes| add_plain(bytes, consent))
        }
        Record::Erased { .. } => None,
        Record::Deed { person, deed } => {
            let id = deed.event.id.as_deref().map_or(0, id_hash);
            let received_s = (deed.received_ms / 1_000).clamp(0, u32::MAX.into());
            add_head(bytes, DEED, *person, id, received_s as u32);
            keys.seal_onto(bytes, *person, |bytes| {
                add_plain(bytes, &stored(deed));
                if let Some(asked) = &deed.event.asked {
                    add_plain(bytes, &stored_asked(asked));
                }
            })
        }
    };
    if sealed.is_none() {
        bytes.truncate(start);
        add_head(bytes, ERASED, record.person(), 0, 0);
    }
}

pub(super) fn read_head(bytes: &[u8]) -> Result<(Head, &[u8]), String> {
    let Some((head, body)) = bytes.split_first_chunk::<HEAD_BYTES>() else {
        return Err("a record is too short".to_owned());
    };
    let (person, rest) = head[1..].split_first_chunk().expect("the head is longer");
    let (id_hash, rest) = rest.split_first_chunk().expect("the head is longer");
    let received_s = rest.first_chunk().expect("the head is longer");
    let head = Head {
        is_deed: head[0] == DEED,
        person: u32::from_le_bytes(*person),
        id_hash: u64::from_le_bytes(*id_hash),
        received_s: u32::from_le_bytes(*received_s),
    };
    Ok((head, body))
}

/// The record in `bytes`, or why they are not one.
pub(super) fn decode(keys: &Keys, bytes: &[u8]) -> Result<Record, String> {
    let (Head { person, .. }, body) = read_head(bytes)?;
    match bytes[0] {
        WORD => {
            let (word, attribute, value) = read(body)?;
            let evidence = Evidence { attribute, value };
            return Ok(Record::Word { word, evidence });
        }
        MERGED => {
            let into = read(body)?;
            return Ok(Record::Merged { from: person, into });
        }
        ERASED => return Ok(Record::Erased { person }),
        KNOWN | CONSENT | DEED => {}
        kind => return Err(format!("a record has the unknown kind {kind}")),
    }
    let Some(plain) = keys.unseal(person, body) else {
        return Ok(Record::Erased { person });
    };
    Ok(match bytes[0] {
        KNOWN => Record::Known {
            person,
            name: read::<Name>(&plain)?,
        },
        CONSENT => Record::Consent {
            person,
            consent: read::<Consent>(&plain)?,
        },
        _ => Record::Deed {
            person,
            deed: deed(&plain)?,
        },
    })
}

fn add_head(bytes: &mut Vec<u8>, kind: u8, person: Person, id_hash: u64, received_s: u32) {
    bytes.push(kind);
    bytes.extend_from_slice(&person.to_le_bytes());
    bytes.extend_from_slice(&id_hash.to_le_bytes());
    bytes.extend_from_slice(&received_s.to_le_bytes());
}

fn add_plain(bytes: &mut Vec<u8>, fields: &impl Serialize) {
    postcard::to_io(fields, bytes).expect("writing plain fields to memory cannot fail");
}

fn read<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|error| format!("a record is unreadable: {error}"))
}

fn stored(deed: &Deed) -> StoredDeed<'_> {
    let event = &deed.event;
    let at_ms = event.at.as_millisecond();
    StoredDeed {
        id: borrowed(&event.id),
        kind: event.kind.code(),
        shopper: Cow::Borrowed(&event.shopper),
        account: borrowed(&event.account),
        session: borrowed(&event.session),
        at_ms,
        received_after_ms: deed.received_ms - at_ms,
        products: Cow::Borrowed(&event.products),
        query_id: borrowed(&event.query_id),
        query: borrowed(&event.query),
        category: borrowed(&event.category),
        filter: borrowed(&event.filter),
        positions: Cow::Borrowed(&event.positions),
        price: event.price,
        quantity: event.quantity,
        currency: borrowed(&event.currency),
        words: Cow::Borrowed(&deed.words),
        robot: deed.robot,
    }
}

fn deed(plain: &[u8]) -> Result<Deed, String> {
    let (stored, rest): (StoredDeed<'_>, _) = postcard::take_from_bytes(plain)
        .map_err(|error| format!("a record is unreadable: {error}"))?;
    let asked = match rest {
        [] => None,
        rest => Some(Box::new(asked(read(rest)?))),
    };
    let kind = EventKind::coded(stored.kind)
        .ok_or_else(|| format!("a record has the unknown event type {}", stored.kind))?;
    let at = Timestamp::from_millisecond(stored.at_ms)
        .map_err(|error| format!("a record has an impossible time: {error}"))?;
    Ok(Deed {
        event: Event {
            id: owned(stored.id),
            kind,
            shopper: stored.shopper.into_owned(),
            account: owned(stored.account),
            session: owned(stored.session),
            at,
            products: stored.products.into_owned(),
            query_id: owned(stored.query_id),
            query: owned(stored.query),
            category: owned(stored.category),
            filter: owned(stored.filter),
            positions: stored.positions.into_owned(),
            price: stored.price,
            quantity: stored.quantity,
            currency: owned(stored.currency),
            asked,
        },
        received_ms: stored.at_ms.saturating_add(stored.received_after_ms),
        words: stored.words.into_owned(),
        robot: stored.robot,
    })
}

fn stored_asked(asked: &Circumstances) -> StoredAsked {
    let asked = asked.clone();
    StoredAsked {
        surface: asked.surface,
        segments: asked.segments,
        context: asked.context,
        device: asked.device,
        campaign: asked.campaign,
        language: asked.language,
        sort: asked.sort,
    }
}

fn asked(stored: StoredAsked) -> Circumstances {
    Circumstances {
        surface: stored.surface,
        segments: stored.segments,
        context: stored.context,
        device: stored.device,
        campaign: stored.campaign,
        language: stored.language,
        sort: stored.sort,
    }
}

/// The 64 bits an event id is remembered by (FNV-1a), the same in every version and on every machine; never 0.
pub fn id_hash(id: &str) -> u64 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = id.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    ((hash >> 64) as u64 ^ hash as u64).max(1)
}

fn borrowed(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}
