//! Promises: memory stays within its limit, profiles that wait for a checkpoint are never dropped from it, and one that
//! was dropped comes back as it was.

use tempfile::TempDir;

use super::{deed, noon, view};
use crate::journal::{Batch, Journal, Name, Record};
use crate::shoppers::resident::Residents;
use crate::shoppers::{AffinitySettings, Profile, Words};

const RESIDENT_MAX: usize = 640;

#[test]
fn profiles_leave_memory_only_once_saved_and_come_back() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let residents = Residents::new(RESIDENT_MAX);
    let nobody = Profile::empty(&AffinitySettings::default());
    let mut sequence = 0;
    let viewed = deed(&mut Words::new(), &view("anna", "Zephyr", noon()));
    let shoppers = 3 * RESIDENT_MAX;
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
            .change(&journal, number as u32, sequence, &nobody, change)
            .unwrap();
    };
    for round in 1..=3 {
        for number in 1..=shoppers {
            see(number);
        }
        // None of them is on disk yet, so all of them are in memory.
        assert_eq!(residents.counts().changed, shoppers, "round {round}");
        for saved in residents.changed() {
            journal.save_profiles(&saved).unwrap();
            for profile in saved {
                residents.saved(profile.person, profile.sequence);
            }
        }
        assert_eq!(residents.counts().changed, 0);
        residents.trim();
        let resident = residents.counts().resident;
        assert!(
            (RESIDENT_MAX / 2..=RESIDENT_MAX).contains(&resident),
            "{resident}"
        );
        for number in 1..=shoppers {
            let profile = residents.load(&journal, number as u32).unwrap();
            assert_eq!(profile.unwrap().events(), round);
        }
        let resident = residents.counts().resident;
        assert!(resident <= RESIDENT_MAX + RESIDENT_MAX / 8, "{resident}");
    }
    let unknown = residents.load(&journal, 1_000_000).unwrap();
    assert_eq!(unknown, None);
}

#[test]
fn an_entry_that_a_profile_contains_is_not_applied_again() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let residents = Residents::new(RESIDENT_MAX);
    let nobody = Profile::empty(&AffinitySettings::default());
    let viewed = deed(&mut Words::new(), &view("anna", "Zephyr", noon()));
    for sequence in [1, 2, 2, 1, 3] {
        let change = |profile: &mut Profile| profile.apply(&viewed, true);
        residents
            .change(&journal, 1, sequence, &nobody, change)
            .unwrap();
    }
    let profile = residents.load(&journal, 1).unwrap().unwrap();
    assert_eq!(profile.events(), 3);
}
