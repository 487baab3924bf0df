//! Rows into products: ids checked, rows of one group joined, nested variants unfolded.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json};

use crate::catalog::feed::Row;
use crate::catalog::ids::{IdLines, id_in, no_id, required_id};
use crate::catalog::product::{Product, VARIANTS_MAX, Value, Variant};
use crate::catalog::schema::{Attribute, Role, Schema};
use crate::catalog::values::{cells_at, values_in};
use crate::problem::Problem;

/// Rows of groups that are held back because more rows of the same group may come. When there are more, the group
/// that began first is passed on.
pub const ROWS_HELD_MAX: usize = 20_000;

/// A product and the cells that had to be left out of it.
pub type Assembled = (Product, Vec<Problem>);

/// Where a nested variant's id may stand when it is not in the schema's `id` column.
const VARIANT_ID_FIELDS: [&str; 3] = ["id", "variant_id", "sku"];

/// Rows in, products out.
///
/// An `Err` is a row that was refused, or a problem that came with the rows. Optional cells that cannot be read do not
/// cost the product: their problems stand beside it. Rows that share `schema.group` become one product even when other
/// rows stand between them, as long as no more than `ROWS_HELD_MAX` rows of other groups do. Of two products with the
/// same id the first one stays.
pub fn products<'a>(
    schema: &'a Schema,
    rows: impl Iterator<Item = Result<Row, Problem>> + 'a,
) -> impl Iterator<Item = Result<Assembled, Problem>> + 'a {
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

