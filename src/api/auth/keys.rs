//! Keys in `data/keys.json`: hashed, so that whoever reads the file cannot use them.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Inside the data directory.
const KEYS_FILE: &str = "keys.json";

/// Held while the file is changed.
const LOCK_FILE: &str = "keys.lock";

/// At most this many keys.
const KEYS_MAX: usize = 1_000;

/// What keys begin with, so that people and scanners know one when they see it.
const PREFIX: &str = "endcap_";

/// So many letters after it, 6 bits each. Longer than the 64 bytes of a SHA-256 block: the key of an HMAC that is
/// longer is its hash, so that what is signed with a key is checked without knowing the key.
const LETTERS: usize = 64;

/// What a key may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Ask for lists.
    Search,
    /// Tell what shoppers did.
    Events,
    /// Decide what shoppers see: rules and synonyms.
    Merchandise,
    /// Everything.
    Admin,
}

/// What is known of a key; the key itself is shown once, when it is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Key {
    /// Names the key where it is listed, changed and revoked.
    pub id: String,
    pub name: String,
    pub roles: Vec<Role>,
    /// A filter that holds for everything found with the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Pages that may use the key, such as `https://shop.example`; all when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// Requests a minute; more are refused for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_minute: Option<u32>,
    #[schema(value_type = String, format = DateTime)]
    pub made: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires: Option<Timestamp>,
}

/// A key as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// SHA-256, in hexadecimal digits.
    hash: String,
    #[serde(flatten)]
    pub(super) key: Arc<Key>,
}

/// What a new key may do.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(
    default,
    deny_unknown_fields,
    expecting = r#"an object such as {"name": "storefront", "roles": ["search", "events"]}"#
)]
pub struct NewKey {
    #[schema(example = "storefront")]
    pub name: String,
    #[schema(example = json!(["search", "events"]))]
    pub roles: Vec<Role>,
    /// A filter that holds for everything found with the key; for the roles search and events.
    pub filter: Option<String>,
    /// Pages that may use the key, such as `https://shop.example` or `https://*.shop.example`.
    pub origins: Vec<String>,
    /// Requests a minute.
    pub rate_per_minute: Option<u32>,
    /// It works for so many days.
    pub days: Option<u32>,
}

/// Why keys cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: {reason}; bring it back from a backup, or remove it and make new keys", .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{0}")]
    Refused(String),
    #[error("there is no key `{0}`: `endcap keys list` says which there are")]
    Missing(String),
}

/// The keys of a shop, as the file has them now.
pub struct Keys {
    data: PathBuf,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    /// When the file was written that was read, and how long it was.
    seen: Option<(SystemTime, u64)>,
    keys: Vec<Kept>,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Search => "search",
            Role::Events => "events",
            Role::Merchandise => "merchandise",
            Role::Admin => "admin",
        }
    }

    /// Whether whoever has this role may do what the other asks for.
    pub(super) fn includes(self, other: Role) -> bool {
        match self {
            Role::Admin => true,
            Role::Merchandise => matches!(other, Role::Merchandise | Role::Search),
            Role::Search | Role::Events => self == other,
        }
    }
}

impl Key {
    pub(super) fn has(&self, role: Role) -> bool {
        self.roles.iter().any(|own| own.includes(role))
    }

