//! Promises:
//! 1. Records come back in order and whole, every kind of event with every field.
//! 2. What a write left unfinished is dropped; what is damaged is named, with what to do.
//! 3. Erasing destroys: nothing of a person is found in any file, before or after it.
//! 4. A second process is refused.
//! 5. A file that cannot be made anew from the others is missed.

use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;

fn event(kind: EventKind) -> Event {
    Event {
        id: Some("füße".to_owned()),
        account: Some("account".to_owned()),
        session: Some("session".to_owned()),
        products: vec!["42".to_owned()],
        query_id: Some("0123".to_owned()),
        query: Some("füller".to_owned()),
        category: Some("Shoes > Boots".to_owned()),
        filter: Some("brand:Zephyr".to_owned()),
        positions: vec![1, u32::MAX],
        price: Some(49.95),
        quantity: Some(3),
        currency: Some("EUR".to_owned()),
        asked: Some(Box::new(Circumstances {
            surface: Some("category".to_owned()),
            segments: vec!["vip".to_owned()],
            ..Circumstances::default()
        })),
        ..Event::new(
            kind,
            "anna-the-shopper",
            Timestamp::from_millisecond(1_795_000_000_123).unwrap(),
        )
    }
}

fn deed(person: Person, kind: EventKind) -> Record {
    let deed = Deed {
        event: event(kind),
        received_ms: 1_795_000_000_999,
        words: vec![7, 7, 16_777_216],
        robot: kind == EventKind::Sort,
    };
    Record::Deed { person, deed }
}

fn records() -> Vec<Record> {
    let evidence = Evidence {
        attribute: "brand".to_owned(),
        value: "Zephyr".to_owned(),
    };
    let name = Name::Token("anna-the-shopper".to_owned());
    let mut records = vec![
        Record::Word { word: 7, evidence },
        Record::Known { person: 1, name },
        Record::Known {
            person: 2,
            name: Name::Account("ben".to_owned()),
        },
        Record::Consent {
            person: 2,
            consent: Consent::Measure,
        },
    ];
    records.extend(EventKind::ALL.iter().map(|kind| deed(1, *kind)));
    records.push(Record::Merged { from: 1, into: 2 });
    records
}

fn write(journal: &Journal, records: &[Record]) {
    let mut batch = Batch::default();
    for record in records {
        journal.add(&mut batch, record.clone()).unwrap();
    }
    journal.append(batch).unwrap().wait().unwrap();
}

fn read(journal: &Journal, after: u64) -> Vec<(u64, Record)> {
    let mut found = Vec::new();
    journal
        .replay(after, |sequence, record| {
            found.push((sequence, record));
            Ok(())
        })
        .unwrap();
    found
}

fn log_file(dir: &Path) -> PathBuf {
    log::files(dir).unwrap().pop().unwrap().1
}

#[test]
fn every_record_comes_back_as_it_was_written() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    write(&journal, &records());
    let expected: Vec<(u64, Record)> = (1..).zip(records()).collect();
    assert_eq!(read(&journal, 0), expected);
    assert_eq!(read(&journal, 3), expected[3..]);
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.first_new_sequence(), expected.len() as u64 + 1);
    assert_eq!(read(&journal, 0), expected);
    assert_eq!(journal.deeds_of(&[1]).unwrap().len(), EventKind::ALL.len());
    assert_eq!(journal.deeds_of(&[2]).unwrap(), []);
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
fn nothing_of_an_erased_person_is_left_in_any_file() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    write(&journal, &records());
    let bytes = b"the profile of somebody".to_vec();
    let profile = SavedProfile {
        person: 1,
        sequence: 5,
        bytes: bytes.clone(),
    };
    journal
        .save_profiles(std::slice::from_ref(&profile))
        .unwrap();
    let checkpoint = Checkpoint {
        watermark: 5,
        next_person: 3,
        people: vec![(1, bytes.clone())],
        ..Checkpoint::default()
    };
    journal.checkpoint(&checkpoint).unwrap();
    assert_eq!(journal.profile(1).unwrap(), Some(profile));

    // Not even before: whatever is a person's is sealed.
    for secret in [&bytes[..], b"anna-the-shopper", "füller".as_bytes()] {
        assert_eq!(files_with(dir.path(), secret), [""; 0]);
    }
    journal.erase(&[1]).unwrap();
    assert_eq!(journal.profile(1).unwrap(), None);
    let left = read(&journal, 0);
    let is_of_1 = |record: &Record| {
        let says_nothing = matches!(record, Record::Erased { .. } | Record::Merged { .. });
        record.person() == 1 && !says_nothing
    };
    assert!(!left.iter().any(|(_, record)| is_of_1(record)), "{left:?}");
    drop(journal);
    let journal = Journal::open(dir.path()).unwrap();
    assert_eq!(journal.profile(1).unwrap(), None);
    assert_eq!(read(&journal, 0), left);
    assert_eq!(journal.deeds_of(&[1]).unwrap(), []);
    // A record for somebody erased meanwhile takes its place and says nothing.
    write(
        &journal,
        &[deed(1, EventKind::View), deed(2, EventKind::View)],
    );
    let last = read(&journal, 0).pop().unwrap();
    assert_eq!(last, (records().len() as u64 + 2, deed(2, EventKind::View)));
}

