//! Shoppers as the tests tell of them.

mod affinities;
mod events;
mod identity;
mod neighbours;
mod records;
mod residents;
mod segments;
mod survival;

use jiff::{Timestamp, ToSpan};

use crate::journal::{Deed, Entry, Event, EventKind, Evidence};
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{AffinitySettings, Profile, Words};

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
            products: vec!["42".to_owned()],
            ..Event::new(kind, shopper, at)
        },
        evidence: values.iter().map(evidence).collect(),
    }
}

fn view(shopper: &str, brand: &str, at: Timestamp) -> Entry {
    entry(shopper, EventKind::View, at, &[("brand", brand)])
}

/// The same with its products as evidence too.
fn of_product(product: &str, mut entry: Entry) -> Entry {
    entry.event.products = vec![product.to_owned()];
    entry.evidence.push(Evidence {
        attribute: PRODUCT.to_owned(),
        value: product.to_owned(),
    });
    entry
}

/// A profile and the words it speaks in.
struct Told {
    words: Words,
    profile: Profile,
}

impl Told {
    fn new() -> Told {
        Told {
            words: Words::new(),
            profile: Profile::empty(&AffinitySettings::default()),
        }
    }

    fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Told {
        let mut told = Told::new();
        for entry in entries {
            told.apply(entry);
        }
        told
    }

    fn apply(&mut self, entry: &Entry) {
        let deed = deed(&mut self.words, entry);
        self.profile.apply(&deed, true);
    }
}

fn deed(words: &mut Words, entry: &Entry) -> Deed {
    let word = |evidence: &Evidence| {
        let known = words.find(&evidence.attribute, &evidence.value);
        known.or_else(|| words.make(evidence))
    };
    Deed {
        words: entry.evidence.iter().filter_map(word).collect(),
        event: entry.event.clone(),
        received_ms: entry.event.at.as_millisecond(),
        robot: false,
    }
}
