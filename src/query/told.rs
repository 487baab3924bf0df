//! Terms in words that people read.

use super::compounds::Part;
use super::values::value_of;
use crate::text::{code_of, is_measure};

/// What a stem or a term is looked for as: itself, a value of an attribute, a code, a measure, a part of compounds.
/// `name` names the attribute at a position of the schema.
pub fn told_term<'n>(term: &str, name: impl Fn(usize) -> &'n str) -> String {
    if let Some((attribute, stems)) = value_of(term) {
        return format!("{}: {stems}", name(attribute));
    }
    if let Some(code) = code_of(term) {
        return format!("code {code}");
    }
    if is_measure(term) {
        return "as a measure".to_owned();
    }
    match [Part::Head, Part::Other]
        .iter()
        .find_map(|part| part.stem_of(term))
    {
        Some(stem) => format!("compounds with {stem}"),
        None => term.to_owned(),
    }
}
