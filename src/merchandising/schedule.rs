//! Days, hours and weeks: when a rule holds.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, ZonedDateTime};

use super::written::WrittenWeekly;
use crate::problem::nearest;

/// A time as written, and the instant it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    pub text: String,
    pub at: Timestamp,
}

/// Hours of every week.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    /// When each of them begins, in seconds from the beginning of Monday, and how many seconds it lasts.
    windows: Vec<(i64, i64)>,
    zone: TimeZone,
    /// As people would write it, such as `fri 08:00 to sun 20:00`.
    pub text: String,
}

const DAY: i64 = 24 * 60 * 60;
const WEEK: i64 = 7 * DAY;

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
        let city = name.trim().replace(' ', "_").to_lowercase();
        let known = jiff::tz::db().available();
        let mut known = known.map(|known| known.to_string());
        let found = known.find(|known| known.to_lowercase().ends_with(&format!("/{city}")));
        let instead = match found {
            Some(found) => format!("did you mean `{found}`?"),
            None => "write one such as Europe/Berlin or America/New_York".to_string(),
        };
        (format!("unknown time zone `{name}`"), instead)
    })
}

/// A time, or the beginning of a day; with `days_added` 1, its end.
pub(super) fn read_moment(
    key: &str,
    text: &str,
    zone: &TimeZone,
    days_added: i64,
) -> Result<Moment, Wrong> {
    let at = moment_of(text, zone, days_added);
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

/// The instant of a time, which counts in `zone` when it names no offset, or of a day: its beginning, or that of the day
/// so many days later.
pub fn moment_of(text: &str, zone: &TimeZone, days_added: i64) -> Option<Timestamp> {
    let of_day = || {
        let day: Date = text.parse().ok()?;
        let day = day.checked_add(days_added.days()).ok()?;
        zone.to_timestamp(day.at(0, 0, 0, 0)).ok()
    };
    let of_clock = || {
        let has_time = text.contains(['T', ' ', 't']);
        let local: jiff::civil::DateTime = text.parse().ok().filter(|_| has_time)?;
        zone.to_timestamp(local).ok()
    };
    let exact = text.parse::<Timestamp>().ok();
    let of_place = || text.parse::<ZonedDateTime>().ok().map(|at| at.timestamp());
    exact.or_else(of_place).or_else(of_clock).or_else(of_day)
}

pub(super) fn read_weekly(written: &[WrittenWeekly], zone: TimeZone) -> Result<Weekly, Wrong> {
    let mut windows = Vec::new();
    for window in written {
        windows.extend(read_window(window)?);
    }
    let texts: Vec<String> = written.iter().map(told).collect();
    Ok(Weekly {
        windows,
        zone,
        text: texts.join(" or "),
    })
}

/// Hours of the week as people would write them.
pub(super) fn told(weekly: &WrittenWeekly) -> String {
    let from = weekly.from.as_deref().unwrap_or("00:00");
    let until = weekly.until.as_deref().unwrap_or("24:00");
    let hours = format!("{from} to {until}");
    match weekly.days.is_empty() {
        true => hours,
        false => format!("{} {hours}", weekly.days.all().join(", ")),
    }
}

fn read_window(written: &WrittenWeekly) -> Result<Vec<(i64, i64)>, Wrong> {
    let (first, from) = read_hour("from", written.from.as_deref().unwrap_or("00:00"))?;
    let (last, until) = read_hour("until", written.until.as_deref().unwrap_or("24:00"))?;
    let wrong = |reason: &str| {
        let instead = "write { from = \"fri 08:00\", until = \"sun 20:00\" }, or { days = [\"fri\"], from = \"08:00\", until = \"20:00\" }";
        Err((format!("`weekly`: {reason}"), instead.to_string()))
    };
    match (first, last) {
        (None, None) => {
            // Over midnight: the morning belongs to the day before.
            let next_day = if until > from { 0 } else { DAY };
            let mut days: Vec<i64> = (0..7).collect();
            if !written.days.is_empty() {
                let named = written.days.all().iter().map(|name| read_day(name));
                days = named.collect::<Result<_, _>>()?;
            }
            let window = |day: i64| (day * DAY + from, until - from + next_day);
            Ok(days.into_iter().map(window).collect())
        }
        (Some(first), Some(last)) if written.days.is_empty() => {
            let (begins, ends) = (first * DAY + from, last * DAY + until);
            let lasts = (ends - begins - 1).rem_euclid(WEEK) + 1;
            Ok(vec![(begins, lasts)])
        }
        (Some(_), Some(_)) => wrong("days stand in `days` and in `from` and `until`"),
        _ => wrong("of `from` and `until`, only one names a day"),
    }
}

/// A day, when one is named, and the seconds of it that have passed: `18:00`, `fri 8:00`.
fn read_hour(key: &str, text: &str) -> Result<(Option<i64>, i64), Wrong> {
    let (day, hour) = match text.trim().rsplit_once(' ') {
        Some((day, hour)) => (Some(read_day(day.trim())?), hour),
        None => (None, text.trim()),
    };
    if hour == "24:00" {
        return Ok((day, DAY));
    }
    let is_short = hour.find(':') == Some(1);
    let padded = format!("{}{hour}", if is_short { "0" } else { "" });
    match padded.parse::<Time>() {
        Ok(time) if hour.contains(':') => {
            let minutes = i64::from(time.hour()) * 60 + i64::from(time.minute());
            Ok((day, minutes * 60 + i64::from(time.second())))
        }
        _ => Err((
            format!("`weekly`: `{key}` is not a time of day: `{text}`"),
            "write it as 08:00 or 18:00, or with a day: fri 08:00".to_string(),
        )),
    }
}

fn read_day(name: &str) -> Result<i64, Wrong> {
    let name = name.to_lowercase();
    let found = DAYS
        .iter()
        .position(|day| *day == name || (name.len() == 3 && day.starts_with(&name)));
    found.map(|day| day as i64).ok_or_else(|| {
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
        let day = i64::from(local.weekday().to_monday_zero_offset());
        let midnight = local.date().at(0, 0, 0, 0);
        let of_day = local.duration_since(midnight).as_secs();
        let now = day * DAY + of_day;
        let mut windows = self.windows.iter();
        windows.any(|(begins, lasts)| (now - begins).rem_euclid(WEEK) < *lasts)
    }
}
