//! Promises, for random small catalogs, filters, queries and rules:
//! 1. The list, its total and every facet count are what brute force over the table gives: filters never leak, a filter
//!    holds for one variant, counts are of products, and a facet's own choice does not shrink it.
//! 2. Pages concatenate to the whole list.
//! 3. A pin lands exactly at its position when its product can be shown, everything else keeps its order around the
//!    pins, and suppressed products appear nowhere, suggestions included.
//! 4. A shopper's taste and a merchandiser's boosts change the order of a list and never what is on it.
//! 5. With an impact of 0, and for a stranger, a list is byte for byte the plain one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use endcap::engine::{Page, Request, RulesSwitch};
use endcap::journal::{Event, EventKind};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::model::{
    BRANDS, CATEGORIES, COLORS, Condition, Product, Variant, WORDS, built, catalog, check_page,
    filters, passes, query, request,
};
use crate::shop::{Shop, ids, now};

fn cases() -> Config {
    Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn lists_totals_and_facets_equal_brute_force(
        catalog in catalog(),
        asked in prop::collection::vec((query(), filters()), 8),
        size in 1usize..8,
    ) {
        let shop = built(&catalog);
        for (words, filter) in &asked {
            let request = request(words, filter);
            let page = shop.page(&request);
            check_page(&catalog, words, filter, &page)?;
            prop_assert_eq!(shop.all_ids(&request, size), ids(&page));
        }
    }

    #[test]
    fn pins_land_and_suppressed_products_never_appear(
        catalog in catalog(),
        pins in prop::collection::vec((0usize..25, 1usize..12), 0..5),
        suppressed in prop::collection::btree_set(0usize..25, 0..4),
        asked in prop::collection::vec((query(), filters()), 6),
        size in 1usize..8,
    ) {
        let known = |id: &usize| *id < catalog.len();
        let pins: Vec<(usize, usize)> = pins.into_iter().filter(|(id, _)| known(id)).collect();
        let suppressed: BTreeSet<usize> = suppressed.into_iter().filter(known).collect();
        let shop = built(&catalog).rules(&rule(&pins, &suppressed));
        for (words, filter) in &asked {
            let with_rules = request(words, filter);
            let without = Request { rules: RulesSwitch::Off, ..with_rules.clone() };
            let listed = ids(&shop.page(&with_rules));
            let plain = ids(&shop.page(&without));
            prop_assert_eq!(&listed, &arranged(&catalog, &plain, &pins, &suppressed, filter));
            prop_assert_eq!(&shop.all_ids(&with_rules, size), &listed);
        }
        for word in WORDS {
            for suggestion in shop.engine.suggest(&Request::new(word, now())).unwrap() {
                let id = suggestion.id.and_then(|id| id.parse().ok());
                prop_assert!(id.is_none_or(|id: usize| !suppressed.contains(&id)));
            }
        }
    }

    #[test]
    fn taste_and_boosts_reorder_and_change_nothing_else(
        shopper in "[a-z]{12}",
        viewed in prop::collection::vec(0usize..60, 1..12),
        words in query(),
        filter in filters(),
        impact in 0u32..=100,
    ) {
        let shop = &*TASTE;
        let plain = request(&words, &filter);
        let viewed: Vec<Event> = viewed.iter().map(|id| view(&shopper, *id)).collect();
        shop.engine.record(viewed, now()).unwrap();
        let personal = Request {
            shopper: Some(shopper.clone()),
            impact: Some(f64::from(impact)),
            ..plain.clone()
        };
        let (page, plain_page) = (shop.page(&personal), shop.page(&plain));
        let sorted = |page: &Page| {
            let mut found = ids(page);
            found.sort();
            found
        };
        prop_assert_eq!(sorted(&page), sorted(&plain_page));
        let facets = |page: &Page| {
            let mut facets = page.facets.clone();
            facets.values_mut().for_each(|values| values.sort_by(|one, other| one.value.cmp(&other.value)));
            facets
        };
        prop_assert_eq!((page.total, facets(&page)), (plain_page.total, facets(&plain_page)));
        let unboosted = Request { rules: RulesSwitch::Off, ..personal };
        prop_assert_eq!(sorted(&shop.page(&unboosted)), sorted(&plain_page));
    }

    #[test]
    fn no_impact_and_a_stranger_are_the_plain_order_byte_for_byte(
        shopper in "[a-z]{12}",
        viewed in prop::collection::vec(0usize..60, 1..12),
        words in query(),
        filter in filters(),
    ) {
        let shop = &*TASTE;
        let viewed: Vec<Event> = viewed.iter().map(|id| view(&shopper, *id)).collect();
        shop.engine.record(viewed, now()).unwrap();
        let plain = Request { explain: true, ..request(&words, &filter) };
        let hits = |request: &Request| serde_json::to_vec(&shop.page(request).hits).unwrap();
        let no_impact = Request {
            shopper: Some(shopper.clone()),
            impact: Some(0.0),
            ..plain.clone()
        };
        let stranger = Request { shopper: Some(format!("{shopper}-stranger")), ..plain.clone() };
        prop_assert_eq!(hits(&no_impact), hits(&plain));
        prop_assert_eq!(hits(&stranger), hits(&plain));
    }
}

