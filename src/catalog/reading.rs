//! One row in, its values out: all that can be known of a row without the others.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use crate::catalog::assembly::fill_empty;
use crate::catalog::feed::{Cell, Cells, RawRow, Row};
use crate::catalog::ids::{id_in, required_id};
use crate::catalog::product::{VARIANTS_MAX, Value, Variant};
use crate::catalog::repairs::Repairs;
use crate::catalog::rest::rest_of;
use crate::catalog::schema::{Attribute, Schema};
use crate::catalog::values::{Mend, cells_at, values_in};
use crate::problem::Problem;

/// Where a nested variant's id may stand when it is not in the schema's `id` column.
const VARIANT_ID_FIELDS: [&str; 3] = ["id", "variant_id", "sku"];

/// A row whose cells are values.
#[derive(Debug)]
pub struct ReadRow {
    /// The name of the feed it came from, for problems.
    pub(super) feed: Arc<str>,
    /// The line it starts on, counted from 1.
    pub(super) line: u64,
    /// What joins it to other rows, when the schema has such a column and the row fills it.
    pub(super) group: Option<String>,
    /// Always there when `group` is not.
    pub(super) id: Option<String>,
    /// The values that belong to the product, by position of the attribute.
    pub(super) product: Vec<Vec<Value>>,
    /// The values that belong to a variant, by position of the attribute.
    pub(super) variant: Vec<Vec<Value>>,
    /// The variants listed in one of the row's cells.
    pub(super) nested: Vec<Variant>,
    /// Fingerprints of the names of the columns that it fills.
    pub(super) filled: Vec<u32>,
    /// The cells that could not be read.
    pub(super) problems: Vec<Problem>,
}

impl ReadRow {
    /// A problem with this row.
    pub(super) fn problem(&self, reason: impl Into<String>) -> Problem {
        Problem::new(&*self.feed, reason).at(self.line)
    }
}

/// Reads the cells of a row and their values; what had to be mended is counted.
///
/// # Errors
/// When it cannot be read at all, or has no id that a product could go by.
pub fn read_row(schema: &Schema, raw: &RawRow, repairs: &mut Repairs) -> Result<ReadRow, Problem> {
    let row = raw.read()?;
    let refused = |reason: String| row.problem(reason);
    let group = match &schema.group {
        Some(column) => id_in(&row.cells, column).map_err(refused)?,
        None => None,
    };
    let id = match group {
        Some(_) => id_in(&row.cells, &schema.id).map_err(refused)?,
        None => Some(required_id(&row.cells, &schema.id).map_err(refused)?),
    };
    let mut found = Findings {
        problems: Vec::new(),
        repairs,
    };
    let of_product = |attribute: &Attribute| !attribute.variant;
    let product = read_all(schema, &row, &row.cells, of_product, &mut found);
    let variant = read_all(schema, &row, &row.cells, of_variant, &mut found);
    let nested = match (&id, &schema.variants) {
        (Some(id), Some(column)) if schema.group.is_none() => {
            nested_variants(schema, &row, (id, column), &variant, &mut found)
        }
        _ => Vec::new(),
    };
    Ok(ReadRow {
        feed: Arc::clone(&raw.feed),
        line: raw.line,
        group,
        id,
        product,
        variant,
        nested,
        filled: filled(&row.cells),
        problems: found.problems,
    })
}

/// What is wrong with a row, and what was wrong and is mended.
struct Findings<'r> {
    problems: Vec<Problem>,
    repairs: &'r mut Repairs,
}

impl Findings<'_> {
    fn note(&mut self, attribute: &Attribute, mends: u8, line: u64) {
        let made = |mend: &Mend| mends & *mend as u8 != 0;
        for mend in Mend::ALL.into_iter().filter(made) {
            let what = format!("`{}`: {}", attribute.name, mend.said());
            self.repairs.note(&what, line);
        }
    }
}

/// Fingerprints of the names of the columns that a row fills.
fn filled(cells: &Cells<'_>) -> Vec<u32> {
    let says_nothing = |cell: &Cell<'_>| match cell {
        Cell::Null => true,
        Cell::Str(text) => text.trim().is_empty(),
        Cell::Array(list) => list.is_empty(),
        _ => false,
    };
    let columns = cells.iter().filter(|(_, cell)| !says_nothing(cell));
    columns
        .map(|(column, _)| FxBuildHasher.hash_one(column) as u32)
        .collect()
}

/// The variants in a column of a row, each with what it leaves out taken from the row.
fn nested_variants(
    schema: &Schema,
    row: &Row<'_>,
    (product, column): (&str, &str),
    outer: &[Vec<Value>],
    found: &mut Findings<'_>,
) -> Vec<Variant> {
    let cells = cells_at(&row.cells, column);
    let nested = cells.iter().filter_map(|cell| cell.as_array()).flatten();
    let mut variants: Vec<Variant> = Vec::new();
    for (position, cell) in nested.enumerate() {
        if variants.len() >= VARIANTS_MAX {
            found.problems.push(row.problem(too_many_variants(product)));
            break;
        }
        let Cell::Object(cells) = cell else {
            found
                .problems
                .push(row.problem(format!("variant {} is not an object", position + 1)));
            continue;
        };
        let fields = [schema.id.as_str()].into_iter().chain(VARIANT_ID_FIELDS);
        let mut ids = fields.filter_map(|field| id_in(cells, field).ok().flatten());
        let id = ids
            .next()
            .unwrap_or_else(|| format!("{product}-{}", position + 1));
        if variants.iter().any(|variant| variant.id == id) {
            found
                .problems
                .push(row.problem(format!("variant `{id}` is there twice")));
            continue;
        }
        let mut values = read_all(schema, row, cells, of_variant, found);
        fill_empty(&mut values, outer.to_vec());
        variants.push(Variant { id, values });
    }
    variants
}

fn of_variant(attribute: &Attribute) -> bool {
    attribute.variant
}

/// Reads every attribute that is wanted; cells that cannot be read become problems.
fn read_all(
    schema: &Schema,
    row: &Row<'_>,
    cells: &Cells<'_>,
    wanted: impl Fn(&Attribute) -> bool,
    found: &mut Findings<'_>,
) -> Vec<Vec<Value>> {
    let mut read = |attribute: &Attribute| {
        if !wanted(attribute) {
            return Vec::new();
        }
        if attribute.takes_the_rest() {
            return rest_of(schema, cells);
        }
        match values_in(attribute, Some(&schema.currency), cells) {
            Ok(values) => {
                found.note(attribute, values.mends, row.line);
                values.values
            }
            Err(reason) => {
                let problem = row.problem(format!("`{}`: {reason}", attribute.name));
                found.problems.push(problem);
                Vec::new()
            }
        }
    };
    schema.attributes.iter().map(&mut read).collect()
}

pub(super) fn too_many_variants(product: &str) -> String {
    format!(
        "product `{product}` has more than {VARIANTS_MAX} variants, this one and later ones are left out"
    )
}
