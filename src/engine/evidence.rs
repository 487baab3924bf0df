//! What a shopper did that a move comes from, in words: `viewed 3 ×, last 2 min ago`.

use jiff::Timestamp;

use super::page::Hit;
use super::shoppers::Start;
use super::snapshot::Snapshot;
use crate::catalog::columns::PATH_SEPARATOR;
use crate::journal::{EventKind, Word};
use crate::ranking::Move;
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{Demand, Neighbours, Profile, Words};

/// What explanations may tell of.
pub(super) struct Known<'k> {
    pub(super) snapshot: &'k Snapshot,
    pub(super) profile: &'k Profile,
    pub(super) words: &'k Words,
    pub(super) demand: &'k Demand,
    pub(super) neighbours: &'k Neighbours,
    pub(super) starts: &'k [Start],
    pub(super) now: Timestamp,
}

/// Adds to every personal move of the hits what it comes from, as far as the latest products of the profile tell.
pub(super) fn explain(known: &Known<'_>, hits: &mut [Hit]) {
    for hit in hits {
        let product = known.words.find(PRODUCT, &hit.id);
        let moves = hit.explain.as_mut().map(|explained| &mut explained.moves);
        for reason in moves.into_iter().flatten() {
            reason.evidence = known.evidence(reason, product);
        }
    }
}

impl Known<'_> {
    fn evidence(&self, reason: &Move, product: Option<Word>) -> Option<String> {
        match reason.by.as_str() {
            "affinity" => {
                let (attribute, value) = reason.value.as_deref()?.split_once(':')?;
                let done = self.deeds_with(attribute, value);
                told(&done, self.now).or_else(|| self.start(attribute, value))
            }
            "own_history" => {
                let product = product?;
                told(&self.deeds(|own| own == product), self.now)
            }
            "together" => {
                let product = product?;
                let goes = |own: Word| self.demand.together(own).any(|(other, _)| other == product);
                self.met_with(goes).map(|met| format!("goes with {met}"))
            }
            "neighbours" => {
                let product = product?;
                let both = |own: Word| self.neighbours.sessions_with_both(own, product);
                let met = self.met_with(|own| own != product && both(own) > 0)?;
                let last = self.profile.recent().iter();
                let mut counts = last.map(|recent| both(recent.product));
                let sessions = counts.find(|count| *count > 0)?;
                let them = if sessions == 1 { "session" } else { "sessions" };
                Some(format!("met in {sessions} {them} with {met}"))
            }
            _ => None,
        }
    }

    /// The latest deeds with products that have a value, the latest first.
    fn deeds_with(&self, attribute: &str, value: &str) -> Vec<(EventKind, i64)> {
        let columns = &self.snapshot.catalog.columns;
        let Some(position) = self.snapshot.catalog.schema.position(attribute) else {
            return Vec::new();
        };
        let has = |product: u32| {
            let values = columns.words_of(position, product);
            values.into_iter().any(|own| is_within(own, value))
        };
        self.deeds(|product| columns.ordinal(self.words.value(product)).is_some_and(has))
    }

    /// The latest deeds with some products, the latest first.
    fn deeds(&self, is_it: impl Fn(Word) -> bool) -> Vec<(EventKind, i64)> {
        let recent = self.profile.recent().iter();
        let those = recent.filter(|recent| is_it(recent.product));
        those.map(|recent| (recent.kind, recent.at_ms)).collect()
    }

    /// The latest of some products, and when it was met: `4711, viewed 2 min ago`.
    fn met_with(&self, is_it: impl Fn(Word) -> bool) -> Option<String> {
        let mut recent = self.profile.recent().iter();
        let met = recent.find(|recent| is_it(recent.product))?;
        let verb = VERBS.iter().find(|(kind, _)| *kind == met.kind);
        let verb = verb.map_or("met", |(_, verb)| *verb);
        let ago = ago(self.now.as_millisecond() - met.at_ms);
        Some(format!("{}, {verb} {ago}", self.words.value(met.product)))
    }

    /// The segment whose shoppers are taken to lean to a value.
    fn start(&self, attribute: &str, value: &str) -> Option<String> {
        let is_it = |start: &&Start| start.is_to(self.snapshot, attribute, value);
        let start = self.starts.iter().find(is_it)?;
        Some(format!("as shoppers of segment {} do", start.segment))
    }
}

/// Whether a value is another or stands below it in a path.
fn is_within(own: &str, value: &str) -> bool {
    let rest = own.strip_prefix(value);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(PATH_SEPARATOR))
}

const VERBS: [(EventKind, &str); 5] = [
    (EventKind::Purchase, "bought"),
    (EventKind::AddToCart, "put in the cart"),
    (EventKind::Wishlist, "wished for"),
    (EventKind::Click, "clicked"),
    (EventKind::View, "viewed"),
];

/// `bought 1 ×, viewed 3 ×, last 2 min ago`; `None` when nothing was done lately.
fn told(done: &[(EventKind, i64)], now: Timestamp) -> Option<String> {
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
