//! Promises of the log:
//! 1. What a crash left of the last write is passed over, and the next write takes its place.
//! 2. Sweeping loses no change that a kept generation needs, and no version.

use std::fs;

use super::log::{Entry, Log, What};
use super::operation::{Known, Operation};
use super::*;

fn entry(number: u64, version: u64) -> Entry {
    let operation = Operation {
        id: format!("p{}", number % 3),
        version: Some(version),
        ..Operation::default()
    };
    Entry {
        number,
        what: What::Applied {
            since: Timestamp::from_second(number as i64).unwrap(),
            operation: Box::new(operation),
        },
    }
}

#[test]
fn what_was_not_finished_is_passed_over_and_written_over() {
    let data = tempfile::tempdir().unwrap();
    let mut log = Log::of(data.path());
    {
        let _lock = log.lock().unwrap();
        assert_eq!(log.read_on().unwrap(), (Vec::new(), false));
        log.append(&[entry(1, 1), entry(2, 2)]).unwrap();
    }
    let path = data.path().join("deltas/changes.log");
    let whole = fs::read(&path).unwrap();
    for left in [1, 8, 9, whole.len() / 2 - 1] {
        fs::write(&path, [&whole[..], &whole[..left]].concat()).unwrap();
        let mut log = Log::of(data.path());
        assert_eq!(log.read_on().unwrap().0, [entry(1, 1), entry(2, 2)]);
        log.append(&[entry(3, 3)]).unwrap();
        let read = Log::of(data.path()).read_on().unwrap().0;
        assert_eq!(read, [entry(1, 1), entry(2, 2), entry(3, 3)]);
    }
    assert_eq!(log.read_on().unwrap().0.last(), Some(&entry(3, 3)));
    log.rewrite(&[entry(3, 3)]).unwrap();
    let mut other = Log::of(data.path());
    assert_eq!(other.read_on().unwrap(), (vec![entry(3, 3)], false));
    log.rewrite(&[entry(4, 4)]).unwrap();
    assert_eq!(other.read_on().unwrap(), (vec![entry(4, 4)], true));
}

#[test]
fn what_is_known_is_the_newest_of_each() {
    let known_of = |version| Known {
        version: Some(version),
        at: None,
    };
    let swept = Entry {
        number: 0,
        what: What::Known {
            id: "p1".into(),
            known: known_of(9),
        },
    };
    let mut all = FxHashMap::default();
    known(&[entry(1, 3), entry(2, 5), entry(4, 7), swept], &mut all);
    assert_eq!(
        (all["p1"], all["p2"], all.len()),
        (known_of(9), known_of(5), 2)
    );
}
