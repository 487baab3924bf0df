//! Promises: any nesting reads as written; a filter on variants holds on one variant; errors point at the character.

use expect_test::{Expect, expect};

use super::*;
use crate::catalog::columns::{Columns, ColumnsBuilder};
use crate::catalog::product::{Product, Value, Variant};
use crate::catalog::schema::Schema;

const SCHEMA: &str = r#"
id = "id"
[[attribute]]
name = "title"
type = "text"
role = "title"
[[attribute]]
name = "brand"
type = "keyword"
facet = true
[[attribute]]
name = "category"
type = "path"
facet = true
[[attribute]]
name = "color"
type = "keyword"
facet = true
variant = true
[[attribute]]
name = "size"
type = "keyword"
facet = true
variant = true
[[attribute]]
name = "price"
type = "money"
role = "price"
filter = true
variant = true
[[attribute]]
name = "released"
type = "date"
filter = true
"#;

fn schema() -> Schema {
    Schema::parse("schema.toml", SCHEMA).unwrap()
}

/// Two products: a Nike shoe in red M (20) and blue L (60), and an Adidas bag without variants' values but a price.
fn columns() -> Columns {
    let text = |text: &str| vec![Value::Text(text.into())];
    let variant = |id: &str, color: &str, size: &str, price: f64| Variant {
        id: id.into(),
        values: vec![
            vec![],
            vec![],
            vec![],
            text(color),
            text(size),
            vec![Value::Number(price)],
            vec![],
        ],
    };
    let mut builder = ColumnsBuilder::new(&schema());
    builder.push(&Product {
        filled: Vec::new(),
        id: "shoe".into(),
        values: vec![
            text("Shoe"),
            text("Nike"),
            text("Shoes > Running"),
            vec![],
            vec![],
            vec![],
            vec![Value::Date(86_400)],
        ],
        variants: vec![
            variant("shoe-1", "red", "M", 20.0),
            variant("shoe-2", "blue", "L", 60.0),
        ],
    });
    builder.push(&Product {
        filled: Vec::new(),
        id: "bag".into(),
        values: vec![
            text("Bag"),
            text("Adidas Originals"),
            text("Bags"),
            vec![],
            vec![],
            vec![],
            vec![],
        ],
        variants: vec![Variant {
            id: "bag".into(),
            values: vec![
                vec![],
                vec![],
                vec![],
                vec![],
                vec![],
                vec![Value::Number(35.0)],
                vec![],
            ],
        }],
    });
    builder.finish()
}

/// The products a filter holds for.
#[track_caller]
fn check(filter: &str, expected: &[&str]) {
    let columns = columns();
    let parsed = parse(&schema(), filter).unwrap_or_else(|error| panic!("{error}"));
    let predicate = Predicate::bind(&parsed, &columns);
    let found: Vec<&str> = (0..columns.products())
        .filter(|product| predicate.holds_for_some(&columns, *product))
        .map(|product| columns.product_id(product))
        .collect();
    assert_eq!(found, expected, "{filter}");
}

#[test]
fn conditions_nest_and_and_binds_tighter_than_or() {
    check("", &["shoe", "bag"]);
    check("brand:Nike", &["shoe"]);
    check("brand:nike", &["shoe"]);
    check(
        "brand:\"Adidas Originals\" OR brand:Nike AND price > 1000",
        &["bag"],
    );
    check(
        "(brand:'Adidas Originals' OR brand:Nike) AND price > 50",
        &["shoe"],
    );
    check("NOT brand:Nike", &["bag"]);
    check("NOT (brand:Nike OR color:red)", &["bag"]);
    check("brand != Nike", &["bag"]);
    check("brand:Unknown", &[]);
}

#[test]
fn a_path_holds_for_its_whole_subtree() {
    check("category:Shoes", &["shoe"]);
    check("category:\"Shoes > Running\"", &["shoe"]);
    check("category:Running", &[]);
}

#[test]
fn numbers_and_dates_compare_with_open_and_closed_ends() {
    check("price:20 TO 35", &["shoe", "bag"]);
    check("price < 20", &[]);
    check("price<=20", &["shoe"]);
    check("price = 35", &["bag"]);
    check("price:35", &["bag"]);
    check("released > 1970-01-01", &["shoe"]);
    check("released > \"1970-01-02T00:00:00Z\"", &[]);
}

#[test]
fn conditions_on_variants_hold_on_one_variant() {
    check("color:red AND size:M", &["shoe"]);
    check("color:red AND size:L", &[]);
    check("color:red AND price > 50", &[]);
    check("color:blue AND price > 50", &["shoe"]);
}

#[test]
fn a_choice_is_of_one_attribute_and_not_negated() {
    let choice = |filter: &str| parse(&schema(), filter).unwrap().choice_of();
    assert_eq!(choice("brand:a OR brand:b"), Some(1));
    assert_eq!(choice("price:1 TO 2"), Some(5));
    assert_eq!(choice("brand:a OR color:b"), None);
    assert_eq!(choice("NOT brand:a"), None);
}

#[track_caller]
fn check_error(filter: &str, expected: Expect) {
    expected.assert_eq(&parse(&schema(), filter).unwrap_err().to_string());
}

#[test]
fn errors_say_what_where_and_what_to_write_instead() {
    check_error(
        "brand:Nike colour:red",
        expect![
            "expected AND, OR or the end at character 12 of the filter `brand:Nike colour:red`: join conditions with AND or OR, and quote a value that has spaces"
        ],
    );
    check_error(
        "brand:Nike AND colour:red",
        expect![
            "unknown attribute `colour` at character 16 of the filter `brand:Nike AND colour:red`: did you mean `color`?"
        ],
    );
    check_error(
        "title:x",
        expect![
            "attribute `title` cannot be filtered at character 1 of the filter `title:x`: give it `filter = true` in index/schema.toml and index again; filterable are brand, category, color, size, price, released"
        ],
    );
    check_error(
        "price < cheap",
        expect![
            "`cheap` is not a number, which `price` holds at character 9 of the filter `price < cheap`: write for example price > 49.95"
        ],
    );
    check_error(
        "brand < 3",
        expect![
            "attribute `brand` holds words, which `<` cannot compare at character 7 of the filter `brand < 3`: write brand:VALUE"
        ],
    );
    check_error(
        "(brand:Nike",
        expect![
            "expected `)` to close the `(` of character 1, at character 12 of the filter `(brand:Nike`"
        ],
    );
    check_error(
        "brand:\"Nike",
        expect!["the quote \" is never closed at character 7 of the filter `brand:\"Nike`"],
    );
    check_error(
        "brand",
        expect![
            "expected `:` or a comparison at character 6 of the filter `brand`: write brand:VALUE or brand < NUMBER"
        ],
    );
    check_error(
        "AND",
        expect![
            "expected a condition at character 1 of the filter `AND`: write for example brand:Nike or price < 50"
        ],
    );
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "[a-z:<>=!()\"'\\\\ ANDORTé0-9.]{0,60}") {
        let _ = parse(&schema(), &text);
    }
}

#[test]
fn deep_nesting_and_endless_filters_are_refused() {
    let deep = "(".repeat(500) + "brand:a" + &")".repeat(500);
    assert!(
        parse(&schema(), &deep)
            .unwrap_err()
            .reason
            .contains("nested deeper")
    );
    let long = "brand:a OR ".repeat(10_000) + "brand:b";
    assert!(
        parse(&schema(), &long)
            .unwrap_err()
            .reason
            .contains("bytes")
    );
}
