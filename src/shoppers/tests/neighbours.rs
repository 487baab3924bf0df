//! Promises: what others went on to in sessions like this one comes first, what is rare before what everybody meets; a
//! shopper's own sessions and forgotten ones tell nothing; no more than the latest clicks are kept.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{after, deed, of_product, view};
use crate::journal::{Person, Word};
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{NeighbourSettings, Neighbours, Words};

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
    let of = neighbours.of(Some(own), &met, &NeighbourSettings::PAGE);
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
    assert_eq!(after_a, ["b", "c"]);
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
    assert_eq!(next(&words, &neighbours, 9, &["a"]), [""; 0]);
}

#[test]
fn only_the_latest_clicks_are_kept() {
    let mut neighbours = Neighbours::new(3);
    for (person, product) in [(1, 10), (2, 11), (1, 12), (2, 13), (3, 14)] {
        neighbours.meet(person, product, 0);
    }
    let of = |product| neighbours.at_least(None, &[product], &NeighbourSettings::PAGE, 9);
    assert_eq!((neighbours.clicks(), neighbours.products()), (3, 3));
    assert_eq!(of(10), [], "its only click gave way");
    assert_eq!(neighbours.sessions_with_both(10, 12), 0);
    assert_eq!(neighbours.sessions_with_both(12, 12), 1);
}

#[test]
fn what_shoppers_go_back_to_is_learned() {
    let mut neighbours = Neighbours::new(100);
    let strength_of = |neighbours: &Neighbours, product: u32| {
        let of = neighbours.of(None, &[99, 98], &NeighbourSettings::LIST);
        of.iter().find(|own| own.0 == product).map(|own| own.1)
    };
    for (person, products) in [(1, [1, 2, 1]), (2, [3, 4, 3])] {
        products
            .iter()
            .for_each(|product| neighbours.meet(person, *product, 0));
    }
    assert!(
        strength_of(&neighbours, 98) > Some(0.0),
        "the one before the latest"
    );
    assert_eq!(
        strength_of(&neighbours, 99),
        None,
        "nobody stays where they are"
    );
}

proptest! {
    /// However clicks come and go, counts are those of the clicks that are remembered, and nobody who is forgotten
    /// tells anything.
    #[test]
    fn counts_are_those_of_what_is_remembered(
        met in vec((1_u32..6, 0_u32..8, 0_i64..4), 1..200),
        most in 1_usize..40,
        gone in 1_u32..6,
    ) {
        let mut neighbours = Neighbours::new(most);
        for (hour, (person, product, step)) in (0..).zip(met) {
            neighbours.meet(person, product, (hour + step) * 600_000);
        }
        prop_assert!(neighbours.clicks() <= most);
        let counted: u32 = (0..8).map(|product| neighbours.met(product)).sum();
        prop_assert_eq!(counted as usize, neighbours.clicks());
        for product in 0..8 {
            let of = neighbours.at_least(None, &[product], &NeighbourSettings::PAGE, 20);
            prop_assert!(of.windows(2).all(|pair| pair[0].1 >= pair[1].1));
            prop_assert!(of.iter().all(|(_, strength)| *strength > 0.0));
        }
        neighbours.forget(&(1..6).filter(|person| *person != gone).collect::<Vec<_>>());
        for product in 0..8 {
            let of = neighbours.of(Some(gone), &[product], &NeighbourSettings::PAGE);
            prop_assert_eq!(of, []);
        }
    }
}
