//! Promises: bad rules are reported with their line and the others hold; rules hold by stems, category and date.

use expect_test::{Expect, expect};

use super::*;
use crate::catalog::columns::{Columns, ColumnsBuilder};
use crate::catalog::product::{Product, Value, Variant};
use crate::catalog::schema::Schema;
use crate::query::{Query, Understood};
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
    match Rules::parse("rules/a.toml", text, shelf, &Analyzer::new("en")) {
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
            rules/a.toml:5: unknown field `pins`, expected one of `name`, `enabled`, `when`, `pin`, `boost`, `bury`, `suppress` (the other rules of the file hold)
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

fn query(text: &str) -> Query {
    let stems = Analyzer::new("en").stems(text);
    Query {
        text: text.into(),
        stems,
        units: vec![],
        names_a_product: false,
        understood: Understood::default(),
    }
}

/// Whether a rule with these conditions holds, or why not.
#[track_caller]
fn check(when: &str, text: &str, category: Option<&str>, now: &str, expected: Result<(), &str>) {
    let (rules, problems) = parse(&format!(
        "[[rule]]\nname = \"r\"\nwhen = {when}\nsuppress = [\"1\"]\n"
    ));
    assert_eq!(problems, "");
    let query = query(text);
    let context = Context {
        query: &query,
        category,
        segment: None,
        surface: "search",
        now: now.parse().unwrap(),
        explain: true,
    };
    let decision = decide(&rules, &context);
    assert_eq!(decision.considered[0].reason.as_deref(), expected.err());
    let unexplained = Context {
        explain: false,
        ..context
    };
    let reported = decide(&rules, &unexplained).considered.len();
    assert_eq!(reported, usize::from(expected.is_ok()));
}

#[test]
fn rules_hold_by_stems_category_and_date() {
    let now = "2026-11-23T10:00:00Z";
    check(
        "{ query = { contains = \"toners\" } }",
        "xerox toner black",
        None,
        now,
        Ok(()),
    );
    check(
        "{ query = { contains = \"ton\" } }",
        "toner",
        None,
        now,
        Err("the query does not contain `ton`"),
    );
    check(
        "{ query = { is = \"toner\" } }",
        "black toner",
        None,
        now,
        Err("the query is not `toner`"),
    );
    check(
        "{ query = { starts = \"black\" } }",
        "black toner",
        None,
        now,
        Ok(()),
    );
    check(
        "{ query = { ends = \"toner\" } }",
        "black toner",
        None,
        now,
        Ok(()),
    );
    check(
        "{ category = \"Shoes\" }",
        "",
        Some("Shoes > Running"),
        now,
        Ok(()),
    );
    check(
        "{ category = \"Shoes\" }",
        "",
        Some("Shoestrings"),
        now,
        Err("the page is not of category `Shoes`"),
    );
    check(
        "{ from = \"2026-11-24\" }",
        "",
        None,
        now,
        Err("it begins 2026-11-24"),
    );
    check(
        "{ from = 2026-11-23, until = 2026-11-23 }",
        "",
        None,
        now,
        Ok(()),
    );
    check(
        "{ until = \"2026-11-22\" }",
        "",
        None,
        now,
        Err("it ended 2026-11-22"),
    );
}
