//! Read rows into products: ids checked, rows of one group joined.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::catalog::ids::{IdLines, no_id};
use crate::catalog::product::{Product, VARIANTS_MAX, Value, Variant};
use crate::catalog::reading::{ReadRow, too_many_variants};
use crate::catalog::schema::{Role, Schema};
use crate::problem::Problem;

/// Rows of groups that are held back because more rows of the same group may come. When there are more, the group
/// that began first is passed on.
pub const ROWS_HELD_MAX: usize = 20_000;

/// A product and the cells that had to be left out of it.
pub type Assembled = (Product, Vec<Problem>);

/// Rows in, products out.
///
/// An `Err` is a row that was refused, or a problem that came with the rows. Optional cells that cannot be read do not
/// cost the product: their problems stand beside it. Rows that share `schema.group` become one product even when other
/// rows stand between them, as long as no more than `ROWS_HELD_MAX` rows of other groups do. Of two products with the
/// same id the first one stays.
pub fn products<'a, Rows>(
    schema: &'a Schema,
    rows: Rows,
) -> impl Iterator<Item = Result<Assembled, Problem>> + use<'a, Rows>
where
    Rows: Iterator<Item = Result<ReadRow, Problem>>,
{
    Assembly {
        schema,
        rows: rows.fuse(),
        product_lines: IdLines::default(),
        variant_lines: IdLines::default(),
        groups: FxHashMap::default(),
        order: VecDeque::new(),
        rows_held: 0,
        ready: VecDeque::new(),
    }
}

struct Assembly<'a, Rows> {
    schema: &'a Schema,
    rows: std::iter::Fuse<Rows>,
    product_lines: IdLines,
    variant_lines: IdLines,
    groups: FxHashMap<String, Group>,
    /// Keys of `groups`, the one that began first at the front.
    order: VecDeque<String>,
    rows_held: usize,
    ready: VecDeque<Result<Assembled, Problem>>,
}

/// Rows of one product so far.
struct Group {
    feed: Arc<str>,
    line: u64,
    rows: usize,
    product: Product,
    problems: Vec<Problem>,
    /// The variant values of a row whose id is the group's: the only variant, when no other row joins.
    parent: Option<Vec<Vec<Value>>>,
    /// It has `VARIANTS_MAX` variants and that was reported.
    full: bool,
}

impl<Rows: Iterator<Item = Result<ReadRow, Problem>>> Iterator for Assembly<'_, Rows> {
    type Item = Result<Assembled, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            match self.rows.next() {
                Some(Ok(row)) => {
                    if let Err(problem) = self.take(row) {
                        return Some(Err(problem));
                    }
                }
                Some(Err(problem)) => return Some(Err(problem)),
                None => self.pass_on_first_group().then_some(())?,
            }
        }
    }
}

