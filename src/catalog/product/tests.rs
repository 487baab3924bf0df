//! What the catalog promises of cells and rows:
//! 1. a cell reads as a merchant means it, or says why it cannot;
//! 2. a product needs an id of its own and a title, everything else may be missing or wrong;
//! 3. rows of a group and nested variants become one product;
//! 4. a page shows what can be bought for the lowest price.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use crate::catalog::feed::{Cell, Feed, Row};
use crate::catalog::repairs::Repairs;
use crate::catalog::schema::{Attribute, Kind, Role, Schema};
use crate::problem::Problem;

use super::*;

fn cell(attribute: &Attribute, cell: Json) -> String {
    let row = Row {
        feed: "feed",
        line: 2,
        cells: vec![(attribute.name.as_str(), (&cell).into())].into(),
    };
    match read_values(attribute, &row) {
        Ok(values) => {
            let values: Vec<String> = values.iter().map(|value| json(value).to_string()).collect();
            values.join(" ")
        }
        Err(reason) => format!("! {reason}"),
    }
}

fn check_cells(attribute: &Attribute, cases: &[(Json, &str)]) {
    for (written, read) in cases {
        assert_eq!(cell(attribute, written.clone()), *read, "{written}");
    }
}

#[test]
fn money_reads_with_currencies_and_either_decimal_sign() {
    check_cells(
        &Attribute::new("price", Kind::Money),
        &[
            (json!("1.299,00 €"), "1299"),
            (json!("USD 15.00"), "15"),
            (json!("15.00 USD"), "15"),
            (json!("$1,299.50"), "1299.5"),
            (json!("US$ 3"), "3"),
            (json!("1,299"), "1299"),
            (json!("0,299"), "0.299"),
            (json!("12,5"), "12.5"),
            (json!("1 299,90 kr"), "1299.9"),
            (json!("1\u{a0}299,90"), "1299.9"),
            (json!("CHF 1'299.90"), "1299.9"),
            (json!("1.299.000"), "1299000"),
            (json!("15,- €"), "15"),
            (json!("-3,20 €"), "-3.2"),
            (json!("€ -3.20"), "-3.2"),
            (json!(".99"), "0.99"),
            (json!(19.9), "19.9"),
            (json!({"amount": "15.00", "currency": "USD"}), "15"),
            (json!(""), ""),
            (json!(null), ""),
            (json!("abc"), "! `abc` is not a number"),
            (json!("10 - 20"), "! `10 - 20` is not a number"),
            (json!("NaN"), "! `NaN` is not a number"),
            (json!("1,2,3.4.5"), "! `1,2,3.4.5` is not a number"),
            (
                json!({"x": 1}),
                "! holds an object; name one of its fields, as in `columns = [\"price.x\"]`",
            ),
        ],
    );
    let mut cents = Attribute::new("price", Kind::Money);
    cents.scale = Some(0.01);
    check_cells(&cents, &[(json!(4995), "49.95"), (json!(1001), "10.01")]);
}

#[test]
fn numbers_are_finite_once_scaled() {
    let mut large = Attribute::new("price", Kind::Money);
    check_cells(
        &large,
        &[(
            json!(format!("${}", "9".repeat(400))),
            "! `$999999999999999999999999999999999999999…` is too large a number",
        )],
    );
    large.scale = Some(1e300);
    check_cells(
        &large,
        &[
            (json!(1e300), "! `1e+300` is too large a number"),
            (json!(2), "2e+300"),
        ],
    );
    for scale in ["nan", "inf", "0.0"] {
        let text = format!(
            "id = \"id\"\n[[attribute]]\nname = \"title\"\ntype = \"text\"\nrole = \"title\"\n\
             [[attribute]]\nname = \"price\"\ntype = \"money\"\nscale = {scale}\n"
        );
        let problems = Schema::parse("schema.toml", &text).unwrap_err();
        assert!(problems[0].reason.contains("`scale`"), "{problems:?}");
    }
}

#[test]
fn numbers_have_no_units() {
    check_cells(
        &Attribute::new("width", Kind::Number),
        &[
            (json!("19,5"), "19.5"),
            (json!("15 %"), "15"),
            (json!("1e3"), "1000"),
            (json!("10 cm"), "! `10 cm` is not a number"),
            (json!([1, 2, 2]), "1 2"),
        ],
    );
}

