//! Promises:
//! 1. A login joins what a token did before it with the account; the account keeps its profile when tokens change.
//! 2. On a shared device each account has its own profile.
//! 3. Consent is obeyed from the next event on; erasing leaves nothing, in memory or on disk, now or after reopening.

use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{after, entry, noon, of_product, view};
use crate::journal::{Entry, EventKind};
use crate::shoppers::{AffinitySettings, Consent, Shoppers};

fn open(dir: &Path) -> Shoppers {
    Shoppers::open(dir, AffinitySettings::default()).unwrap()
}

fn signed_in(account: &str, mut entry: Entry) -> Entry {
    entry.event.account = Some(account.to_owned());
    entry
}

fn record(shoppers: &Shoppers, entry: Entry) {
    shoppers.record(vec![entry], noon()).unwrap();
}

fn events(shoppers: &Shoppers, id: &str) -> u64 {
    shoppers
        .find(id)
        .map_or(0, |shopper| shopper.profile.events())
}

/// What must hold at once must hold after opening again, and after a rebuild from the journal.
fn check_always(dir: &TempDir, shoppers: Shoppers, holds: impl Fn(&Shoppers)) {
    holds(&shoppers);
    drop(shoppers);
    holds(&open(dir.path()));
    let other = AffinitySettings {
        session_half_life_minutes: 31.0,
        ..AffinitySettings::default()
    };
    drop(Shoppers::open(dir.path(), other).unwrap());
    holds(&open(dir.path()));
}

#[test]
fn a_login_joins_the_token_with_the_account() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    record(
        &shoppers,
        signed_in("anna", view("phone", "Zephyr", noon())),
    );
    record(&shoppers, view("laptop", "Aria", noon()));
    record(&shoppers, view("laptop", "Aria", after(1)));
    assert_eq!(
        (events(&shoppers, "anna"), events(&shoppers, "laptop")),
        (1, 2)
    );
    record(
        &shoppers,
        signed_in("anna", view("laptop", "Aria", after(2))),
    );
    // A token of which nobody knew is the account's from the first event on.
    record(
        &shoppers,
        signed_in("anna", view("new phone", "Zephyr", after(3))),
    );
    record(&shoppers, view("new phone", "Zephyr", after(4)));
    check_always(&dir, shoppers, |shoppers| {
        for id in ["anna", "phone", "laptop", "new phone"] {
            assert_eq!(events(shoppers, id), 6, "{id}");
        }
        assert_eq!(shoppers.deeds("phone").unwrap().len(), 6);
        let summary = shoppers.summary("anna", after(9), |_, _| 0.1).unwrap();
        assert_eq!(summary.tokens, ["laptop", "new phone", "phone"]);
        assert_eq!(summary.accounts, ["anna"]);
    });
}

#[test]
fn accounts_that_share_a_device_stay_apart() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    record(
        &shoppers,
        signed_in("anna", view("tablet", "Zephyr", noon())),
    );
    record(
        &shoppers,
        signed_in("ben", view("tablet", "Aria", after(1))),
    );
    record(&shoppers, view("tablet", "Aria", after(2)));
    record(
        &shoppers,
        signed_in("anna", view("tablet", "Zephyr", after(3))),
    );
    check_always(&dir, shoppers, |shoppers| {
        assert_eq!((events(shoppers, "anna"), events(shoppers, "ben")), (2, 2));
        assert_eq!(events(shoppers, "tablet"), 2);
    });
}

#[test]
fn shoppers_can_be_joined_and_tokens_split_off_by_hand() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    for token in ["a", "b", "c"] {
        record(&shoppers, view(token, "Zephyr", noon()));
    }
    assert!(shoppers.merge("a", "b").unwrap());
    assert!(shoppers.merge("b", "c").unwrap());
    assert!(shoppers.merge("a", "a").unwrap());
    assert!(!shoppers.merge("a", "nobody").unwrap());
    assert_eq!(events(&shoppers, "a"), 3);
    assert!(shoppers.split("a").unwrap());
    assert!(!shoppers.split("nobody").unwrap());
    record(&shoppers, view("a", "Aria", after(1)));
    check_always(&dir, shoppers, |shoppers| {
        assert_eq!((events(shoppers, "a"), events(shoppers, "b")), (1, 3));
    });
}

#[test]
fn consent_is_obeyed_from_the_next_event_on() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    record(&shoppers, view("anna", "Zephyr", noon()));
    shoppers.set_consent("anna", Consent::Measure).unwrap();
    record(&shoppers, view("anna", "Zephyr", after(1)));
    shoppers.set_consent("ben", Consent::Nothing).unwrap();
    let ignored = shoppers
        .record(vec![view("ben", "Zephyr", noon())], noon())
        .unwrap();
    assert_eq!((ignored.accepted, ignored.ignored), (0, vec![0]));
    record(&shoppers, view("cara", "Zephyr", noon()));
    shoppers.set_consent("cara", Consent::Nothing).unwrap();
    check_always(&dir, shoppers, |shoppers| {
        let anna = shoppers.find("anna").unwrap();
        assert_eq!((anna.consent, anna.profile.events()), (Consent::Measure, 2));
        assert_eq!(anna.profile.attributes(&shoppers.words()), [""; 0]);
        assert_eq!(shoppers.profile("anna").events(), 0);
        for nobody in ["ben", "cara"] {
            let found = shoppers.find(nobody).unwrap();
            assert_eq!(found.consent, Consent::Nothing);
            assert_eq!(
                (
                    found.profile.events(),
                    shoppers.deeds(nobody).unwrap().len()
                ),
                (0, 0)
            );
        }
    });
    let shoppers = open(dir.path());
    shoppers.set_consent("anna", Consent::Personalize).unwrap();
    record(&shoppers, view("anna", "Zephyr", after(2)));
    assert_eq!(
        shoppers.profile("anna").attributes(&shoppers.words()),
        ["brand"]
    );
}

