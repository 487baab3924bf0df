//! Promises:
//! 1. What `append` acknowledged is there after `kill -9`, in order and whole.
//! 2. An event id is recorded once, whoever sends it again and whenever.
//! 3. Batches of many callers all get their own sequences, without a gap.
//! 4. A second process is refused, and a damaged file is named, with what to do.
//! 5. Every kind of event and every field comes back as it was written.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;

/// Set for the child of the kill test: the directory of its journal.
const CHILD_DIR: &str = "ENDCAP_TEST_JOURNAL_DIR";

fn event(id: Option<&str>) -> Event {
    Event {
        id: id.map(str::to_owned),
        kind: EventKind::View,
        shopper: "anna".to_owned(),
        account: None,
        session: None,
        at: Timestamp::from_millisecond(1_795_000_000_123).unwrap(),
        products: vec!["42".to_owned()],
        query_id: None,
        query: None,
        positions: Vec::new(),
        price: None,
        quantity: None,
        currency: None,
    }
}

fn entry(id: Option<&str>) -> Entry {
    Entry {
        event: event(id),
        evidence: vec![Evidence {
            attribute: "brand".to_owned(),
            value: "Zephyr".to_owned(),
        }],
    }
}

fn entries(journal: &Journal, after: u64) -> Vec<(u64, Entry)> {
    let mut entries = Vec::new();
    journal
        .replay(after, |sequence, entry| {
            entries.push((sequence, entry.clone()));
            Ok(())
        })
        .unwrap();
    entries
}

#[test]
fn every_kind_and_field_comes_back() {
    let dir = TempDir::new().unwrap();
    let full = |kind: &EventKind| Entry {
        event: Event {
            id: Some(format!("id of {}", kind.name())),
            kind: *kind,
            account: Some("account".to_owned()),
            session: Some("session".to_owned()),
            query_id: Some("0123".to_owned()),
            query: Some("füller".to_owned()),
            positions: vec![1, u32::MAX],
            price: Some(49.95),
            quantity: Some(3),
            currency: Some("EUR".to_owned()),
            ..event(None)
        },
        ..entry(None)
    };
    let mut batch: Vec<Entry> = EventKind::ALL.iter().map(full).collect();
    batch.push(entry(None));
    let journal = Journal::open(dir.path()).unwrap();
    journal.append(&batch).unwrap();
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    let found = entries(&journal, 0);
    assert_eq!(found, (1..).zip(batch).collect::<Vec<_>>());
}

#[test]
fn event_types_keep_their_names_and_stored_numbers() {
    for kind in EventKind::ALL {
        let name = serde_json::to_value(kind).unwrap();
        assert_eq!(name, kind.name());
        assert_eq!(EventKind::named(kind.name()), Some(*kind));
        assert_eq!(EventKind::coded(kind.code()), Some(*kind));
    }
    assert_eq!(EventKind::View.code(), 1);
    assert_eq!(EventKind::EmailClick.code(), 16);
}

#[test]
fn an_id_is_recorded_once_within_a_batch_across_batches_and_across_openings() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let batch = [entry(Some("a")), entry(None), entry(Some("a")), entry(None)];
    let appended = journal.append(&batch).unwrap();
    assert_eq!((appended.first_sequence, appended.appended), (1, 3));
    assert_eq!(appended.duplicates, [2]);
    drop(journal);

    let journal = Journal::open(dir.path()).unwrap();
    let appended = journal
        .append(&[entry(Some("a")), entry(Some("b"))])
        .unwrap();
    assert_eq!((appended.first_sequence, appended.appended), (4, 1));
    assert_eq!(appended.duplicates, [0]);
    assert_eq!(journal.next_sequence().unwrap(), 5);
    assert_eq!(entries(&journal, 3).len(), 1);
}

