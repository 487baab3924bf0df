//! Events in the form of OpenSearch's User Behavior Insights 1.3, in and out.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::journal::{Event, EventKind};

/// UBI's names for what we call otherwise; the others are the same.
const NAMES: [(&str, EventKind); 6] = [
    ("product_view", EventKind::View),
    ("watch", EventKind::Wishlist),
    ("item_click", EventKind::Click),
    ("product_purchase", EventKind::Purchase),
    ("on_search", EventKind::Search),
    ("page_view", EventKind::Home),
];

/// Whether a line of a history is an event in UBI's form.
pub fn is_ubi(line: &Value) -> bool {
    line.get("action_name").is_some() || line.get("user_query").is_some()
}

/// A UBI event or query as `POST /v1/events` takes it, to be checked like any other.
pub fn to_native(line: &Value) -> Value {
    let attributes = line.get("event_attributes");
    let object = attributes.and_then(|attributes| attributes.get("object"));
    let ordinal = attributes
        .and_then(|attributes| attributes.get("position"))
        .and_then(|position| position.get("ordinal"));
    let mut event = Map::new();
    let action = line.get("action_name").and_then(Value::as_str);
    // A line of UBI's query index has no action.
    let action = action.unwrap_or("search");
    let known = NAMES.iter().find(|(name, _)| *name == action);
    let kind = known.map_or(action, |(_, kind)| kind.name());
    event.insert("type".into(), kind.into());
    let mut copy = |name: &str, value: Option<&Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            event.insert(name.into(), value.clone());
        }
    };
    copy("shopper", line.get("client_id").or(line.get("user_id")));
    copy("account", line.get("user_id"));
    copy("session", line.get("session_id"));
    copy("query_id", line.get("query_id"));
    copy("query", line.get("user_query"));
    copy("id", line.get("event_id"));
    let at = line
        .get("timestamp")
        .map(|at| time(at).unwrap_or(at.clone()));
    copy("at", at.as_ref());
    let attribute = |name: &str| attributes.and_then(|attributes| attributes.get(name));
    for name in [
        "price", "quantity", "currency", "category", "filter", "asked",
    ] {
        copy(name, attribute(name));
    }
    if let Some(products) = attribute("products") {
        copy("products", Some(products));
        copy("positions", attribute("positions"));
    } else if let Some(id) = object.and_then(|object| object.get("object_id")) {
        copy("products", Some(&json!([as_text(id)])));
        if let Some(ordinal) = ordinal {
            copy("positions", Some(&json!([ordinal])));
        }
    } else if let Some(shown) = line.get("query_response_hit_ids") {
        copy("products", Some(shown));
    }
    Value::Object(event)
}

/// An event in UBI's form. UBI knows one object of an event; where there are several, they and their positions are
/// attributes of ours besides.
pub fn from_native(event: &Event) -> Value {
    let mut attributes = Map::new();
    if let Some(product) = event.products.first() {
        let object = json!({"object_id": product, "object_id_field": "id"});
        attributes.insert("object".into(), object);
    }
    if let Some(position) = event.positions.first() {
        attributes.insert("position".into(), json!({"ordinal": position}));
    }
    let several = event.products.len() > 1;
    for (name, value) in [
        ("price", event.price.map(Value::from)),
        ("quantity", event.quantity.map(Value::from)),
        ("currency", event.currency.clone().map(Value::from)),
        ("category", event.category.clone().map(Value::from)),
        ("filter", event.filter.clone().map(Value::from)),
        ("asked", event.asked.as_ref().map(|asked| json!(asked))),
        ("products", several.then(|| event.products.clone().into())),
        ("positions", several.then(|| event.positions.clone().into())),
    ] {
        if let Some(value) = value {
            attributes.insert(name.into(), value);
        }
    }
    let mut line = json!({
        "application": "endcap",
        "action_name": event.kind.name(),
        "timestamp": event.at.to_string(),
        "client_id": event.shopper,
        "event_attributes": attributes,
    });
    for (name, value) in [
        ("event_id", &event.id),
        ("user_id", &event.account),
        ("session_id", &event.session),
        ("query_id", &event.query_id),
        ("user_query", &event.query),
    ] {
        if let Some(value) = value {
            line[name] = value.as_str().into();
        }
    }
    line
}

/// UBI's times are milliseconds since 1970 or texts.
fn time(at: &Value) -> Option<Value> {
    let at = Timestamp::from_millisecond(at.as_i64()?).ok()?;
    Some(at.to_string().into())
}

fn as_text(id: &Value) -> Value {
    match id {
        Value::Number(number) => number.to_string().into(),
        other => other.clone(),
    }
}