#[test]
fn stock_may_be_words() {
    let mut stock = Attribute::new("availability", Kind::Number);
    stock.role = Some(Role::Stock);
    check_cells(
        &stock,
        &[
            (json!("in stock"), "1"),
            (json!("in_stock"), "1"),
            (json!("https://schema.org/InStock"), "1"),
            (json!("Out of stock"), "0"),
            (json!("preorder"), ""),
            (json!("backorder"), ""),
            (json!(false), "0"),
            (json!("7"), "7"),
            (json!(7), "7"),
            (json!("soon"), "! `soon` is not a number"),
        ],
    );
}

#[test]
fn truths_may_be_words() {
    check_cells(
        &Attribute::new("touch", Kind::Boolean),
        &[
            (json!("Yes"), "true"),
            (json!("nein"), "false"),
            (json!(1), "true"),
            (json!("0"), "false"),
            (json!(true), "true"),
            (json!("in stock"), "true"),
            (json!("maybe"), "! `maybe` is neither yes nor no"),
        ],
    );
}

#[test]
fn dates_read_with_and_without_a_zone() {
    check_cells(
        &Attribute::new("released", Kind::Date),
        &[
            (json!("2009-12-10T00:00:00Z"), "\"2009-12-10T00:00:00Z\""),
            (
                json!("2009-12-10T01:00:00+01:00"),
                "\"2009-12-10T00:00:00Z\"",
            ),
            (json!("2009-12-10T01:00+0100"), "\"2009-12-10T00:00:00Z\""),
            (json!("2009-12-10"), "\"2009-12-10T00:00:00Z\""),
            (json!("2009-12-10 11:22:33"), "\"2009-12-10T11:22:33Z\""),
            (json!("10.12.2009"), "\"2009-12-10T00:00:00Z\""),
            (json!(1260403200), "\"2009-12-10T00:00:00Z\""),
            (json!(1260403200000u64), "\"2009-12-10T00:00:00Z\""),
            (
                json!("2009"),
                "! `2009` is not a date; write 2026-11-23 or 2026-11-23T10:00:00Z",
            ),
            (
                json!("soon"),
                "! `soon` is not a date; write 2026-11-23 or 2026-11-23T10:00:00Z",
            ),
        ],
    );
}

#[test]
fn text_loses_its_markup_and_nothing_else() {
    check_cells(
        &Attribute::new("text", Kind::Text),
        &[
            (
                json!("<p>A <b>b</b>ig&nbsp;mug</p><p>blue</p>"),
                "\"A big mug blue\"",
            ),
            (
                json!("&lt;p&gt;Fish &amp;amp; chips&lt;/p&gt;"),
                "\"Fish & chips\"",
            ),
            (json!("a < b && c > d"), "\"a < b && c > d\""),
            (json!("x<script>if (a < b) {}</script>y"), "\"x y\""),
            (
                json!("caf&eacute; &#8364;5 &#x41; &nope;"),
                "\"café €5 A &nope;\"",
            ),
            (json!("  two\n\tlines\u{0} "), "\"two lines\""),
            (json!(6.0), "\"6\""),
            (json!("<br>"), ""),
        ],
    );
}

#[test]
fn paths_and_lists_are_normalised() {
    let mut path = Attribute::new("category", Kind::Path);
    path.separator = Some("|".into());
    check_cells(
        &path,
        &[
            (json!("A>B / C"), "\"A > B / C\""),
            (json!("A &gt; B > | D"), "\"A > B\" \"D\""),
            (json!(["A > B", "C"]), "\"A > B\" \"C\""),
            (json!([["A", "B"], ["C"]]), "\"A > B\" \"C\""),
            (json!({"lvl0": "A", "lvl1": "A > B"}), "\"A > B\""),
        ],
    );
    let mut tags = Attribute::new("tags", Kind::Keyword);
    tags.separator = Some(",".into());
    check_cells(
        &tags,
        &[
            (json!("red, new,,red"), "\"red\" \"new\""),
            (json!(["a,b", "b"]), "\"a\" \"b\""),
        ],
    );
}

