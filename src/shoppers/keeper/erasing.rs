//! Forgetting persons for good.

use std::sync::PoisonError;

use jiff::Timestamp;

use super::{Kept, lock, read, write};
use crate::journal::{Consent, JournalError, Person};

/// At most this many persons are erased while those who record wait.
const ERASED_AT_ONCE: usize = 500;

impl Kept {
    /// Erases a person and everyone who turned out to be them.
    pub(in crate::shoppers) fn erase(&self, person: Person) -> Result<(), JournalError> {
        self.erase_those(&[person], |_| Ok(true)).map(|_| ())
    }

    /// Erases whoever was last seen before `oldest`; returns how many these were.
    pub(in crate::shoppers) fn erase_unseen(
        &self,
        oldest: Timestamp,
    ) -> Result<usize, JournalError> {
        let is_unseen = |person| -> Result<bool, JournalError> {
            let Some(profile) = self.residents.peek(&self.journal, person)? else {
                // A name of which nothing is known, not even what it allows.
                return Ok(read(&self.people).consent(person) == Consent::Personalize);
            };
            Ok(profile.last_seen().is_some_and(|seen| seen < oldest))
        };
        let (mut unseen, mut erased) = (Vec::new(), 0);
        let persons = read(&self.people).persons();
        for person in persons {
            if is_unseen(person)? {
                unseen.push(person);
            }
            if unseen.len() == ERASED_AT_ONCE {
                erased += self.erase_those(&std::mem::take(&mut unseen), is_unseen)?;
            }
        }
        Ok(erased + self.erase_those(&unseen, is_unseen)?)
    }

    /// Erases those of `persons` who are `meant` once nobody records any more; returns how many these were.
    fn erase_those(
        &self,
        persons: &[Person],
        meant: impl Fn(Person) -> Result<bool, JournalError>,
    ) -> Result<usize, JournalError> {
        if persons.is_empty() {
            return Ok(0);
        }
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let _desk = lock(&self.desk);
        let (mut all, mut erased) = (Vec::new(), 0);
        for person in persons {
            if meant(*person)? {
                all.extend(read(&self.people).all_of(*person));
                erased += 1;
            }
        }
        self.journal.erase(&all)?;
        write(&self.people).forget(&all);
        for person in &all {
            self.residents.remove(*person);
        }
        write(&self.neighbours).forget(&all);
        Ok(erased)
    }
}
