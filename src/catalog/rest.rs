//! The words of the columns that no other attribute searches, for an attribute with `columns = ["*"]`.

use crate::catalog::feed::{Cell, Cells};
use crate::catalog::product::{VALUES_MAX, Value};
use crate::catalog::schema::{Attribute, Kind, Schema};

/// Longer texts are no attributes of a product.
const TEXT_BYTES_MAX: usize = 200;

/// What stands in the columns of a row that are left: short texts with a letter in them, addresses aside.
pub(crate) fn rest_of(schema: &Schema, cells: &Cells<'_>) -> Vec<Value> {
    let mut values = Vec::new();
    for (column, cell) in cells.iter() {
        match cell {
            Cell::Str(text) if is_left(schema, column) => push(text, &mut values),
            Cell::Array(list) if is_left(schema, column) => {
                let texts = list.iter().filter_map(Cell::as_str);
                texts.for_each(|text| push(text, &mut values));
            }
            _ => {}
        }
    }
    values.truncate(VALUES_MAX);
    values
}

fn push(text: &str, values: &mut Vec<Value>) {
    let text = text.trim();
    let has_words = text.len() <= TEXT_BYTES_MAX && text.chars().any(char::is_alphabetic);
    if has_words && !text.contains("://") {
        values.push(Value::Text(text.to_string()));
    }
}

/// Whether nothing else finds a product by this column, and it may have words.
fn is_left(schema: &Schema, column: &str) -> bool {
    let names = [
        Some(&schema.id),
        schema.group.as_ref(),
        schema.variants.as_ref(),
    ];
    let has_words =
        |attribute: &Attribute| attribute.kind.is_keyword() && attribute.kind != Kind::Url;
    let reads = |attribute: &Attribute| attribute.columns().any(|own| own == column);
    let found_by = |attribute: &Attribute| attribute.searched.is_some() || !has_words(attribute);
    !names.into_iter().flatten().any(|name| name == column)
        && !schema
            .attributes
            .iter()
            .any(|attribute| found_by(attribute) && reads(attribute))
}
