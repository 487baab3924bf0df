//! Promises: memory stays within its limit, profiles that wait for a checkpoint are never dropped from it, and one that
//! was dropped comes back as it was.

use tempfile::TempDir;

use super::{noon, view};
use crate::journal::Journal;
use crate::shoppers::resident::Residents;
use crate::shoppers::{AffinitySettings, Profile};

const RESIDENT_MAX: usize = 640;

#[test]
fn profiles_leave_memory_only_once_saved_and_come_back() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let residents = Residents::new(RESIDENT_MAX);
    let nobody = Profile::empty(&AffinitySettings::default());
    let mut sequence = 0;
    let mut see = |number: usize| {
        sequence += 1;
        let entry = view(&format!("shopper {number}"), "Zephyr", noon());
        let shopper = &entry.event.shopper;
        let change = |profile: &mut Profile| profile.apply(&entry);
        residents
            .change(&journal, shopper, sequence, &nobody, change)
            .unwrap();
    };
    let shoppers = 3 * RESIDENT_MAX;
    for round in 1..=3 {
        for number in 0..shoppers {
            see(number);
        }
        // None of them is on disk yet, so all of them are in memory.
        assert_eq!(residents.counts().changed, shoppers, "round {round}");
        for saved in residents.changed() {
            journal.checkpoint(saved.clone(), None).unwrap();
            for profile in saved {
                residents.saved(&profile.shopper, profile.sequence);
            }
        }
        assert_eq!(residents.counts().changed, 0);
        residents.trim();
        let resident = residents.counts().resident;
        assert!(
            (RESIDENT_MAX / 2..=RESIDENT_MAX).contains(&resident),
            "{resident}"
        );
        for number in 0..shoppers {
            let profile = residents
                .load(&journal, &format!("shopper {number}"))
                .unwrap();
            assert_eq!(profile.unwrap().events(), round);
        }
        let resident = residents.counts().resident;
        assert!(resident <= RESIDENT_MAX + RESIDENT_MAX / 8, "{resident}");
    }
    let unknown = residents.load(&journal, "nobody").unwrap();
    assert_eq!(unknown, None);
}

#[test]
fn an_entry_that_a_profile_contains_is_not_applied_again() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let residents = Residents::new(RESIDENT_MAX);
    let nobody = Profile::empty(&AffinitySettings::default());
    let entry = view("anna", "Zephyr", noon());
    for sequence in [1, 2, 2, 1, 3] {
        let change = |profile: &mut Profile| profile.apply(&entry);
        residents
            .change(&journal, "anna", sequence, &nobody, change)
            .unwrap();
    }
    let profile = residents.load(&journal, "anna").unwrap().unwrap();
    assert_eq!(profile.events(), 3);
}
