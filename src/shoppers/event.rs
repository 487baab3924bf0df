//! An event as a shop sends it, checked field by field.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json_borrow::{Map, Value};

use crate::problem::nearest;

pub use crate::journal::{BATCH_MAX, Circumstances, Event, EventKind};

/// At most this many products in one event.
pub const PRODUCTS_MAX: usize = 100;
/// Longest product id, in bytes.
pub const PRODUCT_BYTES_MAX: usize = 200;
/// Longest shopper, account or session, in characters.
pub const TOKEN_CHARS_MAX: usize = 129;
/// Longest event id and `query_id`, in bytes.
pub const ID_BYTES_MAX: usize = 200;
/// Longest search, in bytes.
pub const QUERY_BYTES_MAX: usize = 1_000;
/// Longest account of how a list was asked for, in bytes.
pub const ASKED_BYTES_MAX: usize = 2_000;
/// Oldest event that is accepted.
pub const AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How far a client's clock may be ahead.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Why an event was not accepted.
#[derive(
    Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema,
)]
#[error("`{field}` {reason}")]
pub struct EventRefused {
    /// The field that is wrong, such as `products[2]`.
    pub field: String,
    /// What is wrong with it, to be read after the field's name.
    pub reason: String,
    /// What to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl EventRefused {
    /// What is wrong, and what to write instead.
    pub fn told(&self) -> String {
        let instead = self.suggestion.as_ref();
        let instead = instead.map_or(String::new(), |suggestion| format!(": {suggestion}"));
        format!("{self}{instead}")
    }
}

/// Whether a shopper may be called this.
pub fn check_token(id: &str) -> Result<(), EventRefused> {
    let named = Map::from(vec![("shopper", Value::from(id))]);
    token(&Value::Object(named), "shopper").map(|_| ())
}

/// The event in `value`, or the first thing that is wrong with it. Unknown fields are ignored, `null` is absent, and
/// an event without a time happened `now`.
pub fn parse(value: &Value<'_>, now: Timestamp) -> Result<Event, EventRefused> {
    parse_of_age(value, now, AGE_MAX)
}

/// The same for an event of a history, which may be of any age.
pub fn parse_past(value: &Value<'_>, now: Timestamp) -> Result<Event, EventRefused> {
    parse_of_age(value, now, SignedDuration::MAX)
}

fn parse_of_age(
    value: &Value<'_>,
    now: Timestamp,
    age_max: SignedDuration,
) -> Result<Event, EventRefused> {
    if !value.is_object() {
        return Err(refused(
            "event",
            "is not an object",
            r#"write {"type": "view", "shopper": "anna", "products": ["42"]}"#,
        ));
    }
    let kind = kind(value)?;
    let products = products(value, kind)?;
    Ok(Event {
        id: text(value, "id", ID_BYTES_MAX)?,
        kind,
        shopper: token(value, "shopper")?.ok_or_else(|| {
            refused(
                "shopper",
                "is missing",
                "write the token you keep for this visitor",
            )
        })?,
        account: token(value, "account")?,
        session: token(value, "session")?,
        at: at(value, now, age_max)?,
        positions: positions(value, products.len())?,
        products,
        query_id: text(value, "query_id", ID_BYTES_MAX)?,
        query: text(value, "query", QUERY_BYTES_MAX)?,
        category: text(value, "category", QUERY_BYTES_MAX)?,
        filter: text(value, "filter", QUERY_BYTES_MAX)?,
        price: price(value)?,
        quantity: quantity(value)?,
        currency: currency(value)?,
        asked: asked(value)?,
    })
}

/// Whether events of this kind are about products.
fn needs_products(kind: EventKind) -> bool {
    match kind {
        EventKind::View
        | EventKind::Click
        | EventKind::AddToCart
        | EventKind::RemoveFromCart
        | EventKind::Purchase
        | EventKind::Impression
        | EventKind::Dismiss
        | EventKind::Return
        | EventKind::Wishlist => true,
        EventKind::Search
        | EventKind::Filter
        | EventKind::Sort
        | EventKind::Category
        | EventKind::Home
        | EventKind::EmailOpen
        | EventKind::EmailClick => false,
    }
}

