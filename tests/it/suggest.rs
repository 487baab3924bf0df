//! Promises:
//! 1. Brands and categories are completed by any of their words, through a slip, and only when one of their products
//!    can be bought.
//! 2. A slip in the word being typed, or before it, is forgiven; a beginning that the catalog has is not touched.
//! 3. Queries that three shoppers searched are suggested while they find something that can be bought.
//! 4. What a shopper leans to comes first.

use endcap::engine::{Request, Suggestion, SuggestionKind};
use endcap::journal::{Event, EventKind};

use crate::shop::{Shop, ask, now, shoes, shop};

fn suggestions(shop: &Shop, typed: &str) -> Vec<Suggestion> {
    let request = Request {
        hits_per_page: 8,
        ..ask(typed)
    };
    shop.engine.suggest(&request).unwrap()
}

fn of_kind(shop: &Shop, typed: &str, kind: SuggestionKind) -> Vec<String> {
    let found = suggestions(shop, typed).into_iter();
    found
        .filter(|suggestion| suggestion.kind == kind)
        .map(|suggestion| suggestion.highlight)
        .collect()
}

fn kitchens() -> Shop {
    shop(
        "id | title       | brand       | category               | stock
         1  | Red kettle  | Great Acorn | Kitchen > Tea Kettles  | 3
         2  | Blue kettle | Birch       | Kitchen > Tea Kettles  | 0
         3  | Toaster     | Birch       | Kitchen > Toasters     | 0
         4  | Teapot      | Cedar Acorn | Kitchen > Teapots      | 5
         5  | Headphones  | Cedar Acorn | Sound > Headphones     | 5",
    )
}

#[test]
fn brands_and_categories_are_completed_when_they_can_be_bought() {
    let shop = kitchens();
    use SuggestionKind::{Brand, Category};
    assert_eq!(
        of_kind(&shop, "aco", Brand),
        ["Cedar <em>Aco</em>rn", "Great <em>Aco</em>rn"]
    );
    assert_eq!(
        of_kind(&shop, "acorn gr", Brand),
        ["<em>Gr</em>eat <em>Acorn</em>"]
    );
    assert_eq!(of_kind(&shop, "bir", Brand), [""; 0], "all sold out");
    assert_eq!(of_kind(&shop, "toas", Category), [""; 0], "all sold out");
    assert_eq!(
        of_kind(&shop, "ket", Category),
        ["Kitchen > Tea <em>Ket</em>tles"]
    );
    let shop = shop.rules("[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n");
    assert_eq!(
        of_kind(&shop, "ket", Category),
        [""; 0],
        "what is left is sold out"
    );
}

#[test]
fn a_slip_in_a_word_being_typed_is_forgiven() {
    let shop = kitchens();
    use SuggestionKind::{Category, Product};
    assert_eq!(of_kind(&shop, "haedph", Product), ["<em>Headphones</em>"]);
    assert_eq!(
        of_kind(&shop, "haedph", Category),
        ["Sound > <em>Headph</em>ones"]
    );
    assert_eq!(
        of_kind(&shop, "kettel re", Product),
        ["<em>Red</em> <em>kettle</em>"]
    );
    assert_eq!(of_kind(&shop, "xeadph", Product), [""; 0]);
    assert_eq!(of_kind(&shop, "hae", Product), [""; 0], "too short to tell");
}

fn searched(shop: &Shop, query: &str, by: &[&str]) {
    let search = |shopper: &&str| Event {
        query: Some(query.into()),
        ..Event::new(EventKind::Search, *shopper, now())
    };
    let events = by.iter().map(search).collect();
    shop.engine.record(events, now()).unwrap();
}

#[test]
fn what_shoppers_search_is_suggested_while_it_finds_something() {
    let shop = shoes().shoppers();
    searched(&shop, "Red  Boots", &["ada", "bob", "cyd"]);
    searched(&shop, "red boots", &["dan", "eve"]);
    searched(&shop, "red running", &["ada", "bob", "cyd"]);
    searched(&shop, "red secret", &["ada", "ada", "ada", "bob"]);
    searched(&shop, "blue running", &["ada", "bob", "cyd"]);
    searched(&shop, "red unicorn", &["ada", "bob", "cyd"]);
    searched(&shop, "red bootss", &["ada", "bob", "cyd"]);
    let queries = |shop: &Shop, typed| of_kind(shop, typed, SuggestionKind::Query);
    assert_eq!(queries(&shop, "re"), [""; 0], "not learned yet");
    shop.engine.learn_searches(now()).unwrap();
    assert_eq!(
        queries(&shop, "re"),
        ["<em>re</em>d boots", "<em>re</em>d running"]
    );
    assert_eq!(queries(&shop, "blu"), [""; 0], "it is sold out");
    let shop = shop.rules("[[rule]]\nname = \"recall\"\nsuppress = [\"3\"]\n");
    // Another snapshot: what leads somewhere stays until queries are learned again.
    assert_eq!(queries(&shop, "re"), ["<em>re</em>d running"]);
    shop.engine.learn_searches(now()).unwrap();
    assert_eq!(queries(&shop, "re"), ["<em>re</em>d running"]);
}

#[test]
fn brands_the_shopper_leans_to_come_first() {
    let shop = shop(
        "id | title | brand
         1  | Mug   | Acorn Home
         2  | Cup   | Acorn Home
         3  | Pot   | Acorn Wild",
    )
    .shoppers();
    let typed = "aco | shopper=ada | impact=100";
    let first = |shop: &Shop| of_kind(shop, typed, SuggestionKind::Brand)[0].clone();
    assert_eq!(first(&shop), "<em>Aco</em>rn Home");
    let view = || Event {
        products: vec!["3".into()],
        ..Event::new(EventKind::View, "ada", now())
    };
    shop.engine
        .record((0..20).map(|_| view()).collect(), now())
        .unwrap();
    assert_eq!(first(&shop), "<em>Aco</em>rn Wild");
}
