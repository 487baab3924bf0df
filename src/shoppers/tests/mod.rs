//! What the shoppers' tests share: events as a table would list them.

mod affinities;
mod events;
mod records;
mod residents;

use jiff::{Timestamp, ToSpan};

use crate::journal::{Entry, Event, EventKind, Evidence};

/// The moment all tests count from.
fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    noon() + seconds.seconds()
}

/// `shopper` did `kind` at `at`, with a product of these values.
fn entry(shopper: &str, kind: EventKind, at: Timestamp, values: &[(&str, &str)]) -> Entry {
    let evidence = |(attribute, value): &(&str, &str)| Evidence {
        attribute: (*attribute).to_owned(),
        value: (*value).to_owned(),
    };
    Entry {
        event: Event {
            id: None,
            kind,
            shopper: shopper.to_owned(),
            account: None,
            session: None,
            at,
            products: vec!["42".to_owned()],
            query_id: None,
            query: None,
            positions: Vec::new(),
            price: None,
            quantity: None,
            currency: None,
        },
        evidence: values.iter().map(evidence).collect(),
    }
}

fn view(shopper: &str, brand: &str, at: Timestamp) -> Entry {
    entry(shopper, EventKind::View, at, &[("brand", brand)])
}
