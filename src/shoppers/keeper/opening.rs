//! Opening: the state as it was saved, and then what the journal says since.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, RwLock};

use super::recording::Desk;
use super::saving::{BEHIND_MAX, DEMAND_NOTE, Saving};
use super::{Kept, lock, write};
use crate::journal::{Consent, Journal, JournalError, Person, Record};
use crate::shoppers::affinity::AffinitySettings;
use crate::shoppers::counter::HalfLives;
use crate::shoppers::demand::Demand;
use crate::shoppers::ids::Ids;
use crate::shoppers::neighbours::Neighbours;
use crate::shoppers::people::People;
use crate::shoppers::profile::Profile;
use crate::shoppers::resident::{OPEN_MAX, PACKED_BYTES_MAX, Residents};
use crate::shoppers::words::Words;

/// Goes up when the same records give other profiles than before: then they are made anew from the journal.
const PROFILES_VERSION: u64 = 4;

/// Sessions are made again of the latest so many deeds.
const SESSION_DEEDS_MAX: usize = 100_000;

impl Kept {
    pub(super) fn open(
        dir: &Path,
        settings: &AffinitySettings,
        nobody: Arc<Profile>,
    ) -> Result<Kept, JournalError> {
        let journal = Journal::open(dir)?;
        let resumed = journal.resume(made_with(settings))?;
        let mut words = Words::new();
        for (word, evidence) in &resumed.words {
            words.restore(*word, evidence);
        }
        let demand = journal.note(DEMAND_NOTE)?;
        let demand = demand.map_or_else(Demand::default, |bytes| {
            // Statistics that cannot be read are learned anew.
            postcard::from_bytes(&bytes).unwrap_or_default()
        });
        let kept = Kept {
            demand: RwLock::new(demand),
            neighbours: RwLock::default(),
            residents: Residents::new(PACKED_BYTES_MAX, OPEN_MAX, nobody),
            people: RwLock::new(People::new(resumed.next_person)),
            words: RwLock::new(words),
            desk: Mutex::new(Desk::new(resumed.watermark + 1)),
            saving: Mutex::new(Saving::Possible),
            watermark: AtomicU64::new(resumed.watermark),
            accepted: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            ignored: AtomicU64::new(0),
            robots: AtomicU64::new(0),
            journal,
        };
        // The ids of events take as long as all the rest, and nothing else asks for them.
        let ids = std::thread::scope(|scope| {
            let ids = scope.spawn(|| ids(&kept.journal));
            kept.restore_people()?;
            kept.replay(resumed.watermark)?;
            ids.join()
                .unwrap_or_else(|_| Err(kept.journal.damaged("its ids cannot be read")))
        })?;
        lock(&kept.desk).ids = ids;
        kept.meet_sessions_again()?;
        Ok(kept)
    }

    /// Sessions are not saved: they are made of the latest deeds again.
    fn meet_sessions_again(&self) -> Result<(), JournalError> {
        let mut latest = Vec::new();
        self.journal.latest_deeds(|deed| {
            latest.push(deed);
            latest.len() >= SESSION_DEEDS_MAX
        })?;
        let people = self.people();
        let mut neighbours = Neighbours::default();
        for deed in latest.iter().rev() {
            let person = people.find(&deed.event.shopper);
            let learns = |person: &Person| people.consent(*person) == Consent::Personalize;
            if let Some(person) = person.filter(learns) {
                neighbours.learn(person, deed);
            }
        }
        *write(&self.neighbours) = neighbours;
        Ok(())
    }

    /// Who is who, as it was saved.
    fn restore_people(&self) -> Result<(), JournalError> {
        let mut people = write(&self.people);
        self.journal.for_each_person(|person, bytes| {
            let restored = people.restore(person, bytes);
            let damaged = || format!("person {person} is unreadable");
            restored.ok_or_else(|| self.journal.damaged(damaged()))
        })
    }

    fn replay(&self, watermark: u64) -> Result<(), JournalError> {
        let mut unsaved = 0;
        self.journal.replay(watermark, |sequence, record| {
            if let Record::Word { word, evidence } = &record {
                write(&self.words).restore(*word, evidence);
                lock(&self.desk).new_words.push((*word, evidence.clone()));
            }
            self.apply(sequence, &record)?;
            lock(&self.desk).next_sequence = sequence + 1;
            unsaved += 1;
            if unsaved == BEHIND_MAX {
                unsaved = 0;
                self.checkpoint()?;
            }
            Ok(())
        })?;
        // An erased shopper's records leave gaps, also at the end.
        lock(&self.desk).next_sequence = self.journal.first_new_sequence();
        Ok(())
    }
}

/// The ids of the latest events.
fn ids(journal: &Journal) -> Result<Ids, JournalError> {
    let mut ids = Ids::default();
    journal.heads(|head| head.is_deed && !ids.restore(head.id_hash, head.received_s))?;
    Ok(ids)
}

/// What the profiles depend on besides the records.
fn made_with(settings: &AffinitySettings) -> u64 {
    let half_lives = HalfLives::from(settings);
    let parts = [
        PROFILES_VERSION,
        half_lives.long.ms() as u64,
        half_lives.session.ms() as u64,
    ];
    parts.iter().fold(0, |mixed: u64, part| {
        (mixed.rotate_left(17) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}