fn kind(value: &Value<'_>) -> Result<EventKind, EventRefused> {
    let names = || EventKind::ALL.iter().map(|kind| kind.name());
    let all = || format!("write one of {}", names().collect::<Vec<_>>().join(", "));
    let Some(found) = present(value, "type") else {
        return Err(refused("type", "is missing", all()));
    };
    let Some(name) = found.as_str() else {
        return Err(refused("type", "is not a text", all()));
    };
    EventKind::named(name).ok_or_else(|| {
        let suggestion =
            nearest(name, names()).map_or_else(all, |nearest| format!("did you mean `{nearest}`?"));
        refused(
            "type",
            format!("is `{}`, which is no event type", shortened(name)),
            suggestion,
        )
    })
}

fn products(value: &Value<'_>, kind: EventKind) -> Result<Vec<String>, EventRefused> {
    let example = r#"write the ids of the products, such as ["42"]"#;
    let found = match present(value, "products") {
        Some(Value::Array(found)) => found.as_slice(),
        Some(_) => return Err(refused("products", "is not a list", example)),
        None => &[],
    };
    if found.is_empty() && needs_products(kind) {
        let reason = format!("is empty, but a `{}` is about a product", kind.name());
        return Err(refused("products", reason, example));
    }
    if found.len() > PRODUCTS_MAX {
        let reason = format!("has {} products", found.len());
        let suggestion = format!("send at most {PRODUCTS_MAX} in one event");
        return Err(refused("products", reason, suggestion));
    }
    let product = |(index, product): (usize, &Value<'_>)| {
        let field = format!("products[{index}]");
        match product {
            Value::Str(id) if id.is_empty() => Err(refused(field, "is empty", example)),
            Value::Str(id) if id.len() > PRODUCT_BYTES_MAX => Err(refused(
                field,
                format!("has {} bytes", id.len()),
                format!("product ids have at most {PRODUCT_BYTES_MAX}"),
            )),
            Value::Str(id) => Ok(id.to_string()),
            Value::Number(id) => Err(refused(
                field,
                "is a number",
                format!(r#"write the id in quotes: "{id}""#),
            )),
            _ => Err(refused(field, "is not a text", example)),
        }
    };
    found.iter().enumerate().map(product).collect()
}

fn positions(value: &Value<'_>, products: usize) -> Result<Vec<u32>, EventRefused> {
    let example = "write one number for each product, counted from 1, such as [3]";
    let found = match present(value, "positions") {
        None => return Ok(Vec::new()),
        Some(Value::Array(found)) => found,
        Some(_) => return Err(refused("positions", "is not a list", example)),
    };
    if !found.is_empty() && found.len() != products {
        let reason = format!("has {} numbers for {products} products", found.len());
        return Err(refused("positions", reason, example));
    }
    let position = |(index, position): (usize, &Value<'_>)| {
        whole(position)
            .filter(|position| *position >= 1)
            .ok_or_else(|| {
                let field = format!("positions[{index}]");
                refused(field, "is not a whole number of 1 or more", example)
            })
    };
    found.iter().enumerate().map(position).collect()
}

fn at(
    value: &Value<'_>,
    now: Timestamp,
    age_max: SignedDuration,
) -> Result<Timestamp, EventRefused> {
    let Some(found) = present(value, "at") else {
        return Ok(to_millisecond(now));
    };
    let example =
        "write a time with its zone, such as 2026-11-23T10:00:00Z, or leave it out for now";
    let parsed = found.as_str().map(str::parse::<Timestamp>);
    let Some(Ok(at)) = parsed else {
        return Err(refused("at", "is not a time", example));
    };
    let age = now.duration_since(at);
    if age > age_max {
        let reason = format!("is {at}, more than {} days ago", age_max.as_hours() / 24);
        let suggestion = "send events when they happen, and a history with `endcap replay`";
        return Err(refused("at", reason, suggestion));
    }
    if age < -AHEAD_MAX {
        let reason = format!("is {at}, more than {} minutes ahead", AHEAD_MAX.as_mins());
        let suggestion = "correct the sender's clock, or leave the time out";
        return Err(refused("at", reason, suggestion));
    }
    Ok(to_millisecond(at))
}

fn price(value: &Value<'_>) -> Result<Option<f64>, EventRefused> {
    let Some(found) = present(value, "price") else {
        return Ok(None);
    };
    match found.as_f64() {
        Some(price) if price.is_finite() && price >= 0.0 => Ok(Some(price)),
        _ => Err(refused(
            "price",
            "is not a number of 0 or more",
            "write the price of one piece without its currency, such as 49.95",
        )),
    }
}

fn quantity(value: &Value<'_>) -> Result<Option<u32>, EventRefused> {
    let Some(found) = present(value, "quantity") else {
        return Ok(None);
    };
    match whole(found) {
        Some(quantity) if quantity >= 1 => Ok(Some(quantity)),
        _ => Err(refused(
            "quantity",
            "is not a whole number of 1 or more",
            "write how many pieces, such as 1",
        )),
    }
}

fn currency(value: &Value<'_>) -> Result<Option<String>, EventRefused> {
    let Some(found) = present(value, "currency") else {
        return Ok(None);
    };
    match found.as_str() {
        Some(code) if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            Ok(Some(code.to_ascii_uppercase()))
        }
        _ => Err(refused(
            "currency",
            "is not a currency code of three letters",
            "write one such as EUR",
        )),
    }
}