impl<Rows: Iterator<Item = Result<Row, Problem>>> Iterator for Assembly<'_, Rows> {
    type Item = Result<Assembled, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            match self.rows.next() {
                Some(Ok(row)) => {
                    if let Err(problem) = self.take(&row) {
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
    fn take(&mut self, row: &Row) -> Result<(), Problem> {
        let group = match &self.schema.group {
            Some(column) => id_in(&row.cells, column).map_err(|reason| row.problem(reason))?,
            None => None,
        };
        match group {
            Some(group) => self.join(row, group),
            None if self.schema.group.is_some() => self.join_as_parent(row),
            None => self.take_single(row),
        }
    }

    /// A row that is a product of its own.
    fn take_single(&mut self, row: &Row) -> Result<(), Problem> {
        let id = required_id(row, &self.schema.id)?;
        let mut problems = Vec::new();
        let own = |attribute: &Attribute| !attribute.variant;
        let values = read_all(self.schema, row, &row.cells, own, &mut problems);
        let variants = self.variants(row, &id, &mut problems)?;
        let product = Product {
            id,
            values,
            variants,
        };
        self.finish(row.line, &row.feed, product, problems);
        Ok(())
    }

    /// The variants nested in a row, or the row itself as the only one.
    fn variants(
        &mut self,
        row: &Row,
        product: &str,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Variant>, Problem> {
        let column = self.schema.variants.as_deref();
        let cells = column
            .map(|column| cells_at(&row.cells, column))
            .unwrap_or_default();
        let nested = cells.iter().filter_map(|cell| cell.as_array()).flatten();
        let mut variants: Vec<Variant> = Vec::new();
        let is_variant = |attribute: &Attribute| attribute.variant;
        let outer = read_all(self.schema, row, &row.cells, is_variant, problems);
        for (position, cell) in nested.enumerate() {
            if variants.len() >= VARIANTS_MAX {
                problems.push(row.problem(too_many_variants(product)));
                break;
            }
            let Some(cells) = cell.as_object() else {
                problems.push(row.problem(format!("variant {} is not an object", position + 1)));
                continue;
            };
            let fields = [self.schema.id.as_str()]
                .into_iter()
                .chain(VARIANT_ID_FIELDS);
            let mut ids = fields.filter_map(|field| id_in(cells, field).ok().flatten());
            let id = ids
                .next()
                .unwrap_or_else(|| format!("{product}-{}", position + 1));
            if variants.iter().any(|variant| variant.id == id) {
                problems.push(row.problem(format!("variant `{id}` is there twice")));
                continue;
            }
            let mut values = read_all(self.schema, row, cells, is_variant, problems);
            fill_empty(&mut values, outer.clone());
            variants.push(Variant { id, values });
        }
        if variants.is_empty() {
            variants.push(Variant {
                id: product.to_string(),
                values: outer,
            });
        }
        Ok(variants)
    }

    /// Adds a row to the product of its group.
    fn join(&mut self, row: &Row, key: String) -> Result<(), Problem> {
        self.refuse_if_passed_on(row, &key)?;
        let id = id_in(&row.cells, &self.schema.id).map_err(|reason| row.problem(reason))?;
        if let Some(id) = &id {
            self.variant_lines.take(row, id, "variant")?;
        }
        let (product_values, values, problems) = self.read_both(row);
        let no_id = no_id(&self.schema.id);
        let group = self.group(row, key);
        group.add(product_values, problems);
        let variants = &mut group.product.variants;
        match id {
            Some(_) if variants.len() >= VARIANTS_MAX => {
                if !group.full {
                    let reason = too_many_variants(&group.product.id);
                    group.problems.push(row.problem(reason));
                }
                group.full = true;
            }
            Some(id) => variants.push(Variant { id, values }),
            // Shopify writes further pictures of a product as rows without a variant.
            None if values.iter().all(Vec::is_empty) => {}
            None => group.problems.push(row.problem(no_id)),
        }
        self.hold_back();
        Ok(())
    }

    /// A row without a group: a product of its own, unless other rows name its id as their group.
    fn join_as_parent(&mut self, row: &Row) -> Result<(), Problem> {
        let id = required_id(row, &self.schema.id)?;
        self.refuse_if_passed_on(row, &id)?;
        self.variant_lines.take(row, &id, "product")?;
        let (product_values, values, problems) = self.read_both(row);
        let group = self.group(row, id);
        group.add(product_values, problems);
        group.parent = Some(values);
        self.hold_back();
        Ok(())
    }

    /// The values that belong to the product, those that belong to the variant, and what could not be read.
    fn read_both(&self, row: &Row) -> (Vec<Vec<Value>>, Vec<Vec<Value>>, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut read = |of_variant: bool| {
            let wanted = |attribute: &Attribute| attribute.variant == of_variant;
            read_all(self.schema, row, &row.cells, wanted, &mut problems)
        };
        let (product_values, values) = (read(false), read(true));
        (product_values, values, problems)
    }

    fn group(&mut self, row: &Row, key: String) -> &mut Group {
        let attributes = self.schema.attributes.len();
        self.groups.entry(key).or_insert_with_key(|key| {
            self.order.push_back(key.clone());
            Group::new(row, key, attributes)
        })
    }

    fn hold_back(&mut self) {
        self.rows_held += 1;
        while self.rows_held > ROWS_HELD_MAX && self.order.len() > 1 {
            self.pass_on_first_group();
        }
    }

    /// A row cannot join a product that was passed on already.
    fn refuse_if_passed_on(&self, row: &Row, key: &str) -> Result<(), Problem> {
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
        let row = Row {
            feed: feed.clone(),
            line,
            cells: Map::new(),
        };
        let title = self.schema.role(Role::Title);
        let untitled = title.is_some_and(|title| product.values_of(title).is_empty());
        let checked = if untitled {
            Err(row.problem(format!("product `{}` has no title", product.id)))
        } else {
            self.product_lines.take(&row, &product.id, "product")
        };
        self.ready.push_back(checked.map(|()| (product, problems)));
    }
}

impl Group {
    fn new(row: &Row, id: &str, attributes: usize) -> Self {
        Group {
            feed: Arc::clone(&row.feed),
            line: row.line,
            rows: 0,
            product: Product {
                id: id.to_string(),
                values: vec![Vec::new(); attributes],
                variants: Vec::new(),
            },
            problems: Vec::new(),
            parent: None,
            full: false,
        }
    }

    fn add(&mut self, product_values: Vec<Vec<Value>>, mut problems: Vec<Problem>) {
        self.rows += 1;
        self.problems.append(&mut problems);
        fill_empty(&mut self.product.values, product_values);
    }
}

/// Reads every attribute that is wanted; cells that cannot be read become problems.
fn read_all(
    schema: &Schema,
    row: &Row,
    cells: &Map<String, Json>,
    wanted: impl Fn(&Attribute) -> bool,
    problems: &mut Vec<Problem>,
) -> Vec<Vec<Value>> {
    let mut read = |attribute: &Attribute| {
        if !wanted(attribute) {
            return Vec::new();
        }
        values_in(attribute, cells).unwrap_or_else(|reason| {
            problems.push(row.problem(format!("`{}`: {reason}", attribute.name)));
            Vec::new()
        })
    };
    schema.attributes.iter().map(&mut read).collect()
}

fn fill_empty(values: &mut [Vec<Value>], others: Vec<Vec<Value>>) {
    for (own, other) in values.iter_mut().zip(others) {
        if own.is_empty() {
            *own = other;
        }
    }
}

fn too_many_variants(product: &str) -> String {
    format!(
        "product `{product}` has more than {VARIANTS_MAX} variants, this one and later ones are left out"
    )
}
