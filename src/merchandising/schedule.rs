//! Days, hours and weeks: when a rule holds.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::written::WrittenWeekly;
use crate::problem::nearest;

/// A time as written, and the instant it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    pub text: String,
    pub at: Timestamp,
}

/// Hours of days of every week.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    /// By day, from Monday.
    days: [bool; 7],
    from: Time,
    /// `None` at the end of the day.
    until: Option<Time>,
    zone: TimeZone,
}

pub(super) const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// What is wrong, and what to write instead.
pub(super) type Wrong = (String, String);

pub(super) fn read_zone(name: &str) -> Result<TimeZone, Wrong> {
    TimeZone::get(name).map_err(|_| {
        (
            format!("unknown time zone `{name}`"),
            "write one such as Europe/Berlin or America/New_York".to_string(),
        )
    })
}

/// A time, or the beginning of a day; with `days_added` 1, its end.
pub(super) fn read_moment(
    key: &str,
    text: &str,
    zone: &TimeZone,
    days_added: i64,
) -> Result<Moment, Wrong> {
    let of_day = || {
        let day = text
            .parse::<Date>()
            .ok()?
            .checked_add(days_added.days())
            .ok()?;
        zone.to_timestamp(day.at(0, 0, 0, 0)).ok()
    };
    let of_clock = || {
        let has_time = text.contains(['T', ' ', 't']);
        let local: jiff::civil::DateTime = text.parse().ok().filter(|_| has_time)?;
        zone.to_timestamp(local).ok()
    };
    let at = text
        .parse::<Timestamp>()
        .ok()
        .or_else(of_clock)
        .or_else(of_day);
    match at {
        Some(at) => Ok(Moment {
            text: text.to_string(),
            at,
        }),
        None => Err((
            format!("`{key}` is not a date: `{text}`"),
            "write 2026-11-23 or 2026-11-23T08:00:00+01:00".into(),
        )),
    }
}

pub(super) fn read_weekly(written: &WrittenWeekly, zone: TimeZone) -> Result<Weekly, Wrong> {
    let mut days = [written.days.is_empty(); 7];
    for name in written.days.all() {
        days[read_day(name)?] = true;
    }
    let hour = |key: &str, text: &Option<String>| match text.as_deref() {
        None | Some("24:00") => Ok(None),
        Some(text) => match text.parse::<Time>() {
            Ok(time) => Ok(Some(time)),
            Err(_) => Err((
                format!("`weekly`: `{key}` is not a time of day: `{text}`"),
                "write it as 18:00".to_string(),
            )),
        },
    };
    Ok(Weekly {
        days,
        from: hour("from", &written.from)?.unwrap_or(Time::midnight()),
        until: hour("until", &written.until)?,
        zone,
    })
}

fn read_day(name: &str) -> Result<usize, Wrong> {
    let name = name.to_lowercase();
    let found = DAYS
        .iter()
        .position(|day| *day == name || (name.len() == 3 && day.starts_with(&name)));
    found.ok_or_else(|| {
        let instead = match nearest(&name, DAYS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write monday to sunday".to_string(),
        };
        (format!("`weekly`: unknown day `{name}`"), instead)
    })
}

impl Weekly {
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        let local = self.zone.to_datetime(now);
        let (time, day) = (local.time(), number(local.weekday()));
        let begun = time >= self.from;
        match self.until {
            None => self.days[day] && begun,
            Some(until) if self.from < until => self.days[day] && begun && time < until,
            // Over midnight: the morning belongs to the day before.
            Some(until) => (self.days[day] && begun) || (self.days[(day + 6) % 7] && time < until),
        }
    }
}

fn number(day: Weekday) -> usize {
    day.to_monday_zero_offset() as usize
}
