//! Who is who: tokens and accounts, and the persons behind them.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::journal::{Consent, Name, Person, Record};

/// Everyone the shop knows by name.
#[derive(Default)]
pub(super) struct People {
    names: Names,
    /// Those who are more than one token.
    details: FxHashMap<Person, Details>,
    next_person: Person,
    /// Who changed since they were last saved.
    changed: BTreeSet<Person>,
    merged: Vec<Person>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Details {
    has_account: bool,
    consent: Consent,
    /// Persons who turned out to be this one.
    absorbed: Vec<Person>,
    /// The person whom this one turned out to be.
    into: Option<Person>,
}

/// A person as a checkpoint keeps them.
#[derive(Serialize, Deserialize)]
struct SavedPerson {
    names: Vec<Name>,
    details: Details,
}

impl People {
    pub(super) fn new(next_person: Person) -> People {
        People {
            next_person: next_person.max(1),
            ..People::default()
        }
    }

    /// How many names are known.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Everyone, each once.
    pub(super) fn persons(&self) -> Vec<Person> {
        self.names.persons().collect()
    }

    pub(super) fn next_person(&self) -> Person {
        self.next_person
    }

    /// The person behind a token or, when there is no such token, an account.
    pub(super) fn find(&self, id: &str) -> Option<Person> {
        let token = self.names.find(false, id);
        token.or_else(|| self.names.find(true, id))
    }

    pub(super) fn consent(&self, person: Person) -> Consent {
        self.details
            .get(&person)
            .map_or_else(Consent::default, |details| details.consent)
    }

    /// The person whom this one turned out to be, or the same.
    pub(super) fn resolved(&self, person: Person) -> Person {
        let into = self.details.get(&person).and_then(|details| details.into);
        into.unwrap_or(person)
    }

    /// The persons whose records are this person's, the own first.
    pub(super) fn all_of(&self, person: Person) -> Vec<Person> {
        let absorbed = self
            .details
            .get(&person)
            .map(|details| details.absorbed.as_slice());
        [&[person], absorbed.unwrap_or_default()].concat()
    }

    pub(super) fn names_of(&self, person: Person) -> Vec<Name> {
        let mut names: Vec<Name> = self.names.of(person).collect();
        names.sort();
        names
    }

    /// The person who did something under `token`, signed in as `account` when there is one. What has to become known
    /// for that is added to `changes`, in order: a login joins what the token did before it with the account, and an
    /// account that signs in where another one was begins there anew.
    pub(super) fn identify(
        &self,
        token: &str,
        account: Option<&str>,
        changes: &mut Vec<Record>,
    ) -> Person {
        let known = self.names.find(false, token);
        let token = || Name::Token(token.to_owned());
        let Some(account) = account else {
            return known.unwrap_or_else(|| {
                let (person, name) = (self.next_person, token());
                changes.push(Record::Known { person, name });
                person
            });
        };
        let holder = self.names.find(true, account);
        let is_free =
            |person: Person| !self.details.get(&person).is_some_and(|one| one.has_account);
        let person = match (known, holder) {
            (Some(known), Some(holder)) if known == holder => return holder,
            (Some(known), Some(holder)) if is_free(known) => {
                changes.push(Record::Merged {
                    from: known,
                    into: holder,
                });
                return holder;
            }
            (_, Some(holder)) => holder,
            (Some(known), None) if is_free(known) => known,
            (_, None) => self.next_person,
        };
        if holder.is_none() {
            let name = Name::Account(account.to_owned());
            changes.push(Record::Known { person, name });
        }
        if known != Some(person) {
            let name = token();
            changes.push(Record::Known { person, name });
        }
        person
    }

    /// Takes in a record about who is who; the same record twice changes nothing the second time.
    pub(super) fn apply(&mut self, record: &Record) {
        match record {
            Record::Known { person, name } => {
                // Whoever had it before is saved without it.
                self.changed.extend(self.names.give(name, *person));
                self.next_person = self.next_person.max(person + 1);
                if matches!(name, Name::Account(_)) {
                    self.details.entry(*person).or_default().has_account = true;
                }
                self.changed.insert(*person);
            }
            Record::Consent { person, consent } => {
                let person = self.resolved(*person);
                self.details.entry(person).or_default().consent = *consent;
                self.changed.insert(person);
            }
            Record::Merged { from, into } => self.merge(*from, *into),
            // The number stays taken.
            Record::Erased { person } => self.next_person = self.next_person.max(person + 1),
            Record::Word { .. } | Record::Deed { .. } => {}
        }
    }

    fn merge(&mut self, from: Person, into: Person) {
        self.names.hand_over(from, into);
        let absorbed = self.all_of(from);
        for one in &absorbed {
            self.details.entry(*one).or_default().into = Some(into);
            self.changed.insert(*one);
        }
        let stricter = stricter(self.consent(from), self.consent(into));
        let details = self.details.entry(into).or_default();
        details.consent = stricter;
        for one in absorbed {
            if !details.absorbed.contains(&one) {
                details.absorbed.push(one);
            }
        }
        self.changed.insert(into);
        self.merged.push(from);
    }

    /// Forgets these persons and all their names.
    pub(super) fn forget(&mut self, persons: &[Person]) {
        for person in persons {
            self.names.forget(*person);
            self.details.remove(person);
            self.changed.remove(person);
        }
    }

    /// Takes a person as a checkpoint kept them; `None` when they are unreadable.
    pub(super) fn restore(&mut self, person: Person, bytes: &[u8]) -> Option<()> {
        let SavedPerson { names, details } = postcard::from_bytes(bytes).ok()?;
        for name in names {
            self.names.give(&name, person);
        }
        if details != Details::default() {
            self.details.insert(person, details);
        }
        self.next_person = self.next_person.max(person + 1);
        Some(())
    }

    /// Who changed since the last call, in the form a checkpoint keeps, and whose profiles became part of others'.
    pub(super) fn take_changed(&mut self) -> (Vec<(Person, Vec<u8>)>, Vec<Person>) {
        let changed = std::mem::take(&mut self.changed);
        let saved = |person: Person| {
            let saved = SavedPerson {
                names: self.names_of(person),
                details: self.details.get(&person).cloned().unwrap_or_default(),
            };
            let bytes = postcard::to_stdvec(&saved);
            (
                person,
                bytes.expect("writing plain fields to memory cannot fail"),
            )
        };
        let saved = changed.into_iter().map(saved).collect();
        (saved, std::mem::take(&mut self.merged))
    }
}

/// Of two consents, the one that allows less.
fn stricter(one: Consent, other: Consent) -> Consent {
    match (one, other) {
        (Consent::Nothing, _) | (_, Consent::Nothing) => Consent::Nothing,
        (Consent::Measure, _) | (_, Consent::Measure) => Consent::Measure,
        (Consent::Personalize, Consent::Personalize) => Consent::Personalize,
    }
}
