//! Insights events, checked as Algolia checks them: all or none, with its messages.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::narrowing;
use crate::journal::{Event, EventKind};

/// At most this many events in one body.
const EVENTS_MAX: usize = 1_000;

/// At most this many objects or filters in one event.
const OBJECTS_MAX: usize = 20;

/// Longest event name, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Longest user token, in characters.
const TOKEN_CHARS_MAX: usize = 129;

/// Oldest event that is taken.
const AGE_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How far a client's clock may be ahead; what is further is taken for now.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// What InstantSearch calls the list that it shows.
const LIST_VIEWED: &str = "Hits Viewed";

/// What names of conversions say they are, when they have no subtype.
const BOUGHT: [&str; 5] = ["purchas", "order", "checkout", "bought", "transaction"];
const WISHED: [&str; 4] = ["wish", "favo", "like", "save"];

/// The events of a body, those that say how a widget is used left out.
pub(super) fn read(body: &Value, now: Timestamp) -> Result<Vec<Event>, String> {
    let Value::Object(body) = body else {
        return Err(wrong_type("", "insights.PublicEventsBatch", body));
    };
    let events = match body.get("events") {
        Some(Value::Array(events)) => events.as_slice(),
        None | Some(Value::Null) => &[],
        Some(other) => return Err(wrong_type("events", "[]insights.PublicEvent", other)),
    };
    if events.is_empty() {
        return Err("No events to process".into());
    }
    if events.len() > EVENTS_MAX {
        return Err(format!(
            "Cannot process more than {EVENTS_MAX} events in a batch"
        ));
    }
    let mut read = Vec::with_capacity(events.len());
    for event in events {
        let Value::Object(event) = event else {
            return Err(wrong_type("events", "insights.PublicEvent", event));
        };
        if event.get("eventType").and_then(Value::as_str) != Some("instantsearch") {
            one(event, now, &mut read)?;
        }
    }
    Ok(read)
}

/// What one event says, field by field.
struct Said<'e> {
    name: &'e str,
    index_is_named: bool,
    objects: Vec<&'e str>,
    filters: Vec<&'e str>,
    data: Vec<Bought>,
    query_id: Option<&'e str>,
}

/// Of a product that was put into the cart or bought.
#[derive(Default)]
struct Bought {
    price: Option<f64>,
    quantity: Option<u32>,
    query_id: Option<String>,
}

fn one(event: &Map<String, Value>, now: Timestamp, read: &mut Vec<Event>) -> Result<(), String> {
    let name = text(event, "eventName")?.ok_or("EventName is required")?;
    let is_visible = |c: char| c == ' ' || c.is_ascii_graphic();
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(is_visible) {
        return Err(format!(
            "EventName must contain only visible ASCII characters, and be between 1 and {NAME_CHARS_MAX} characters long"
        ));
    }
    let kind = text(event, "eventType")?.ok_or("EventType is required")?;
    if !["click", "conversion", "view"].contains(&kind) {
        return Err("EventType must be one of \"click\", \"conversion\" or \"view\"".into());
    }
    let subtype = text(event, "eventSubtype")?;
    if subtype.is_some_and(|own| !["addToCart", "purchase"].contains(&own)) {
        return Err("EventSubtype must be one of \"addToCart\" or \"purchase\"".into());
    }
    let said = Said {
        name,
        index_is_named: text(event, "index")?.is_some_and(|index| !index.is_empty()),
        objects: texts(event, "objectIDs")?,
        filters: texts(event, "filters")?,
        data: bought(event)?,
        query_id: text(event, "queryID")?,
    };
    let token = token(event, "userToken", "UserToken")?.ok_or("The userToken field is required")?;
    let account = self::token(event, "authenticatedUserToken", "AuthenticatedUserToken")?;
    let positions = positions(event)?;
    said.check(kind, &positions)?;
    let at = at(event, now)?;
    let plain = Event {
        id: None,
        kind: said.kind(kind, subtype, event),
        shopper: token,
        account,
        session: None,
        at,
        products: said.objects.iter().map(|id| id.to_string()).collect(),
        query_id: said.query_id.map(str::to_string),
        query: None,
        category: None,
        filter: said.filter()?,
        positions,
        price: None,
        quantity: None,
        currency: currency(event)?,
        asked: None,
    };
    if said.data.is_empty() {
        read.push(plain);
        return Ok(());
    }
    for (product, data) in said.objects.iter().zip(&said.data) {
        read.push(Event {
            products: vec![product.to_string()],
            positions: Vec::new(),
            price: data.price,
            quantity: data.quantity,
            query_id: data.query_id.clone().or_else(|| plain.query_id.clone()),
            ..plain.clone()
        });
    }
    Ok(())
}

