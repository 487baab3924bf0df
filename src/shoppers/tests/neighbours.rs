//! Promises: what others went on to in sessions like this one comes first, what is rare before what everybody meets; a
//! shopper's own sessions and forgotten ones tell nothing; no more than the latest sessions are kept.

use super::{after, deed, of_product, view};
use crate::journal::{Person, Word};
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{Neighbours, Reach, Words};

/// Each person's session, one product after the other.
fn met(sessions: &[(Person, &[&str])]) -> (Words, Neighbours) {
    let (mut words, mut neighbours) = (Words::new(), Neighbours::default());
    for (person, products) in sessions {
        for (at, product) in (0..).zip(*products) {
            let entry = of_product(product, view("somebody", "Acorn", after(60 * at)));
            neighbours.learn(*person, &deed(&mut words, &entry));
        }
    }
    (words, neighbours)
}

fn next(words: &Words, neighbours: &Neighbours, own: Person, met: &[&str]) -> Vec<String> {
    let met: Vec<Word> = met
        .iter()
        .filter_map(|id| words.find(PRODUCT, id))
        .collect();
    let of = neighbours.of(Some(own), &met, Reach::PAGE);
    of.iter()
        .map(|(word, _)| words.value(*word).to_owned())
        .collect()
}

#[test]
fn what_others_went_on_to_comes_first() {
    let (words, mut neighbours) = met(&[
        (1, &["a", "b"]),
        (2, &["a", "b"]),
        (3, &["a", "c"]),
        (4, &["d", "e"]),
    ]);
    let after_a = next(&words, &neighbours, 9, &["a"]);
    assert_eq!(after_a, ["a", "b", "c"]);
    assert_eq!(
        next(&words, &neighbours, 4, &["d"]),
        [""; 0],
        "only their own"
    );
    let d = words.find(PRODUCT, "d").unwrap();
    let e = words.find(PRODUCT, "e").unwrap();
    assert_eq!(neighbours.sessions_with_both(d, e), 1);
    neighbours.forget(&[4]);
    assert_eq!(neighbours.sessions_with_both(d, e), 0);
    assert_eq!(next(&words, &neighbours, 9, &["d"]), [""; 0]);
}

#[test]
fn a_pause_begins_another_session() {
    let (mut words, mut neighbours) = met(&[(1, &["a"])]);
    let later = of_product("b", view("somebody", "Acorn", after(2 * 3_600)));
    neighbours.learn(1, &deed(&mut words, &later));
    assert_eq!(neighbours.len(), 2);
    assert_eq!(next(&words, &neighbours, 9, &["a"]), ["a"]);
}

#[test]
fn only_the_latest_sessions_are_kept() {
    let (mut words, mut neighbours) = met(&[(0, &["first"])]);
    let entry = of_product("other", view("somebody", "Acorn", after(0)));
    let deed = deed(&mut words, &entry);
    for person in 1..=100_000 {
        neighbours.learn(person, &deed);
    }
    assert_eq!(neighbours.len(), 100_000);
    assert_eq!(next(&words, &neighbours, 200_000, &["first"]), [""; 0]);
    assert_eq!(next(&words, &neighbours, 200_000, &["other"]), ["other"]);
}
