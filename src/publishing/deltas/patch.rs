//! A product and a change to it in, the product as it is then out.

use serde_json::Value as Json;

use super::operation::{Fields, Operation};
use crate::catalog::feed::{Cell, Cells};
use crate::catalog::product::{Product, VALUES_MAX, Value, values_in};
use crate::catalog::schema::{Attribute, Kind, Role, Schema};

/// The field of a change that holds changes to variants.
const VARIANTS: &str = "variants";

/// What is done with an attribute's values.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Doing {
    Set,
    Increment,
    Add,
    Remove,
}

/// Which variants a change is about.
#[derive(Debug, Clone, Copy)]
enum Target {
    All,
    Variant(usize),
}

/// The product with an operation applied to it, or to the variant that the operation names.
///
/// # Errors
/// Says which field cannot be applied, and why; nothing of the operation is.
pub(super) fn patched(
    schema: &Schema,
    product: &Product,
    operation: &Operation,
) -> Result<Product, String> {
    let mut patching = Patching {
        schema,
        product: product.clone(),
    };
    let variant = |id: &str| product.variants.iter().position(|variant| variant.id == id);
    let target = match variant(&operation.id) {
        Some(variant) if operation.id != product.id => Target::Variant(variant),
        _ => Target::All,
    };
    let verbs = [
        (Doing::Set, &operation.set),
        (Doing::Increment, &operation.increment),
        (Doing::Add, &operation.add),
        (Doing::Remove, &operation.remove),
    ];
    if verbs.iter().all(|(_, fields)| fields.is_empty()) {
        return Err("says nothing to do: write `set`, `increment`, `add` or `remove`".into());
    }
    for (verb, fields) in verbs {
        for (name, value) in fields {
            match value {
                Json::Object(variants) if name == VARIANTS => {
                    for (id, fields) in variants {
                        let Some(at) = variant(id) else {
                            return Err(format!("`{}` has no variant `{id}`", product.id));
                        };
                        let Json::Object(fields) = fields else {
                            return Err(format!("`{VARIANTS}.{id}` is no object of attributes"));
                        };
                        patching.apply_all(verb, fields, Target::Variant(at))?;
                    }
                }
                value => patching.apply(verb, name, value, target)?,
            }
        }
    }
    let title = schema.role(Role::Title);
    if title.is_some_and(|title| patching.product.is_empty(title)) {
        return Err("the product would have no title".into());
    }
    Ok(patching.product)
}

struct Patching<'s> {
    schema: &'s Schema,
    product: Product,
}

impl Patching<'_> {
    fn apply_all(&mut self, verb: Doing, fields: &Fields, target: Target) -> Result<(), String> {
        let mut fields = fields.iter();
        fields.try_for_each(|(name, value)| self.apply(verb, name, value, target))
    }

    /// Applies a field to every attribute that goes by the name or reads the column of that name; the fields of an
    /// object go by their path, as in `specs.color`.
    fn apply(
        &mut self,
        verb: Doing,
        name: &str,
        value: &Json,
        target: Target,
    ) -> Result<(), String> {
        let schema = self.schema;
        let is_meant = |position: &usize| {
            let attribute = &schema.attributes[*position];
            attribute.name == name || attribute.columns().any(|column| column == name)
        };
        let meant: Vec<usize> = (0..schema.attributes.len()).filter(is_meant).collect();
        if meant.is_empty() {
            if let Json::Object(inner) = value {
                let mut inner = inner.iter();
                return inner.try_for_each(|(field, value)| {
                    self.apply(verb, &format!("{name}.{field}"), value, target)
                });
            }
            let nearest = schema.nearest_name(name);
            let nearest = nearest.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            return Err(format!("no attribute is called or reads `{name}`{nearest}"));
        }
        for position in meant {
            let attribute = &schema.attributes[position];
            let change = Change::read(verb, attribute, schema, value)
                .map_err(|reason| format!("`{name}`: {reason}"))?;
            for values in self.values(position, target) {
                let changed = change.apply(attribute, values);
                changed.map_err(|reason| format!("`{name}`: {reason}"))?;
            }
        }
        Ok(())
    }

    /// The values that a change to an attribute is about.
    fn values(&mut self, position: usize, target: Target) -> Vec<&mut Vec<Value>> {
        let product = &mut self.product;
        if !self.schema.attributes[position].variant {
            return vec![&mut product.values[position]];
        }
        match target {
            Target::All => {
                let variants = product.variants.iter_mut();
                variants
                    .map(|variant| &mut variant.values[position])
                    .collect()
            }
            Target::Variant(at) => vec![&mut product.variants[at].values[position]],
        }
    }
}

/// What is done with the values of one attribute.
enum Change {
    Set(Vec<Value>),
    Increment(f64),
    Add(Vec<Value>),
    Remove(Vec<Value>),
}

impl Change {
    fn read(
        verb: Doing,
        attribute: &Attribute,
        schema: &Schema,
        value: &Json,
    ) -> Result<Change, String> {
        if verb == Doing::Increment {
            if !matches!(attribute.kind, Kind::Number | Kind::Money) {
                return Err("is no number, and only numbers can be incremented".into());
            }
            let by = value.as_f64().filter(|by| by.is_finite());
            let by = by.ok_or("`increment` wants a number, such as -1")?;
            return Ok(Change::Increment(by * attribute.scale.unwrap_or(1.0)));
        }
        let column = attribute.columns().next().unwrap_or(&attribute.name);
        let cells: Cells<'_> = vec![(column, Cell::from(value))].into();
        let values = values_in(attribute, Some(&schema.currency), &cells)?.values;
        Ok(match verb {
            Doing::Set | Doing::Increment => Change::Set(values),
            Doing::Add => Change::Add(values),
            Doing::Remove => Change::Remove(values),
        })
    }

    fn apply(&self, attribute: &Attribute, values: &mut Vec<Value>) -> Result<(), String> {
        match self {
            Change::Set(new) => values.clone_from(new),
            Change::Increment(by) => {
                let is = values.first().and_then(Value::number).unwrap_or_default();
                let sum = rounded(is + by);
                let is_price = matches!(attribute.role, Some(Role::Price | Role::ListPrice));
                if !sum.is_finite() || is_price && sum < 0.0 {
                    return Err(format!("{is} and {by} make {sum}, which it cannot be"));
                }
                *values = vec![Value::Number(sum)];
            }
            Change::Add(new) => {
                for value in new {
                    if !values.contains(value) {
                        values.push(value.clone());
                    }
                }
                if values.len() > VALUES_MAX {
                    return Err(format!("would have more than {VALUES_MAX} values"));
                }
            }
            Change::Remove(old) => values.retain(|value| !old.contains(value)),
        }
        Ok(())
    }
}

/// Sums of prices are prices: 0.1 and 0.2 make 0.3.
fn rounded(sum: f64) -> f64 {
    const PARTS: f64 = 1e6;
    if sum.abs() < 1e9 {
        (sum * PARTS).round() / PARTS
    } else {
        sum
    }
}
