//! What is sent to change a product, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// Attributes and what is done with each.
pub type Fields = Map<String, Json>;

/// A change to one product or variant. Attributes go by their names or by the feed's columns; `variants` holds changes
/// to variants by their ids.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// `patch` when not said, or `upsert` when there is a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Verb>,
    /// A product's id, or a variant's; a product that is given says its own.
    #[serde(default)]
    pub id: String,
    /// A product, or a variant, as a row of the feed: columns and their cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub product: Option<Fields>,
    /// Attributes that get other values; null takes them away.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub set: Fields,
    /// Numbers that are added to what is there, such as -1 for one that was sold.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub increment: Fields,
    /// Values that are added to a list unless they are there.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub add: Fields,
    /// Values that are taken out of a list.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub remove: Fields,
    /// Rises with every change to the product: what is not above the highest that was applied is stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// When it was so: what is not later than the latest that was applied, or than the feed, is stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The product becomes what the row says; it need not be there. Where rows are variants, the others stay.
    Upsert,
    /// As `upsert`, but what the row does not say stays as it is.
    Merge,
    Patch,
    /// The product goes, or the variant; its last one goes with the product.
    Delete,
}

impl Operation {
    pub(super) fn verb(&self) -> Verb {
        self.op.unwrap_or(match self.product {
            Some(_) => Verb::Upsert,
            None => Verb::Patch,
        })
    }

    /// A row of a feed: as it says in `op`, or what it says in place of what was so.
    ///
    /// # Errors
    /// When its `op` is unknown.
    pub fn of_row(mut row: Fields) -> Result<Operation, String> {
        let verbs = ["set", "increment", "add", "remove", "product"];
        let is_operation = verbs
            .iter()
            .any(|verb| row.get(*verb).is_some_and(Json::is_object));
        if is_operation {
            let read = serde_json::from_value(Json::Object(row));
            return read.map_err(|error| error.to_string());
        }
        let mut said = |name: &str| {
            let cell = row.remove(name)?;
            let is_empty =
                cell.is_null() || cell.as_str().is_some_and(|text| text.trim().is_empty());
            (!is_empty).then_some(cell)
        };
        let op = match said("op") {
            None => Verb::Merge,
            Some(op) => serde_json::from_value(op).map_err(|error| format!("`op`: {error}"))?,
        };
        let mut stamp = |name: &str| match said(name)? {
            Json::String(text) => Some(serde_json::from_str(&text).unwrap_or(Json::String(text))),
            stamp => Some(stamp),
        };
        let (version, at) = (stamp("_version"), stamp("_at"));
        let wrong = |error: serde_json::Error| format!("`_version` or `_at`: {error}");
        Ok(Operation {
            op: Some(op),
            version: version
                .map(serde_json::from_value)
                .transpose()
                .map_err(wrong)?,
            at: at.map(serde_json::from_value).transpose().map_err(wrong)?,
            product: Some(row),
            ..Operation::default()
        })
    }
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Applied {
    pub id: String,
    pub status: Status,
    /// Why it was not applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is on disk, and the next request sees it.
    Applied,
    /// Something newer is known of the product; nothing was changed.
    Stale,
    /// It cannot be applied; nothing was changed.
    Refused,
}

/// The newest that is known of a product.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Timestamp>,
}

impl Known {
    /// Why an operation is stale; `None` when it is not.
    pub(super) fn stale(&self, operation: &Operation, feed: Option<Timestamp>) -> Option<String> {
        if let (Some(version), Some(known)) = (operation.version, self.version)
            && version <= known
        {
            return Some(format!(
                "version {version} is not above {known}, which was applied"
            ));
        }
        let at = operation.at?;
        if let Some(known) = self.at.filter(|known| at <= *known) {
            return Some(format!("{at} is not later than {known}, which was applied"));
        }
        let feed = feed.filter(|feed| at <= *feed)?;
        Some(format!(
            "{at} is not later than the feed, which is of {feed}"
        ))
    }

    /// What is known once the operation is applied.
    pub(super) fn after(self, operation: &Operation) -> Known {
        Known {
            version: operation.version.or(self.version),
            at: operation.at.or(self.at),
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Known::default()
    }
}