    fn works(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

impl Kept {
    /// The hash of the key, which is the key of its HMAC.
    pub(super) fn hash_bytes(&self) -> Vec<u8> {
        let digits = self.hash.as_bytes().chunks_exact(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        digits.filter_map(byte).collect()
    }
}

impl Keys {
    /// The keys of a data directory; none when there is no file.
    pub fn open(data: &Path) -> Result<Keys, KeyError> {
        let keys = Keys {
            data: data.to_path_buf(),
            read: Mutex::default(),
        };
        keys.refresh(&mut keys.lock())?;
        Ok(keys)
    }

    pub fn list(&self) -> Result<Vec<Key>, KeyError> {
        let mut read = self.lock();
        self.refresh(&mut read)?;
        Ok(read.keys.iter().map(|kept| Key::clone(&kept.key)).collect())
    }

    /// Makes a key; the text is the key itself, which is not kept.
    pub fn add(&self, new: NewKey, now: Timestamp) -> Result<(Key, String), KeyError> {
        check(&new)?;
        let text = generate();
        let days = new
            .days
            .map(|days| SignedDuration::from_hours(24 * i64::from(days)));
        let expires = days.map(|days| now.checked_add(days)).transpose();
        let key = Key {
            id: format!("{:08x}", rand::random::<u32>()),
            name: new.name.trim().to_string(),
            roles: new.roles,
            filter: new.filter.filter(|filter| !filter.trim().is_empty()),
            origins: new.origins,
            rate_per_minute: new.rate_per_minute,
            made: now,
            expires: expires
                .map_err(|_| KeyError::Refused("`days` is too many: write fewer".into()))?,
        };
        let kept = Kept {
            hash: hash(&text),
            key: Arc::new(key.clone()),
        };
        self.change(|keys| {
            if keys.len() >= KEYS_MAX {
                let reason = format!("there are {KEYS_MAX} keys already: revoke some first");
                return Err(KeyError::Refused(reason));
            }
            keys.push(kept);
            Ok(())
        })?;
        Ok((key, text))
    }

    /// The same key with another text; the one before stops working.
    pub fn rotate(&self, id: &str) -> Result<(Key, String), KeyError> {
        let text = generate();
        let mut rotated = None;
        self.change(|keys| {
            let kept = keys.iter_mut().find(|kept| kept.key.id == id);
            let kept = kept.ok_or_else(|| KeyError::Missing(id.into()))?;
            kept.hash = hash(&text);
            rotated = Some(Key::clone(&kept.key));
            Ok(())
        })?;
        let key = rotated.ok_or_else(|| KeyError::Missing(id.into()))?;
        Ok((key, text))
    }

    pub fn revoke(&self, id: &str) -> Result<(), KeyError> {
        self.change(|keys| {
            let before = keys.len();
            keys.retain(|kept| kept.key.id != id);
            match keys.len() < before {
                true => Ok(()),
                false => Err(KeyError::Missing(id.into())),
            }
        })
    }

    /// The key of this text, when there is one that has not expired. All are compared, each to its end, so that the
    /// time it takes tells nothing.
    pub(super) fn find(&self, text: &str, now: Timestamp) -> Option<Arc<Key>> {
        let given = hash(text);
        let mut found = None;
        for kept in self.all(now) {
            if is_same(kept.hash.as_bytes(), given.as_bytes()) {
                found = Some(kept.key);
            }
        }
        found
    }

    /// All keys that have not expired.
    pub(super) fn all(&self, now: Timestamp) -> Vec<Kept> {
        let mut read = self.lock();
        if let Err(error) = self.refresh(&mut read) {
            tracing::error!(%error, "keys stay as they were");
        }
        let working = read.keys.iter().filter(|kept| kept.key.works(now));
        working.cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file again when somebody changed it.
    fn refresh(&self, read: &mut Read) -> Result<(), KeyError> {
        let path = self.data.join(KEYS_FILE);
        let seen = match fs::metadata(&path) {
            Ok(metadata) => metadata.modified().ok().map(|at| (at, metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(KeyError::Io { path, error }),
        };
        if seen.is_none() || seen != read.seen {
            let keys = read_file(&path)?;
            *read = Read { seen, keys };
        }
        Ok(())
    }

    /// Changes the file as a whole, one process at a time.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<Kept>) -> Result<(), KeyError>,
    ) -> Result<(), KeyError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |error| KeyError::Io { path, error }
        };
        fs::create_dir_all(&self.data).map_err(failed(&self.data))?;
        let lock_path = self.data.join(LOCK_FILE);
        let lock = File::create(&lock_path).map_err(failed(&lock_path))?;
        lock.lock().map_err(failed(&lock_path))?;
        let path = self.data.join(KEYS_FILE);
        let mut keys = read_file(&path)?;
        change(&mut keys)?;
        let text = serde_json::to_vec_pretty(&keys).map_err(|error| KeyError::Damaged {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        let next = path.with_extension("next");
        write_private(&next, &text)
            .and_then(|()| fs::rename(&next, &path))
            .map_err(failed(&path))?;
        self.lock().seen = None;
        Ok(())
    }
}

fn read_file(path: &Path) -> Result<Vec<Kept>, KeyError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let path = path.to_path_buf();
            return Err(KeyError::Io { path, error });
        }
    };
    serde_json::from_slice(&bytes).map_err(|error| KeyError::Damaged {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn check(new: &NewKey) -> Result<(), KeyError> {
    let refused = |reason: &str| Err(KeyError::Refused(reason.into()));
    if new.name.trim().is_empty() || new.name.len() > 100 {
        return refused(
            "`name` has to say what the key is for, in at most 100 bytes: write for example \"storefront\"",
        );
    }
    if new.roles.is_empty() {
        return refused(
            "`roles` is empty: write one or more of search, events, merchandise, admin",
        );
    }
    let is_for_shoppers = |role: &Role| matches!(role, Role::Search | Role::Events);
    if new.filter.is_some() && !new.roles.iter().all(is_for_shoppers) {
        return refused(
            "a key with a filter may search and send events only: leave out `filter`, or the other roles",
        );
    }
    if new.rate_per_minute == Some(0) || new.days == Some(0) {
        return refused("a key that may do nothing is of no use: write a number of 1 or more");
    }
    let is_origin =
        |origin: &String| origin.starts_with("https://") || origin.starts_with("http://");
    if !new.origins.iter().all(is_origin) {
        return refused(
            "`origins` are written with their scheme: https://shop.example or https://*.shop.example",
        );
    }
    Ok(())
}

/// A key nobody can guess.
fn generate() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut random = rand::rng();
    let letters =
        (0..LETTERS).map(|_| char::from(ALPHABET[random.random_range(0..ALPHABET.len())]));
    PREFIX.chars().chain(letters).collect()
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Takes as long whatever differs.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differing = one
        .iter()
        .zip(other)
        .fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, roles: &[Role]) -> NewKey {
        NewKey {
            name: name.into(),
            roles: roles.to_vec(),
            ..NewKey::default()
        }
    }

    #[test]
    fn keys_are_found_by_their_text_and_kept_as_hashes() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let (key, text) = keys.add(new("storefront", &[Role::Search]), now).unwrap();
        assert!(text.len() > 64);
        let kept = fs::read_to_string(dir.path().join(KEYS_FILE)).unwrap();
        assert!(!kept.contains(&text) && !kept.contains(&text[PREFIX.len()..]));
        // Another process sees it, and this one sees what another does.
        let other = Keys::open(dir.path()).unwrap();
        assert_eq!(other.find(&text, now).unwrap().id, key.id);
        let (_, rotated) = other.rotate(&key.id).unwrap();
        assert!(keys.find(&text, now).is_none());
        assert_eq!(keys.find(&rotated, now).unwrap().id, key.id);
        other.revoke(&key.id).unwrap();
        assert!(keys.find(&rotated, now).is_none());
        assert!(matches!(other.revoke(&key.id), Err(KeyError::Missing(_))));
    }

    #[test]
    fn keys_expire() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let brief = NewKey {
            days: Some(1),
            ..new("brief", &[Role::Events])
        };
        let (_, text) = keys.add(brief, now).unwrap();
        assert!(keys.find(&text, now).is_some());
        let later = now.checked_add(SignedDuration::from_hours(24)).unwrap();
        assert!(keys.find(&text, later).is_none());
    }

    #[test]
    fn keys_that_make_no_sense_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path()).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let narrowed = NewKey {
            filter: Some("brand:Acorn".into()),
            ..new("x", &[Role::Merchandise])
        };
        for new in [new("", &[Role::Search]), new("x", &[]), narrowed] {
            assert!(matches!(keys.add(new, now), Err(KeyError::Refused(_))));
        }
    }
}