/// The files below `dir` that contain these bytes.
fn files_with(dir: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let contents = fs::read(&path).unwrap();
        if contents.windows(bytes.len()).any(|window| window == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn an_unfinished_write_is_dropped_and_what_follows_is_kept() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    write(&journal, &records());
    drop(journal);
    let path = log_file(dir.path());
    let whole = fs::read(&path).unwrap();
    let expected = records().len();
    for cut in 1..40 {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let found = read(&journal, 0).len();
        assert!(
            found + 1 >= expected - cut / 20 && found < expected,
            "{cut}: {found}"
        );
        write(&journal, &[deed(1, EventKind::View)]);
        assert_eq!(read(&journal, 0).len(), found + 1);
    }
}

#[test]
fn a_damaged_file_is_named_with_what_to_do() {
    for file in [store::STATE_FILE, keys::KEYS_FILE] {
        let dir = TempDir::new().unwrap();
        drop(Journal::open(dir.path()).unwrap());
        fs::write(dir.path().join(file), b"id,title,price\n".repeat(1_000)).unwrap();
        let error = Journal::open(dir.path()).err().unwrap();
        assert!(matches!(error, JournalError::Corrupt { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(file), "{message}");
        assert!(message.contains("restore a backup"), "{message}");
    }
}

#[test]
fn a_log_that_lost_records_in_its_middle_is_not_read_past_them() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    write(&journal, &records());
    drop(journal);
    let path = log_file(dir.path());
    let next = dir.path().join(format!("{:020}.log", records().len() + 1));
    fs::copy(&path, next).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let error = journal.replay(0, |_, _| Ok(())).unwrap_err();
    assert!(matches!(error, JournalError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("is unreadable"), "{error}");
}

#[test]
fn a_second_opening_is_refused_until_the_first_is_gone() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    let error = Journal::open(dir.path()).err().unwrap();
    assert!(matches!(error, JournalError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("stop that process"), "{error}");
    let mut read = 0;
    read_deeds(dir.path(), |_| read += 1).unwrap();
    assert_eq!(read, 0);
    drop(journal);
    assert!(Journal::open(dir.path()).is_ok());
}

#[test]
fn a_journal_of_the_first_layout_is_refused_with_what_to_do() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join(OLD_FILE), "").unwrap();
    let error = Journal::open(dir.path()).err().unwrap();
    assert!(error.to_string().contains("endcap replay"), "{error}");
}

#[test]
fn an_emptied_file_is_damage_and_not_a_new_journal() {
    let empty_logs = |dir: &Path| {
        for (_, path) in log::files(dir).unwrap() {
            fs::write(path, "").unwrap();
        }
    };
    let remove_logs = |dir: &Path| {
        for (_, path) in log::files(dir).unwrap() {
            fs::remove_file(path).unwrap();
        }
    };
    let empty = |name: &'static str| move |dir: &Path| fs::write(dir.join(name), "").unwrap();
    type Accident<'a> = &'a dyn Fn(&Path);
    let accidents: [(Accident<'_>, &str); 4] = [
        (&empty(store::STATE_FILE), "emptied"),
        (&empty(keys::KEYS_FILE), "emptied"),
        (&empty_logs, "record 5 was saved"),
        (&remove_logs, "record 5 was saved"),
    ];
    for (accident, told) in accidents {
        let dir = TempDir::new().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        write(&journal, &records());
        let checkpoint = Checkpoint {
            watermark: 5,
            next_person: 3,
            ..Checkpoint::default()
        };
        journal.checkpoint(&checkpoint).unwrap();
        drop(journal);
        accident(dir.path());
        let error = Journal::open(dir.path()).err().unwrap().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_made_anew_is_missed() {
    let later = |dir: &Path| {
        let log = log_file(dir);
        fs::rename(&log, dir.join(format!("{:020}.log", 9))).unwrap();
        fs::remove_file(dir.join(store::STATE_FILE)).unwrap();
    };
    let remove = |name: &'static str| move |dir: &Path| fs::remove_file(dir.join(name)).unwrap();
    type Accident<'a> = &'a dyn Fn(&Path);
    let accidents: [(Accident<'_>, Option<&str>); 3] = [
        (&remove(keys::KEYS_FILE), Some(keys::KEYS_FILE)),
        (&later, Some(store::STATE_FILE)),
        (&remove(store::STATE_FILE), None),
    ];
    for (accident, missed) in accidents {
        let dir = TempDir::new().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        write(&journal, &records());
        drop(journal);
        accident(dir.path());
        let lost = Journal::open(dir.path()).err();
        let told = lost.map(|error| error.to_string());
        let is_told = |file: &&str| told.as_ref().is_some_and(|told| told.contains(*file));
        assert_eq!(missed.filter(is_told), missed, "{told:?}");
        assert_eq!(told.is_some(), missed.is_some(), "{told:?}");
    }
}

#[test]
fn room_that_was_taken_ahead_is_no_record_and_is_given_back() {
    let dir = TempDir::new().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    write(&journal, &records());
    let path = log_file(dir.path());
    let killed = fs::read(&path).unwrap();
    drop(journal);
    let closed = fs::read(&path).unwrap();
    assert!(killed.starts_with(&closed));
    // As a process leaves it that was killed.
    fs::write(&path, [&closed[..], &[0; 1 << 16]].concat()).unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    write(&journal, &[deed(1, EventKind::View)]);
    assert_eq!(read(&journal, 0).len(), records().len() + 1);
    drop(journal);
    assert!(fs::read(&path).unwrap().len() < closed.len() + (1 << 16));
}
