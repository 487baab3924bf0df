//! Secured API keys as clients of Algolia make them: base64 of an HMAC-SHA256, by the parent key, of restrictions, and
//! of the restrictions themselves.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::super::algolia::narrowing_of;
use super::Key;
use super::keys::Kept;

/// The hexadecimal digits of the HMAC.
const SIGNATURE_DIGITS: usize = 64;

/// What a secured key is restricted to.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Restricted {
    pub(super) within: Vec<String>,
    pub(super) shopper: Option<String>,
    pub(super) indices: Option<Vec<String>>,
    /// In seconds since 1970.
    pub(super) valid_until_s: Option<i64>,
}

/// The parent of a secured key and what it is restricted to, or why that cannot be kept; `None` when no key signed it.
pub(super) fn verify(given: &str, keys: &[Kept]) -> Option<(Arc<Key>, Result<Restricted, String>)> {
    let decoded = BASE64_STANDARD.decode(given.trim()).ok()?;
    let (signature, restrictions) = decoded.split_at_checked(SIGNATURE_DIGITS)?;
    let signature = bytes_of(signature)?;
    let signed = |kept: &&Kept| {
        // A key longer than a block is hashed first, and the hash is what is kept.
        let mac = Hmac::<Sha256>::new_from_slice(&kept.hash_bytes());
        mac.is_ok_and(|mac| {
            mac.chain_update(restrictions)
                .verify_slice(&signature)
                .is_ok()
        })
    };
    let parent = keys.iter().find(signed)?;
    Some((parent.key.clone(), read(restrictions)))
}

fn read(restrictions: &[u8]) -> Result<Restricted, String> {
    let mut restricted = Restricted::default();
    let mut narrowing = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(restrictions) {
        match name.as_ref() {
            "validUntil" => {
                let until = value.parse().map_err(|_| {
                    format!("validUntil is `{value}`, which is no number of seconds")
                })?;
                restricted.valid_until_s = Some(until);
            }
            "userToken" => restricted.shopper = Some(value.into_owned()),
            "restrictIndices" => {
                let names = match serde_json::from_str(&value) {
                    Ok(names) => names,
                    Err(_) => value
                        .split(',')
                        .map(|name| name.trim().to_string())
                        .collect(),
                };
                restricted.indices = Some(names);
            }
            "filters" | "facetFilters" | "numericFilters" | "tagFilters" => {
                let json = value.starts_with('[').then(|| serde_json::from_str(&value));
                let value = json
                    .and_then(Result::ok)
                    .unwrap_or_else(|| value.as_ref().into());
                narrowing.insert(name.into_owned(), value);
            }
            // What cannot be kept to must not be taken for kept to.
            other => {
                return Err(format!(
                    "the secured key is restricted by `{other}`, which is not known here: leave it out"
                ));
            }
        }
    }
    restricted.within = narrowing_of(&narrowing)?;
    Ok(restricted)
}

fn bytes_of(digits: &[u8]) -> Option<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks_exact(2).map(byte).collect()
}
