//! What a results page shows of a product.

use jiff::Timestamp;
use serde_json::{Map, Number, Value as Json};

use crate::catalog::product::{Product, Value, Variant};
use crate::catalog::schema::{Attribute, Role, Schema};

/// Every attribute with `shown = true` that has a value: one value plain, several as a list, money as a number, dates
/// as RFC 3339. The price is the lowest among the buyable variants (among all, if none is), the list price is the same
/// variant's. `variants` is there when there are several or when the only one has an id of its own.
pub fn shown(schema: &Schema, product: &Product) -> Map<String, Json> {
    let cheapest = cheapest(schema, product);
    let mut page = Map::new();
    for (position, attribute) in schema.attributes.iter().enumerate() {
        if !attribute.shown {
            continue;
        }
        let json = match (attribute.role, cheapest) {
            (Some(Role::Price | Role::ListPrice), Some(variant)) => {
                list(product.variant_values(variant, position))
            }
            (Some(Role::Stock), _) => stock(product, position),
            _ => list(product.values_of(position)),
        };
        page.extend(json.map(|json| (attribute.name.clone(), json)));
    }
    let only_itself = product.variants.len() == 1 && product.variants[0].id == product.id;
    if !only_itself {
        let variants = product.variants.iter();
        let variants = variants.map(|variant| Json::Object(variant_shown(schema, variant)));
        page.insert("variants".into(), variants.collect());
    }
    page
}

fn variant_shown(schema: &Schema, variant: &Variant) -> Map<String, Json> {
    let mut page = Map::new();
    page.insert("id".into(), variant.id.clone().into());
    let own = |attribute: &Attribute| attribute.variant && attribute.shown;
    for (position, attribute) in schema.attributes.iter().enumerate() {
        if own(attribute) {
            let json = list(&variant.values[position]);
            page.extend(json.map(|json| (attribute.name.clone(), json)));
        }
    }
    page
}

/// The variant with the lowest price among the buyable ones, or among all.
fn cheapest<'a>(schema: &Schema, product: &'a Product) -> Option<&'a Variant> {
    let position = schema.role(Role::Price)?;
    let price = |variant: &Variant| {
        let values = product.variant_values(variant, position);
        values.first().and_then(Value::number)
    };
    let priced = |only_buyable: bool| {
        let variants = product.variants.iter();
        let variants = variants.filter(|variant| !only_buyable || product.buyable(schema, variant));
        variants
            .filter_map(|variant| price(variant).map(|price| (price, variant)))
            .min_by(|left, right| left.0.total_cmp(&right.0))
            .map(|(_, variant)| variant)
    };
    priced(true).or_else(|| priced(false))
}

/// The stock of all variants together; `None` when one of them is not managed.
fn stock(product: &Product, position: usize) -> Option<Json> {
    let of = |variant| {
        product
            .variant_values(variant, position)
            .first()
            .and_then(Value::number)
    };
    let own = product.values[position].first().and_then(Value::number);
    let total = own.or_else(|| product.variants.iter().map(of).sum());
    total.map(number)
}

fn list<'a>(values: impl IntoIterator<Item = &'a Value>) -> Option<Json> {
    let mut values: Vec<Json> = values.into_iter().map(json).collect();
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Json::Array(values)),
    }
}

/// A value as responses show it: whole numbers without a fraction, dates as RFC 3339.
pub fn json(value: &Value) -> Json {
    match value {
        Value::Text(text) => Json::String(text.clone()),
        Value::Number(value) => number(*value),
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Date(seconds) => match Timestamp::from_second(*seconds) {
            Ok(time) => Json::String(time.to_string()),
            Err(_) => Json::Null,
        },
    }
}

fn number(value: f64) -> Json {
    /// Whole numbers up to here are exact.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT_MAX {
        return Json::Number(Number::from(value as i64));
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}
