//! Random small catalogs, filters and queries, and what brute force says of them.
//!
//! The counting rules are those that `catalog::filter` documents: a filter holds for one variant, a facet counts
//! products, and a part of the filter that chooses values of one attribute does not shrink that attribute's facet.

use std::collections::{BTreeMap, BTreeSet};

use endcap::engine::{Page, Request};
use proptest::prelude::*;

use crate::shop::{Shop, ids, now, shop};

pub(crate) const BRANDS: [&str; 3] = ["Acorn", "Birch", "Cedar"];
pub(crate) const COLORS: [&str; 3] = ["blue", "green", "red"];
const SIZES: [&str; 3] = ["L", "M", "S"];
pub(crate) const CATEGORIES: [&str; 4] = ["Shoes", "Shoes > Trail", "Hats", "Hats > Felt > Tall"];
/// Words that stem to themselves, and that no brand, color, size or category has.
pub(crate) const WORDS: [&str; 5] = ["lamp", "mug", "oak", "tin", "vest"];
const FACETS: [&str; 5] = ["brand", "category", "color", "size", "price"];

/// Lists of two or more words are filled up to this many products.
const ENOUGH_MATCHES: usize = endcap::retrieval::ENOUGH_MATCHES;

/// A product of the model; its place in the table is its id.
#[derive(Debug, Clone)]
pub(crate) struct Product {
    pub(crate) words: Vec<&'static str>,
    pub(crate) brand: Option<&'static str>,
    pub(crate) category: Option<&'static str>,
    pub(crate) variants: Vec<Variant>,
}

#[derive(Debug, Clone)]
pub(crate) struct Variant {
    pub(crate) color: Option<&'static str>,
    pub(crate) size: Option<&'static str>,
    pub(crate) price: Option<u32>,
    pub(crate) stock: Option<u32>,
}

/// A filter of the model.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
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

pub(crate) fn product() -> impl Strategy<Value = Product> {
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

pub(crate) fn catalog() -> impl Strategy<Value = Vec<Product>> {
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

pub(crate) fn filters() -> impl Strategy<Value = Option<Condition>> {
    prop::option::weighted(0.85, condition())
}

pub(crate) fn query() -> impl Strategy<Value = Vec<&'static str>> {
    let words: &'static [&'static str] = &["lamp", "mug", "oak", "tin", "vest", "unheard"];
    prop::collection::vec(prop::sample::select(words), 0..4)
}

impl Condition {
    pub(crate) fn text(&self) -> String {
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
    pub(crate) fn conjuncts(&self) -> Vec<&Condition> {
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

pub(crate) fn built(catalog: &[Product]) -> Shop {
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

pub(crate) fn request(words: &[&str], filter: &Option<Condition>) -> Request {
    Request {
        filter: filter.as_ref().map(Condition::text),
        hits_per_page: 1_000,
        facets: vec!["*".into()],
        ..Request::new(words.join(" "), now())
    }
}

/// Which products match the words: all of them, or while fewer than enough do, one word fewer.
pub(crate) fn matching(catalog: &[Product], words: &[&str]) -> Vec<usize> {
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

pub(crate) fn passes(product: &Product, conditions: &[&Condition]) -> bool {
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

pub(crate) fn check_page(
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
