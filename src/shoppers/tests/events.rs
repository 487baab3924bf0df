//! Promises: a good event is read whole; a bad one is refused with the field, the reason and what to write instead.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::noon;
use crate::journal::Event;
use crate::shoppers::event::{
    EventKind, EventRefused, ID_BYTES_MAX, PRODUCT_BYTES_MAX, PRODUCTS_MAX, QUERY_BYTES_MAX,
    TOKEN_CHARS_MAX,
};
use crate::shoppers::{event, ubi};

fn parse(event: &Value, now: Timestamp) -> Result<Event, EventRefused> {
    event::parse(&event.into(), now)
}

/// A good view with `change` over it.
fn view_with(change: Value) -> Value {
    let mut event = json!({"type": "view", "shopper": "anna", "products": ["42"]});
    for (field, value) in change.as_object().unwrap() {
        event[field] = value.clone();
    }
    event
}

fn refusal(change: Value) -> EventRefused {
    let event = view_with(change);
    parse(&event, noon()).expect_err(&format!("{event} was accepted"))
}

#[test]
fn a_full_event_is_read_whole() {
    let event = parse(
        &json!({
            "id": "e1", "type": "purchase", "shopper": "anna_=/+-.@:9", "account": "a@b.c", "session": "s",
            "at": "2026-11-23T12:30:00.1234+01:00", "products": ["42", "äöü"], "query_id": "0123", "query": "toner",
            "positions": [3, 1], "price": 49.95, "quantity": 2, "currency": "eur", "anything": {"else": true}
        }),
        noon(),
    )
    .unwrap();
    assert_eq!(event.id.as_deref(), Some("e1"));
    assert_eq!(event.kind, EventKind::Purchase);
    assert_eq!(event.shopper, "anna_=/+-.@:9");
    assert_eq!(event.account.as_deref(), Some("a@b.c"));
    assert_eq!(event.session.as_deref(), Some("s"));
    assert_eq!(event.at.to_string(), "2026-11-23T11:30:00.123Z");
    assert_eq!(event.products, ["42", "äöü"]);
    assert_eq!(event.query_id.as_deref(), Some("0123"));
    assert_eq!(event.query.as_deref(), Some("toner"));
    assert_eq!(event.positions, [3, 1]);
    assert_eq!(event.price, Some(49.95));
    assert_eq!(event.quantity, Some(2));
    assert_eq!(event.currency.as_deref(), Some("EUR"));
}

#[test]
fn a_short_event_happened_now_and_null_is_absent() {
    let event = parse(
        &view_with(json!({"at": null, "id": null, "query": ""})),
        noon(),
    )
    .unwrap();
    assert_eq!(event.at, noon());
    assert_eq!((event.id, event.query, event.price), (None, None, None));
    for kind in [
        "search",
        "filter",
        "sort",
        "category",
        "home",
        "email_open",
        "email_click",
    ] {
        let event = json!({"type": kind, "shopper": "anna"});
        assert!(parse(&event, noon()).is_ok(), "{kind}");
    }
}

#[test]
fn limits_are_inclusive() {
    let accepted = [
        json!({"shopper": "a".repeat(TOKEN_CHARS_MAX)}),
        json!({"products": vec!["42"; PRODUCTS_MAX]}),
        json!({"products": ["4".repeat(PRODUCT_BYTES_MAX)]}),
        json!({"id": "4".repeat(ID_BYTES_MAX)}),
        json!({"query": "4".repeat(QUERY_BYTES_MAX)}),
        json!({"at": noon() - (30 * 24).hours()}),
        json!({"at": noon() + 5.minutes()}),
        json!({"price": 0}),
        json!({"quantity": 1}),
    ];
    for change in accepted {
        let event = view_with(change);
        assert!(parse(&event, noon()).is_ok(), "{event}");
    }
}