fn rule(pins: &[(usize, usize)], suppressed: &BTreeSet<usize>) -> String {
    if pins.is_empty() && suppressed.is_empty() {
        return String::new();
    }
    let pins: Vec<String> = pins
        .iter()
        .map(|(id, position)| format!("{{ product = \"{id}\", position = {position} }}"))
        .collect();
    let suppressed: Vec<String> = suppressed.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        "[[rule]]\nname = \"always\"\npin = [{}]\nsuppress = [{}]\n",
        pins.join(", "),
        suppressed.join(", ")
    )
}

/// The plain list with its pins in place and without what is suppressed.
fn arranged(
    catalog: &[Product],
    plain: &[String],
    pins: &[(usize, usize)],
    suppressed: &BTreeSet<usize>,
    filter: &Option<Condition>,
) -> Vec<String> {
    let conjuncts: Vec<&Condition> = filter.iter().flat_map(Condition::conjuncts).collect();
    let can_be_shown = |id: usize| {
        let product = &catalog[id];
        let sold_out = product
            .variants
            .iter()
            .all(|variant| variant.stock == Some(0));
        !suppressed.contains(&id) && !sold_out && passes(product, &conjuncts)
    };
    let mut shown: BTreeMap<usize, usize> = BTreeMap::new();
    for (id, wanted) in pins {
        if can_be_shown(*id) && shown.values().all(|other| other != id) {
            let free = (*wanted..).find(|position| !shown.contains_key(position));
            shown.insert(free.unwrap(), *id);
        }
    }
    let mut list: Vec<String> = plain
        .iter()
        .filter(|id| {
            let id: usize = id.parse().unwrap();
            !suppressed.contains(&id) && shown.values().all(|pinned| *pinned != id)
        })
        .cloned()
        .collect();
    for (position, id) in shown {
        list.insert((position - 1).min(list.len()), id.to_string());
    }
    list
}

/// A shop with shoppers, and a rule that boosts and buries.
static TASTE: LazyLock<Shop> = LazyLock::new(|| {
    let of = |values: &[&'static str], number: usize| values.get(number).copied();
    let catalog: Vec<Product> = (0..60)
        .map(|number| Product {
            words: vec![WORDS[number % 5], WORDS[number / 5 % 5]],
            brand: of(&BRANDS, number % 4),
            category: of(&CATEGORIES, number * 7 % 5),
            variants: vec![Variant {
                color: of(&COLORS, number / 3 % 4),
                size: None,
                price: Some(number as u32 + 1),
                stock: Some(number as u32 % 9),
            }],
        })
        .collect();
    let rule = "[[rule]]\nname = \"green\"\nboost = [{ filter = \"color:green\", by = 1.3 }]\n\
                bury = [{ filter = \"price > 40\" }]\n";
    built(&catalog).rules(rule).shoppers()
});

fn view(shopper: &str, id: usize) -> Event {
    Event {
        products: vec![id.to_string()],
        ..Event::new(EventKind::View, shopper, now())
    }
}