#[test]
fn batches_of_many_callers_get_sequences_without_a_gap() {
    let dir = TempDir::new().unwrap();
    let journal = Arc::new(Journal::open(dir.path()).unwrap());
    let callers = (0..8).map(|caller| {
        let journal = journal.clone();
        std::thread::spawn(move || {
            let append = |number: i32| {
                let id = format!("{caller} {number}");
                let batch = [entry(Some(&id)), entry(None), entry(Some("shared"))];
                journal.append(&batch).unwrap()
            };
            (0..20).map(append).collect::<Vec<_>>()
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut sequences = BTreeSet::new();
    for caller in callers {
        for appended in caller.join().unwrap() {
            let first = appended.first_sequence;
            sequences.extend(first..first + appended.appended as u64);
        }
    }
    assert_eq!(sequences, (1..=8 * 20 * 2 + 1).collect());
    assert_eq!(entries(&journal, 0).len(), sequences.len());
}

#[test]
fn profiles_and_watermark_come_back_and_are_discarded_with_other_settings() {
    let dir = TempDir::new().unwrap();
    let saved = SavedProfile {
        shopper: "anna".to_owned(),
        sequence: 1,
        bytes: vec![1, 2, 3],
    };
    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.resume(7).unwrap(), 0);
    journal.append(&[entry(None)]).unwrap();
    journal.checkpoint(vec![saved.clone()], Some(1)).unwrap();
    drop(journal);

    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.resume(7).unwrap(), 1);
    assert_eq!(journal.profile("anna").unwrap(), Some(saved));
    assert_eq!(journal.profile("ben").unwrap(), None);
    assert_eq!(journal.resume(8).unwrap(), 0);
    assert_eq!(journal.profile("anna").unwrap(), None);
    assert_eq!(entries(&journal, 0).len(), 1);
}

#[test]
fn a_batch_that_is_too_long_is_refused_whole() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let error = journal
        .append(&vec![entry(None); BATCH_MAX + 1])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a batch of 1001 events is too long: send at most 1000 at once"
    );
    assert_eq!(journal.next_sequence().unwrap(), 1);
}

#[test]
fn a_second_opening_is_refused_until_the_first_is_gone() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let error = Journal::open(dir.path()).err().unwrap();
    assert!(matches!(error, JournalError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("stop that process"), "{error}");
    drop(journal);
    assert!(Journal::open(dir.path()).is_ok());
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    for _ in 0..20 {
        journal.append(&vec![entry(None); 200]).unwrap();
    }
    drop(journal);
    let whole = std::fs::read(dir.path().join(JOURNAL_FILE)).unwrap();
    let mut zeroed = whole.clone();
    zeroed[64..4_096].fill(0);
    let mut garbled = whole.clone();
    garbled[4_096..].fill(0xa5);
    let damages = [
        ("another file", b"id,title,price\n".repeat(1_000)),
        ("no header", zeroed),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("a stub", whole[..100].to_vec()),
        ("garbled pages", garbled),
    ];
    for (name, bytes) in damages {
        std::fs::write(dir.path().join(JOURNAL_FILE), bytes).unwrap();
        let error = Journal::open(dir.path())
            .and_then(|journal| journal.replay(0, |_, _| Ok(())))
            .err()
            .unwrap_or_else(|| panic!("{name} was opened"));
        assert!(
            matches!(error, JournalError::Corrupt { .. }),
            "{name}: {error}"
        );
        let message = error.to_string();
        assert!(message.contains(JOURNAL_FILE), "{name}: {message}");
        assert!(message.contains("restore a backup"), "{name}: {message}");
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let dir = TempDir::new().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..5 {
        acknowledged.extend(killed_child(dir.path(), round));
        let journal = Journal::open(dir.path()).unwrap();
        let found = entries(&journal, 0);
        assert!(
            found
                .iter()
                .map(|(sequence, _)| *sequence)
                .eq(1..=found.len() as u64)
        );
        let found: BTreeSet<String> = found
            .into_iter()
            .filter_map(|(_, entry)| entry.event.id)
            .collect();
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
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
            "journal::tests::child_of_the_kill_test",
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
    std::thread::sleep(Duration::from_millis(
        150 + round * 137 + rand::random_range(0..200),
    ));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Appends until it is killed, and prints what was acknowledged. Does nothing when run as a test of its own.
#[test]
fn child_of_the_kill_test() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let journal = Journal::open(Path::new(&dir)).unwrap();
    let record = |caller: u32| {
        let ids = (0..10).map(|_| format!("{caller}-{:032x}", rand::random::<u128>()));
        let ids: Vec<String> = ids.collect();
        let batch: Vec<Entry> = ids.iter().map(|id| entry(Some(id))).collect();
        journal.append(&batch).unwrap();
        let lines: String = ids.iter().map(|id| format!("recorded {id}\n")).collect();
        std::io::stdout().lock().write_all(lines.as_bytes())
    };
    std::thread::scope(|scope| {
        for caller in 0..4 {
            scope.spawn(move || while record(caller).is_ok() {});
        }
    });
}
