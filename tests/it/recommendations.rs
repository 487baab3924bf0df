//! Promises:
//! 1. No list shows what is sold out, suppressed, dismissed or given back, in the cart already, or outside its filter.
//! 2. Slots of one page show no product twice, and each is full whenever the catalog allows.
//! 3. Two colours of one product are never in one list.
//! 4. A click changes the next list; what is bought together is recommended with how often.
//! 5. Rules hold on the surface they name; a pin lands.
//! 6. Unknown lists and missing products are refused with what to write instead.

use axum::http::StatusCode;
use endcap::engine::{Recommendations, Recommending};
use endcap::journal::{Event, EventKind};
use endcap::recommendations::{LISTS, List};
use expect_test::expect;
use proptest::prelude::*;
use serde_json::json;

use crate::served::served;
use crate::shop::{Shop, now, shop};

fn event(kind: EventKind, shopper: &str, product: &str) -> Event {
    let event = json!({"type": kind.name(), "shopper": shopper, "products": [product]});
    endcap::shoppers::event::parse(&(&event).into(), now()).unwrap()
}

fn did(shop: &Shop, deeds: &[(EventKind, &str, &str)]) {
    for (kind, shopper, product) in deeds {
        let event = event(*kind, shopper, product);
        shop.engine.record(vec![event], now()).unwrap();
    }
}

fn list(shop: &Shop, list: &str, change: impl FnOnce(&mut Recommending)) -> Recommendations {
    let mut asking = Recommending::new(list, now());
    change(&mut asking);
    shop.engine.recommend(&asking).unwrap()
}

fn ids(list: &Recommendations) -> Vec<&str> {
    list.hits.iter().map(|own| own.hit.id.as_str()).collect()
}

fn kitchen() -> Shop {
    catalog().shoppers()
}

fn catalog() -> Shop {
    shop(
        "id | title          | brand | category       | price | stock | color | popularity
         1  | Tea pot        | Acorn | Kitchen > Pots | 30    | 5     |       | 9
         2  | Coffee pot     | Acorn | Kitchen > Pots | 40    | 5     |       | 8
         3  | Iron pot       | Birch | Kitchen > Pots | 60    | 5     |       | 7
         4  | Clay pot       | Birch | Kitchen > Pots | 20    | 0     |       | 6
         5  | Red mug        | Cedar | Kitchen > Mugs | 10    | 5     | red   | 5
         6  | Blue mug       | Cedar | Kitchen > Mugs | 10    | 5     | blue  | 4
         7  | Tea towel      | Cedar | Linen          | 8     | 5     |       | 3
         8  | Lamp           | Acorn | Living         | 90    | 5     |       | 2",
    )
}

#[test]
fn what_is_bought_together_completes_a_product() {
    let shop = kitchen();
    for shopper in ["ada", "bea", "cid"] {
        did(
            &shop,
            &[
                (EventKind::Purchase, shopper, "1"),
                (EventKind::Purchase, shopper, "7"),
            ],
        );
    }
    let complements = list(&shop, "complements", |asking| {
        asking.products = vec!["1".to_owned()];
        asking.request.hits_per_page = 3;
    });
    assert_eq!(ids(&complements)[0], "7");
    assert_eq!(complements.hits[0].why.text, "bought with Tea pot 3 times");
    assert_eq!(complements.hits.len(), 3, "filled up with what is popular");
    let cart = list(&shop, "cart", |asking| {
        asking.products = vec!["7".to_owned(), "1".to_owned()];
    });
    assert!(!ids(&cart).contains(&"1") && !ids(&cart).contains(&"7"));
}

#[test]
fn similar_products_are_of_the_same_kind_and_can_be_bought() {
    let shop = kitchen();
    let similar = list(&shop, "similar", |asking| {
        asking.products = vec!["1".to_owned()];
        asking.request.hits_per_page = 2;
    });
    assert_eq!(ids(&similar), ["2", "3"]);
    let with_sold_out = list(&shop, "similar", |asking| {
        asking.products = vec!["1".to_owned()];
        asking.sold_out = true;
    });
    assert!(ids(&with_sold_out).contains(&"4"));
    let dearer = list(&shop, "trade_up", |asking| {
        asking.products = vec!["1".to_owned()];
        asking.request.hits_per_page = 2;
    });
    assert_eq!(dearer.hits[0].why.text, "a step up from Tea pot");
}

