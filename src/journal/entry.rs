//! What the journal keeps: an event, and the attribute values its products had when it was accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Something a shopper did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Makes the event idempotent: an id that was recorded before is recorded only once.
    #[serde(default)]
    pub id: Option<String>,
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The shopper's first-party token.
    pub shopper: String,
    /// The account id, when the shopper is signed in.
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub session: Option<String>,
    /// When it happened; kept to the millisecond.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Product or variant ids.
    #[serde(default)]
    pub products: Vec<String>,
    /// The `query_id` of the page the shopper acted on.
    #[serde(default)]
    pub query_id: Option<String>,
    /// The words that were searched.
    #[serde(default)]
    pub query: Option<String>,
    /// Positions on that page, counted from 1, one for each product.
    #[serde(default)]
    pub positions: Vec<u32>,
    /// Price of one piece, in `currency`.
    #[serde(default)]
    pub price: Option<f64>,
    #[serde(default)]
    pub quantity: Option<u32>,
    /// ISO 4217 code.
    #[serde(default)]
    pub currency: Option<String>,
}

impl Event {
    /// An event that says only what happened, who did it and when.
    pub fn new(kind: EventKind, shopper: impl Into<String>, at: Timestamp) -> Event {
        Event {
            id: None,
            kind,
            shopper: shopper.into(),
            account: None,
            session: None,
            at,
            products: Vec::new(),
            query_id: None,
            query: None,
            positions: Vec::new(),
            price: None,
            quantity: None,
            currency: None,
        }
    }
}

/// An event as it is accepted. Replaying entries needs no catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub event: Event,
    /// One for each product and value; a value that several products share counts several times.
    pub evidence: Vec<Evidence>,
}

/// A value that a product of an event had in an attribute used for affinity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub attribute: String,
    pub value: String,
}

macro_rules! event_kinds {
    ($($kind:ident = $code:literal $name:literal,)*) => {
        /// What a shopper did.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum EventKind {
            $(#[serde(rename = $name)] $kind,)*
        }

        impl EventKind {
            pub const ALL: &[EventKind] = &[$(EventKind::$kind,)*];

            /// The name events are sent with.
            pub fn name(self) -> &'static str {
                match self { $(EventKind::$kind => $name,)* }
            }

            /// The number the journal keeps; a number is never given to another kind.
            pub(super) fn code(self) -> u8 {
                match self { $(EventKind::$kind => $code,)* }
            }
        }
    };
}

event_kinds! {
    View = 1 "view",
    Click = 2 "click",
    AddToCart = 3 "add_to_cart",
    RemoveFromCart = 4 "remove_from_cart",
    Purchase = 5 "purchase",
    Search = 6 "search",
    Filter = 7 "filter",
    Sort = 8 "sort",
    Category = 9 "category",
    Home = 10 "home",
    Impression = 11 "impression",
    Dismiss = 12 "dismiss",
    Return = 13 "return",
    Wishlist = 14 "wishlist",
    EmailOpen = 15 "email_open",
    EmailClick = 16 "email_click",
}

impl EventKind {
    pub fn named(name: &str) -> Option<EventKind> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    pub(super) fn coded(code: u8) -> Option<EventKind> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}
