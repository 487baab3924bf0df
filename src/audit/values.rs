//! Attributes by their values: how much there is, and what is written in several ways.

use rustc_hash::FxHashMap;

use super::products::Seen;
use super::{Coverage, EXAMPLES_MAX, Finding, Weight};
use crate::catalog::columns::{Dictionary, Values};
use crate::catalog::schema::{Attribute, Kind, Role};
use crate::engine::Catalog;
use crate::text::fold;

/// How much of every attribute there is, and what is wrong with attributes as a whole.
pub(super) fn look(catalog: &Catalog, seen: &Seen) -> (Vec<Coverage>, Vec<Finding>) {
    let products = u64::from(catalog.columns.products_there());
    let (mut coverage, mut findings) = (Vec::new(), Vec::new());
    for (position, attribute) in catalog.schema.attributes.iter().enumerate() {
        let column = catalog.columns.column(position);
        let has_value = |product: &u32| {
            column.is_some_and(|column| catalog.columns.codes_of(column, *product).next().is_some())
        };
        let with_value = match column {
            Some(_) => (0..catalog.columns.products()).filter(has_value).count() as u64,
            None if attribute.shown => seen.shown[position],
            // Searched and nothing else: what it holds is in the words only.
            None => continue,
        };
        let share = with_value as f64 / products.max(1) as f64;
        findings.extend(missing(attribute, with_value, products));
        if let Some(column) = column
            && let Values::Words(dictionary) = &column.values
            && attribute.facet
        {
            findings.extend(alike(attribute, dictionary));
            findings.extend(same_everywhere(attribute, dictionary, products));
        }
        coverage.push(Coverage {
            attribute: attribute.name.clone(),
            products: with_value,
            share,
            different: column.map(|column| column.values.len() as u64),
        });
    }
    findings.extend(roles_missing(catalog, products));
    (coverage, findings)
}

/// What a product should not be without: the share from which it is complained about, and what it costs.
fn needed(role: Role) -> Option<(Weight, f64, &'static str)> {
    Some(match role {
        Role::Image => (
            Weight::Error,
            0.98,
            "a card without a picture is hardly clicked",
        ),
        Role::Url => (Weight::Error, 0.99, "a card that leads nowhere"),
        Role::Brand => (
            Weight::Warning,
            0.9,
            "missing when shoppers filter by brand, and tastes for brands are not learned",
        ),
        Role::Category => (
            Weight::Warning,
            0.95,
            "missing when shoppers browse, and tastes for categories are not learned",
        ),
        Role::Description => (Weight::Note, 0.8, "found by the words of the title only"),
        Role::Color | Role::Size => (Weight::Note, 0.3, "missing when shoppers filter by it"),
        _ => return None,
    })
}

fn missing(attribute: &Attribute, with_value: u64, products: u64) -> Option<Finding> {
    let (weight, share_min, effect) = needed(attribute.role?)?;
    let share = with_value as f64 / products.max(1) as f64;
    (share < share_min).then(|| Finding {
        weight,
        kind: "missing",
        attribute: Some(attribute.name.clone()),
        what: format!("`{}` is missing", attribute.name),
        count: products - with_value,
        of: products,
        examples: Vec::new(),
        effect,
        fix: "export it for every product that has one",
    })
}

/// Values that differ only in case, accents, blanks and marks: "Red", "red" and "RED".
fn alike(attribute: &Attribute, dictionary: &Dictionary) -> Option<Finding> {
    if !matches!(attribute.kind, Kind::Keyword | Kind::Path) {
        return None;
    }
    let mut spellings: FxHashMap<String, Vec<u32>> = FxHashMap::default();
    for code in 0..dictionary.len() as u32 {
        let folded = fold(dictionary.value(code));
        let letters: String = folded
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '>')
            .collect();
        spellings.entry(letters).or_default().push(code);
    }
    let mut several: Vec<Vec<u32>> = spellings
        .into_values()
        .filter(|codes| codes.len() > 1)
        .collect();
    let products = |codes: &Vec<u32>| -> u64 {
        let counts = codes
            .iter()
            .map(|code| u64::from(dictionary.product_count(*code)));
        counts.sum()
    };
    several.sort_by_key(|codes| (std::cmp::Reverse(products(codes)), codes[0]));
    let told = |codes: &Vec<u32>| {
        let told = codes.iter().map(|code| {
            let (value, count) = (dictionary.value(*code), dictionary.product_count(*code));
            format!("{value} ({count})")
        });
        told.collect::<Vec<_>>().join(" / ")
    };
    (!several.is_empty()).then(|| Finding {
        weight: Weight::Warning,
        kind: "alike",
        attribute: Some(attribute.name.clone()),
        what: format!(
            "values of `{}` that differ only in how they are written",
            attribute.name
        ),
        count: several.iter().map(|codes| codes.len() as u64).sum(),
        of: dictionary.len() as u64,
        examples: several.iter().take(EXAMPLES_MAX).map(told).collect(),
        effect: "shoppers filter by one and miss the others; tastes are split between them",
        fix: "write each value in one way, in the feed",
    })
}

fn same_everywhere(
    attribute: &Attribute,
    dictionary: &Dictionary,
    products: u64,
) -> Option<Finding> {
    let is_only = dictionary.len() == 1 && u64::from(dictionary.product_count(0)) == products;
    (is_only && products > 1).then(|| Finding {
        weight: Weight::Note,
        kind: "same_everywhere",
        attribute: Some(attribute.name.clone()),
        what: format!("`{}` is the same everywhere", attribute.name),
        count: products,
        of: products,
        examples: vec![dictionary.value(0).to_string()],
        effect: "a facet that narrows nothing",
        fix: "take `facet = true` from it in index/schema.toml",
    })
}

/// Roles that no attribute plays.
fn roles_missing(catalog: &Catalog, products: u64) -> Vec<Finding> {
    let wanted = [
        (
            Role::Price,
            Weight::Error,
            "no attribute is the price",
            "nothing can be sorted or filtered by price",
        ),
        (
            Role::Image,
            Weight::Error,
            "no attribute is the picture",
            "cards have no pictures",
        ),
        (
            Role::Stock,
            Weight::Warning,
            "no attribute is the stock",
            "sold-out products stand where others could be bought",
        ),
        (
            Role::Category,
            Weight::Warning,
            "no attribute is the category",
            "nothing can be browsed, and tastes for categories are not learned",
        ),
        (
            Role::Brand,
            Weight::Warning,
            "no attribute is the brand",
            "tastes for brands are not learned",
        ),
        (
            Role::Margin,
            Weight::Note,
            "no attribute is the margin",
            "lists cannot be ranked by what they earn",
        ),
    ];
    let absent = wanted
        .into_iter()
        .filter(|(role, ..)| catalog.schema.role(*role).is_none());
    let finding = |(_, weight, what, effect): (Role, Weight, &str, &'static str)| Finding {
        weight,
        kind: "role_missing",
        attribute: None,
        what: what.into(),
        count: products,
        of: products,
        examples: Vec::new(),
        effect,
        fix: "export it, and give its attribute the role in index/schema.toml",
    };
    absent.map(finding).collect()
}