#[test]
fn a_click_changes_the_next_list() {
    let shop = kitchen();
    for shopper in ["ada", "bea"] {
        did(
            &shop,
            &[
                (EventKind::View, shopper, "8"),
                (EventKind::View, shopper, "7"),
            ],
        );
    }
    let for_you = |shop: &Shop| {
        let list = list(shop, "for_you", |asking| {
            asking.request.shopper = Some("zoe".to_owned());
            asking.request.hits_per_page = 2;
        });
        ids(&list)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    did(&shop, &[(EventKind::View, "zoe", "3")]);
    let before = for_you(&shop);
    did(&shop, &[(EventKind::Click, "zoe", "8")]);
    let after = for_you(&shop);
    assert_eq!(after[0], "7", "before: {before:?}");
    assert_ne!(before, after);
    let viewed = list(&shop, "recently_viewed", |asking| {
        asking.request.shopper = Some("zoe".to_owned());
    });
    assert_eq!(ids(&viewed), ["8", "3"]);
}

#[test]
fn rules_hold_on_their_surface() {
    let shop = kitchen().rules(
        "[[rule]]
         name = \"Cart lamp\"
         when = { surface = \"cart\" }
         pin = [{ product = \"8\", position = 1 }]
         suppress = [\"5\"]",
    );
    let shown = |name: &str| {
        let list = list(&shop, name, |asking| {
            asking.products = vec!["1".to_owned()];
            asking.request.hits_per_page = 8;
        });
        (list.hits[0].hit.id.clone(), ids(&list).contains(&"5"))
    };
    assert_eq!(shown("cart"), ("8".to_owned(), false));
    assert!(shown("complements").1 || shown("similar").1);
}

#[test]
fn wrong_requests_say_what_to_write() {
    let shop = served(catalog());
    shop.check(
        "GET",
        "/v1/recommend?list=simlar&products=1",
        "",
        expect![[r#"
            400
            {
              "code": "unknown_name",
              "message": "unknown list `simlar`: did you mean `similar`?",
              "docs": "/openapi.json"
            }
        "#]],
    );
    let (status, answer) = shop.json("GET", "/v1/recommend?list=similar", "");
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(answer["message"].as_str().unwrap().contains("\"products\""));
    let asked = json!({"list": "similar", "products": ["1"], "count": 2}).to_string();
    let (status, answer) = shop.json("POST", "/v1/recommend", asked);
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["hits"][0]["id"], "2");
    assert_eq!(answer["hits"][0]["why"]["model"], "alike");
}

/// A shop of products that differ in what matters here.
#[derive(Debug, Clone)]
struct Made {
    /// By product: kind of thing, colour, pieces in stock.
    products: Vec<(u8, u8, u8)>,
    suppressed: Vec<usize>,
    /// Kind of event, shopper, product.
    deeds: Vec<(u8, u8, usize)>,
    count: usize,
}

fn made() -> impl Strategy<Value = Made> {
    (4_usize..24).prop_flat_map(|products| {
        (
            proptest::collection::vec((0..5_u8, 0..3_u8, 0..3_u8), products),
            proptest::collection::vec(0..products, 0..3),
            proptest::collection::vec((0..6_u8, 0..3_u8, 0..products), 0..30),
            1_usize..5,
        )
            .prop_map(|(products, suppressed, deeds, count)| Made {
                products,
                suppressed,
                deeds,
                count,
            })
    })
}

const KINDS: [EventKind; 6] = [
    EventKind::View,
    EventKind::Click,
    EventKind::AddToCart,
    EventKind::Purchase,
    EventKind::Dismiss,
    EventKind::Return,
];

fn shop_of(made: &Made) -> Shop {
    let mut table = "id | title | category | price | stock | color\n".to_owned();
    for (at, (kind, color, stock)) in made.products.iter().enumerate() {
        let color = ["red", "blue", "green"][*color as usize];
        let price = 5 + at;
        table +=
            &format!("p{at} | Thing{kind} {color} | Kind{kind} | {price} | {stock} | {color}\n");
    }
    let names: Vec<String> = made
        .suppressed
        .iter()
        .map(|at| format!("\"p{at}\""))
        .collect();
    let rule = format!(
        "[[rule]]\nname = \"Hide\"\nsuppress = [{}]\n",
        names.join(", ")
    );
    let shop = shop(&table).shoppers();
    let shop = if names.is_empty() {
        shop
    } else {
        shop.rules(&rule)
    };
    for (kind, shopper, product) in &made.deeds {
        let (shopper, product) = (format!("s{shopper}"), format!("p{product}"));
        did(&shop, &[(KINDS[*kind as usize], &shopper, &product)]);
    }
    shop
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_slot_shows_what_it_must_not_and_each_is_full(made in made(), start in 0_usize..4) {
        let shop = shop_of(&made);
        let of_shopper = |kind: EventKind| -> Vec<String> {
            let deeds = made.deeds.iter();
            let own = deeds.filter(|(of, shopper, _)| *shopper == 0 && KINDS[*of as usize] == kind);
            own.map(|(.., product)| format!("p{product}")).collect()
        };
        let mut barred = of_shopper(EventKind::Dismiss);
        barred.extend(of_shopper(EventKind::Return));
        barred.extend(made.suppressed.iter().map(|at| format!("p{at}")));
        barred.push(format!("p{start}"));
        let bought = of_shopper(EventKind::Purchase);
        let mut shown: Vec<String> = Vec::new();
        for name in LISTS.map(List::name) {
            let list = list(&shop, name, |asking| {
                asking.products = vec![format!("p{start}")];
                asking.page_id = Some("page".to_owned());
                asking.request.shopper = Some("s0".to_owned());
                asking.request.hits_per_page = made.count;
            });
            let ids: Vec<String> = ids(&list).into_iter().map(str::to_owned).collect();
            let mut looks: Vec<u8> = Vec::new();
            for id in &ids {
                let (kind, _, stock) = made.products[id[1..].parse::<usize>().unwrap()];
                prop_assert!(stock > 0, "{name} shows {id}, which is sold out");
                prop_assert!(!barred.contains(id), "{name} shows {id}");
                prop_assert!(!shown.contains(id), "{name} repeats {id}");
                prop_assert!(!looks.contains(&kind), "{name} shows two colours of Thing{kind}");
                looks.push(kind);
            }
            let list = List::named(name).unwrap();
            let mut left: Vec<u8> = Vec::new();
            for (at, (kind, _, stock)) in made.products.iter().enumerate() {
                let id = format!("p{at}");
                let is_bought = list.leaves_out_bought() && bought.contains(&id);
                let is_left = *stock > 0
                    && !barred.contains(&id)
                    && !shown.contains(&id)
                    && !is_bought;
                if is_left && !left.contains(kind) {
                    left.push(*kind);
                }
            }
            if !list.is_factual() {
                prop_assert!(ids.len() >= made.count.min(left.len()), "{name} is not full: {ids:?}");
            }
            shown.extend(ids);
        }
    }
}
