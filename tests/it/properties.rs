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

use crate::shop::{Shop, ids, now, shop};

const BRANDS: [&str; 3] = ["Acorn", "Birch", "Cedar"];
const COLORS: [&str; 3] = ["blue", "green", "red"];
const SIZES: [&str; 3] = ["L", "M", "S"];
const CATEGORIES: [&str; 4] = ["Shoes", "Shoes > Trail", "Hats", "Hats > Felt > Tall"];
/// Words that stem to themselves, and that no brand, color, size or category has.
const WORDS: [&str; 5] = ["lamp", "mug", "oak", "tin", "vest"];
const FACETS: [&str; 5] = ["brand", "category", "color", "size", "price"];

/// Lists of two or more words are filled up to this many products.
const ENOUGH_MATCHES: usize = endcap::retrieval::ENOUGH_MATCHES;

fn cases() -> Config {
    Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    }
}

/// A product of the model; its place in the table is its id.
#[derive(Debug, Clone)]
struct Product {
    words: Vec<&'static str>,
    brand: Option<&'static str>,
    category: Option<&'static str>,
    variants: Vec<Variant>,
}

#[derive(Debug, Clone)]
struct Variant {
    color: Option<&'static str>,
    size: Option<&'static str>,
    price: Option<u32>,
    stock: Option<u32>,
}

/// A filter of the model.
#[derive(Debug, Clone)]
enum Condition {
    Is(&'static str, &'static str),
    Price { from: u32, to: u32 },
    InStock,
    Not(Box<Condition>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
}

fn maybe(values: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.8, prop::sample::select(values))
}

fn variant() -> impl Strategy<Value = Variant> {
    let price = prop::option::weighted(0.9, 1u32..60);
    let stock = prop::option::weighted(0.8, 0u32..3);
    (maybe(&COLORS), maybe(&SIZES), price, stock).prop_map(|(color, size, price, stock)| Variant {
        color,
        size,
        price,
        stock,
    })
}

fn product() -> impl Strategy<Value = Product> {
    let words = prop::collection::vec(prop::sample::select(&WORDS), 1..5);
    let variants = prop::collection::vec(variant(), 1..4);
    (words, maybe(&BRANDS), maybe(&CATEGORIES), variants).prop_map(
        |(words, brand, category, variants)| Product {
            words,
            brand,
            category,
            variants,
        },
    )
}

fn catalog() -> impl Strategy<Value = Vec<Product>> {
    prop::collection::vec(product(), 1..25)
}

fn condition() -> impl Strategy<Value = Condition> {
    let is = prop_oneof![
        prop::sample::select(&BRANDS).prop_map(|value| Condition::Is("brand", value)),
        prop::sample::select(&COLORS).prop_map(|value| Condition::Is("color", value)),
        prop::sample::select(&SIZES).prop_map(|value| Condition::Is("size", value)),
        prop::sample::select(&CATEGORIES).prop_map(|value| Condition::Is("category", value)),
        (0u32..60, 0u32..40).prop_map(|(from, width)| Condition::Price {
            from,
            to: from + width
        }),
        Just(Condition::InStock),
    ];
    is.prop_recursive(3, 10, 3, |inner| {
        let some = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner
                .clone()
                .prop_map(|part| Condition::Not(Box::new(part))),
            some().prop_map(Condition::All),
            some().prop_map(Condition::Any),
        ]
    })
}

fn filters() -> impl Strategy<Value = Option<Condition>> {
    prop::option::weighted(0.85, condition())
}

fn query() -> impl Strategy<Value = Vec<&'static str>> {
    let words: &'static [&'static str] = &["lamp", "mug", "oak", "tin", "vest", "unheard"];
    prop::collection::vec(prop::sample::select(words), 0..4)
}