#[test]
fn the_first_column_with_a_value_wins_and_dots_reach_inside() {
    let mut image = Attribute::new("image", Kind::Url);
    image.columns = vec!["picture".into(), "images.src".into()];
    let read = |cells: Json| {
        let row = Row {
            feed: "feed",
            line: 1,
            cells: Cell::from(&cells).as_object().expect("an object").clone(),
        };
        read_values(&image, &row).expect("an address")
    };
    let nested = json!({"picture": "", "images": [{"src": "a.jpg"}, {"src": "b.jpg"}]});
    assert_eq!(
        read(nested),
        [Value::Text("a.jpg".into()), Value::Text("b.jpg".into())]
    );
}

const FLAT: &str = r#"
id = "sku"
[[attribute]]
name = "title"
type = "text"
role = "title"
shown = true
[[attribute]]
name = "price"
type = "money"
role = "price"
shown = true
"#;

const GROUPED: &str = r#"
id = "sku"
group = "style"
[[attribute]]
name = "title"
type = "text"
role = "title"
shown = true
[[attribute]]
name = "price"
type = "money"
role = "price"
shown = true
variant = true
[[attribute]]
name = "stock"
type = "number"
role = "stock"
shown = true
variant = true
[[attribute]]
name = "color"
type = "keyword"
role = "color"
shown = true
variant = true
"#;

fn assembled(schema: &Schema, feed: Feed) -> impl Iterator<Item = Result<Assembled, Problem>> {
    products(
        schema,
        feed.map(|raw| read_row(schema, &raw?, &mut Repairs::default())),
    )
}

fn check(schema: &str, feed: &str, expected: Expect) {
    let schema = Schema::parse("schema.toml", schema).expect("a good schema");
    let feed = Feed::from_bytes("feed", feed.into()).expect("the feed opens");
    let mut seen = String::new();
    for product in assembled(&schema, feed) {
        match product {
            Ok((product, problems)) => {
                let mut shown = Vec::new();
                write_shown(&schema, &product, &mut shown);
                let shown: Json = serde_json::from_slice(&shown).expect("it is JSON");
                seen += &format!("{} {shown}\n", product.id);
                problems
                    .iter()
                    .for_each(|problem| seen += &format!("  ? {problem}\n"));
            }
            Err(problem) => seen += &format!("! {problem}\n"),
        }
    }
    expected.assert_eq(&seen);
}

