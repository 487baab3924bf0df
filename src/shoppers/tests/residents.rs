//! Promises: memory stays within its limit, profiles that wait for a checkpoint are never dropped from it, and one that
//! was dropped or packed comes back as it was.

use std::sync::Arc;

use tempfile::TempDir;

use super::{deed, noon, view};
use crate::journal::{Batch, Journal, Name, Record};
use crate::shoppers::resident::Residents;
use crate::shoppers::{AffinitySettings, Profile, Words};

/// Room for some 600 profiles.
const BYTES_MAX: usize = 64 << 10;
const OPEN_MAX: usize = 640;

fn residents() -> Residents {
    let nobody = Profile::empty(&AffinitySettings::default());
    Residents::new(BYTES_MAX, OPEN_MAX, Arc::new(nobody))
}

#[test]
fn profiles_leave_memory_only_once_saved_and_come_back() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let residents = residents();
    let mut sequence = 0;
    let viewed = deed(&mut Words::new(), &view("anna", "Zephyr", noon()));
    let shoppers = 2_000;
    let mut batch = Batch::default();
    for person in 1..=shoppers as u32 {
        let name = Name::Token(format!("shopper {person}"));
        journal
            .add(&mut batch, Record::Known { person, name })
            .unwrap();
    }
    journal.append(batch).unwrap().wait().unwrap();
    let mut see = |number: usize| {
        sequence += 1;
        let change = |profile: &mut Profile| profile.apply(&viewed, true);
        residents
            .change(&journal, number as u32, sequence, change)
            .unwrap();
    };
    for round in 1..=3 {
        for number in 1..=shoppers {
            see(number);
        }
        // None of them is on disk yet, so all of them are in memory.
        assert_eq!(residents.counts().changed, shoppers, "round {round}");
        assert!(residents.fullness() > 1.5);
        for saved in residents.changed() {
            assert!(saved.is_sorted_by_key(|profile| profile.person));
            journal.save_profiles(&saved).unwrap();
            residents.saved(&saved);
        }
        assert_eq!(residents.counts().changed, 0);
        residents.trim();
        let full = residents.fullness();
        assert!((0.25..=1.0).contains(&full), "{full}");
        for number in 1..=shoppers {
            let profile = residents.load(&journal, number as u32).unwrap();
            assert_eq!(profile.unwrap().events(), round);
        }
        let full = residents.fullness();
        assert!(full <= 1.3, "{full}");
    }
    assert_eq!(residents.load(&journal, 1_000_000).unwrap(), None);
    for person in 1..=shoppers as u32 {
        residents.remove(person);
    }
    assert_eq!(residents.fullness(), 0.0);
}

#[test]
fn an_entry_that_a_profile_contains_is_not_applied_again() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let residents = residents();
    let viewed = deed(&mut Words::new(), &view("anna", "Zephyr", noon()));
    for sequence in [1, 2, 2, 1, 3] {
        let change = |profile: &mut Profile| profile.apply(&viewed, true);
        residents.change(&journal, 1, sequence, change).unwrap();
    }
    let profile = residents.load(&journal, 1).unwrap().unwrap();
    assert_eq!(profile.events(), 3);
}
