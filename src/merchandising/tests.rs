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
            filled: Vec::new(),
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
            rules/a.toml:7: rule `bad`: unknown key `pins` (did you mean `pin`?)
        "#]],
    );
    check_problems(
        "[[rule]]\nname = \"a\"\nboost = [{ filter = \"brnd:HP\", by = 2 }]\n[[rule]]\nname = \"b\"\nboost = [{ filter = \"brand:HQ\" }]\nsuppress = [\"9\"]\n",
        1,
        expect![[r#"
            rules/a.toml:3: rule `a`, boost: unknown attribute `brnd` at character 1 of the filter `brnd:HP`: did you mean `brand`? (the other rules of the file hold)
            rules/a.toml:6: rule `b`, boost: no product has brand `HQ` (did you mean `HP`?)
            rules/a.toml:7: rule `b`, suppress: no product `9` in the catalog (check the id; it holds again when the product is indexed)
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
fn a_mistake_is_told_on_its_own_line_and_in_plain_words() {
    let rules = [
        "when = { query = { contain = \"toner\" } }",
        "when = { timezone = \"Berlin\" }",
        "when = { from = \"27.11.2026\" }",
        "when = { weekly = { from = \"8 Uhr\" } }",
        "when = { weekly = { from = \"fri 8:00\", until = \"20:00\" } }",
        "when = { weekly = [{ form = \"8:00\" }] }",
        "redirect = \"help/returns\"",
        "pin = [{ product = \"1\", position = \"2\" }]",
        "pin = [{ product = 12061, position = 2 }]",
        "pin = [{ product = \"1\", postion = 2 }]",
        "pin = [\n  { product = \"1\", position = 1 },\n  { product = \"9\", position = 2 },\n]",
        "priority = 1.5",
        "enabled = \"false\"",
        "pin = { product = \"1\", position = 1 }",
    ];
    let rules =
        rules.map(|rule| format!("[[rule]]\nname = \"r\"\n# why\n{rule}\nsuppress = [\"1\"]\n"));
    let (_, problems) = parse(&rules.concat());
    expect![[r#"
        rules/a.toml:4: rule `r`: unknown key `contain` (did you mean `contains`?)
        rules/a.toml:9: rule `r`: unknown time zone `Berlin` (did you mean `Europe/Berlin`?)
        rules/a.toml:14: rule `r`: `from` is not a date: `27.11.2026` (write 2026-11-23 or 2026-11-23T08:00:00+01:00)
        rules/a.toml:19: rule `r`: `weekly`: unknown day `8` (write monday to sunday)
        rules/a.toml:24: rule `r`: `weekly`: of `from` and `until`, only one names a day (write { from = "fri 08:00", until = "sun 20:00" }, or { days = ["fri"], from = "08:00", until = "20:00" })
        rules/a.toml:29: rule `r`: unknown key `form` (did you mean `from`?)
        rules/a.toml:34: rule `r`: `help/returns` is no address (write /sale or https://shop.example/sale)
        rules/a.toml:39: rule `r`: found the text "2", expected a whole number (write it without quotes: 2)
        rules/a.toml:44: rule `r`: found the number `12061`, expected a text in quotes (write it in quotes: "12061")
        rules/a.toml:49: rule `r`: unknown key `postion` (did you mean `position`?)
        rules/a.toml:56: rule `r`, pin: no product `9` in the catalog (check the id; it holds again when the product is indexed)
        rules/a.toml:62: rule `r`: found the number `1.5`, expected a whole number (the other rules of the file hold)
        rules/a.toml:67: rule `r`: found the text "false", expected true or false (write it without quotes: false)
        rules/a.toml:72: rule `r`: found a table, expected a list in brackets [ ] (the other rules of the file hold)
    "#]].assert_eq(&problems);
}

#[test]
fn a_file_that_is_no_toml_says_what_is_missing_and_where() {
    let files = [
        "name = “x”",
        "name = \"x",
        "pin = [{ product = \"1, position = 1 }]\nsuppress = []",
        "pin = [{ product = \"1\" position = 1 }]",
        "pin = [{ product = \"1\", position = 1 ]",
        "suppress [\"1\"]",
        "suppress = [\"1\"] [\"2\"]",
    ];
    let told = files.map(|file| parse(&format!("[[rule]]\n{file}\nstop = true\n")).1);
    expect![[r#"
        whole file: rules/a.toml:2: string values must be quoted, expected literal string (`“` is a typographic quote: write a plain ")
        whole file: rules/a.toml:2: invalid basic string, expected `"` (a quote " is missing on this line)
        whole file: rules/a.toml:2: invalid basic string, expected `"` (a quote " is missing on this line)
        whole file: rules/a.toml:2: missing comma between key-value pairs, expected `,`
        whole file: rules/a.toml:2: invalid inline table element, expected `,`
        whole file: rules/a.toml:2: key with no value, expected `=`
        whole file: rules/a.toml:2: unexpected key or value, expected newline, `#` (a comma, a quote or a bracket is missing before it, or `=`)
    "#]].assert_eq(&told.concat());
}

#[test]
fn a_rule_in_one_bracket_is_told_of_the_other() {
    let (_, problems) = parse("[rule]\nname = \"x\"\n");
    expect![[r#"
        whole file: rules/a.toml:1: found a table, expected a list in brackets [ ] (a rule begins with `[[rule]]`, in two brackets)
    "#]].assert_eq(&problems);
}
