//! The columns that say in a word or two what kind of thing a product is.

use crate::catalog::schema::Role;

use super::columns::Column;
use super::facets::{FILLED_MIN, is_facet};
use super::names::{plain_name, rank, spellings};
use super::roles::{Roles, kind_for};
use super::{Proposal, separator};

/// Types may be many, as long as each has some products.
pub(super) const TYPES_MAX: usize = 3_000;
/// Shoppers' leanings are learned from types that most products have.
const AFFINITY_FILLED_MIN: f64 = 0.5;

impl Proposal<'_> {
    /// Several columns may say what a product is, each of some products.
    pub(super) fn add_types(&mut self, roles: &Roles) {
        let columns = self.columns;
        for position in roles.candidates(columns, Role::Type) {
            let column = &columns.all[position];
            // Beside a category, a bare `type` is the platform's own, as WooCommerce's "simple" and "variable".
            let is_bare = plain_name(&column.name) == "type";
            if is_bare && !roles.columns_of(Role::Category).is_empty() {
                continue;
            }
            let kind = kind_for(Role::Type, column);
            let filled = column.filled(columns.rows);
            let mut attribute = self.attribute(&plain_name(&column.name), kind, &[position]);
            attribute.role = Some(Role::Type);
            attribute.searched = Some(1.0);
            attribute.facet = filled >= FILLED_MIN && is_facet(column, kind);
            attribute.affinity = filled >= AFFINITY_FILLED_MIN;
            attribute.separator = separator(&attribute, column);
            let note = self.note(column) + "; says what kind of thing a product is";
            self.push(attribute, note);
        }
    }
}

/// Whether its name is one of a product's type.
pub(super) fn is_type(column: &Column) -> bool {
    rank(spellings(Role::Type), &plain_name(&column.name)).is_some()
}