/// A shopper, account or session: they appear in addresses and logs, so their characters are limited.
fn token(value: &Value<'_>, field: &str) -> Result<Option<String>, EventRefused> {
    let Some(found) = present(value, field) else {
        return Ok(None);
    };
    let rule = format!("write 1 to {TOKEN_CHARS_MAX} letters, digits or any of _ = / + - . @ :");
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_=/+-.@:".contains(&byte);
    match found.as_str() {
        None => Err(refused(field, "is not a text", rule)),
        Some("") => Err(refused(field, "is empty", rule)),
        Some(token) if !token.bytes().all(allowed) => {
            let other = token.chars().find(|c| !c.is_ascii() || !allowed(*c as u8));
            let other = other.unwrap_or(' ').escape_default();
            Err(refused(field, format!("contains `{other}`"), rule))
        }
        Some(token) if token.len() > TOKEN_CHARS_MAX => {
            let reason = format!("has {} characters", token.len());
            Err(refused(field, reason, rule))
        }
        Some(token) => Ok(Some(token.to_owned())),
    }
}

/// How a list was asked for.
fn asked(value: &Value) -> Result<Option<Box<Circumstances>>, EventRefused> {
    let Some(found) = present(value, "asked") else {
        return Ok(None);
    };
    let example = r#"write {"surface": "category", "segments": ["vip"]}"#;
    if found.to_string().len() > ASKED_BYTES_MAX {
        let reason = format!("has more than {ASKED_BYTES_MAX} bytes");
        return Err(refused("asked", reason, example));
    }
    let asked = Circumstances::deserialize(found)
        .map_err(|error| refused("asked", format!("cannot be read: {error}"), example))?;
    Ok(Some(Box::new(asked)))
}

/// Free text; an empty one is absent.
fn text(value: &Value<'_>, field: &str, bytes_max: usize) -> Result<Option<String>, EventRefused> {
    let Some(found) = present(value, field) else {
        return Ok(None);
    };
    let Some(text) = found.as_str() else {
        return Err(refused(field, "is not a text", "write it in quotes"));
    };
    if text.len() > bytes_max {
        let reason = format!("has {} bytes", text.len());
        return Err(refused(field, reason, format!("write at most {bytes_max}")));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn present<'a>(value: &'a Value<'_>, field: &str) -> Option<&'a Value<'a>> {
    let found = value.as_object()?.get(field)?;
    (!found.is_null()).then_some(found)
}

fn whole(value: &Value<'_>) -> Option<u32> {
    u32::try_from(value.as_i64()?).ok()
}

fn to_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond())
        .expect("a timestamp's own milliseconds are in range")
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

fn refused(
    field: impl Into<String>,
    reason: impl Into<String>,
    suggestion: impl Into<String>,
) -> EventRefused {
    EventRefused {
        field: field.into(),
        reason: reason.into(),
        suggestion: Some(suggestion.into()),
    }
}
