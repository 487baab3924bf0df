//! Google Merchant Center's product data, from TSV, RSS or Atom.

use std::borrow::Cow;

use serde_json::Value;

use super::platform::{Context, Fields, add, add_margin, amount, judge_sale, text};
use crate::catalog::notation::date;

/// Columns that hold several addresses between commas.
const ADDRESSES: [&str; 2] = ["additional_image_link", "additional_image_links"];

/// A column as the specification names it: `g:Image Link` is `image_link`.
pub(super) fn plain_column(name: &str) -> Cow<'_, str> {
    let bare = name.trim();
    let bare = bare.strip_prefix("g:").unwrap_or(bare);
    let bare = bare.strip_prefix("c:").unwrap_or(bare);
    let is_plain = |letter: char| !letter.is_uppercase() && letter != ' ';
    if bare.chars().all(is_plain) {
        return Cow::Borrowed(bare);
    }
    Cow::Owned(bare.to_lowercase().replace(' ', "_"))
}

pub(super) fn plain(fields: Fields, context: &mut Context) -> Option<Fields> {
    let mut fields = with_plain_columns(fields);
    let expires = text(&fields, "expiration_date").and_then(date);
    if let (Some(expires), Some(as_of)) = (expires, context.as_of)
        && expires < as_of
    {
        context.note("past its `expiration_date` and left out");
        return None;
    }
    for column in ADDRESSES {
        if let Some(listed) = text(&fields, column).filter(|text| text.contains(',')) {
            fields.insert(column.into(), addresses(listed).into());
        }
    }
    let window = text(&fields, "sale_price_effective_date").map(str::to_string);
    let (starts, ends) = match window.as_deref().map(|window| window.split_once('/')) {
        None => (None, None),
        Some(Some((starts, ends))) => (Some(starts), Some(ends)),
        Some(None) => (Some("no window"), None),
    };
    judge_sale(
        &mut fields,
        ("price", "sale_price"),
        (starts, ends),
        context,
    );
    let price = amount(&fields, "sale_price").or_else(|| amount(&fields, "price"));
    let cost = amount(&fields, "cost_of_goods_sold");
    add_margin(&mut fields, price, cost);
    // What a product costs the shop is nobody else's business, and the window was judged.
    for used in ["cost_of_goods_sold", "sale_price_effective_date"] {
        fields.remove(used);
    }
    add_details(&mut fields);
    Some(fields)
}

fn with_plain_columns(fields: Fields) -> Fields {
    let is_plain =
        |name: &String| matches!(plain_column(name), Cow::Borrowed(bare) if bare == name);
    if fields.keys().all(is_plain) {
        return fields;
    }
    let renamed = |(name, value): (String, Value)| (plain_column(&name).into_owned(), value);
    fields.into_iter().map(renamed).collect()
}

/// Addresses between commas; a comma inside an address does not begin another.
fn addresses(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split(',') {
        match found.last_mut() {
            Some(last) if !part.trim_start().starts_with("http") => {
                last.push(',');
                last.push_str(part);
            }
            _ => found.push(part.trim().to_string()),
        }
    }
    found
}

/// `product_detail` says an attribute's name and value: each becomes a column of its own.
fn add_details(fields: &mut Fields) {
    let Some(details) = fields.remove("product_detail") else {
        return;
    };
    let details = match details {
        Value::Array(list) => list,
        single => vec![single],
    };
    for detail in &details {
        match detail {
            Value::Object(parts) => {
                let name = text(parts, "attribute_name").map(str::to_string);
                let value = text(parts, "attribute_value");
                if let (Some(name), Some(value)) = (name, value) {
                    add(fields, &name, value);
                }
            }
            Value::String(listed) => {
                for part in listed.split(',') {
                    // `section:name:value`; the section may be empty, the value may hold colons.
                    let mut parts = part.splitn(3, ':');
                    if let (Some(_), Some(name), Some(value)) =
                        (parts.next(), parts.next(), parts.next())
                    {
                        add(fields, name, value.trim());
                    }
                }
            }
            _ => {}
        }
    }
}
