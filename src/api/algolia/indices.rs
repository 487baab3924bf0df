//! Which index names mean the shop, and in which order.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AlgoliaError;
use crate::catalog::schema::Schema;

/// Clients of Algolia that name no index of their own mean this one.
const USUAL_NAME: &str = "products";

/// What an operator says of the index names that clients use.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlgoliaSettings {
    /// The names of the index; `products` and the shop's name when not said.
    pub indices: Vec<String>,
    /// Replicas: index names and the sort each stands for, such as `products_cheapest = "price:asc"`. The names
    /// `INDEX_ATTRIBUTE_asc` and `INDEX_ATTRIBUTE_desc` need not be written.
    pub replicas: BTreeMap<String, String>,
}

/// The index names of a shop.
pub(in crate::api) struct Indices {
    names: Vec<String>,
    replicas: BTreeMap<String, String>,
}

/// What an index name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    /// The name of the index that holds the records.
    pub(super) primary: String,
    /// The order of a replica; by relevance when there is none.
    pub(super) sort: Option<String>,
}

impl Indices {
    pub(in crate::api) fn new(shop_name: &str, settings: AlgoliaSettings) -> Self {
        let mut names = settings.indices;
        if names.is_empty() {
            names = vec![USUAL_NAME.into(), shop_name.into(), plain(shop_name)];
            names.dedup();
        }
        Indices {
            names,
            replicas: settings.replicas,
        }
    }

    /// The names of the index itself.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn find(&self, schema: &Schema, name: &str) -> Result<Index, AlgoliaError> {
        let first = || self.names.first().cloned().unwrap_or_default();
        if self.names.iter().any(|own| own == name) {
            return Ok(Index {
                primary: name.into(),
                sort: None,
            });
        }
        if let Some(sort) = self.replicas.get(name) {
            return Ok(Index {
                primary: first(),
                sort: Some(sort.clone()),
            });
        }
        for own in &self.names {
            let ending = name.strip_prefix(own.as_str());
            if let Some(sort) = ending.and_then(|ending| sort_of(schema, ending)) {
                return Ok(Index {
                    primary: own.clone(),
                    sort: Some(sort),
                });
            }
        }
        Err(self.missing(name))
    }

    fn missing(&self, name: &str) -> AlgoliaError {
        let known = self.names.join("`, `");
        let message = format!(
            "Index {name} does not exist: known are `{known}`, with _ATTRIBUTE_asc or _ATTRIBUTE_desc for a sort; `[algolia]` in endcap.toml names others"
        );
        AlgoliaError::new(StatusCode::NOT_FOUND, message)
    }
}

/// The sort that the ending of a replica's name says: `_price_asc`, `_released_desc`.
fn sort_of(schema: &Schema, ending: &str) -> Option<String> {
    let (attribute, direction) = ending.strip_prefix(['_', '-'])?.rsplit_once(['_', '-'])?;
    let attribute = schema.attribute(attribute).filter(|own| own.sort)?;
    let is_direction = matches!(direction, "asc" | "desc");
    is_direction.then(|| format!("{}:{direction}", attribute.name))
}

/// A name in small letters, with `_` for what is no letter or digit.
fn plain(name: &str) -> String {
    let small = name.to_lowercase();
    let words = small.split(|c: char| !c.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("_")
}
