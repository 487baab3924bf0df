//! Promises:
//! 1. An unknown facet, sort or recipe is an error that says what is known, and a number out of range what is allowed.
//! 2. A malformed filter is an error that says where it is wrong and what to write instead.

use expect_test::expect;

use crate::shop::{check, shoes};

#[test]
fn unknown_names_say_what_is_known() {
    let shop = shoes();
    check(
        &shop,
        " | facets=brnd",
        expect![[r#"
        error: unknown facet `brnd`: did you mean `brand`?
    "#]],
    );
    check(
        &shop,
        " | facets=stock",
        expect![[r#"
        error: unknown facet `stock`: known are brand, category, price, color, tags
    "#]],
    );
    check(
        &shop,
        " | sort=prize:asc",
        expect![[r#"
        error: unknown sort `prize`: did you mean `price`?
    "#]],
    );
    check(
        &shop,
        " | sort=price",
        expect![[r#"
        error: `sort` `price` has no direction: write price:asc or price:desc
    "#]],
    );
    check(
        &shop,
        " | sort=price:down",
        expect![[r#"
        error: `sort` `price:down` has no direction: write price:asc or price:desc
    "#]],
    );
    check(
        &shop,
        " | recipe=defualt",
        expect![[r#"
        error: unknown recipe `defualt`: did you mean `default`?
    "#]],
    );
    check(
        &shop,
        " | page=0",
        expect![[r#"
        error: `page` is 0: pages are counted from 1
    "#]],
    );
    check(
        &shop,
        " | hits_per_page=1001",
        expect![[r#"
        error: `hits_per_page` is 1001: write at most 1000
    "#]],
    );
    check(
        &shop,
        " | page=2000000",
        expect![[r#"
        error: `page` 2000000 of 24 hits goes too deep: paging ends after 1000000 hits; narrow the list with `filter`
    "#]],
    );
    check(
        &shop,
        " | impact=101",
        expect![[r#"
        error: `impact` is out of range: write a number between 0 and 100
    "#]],
    );
}

#[test]
fn malformed_filters_say_where_and_what_to_write() {
    let shop = shoes();
    check(
        &shop,
        " | filter=colour:red",
        expect![[r#"
        error: unknown attribute `colour` at character 1 of the filter `colour:red`: did you mean `color`?
    "#]],
    );
    check(
        &shop,
        " | filter=code:NX-2041",
        expect![[r#"
        error: attribute `code` cannot be filtered at character 1 of the filter `code:NX-2041`: give it `filter = true` in index/schema.toml and index again; filterable are title, brand, category, price, stock, color, tags
    "#]],
    );
    check(
        &shop,
        " | filter=brand:Acorn price < 5",
        expect![[r#"
        error: expected AND, OR or the end at character 13 of the filter `brand:Acorn price < 5`: join conditions with AND or OR, and quote a value that has spaces
    "#]],
    );
    check(
        &shop,
        " | filter=price < cheap",
        expect![[r#"
        error: `cheap` is not a number, which `price` holds at character 9 of the filter `price < cheap`: write for example price > 49.95
    "#]],
    );
    check(
        &shop,
        " | filter=brand < 5",
        expect![[r#"
        error: attribute `brand` holds words, which `<` cannot compare at character 7 of the filter `brand < 5`: write brand:VALUE
    "#]],
    );
    check(
        &shop,
        " | filter=(brand:Acorn",
        expect![[r#"
            error: expected `)` to close the `(` of character 1, at character 13 of the filter `(brand:Acorn`
        "#]],
    );
    check(
        &shop,
        " | filter=brand:\"Acorn",
        expect![[r#"
        error: the quote " is never closed at character 7 of the filter `brand:"Acorn`
    "#]],
    );
    check(
        &shop,
        " | filter=brand:Acorn AND",
        expect![[r#"
            error: expected a condition at character 16 of the filter `brand:Acorn AND`: write for example brand:Nike or price < 50
        "#]],
    );
    check(
        &shop,
        " | filter=brand:",
        expect![[r#"
        error: expected a value for `brand` at character 7 of the filter `brand:`
    "#]],
    );
}