#[test]
fn erasing_leaves_nothing_of_a_shopper() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    for round in 0..50 {
        let bought = entry(
            "anna-wants-to-go",
            EventKind::Purchase,
            after(round),
            &[("brand", "Zephyr")],
        );
        let mut bought = of_product("42", signed_in("anna@example.org", bought));
        bought.event.id = Some(format!("anna-wants-to-go-{round}"));
        record(&shoppers, bought);
        record(&shoppers, view("ben", "Zephyr", after(round)));
        if round % 10 == 0 {
            shoppers.checkpoint().unwrap();
        }
    }
    record(&shoppers, view("old-token-of-anna", "Zephyr", noon()));
    assert!(
        shoppers
            .merge("old-token-of-anna", "anna-wants-to-go")
            .unwrap()
    );
    shoppers.checkpoint().unwrap();
    assert!(shoppers.erase("anna-wants-to-go").unwrap());
    assert!(!shoppers.erase("anna-wants-to-go").unwrap());
    check_always(&dir, shoppers, |shoppers| {
        for id in ["anna-wants-to-go", "anna@example.org", "old-token-of-anna"] {
            assert_eq!(
                (events(shoppers, id), shoppers.deeds(id).unwrap().len()),
                (0, 0)
            );
        }
        assert_eq!(events(shoppers, "ben"), 50);
    });
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for id in ["anna-wants-to-go", "anna@example.org", "old-token-of-anna"] {
            let found = bytes
                .windows(id.len())
                .any(|window| window == id.as_bytes());
            assert!(!found, "{} still has {id}", path.display());
        }
    }
}

#[test]
fn whoever_was_not_seen_for_long_is_erased() {
    let dir = TempDir::new().unwrap();
    let shoppers = open(dir.path());
    record(&shoppers, view("anna", "Zephyr", noon()));
    record(&shoppers, view("ben", "Zephyr", after(86_400 * 300)));
    let kept = jiff::SignedDuration::from_hours(24 * 365);
    assert_eq!(shoppers.sweep(after(86_400 * 365), kept).unwrap(), 0);
    assert_eq!(shoppers.sweep(after(86_400 * 366), kept).unwrap(), 1);
    assert_eq!(
        (events(&shoppers, "anna"), events(&shoppers, "ben")),
        (0, 1)
    );
}

/// Two people with names that stand nowhere by chance, and what they may do.
fn any_deeds() -> impl Strategy<Value = Vec<(u8, u8, i64)>> {
    prop::collection::vec((0u8..6, 0u8..8, 0i64..100_000), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn erasing_leaves_no_byte_of_a_shopper_whatever_was_done(deeds in any_deeds(), is_swept in any::<bool>()) {
        let dir = TempDir::new().unwrap();
        let shoppers = open(dir.path());
        let names = ["token-one-of-anna", "token-two-of-anna", "account-of-anna"];
        record(&shoppers, signed_in(names[2], view(names[0], "Zephyr", noon())));
        let mut profiles = Vec::new();
        for (what, number, seconds) in deeds {
            let token = names[usize::from(number % 2)];
            let mut viewed = view(token, &format!("brand {number}"), after(seconds));
            match what {
                0 => shoppers.checkpoint().unwrap(),
                1 => assert!(shoppers.merge(token, names[2]).is_ok()),
                2 => assert!(shoppers.split(token).is_ok()),
                3 => record(&shoppers, signed_in(names[2], viewed)),
                4 => record(&shoppers, view("ben", "Zephyr", after(seconds))),
                _ => {
                    viewed.event.query = Some("words that anna searched".to_owned());
                    record(&shoppers, viewed);
                }
            }
            profiles = names.map(|name| shoppers.profile(name).pack()).to_vec();
        }
        let ben = events(&shoppers, "ben");
        let all: Vec<&str> = names.into_iter().filter(|name| shoppers.find(name).is_some()).collect();
        if is_swept {
            let later = after(86_400 * 900);
            record(&shoppers, view("ben", "Zephyr", later));
            shoppers.sweep(later, jiff::SignedDuration::from_hours(24 * 365)).unwrap();
        } else {
            for name in &all {
                shoppers.erase(name).unwrap();
            }
        }
        prop_assert_eq!(events(&shoppers, "ben"), ben + u64::from(is_swept));
        prop_assert!(names.iter().all(|name| shoppers.find(name).is_none()));
        drop(shoppers);
        let searched = "words that anna searched".as_bytes().to_vec();
        // A profile as short as that of nobody may stand anywhere by chance.
        let packed = profiles.into_iter().filter(|bytes| bytes.len() > 30);
        let traces: Vec<Vec<u8>> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        for trace in traces.into_iter().chain([searched]).chain(packed) {
            for file in std::fs::read_dir(dir.path()).unwrap() {
                let path = file.unwrap().path();
                let bytes = std::fs::read(&path).unwrap();
                let first = trace[0];
                let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
                let is_left = starts.map(|(at, _)| &bytes[at..]).any(|rest| rest.starts_with(&trace));
                prop_assert!(!is_left, "{} has {:?}", path.display(), String::from_utf8_lossy(&trace));
            }
        }
    }
}
