//! One row of a feed by itself: what it makes of the product that it belongs to.

use crate::catalog::feed::RawRow;
use crate::catalog::product::{Product, VARIANTS_MAX, Value, Variant};
use crate::catalog::reading::{ReadRow, read_row, too_many_variants};
use crate::catalog::repairs::Repairs;
use crate::catalog::schema::{Role, Schema};
use crate::catalog::values::cells_at;

/// A row that is a product, or a variant of one.
pub struct SingleRow {
    row: ReadRow,
    /// By position of the attribute: the row has a column that it reads.
    present: Vec<bool>,
    /// The row lists variants.
    lists_variants: bool,
}

impl SingleRow {
    /// # Errors
    /// When the row has no id, or a cell that cannot be read.
    pub fn read(schema: &Schema, raw: &RawRow) -> Result<Self, String> {
        let row =
            read_row(schema, raw, &mut Repairs::default()).map_err(|problem| problem.reason)?;
        if let Some(problem) = row.problems.first() {
            return Err(problem.reason.clone());
        }
        let cells = raw.read().map_err(|problem| problem.reason)?.cells;
        let has = |column: &str| !cells_at(&cells, column).is_empty();
        let attributes = schema.attributes.iter();
        Ok(SingleRow {
            present: attributes.map(|own| own.columns().any(has)).collect(),
            lists_variants: schema.variants.as_deref().is_some_and(has),
            row,
        })
    }

    /// The id of the product that it belongs to.
    pub fn product_id(&self) -> &str {
        let id = self.row.group.as_ref().or(self.row.id.as_ref());
        id.expect("a row without a group has an id")
    }

    /// The id of what it is: of a variant, where rows are variants.
    pub fn id(&self) -> &str {
        let id = self.row.id.as_deref();
        id.unwrap_or_else(|| self.product_id())
    }

    /// The product with what the row says; the row is `whole` when what it does not say is not so. Variants that it does
    /// not name stay, where rows are variants.
    ///
    /// # Errors
    /// When the product would have no title, or too many variants.
    pub fn applied_to(
        self,
        schema: &Schema,
        product: Option<&Product>,
        whole: bool,
    ) -> Result<Product, String> {
        let id = self.product_id().to_string();
        let none = || vec![Vec::new(); schema.attributes.len()];
        let mut applied = product.cloned().unwrap_or_else(|| Product {
            id: id.clone(),
            values: none(),
            filled: Vec::new(),
            variants: Vec::new(),
        });
        let take = |values: &mut Vec<Vec<Value>>, row: &[Vec<Value>]| {
            for (position, own) in values.iter_mut().enumerate() {
                if whole || self.present[position] {
                    own.clone_from(&row[position]);
                }
            }
        };
        take(&mut applied.values, &self.row.product);
        let variants = &mut applied.variants;
        let is_variant = schema.group.is_some() && self.row.group.is_some();
        if is_variant {
            if let Some(variant) = &self.row.id {
                // What stood for a product without variants gives way to the first.
                variants.retain(|own| own.id != id || own.id == *variant);
                if variants.iter().all(|own| own.id != *variant) {
                    variants.push(Variant {
                        id: variant.clone(),
                        values: none(),
                    });
                }
                let own = variants.iter_mut().find(|own| own.id == *variant);
                take(
                    &mut own.expect("it was put there").values,
                    &self.row.variant,
                );
            }
        } else if !self.row.nested.is_empty() {
            variants.clone_from(&self.row.nested);
        } else {
            if whole && schema.group.is_none() || self.lists_variants {
                variants.clear();
            }
            if variants.is_empty() {
                variants.push(Variant {
                    id: id.clone(),
                    values: none(),
                });
            }
            for variant in variants.iter_mut() {
                take(&mut variant.values, &self.row.variant);
            }
        }
        if variants.is_empty() {
            variants.push(Variant { id, values: none() });
        }
        if variants.len() > VARIANTS_MAX {
            return Err(too_many_variants(&applied.id));
        }
        let title = schema.role(Role::Title);
        if title.is_some_and(|title| applied.is_empty(title)) {
            return Err(format!("product `{}` has no title", applied.id));
        }
        Ok(applied)
    }
}
