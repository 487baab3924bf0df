//! WooCommerce's product CSV: variations name their parents by SKU or by `id:`, lists stand between commas.

use rustc_hash::FxHashMap;

use super::platform::{Context, Fields, add, amount, judge_sale, listed, text};

/// At most this many parents are remembered by their number.
const PARENTS_MAX: usize = 2_000_000;

/// Columns that list values between commas.
const LISTS: [&str; 3] = ["Categories", "Tags", "Images"];

/// The id that each parent goes by, by its number.
pub(super) type Parents = FxHashMap<String, String>;

pub(super) fn plain(mut fields: Fields, context: &mut Context) -> Option<Fields> {
    let number = text(&fields, "ID").map(str::to_string);
    let kind = text(&fields, "Type").unwrap_or_default().to_lowercase();
    let is_variation = kind.contains("variation");
    let is_parent = kind.contains("variable");
    let id = give_id(&mut fields, number.as_deref(), context);
    if is_parent
        && let (Some(number), Some(id)) = (&number, &id)
        && context.woocommerce.len() < PARENTS_MAX
    {
        context.woocommerce.insert(number.clone(), id.clone());
    }
    let parent = is_variation
        .then(|| resolve_parent(&mut fields, context))
        .flatten();
    let parent_hidden = parent.is_some_and(|parent| context.hidden.contains(&parent));
    if parent_hidden || is_hidden(&fields) {
        if let Some(id) = id {
            context.hide(id);
        }
        context.note("unpublished or hidden in WooCommerce and left out");
        return None;
    }
    if is_parent {
        // What a parent says of price and stock only sums up its variations.
        for column in ["Regular price", "Sale price", "Stock", "In stock?"] {
            fields.remove(column);
        }
    }
    let dates = ["Date sale price starts", "Date sale price ends"];
    let [starts, ends] = dates.map(|column| text(&fields, column).map(str::to_string));
    let window = (starts.as_deref(), ends.as_deref());
    judge_sale(
        &mut fields,
        ("Regular price", "Sale price"),
        window,
        context,
    );
    plain_stock(&mut fields);
    take_attributes(&mut fields);
    for column in LISTS {
        if let Some(text) = text(&fields, column).filter(|text| text.contains(',')) {
            fields.insert(column.into(), listed(text).into());
        }
    }
    Some(fields)
}

/// A product goes by its SKU, or else by its number.
fn give_id(fields: &mut Fields, number: Option<&str>, context: &mut Context) -> Option<String> {
    if let Some(sku) = text(fields, "SKU") {
        return Some(sku.to_string());
    }
    let number = number?;
    if fields.contains_key("SKU") {
        fields.insert("SKU".into(), number.into());
        context.note("without a SKU, its number is taken for one");
    }
    Some(number.to_string())
}

/// `id:100` becomes the SKU of the product with that number.
fn resolve_parent(fields: &mut Fields, context: &Context) -> Option<String> {
    let parent = text(fields, "Parent")?.to_string();
    let Some(number) = parent.strip_prefix("id:").map(str::trim) else {
        return Some(parent);
    };
    let known = context.woocommerce.get(number);
    let id = known.map_or(number, String::as_str).to_string();
    fields.insert("Parent".into(), id.clone().into());
    Some(id)
}

fn is_hidden(fields: &Fields) -> bool {
    let unpublished = text(fields, "Published").is_some_and(|word| matches!(word, "0" | "-1"));
    unpublished || text(fields, "Visibility in catalog") == Some("hidden")
}

/// `Stock` says how many, `In stock?` whether; a product that may be ordered ahead is not limited by either.
fn plain_stock(fields: &mut Fields) {
    if text(fields, "Stock") == Some("parent") {
        fields.remove("Stock");
    }
    let ordered_ahead = text(fields, "Backorders allowed?").is_some_and(|word| word != "0");
    let stock = amount(fields, "Stock");
    if ordered_ahead && stock.is_none_or(|stock| stock <= 0.0) {
        fields.remove("Stock");
        fields.remove("In stock?");
    } else if text(fields, "In stock?") == Some("0") && stock.is_some_and(|stock| stock > 0.0) {
        fields.insert("Stock".into(), "0".into());
    }
}

/// `Attribute 1 name` and `Attribute 1 value(s)` become a column named by the attribute.
fn take_attributes(fields: &mut Fields) {
    let mut number = 1;
    while let Some(name) = fields.remove(&format!("Attribute {number} name")) {
        let values = fields.remove(&format!("Attribute {number} value(s)"));
        for rest in ["visible", "global", "default"] {
            fields.remove(&format!("Attribute {number} {rest}"));
        }
        if let (Some(name), Some(values)) =
            (name.as_str(), values.as_ref().and_then(|v| v.as_str()))
        {
            match listed(values).as_slice() {
                [] => {}
                [single] => add(fields, name, single.as_str()),
                several => add(fields, name, several.to_vec()),
            }
        }
        number += 1;
    }
}
