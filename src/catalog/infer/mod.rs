//! A feed never seen before in, a schema for it out, with a reason for every attribute.

mod columns;
mod facets;
mod identity;
mod language;
mod left_out;
mod names;
mod roles;
#[cfg(test)]
mod tests;
mod types;
mod variation;
mod written;

use rustc_hash::FxHashSet;

use crate::catalog::feed::{RawRow, Row};
use crate::catalog::schema::{Attribute, Kind, Role, Schema};
use crate::problem::Problem;

use columns::{Column, Columns};
use names::{canonical, plain_name};
use roles::{Found, Roles};

pub(crate) use language::language_of;
pub use written::commented_toml;

/// At most this many rows are looked at.
pub const ROWS_MAX: usize = 20_000;

/// Looking stops early when the rows hold this much text.
pub const TEXT_BYTES_MAX: usize = 256 << 20;

/// At most this many attributes are proposed, beside the one for the words of all other columns.
pub const PROPOSED_MAX: usize = 60;

/// What was concluded from looking at a feed.
#[derive(Debug)]
pub struct Inferred {
    pub schema: Schema,
    /// Why each attribute is what it is, by its position in the schema.
    pub notes: Vec<String>,
    /// The columns that no attribute has, each with the reason.
    pub left_out: Vec<String>,
    /// How many rows were looked at.
    pub rows: usize,
    /// How many columns the feed has.
    pub columns: usize,
    /// What was wrong with the lines that were looked at.
    pub problems: Vec<Problem>,
}

/// Looks at the first `ROWS_MAX` rows of a feed and decides what is what, by the names of its columns and by what they
/// hold. The schema always has an id and a title, in the worst case the same column.
pub fn infer(feed: impl IntoIterator<Item = Result<RawRow, Problem>>) -> Inferred {
    let mut problems = Vec::new();
    let mut raw_rows = Vec::new();
    let mut text_bytes = 0;
    for row in feed {
        match row {
            Ok(row) => {
                text_bytes += row.bytes();
                raw_rows.push(row);
            }
            Err(problem) => problems.push(problem),
        }
        if raw_rows.len().max(problems.len()) >= ROWS_MAX || text_bytes >= TEXT_BYTES_MAX {
            break;
        }
    }
    let mut rows = Vec::with_capacity(raw_rows.len());
    for row in &raw_rows {
        match row.read() {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(problem),
        }
    }
    // In the order of the feed; what concerns it as a whole comes last.
    problems.sort_by_key(|problem| problem.line.unwrap_or(u64::MAX));
    conclude(&rows, problems)
}

fn conclude(rows: &[Row], mut problems: Vec<Problem>) -> Inferred {
    let columns = Columns::of(rows);
    let roles = Roles::of(&columns, rows);
    problems.extend(repeated_id(&columns, rows, &roles));
    let mut proposal = Proposal::new(&columns, rows, &roles);
    for found in &roles.found {
        proposal.add_role(found);
    }
    proposal.add_types(&roles);
    proposal.add_codes_and_keywords(&roles);
    proposal.add_facets(&roles);
    proposal.add_rest(&roles);

    let left_out = left_out::left_out(&columns, &roles, &proposal.attributes);
    let name_of = |position: usize| columns.all.get(position).map(|column| column.name.clone());
    let schema = Schema {
        id: name_of(roles.id).unwrap_or_else(|| "id".into()),
        group: roles.group.and_then(name_of),
        variants: columns.variants.clone(),
        currency: language::currency(rows),
        language: language::language(rows, &proposal.attributes),
        facet_order: Vec::new(),
        attributes: proposal.attributes,
    };
    Inferred {
        schema,
        notes: proposal.notes,
        left_out,
        rows: rows.len(),
        columns: columns.all.len(),
        problems,
    }
}

/// When nothing tells products apart, most rows will be refused as there already; better to say so now.
fn repeated_id(columns: &Columns, rows: &[Row], roles: &Roles) -> Option<Problem> {
    let id = columns.all.get(roles.id)?;
    if roles.group.is_some() || id.uniqueness() >= 0.5 {
        return None;
    }
    let reason = format!(
        "no column tells products apart: `{}` was taken, and of its values in {} rows only {} differ",
        id.name,
        rows.len(),
        id.distinct.len()
    );
    let suggestion = "add a column with an id, or name the right one as `id` in index/schema.toml";
    Some(Problem::new(rows.first()?.feed, reason).suggest(suggestion))
}

/// Attributes so far, each with its note.
struct Proposal<'a> {
    columns: &'a Columns,
    rows: &'a [Row<'a>],
    /// By position of the column: its value differs between the variants of one product.
    varies: Vec<bool>,
    /// Rows are variants.
    grouped: bool,
    names: FxHashSet<String>,
    attributes: Vec<Attribute>,
    notes: Vec<String>,
}

