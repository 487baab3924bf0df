//! Shopify's product CSV: one row for each variant or further picture, product columns only on the first of a handle.

use super::platform::{
    Context, Fields, add, add_margin, amount, drop_false_reduction, text, text_of,
};

/// Each column by the names that the older and the newer exports give it.
const HANDLE: [&str; 2] = ["Handle", "URL handle"];
const SKU: [&str; 2] = ["Variant SKU", "SKU"];
const PRICE: [&str; 2] = ["Variant Price", "Price"];
const COMPARE_AT: [&str; 2] = ["Variant Compare At Price", "Compare-at price"];
const QUANTITY: [&str; 2] = ["Variant Inventory Qty", "Inventory quantity"];
const TRACKER: [&str; 2] = ["Variant Inventory Tracker", "Inventory tracker"];
const POLICY: [&str; 2] = [
    "Variant Inventory Policy",
    "Continue selling when out of stock",
];
const COST: [&str; 2] = ["Cost per item", "Variant Cost"];
const PUBLISHED: [&str; 2] = ["Published", "Published on online store"];

const OPTIONS: [[[&str; 2]; 2]; 3] = [
    [
        ["Option1 Name", "Option1 name"],
        ["Option1 Value", "Option1 value"],
    ],
    [
        ["Option2 Name", "Option2 name"],
        ["Option2 Value", "Option2 value"],
    ],
    [
        ["Option3 Name", "Option3 name"],
        ["Option3 Value", "Option3 value"],
    ],
];

/// What the rows of one handle have in common.
#[derive(Default)]
pub(super) struct Handle {
    name: String,
    options: [Option<String>; 3],
    hidden: bool,
}

pub(super) fn plain(mut fields: Fields, context: &mut Context) -> Option<Fields> {
    let handle = text_of(&fields, &HANDLE).unwrap_or_default().to_string();
    if handle != context.shopify.name {
        context.shopify = Handle::of(handle, &fields);
    }
    if context.shopify.hidden {
        context.note("a draft, archived or unpublished in Shopify and left out");
        return None;
    }
    let values = take_options(&mut fields, context);
    let is_variant = !values.is_empty() || text_of(&fields, &PRICE).is_some();
    if !is_variant && text(&fields, "Title").is_none() {
        context.note("a further picture of its product and left out");
        return None;
    }
    if is_variant && text_of(&fields, &SKU).is_none() {
        name_variant(&mut fields, &values, context);
    }
    forget_unlimited_stock(&mut fields);
    let column = |names: [&'static str; 2], fields: &Fields| {
        names.into_iter().find(|name| fields.contains_key(*name))
    };
    if let (Some(price), Some(before)) = (column(PRICE, &fields), column(COMPARE_AT, &fields)) {
        drop_false_reduction(&mut fields, price, before, context);
    }
    let price = PRICE.iter().find_map(|name| amount(&fields, name));
    let cost = COST.iter().find_map(|name| amount(&fields, name));
    add_margin(&mut fields, price, cost);
    Some(fields)
}

impl Handle {
    fn of(name: String, first: &Fields) -> Self {
        let is = |column: &str, words: &[&str]| {
            let word = text(first, column).map(str::to_lowercase);
            word.is_some_and(|word| words.contains(&word.as_str()))
        };
        let options = OPTIONS.map(|[names, _]| text_of(first, &names).map(str::to_string));
        let unpublished = PUBLISHED.iter().any(|column| is(column, &["false", "no"]));
        Handle {
            name,
            options,
            hidden: unpublished || is("Status", &["draft", "archived", "unlisted"]),
        }
    }
}

/// Option columns become columns named by their option; `Title: Default Title` means that there are none. Returns the
/// values.
fn take_options(fields: &mut Fields, context: &mut Context) -> Vec<String> {
    let mut values = Vec::new();
    for ([names, columns], position) in OPTIONS.into_iter().zip(0..) {
        let Some(value) = text_of(fields, &columns).map(str::to_string) else {
            continue;
        };
        values.push(value.clone());
        let Some(name) = context.shopify.options[position].clone() else {
            continue;
        };
        names.iter().chain(&columns).for_each(|column| {
            fields.remove(*column);
        });
        if value != "Default Title" {
            add(fields, &name, value);
        }
    }
    values
}

/// A variant needs an id: without a SKU its handle and options are one.
fn name_variant(fields: &mut Fields, values: &[String], context: &mut Context) {
    let Some(column) = SKU.iter().find(|name| fields.contains_key(**name)) else {
        return;
    };
    let own = values.iter().filter(|value| *value != "Default Title");
    let parts = std::iter::once(&context.shopify.name).chain(own);
    let id = parts.map(String::as_str).collect::<Vec<_>>().join("-");
    fields.insert(
        (*column).to_string(),
        id.to_lowercase().replace(' ', "-").into(),
    );
    context.note("without a SKU, its handle and options are taken for one");
}

/// Stock that is not tracked, or sold on below zero, is no limit.
fn forget_unlimited_stock(fields: &mut Fields) {
    let tracker = TRACKER.iter().find(|name| fields.contains_key(**name));
    let untracked = tracker.is_some_and(|name| text(fields, name).is_none());
    let policy = text_of(fields, &POLICY).map(str::to_lowercase);
    let sold_on = policy.is_some_and(|policy| matches!(policy.as_str(), "continue" | "true"));
    let stock = QUANTITY.iter().find_map(|name| amount(fields, name));
    if untracked || sold_on && stock.is_none_or(|stock| stock <= 0.0) {
        QUANTITY.iter().for_each(|name| {
            fields.remove(*name);
        });
    }
}