impl Said<'_> {
    fn check(&self, kind: &str, positions: &[u32]) -> Result<(), String> {
        if !self.index_is_named {
            return Err("The index field is required".into());
        }
        match (self.objects.is_empty(), self.filters.is_empty()) {
            (true, true) => {
                return Err("Event should specify either some ObjectIDs or some Filters".into());
            }
            (false, false) => {
                return Err("Event should specify ObjectIDs or Filters, but not both".into());
            }
            _ => {}
        }
        for (what, count) in [
            ("ObjectIDs", self.objects.len()),
            ("Filters", self.filters.len()),
        ] {
            if count > OBJECTS_MAX {
                return Err(format!("Event should specify at most {OBJECTS_MAX} {what}"));
            }
        }
        if !positions.is_empty() {
            if kind != "click" {
                return Err(
                    "Only event of type click should specify the positions attribute".into(),
                );
            }
            if self.query_id.is_none() {
                return Err("Event of type click with positions should specify a queryID".into());
            }
        }
        let needs_positions =
            kind == "click" && self.query_id.is_some() && !self.objects.is_empty();
        if (needs_positions || !positions.is_empty()) && positions.len() != self.objects.len() {
            return Err(
                "Event of type click should have the same number of ObjectIDs and Positions".into(),
            );
        }
        if !self.data.is_empty() && self.data.len() != self.objects.len() {
            return Err("Event should have the same number of ObjectIDs and ObjectData".into());
        }
        let ids = self.data.iter().filter_map(|data| data.query_id.as_deref());
        match ids.chain(self.query_id).all(is_query_id) {
            true => Ok(()),
            false => {
                Err("Query ID must be a search query ID (32 characters hexadecimal string)".into())
            }
        }
    }

    /// What the shop calls it. A conversion of no subtype is what its name says, or a product put into the cart.
    fn kind(&self, kind: &str, subtype: Option<&str>, event: &Map<String, Value>) -> EventKind {
        if !self.filters.is_empty() {
            return EventKind::Filter;
        }
        let name = self.name.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        match (kind, subtype) {
            ("click", _) => EventKind::Click,
            ("view", _) => {
                let sources = event.get("algoliaSource").and_then(Value::as_array);
                let by_widget =
                    sources.is_some_and(|own| own.iter().any(|own| own == "instantsearch"));
                let is_list = self.name == LIST_VIEWED || by_widget || self.objects.len() > 1;
                if is_list {
                    EventKind::Impression
                } else {
                    EventKind::View
                }
            }
            (_, Some("purchase")) => EventKind::Purchase,
            (_, None) if says(&BOUGHT) => EventKind::Purchase,
            (_, None) if says(&WISHED) => EventKind::Wishlist,
            _ => EventKind::AddToCart,
        }
    }

    /// The filters as the shop writes them, those of numbers left out.
    fn filter(&self) -> Result<Option<String>, String> {
        let mut conditions = Vec::with_capacity(self.filters.len());
        for filter in &self.filters {
            let decoded = percent_encoding::percent_decode_str(filter).decode_utf8_lossy();
            match narrowing::facet_condition("filters", &decoded) {
                Ok(condition) => conditions.push(condition),
                Err(_) if decoded.contains(['<', '>', '=']) => {}
                Err(_) => return Err(format!("Syntax error near: `{decoded}`, expected a filter")),
            }
        }
        Ok((!conditions.is_empty()).then(|| conditions.join(" AND ")))
    }
}

fn is_query_id(id: &str) -> bool {
    id.len() == 32
        && id
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn text<'e>(event: &'e Map<String, Value>, field: &str) -> Result<Option<&'e str>, String> {
    match event.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_type(&format!("events.{field}"), "string", other)),
    }
}