impl<'a> Proposal<'a> {
    fn new(columns: &'a Columns, rows: &'a [Row], roles: &Roles) -> Self {
        Proposal {
            columns,
            rows,
            varies: variation::varies(columns, rows, roles),
            grouped: roles.group.is_some(),
            names: FxHashSet::default(),
            attributes: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// An attribute that plays a role, and what such a role is used for.
    fn add_role(&mut self, found: &Found) {
        let columns = self.columns;
        let column = found
            .columns
            .first()
            .and_then(|position| columns.all.get(*position));
        let Some(column) = column else {
            // A feed without a single column: the schema still parses.
            self.push(
                Attribute {
                    role: Some(found.role),
                    ..Attribute::new("title", Kind::Text)
                },
                "no column was seen".into(),
            );
            return;
        };
        let name = canonical(found.role).map_or_else(|| plain_name(&column.name), str::to_string);
        let mut attribute = self.attribute(&name, found.kind, &found.columns);
        attribute.role = Some(found.role);
        // Shopify writes a product's pictures beside its variants, each on any row.
        let gallery = found.role == Role::Image && column.filled(self.columns.rows) < 0.95;
        let product_level = gallery
            || matches!(
                found.role,
                Role::Title | Role::Description | Role::Brand | Role::Category
            );
        attribute.variant &= !product_level || column.nested;
        let per_variant = matches!(
            found.role,
            Role::Price | Role::ListPrice | Role::Stock | Role::Color | Role::Size
        );
        // A product outside groups has the column itself, a group's variants have it each.
        let in_variants = |other: &Column| other.nested && other.name == column.name;
        let also_nested = columns.all.iter().any(in_variants);
        attribute.variant |= per_variant && (self.grouped || also_nested);
        use_role(&mut attribute, found.role);
        let mut note = self.note(column);
        if found.guessed {
            note += "; found by what it holds, check that it is the right column";
        }
        if found.kind == Kind::Money && column.looks_like_cents() {
            attribute.scale = Some(0.01);
            note += &format!(
                "; whole amounts with a median of {:.0} that end in 4, 5 or 9 are cents, so they are multiplied by 0.01",
                column.median()
            );
        }
        attribute.separator = separator(&attribute, column);
        self.push(attribute, note);
    }

    /// A fresh attribute for these columns, with the name made valid and unique.
    fn attribute(&mut self, name: &str, kind: Kind, positions: &[usize]) -> Attribute {
        let all = &self.columns.all;
        let mut attribute = Attribute::new(self.free_name(name), kind);
        let mut names: Vec<String> = positions
            .iter()
            .map(|position| all[*position].name.clone())
            .collect();
        names.dedup();
        if names != [attribute.name.as_str()] {
            attribute.columns = names;
        }
        attribute.variant = positions
            .iter()
            .any(|position| all[*position].nested || self.varies[*position]);
        attribute
    }

    fn free_name(&mut self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "column" } else { wanted };
        let mut name = wanted.to_string();
        let mut number = 2;
        while !self.names.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    fn note(&self, column: &Column) -> String {
        let percent = 100.0 * column.filled(self.columns.rows);
        let filled = match percent {
            percent if percent >= 99.95 => "in every row".to_string(),
            percent if percent < 1.0 => "in fewer than 1 % of the rows".to_string(),
            percent => format!("in {percent:.0} % of the rows"),
        };
        let distinct = column.distinct.len();
        let noun = if distinct == 1 {
            "value"
        } else {
            "different values"
        };
        format!(
            "column `{}`: {filled}, {distinct} {noun}",
            column.name.replace(['\n', '\r'], " ")
        )
    }

    fn push(&mut self, attribute: Attribute, note: String) {
        self.attributes.push(attribute);
        self.notes.push(note);
    }
}

/// What each role is used for until the shop decides otherwise.
fn use_role(attribute: &mut Attribute, role: Role) {
    match role {
        Role::Title => attribute.searched = Some(3.0),
        Role::Description => attribute.searched = Some(1.0),
        Role::Brand => attribute.searched = Some(2.0),
        Role::Category => attribute.searched = Some(1.0),
        _ => {}
    }
    let faceted = matches!(
        role,
        Role::Brand | Role::Category | Role::Price | Role::Color | Role::Size | Role::Rating
    );
    attribute.facet = faceted;
    attribute.filter = !faceted
        && matches!(
            role,
            Role::ListPrice | Role::Stock | Role::Released | Role::Popularity | Role::Margin
        );
    attribute.sort = matches!(
        role,
        Role::Price | Role::Rating | Role::Popularity | Role::Released
    );
    attribute.affinity = matches!(role, Role::Brand | Role::Category | Role::Color);
    attribute.shown = !matches!(role, Role::Popularity | Role::Margin);
}

/// How one text cell holds several values, when it does.
fn separator(attribute: &Attribute, column: &Column) -> Option<String> {
    let often = |count: usize| column.share(count) >= 0.02;
    let plural = matches!(
        plain_name(&column.name).as_str(),
        "categories" | "kategorien" | "tags"
    );
    match attribute.kind {
        Kind::Keyword | Kind::Path | Kind::Url if often(column.piped) => Some("|".into()),
        Kind::Keyword | Kind::Path if plural && often(column.commas) => Some(", ".into()),
        // An address has no blank in it, so these are several.
        Kind::Url if often(column.commas) && column.words > column.values => Some(", ".into()),
        _ => None,
    }
}
