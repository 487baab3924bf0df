//! Conflicts and mistakes, named with file, line and what to do.

use endcap::merchandising::expired;
use endcap::problem::Problem;
use expect_test::{Expect, expect};

use crate::shop::{now, shoes};

#[track_caller]
fn check_conflicts(rules: &str, expected: Expect) {
    let shop = shoes().rules(rules);
    let snapshot = shop.engine.snapshot();
    let mut found = snapshot.conflicts.clone();
    found.extend(expired(&snapshot.rules, now()));
    let lines: Vec<String> = found.iter().map(Problem::to_string).collect();
    expected.assert_eq(
        &lines
            .join("\n")
            .replace("merchandising/rules/rules.toml", "FILE"),
    );
}

#[test]
fn contradicting_rules_are_named() {
    check_conflicts(
        "[[rule]]
name = \"pins\"
when = { query = { contains = \"red shoes\" } }
pin = [{ product = \"1\", position = 1 }]
[[rule]]
name = \"suppresses\"
when = { query = { contains = \"shoes\" } }
suppress = [\"1\"]
[[rule]]
name = \"lifts\"
boost = [{ filter = \"brand:Acorn\" }]
[[rule]]
name = \"sinks\"
bury = [{ filter = \"brand:Acorn\" }]
",
        expect![[r#"
            FILE:1: rule `pins` pins product `1`, which rule `suppresses` (FILE:5) suppresses (suppressing wins; remove the pin or the suppression)
            FILE:12: rule `sinks` buries what is boosted by rule `lifts` (FILE:9) under the same conditions (the two multiply; keep one)"#]],
    );
}

#[test]
fn shadowed_rules_are_named() {
    check_conflicts(
        "[[rule]]
name = \"first\"
when = { query = { is = \"red\" } }
pin = [{ product = \"1\", position = 1 }]
redirect = \"/a\"
[[rule]]
name = \"second\"
when = { query = { is = \"red\" } }
pin = [{ product = \"3\", position = 1 }]
redirect = \"/b\"
[[rule]]
name = \"stops\"
priority = 9
stop = true
sort = \"price:asc\"
[[rule]]
name = \"first\"
suppress = [\"5\"]
",
        expect![[r#"
            FILE:16: rule `first` has the name of the rule in FILE:1 (give each rule its own name)
            FILE:1: rule `first` is shadowed: rule `stops` (FILE:11) stops the rules after it (remove `stop`, or raise its `priority`)
            FILE:6: rule `second` is shadowed: rule `stops` (FILE:11) stops the rules after it (remove `stop`, or raise its `priority`)
            FILE:16: rule `first` is shadowed: rule `stops` (FILE:11) stops the rules after it (remove `stop`, or raise its `priority`)"#]],
    );
}

#[test]
fn rules_that_never_hold_and_rules_that_expired_are_named() {
    check_conflicts(
        "[[rule]]
name = \"backwards\"
when = { from = \"2027-01-02\", until = \"2026-12-01\" }
suppress = [\"1\"]
[[rule]]
name = \"no and yes\"
when = { query = { contains = \"red shoes\", none = \"shoes\" } }
suppress = [\"1\"]
[[rule]]
name = \"over\"
when = { until = \"2026-11-01\" }
suppress = [\"1\"]
",
        expect![[r#"
            FILE:1: rule `backwards` never holds: it ends 2026-12-01 and begins 2027-01-02 (change one of the two conditions)
            FILE:5: rule `no and yes` never holds: `query contains = red shoes` and `query none = shoes` (change one of the two conditions)
            FILE:9: rule `over` expired: it ended 2026-11-01 (remove it, or give it a later `until`)"#]],
    );
}

#[test]
fn a_pin_outside_its_own_filter_and_one_that_is_sold_out_are_named() {
    check_conflicts(
        "[[rule]]
name = \"outside\"
filter = \"brand:Acorn\"
pin = [{ product = \"4\", position = 1 }]
[[rule]]
name = \"elsewhere\"
when = { category = \"Shoes\" }
pin = [{ product = \"6\", position = 1 }]
[[rule]]
name = \"sold out\"
pin = [{ product = \"2\", position = 3, fallback = \"1\" }]
",
        expect![[r#"
            FILE:1: rule `outside` pins product `4`, which `filter` leaves out (the pin cannot land; pin another product, or change the filter)
            FILE:5: rule `elsewhere` pins product `6`, which `category = Shoes` leaves out (the pin cannot land; pin another product, or change the filter)
            FILE:9: rule `sold out`: pinned product `2` is sold out (`1` stands in; the pin resumes by itself)
            FILE:9: rule `sold out` pins product `2`, which rule `outside` (FILE:1) does not list (the pin cannot land while both hold; pin another product, or change the filter)
            FILE:5: rule `elsewhere` pins product `6`, which rule `outside` (FILE:1) does not list (the pin cannot land while both hold; pin another product, or change the filter)"#]],
    );
}

#[test]
fn rules_whose_hours_and_numbers_never_come_are_named() {
    check_conflicts(
        "[[rule]]
name = \"no weekend\"
when = { from = \"2026-11-23\", until = \"2026-11-26\", weekly = { days = [\"sat\", \"sun\"] } }
suppress = [\"5\"]
[[rule]]
name = \"weekend\"
when = { from = \"2026-11-23\", until = \"2026-11-28\", weekly = { days = [\"sat\", \"sun\"] } }
suppress = [\"5\"]
[[rule]]
name = \"apart\"
when = { filter = \"price < 5 AND price > 10\" }
suppress = [\"5\"]
",
        expect![[r#"
            FILE:1: rule `no weekend` never holds: `weekly = sat, sun 00:00 to 24:00` does not come between 2026-11-23 and 2026-11-26 (change one of the two conditions)
            FILE:9: rule `apart` never holds: no product passes `filter = price < 5 AND price > 10` (change one of the two conditions)"#]],
    );
}

#[test]
fn pins_that_get_in_each_others_way_are_named() {
    check_conflicts(
        "[[rule]]
name = \"hides\"
suppress = [{ filter = \"brand:Birch\" }]
[[rule]]
name = \"lists\"
when = { query = { contains = \"red\" } }
filter = \"price > 50\"
[[rule]]
name = \"pins\"
when = { query = { contains = \"red notebook\" } }
pin = [{ products = [\"6\", \"1\"], position = 1 }, { product = \"3\", position = 2 }, { product = \"1\", position = 9 }, { product = \"4\", position = 4 }]
[[rule]]
name = \"stops\"
priority = 1
stop = true
when = { query = { contains = \"boots\" } }
suppress = [\"5\"]
[[rule]]
name = \"never\"
when = { query = { contains = \"red boots\" } }
suppress = [\"1\"]
",
        expect![[r#"
            FILE:8: rule `pins` pins two products at position 2 (the second moves down; choose another position)
            FILE:8: rule `pins` pins product `1` twice (only the first pin lands; remove the other)
            FILE:8: rule `pins` pins product `4`, which rule `hides` (FILE:1) suppresses (suppressing wins; remove the pin or the suppression)
            FILE:8: rule `pins` pins product `6`, which rule `lists` (FILE:4) does not list (the pin cannot land while both hold; pin another product, or change the filter)
            FILE:18: rule `never` is shadowed: rule `stops` (FILE:12) stops the rules after it (remove `stop`, or raise its `priority`)"#]],
    );
}

#[test]
fn what_is_not_there_is_named_and_what_was_probably_meant() {
    let shop = shoes().with_flaws(
        "merchandising/rules/rules.toml",
        "[[rule]]
name = \"a\"
when = { surface = \"serch\", segment = \"nwe\", category = \"Sheos\" }
suppress = [\"77\"]
[[rule]]
name = \"b\"
when = { query = { contains = \"{brnd} shoes\" } }
suppress = [\"1\"]
[[rule]]
name = \"c\"
filter = \"brand:{brand}\"
[[rule]]
name = \"d\"
sort = \"prise:asc\"
[[rule]]
name = \"e\"
recipe = \"defaul\"
[[rule]]
name = \"f\"
when = { timezone = \"Europe/Brelin\" }
suppress = [\"1\"]
[[rule]]
name = \"g\"
when = { weekly = { days = \"freitag\" } }
suppress = [\"1\"]
[[rule]]
name = \"h\"
facets = [\"brnd\"]
",
    );
    let problems = &shop.engine.snapshot().problems;
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    expect![[r#"
        FILE:3: rule `a`, category: no product has category `Sheos` (did you mean `Shoes`?)
        FILE:3: rule `a`: unknown segment `nwe` (did you mean `new`?)
        FILE:3: rule `a`: unknown surface `serch` (did you mean `search`?)
        FILE:4: rule `a`, suppress: no product `77` in the catalog (check the id; it holds again when the product is indexed)
        FILE:7: rule `b`: unknown attribute `brnd` in `{brnd} shoes` (did you mean `{brand}`?)
        FILE:11: rule `c`, filter: nothing says what `{brand}` is (write `{brand}` into the query condition too)
        FILE:14: rule `d`: lists cannot be sorted by `prise` (did you mean `price`?)
        FILE:17: rule `e`: unknown recipe `defaul` (did you mean `default`?)
        FILE:20: rule `f`: unknown time zone `Europe/Brelin` (write one such as Europe/Berlin or America/New_York)
        FILE:24: rule `g`: `weekly`: unknown day `freitag` (did you mean `friday`?)
        FILE:28: rule `h`: unknown facet `brnd` (did you mean `brand`?)"#]].assert_eq(
        &lines
            .join("\n")
            .replace("merchandising/rules/rules.toml", "FILE"),
    );
}