fn texts<'e>(event: &'e Map<String, Value>, field: &str) -> Result<Vec<&'e str>, String> {
    let path = || format!("events.{field}");
    let values = match event.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => return Err(wrong_type(&path(), "[]string", other)),
    };
    let one = |value: &'e Value| {
        value
            .as_str()
            .ok_or_else(|| wrong_type(&path(), "string", value))
    };
    values.iter().map(one).collect()
}

/// A token that names a shopper; numbers are taken as they are written.
fn token(event: &Map<String, Value>, field: &str, called: &str) -> Result<Option<String>, String> {
    let token = match event.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => return Err(wrong_type(&format!("events.{field}"), "string", other)),
    };
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_=/+-".contains(&byte);
    if token.is_empty() || token.len() > TOKEN_CHARS_MAX || !token.bytes().all(is_allowed) {
        return Err(format!(
            "{called} must contain only alphanumeric, equal, plus, slash, hyphen, or underscore characters, and be between 1 and {TOKEN_CHARS_MAX} characters long"
        ));
    }
    Ok(Some(token))
}

fn positions(event: &Map<String, Value>) -> Result<Vec<u32>, String> {
    let values = match event.get("positions") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => return Err(wrong_type("events.positions", "[]int", other)),
    };
    let position = |value: &Value| {
        let number = number(value).ok_or_else(|| wrong_type("events.positions", "int", value))?;
        match number >= 1.0 && number.fract() == 0.0 && number <= f64::from(u32::MAX) {
            true => Ok(number as u32),
            false => {
                Err("Event of type click may only have strictly positive positions".to_string())
            }
        }
    };
    values.iter().map(position).collect()
}

fn bought(event: &Map<String, Value>) -> Result<Vec<Bought>, String> {
    let values = match event.get("objectData") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => {
            return Err(wrong_type(
                "events.objectData",
                "[]insights.ObjectData",
                other,
            ));
        }
    };
    let of = |value: &Value| {
        let Value::Object(data) = value else {
            return Err(wrong_type(
                "events.objectData",
                "insights.ObjectData",
                value,
            ));
        };
        let amount = |field: &str| match data.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                match number(value).filter(|amount| amount.is_finite() && *amount >= 0.0) {
                    Some(amount) => Ok(Some(amount)),
                    None => Err(wrong_type(
                        &format!("events.objectData.{field}"),
                        "number",
                        value,
                    )),
                }
            }
        };
        let quantity = amount("quantity")?.filter(|quantity| *quantity >= 1.0);
        Ok(Bought {
            price: amount("price")?,
            quantity: quantity.map(|quantity| quantity as u32),
            query_id: text(data, "queryID")?.map(str::to_string),
        })
    };
    values.iter().map(of).collect()
}

fn currency(event: &Map<String, Value>) -> Result<Option<String>, String> {
    let Some(code) = text(event, "currency")? else {
        return Ok(None);
    };
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err("Currency must be a three-letter ISO 4217 code".into());
    }
    Ok(Some(code.to_ascii_uppercase()))
}

fn at(event: &Map<String, Value>, now: Timestamp) -> Result<Timestamp, String> {
    let milliseconds = match event.get("timestamp") {
        None | Some(Value::Null) => None,
        Some(value) => {
            let number =
                number(value).ok_or_else(|| wrong_type("events.timestamp", "int64", value))?;
            Some(number as i64)
        }
    };
    let to_millisecond = |at: Timestamp| Timestamp::from_millisecond(at.as_millisecond());
    let now = to_millisecond(now).unwrap_or(now);
    let Some(milliseconds) = milliseconds else {
        return Ok(now);
    };
    let at = Timestamp::from_millisecond(milliseconds).ok();
    let too_old = || {
        format!(
            "The timestamp must be at most {} days in the past",
            AGE_MAX.as_hours() / 24
        )
    };
    let at = at.ok_or_else(too_old)?;
    let age = now.duration_since(at);
    if age > AGE_MAX {
        return Err(too_old());
    }
    Ok(if age < -AHEAD_MAX { now } else { at })
}

/// A number, which may be written as a string.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    }
}

fn wrong_type(field: &str, expected: &str, found: &Value) -> String {
    let kind = match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!(
        "Invalid type for field {field}: expected {expected}, got {}",
        kind
    )
}