impl Condition {
    fn text(&self) -> String {
        let joined = |parts: &[Condition], by: &str| {
            let parts: Vec<String> = parts.iter().map(Condition::text).collect();
            format!("({})", parts.join(by))
        };
        match self {
            Condition::Is(attribute, value) => format!("{attribute}:\"{value}\""),
            Condition::Price { from, to } => format!("price:{from} TO {to}"),
            Condition::InStock => "stock > 0".into(),
            Condition::Not(inner) => format!("NOT {}", inner.text()),
            Condition::All(parts) => joined(parts, " AND "),
            Condition::Any(parts) => joined(parts, " OR "),
        }
    }

    fn holds(&self, product: &Product, variant: &Variant) -> bool {
        match self {
            Condition::Is("category", value) => levels(product).contains(*value),
            Condition::Is("brand", value) => product.brand == Some(value),
            Condition::Is("color", value) => variant.color == Some(value),
            Condition::Is(_, value) => variant.size == Some(value),
            Condition::Price { from, to } => variant
                .price
                .is_some_and(|price| (*from..=*to).contains(&price)),
            Condition::InStock => variant.stock.is_some_and(|stock| stock > 0),
            Condition::Not(inner) => !inner.holds(product, variant),
            Condition::All(parts) => parts.iter().all(|part| part.holds(product, variant)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(product, variant)),
        }
    }

    /// The only attribute it names, when nothing in it is negated.
    fn choice_of(&self) -> Option<&'static str> {
        match self {
            Condition::Is(attribute, _) => Some(attribute),
            Condition::Price { .. } => Some("price"),
            Condition::InStock => Some("stock"),
            Condition::Not(_) => None,
            Condition::All(parts) | Condition::Any(parts) => {
                let choices: BTreeSet<_> = parts.iter().map(Condition::choice_of).collect();
                let only = choices.first().copied().flatten();
                only.filter(|_| choices.len() == 1)
            }
        }
    }

    /// The parts that must all hold.
    fn conjuncts(&self) -> Vec<&Condition> {
        match self {
            Condition::All(parts) => parts.iter().flat_map(Condition::conjuncts).collect(),
            // Parentheses around one condition are only parentheses.
            Condition::Any(parts) if parts.len() == 1 => parts[0].conjuncts(),
            other => vec![other],
        }
    }
}

/// A category and every level above it.
fn levels(product: &Product) -> BTreeSet<String> {
    let mut levels = BTreeSet::new();
    let mut path = Vec::new();
    for level in product
        .category
        .into_iter()
        .flat_map(|path| path.split(" > "))
    {
        path.push(level);
        levels.insert(path.join(" > "));
    }
    levels
}

fn built(catalog: &[Product]) -> Shop {
    let mut table =
        String::from("id | group | title | brand | category | color | size | price | stock\n");
    for (id, product) in catalog.iter().enumerate() {
        for (number, variant) in product.variants.iter().enumerate() {
            let number_of = |cell: Option<u32>| cell.map_or(String::new(), |cell| cell.to_string());
            table += &format!(
                "v{id}-{number} | {id} | {} | {} | {} | {} | {} | {} | {}\n",
                product.words.join(" "),
                product.brand.unwrap_or_default(),
                product.category.unwrap_or_default(),
                variant.color.unwrap_or_default(),
                variant.size.unwrap_or_default(),
                number_of(variant.price),
                number_of(variant.stock),
            );
        }
    }
    shop(&table)
}

fn request(words: &[&str], filter: &Option<Condition>) -> Request {
    Request {
        filter: filter.as_ref().map(Condition::text),
        hits_per_page: 1_000,
        facets: vec!["*".into()],
        ..Request::new(words.join(" "), now())
    }
}

/// Which products match the words: all of them, or while fewer than enough do, one word fewer.
fn matching(catalog: &[Product], words: &[&str]) -> Vec<usize> {
    let words: BTreeSet<&str> = words.iter().copied().collect();
    let known = |word: &&&str| catalog.iter().any(|product| product.words.contains(word));
    let matched = |product: &Product| {
        let has = |word: &&&str| product.words.contains(word);
        words.iter().filter(has).count()
    };
    if words.is_empty() {
        return (0..catalog.len()).collect();
    }
    let mut required = words.iter().filter(known).count();
    loop {
        let found: Vec<usize> = (0..catalog.len())
            .filter(|id| required > 0 && matched(&catalog[*id]) >= required)
            .collect();
        if found.len() >= ENOUGH_MATCHES || required <= 1 {
            return found;
        }
        required -= 1;
    }
}

