//! How many requests each key sends: a bucket that fills with time.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rustc_hash::FxHashMap;

use super::Key;

/// Buckets of keys that have a limit, by id; revoked keys stay until the process ends.
#[derive(Default)]
pub(in crate::api) struct Rates(Mutex<FxHashMap<String, Bucket>>);

struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// Takes one request out of a key's bucket; when it is empty, says after how many seconds there will be one.
    pub(super) fn take(&self, key: &Key) -> Result<(), u64> {
        let Some(per_minute) = key.rate_per_minute else {
            return Ok(());
        };
        let (full, per_s) = (f64::from(per_minute), f64::from(per_minute) / 60.0);
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(key.id.clone()).or_insert(Bucket {
            left: full,
            at: now,
        });
        let passed_s = now.duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + passed_s * per_s).min(full);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(((1.0 - bucket.left) / per_s).ceil() as u64);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}
