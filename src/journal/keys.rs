//! One key for each shopper. Whatever is on disk about a shopper is readable with that key alone, so that destroying
//! the key erases all of it at once, wherever a copy of a page may lie.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{RwLock, RwLockReadGuard};

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};

use super::entry::Person;
use super::error::JournalError;

/// The file of keys in the journal's directory.
pub(super) const KEYS_FILE: &str = "keys.bin";

/// Opens the file; the last byte is the layout's version.
const HEADER: &[u8; 16] = b"endcap keys    1";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// Keys are drawn this many at a time, so that a new shopper does not wait for the disk once more.
const DRAWN_AT_ONCE: usize = 4_096;

type Key = [u8; KEY_BYTES];

/// A key that was destroyed.
const DESTROYED: Key = [0; KEY_BYTES];

/// The keys of all persons, the first of whom is 1.
pub(super) struct Keys {
    path: PathBuf,
    file: File,
    keys: RwLock<Vec<Key>>,
}

impl Keys {
    pub(super) fn open(dir: &Path) -> Result<Keys, JournalError> {
        let path = dir.join(KEYS_FILE);
        let io = |error: std::io::Error| JournalError::io(&path, error);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false);
        let file = file.open(&path).map_err(io)?;
        let bytes = std::fs::read(&path).map_err(io)?;
        if bytes.is_empty() {
            file.write_all_at(HEADER, 0)
                .and_then(|()| file.sync_all())
                .and_then(|()| File::open(dir)?.sync_all())
                .map_err(io)?;
        } else if !bytes.starts_with(HEADER) {
            return Err(JournalError::corrupt(&path, "it holds no keys"));
        }
        let stored = bytes.get(HEADER.len()..).unwrap_or_default();
        let keys = stored.as_chunks::<KEY_BYTES>().0.to_vec();
        Ok(Keys {
            path,
            file,
            keys: RwLock::new(keys),
        })
    }

    /// Makes sure that `person` has a key on disk.
    pub(super) fn draw(&self, person: Person) -> Result<(), JournalError> {
        let known = self.read().len();
        if person as usize <= known {
            return Ok(());
        }
        let wanted = (person as usize).next_multiple_of(DRAWN_AT_ONCE);
        let drawn: Vec<Key> = (known..wanted).map(|_| rand::random()).collect();
        self.put(known, drawn.as_flattened())?;
        self.sync()?;
        self.keys
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(drawn);
        Ok(())
    }

    /// A number that nobody had so far: the first without a key, destroyed ones included.
    pub(super) fn next_person(&self) -> Person {
        Person::try_from(self.read().len() + 1).unwrap_or(Person::MAX)
    }

    /// Destroys keys for good.
    pub(super) fn destroy(&self, persons: &[Person]) -> Result<(), JournalError> {
        let known = self.read().len();
        let places = persons.iter().map(|person| *person as usize - 1);
        let places: Vec<usize> = places.filter(|at| *at < known).collect();
        for at in &places {
            self.put(*at, &DESTROYED)?;
        }
        self.sync()?;
        let mut keys = self
            .keys
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for at in places {
            keys[at] = DESTROYED;
        }
        Ok(())
    }

    /// `plain` under the person's key; `None` when that is destroyed.
    pub(super) fn seal(&self, person: Person, plain: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = Vec::with_capacity(NONCE_BYTES + plain.len());
        self.seal_onto(&mut sealed, person, |sealed| {
            sealed.extend_from_slice(plain)
        })?;
        Some(sealed)
    }

    /// Adds to `bytes`, under the person's key, what `write` adds; `None`, and nothing, when that is destroyed.
    pub(super) fn seal_onto(
        &self,
        bytes: &mut Vec<u8>,
        person: Person,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Option<()> {
        let key = self.key(person)?;
        let nonce: [u8; NONCE_BYTES] = rand::random();
        bytes.extend_from_slice(&nonce);
        let start = bytes.len();
        write(bytes);
        ChaCha20::new(&key.into(), &nonce.into()).apply_keystream(&mut bytes[start..]);
        Some(())
    }

    /// What `seal` was given; `None` when the key is destroyed.
    pub(super) fn unseal(&self, person: Person, sealed: &[u8]) -> Option<Vec<u8>> {
        let key = self.key(person)?;
        let (nonce, cipher) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let mut plain = cipher.to_vec();
        ChaCha20::new(&key.into(), nonce.into()).apply_keystream(&mut plain);
        Some(plain)
    }

    fn key(&self, person: Person) -> Option<Key> {
        let at = (person as usize).checked_sub(1)?;
        let key = *self.read().get(at)?;
        (key != DESTROYED).then_some(key)
    }

    fn put(&self, first: usize, bytes: &[u8]) -> Result<(), JournalError> {
        let offset = HEADER.len() + first * KEY_BYTES;
        let written = self.file.write_all_at(bytes, offset as u64);
        written.map_err(|error| JournalError::io(&self.path, error))
    }

    fn sync(&self) -> Result<(), JournalError> {
        let synced = self.file.sync_all();
        synced.map_err(|error| JournalError::io(&self.path, error))
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Key>> {
        self.keys
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
