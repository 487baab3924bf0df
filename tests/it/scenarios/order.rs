//! Which of several rules comes first.

use super::told;
use crate::shop::{ask, ids, shoes};

#[test]
fn the_more_exact_rule_comes_first_and_a_priority_before_all() {
    let rule = |name: &str, more: &str, product: &str| {
        format!(
            "[[rule]]\nname = \"{name}\"\n{more}\npin = [{{ product = \"{product}\", position = 1 }}]\n"
        )
    };
    let rules = [
        rule("always", "", "3"),
        rule("contains", "when = { query = { contains = \"red\" } }", "4"),
        rule("is", "when = { query = { is = \"red\" } }", "5"),
        rule(
            "is, in a segment",
            "when = { query = { is = \"red\" }, segment = \"vip\" }",
            "6",
        ),
    ];
    let shop = shoes().rules(&rules.concat());
    assert_eq!(told(&shop, "red | segment=vip"), "6 5 4 3 1");
    assert_eq!(told(&shop, "red"), "5 4 3 1 6");
    let first = rule("always", "priority = 1", "3");
    let shop = shoes().rules(&[first, rules[1..].concat()].concat());
    assert_eq!(told(&shop, "red | segment=vip"), "3 6 5 4 1");
}

#[test]
fn the_earliest_and_the_longest_match_come_first() {
    let rule = |words: &str, product: &str| {
        format!(
            "[[rule]]\nname = \"{words}\"\nwhen = {{ query = {{ contains = \"{words}\" }} }}\npin = [{{ product = \"{product}\", position = 1 }}]\n"
        )
    };
    let rules = rule("shoes", "3") + &rule("red", "4") + &rule("red running", "5");
    let shop = shoes().rules(&rules);
    let page = shop.page(&ask("red running shoes"));
    assert_eq!(ids(&page)[..3], ["5", "4", "3"]);
}

#[test]
fn a_rule_that_stops_stops_those_after_it() {
    let shop = shoes().rules(
        "[[rule]]
        name = \"campaign\"
        priority = 5
        stop = true
        when = { query = { contains = \"red\" } }
        boost = [{ filter = \"price > 100\" }]
        [[rule]]
        name = \"always\"
        suppress = [\"1\"]",
    );
    let page = shop.page(&ask("red"));
    assert_eq!(
        page.rules[1].reason.as_deref(),
        Some("rule `campaign` stops the rules after it")
    );
    assert_eq!(
        (page.rules[1].held, ids(&page).contains(&"1".to_string())),
        (false, true)
    );
}

#[test]
fn rules_hold_on_the_corrected_query() {
    let shop = shoes().rules(
        "[[rule]]\nname = \"r\"\nwhen = { query = { is = \"jacket\" } }\npin = [{ product = \"6\", position = 1 }]\n",
    );
    assert_eq!(told(&shop, "jackte"), "6 4");
}
