//! Promises: bad rules are reported with their line and the others hold.

use expect_test::{Expect, expect};

use super::*;
use crate::catalog::columns::{Columns, ColumnsBuilder};
use crate::catalog::product::{Product, Value, Variant};
use crate::catalog::schema::Schema;
use crate::ranking::Shelf;
use crate::text::Analyzer;

const SCHEMA: &str = "id = \"id\"\n[[attribute]]\nname = \"title\"\ntype = \"text\"\nrole = \"title\"\n\
                      [[attribute]]\nname = \"brand\"\ntype = \"keyword\"\nfacet = true\n";

fn catalog() -> (Schema, Columns) {
    let schema = Schema::parse("schema.toml", SCHEMA).unwrap();
    let mut builder = ColumnsBuilder::new(&schema);
    for (id, brand) in [("1", "Xerox"), ("2", "HP")] {
        let values = vec![
            vec![Value::Text("toner".into())],
            vec![Value::Text(brand.into())],
        ];
        builder.push(&Product {
            id: id.into(),
            values,
            variants: vec![Variant {
                id: id.into(),
                values: vec![vec![]; 2],
            }],
        });
    }
    (schema, builder.finish())
}

fn parse(text: &str) -> (Rules, String) {
    let (schema, columns) = catalog();
    let shelf = Shelf {
        schema: &schema,
        columns: &columns,
    };
    let known = Known::default();
    let reading = Reading {
        shelf,
        analyzer: &Analyzer::new("en"),
        known: &known,
    };
    match Rules::parse("rules/a.toml", text, reading) {
        Ok((rules, problems)) => (
            rules,
            problems
                .iter()
                .map(|problem| format!("{problem}\n"))
                .collect(),
        ),
        Err(problem) => (Rules::default(), format!("whole file: {problem}\n")),
    }
}

#[track_caller]
fn check_problems(text: &str, rules: usize, expected: Expect) {
    let (parsed, problems) = parse(text);
    assert_eq!(parsed.rules.len(), rules);
    expected.assert_eq(&problems);
}

#[test]
fn a_bad_rule_is_reported_with_its_line_and_the_others_hold() {
    check_problems(
        "[[rule]]\nname = \"good\"\npin = [{ product = \"1\", position = 1 }]\n\n[[rule]]\nname = \"bad\"\npins = []\n",
        1,
        expect![[r#"
            rules/a.toml:5: rule `bad`: unknown field `pins`, expected one of `name`, `note`, `enabled`, `priority`, `stop`, `when`, `pin`, `slot`, `boost`, `bury`, `suppress`, `filter`, `replace`, `remove`, `add`, `sort`, `recipe`, `banner`, `redirect`, `data`, `facets` (did you mean `pin`?)
        "#]],
    );
    check_problems(
        "[[rule]]\nname = \"a\"\nboost = [{ filter = \"brnd:HP\", by = 2 }]\n[[rule]]\nname = \"b\"\nboost = [{ filter = \"brand:HQ\" }]\nsuppress = [\"9\"]\n",
        1,
        expect![[r#"
            rules/a.toml:1: rule `a`, boost: unknown attribute `brnd` at character 1 of the filter `brnd:HP`: did you mean `brand`? (the other rules of the file hold)
            rules/a.toml:4: rule `b`, boost: no product has brand `HQ` (did you mean `HP`?)
            rules/a.toml:4: rule `b`, suppress: no product `9` in the catalog (check the id; it holds again when the product is indexed)
        "#]],
    );
}

#[test]
fn a_syntax_error_is_of_the_whole_file() {
    let (_, problems) = parse("[[rule]]\nname = \"x\nsuppress = []\n");
    assert!(
        problems.starts_with("whole file: rules/a.toml:2: "),
        "{problems}"
    );
}

#[test]
fn a_rule_in_one_bracket_is_told_of_the_other() {
    let (_, problems) = parse("[rule]\nname = \"x\"\n");
    expect![[r#"
        whole file: rules/a.toml:1: invalid type: map, expected a sequence (a rule begins with `[[rule]]`, in two brackets)
    "#]].assert_eq(&problems);
}