impl<Rows> Assembly<'_, Rows> {
    fn take(&mut self, row: ReadRow) -> Result<(), Problem> {
        if self.schema.group.is_some() {
            return self.join(row);
        }
        let id = row
            .id
            .expect("a row outside groups is refused when it has no id");
        let mut variants = row.nested;
        if variants.is_empty() {
            variants.push(Variant {
                id: id.clone(),
                values: row.variant,
            });
        }
        let product = Product {
            id,
            values: row.product,
            variants,
            filled: row.filled,
        };
        self.finish(row.line, &row.feed, product, row.problems);
        Ok(())
    }

    /// Adds a row to the product of its group. A row without a group is a product of its own, unless other rows name
    /// its id as their group.
    fn join(&mut self, mut row: ReadRow) -> Result<(), Problem> {
        let is_parent = row.group.is_none();
        let key = row.group.take().or_else(|| row.id.clone());
        let key = key.expect("a row outside groups is refused when it has no id");
        self.refuse_if_passed_on(&row, &key)?;
        if let Some(id) = &row.id {
            let noun = if is_parent { "product" } else { "variant" };
            self.variant_lines
                .take(row.line, id, noun)
                .map_err(|reason| row.problem(reason))?;
        }
        let id_column = &self.schema.id;
        let attributes = self.schema.attributes.len();
        let group = self.groups.entry(key).or_insert_with_key(|key| {
            self.order.push_back(key.clone());
            Group::new(&row, key, attributes)
        });
        group.add(row, is_parent, id_column);
        self.hold_back();
        Ok(())
    }

    fn hold_back(&mut self) {
        self.rows_held += 1;
        while self.rows_held > ROWS_HELD_MAX && self.order.len() > 1 {
            self.pass_on_first_group();
        }
    }

    /// A row cannot join a product that was passed on already.
    fn refuse_if_passed_on(&self, row: &ReadRow, key: &str) -> Result<(), Problem> {
        if self.groups.contains_key(key) {
            return Ok(());
        }
        let Some(line) = self.product_lines.line_of(key) else {
            return Ok(());
        };
        let reason =
            format!("belongs to product `{key}`, whose rows from line {line} on are too far above");
        let group = self.schema.group.as_deref().unwrap_or(&self.schema.id);
        let suggestion = format!("sort the feed by `{group}`");
        Err(row.problem(reason).suggest(suggestion))
    }

    /// Passes on the product of the group that began first; false when there is none.
    fn pass_on_first_group(&mut self) -> bool {
        let Some(group) = self
            .order
            .pop_front()
            .and_then(|key| self.groups.remove(&key))
        else {
            return false;
        };
        self.rows_held -= group.rows;
        let mut product = group.product;
        if product.variants.is_empty() {
            let none = || vec![Vec::new(); self.schema.attributes.len()];
            let values = group.parent.unwrap_or_else(none);
            product.variants.push(Variant {
                id: product.id.clone(),
                values,
            });
        }
        self.finish(group.line, &group.feed, product, group.problems);
        true
    }

    fn finish(&mut self, line: u64, feed: &Arc<str>, product: Product, problems: Vec<Problem>) {
        let title = self.schema.role(Role::Title);
        let untitled = title.is_some_and(|title| product.is_empty(title));
        let checked = if untitled {
            Err(format!("product `{}` has no title", product.id))
        } else {
            self.product_lines.take(line, &product.id, "product")
        };
        self.ready.push_back(match checked {
            Ok(()) => Ok((product, problems)),
            Err(reason) => Err(Problem::new(&**feed, reason).at(line)),
        });
    }
}

impl Group {
    fn new(row: &ReadRow, id: &str, attributes: usize) -> Self {
        Group {
            feed: Arc::clone(&row.feed),
            line: row.line,
            rows: 0,
            product: Product {
                id: id.to_string(),
                values: vec![Vec::new(); attributes],
                variants: Vec::new(),
                filled: Vec::new(),
            },
            problems: Vec::new(),
            parent: None,
            full: false,
        }
    }

    fn add(&mut self, mut row: ReadRow, is_parent: bool, id_column: &str) {
        self.rows += 1;
        self.problems.append(&mut row.problems);
        fill_empty(&mut self.product.values, std::mem::take(&mut row.product));
        let filled = &mut self.product.filled;
        row.filled.retain(|column| !filled.contains(column));
        filled.append(&mut row.filled);
        let values = std::mem::take(&mut row.variant);
        let variants = &mut self.product.variants;
        match row.id.take() {
            Some(_) if is_parent => self.parent = Some(values),
            Some(_) if variants.len() >= VARIANTS_MAX => {
                if !self.full {
                    let reason = too_many_variants(&self.product.id);
                    self.problems.push(row.problem(reason));
                }
                self.full = true;
            }
            Some(id) => variants.push(Variant { id, values }),
            // Shopify writes further pictures of a product as rows without a variant.
            None if values.iter().all(Vec::is_empty) => {}
            None => self.problems.push(row.problem(no_id(id_column))),
        }
    }
}

/// What is empty takes the other's values.
pub(super) fn fill_empty(values: &mut [Vec<Value>], others: Vec<Vec<Value>>) {
    for (own, other) in values.iter_mut().zip(others) {
        if own.is_empty() {
            *own = other;
        }
    }
}
