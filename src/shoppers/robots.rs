//! Events that come faster than people do: they are recorded and counted, but are evidence of nothing.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use crate::journal::Person;

/// A person does at most this many things within one minute by the clock of the events.
pub const EVENTS_PER_MINUTE_MAX: u32 = 300;

/// At most this many persons are watched at once; then all are counted from 0 again.
const WATCHED_MAX: usize = 100_000;

/// How many events each person had in their latest minute.
#[derive(Default)]
pub(super) struct Robots {
    minutes: FxHashMap<Person, (i64, u32)>,
}

impl Robots {
    /// Counts an event; whether it is one too many for a person.
    pub(super) fn sees(&mut self, person: Person, at: Timestamp) -> bool {
        let minute = at.as_second().div_euclid(60);
        if self.minutes.len() >= WATCHED_MAX && !self.minutes.contains_key(&person) {
            self.minutes.clear();
        }
        let counted = self.minutes.entry(person).or_insert((minute, 0));
        if counted.0 != minute {
            *counted = (minute, 0);
        }
        counted.1 += 1;
        counted.1 > EVENTS_PER_MINUTE_MAX
    }
}
