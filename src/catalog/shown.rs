//! What a results page shows of a product.

use jiff::Timestamp;
use serde_json::{Map, Number, Value as Json};

use crate::catalog::documents::SOLD_OUT;
use crate::catalog::product::{Product, Value, Variant};
use crate::catalog::schema::{Role, Schema};

/// Writes, as a JSON object, every attribute with `shown = true` that has a value: one value plain, several as a list,
/// money as a number, dates as RFC 3339. The price is the lowest among the buyable variants (among all, if none is),
/// the list price is the same variant's. `variants` is there when there are several or when the only one has an id of
/// its own.
pub fn write_shown(schema: &Schema, product: &Product, out: &mut Vec<u8>) {
    let cheapest = cheapest(schema, product);
    out.push(b'{');
    for (position, attribute) in schema.attributes.iter().enumerate() {
        if !attribute.shown || attribute.name == SOLD_OUT {
            continue;
        }
        match (attribute.role, cheapest) {
            (Some(Role::Price | Role::ListPrice), Some(variant)) => {
                let values = product.variant_values(variant, position);
                write_member(&attribute.name, values, out);
            }
            (Some(Role::Stock), _) => {
                let stock = stock(product, position).map(Value::Number);
                write_member(&attribute.name, stock.as_slice(), out);
            }
            _ if attribute.variant => {
                write_member(&attribute.name, product.values_of(position), out);
            }
            _ => write_member(&attribute.name, &product.values[position], out),
        }
    }
    let only_itself = product.variants.len() == 1 && product.variants[0].id == product.id;
    if !only_itself {
        write_name("variants", out);
        out.push(b'[');
        for variant in &product.variants {
            separate(b'[', out);
            write_variant(schema, variant, out);
        }
        out.push(b']');
    }
    out.push(b'}');
}

fn write_variant(schema: &Schema, variant: &Variant, out: &mut Vec<u8>) {
    out.push(b'{');
    write_name("id", out);
    write_text(&variant.id, out);
    for (position, attribute) in schema.attributes.iter().enumerate() {
        if attribute.variant && attribute.shown {
            write_member(&attribute.name, &variant.values[position], out);
        }
    }
    out.push(b'}');
}

/// A name and its values, nothing when there are none.
fn write_member<'v>(
    name: &str,
    values: impl IntoIterator<Item = &'v Value, IntoIter: ExactSizeIterator>,
    out: &mut Vec<u8>,
) {
    let mut values = values.into_iter();
    if values.len() == 0 {
        return;
    }
    write_name(name, out);
    if values.len() == 1 {
        values.for_each(|value| write_value(value, out));
        return;
    }
    out.push(b'[');
    values.by_ref().for_each(|value| {
        separate(b'[', out);
        write_value(value, out);
    });
    out.push(b']');
}

fn write_name(name: &str, out: &mut Vec<u8>) {
    separate(b'{', out);
    write_text(name, out);
    out.push(b':');
}

/// A comma, unless what follows is the first after the opening bracket.
fn separate(opening: u8, out: &mut Vec<u8>) {
    if out.last() != Some(&opening) {
        out.push(b',');
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("text can be written to memory");
}

fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => write_text(text, out),
        other => {
            serde_json::to_writer(out, &json(other)).expect("a value can be written to memory")
        }
    }
}

/// Everything that is known of a product, searched, shown or neither: its attributes by their names, several values as
/// a list, and its variants with theirs.
pub fn whole(schema: &Schema, product: &Product) -> Map<String, Json> {
    let attributes = |values: &[Vec<Value>], own: &mut Map<String, Json>| {
        for (attribute, values) in schema.attributes.iter().zip(values) {
            let value = match values.as_slice() {
                [] => continue,
                [one] => json(one),
                many => many.iter().map(json).collect(),
            };
            own.insert(attribute.name.clone(), value);
        }
    };
    let of = |id: &str, values: &[Vec<Value>]| {
        let mut own = Map::new();
        own.insert("id".into(), id.into());
        attributes(values, &mut own);
        own
    };
    let mut all = of(&product.id, &product.values);
    let variants = product.variants.iter();
    let variants = variants.map(|variant| Json::Object(of(&variant.id, &variant.values)));
    all.insert("variants".into(), variants.collect());
    all
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
fn stock(product: &Product, position: usize) -> Option<f64> {
    let of = |variant| {
        product
            .variant_values(variant, position)
            .first()
            .and_then(Value::number)
    };
    let own = product.values[position].first().and_then(Value::number);
    own.or_else(|| product.variants.iter().map(of).sum())
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
