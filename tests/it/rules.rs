//! Promises:
//! 1. Rules pin, suppress, boost and bury while their conditions hold.
//! 2. What of a rule could not be done is said: a pin that is sold out or filtered away, and pins under a chosen sort.
//! 3. A pin that does not land takes nobody's place.

use expect_test::expect;

use crate::shop::{ask, check, ids, shoes};

#[test]
fn a_pin_that_does_not_land_leaves_its_place_to_the_next() {
    let shop = shoes().rules(
        "[[rule]]
        name = \"first\"
        pin = [{ product = \"2\", position = 1 }, { product = \"5\", position = 2 }]
        [[rule]]
        name = \"second\"
        pin = [{ product = \"6\", position = 1 }, { product = \"4\", position = 2 }]",
    );
    assert_eq!(ids(&shop.page(&ask(" | hits_per_page=3"))), ["6", "5", "4"]);
}

#[test]
fn rules_pin_suppress_boost_and_bury() {
    let rules = "
        [[rule]]
        name = \"runners\"
        when = { query = { contains = \"shoes\" } }
        pin = [{ product = \"6\", position = 1 }, { product = \"2\", position = 2, fallback = \"4\" }]
        suppress = [\"1\"]
        [[rule]]
        name = \"sold out\"
        pin = [{ product = \"2\", position = 1 }]
        [[rule]]
        name = \"later\"
        when = { from = \"2026-12-01\" }
        suppress = [\"3\"]
        ";
    let shop = shoes().rules(rules);
    check(
        &shop,
        "shoes | facets=brand",
        expect![[r#"
            6 Notebook NX-2041
            4 Trail jacket
            3 Red leather boots
            2 Blue running <em>shoe</em> (sold out)
            brand: Birch 2, Acorn 1, Cedar 1
            rule `runners` held: product `2` is sold out, so `4` stands in
            rule `sold out` held: product `2` is sold out
        "#]],
    );
    check(
        &shop,
        "shoes | filter=brand:Acorn",
        expect![[r#"
            3 Red leather boots
            rule `runners` held: product `6` is outside the filters; product `2` is sold out, product `4` is outside the filters
            rule `sold out` held: product `2` is sold out
        "#]],
    );
    check(
        &shop,
        "shoes | sort=price:asc",
        expect![[r#"
        2 Blue running <em>shoe</em> (sold out)
        3 Red leather boots
        rule `runners` held: pins give way to the sort that the shopper chose
        rule `sold out` held: pins give way to the sort that the shopper chose
    "#]],
    );
    check(
        &shop,
        "shoes | rules=off",
        expect![[r#"
        1 Red running <em>shoes</em>
        3 Red leather boots
        2 Blue running <em>shoe</em> (sold out)
    "#]],
    );
    check(
        &shop,
        "boots | now=2026-12-01T00:00:00Z",
        expect![[r#"
            rule `later` held
            rule `sold out` held: product `2` is sold out
        "#]],
    );
    let boosted = |rule: &str| shoes().rules(&format!("[[rule]]\nname = \"taste\"\n{rule}\n"));
    check(
        &boosted("boost = [{ filter = \"brand:Birch\", by = 2 }]"),
        "",
        expect![[r#"
        4 Trail jacket
        1 Red running shoes
        3 Red leather boots
        5 Café au lait mug
        6 Notebook NX-2041
        2 Blue running shoe (sold out)
        rule `taste` held
    "#]],
    );
    check(
        &boosted("bury = [{ filter = \"color:red\" }]"),
        "",
        expect![[r#"
        4 Trail jacket
        5 Café au lait mug
        1 Red running shoes
        3 Red leather boots
        6 Notebook NX-2041
        2 Blue running shoe (sold out)
        rule `taste` held
    "#]],
    );
}