#[test]
fn bad_events_are_refused_by_field() {
    let refused = [
        (json!({"type": null}), "`type` is missing"),
        (json!({"type": 3}), "`type` is not a text"),
        (
            json!({"type": "x".repeat(99)}),
            &format!("`type` is `{}`, which is no event type", "x".repeat(40)),
        ),
        (json!({"shopper": null}), "`shopper` is missing"),
        (json!({"shopper": ""}), "`shopper` is empty"),
        (json!({"shopper": 7}), "`shopper` is not a text"),
        (json!({"shopper": "anna b"}), "`shopper` contains ` `"),
        (json!({"shopper": "ännä"}), "`shopper` contains `\\u{e4}`"),
        (
            json!({"shopper": "a".repeat(130)}),
            "`shopper` has 130 characters",
        ),
        (json!({"account": "a,b"}), "`account` contains `,`"),
        (json!({"session": "a\nb"}), "`session` contains `\\n`"),
        (
            json!({"products": null}),
            "`products` is empty, but a `view` is about a product",
        ),
        (
            json!({"products": []}),
            "`products` is empty, but a `view` is about a product",
        ),
        (json!({"products": "42"}), "`products` is not a list"),
        (json!({"products": ["42", 43]}), "`products[1]` is a number"),
        (json!({"products": [""]}), "`products[0]` is empty"),
        (json!({"products": [null]}), "`products[0]` is not a text"),
        (
            json!({"products": ["4".repeat(201)]}),
            "`products[0]` has 201 bytes",
        ),
        (
            json!({"products": vec!["42"; 101]}),
            "`products` has 101 products",
        ),
        (json!({"positions": 3}), "`positions` is not a list"),
        (
            json!({"positions": [1, 2]}),
            "`positions` has 2 numbers for 1 products",
        ),
        (
            json!({"positions": [0]}),
            "`positions[0]` is not a whole number of 1 or more",
        ),
        (json!({"at": "yesterday"}), "`at` is not a time"),
        (json!({"at": "2026-11-23T12:00:00"}), "`at` is not a time"),
        (json!({"at": 1_795_000_000}), "`at` is not a time"),
        (
            json!({"at": noon() - (30 * 24).hours() - 1.second()}),
            "`at` is 2026-10-24T11:59:59Z, more than 30 days ago",
        ),
        (
            json!({"at": noon() + 301.seconds()}),
            "`at` is 2026-11-23T12:05:01Z, more than 5 minutes ahead",
        ),
        (
            json!({"price": -0.01}),
            "`price` is not a number of 0 or more",
        ),
        (
            json!({"price": "49.95"}),
            "`price` is not a number of 0 or more",
        ),
        (
            json!({"quantity": 0}),
            "`quantity` is not a whole number of 1 or more",
        ),
        (
            json!({"quantity": 1.5}),
            "`quantity` is not a whole number of 1 or more",
        ),
        (
            json!({"quantity": 5_000_000_000_u64}),
            "`quantity` is not a whole number of 1 or more",
        ),
        (
            json!({"currency": "€"}),
            "`currency` is not a currency code of three letters",
        ),
        (
            json!({"currency": "EURO"}),
            "`currency` is not a currency code of three letters",
        ),
        (json!({"id": 7}), "`id` is not a text"),
        (json!({"id": "4".repeat(201)}), "`id` has 201 bytes"),
        (
            json!({"query_id": "4".repeat(201)}),
            "`query_id` has 201 bytes",
        ),
        (
            json!({"query": "4".repeat(1_001)}),
            "`query` has 1001 bytes",
        ),
    ];
    for (change, expected) in refused {
        let refused = refusal(change);
        assert_eq!(refused.to_string(), expected);
        assert!(refused.suggestion.is_some(), "{expected}");
    }
    for event in [json!(null), json!([]), json!("view")] {
        let refused = parse(&event, noon()).unwrap_err();
        assert_eq!(refused.to_string(), "`event` is not an object");
    }
}

#[test]
fn suggestions_say_what_to_write() {
    let suggested = [
        (json!({"type": "veiw"}), "did you mean `view`?"),
        (
            json!({"type": "add-to-cart"}),
            "did you mean `add_to_cart`?",
        ),
        (json!({"products": [42]}), r#"write the id in quotes: "42""#),
        (json!({"currency": "euros"}), "write one such as EUR"),
    ];
    for (change, expected) in suggested {
        assert_eq!(refusal(change).suggestion.as_deref(), Some(expected));
    }
    let all = refusal(json!({"type": "qqqqqqqqq"})).suggestion.unwrap();
    assert!(
        all.starts_with("write one of view, click, add_to_cart"),
        "{all}"
    );
}

#[test]
fn events_come_back_from_ubi_as_they_were() {
    let events = [
        json!({
            "id": "e1", "type": "purchase", "shopper": "anna", "account": "a@b.c", "session": "s", "query_id": "0123",
            "products": ["42", "43"], "positions": [3, 1], "price": 49.95, "quantity": 2, "currency": "EUR"
        }),
        json!({"type": "impression", "shopper": "anna", "products": ["1", "2", "3"], "query_id": "0123"}),
        json!({"type": "click", "shopper": "anna", "products": ["1"], "positions": [7]}),
        json!({"type": "search", "shopper": "anna", "query": "toner", "query_id": "0123"}),
        json!({"type": "category", "shopper": "anna", "category": "Shoes > Boots"}),
        json!({"type": "filter", "shopper": "anna", "filter": "brand:Acorn"}),
    ];
    for event in events {
        let event = parse(&event, noon()).unwrap();
        let line = ubi::from_native(&event);
        assert!(ubi::is_ubi(&line), "{line}");
        assert_eq!(parse(&ubi::to_native(&line), noon()).unwrap(), event);
    }
}
