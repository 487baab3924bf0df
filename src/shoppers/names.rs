//! Whose names are whose, in few bytes each: a million shoppers are told by name with every event.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::journal::{Name, Person};

/// No row.
const NONE: u32 = u32::MAX;

/// All names and the persons behind them, found from either side.
#[derive(Default)]
pub(super) struct Names {
    rows: Vec<Row>,
    /// Rows that hold no name any more.
    free: Vec<u32>,
    /// Rows by the hash of their name.
    by_name: HashTable<u32>,
    /// The first row of each person, `NONE` for a person without names.
    of_person: Vec<u32>,
    hasher: RandomState,
}

struct Row {
    text: Box<str>,
    is_account: bool,
    person: Person,
    /// The same person's next row.
    next: u32,
}

impl Names {
    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whose token or account this is.
    pub(super) fn find(&self, is_account: bool, text: &str) -> Option<Person> {
        let row = self.row(is_account, text)?;
        Some(self.rows[row as usize].person)
    }

    /// Makes a name this person's; returns who had it before.
    pub(super) fn give(&mut self, name: &Name, person: Person) -> Option<Person> {
        let (is_account, text) = parts(name);
        let known = self.row(is_account, text);
        let before = known.map(|row| self.unlink(row));
        let row = known.unwrap_or_else(|| self.add(is_account, text));
        self.link(row, person);
        before
    }

    /// Everyone with a name, each once.
    pub(super) fn persons(&self) -> impl Iterator<Item = Person> {
        let firsts = (0..).zip(&self.of_person);
        firsts
            .filter(|(_, first)| **first != NONE)
            .map(|(person, _)| person)
    }

    /// A person's names, in no order.
    pub(super) fn of(&self, person: Person) -> impl Iterator<Item = Name> {
        let rows = self.rows_of(person).map(|row| &self.rows[row as usize]);
        rows.map(|row| match row.is_account {
            true => Name::Account(row.text.to_string()),
            false => Name::Token(row.text.to_string()),
        })
    }

    /// Makes all names of one person another's.
    pub(super) fn hand_over(&mut self, from: Person, into: Person) {
        for row in self.rows_of(from).collect::<Vec<_>>() {
            self.unlink(row);
            self.link(row, into);
        }
    }

    /// Forgets all names of a person.
    pub(super) fn forget(&mut self, person: Person) {
        for row in self.rows_of(person).collect::<Vec<_>>() {
            self.unlink(row);
            let (hash, names) = (self.hash_of(row), &mut self.by_name);
            if let Ok(found) = names.find_entry(hash, |known| *known == row) {
                found.remove();
            }
            self.rows[row as usize].text = Box::default();
            self.free.push(row);
        }
    }

    fn row(&self, is_account: bool, text: &str) -> Option<u32> {
        let is_it = |row: &u32| {
            let row = &self.rows[*row as usize];
            row.is_account == is_account && *row.text == *text
        };
        let hash = self.hasher.hash_one((is_account, text));
        self.by_name.find(hash, is_it).copied()
    }

    fn rows_of(&self, person: Person) -> impl Iterator<Item = u32> {
        let first = self.of_person.get(person as usize).copied();
        let in_use = |row: &u32| *row != NONE;
        std::iter::successors(first.filter(in_use), move |row| {
            Some(self.rows[*row as usize].next).filter(in_use)
        })
    }

    fn add(&mut self, is_account: bool, text: &str) -> u32 {
        let added = Row {
            text: text.into(),
            is_account,
            person: 0,
            next: NONE,
        };
        let row = self.free.pop().unwrap_or(self.rows.len() as u32);
        match self.rows.get_mut(row as usize) {
            Some(free) => *free = added,
            None => self.rows.push(added),
        }
        let (rows, hasher) = (&self.rows, &self.hasher);
        let hash = |row: &u32| hash(hasher, &rows[*row as usize]);
        self.by_name.insert_unique(hash(&row), row, hash);
        row
    }

    fn link(&mut self, row: u32, person: Person) {
        let at = person as usize;
        if self.of_person.len() <= at {
            self.of_person.resize(at + 1, NONE);
        }
        let next = std::mem::replace(&mut self.of_person[at], row);
        let linked = &mut self.rows[row as usize];
        (linked.person, linked.next) = (person, next);
    }

    /// Takes a row from its person; returns who that is.
    fn unlink(&mut self, row: u32) -> Person {
        let Row { person, next, .. } = self.rows[row as usize];
        let before = self
            .rows_of(person)
            .find(|before| self.rows[*before as usize].next == row);
        match before {
            Some(before) => self.rows[before as usize].next = next,
            None => self.of_person[person as usize] = next,
        }
        person
    }

    fn hash_of(&self, row: u32) -> u64 {
        hash(&self.hasher, &self.rows[row as usize])
    }
}

fn parts(name: &Name) -> (bool, &str) {
    match name {
        Name::Token(text) => (false, text),
        Name::Account(text) => (true, text),
    }
}

fn hash(hasher: &RandomState, row: &Row) -> u64 {
    hasher.hash_one((row.is_account, &*row.text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn name(number: u8) -> Name {
        let text = format!("name {}", number / 2);
        match number % 2 {
            0 => Name::Token(text),
            _ => Name::Account(text),
        }
    }

    proptest! {
        #[test]
        fn names_are_whose_they_were_made_last(steps in prop::collection::vec((0u8..3, 0u8..12, 1u32..6), 1..80)) {
            let (mut names, mut told) = (Names::default(), BTreeMap::new());
            for (step, number, person) in steps {
                match step {
                    0 => {
                        names.give(&name(number), person);
                        told.insert(name(number), person);
                    }
                    1 => {
                        let from = u32::from(number % 5) + 1;
                        names.hand_over(from, person);
                        told.values_mut().filter(|one| **one == from).for_each(|one| *one = person);
                    }
                    _ => {
                        names.forget(person);
                        told.retain(|_, one| *one != person);
                    }
                }
                prop_assert_eq!(names.len(), told.len());
                for number in 0..12 {
                    let name = name(number);
                    let (is_account, text) = parts(&name);
                    prop_assert_eq!(names.find(is_account, text), told.get(&name).copied());
                }
                for person in names.persons().collect::<Vec<_>>() {
                    let mut own: Vec<Name> = names.of(person).collect();
                    own.sort();
                    let expected = told.iter().filter(|(_, one)| **one == person).map(|(name, _)| name.clone());
                    prop_assert_eq!(own, expected.collect::<Vec<_>>());
                }
            }
        }
    }
}
