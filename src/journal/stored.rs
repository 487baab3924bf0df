//! The bytes of an entry. They outlive every version of the program, so they have their own types and a version.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Event, EventKind, Evidence};

/// First byte of every entry.
const VERSION: u8 = 1;

/// Field order is the format: a change of it is a new version, and this one stays readable.
#[derive(Serialize, Deserialize)]
struct StoredEntry<'a> {
    id: Option<Cow<'a, str>>,
    kind: u8,
    shopper: Cow<'a, str>,
    account: Option<Cow<'a, str>>,
    session: Option<Cow<'a, str>>,
    at_ms: i64,
    products: Cow<'a, [String]>,
    query_id: Option<Cow<'a, str>>,
    query: Option<Cow<'a, str>>,
    positions: Cow<'a, [u32]>,
    price: Option<f64>,
    quantity: Option<u32>,
    currency: Option<Cow<'a, str>>,
    evidence: Cow<'a, [Evidence]>,
}

pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let event = &entry.event;
    let stored = StoredEntry {
        id: borrowed(&event.id),
        kind: event.kind.code(),
        shopper: Cow::Borrowed(&event.shopper),
        account: borrowed(&event.account),
        session: borrowed(&event.session),
        at_ms: event.at.as_millisecond(),
        products: Cow::Borrowed(&event.products),
        query_id: borrowed(&event.query_id),
        query: borrowed(&event.query),
        positions: Cow::Borrowed(&event.positions),
        price: event.price,
        quantity: event.quantity,
        currency: borrowed(&event.currency),
        evidence: Cow::Borrowed(&entry.evidence),
    };
    postcard::to_extend(&stored, vec![VERSION]).expect("writing plain fields to memory cannot fail")
}

/// The entry in `bytes`, or why they are not one.
pub(super) fn decode(bytes: &[u8]) -> Result<Entry, String> {
    let Some((&VERSION, fields)) = bytes.split_first() else {
        return Err("an entry has an unknown version".to_owned());
    };
    let stored: StoredEntry<'_> =
        postcard::from_bytes(fields).map_err(|error| format!("an entry is unreadable: {error}"))?;
    let kind = EventKind::coded(stored.kind)
        .ok_or_else(|| format!("an entry has the unknown event type {}", stored.kind))?;
    let at = Timestamp::from_millisecond(stored.at_ms)
        .map_err(|error| format!("an entry has an impossible time: {error}"))?;
    Ok(Entry {
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
            positions: stored.positions.into_owned(),
            price: stored.price,
            quantity: stored.quantity,
            currency: owned(stored.currency),
        },
        evidence: stored.evidence.into_owned(),
    })
}

/// The 128 bits an event id is remembered by (FNV-1a), the same in every version and on every machine.
pub(super) fn id_hash(id: &str) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    id.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    })
}

fn borrowed(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}
