//! Shopify's products as JSON: the Admin API's and `/products.json`, GraphQL answers, and the bulk export's lines.

use serde_json::Value;

use super::platform::{
    Context, Fields, add, add_margin, amount, drop_false_reduction, scalar, text,
};

/// Columns of a product that its lines of variants repeat, so that they are seen to be of most rows.
const OF_PRODUCT: [&str; 3] = ["title", "vendor", "productType"];

pub(super) fn plain(mut fields: Fields, context: &mut Context) -> Option<Fields> {
    let id = fields.get("id").and_then(scalar).unwrap_or_default();
    let parent = text(&fields, "__parentId").map(str::to_string);
    if parent
        .as_ref()
        .is_some_and(|parent| context.hidden.contains(parent))
    {
        context.hide(id);
        context.note("a draft, archived or unpublished in Shopify and left out");
        return None;
    }
    if let Some(parent) = parent {
        return bulk_child(fields, &id, &parent, context);
    }
    if is_hidden(&fields) {
        context.hide(id);
        context.note("a draft, archived or unpublished in Shopify and left out");
        return None;
    }
    if id.starts_with("gid://") {
        context.bulk_parent = (id, fields.clone());
    }
    flatten_connections(&mut fields);
    if let Some(tags) = text(&fields, "tags") {
        let tags: Vec<&str> = tags.split(',').map(str::trim).collect();
        fields.insert("tags".into(), tags.into());
    }
    let options = fields
        .remove("options")
        .map(option_names)
        .unwrap_or_default();
    if let Some(Value::Array(variants)) = fields.get_mut("variants") {
        for variant in variants.iter_mut().filter_map(Value::as_object_mut) {
            name_options(variant, &options);
            plain_variant(variant, context);
        }
    }
    Some(fields)
}

fn is_hidden(fields: &Fields) -> bool {
    let status = text(fields, "status").map(str::to_lowercase);
    let drafted = status.is_some_and(|status| matches!(status.as_str(), "draft" | "archived"));
    let unpublished = |column: &str| fields.get(column).is_some_and(Value::is_null);
    drafted || unpublished("published_at") || unpublished("publishedAt")
}

/// A line of the bulk export that belongs to an earlier one: a variant, or a picture. What belongs to a variant, such
/// as stock at one place, is left out.
fn bulk_child(mut fields: Fields, id: &str, parent: &str, context: &mut Context) -> Option<Fields> {
    let is_of_product = parent.contains("/Product/");
    if id.contains("/ProductVariant/") {
        // The variant's own title only repeats its options.
        fields.remove("title");
        fields.remove("displayName");
        name_options(&mut fields, &[]);
        plain_variant(&mut fields, context);
        let (parent_id, product) = &context.bulk_parent;
        if parent_id == parent {
            for column in OF_PRODUCT {
                if let Some(value) = product.get(column).filter(|value| value.is_string()) {
                    add(&mut fields, column, value.clone());
                }
            }
        }
        return Some(fields);
    }
    let picture = picture_of(&fields).filter(|_| is_of_product);
    let Some(picture) = picture else {
        context
            .note("a line of the bulk export that is no product, variant or picture and left out");
        return None;
    };
    let mut picture_only = Fields::new();
    picture_only.insert("__parentId".into(), parent.into());
    picture_only.insert("image".into(), picture.into());
    Some(picture_only)
}

fn picture_of(fields: &Fields) -> Option<String> {
    let nested = ["image", "preview", "originalSource"];
    let inner = |name: &&str| picture_of(fields.get(*name)?.as_object()?);
    let own = ["url", "src", "originalSrc"];
    let own = own.iter().find_map(|name| text(fields, name));
    own.map(str::to_string)
        .or_else(|| nested.iter().find_map(inner))
}

/// GraphQL wraps lists: `{"edges": [{"node": …}]}` and `{"nodes": […]}`.
fn flatten_connections(fields: &mut Fields) {
    for (_, value) in fields.iter_mut() {
        let Some(connection) = value.as_object_mut() else {
            continue;
        };
        if let Some(nodes @ Value::Array(_)) = connection.get_mut("nodes") {
            *value = nodes.take();
        } else if let Some(Value::Array(edges)) = connection.get_mut("edges") {
            let nodes = edges.iter_mut().filter_map(|edge| edge.get_mut("node"));
            *value = nodes.map(Value::take).collect();
        }
    }
}

/// The names of the options in their order.
fn option_names(options: Value) -> Vec<String> {
    let Value::Array(options) = options else {
        return Vec::new();
    };
    let name = |option: &Value| {
        let name = option.get("name").unwrap_or(option);
        name.as_str().unwrap_or_default().to_string()
    };
    options.iter().map(name).collect()
}

/// A variant's options as columns named by them; `Title: Default Title` means that there are none.
fn name_options(variant: &mut Fields, names: &[String]) {
    let mut values: Vec<(String, Value)> = Vec::new();
    for (column, name) in ["option1", "option2", "option3"].iter().zip(names) {
        if let Some(value) = variant.remove(*column) {
            values.push((name.clone(), value));
        }
    }
    if let Some(Value::Array(selected)) = variant.remove("selectedOptions") {
        for option in selected {
            let name = option.get("name").and_then(Value::as_str);
            if let (Some(name), Some(value)) = (name, option.get("value")) {
                values.push((name.to_string(), value.clone()));
            }
        }
    }
    for (name, value) in values {
        if !value.is_null() && value != "Default Title" {
            add(variant, &name, value);
        }
    }
}

fn plain_variant(variant: &mut Fields, context: &mut Context) {
    let tracked = variant
        .get("inventoryItem")
        .and_then(|item| item.get("tracked"));
    let unmanaged = variant
        .get("inventory_management")
        .is_some_and(|manager| manager.is_null() || manager == "");
    let untracked = tracked == Some(&Value::Bool(false)) || unmanaged;
    let cost = variant
        .get("inventoryItem")
        .and_then(|item| item.pointer("/unitCost/amount"))
        .and_then(scalar);
    for (quantity, policy) in [
        ("inventory_quantity", "inventory_policy"),
        ("inventoryQuantity", "inventoryPolicy"),
    ] {
        let policy = text(variant, policy).map(str::to_lowercase);
        let sold_on = policy.as_deref() == Some("continue");
        let stock = amount(variant, quantity);
        if untracked || sold_on && stock.is_none_or(|stock| stock <= 0.0) {
            variant.remove(quantity);
        }
    }
    for before in ["compare_at_price", "compareAtPrice"] {
        drop_false_reduction(variant, "price", before, context);
    }
    let cost = cost.and_then(|cost| cost.parse().ok());
    let price = amount(variant, "price");
    add_margin(variant, price, cost);
}
