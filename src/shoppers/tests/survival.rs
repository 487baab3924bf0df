//! Promises: what was acknowledged survives `kill -9` at any moment, and nothing is counted twice, not even what is sent
//! again.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::{noon, view};
use crate::journal::Entry;
use crate::shoppers::{AffinitySettings, Shoppers};

/// Set for the child of the kill test: the directory of its journal.
const CHILD_DIR: &str = "ENDCAP_TEST_JOURNAL_DIR";

const SHOPPERS: usize = 7;
const KILLS: u64 = 6;

fn open(dir: &Path) -> Shoppers {
    Shoppers::open(dir, AffinitySettings::default()).unwrap()
}

fn with_id(id: &str) -> Entry {
    let number = id.bytes().map(usize::from).sum::<usize>() % SHOPPERS;
    let mut entry = view(&format!("shopper-{number}"), "Zephyr", noon());
    entry.event.id = Some(id.to_owned());
    entry
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_counts_once() {
    let dir = TempDir::new().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..KILLS {
        acknowledged.extend(killed_child(dir.path(), round));
        let shoppers = open(dir.path());
        let again: Vec<Entry> = acknowledged.iter().map(|id| with_id(id)).collect();
        let sent = again.len();
        let recorded = shoppers.record(again, noon()).unwrap();
        assert_eq!(
            (recorded.accepted, recorded.duplicates.len()),
            (0, sent),
            "round {round} lost some"
        );
        // Whatever the journal has is in the profiles, once.
        let mut ids = BTreeSet::new();
        for number in 0..SHOPPERS {
            let shopper = format!("shopper-{number}");
            let deeds = shoppers.deeds(&shopper).unwrap();
            assert_eq!(shoppers.profile(&shopper).events(), deeds.len() as u64);
            for id in deeds.into_iter().filter_map(|deed| deed.event.id) {
                assert!(ids.insert(id.clone()), "{id} was recorded twice");
            }
        }
        assert!(ids.is_superset(&acknowledged));
    }
    assert!(
        acknowledged.len() > 100,
        "only {} were sent",
        acknowledged.len()
    );
}

/// Runs the child below and kills it at some moment; returns the ids it printed.
fn killed_child(dir: &Path, round: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "shoppers::tests::survival::child_of_the_kill_test",
            "--exact",
            "--nocapture",
        ])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let lines = output.lines().map_while(Result::ok);
        let ids = lines.filter_map(|line| Some(line.strip_prefix("recorded ")?.to_owned()));
        ids.collect::<Vec<_>>()
    });
    let wait_ms = 150 + round * 97 + rand::random_range(0..200);
    std::thread::sleep(Duration::from_millis(wait_ms));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Records until it is killed, and prints what was acknowledged. Does nothing when run as a test of its own.
#[test]
fn child_of_the_kill_test() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let shoppers = open(Path::new(&dir));
    let record = |caller: u32| {
        let ids = (0..10).map(|_| format!("{caller}-{:032x}", rand::random::<u128>()));
        let ids: Vec<String> = ids.collect();
        let entries = ids.iter().map(|id| with_id(id)).collect();
        shoppers.record(entries, noon()).unwrap();
        if rand::random_ratio(1, 50) {
            shoppers.checkpoint().unwrap();
        }
        let lines: String = ids.iter().map(|id| format!("recorded {id}\n")).collect();
        std::io::stdout().lock().write_all(lines.as_bytes())
    };
    std::thread::scope(|scope| {
        for caller in 0..4 {
            scope.spawn(move || while record(caller).is_ok() {});
        }
    });
}
