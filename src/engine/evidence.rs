//! What a shopper did that an affinity comes from, in words: `viewed 3 ×, last 2 min ago`.

use jiff::Timestamp;

use super::page::Hit;
use super::snapshot::Snapshot;
use crate::journal::EventKind;
use crate::shoppers::{Profile, Words};

/// Adds to every affinity of the hits what it comes from, as far as the latest products of the profile tell.
pub(super) fn explain(
    snapshot: &Snapshot,
    profile: &Profile,
    words: &Words,
    now: Timestamp,
    hits: &mut [Hit],
) {
    let moves = hits
        .iter_mut()
        .filter_map(|hit| hit.explain.as_mut())
        .flat_map(|explained| &mut explained.moves);
    for reason in moves.filter(|reason| reason.by == "affinity") {
        let value = reason
            .value
            .as_deref()
            .and_then(|said| said.split_once(':'));
        reason.evidence = value.and_then(|(attribute, value)| {
            let done = deeds(snapshot, profile, words, attribute, value);
            told(&done, now)
        });
    }
}

/// The latest deeds with products that have a value, the latest first.
fn deeds(
    snapshot: &Snapshot,
    profile: &Profile,
    words: &Words,
    attribute: &str,
    value: &str,
) -> Vec<(EventKind, i64)> {
    let columns = &snapshot.catalog.columns;
    let Some(position) = snapshot.catalog.schema.position(attribute) else {
        return Vec::new();
    };
    let has = |product: u32| columns.words_of(position, product).contains(&value);
    let recent = profile.recent().iter();
    recent
        .filter(|recent| {
            columns
                .ordinal(words.value(recent.product))
                .is_some_and(has)
        })
        .map(|recent| (recent.kind, recent.at_ms))
        .collect()
}

/// `bought 1 ×, viewed 3 ×, last 2 min ago`; `None` when nothing was done lately.
fn told(done: &[(EventKind, i64)], now: Timestamp) -> Option<String> {
    const VERBS: [(EventKind, &str); 5] = [
        (EventKind::Purchase, "bought"),
        (EventKind::AddToCart, "put in the cart"),
        (EventKind::Wishlist, "wished for"),
        (EventKind::Click, "clicked"),
        (EventKind::View, "viewed"),
    ];
    let (_, last_ms) = done.first()?;
    let mut parts = Vec::new();
    for (kind, verb) in VERBS {
        let times = done.iter().filter(|(own, _)| *own == kind).count();
        if times > 0 {
            parts.push(format!("{verb} {times} ×"));
        }
    }
    parts.push(format!("last {}", ago(now.as_millisecond() - last_ms)));
    Some(parts.join(", "))
}

fn ago(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
