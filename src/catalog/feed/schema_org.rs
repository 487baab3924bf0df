//! Products in schema.org's words, as JSON-LD: products with offers, and groups of variants.

use serde_json::Value;

use super::platform::{Context, Fields, add, scalar, text};

/// Deeper lists in lists are not looked into.
const DEPTH_MAX: usize = 8;

/// Keys of nodes in these words; a row without any of them is no such node and stays as it is.
const OWN_KEYS: [&str; 4] = ["@type", "@graph", "itemListElement", "item"];

/// Every product in a node, itself or further inside.
pub(super) fn plain(fields: Fields, context: &mut Context) -> Vec<Fields> {
    if !OWN_KEYS.iter().any(|key| fields.contains_key(*key)) {
        return vec![fields];
    }
    let mut products = Vec::new();
    collect(fields, DEPTH_MAX, &mut products);
    if products.is_empty() {
        context.note("no product in schema.org's words and left out");
    }
    products
}

fn collect(mut node: Fields, depth: usize, products: &mut Vec<Fields>) {
    if is_a(
        &node,
        &[
            "Product",
            "ProductGroup",
            "IndividualProduct",
            "ProductModel",
        ],
    ) {
        products.push(product(node));
        return;
    }
    if depth == 0 {
        return;
    }
    for wrapper in ["@graph", "itemListElement", "item", "mainEntity"] {
        for inner in listed(node.remove(wrapper)) {
            if let Value::Object(inner) = inner {
                collect(inner, depth - 1, products);
            }
        }
    }
}

fn is_a(node: &Fields, types: &[&str]) -> bool {
    let is = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        types.contains(&last_word(name))
    };
    match node.get("@type") {
        Some(Value::Array(names)) => names.iter().any(is),
        Some(name) => is(name),
        None => false,
    }
}

/// `https://schema.org/InStock` and `schema:InStock` are `InStock`.
fn last_word(name: &str) -> &str {
    name.rsplit(['/', ':', '#']).next().unwrap_or(name)
}

fn product(mut node: Fields) -> Fields {
    let variants = listed(node.remove("hasVariant"));
    let group = node
        .remove("isVariantOf")
        .or_else(|| node.remove("inProductGroupWithID"));
    let mut fields = variant(node);
    if let Some(group) = group.as_ref().and_then(id_of) {
        add(&mut fields, "item_group_id", group);
    }
    let objects = variants.into_iter().filter_map(|variant| match variant {
        Value::Object(node) => Some(node),
        _ => None,
    });
    let variants: Vec<Value> = objects.map(|node| variant(node).into()).collect();
    if !variants.is_empty() {
        fields.insert("variants".into(), variants.into());
    }
    fields
}

/// What a product or one of its variants says, in plain columns.
fn variant(mut node: Fields) -> Fields {
    let id = id_of(&Value::Object(node.clone()));
    let offers = listed(node.remove("offers"));
    let rating = node.remove("aggregateRating");
    let properties = listed(node.remove("additionalProperty"));
    let mut fields = Fields::new();
    if let Some(id) = id {
        fields.insert("id".into(), id.into());
    }
    for (name, value) in node {
        if !name.starts_with('@') && name != "review" && name != "reviews" {
            add(&mut fields, &name, plain_value(value));
        }
    }
    add_offer(&mut fields, offers);
    if let Some(Value::Object(rating)) = rating {
        copy(&rating, "ratingValue", &mut fields, "rating");
        copy(&rating, "reviewCount", &mut fields, "review_count");
    }
    for property in properties.iter().filter_map(Value::as_object) {
        let name = text(property, "name").or_else(|| text(property, "propertyID"));
        if let (Some(name), Some(value)) = (name, property.get("value")) {
            add(&mut fields, name, plain_value(value.clone()));
        }
    }
    fields
}

/// What tells it apart: its SKU or another id, or else its address.
fn id_of(node: &Value) -> Option<String> {
    let Value::Object(node) = node else {
        return scalar(node);
    };
    let names = [
        "sku",
        "productID",
        "productGroupID",
        "gtin",
        "gtin13",
        "gtin14",
        "gtin12",
        "gtin8",
        "mpn",
        "@id",
        "url",
    ];
    names.iter().find_map(|name| scalar(node.get(*name)?))
}

/// The first offer with a price speaks for the product.
fn add_offer(fields: &mut Fields, offers: Vec<Value>) {
    let mut flat: Vec<Fields> = Vec::new();
    for offer in offers {
        let Value::Object(mut offer) = offer else {
            continue;
        };
        let inner = listed(offer.remove("offers"));
        flat.extend(inner.into_iter().filter_map(|inner| match inner {
            Value::Object(inner) => Some(inner),
            _ => None,
        }));
        flat.push(offer);
    }
    let priced = flat.iter().position(|offer| price_of(offer).is_some());
    let Some(offer) = flat.get(priced.unwrap_or(0)) else {
        return;
    };
    if let Some(price) = price_of(offer) {
        add(fields, "price", price);
    }
    for specification in specifications(offer) {
        let kind = text(specification, "priceType")
            .map(last_word)
            .unwrap_or_default();
        if matches!(kind, "ListPrice" | "StrikethroughPrice" | "MSRP") {
            copy(specification, "price", fields, "list_price");
        }
        copy(specification, "priceCurrency", fields, "priceCurrency");
    }
    copy(offer, "priceCurrency", fields, "priceCurrency");
    copy(offer, "url", fields, "url");
    copy(offer, "priceValidUntil", fields, "priceValidUntil");
    for (name, column) in [
        ("availability", "availability"),
        ("itemCondition", "condition"),
    ] {
        if let Some(word) = text(offer, name) {
            add(fields, column, last_word(word));
        }
    }
    if let Some(level) = offer.get("inventoryLevel") {
        let level = level.get("value").unwrap_or(level);
        add(fields, "inventory_level", level.clone());
    }
}

fn price_of(offer: &Fields) -> Option<Value> {
    let own = ["price", "lowPrice"]
        .iter()
        .find_map(|name| offer.get(*name));
    let own = own.filter(|price| scalar(price).is_some()).cloned();
    own.or_else(|| {
        let is_plain = |part: &&Fields| !part.contains_key("priceType");
        specifications(offer).find(is_plain)?.get("price").cloned()
    })
}

fn specifications(offer: &Fields) -> impl Iterator<Item = &Fields> {
    let parts = match offer.get("priceSpecification") {
        Some(Value::Array(parts)) => parts.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    parts.iter().filter_map(Value::as_object)
}

fn copy(from: &Fields, name: &str, into: &mut Fields, column: &str) {
    if let Some(value) = from.get(name).filter(|value| scalar(value).is_some()) {
        add(into, column, value.clone());
    }
}

/// What an object stands for: a brand is its name, a picture its address.
fn plain_value(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let names = ["name", "contentUrl", "url", "value", "codeValue", "@id"];
            let stands = names.iter().find_map(|name| object.get(*name)).cloned();
            stands.map_or(Value::Object(object), |value| match value {
                Value::Array(_) | Value::Object(_) => Value::Null,
                scalar => scalar,
            })
        }
        Value::Array(list) => list.into_iter().map(plain_value).collect(),
        scalar => scalar,
    }
}

fn listed(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(list)) => list,
        Some(Value::Null) | None => Vec::new(),
        Some(single) => vec![single],
    }
}