#[test]
fn a_row_is_refused_without_an_id_or_a_title_and_a_price_may_be_wrong() {
    let long = "9".repeat(201);
    check(
        FLAT,
        &format!(
            "sku,title,price\n1,Mug,9.50\n2,Pan,abc\n6,Pot,-4\n,Lid,1\n3,,1\n1,Cup,1\n{long},Jug,1\n"
        ),
        expect![[r#"
            1 {"title":"Mug","price":9.5}
            2 {"title":"Pan"}
              ? feed:3: `price`: `abc` is not a number
            6 {"title":"Pot"}
              ? feed:4: `price`: `-4` is less than nothing
            ! feed:5: has no id, column `sku` is empty or missing
            ! feed:6: product `3` has no title
            ! feed:7: product `1` is there twice, the first is on line 2
            ! feed:8: the id in `sku` is 201 bytes long, at most 200 are allowed
        "#]],
    );
}

#[test]
fn rows_of_a_group_become_one_product_even_when_others_stand_between() {
    check(
        GROUPED,
        "sku,style,title,price,stock,color\n\
         a1,A,Shirt,20,0,red\na2,A,,25,3,blue\nb1,B,Hat,5,1,red\na3,A,,30,1,red\nc1,,Sock,2,9,\na2,A,,1,1,red\n,A,,,,\n,A,,7,,\n",
        expect![[r#"
            ! feed:7: variant `a2` is there twice, the first is on line 3
            A {"title":"Shirt","price":25,"stock":4,"color":["red","blue"],"variants":[{"id":"a1","price":20,"stock":0,"color":"red"},{"id":"a2","price":25,"stock":3,"color":"blue"},{"id":"a3","price":30,"stock":1,"color":"red"}]}
              ? feed:9: has no id, column `sku` is empty or missing
            B {"title":"Hat","price":5,"stock":1,"color":"red","variants":[{"id":"b1","price":5,"stock":1,"color":"red"}]}
            c1 {"title":"Sock","price":2,"stock":9}
        "#]],
    );
}

#[test]
fn a_parent_row_is_no_variant_when_others_name_it() {
    check(
        GROUPED,
        "sku,style,title,price,stock,color\nA,,Shirt,,,\na1,A,Shirt red,20,1,red\nB,,Hat,5,1,blue\nB,,Hat,5,1,blue\n",
        expect![[r#"
            ! feed:5: product `B` is there twice, the first is on line 4
            A {"title":"Shirt","price":20,"stock":1,"color":"red","variants":[{"id":"a1","price":20,"stock":1,"color":"red"}]}
            B {"title":"Hat","price":5,"stock":1,"color":"blue"}
        "#]],
    );
}

#[test]
fn groups_too_far_apart_are_refused() {
    let mut feed = String::from("sku,style,title,price,stock,color\na1,A,Shirt,20,1,red\n");
    (0..=ROWS_HELD_MAX).for_each(|row| feed += &format!("b{row},B{row},Hat,5,1,red\n"));
    feed += "a2,A,Shirt,20,1,blue\n";
    let schema = Schema::parse("schema.toml", GROUPED).expect("a good schema");
    let feed = Feed::from_bytes("feed", feed.into()).expect("the feed opens");
    let problems: Vec<String> = assembled(&schema, feed)
        .filter_map(Result::err)
        .map(|p| p.to_string())
        .collect();
    assert_eq!(
        problems,
        [
            "feed:20004: belongs to product `A`, whose rows from line 2 on are too far above (sort the feed by `style`)"
        ]
    );
}

#[test]
fn nested_variants_are_unfolded() {
    let schema = GROUPED.replace("group = \"style\"", "variants = \"variants\"");
    check(
        &schema,
        r#"{"sku":"A","title":"Shirt","color":"red","variants":[{"sku":"A1","price":"20","stock":0},{"id":7,"price":"25","stock":2,"color":"blue"},{"price":1},3,{"sku":"A1"}]}
{"sku":"B","title":"Hat","price":5,"variants":[]}
"#,
        expect![[r#"
            A {"title":"Shirt","price":1,"color":["red","blue"],"variants":[{"id":"A1","price":20,"stock":0,"color":"red"},{"id":"7","price":25,"stock":2,"color":"blue"},{"id":"A-3","price":1,"color":"red"}]}
              ? feed:1: variant 4 is not an object
              ? feed:1: variant `A1` is there twice
            B {"title":"Hat","price":5}
        "#]],
    );
}

#[test]
fn a_product_has_at_most_so_many_variants() {
    let mut feed = String::from("sku,style,title,price,stock,color\n");
    (0..VARIANTS_MAX + 2).for_each(|row| feed += &format!("a{row},A,Shirt,20,1,red\n"));
    let schema = Schema::parse("schema.toml", GROUPED).expect("a good schema");
    let feed = Feed::from_bytes("feed", feed.into()).expect("the feed opens");
    let (product, problems) = assembled(&schema, feed)
        .next()
        .expect("one product")
        .expect("a good one");
    assert_eq!((product.variants.len(), problems.len()), (VARIANTS_MAX, 1));
}

proptest! {
    #[test]
    fn no_cell_makes_it_panic(text in "(<[a-z/! ]{0,3}|&[a-z#0-9]{0,4};?|[0-9.,' €-]{0,6}|\\PC{0,8}){0,6}", kind in 0..8usize) {
        let kinds = [Kind::Text, Kind::Keyword, Kind::Path, Kind::Number, Kind::Money, Kind::Boolean, Kind::Date, Kind::Url];
        let mut attribute = Attribute::new("a", kinds[kind]);
        cell(&attribute, Json::String(text.clone()));
        attribute.role = Some(Role::Stock);
        cell(&attribute, Json::String(text));
    }

    #[test]
    fn plain_numbers_read_as_themselves(number in -1e12..1e12f64) {
        let read = cell(&Attribute::new("a", Kind::Number), Json::String(number.to_string()));
        prop_assert_eq!(read.parse::<f64>().expect("a number"), number);
    }
}
