//! Which word of a query says what kind of thing is asked for.

use super::{Language, Query, Unit};

/// The unit that says what kind of thing is asked for: "bag" in "laptop bag for men", in languages that say first what
/// something is the first one. `None` when only numbers and codes are asked for.
pub fn head(language: &Language, query: &Query) -> Option<usize> {
    let connectives = language.analyzer.connectives();
    let is_connective = |stem: &String| connectives.contains(stem);
    let starts = query.stems.iter().position(|stem| !is_connective(stem))?;
    let named = &query.stems[starts..];
    let ends = named.iter().position(is_connective).unwrap_or(named.len());
    let named = &named[..ends];
    // What was typed need not come first among what it stands for.
    let is_named = |unit: &Unit| {
        let has_digit = |stem: &String| stem.bytes().any(|byte| byte.is_ascii_digit());
        let is_own = |stem: &String| named.contains(stem) && !has_digit(stem);
        let mut ways = unit.alternatives.iter();
        ways.any(|way| way.stems.iter().all(is_own))
    };
    if language.analyzer.heads_come_first() {
        query.units.iter().position(is_named)
    } else {
        query.units.iter().rposition(is_named)
    }
}

#[cfg(test)]
mod tests {
    //! Promise: a query asks for what its last word names, before words such as "for"; in some languages its first.

    use super::*;
    use crate::catalog::schema::Schema;
    use crate::query::{Synonyms, Understood};
    use crate::text::Analyzer;

    #[track_caller]
    fn check(language: &str, text: &str, expected: Option<&str>) {
        let analyzer = Analyzer::new(language);
        let stems = analyzer.stems(text);
        let worth = stems.iter().filter(|stem| !analyzer.is_stopword(stem));
        let query = Query {
            text: text.into(),
            units: worth.map(Unit::word).collect(),
            said: Vec::new(),
            stems,
            filter: crate::catalog::filter::Filter::All(Vec::new()),
            names_a_product: false,
            understood: Understood::default(),
        };
        let schema =
            "id = \"id\"\n[[attribute]]\nname = \"title\"\ntype = \"text\"\nrole = \"title\"\n";
        let schema = Schema::parse("schema.toml", schema).unwrap();
        let language = Language::new(&schema, analyzer, Synonyms::default());
        let head = head(&language, &query).map(|unit| &query.units[unit].alternatives[0].stems[0]);
        assert_eq!(head.map(String::as_str), expected, "{text}");
    }

    #[test]
    fn the_head_is_what_is_asked_for() {
        check("en", "laptop bag", Some("bag"));
        check("en", "bag for laptop 15", Some("bag"));
        check("en", "the red lamp 3000", Some("lamp"));
        check("fr", "housse pour ordinateur", Some("houss"));
        check("fr", "housse ordinateur", Some("houss"));
        check("en", "3000 15", None);
        check("en", "", None);
    }
}
