//! Promises:
//! 1. Evidence halves in its half-life, in two tiers, by the weights of the events.
//! 2. Affinity is the published formula; 0 without evidence; never beyond its bounds.
//! 3. A profile is the same in whatever order its events arrive, and never grows past its limits.

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Told, after, deed, entry, noon, of_product, view};
use crate::journal::{Deed, Entry, EventKind};
use crate::shoppers::Words;
use crate::shoppers::affinity::{AFFINITY_MAX, AffinitySettings, affinity};
use crate::shoppers::profile::{DISMISSED_MAX, Profile, RECENT_MAX, SUMS_MAX, VALUES_MAX};
use crate::shoppers::weights::weight;
use crate::shoppers::words::VALUE_BYTES_MAX;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn profile_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Told {
    Told::of(entries)
}

fn evidence(told: &Told, brand: &str, session_weight: f64, now: Timestamp) -> f64 {
    let settings = AffinitySettings {
        session_weight,
        ..AffinitySettings::default()
    };
    told.profile
        .evidence(&told.words, &settings, "brand", now)
        .into_iter()
        .find(|(word, _)| told.words.value(*word) == brand)
        .map_or(0.0, |(_, evidence)| evidence)
}

fn total(told: &Told, settings: &AffinitySettings, now: Timestamp) -> f64 {
    let evidence = told.profile.evidence(&told.words, settings, "brand", now);
    evidence.iter().map(|(_, evidence)| evidence.max(0.0)).sum()
}

fn attributes(told: &Told) -> usize {
    told.profile.attributes(&told.words).len()
}

#[track_caller]
fn check_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found}, not {expected}");
}

#[test]
fn long_term_evidence_halves_in_90_days() {
    let profile = profile_of(&[view("anna", "Zephyr", noon())]);
    check_close(evidence(&profile, "Zephyr", 0.0, noon()), 1.0);
    check_close(
        evidence(&profile, "Zephyr", 0.0, after(45 * DAY)),
        0.5f64.sqrt(),
    );
    check_close(evidence(&profile, "Zephyr", 0.0, after(90 * DAY)), 0.5);
    check_close(evidence(&profile, "Zephyr", 0.0, after(270 * DAY)), 0.125);
}

#[test]
fn session_evidence_halves_in_30_minutes_and_comes_on_top() {
    let profile = profile_of(&[view("anna", "Zephyr", noon())]);
    let long = |seconds: i64| 0.5f64.powf(seconds as f64 / (90 * DAY) as f64);
    check_close(evidence(&profile, "Zephyr", 2.0, noon()), 3.0);
    check_close(
        evidence(&profile, "Zephyr", 2.0, after(1_800)),
        long(1_800) + 1.0,
    );
    check_close(
        evidence(&profile, "Zephyr", 2.0, after(5_400)),
        long(5_400) + 0.25,
    );
}

#[test]
fn evidence_adds_up_over_time_and_weight() {
    let profile = profile_of(&[
        view("anna", "Zephyr", noon()),
        entry(
            "anna",
            EventKind::Purchase,
            after(90 * DAY),
            &[("brand", "Zephyr")],
        ),
        entry(
            "anna",
            EventKind::Return,
            after(180 * DAY),
            &[("brand", "Zephyr")],
        ),
    ]);
    check_close(
        evidence(&profile, "Zephyr", 0.0, after(180 * DAY)),
        0.25 + 4.0 - 6.0,
    );
    assert_eq!(profile.profile.events(), 3);
    assert_eq!(profile.profile.last_seen(), Some(after(180 * DAY)));
}

#[test]
fn a_time_before_the_latest_event_is_that_event_s_time() {
    let profile = profile_of(&[view("anna", "Zephyr", noon())]);
    check_close(evidence(&profile, "Zephyr", 2.0, after(-DAY)), 3.0);
}

#[test]
fn looking_around_is_no_evidence_but_is_seen() {
    let kinds = [
        EventKind::Search,
        EventKind::Sort,
        EventKind::Home,
        EventKind::Impression,
        EventKind::EmailOpen,
        EventKind::EmailClick,
    ];
    let entries = kinds.map(|kind| entry("anna", kind, noon(), &[("brand", "Zephyr")]));
    let profile = profile_of(&entries);
    assert_eq!((profile.profile.events(), attributes(&profile)), (6, 0));
    assert_eq!(profile.profile.last_seen(), Some(noon()));
}

#[test]
fn affinity_is_the_published_formula() {
    let table = [
        // evidence, total, prior share, expected
        (3.0, 3.0, 0.05, (5.5f64 / 2.65).ln()),
        (0.0, 3.0, 0.05, (50.0f64 / 53.0).ln()),
        (9.0, 12.0, 0.2, (19.0f64 / 12.4).ln()),
        (-1.0, 0.0, 0.05, (1.5f64 / 2.5).ln()),
        (-6.0, 0.0, 0.05, -AFFINITY_MAX),
        (500.0, 500.0, 0.001, AFFINITY_MAX),
        (0.0, 0.0, 0.05, 0.0),
        (7.0, 7.0, 1.0, 0.0),
    ];
    for (evidence, total, prior_share, expected) in table {
        check_close(affinity(evidence, total, prior_share, 50.0), expected);
    }
    assert_eq!(affinity(0.0, 0.0, 0.3, 50.0), 0.0);
    assert_eq!(affinity(0.0, 0.0, 0.0, 0.0), 0.0);
    assert!(affinity(3.0, 3.0, 0.0, 50.0).is_finite());
}

