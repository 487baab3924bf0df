//! How a query was read, unit by unit, for whoever asks why.

use serde::Serialize;

use super::snapshot::Snapshot;
use crate::query::{self, Alternative, Query};

/// What a query asks for; with `explain` only.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Reading {
    /// What has to be found, in the order it was typed.
    pub units: Vec<UnitRead>,
    /// The query names one product by its code, so that taste has no say.
    pub names_a_product: bool,
}

/// One or more words, and what satisfies them.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct UnitRead {
    /// The words, corrected.
    pub said: String,
    /// It says what kind of thing is asked for.
    pub is_kind: bool,
    /// Any of these satisfies it, the words' own stems first.
    pub ways: Vec<Way>,
}

/// One way to satisfy a unit.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Way {
    /// Stems as texts are searched for them, or what they say together: `brand: acorn`, `code mx3070n`, `as a measure`.
    pub looks_for: String,
    /// 1 for the shopper's own word; less for what only means about the same.
    pub weight: f64,
}

impl Reading {
    pub(super) fn of(snapshot: &Snapshot, query: &Query) -> Reading {
        let kind = query::head(&snapshot.language, query);
        let units = query.units.iter().zip(&query.said).enumerate();
        let read = |(number, (unit, said)): (usize, (&query::Unit, &String))| UnitRead {
            said: said.clone(),
            is_kind: kind == Some(number),
            ways: unit
                .alternatives
                .iter()
                .map(|way| Way::of(snapshot, way))
                .collect(),
        };
        Reading {
            units: units.map(read).collect(),
            names_a_product: query.names_a_product,
        }
    }
}

impl Way {
    fn of(snapshot: &Snapshot, way: &Alternative) -> Way {
        let attributes = &snapshot.catalog.schema.attributes;
        let name = |position: usize| attributes.get(position).map_or("", |of| of.name.as_str());
        let told = way.stems.iter().map(|stem| query::told_term(stem, name));
        Way {
            looks_for: told.collect::<Vec<_>>().join(" "),
            weight: (f64::from(way.weight) * 100.0).round() / 100.0,
        }
    }
}
