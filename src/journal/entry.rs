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
    /// The category that was looked at, such as `Shoes > Boots`.
    #[serde(default)]
    pub category: Option<String>,
    /// The filter that was chosen, such as `brand:Acorn`.
    #[serde(default)]
    pub filter: Option<String>,
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
    /// Of a search or a category: how the list was asked for besides. Filled in when `query_id` names a page that the
    /// shop answered lately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Box<Circumstances>>,
}

/// How a list was asked for, besides words, category and filter: what rules look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Circumstances {
    /// Where it appeared; `search` when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// The segments that the shopper was in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// `attribute:asc` or `attribute:desc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
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
            category: None,
            filter: None,
            positions: Vec::new(),
            price: None,
            quantity: None,
            currency: None,
            asked: None,
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

/// A number that stands for one value of one attribute, in this journal for good.
pub type Word = u32;

/// A number that stands for one shopper, in this journal for good; 0 is nobody.
pub type Person = u32;

/// What a shopper is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Name {
    /// A first-party token.
    Token(String),
    Account(String),
}

/// What a shopper lets the shop do with events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// Events are recorded, and the order is personal.
    #[default]
    Personalize,
    /// Events are recorded to measure the shop; the order is the plain one.
    Measure,
    /// Nothing is recorded.
    Nothing,
}

/// One thing the journal keeps, in the order it was accepted.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly all records are deeds, and none is kept"
)]
pub enum Record {
    /// From here on, `word` stands for this value.
    Word {
        word: Word,
        evidence: Evidence,
    },
    /// From here on, this name means this person.
    Known {
        person: Person,
        name: Name,
    },
    Consent {
        person: Person,
        consent: Consent,
    },
    /// Whatever is known of `from` is known of `into` from here on.
    Merged {
        from: Person,
        into: Person,
    },
    Deed {
        person: Person,
        deed: Deed,
    },
    /// What cannot be read any more, for this person is erased; only their number is left, and is nobody else's.
    Erased {
        person: Person,
    },
}

impl Record {
    /// Whom the record is about; 0 when that is nobody.
    pub fn person(&self) -> Person {
        match self {
            Record::Word { .. } => 0,
            Record::Merged { from, .. } => *from,
            Record::Known { person, .. }
            | Record::Consent { person, .. }
            | Record::Deed { person, .. }
            | Record::Erased { person } => *person,
        }
    }
}

/// What a person did, in the journal's own words.
#[derive(Debug, Clone, PartialEq)]
pub struct Deed {
    pub event: Event,
    /// When it arrived.
    pub received_ms: i64,
    pub words: Vec<Word>,
    /// Came faster than people do, and is evidence of nothing.
    pub robot: bool,
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

    /// Its place among all kinds.
    pub fn index(self) -> usize {
        usize::from(self.code()) - 1
    }

    pub(super) fn coded(code: u8) -> Option<EventKind> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }
}