#[test]
fn three_views_show_at_once_and_fade_within_hours() {
    let settings = AffinitySettings::default();
    let entries = [0, 60, 120].map(|seconds| view("anna", "Zephyr", after(seconds)));
    let profile = profile_of(&entries);
    let leaning = |now| {
        let leanings = profile
            .profile
            .leanings(&profile.words, &settings, "brand", now, |_| 0.05);
        leanings[0].affinity
    };
    assert!(leaning(after(120)) > 1.3, "{}", leaning(after(120)));
    assert!(
        leaning(after(6 * HOUR)) < 0.75,
        "{}",
        leaning(after(6 * HOUR))
    );
    assert!(leaning(after(365 * DAY)) < 0.1);
}

#[test]
fn a_dislike_counts_against_its_value_only() {
    let settings = AffinitySettings::default();
    let disliked = entry("anna", EventKind::Dismiss, noon(), &[("brand", "Zephyr")]);
    let profile = profile_of(&[
        of_product("42", disliked),
        entry("anna", EventKind::Home, noon(), &[]),
    ]);
    let leanings = profile
        .profile
        .leanings(&profile.words, &settings, "brand", noon(), |_| 0.1);
    assert!(leanings[0].affinity < -1.0, "{leanings:?}");
    assert_eq!(total(&profile, &settings, noon()), 0.0);
    let dismissed: Vec<&str> = profile
        .profile
        .dismissed()
        .map(|word| profile.words.value(word))
        .collect();
    assert_eq!(dismissed, ["42"]);
}

#[test]
fn settings_have_defaults_and_say_what_is_wrong() {
    let settings: AffinitySettings = toml::from_str("kappa = 20").unwrap();
    assert_eq!((settings.kappa, settings.half_life_days), (20.0, 90.0));
    assert_eq!(settings.faults(), []);
    assert!(toml::from_str::<AffinitySettings>("kapa = 20").is_err());
    let settings: AffinitySettings =
        toml::from_str("half_life_days = 0\nsession_weight = -1").unwrap();
    let faults = settings.faults();
    assert_eq!(
        faults[0].1,
        "`half_life_days` is 0: write a number above 0, such as 90"
    );
    assert_eq!(faults[1].0, "session_weight");
    // Even then profiles work.
    let mut told = Told {
        words: Words::new(),
        profile: Profile::empty(&settings),
    };
    told.apply(&view("anna", "Zephyr", noon()));
    assert!(total(&told, &settings, noon()).is_finite());
}

#[test]
fn the_weakest_value_makes_room_for_a_new_one() {
    let mut profile = Told::new();
    profile.apply(&view("anna", "weakest", noon()));
    for number in 0..VALUES_MAX as i64 - 1 {
        let brand = format!("brand {number}");
        let kind = EventKind::Wishlist;
        profile.apply(&entry("anna", kind, noon(), &[("brand", &brand)]));
    }
    assert_ne!(evidence(&profile, "weakest", 0.0, noon()), 0.0);
    profile.apply(&view("anna", "newcomer", after(HOUR)));
    assert_eq!(evidence(&profile, "weakest", 0.0, noon()), 0.0);
    assert_ne!(evidence(&profile, "newcomer", 0.0, after(HOUR)), 0.0);
    assert_ne!(evidence(&profile, "brand 0", 0.0, noon()), 0.0);
}

#[test]
fn a_long_value_is_no_evidence() {
    let long = "x".repeat(VALUE_BYTES_MAX + 1);
    let profile = profile_of(&[view("anna", &long, noon())]);
    assert_eq!((profile.profile.events(), attributes(&profile)), (1, 0));
}

/// Events of one shopper over years, at few enough values that nothing is forgotten.
fn any_entries(brands: usize) -> impl Strategy<Value = Vec<Entry>> {
    let kinds = prop::sample::select(EventKind::ALL);
    let any_entry = (kinds, -1_500 * DAY..0, 0..brands, 0..200u32, 0..3usize).prop_map(
        |(kind, seconds, brand, product, categories)| {
            let brand = format!("brand {brand}");
            let values = [
                ("brand", brand.as_str()),
                ("category", "Shoes"),
                ("category", "Boots"),
            ];
            let mut entry = entry("anna", kind, after(seconds), &values[..=categories]);
            entry.event.products = vec![product.to_string()];
            entry
        },
    );
    prop::collection::vec(any_entry, 0..120)
}

