//! Rows in, products with their variants out.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::catalog::schema::{Role, Schema};

pub use crate::catalog::assembly::{Assembled, ROWS_HELD_MAX, products};
pub use crate::catalog::reading::{ReadRow, read_row};
pub use crate::catalog::shown::{json, whole, write_shown};
pub use crate::catalog::single::SingleRow;
pub(crate) use crate::catalog::values::values_in;
pub use crate::catalog::values::{KEYWORD_BYTES_MAX, TEXT_BYTES_MAX, VALUES_MAX, read_values};

/// At most this many variants of one product.
pub const VARIANTS_MAX: usize = 1_000;

/// Longer product and variant ids are refused.
pub const ID_BYTES_MAX: usize = 200;

/// One value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Text(String),
    Number(f64),
    Boolean(bool),
    /// Seconds since 1970.
    Date(i64),
}

/// What a results page shows once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    pub id: String,
    /// By position of the attribute in the schema; empty for attributes with `variant = true`.
    pub values: Vec<Vec<Value>>,
    /// At least one; a product without variants has one that carries its own id.
    pub variants: Vec<Variant>,
    /// Fingerprints of the names of the columns that its rows fill: products of one kind fill the same.
    pub filled: Vec<u32>,
}

/// What can be bought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub id: String,
    /// By position of the attribute in the schema; filled for attributes with `variant = true`.
    pub values: Vec<Vec<Value>>,
}

impl Value {
    /// The value as filters and sorts compare it; `None` for text.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Text(_) => None,
            Value::Number(number) => Some(*number),
            Value::Boolean(truth) => Some(f64::from(u8::from(*truth))),
            Value::Date(seconds) => Some(*seconds as f64),
        }
    }

    /// The word that stands for the value in a dictionary; `None` for numbers and dates.
    pub fn word(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Boolean(true) => Some("true"),
            Value::Boolean(false) => Some("false"),
            Value::Number(_) | Value::Date(_) => None,
        }
    }

    /// The text of a text value.
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Product {
    /// The values of the attribute at this position, the product's own and then its variants', each once.
    pub fn values_of(&self, position: usize) -> Vec<&Value> {
        let own = self.values[position].iter();
        let variants = self
            .variants
            .iter()
            .flat_map(|variant| &variant.values[position]);
        let mut values: Vec<&Value> = Vec::new();
        for value in own.chain(variants) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// Whether neither the product nor any of its variants has a value of the attribute at this position.
    pub fn is_empty(&self, position: usize) -> bool {
        let of_variants = || {
            self.variants
                .iter()
                .map(|variant| &variant.values[position])
        };
        self.values[position].is_empty() && of_variants().all(Vec::is_empty)
    }

    /// The values a variant has of the attribute at this position: its own, or else the product's.
    pub fn variant_values<'a>(&'a self, variant: &'a Variant, position: usize) -> &'a [Value] {
        match variant.values[position].as_slice() {
            [] => &self.values[position],
            own => own,
        }
    }

    /// Whether this variant can be bought: its stock is above zero or not managed.
    pub fn buyable(&self, schema: &Schema, variant: &Variant) -> bool {
        let stock = schema
            .role(Role::Stock)
            .and_then(|position| self.variant_values(variant, position).first())
            .and_then(Value::number);
        stock.is_none_or(|stock| stock > 0.0)
    }

    /// Whether nothing of it can be bought; stock that nobody manages is not sold out.
    pub fn is_sold_out(&self, schema: &Schema) -> bool {
        let Some(stock) = schema.role(Role::Stock) else {
            return false;
        };
        let none_left = |values: &[Value]| {
            let left = values.iter().filter_map(Value::number).next();
            left.is_some_and(|left| left <= 0.0)
        };
        if schema.attributes[stock].variant {
            let mut variants = self.variants.iter();
            variants.all(|variant| none_left(&variant.values[stock]))
        } else {
            none_left(&self.values[stock])
        }
    }
}