fn passes(product: &Product, conditions: &[&Condition]) -> bool {
    let holds = |variant: &Variant| conditions.iter().all(|part| part.holds(product, variant));
    product.variants.iter().any(holds)
}

/// By value: how many of these products have it, in a variant that meets the conditions.
fn counts(
    catalog: &[Product],
    among: &[usize],
    facet: &str,
    conditions: &[&Condition],
) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for product in among.iter().map(|id| &catalog[*id]) {
        let mut values = BTreeSet::new();
        for variant in &product.variants {
            if !conditions.iter().all(|part| part.holds(product, variant)) {
                continue;
            }
            match facet {
                "brand" => values.extend(product.brand.map(str::to_string)),
                "category" => values.extend(levels(product)),
                "color" => values.extend(variant.color.map(str::to_string)),
                _ => values.extend(variant.size.map(str::to_string)),
            }
        }
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts
}

fn price_range(
    catalog: &[Product],
    among: &[usize],
    conditions: &[&Condition],
) -> Option<(f64, f64)> {
    let products = among.iter().map(|id| &catalog[*id]);
    let variants = products.flat_map(|product| product.variants.iter().map(move |v| (product, v)));
    let prices: Vec<f64> = variants
        .filter(|(product, variant)| conditions.iter().all(|part| part.holds(product, variant)))
        .filter_map(|(_, variant)| variant.price.map(f64::from))
        .collect();
    let lowest = prices.iter().copied().reduce(f64::min)?;
    Some((lowest, prices.iter().copied().fold(lowest, f64::max)))
}

fn check_page(
    catalog: &[Product],
    words: &[&str],
    filter: &Option<Condition>,
    page: &Page,
) -> Result<(), TestCaseError> {
    let found = matching(catalog, words);
    let conjuncts: Vec<&Condition> = filter.iter().flat_map(Condition::conjuncts).collect();
    let expected: BTreeSet<String> = found
        .iter()
        .filter(|id| passes(&catalog[**id], &conjuncts))
        .map(usize::to_string)
        .collect();
    let listed: BTreeSet<String> = ids(page).into_iter().collect();
    prop_assert_eq!(&listed, &expected);
    prop_assert_eq!(
        (page.total, page.hits.len()),
        (expected.len(), expected.len())
    );
    for facet in FACETS {
        let others: Vec<&Condition> = conjuncts
            .iter()
            .copied()
            .filter(|part| part.choice_of() != Some(facet))
            .collect();
        if facet == "price" {
            let range = page.ranges.get(facet).map(|range| (range.min, range.max));
            prop_assert_eq!(range, price_range(catalog, &found, &others));
            continue;
        }
        let told: BTreeMap<String, u32> = page.facets[facet]
            .iter()
            .map(|value| (value.value.clone(), value.count))
            .collect();
        prop_assert_eq!(told, counts(catalog, &found, facet, &others), "{}", facet);
    }
    Ok(())
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
        shop.engine.record(viewed).unwrap();
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
        prop_assert_eq!((page.total, &page.facets), (plain_page.total, &plain_page.facets));
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
        shop.engine.record(viewed).unwrap();
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
    let mut by_position: BTreeMap<usize, usize> = BTreeMap::new();
    for (id, wanted) in pins {
        let free = (*wanted..)
            .find(|position| !by_position.contains_key(position))
            .unwrap();
        by_position.insert(free, *id);
    }
    let mut shown: Vec<(usize, usize)> = Vec::new();
    for (position, id) in by_position {
        if can_be_shown(id) && shown.iter().all(|(_, other)| *other != id) {
            shown.push((position, id));
        }
    }
    let mut list: Vec<String> = plain
        .iter()
        .filter(|id| {
            let id: usize = id.parse().unwrap();
            !suppressed.contains(&id) && shown.iter().all(|(_, pinned)| *pinned != id)
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
