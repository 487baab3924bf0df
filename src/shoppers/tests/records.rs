//! Promises:
//! 1. A recorded event is in the very next profile, and in it once.
//! 2. Opening again, after a clean end or none, with or without a checkpoint, gives the same profiles.
//! 3. Changed half-lives rebuild the profiles from the journal, and leave everybody known whom retention kept.
//! 4. The number of an erased shopper is given to nobody else, whatever was lost.

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::{after, entry, noon, view};
use crate::journal::{Entry, EventKind, JournalError};
use crate::shoppers::{AffinitySettings, Profile, Recorded, Shoppers};

fn open(dir: &Path) -> Shoppers {
    Shoppers::open(dir, AffinitySettings::default()).unwrap()
}

fn with_id(id: &str, mut entry: Entry) -> Entry {
    entry.event.id = Some(id.to_owned());
    entry
}

/// What a power cut would leave: the files as they are at this moment.
fn cut_off(dir: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

fn some_entries(from: i64) -> Vec<Entry> {
    let entry = |number: i64| {
        let shopper = format!("shopper {}", number % 7);
        let brand = format!("brand {}", number % 13);
        let kind = EventKind::ALL[number as usize % EventKind::ALL.len()];
        entry(
            &shopper,
            kind,
            after(number * 977 % 50_000),
            &[("brand", &brand)],
        )
    };
    (from..from + 300).map(entry).collect()
}

fn profiles(shoppers: &Shoppers) -> Vec<Arc<Profile>> {
    (0..7)
        .map(|number| shoppers.profile(&format!("shopper {number}")))
        .collect()
}

#[test]
fn a_recorded_event_is_in_the_next_profile() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    let before = shoppers.profile("anna");
    assert_eq!(before.events(), 0);
    let recorded = shoppers
        .record(vec![view("anna", "Zephyr", noon())], noon())
        .unwrap();
    assert_eq!(
        recorded,
        Recorded {
            accepted: 1,
            ..Recorded::default()
        }
    );
    assert_eq!(shoppers.profile("anna").events(), 1);
    assert_eq!(before.events(), 0, "a profile that is held does not change");
    assert_eq!(shoppers.profile("ben").events(), 0);
}

#[test]
fn a_batch_of_any_length_is_recorded_and_duplicates_are_named() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    let numbered = |number: usize| {
        let id = format!("id {}", number % 2_400);
        with_id(&id, view("anna", "Zephyr", noon()))
    };
    let recorded = shoppers
        .record((0..2_500).map(numbered).collect(), noon())
        .unwrap();
    assert_eq!(recorded.accepted, 2_400);
    assert_eq!(recorded.duplicates, (2_400..2_500).collect::<Vec<_>>());
    assert_eq!(shoppers.profile("anna").events(), 2_400);
    assert_eq!(
        shoppers.record(Vec::new(), noon()).unwrap(),
        Recorded::default()
    );
    let counts = shoppers.counts();
    assert_eq!(
        (counts.accepted, counts.duplicates, counts.entries),
        // Of them two are words and one is the shopper.
        (2_400, 100, 2_403)
    );
    assert_eq!(
        (counts.resident, counts.changed, counts.entries_to_replay),
        (1, 1, 2_403)
    );
}

#[test]
fn duplicates_change_nothing_across_openings() {
    let dir = TempDir::new().unwrap();
    let bought = || {
        let bought = entry("anna", EventKind::Purchase, noon(), &[("brand", "Zephyr")]);
        vec![with_id("order 1", bought)]
    };
    let shoppers = open(dir.path());
    shoppers.record(bought(), noon()).unwrap();
    let before = shoppers.profile("anna");
    drop(shoppers);
    let shoppers = open(dir.path());
    let recorded = shoppers.record(bought(), noon()).unwrap();
    assert_eq!(
        recorded,
        Recorded {
            accepted: 0,
            duplicates: vec![0],
            ..Recorded::default()
        }
    );
    assert_eq!(shoppers.profile("anna"), before);
}

#[test]
fn opening_again_gives_the_same_profiles_whatever_was_saved() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    shoppers.record(some_entries(0), noon()).unwrap();
    let replayed = cut_off(dir.path());
    let first = profiles(&shoppers);

    shoppers.checkpoint().unwrap();
    assert_eq!(
        (
            shoppers.counts().changed,
            shoppers.counts().entries_to_replay
        ),
        (0, 0)
    );
    let checkpointed = cut_off(dir.path());
    shoppers.record(some_entries(300), noon()).unwrap();
    let partly = cut_off(dir.path());
    let second = profiles(&shoppers);
    drop(shoppers);

    assert_eq!(profiles(&open(replayed.path())), first);
    assert_eq!(profiles(&open(checkpointed.path())), first);
    assert_eq!(profiles(&open(partly.path())), second);
    let reopened = open(dir.path());
    let counts = reopened.counts();
    assert_eq!(
        (counts.resident, counts.accepted, counts.entries_to_replay),
        (0, 0, 0)
    );
    assert_eq!(profiles(&reopened), second);
}

#[test]
fn changed_half_lives_rebuild_the_profiles_from_the_journal() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    shoppers
        .record(vec![view("anna", "Zephyr", noon())], noon())
        .unwrap();
    drop(shoppers);
    let settings = AffinitySettings {
        half_life_days: 10.0,
        session_weight: 0.0,
        ..AffinitySettings::default()
    };
    let shoppers = Shoppers::open(dir.path(), settings).unwrap();
    let profile = shoppers.profile("anna");
    let evidence = profile.evidence(&shoppers.words(), &settings, "brand", after(10 * 86_400))[0].1;
    assert!((evidence - 0.5).abs() < 1e-6, "{evidence}");
}