/// The deeds of entries, in the words of one shop.
fn deeds(entries: &[Entry]) -> (Words, Vec<Deed>) {
    let mut words = Words::new();
    let deeds = entries
        .iter()
        .map(|entry| {
            let product = entry.event.products[0].clone();
            deed(&mut words, &of_product(&product, entry.clone()))
        })
        .collect();
    (words, deeds)
}

fn profile_of_deeds<'a>(deeds: impl IntoIterator<Item = &'a Deed>) -> Profile {
    let mut profile = Profile::empty(&AffinitySettings::default());
    for deed in deeds {
        profile.apply(deed, true);
    }
    profile
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_order_gives_the_same_profile(
        (entries, order) in any_entries(20).prop_flat_map(|entries| {
            let order: Vec<usize> = (0..entries.len()).collect();
            (Just(entries), Just(order).prop_shuffle())
        }),
    ) {
        let (_, deeds) = deeds(&few_products(entries));
        let shuffled = profile_of_deeds(order.iter().map(|at| &deeds[*at]));
        prop_assert_eq!(profile_of_deeds(&deeds), shuffled);
    }

    #[test]
    fn merging_gives_the_profile_of_all_deeds_however_it_is_done(
        entries in any_entries(20),
        cuts in (0..120usize, 0..120usize),
    ) {
        let (_, deeds) = deeds(&few_products(entries));
        let mut cuts = [cuts.0.min(deeds.len()), cuts.1.min(deeds.len())];
        cuts.sort_unstable();
        let [one, two, three] = [&deeds[..cuts[0]], &deeds[cuts[0]..cuts[1]], &deeds[cuts[1]..]]
            .map(profile_of_deeds);
        let merged = |into: &Profile, other: &Profile| {
            let mut into = into.clone();
            into.merge(other);
            into
        };
        let all = profile_of_deeds(&deeds);
        prop_assert_eq!(&merged(&merged(&one, &two), &three), &all);
        prop_assert_eq!(&merged(&one, &merged(&two, &three)), &all);
        prop_assert_eq!(&merged(&merged(&three, &one), &two), &all);
    }

    #[test]
    fn evidence_is_the_sum_of_faded_weights(entries in any_entries(20)) {
        let profile = profile_of(&entries);
        for brand in (0..20).map(|brand| format!("brand {brand}")) {
            let expected: f64 = entries
                .iter()
                .filter(|entry| entry.evidence[0].value == brand)
                .map(|entry| {
                    let age_seconds = noon().duration_since(entry.event.at).as_secs_f64();
                    weight(entry.event.kind) * 0.5f64.powf(age_seconds / (90 * DAY) as f64)
                })
                .sum();
            let found = evidence(&profile, &brand, 0.0, noon());
            // What is older than 16 half-lives is dropped.
            prop_assert!((found - expected).abs() < 0.01, "{} for {}, not {}", found, brand, expected);
        }
    }

    #[test]
    fn limits_are_never_exceeded(entries in any_entries(500), many in 0..100usize) {
        let (mut words, deeds) = deeds(&entries);
        let mut profile = profile_of_deeds(&deeds);
        for number in 0..many {
            for value in 0..20 {
                let (name, value) = (format!("attribute {}", number % 50), format!("{number} {value}"));
                let entry = entry("anna", EventKind::View, after(number as i64), &[(&name, &value)]);
                profile.apply(&deed(&mut words, &entry), true);
            }
            let dismissed = entry("anna", EventKind::Dismiss, after(number as i64), &[]);
            for product in 0..3 {
                let dismissed = of_product(&format!("{number} {product}"), dismissed.clone());
                profile.apply(&deed(&mut words, &dismissed), true);
            }
        }
        let settings = AffinitySettings::default();
        for attribute in profile.attributes(&words) {
            prop_assert!(profile.evidence(&words, &settings, attribute, noon()).len() <= VALUES_MAX);
            for leaning in profile.leanings(&words, &settings, attribute, noon(), |_| 0.01) {
                prop_assert!(leaning.affinity.abs() <= AFFINITY_MAX);
            }
        }
        prop_assert!(profile.dismissed().count() <= DISMISSED_MAX);
        prop_assert!(profile.recent().len() <= RECENT_MAX);
        // Everything there is, as it is saved: sums take at most 20 bytes, products at most 15.
        let bytes = profile.pack();
        prop_assert_eq!(Profile::unpack(&bytes, profile.half_lives()).unwrap(), profile);
        let bytes = bytes.len();
        let most = 200 + 20 * SUMS_MAX + 15 * (DISMISSED_MAX + RECENT_MAX);
        prop_assert!(bytes <= most, "{bytes} bytes, not {most}");
    }
}

/// Entries of so few products that none has to be forgotten.
fn few_products(mut entries: Vec<Entry>) -> Vec<Entry> {
    for entry in &mut entries {
        let product: u32 = entry.event.products[0].parse().unwrap();
        entry.event.products = vec![(product % 10).to_string()];
    }
    entries
}
