//! What a rule does, and what the whole shop wants.

use expect_test::{Expect, expect};

use super::told;
use crate::shop::{Shop, ask, check, ids, shoes};

/// The ids of a list under one rule, and what is said of the rule.
#[track_caller]
fn check_then(rule: &str, request: &str, expected: Expect) {
    let shop = shoes().rules(&format!("[[rule]]\nname = \"r\"\n{rule}\n"));
    expected.assert_eq(&told(&shop, request));
}

fn told_ids(shop: &Shop, request: &str) -> String {
    ids(&shop.page(&ask(request))).join(" ")
}

#[test]
fn a_pin_stands_at_its_position() {
    check_then(
        "pin = [{ product = \"6\", position = 2 }]",
        "shoes",
        expect!["1 6 3 2"],
    );
}

#[test]
fn a_group_stands_together_and_moves_up_when_one_is_missing() {
    check_then(
        "pin = [{ products = [\"4\", \"2\", \"6\"], position = 1, fallback = \"5\" }]",
        "red",
        expect![[r#"
            4 6 5 3 1
            r: product `2` is sold out, so `5` stands in"#]],
    );
}

#[test]
fn a_fallback_stands_in_while_a_pin_is_sold_out() {
    check_then(
        "pin = [{ product = \"2\", position = 1, fallback = [\"6\", \"4\"] }]",
        "boots",
        expect![[r#"
            6 3
            r: product `2` is sold out, so `6` stands in"#]],
    );
}

#[test]
fn a_pin_obeys_the_shoppers_filters_and_the_words_when_told_to() {
    check_then(
        "pin = [{ product = \"4\", position = 1 }]",
        "shoes | filter=color:red",
        expect![[r#"
            1 3
            r: product `4` is outside the filters"#]],
    );
    check_then(
        "pin = [{ product = \"4\", position = 1, obey = \"query\" }]",
        "shoes",
        expect![[r#"
            1 3 2
            r: product `4` is not among the matches"#]],
    );
    check_then(
        "pin = [{ product = \"3\", position = 1, obey = \"query\" }]",
        "red",
        expect!["3 1 6"],
    );
}

#[test]
fn what_another_pin_brings_in_does_not_match_the_words_for_that() {
    check_then(
        "pin = [{ product = \"4\", position = 3, obey = \"query\" }, { product = \"4\", position = 1 }]",
        "shoes",
        expect![[r#"
            4 1 3 2
            r: product `4` is not among the matches"#]],
    );
}

#[test]
fn a_pin_is_not_repeated_on_page_2() {
    let shop = shoes().rules("[[rule]]\nname = \"r\"\npin = [{ product = \"6\", position = 2 }]\n");
    let pages = shop.all_ids(&ask(" "), 2);
    assert_eq!(pages, ids(&shop.page(&ask(" "))));
    assert_eq!(pages.iter().filter(|id| *id == "6").count(), 1);
}

#[test]
fn a_slot_takes_the_best_of_its_kind() {
    check_then(
        "slot = [{ filter = \"brand:Birch\", position = 1 }, { filter = \"price > 1000\", position = 2 }]",
        " ",
        expect![[r#"
            4 1 3 5 6 2
            r: nothing in the list fits the slot at position 2"#]],
    );
}

#[test]
fn what_is_suppressed_appears_through_no_door() {
    let shop = shoes().rules(
        "[[rule]]\nname = \"r\"\nsuppress = [\"6\", { filter = \"brand:Birch\" }]\npin = [{ product = \"4\", position = 1 }]\n",
    );
    assert_eq!(
        told(&shop, " "),
        "1 3 5\nr: product `4` is outside the filters"
    );
    check(
        &shop,
        " | filter=brand:Birch OR brand:Cedar | facets=brand",
        expect![[r#"
            5 Café au lait mug
            brand: Acorn 2, Cedar 1
            rule `r` held: product `4` is outside the filters
        "#]],
    );
    assert_eq!(
        told(&shop, " | sort=price:asc"),
        "1 3 5\nr: pins give way to the sort that the shopper chose"
    );
    let suggested = |typed: &str| {
        let found = shop.engine.suggest(&ask(typed)).unwrap();
        let texts: Vec<String> = found.into_iter().map(|found| found.text).collect();
        texts.join(", ")
    };
    expect![" | Cedar, Café au lait mug | "]
        .assert_eq(&[suggested("bi"), suggested("ce"), suggested("note")].join(" | "));
}

#[test]
fn what_a_query_suppresses_is_not_suggested_while_it_is_typed() {
    let shop = shoes().rules(
        "[[rule]]\nname = \"recall\"\nwhen = { query = { contains = \"running shoe\" } }\nsuppress = [\"1\"]\n",
    );
    let found = shop.engine.suggest(&ask("running sh")).unwrap();
    let ids: Vec<_> = found.into_iter().filter_map(|found| found.id).collect();
    assert_eq!(ids, ["2"]);
}

#[test]
fn boosts_and_buries_are_multipliers() {
    check_then(
        "boost = [{ filter = \"brand:Cedar\", by = 3 }]\nbury = [{ filter = \"color:red\" }]",
        " ",
        expect!["5 4 6 1 3 2"],
    );
}

#[test]
fn a_filter_leaves_only_what_passes() {
    check_then("filter = \"price > 50\"", "red", expect!["3 1"]);
}

#[test]
fn words_are_replaced_removed_and_added() {
    check_then(
        "replace = [{ words = \"wellingtons\", with = \"boots\" }]",
        "red wellingtons",
        expect!["3 1 6"],
    );
    check_then(
        "replace = [{ with = \"trail jacket\" }]",
        "anorak",
        expect!["4"],
    );
    check_then(
        "remove = [\"cheap\", \"best\"]",
        "best cheap jacket",
        expect!["4"],
    );
    check_then("remove = \"jacket\"", "jacket", expect!["4"]);
    check_then("add = \"leather\"", "red", expect!["3 1 6"]);
}

#[test]
fn a_sort_a_recipe_and_what_the_request_says_instead() {
    check_then(
        "sort = \"price:desc\"\npin = [{ product = \"6\", position = 1 }]",
        "red",
        expect!["6 3 1"],
    );
    check_then(
        "sort = \"price:desc\"",
        "red | sort=price:asc",
        expect!["6 1 3"],
    );
    let shop = shoes()
        .ranking("[recipe.hiding]\nsold_out = \"hide\"\n")
        .rules("[[rule]]\nname = \"r\"\nrecipe = \"hiding\"\n");
    assert_eq!(told(&shop, "running shoes"), "1 3");
    assert_eq!(told(&shop, "running shoes | recipe=default"), "1 3 2");
}

#[test]
fn a_banner_a_redirect_data_and_the_order_of_facets() {
    let shop = shoes().rules(
        "[[rule]]
        name = \"sale\"
        redirect = \"/sale\"
        banner = [{ place = \"top\", title = \"Sale\", url = \"/sale\" }]
        data = { badge = \"50 %\", shelf = 3 }
        facets = [\"price\", \"brand\"]
        [[rule]]
        name = \"second\"
        redirect = \"/other\"",
    );
    let page = serde_json::to_value(shop.page(&ask("red"))).unwrap();
    let told = ["redirect", "banners", "data", "facet_order", "rules"]
        .map(|key| format!("{key}: {}", page[key]));
    expect![[r#"
        redirect: {"rule":"sale","url":"/sale"}
        banners: [{"rule":"sale","place":"top","title":"Sale","url":"/sale"}]
        data: [{"rule":"sale","data":{"badge":"50 %","shelf":3}}]
        facet_order: ["price","brand"]
        rules: [{"name":"sale","held":true},{"name":"second","held":true,"reason":"its redirect gives way to rule `sale`"}]"#]].assert_eq(&told.join("\n"));
}

#[test]
fn goals_lift_what_the_shop_wants_and_say_so() {
    let shop = crate::shop::shop(
        "id | title | brand | category | margin | stock
         1  | Lamp  | Acorn | Light    | 0.1    | 5
         2  | Lamp  | Birch | Light    | 0.6    | 90
         3  | Lamp  | Cedar | Desk     | 0.5    | 7",
    )
    .with_flaws(
        "merchandising/goals.toml",
        "[[goal]]
name = \"Earn\"
wants = \"margin\"
strength = 0.5
[[goal]]
name = \"Clear the lights\"
wants = \"overstock\"
strength = 0.3
category = \"Light\"
[[goal]]
name = \"Convert\"
wants = \"low_converting\"
strength = 0.3
",
    );
    let page = shop.page(&ask("lamp | explain=true"));
    let moves = serde_json::to_string(&page.hits[0].explain).unwrap();
    let problems = &shop.engine.snapshot().problems;
    let told = format!("{}\n{moves}\n{}", ids(&page).join(" "), problems[0]);
    expect![[r#"
        2 3 1
        {"text_rank":2,"moves":[{"by":"goal","name":"Earn","places":1}],"weighed":{"score":1.4678,"bm25":0.1335,"coverage":1.0,"adjacent":0.0,"type":1.0,"adds":[{"by":"relevance","adds":0.0},{"by":"type","adds":0.8},{"by":"goal","name":"Earn","adds":0.4055},{"by":"goal","name":"Clear the lights","adds":0.2624}]}}
        merchandising/goals.toml: goal `Convert`: no attribute says what it is about (name the `attribute` it looks at, or give one its role in index/schema.toml)"#]].assert_eq(&told);
    assert_eq!(told_ids(&shop, "lamp | rules=off"), "1 2 3");
}