/// Enough events to fill a file of the log.
fn filler(at: Timestamp) -> Vec<Entry> {
    let mut entry = view("filler", "Zephyr", at);
    entry.event.query = Some("boots ".repeat(150));
    vec![entry; 100]
}

#[test]
fn changed_half_lives_after_retention_leave_everybody_known() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    let (before, now) = (noon(), after(400 * 86_400));
    let mut login = view("anna", "Zephyr", before);
    login.event.account = Some("anna@example.org".to_owned());
    shoppers.record(vec![login], before).unwrap();
    shoppers.record(filler(before), before).unwrap();
    shoppers.record(filler(now), now).unwrap();
    let viewed = view("anna", "Zephyr", now);
    shoppers.record(vec![viewed.clone()], now).unwrap();
    let kept_for = SignedDuration::from_hours(24 * 365);
    assert_eq!(shoppers.sweep(now, kept_for).unwrap(), 0);
    drop(shoppers);
    assert!(!dir.path().join(format!("{:020}.log", 1)).exists());

    let settings = AffinitySettings {
        half_life_days: 10.0,
        ..AffinitySettings::default()
    };
    for _ in 0..2 {
        let shoppers = Shoppers::open(dir.path(), settings).unwrap();
        for id in ["anna", "anna@example.org"] {
            // What was seen of her is what the log still has.
            assert_eq!(shoppers.profile(id).events(), 1, "{id}");
            assert_eq!(shoppers.deeds(id).unwrap().len(), 1, "{id}");
        }
        let evidence =
            shoppers
                .profile("anna")
                .evidence(&shoppers.words(), &settings, "brand", now);
        assert_eq!(evidence.len(), 1);
    }
}

#[test]
fn the_number_of_an_erased_shopper_is_given_to_nobody() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    let record = |shoppers: &Shoppers, id: &str| {
        let recorded = shoppers.record(vec![view(id, "Zephyr", noon())], noon());
        assert_eq!(recorded.unwrap().accepted, 1);
    };
    record(&shoppers, "zoe");
    shoppers.checkpoint().unwrap();
    record(&shoppers, "anna");
    assert!(shoppers.erase("anna").unwrap());
    let killed = cut_off(dir.path());
    drop(shoppers);
    std::fs::remove_file(dir.path().join("state.redb")).unwrap();

    for dir in [killed.path(), dir.path()] {
        let shoppers = open(dir);
        record(&shoppers, "ben");
        drop(shoppers);
        let shoppers = open(dir);
        for (id, deeds) in [("ben", 1), ("anna", 0), ("zoe", 1)] {
            assert_eq!(shoppers.deeds(id).unwrap().len(), deeds, "{id}");
            assert_eq!(shoppers.profile(id).events(), deeds as u64, "{id}");
        }
    }
}

#[test]
fn many_callers_and_readers_agree_with_a_replay() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    std::thread::scope(|scope| {
        for caller in 0..6 {
            let shoppers = &shoppers;
            scope.spawn(move || {
                for round in 0..10 {
                    let entries = some_entries(caller * 1_000 + round * 37);
                    let shopper = entries[0].event.shopper.clone();
                    let before = shoppers.profile(&shopper).events();
                    shoppers.record(entries, noon()).unwrap();
                    assert!(shoppers.profile(&shopper).events() > before);
                    if round == 5 {
                        shoppers.checkpoint().unwrap();
                    }
                }
            });
        }
    });
    let live = profiles(&shoppers);
    let events: u64 = live.iter().map(|profile| profile.events()).sum();
    assert_eq!(events, 6 * 10 * 300);
    let cut_off = cut_off(dir.path());
    assert_eq!(profiles(&open(cut_off.path())), live);
    let rebuilt = AffinitySettings {
        session_half_life_minutes: 31.0,
        ..AffinitySettings::default()
    };
    drop(Shoppers::open(cut_off.path(), rebuilt).unwrap());
    assert_eq!(profiles(&open(cut_off.path())), live);
}

#[test]
fn a_summary_shows_what_is_known() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    assert_eq!(shoppers.summary("anna", noon(), |_, _| 0.05), None);
    let views = ["Aria", "Zephyr", "Zephyr"].map(|brand| view("anna", brand, noon()));
    shoppers.record(views.to_vec(), noon()).unwrap();
    let summary = shoppers.summary("anna", noon(), |_, _| 0.05).unwrap();
    assert_eq!((summary.events, summary.last_seen), (3, Some(noon())));
    let brands = &summary.affinities["brand"];
    assert_eq!(brands[0].value, "Zephyr");
    assert!((brands[0].evidence - 6.0).abs() < 1e-6);
    let expected = (8.5f64 / (59.0 * 0.05)).ln();
    assert!((brands[0].affinity - expected).abs() < 1e-6);
}

#[test]
fn a_second_opening_is_refused() {
    let dir = TempDir::new().unwrap();
    let _shoppers = open(dir.path());
    let error = Shoppers::open(dir.path(), AffinitySettings::default()).err();
    assert!(matches!(error, Some(JournalError::InUse { .. })));
}
