//! What merchandisers say, one scenario for each sentence:
//! 1. When: words (is, contains, starts, ends, any of, none of, through spelling, stems and synonyms), category,
//!    filters by their meaning, segment, surface, context, device, campaign, language, dates, weeks, arms, placeholders.
//! 2. Then: pin, group, fallback, slot, suppress, boost, bury, filter, replace, remove, add, sort, recipe, banner,
//!    redirect, data, order of facets.
//! 3. Order: precedence, priority, stop; what gives way says so.
//! 4. Conflicts are named with file, line and what to do.
//! 5. Goals: margin, overstock, launch, low conversion, visible in explanations.

use endcap::merchandising::expired;
use endcap::problem::Problem;
use expect_test::{Expect, expect};

use crate::shop::{Shop, ask, check, ids, now, shoes};

/// A shop with one rule that suppresses a product nobody misses, under these conditions.
fn when(conditions: &str) -> Shop {
    shoes()
        .synonyms("sneaker, trainer, running shoe\nfootwear => shoe\n")
        .rules(&format!(
            "[[rule]]\nname = \"r\"\nwhen = {{ {conditions} }}\nsuppress = [\"5\"]\n"
        ))
}

/// Asks each request of a shop; `held`, or why not and what it would hold without.
#[track_caller]
fn check_when(conditions: &str, requests: &[&str], expected: Expect) {
    let shop = when(conditions);
    let mut told = String::new();
    for request in requests {
        let mut asked = ask(request);
        let plain = shop.page(&asked).rules;
        asked.explain = true;
        let page = shop.page(&asked);
        let rule = &page.rules[0];
        assert_eq!(plain.len(), usize::from(rule.held), "{request}");
        let why = match (&rule.reason, &rule.would_hold_without) {
            _ if rule.held => "held".to_string(),
            (Some(reason), Some(only)) => format!("{reason}; would hold without {only}"),
            (reason, _) => reason.clone().expect("what does not hold has a reason"),
        };
        told += &format!("{}: {why}\n", request.trim_start_matches(" | "));
    }
    expected.assert_eq(&told);
}

/// The ids of a list under one rule, and what is said of the rule.
#[track_caller]
fn check_then(rule: &str, request: &str, expected: Expect) {
    let shop = shoes().rules(&format!("[[rule]]\nname = \"r\"\n{rule}\n"));
    expected.assert_eq(&told(&shop, request));
}

fn told(shop: &Shop, request: &str) -> String {
    let page = shop.page(&ask(request));
    let mut told = ids(&page).join(" ");
    for rule in &page.rules {
        if let Some(reason) = &rule.reason {
            told += &format!("\n{}: {reason}", rule.name);
        }
    }
    told
}

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
fn the_query_is_exactly_this() {
    check_when(
        "query = { is = \"red boots\" }",
        &["red boots", "boot RED", "red boots cheap", "Red Boot"],
        expect![[r#"
            red boots: held
            boot RED: the query is not `red boots`; would hold without query is = red boots
            red boots cheap: the query is not `red boots`; would hold without query is = red boots
            Red Boot: held
        "#]],
    );
}

#[test]
fn the_query_contains_these_words() {
    check_when(
        "query = { contains = \"running shoes\" }",
        &["blue running shoe", "shoe running", "run"],
        expect![[r#"
            blue running shoe: held
            shoe running: the query does not contain `running shoes`; would hold without query contains = running shoes
            run: the query does not contain `running shoes`; would hold without query contains = running shoes
        "#]],
    );
}

#[test]
fn the_query_starts_with_these_words() {
    check_when(
        "query = { starts = \"red\" }",
        &["red shoes", "shoes red"],
        expect![[r#"
            red shoes: held
            shoes red: the query does not start with `red`; would hold without query starts = red
        "#]],
    );
}

#[test]
fn the_query_ends_with_these_words() {
    check_when(
        "query = { ends = \"red\" }",
        &["red shoes", "shoes red"],
        expect![[r#"
            red shoes: the query does not end with `red`; would hold without query ends = red
            shoes red: held
        "#]],
    );
}

#[test]
fn the_query_contains_any_of_these() {
    check_when(
        "query = { any = [\"boots\", \"trail jacket\"] }",
        &["leather boot", "jacket", "trail jackets"],
        expect![[r#"
            leather boot: held
            jacket: the query does not contain `boots` or `trail jacket`; would hold without query any = boots or trail jacket
            trail jackets: held
        "#]],
    );
}

#[test]
fn the_query_contains_none_of_these() {
    check_when(
        "query = { contains = \"shoes\", none = [\"red\", \"blue\"] }",
        &["shoes", "blue shoes", "red boots"],
        expect![[r#"
            shoes: held
            blue shoes: the query contains `red` or `blue`; would hold without query none = red or blue
            red boots: the query does not contain `shoes`
        "#]],
    );
}

#[test]
fn words_hold_through_spelling() {
    check_when(
        "query = { contains = \"leather\" }",
        &["lether boots", "leather"],
        expect![[r#"
            lether boots: held
            leather: held
        "#]],
    );
    check_when(
        "query = { contains = \"leather\", spelling = false }",
        &["lether boots", "leather"],
        expect![[r#"
            lether boots: the query does not contain `leather`; would hold without query contains = leather
            leather: held
        "#]],
    );
}

#[test]
fn words_that_nobody_sells_hold_through_spelling_too() {
    check_when(
        "query = { contains = \"valentine\" }",
        &["valentnie", "valentine gift"],
        expect![[r#"
            valentnie: held
            valentine gift: held
        "#]],
    );
}

#[test]
fn words_hold_through_stems() {
    check_when(
        "query = { is = \"mugs\" }",
        &["mug"],
        expect![[r#"
        mug: held
    "#]],
    );
    check_when(
        "query = { is = \"mugs\", stemming = false }",
        &["mug", "mugs"],
        expect![[r#"
            mug: the query is not `mugs`; would hold without query is = mugs
            mugs: held
        "#]],
    );
}

#[test]
fn words_hold_through_synonyms_in_their_direction() {
    check_when(
        "query = { contains = \"trainer\" }",
        &["red sneakers", "running shoes", "shoes"],
        expect![[r#"
            red sneakers: held
            running shoes: held
            shoes: the query does not contain `trainer`; would hold without query contains = trainer
        "#]],
    );
    check_when(
        "query = { contains = \"footwear\" }",
        &["shoe", "footwear"],
        expect![[r#"
            shoe: the query does not contain `footwear`; would hold without query contains = footwear
            footwear: held
        "#]],
    );
    check_when(
        "query = { contains = \"trainer\", synonyms = false }",
        &["red sneakers"],
        expect![[r#"
            red sneakers: the query does not contain `trainer`; would hold without query contains = trainer
        "#]],
    );
}

#[test]
fn a_category_holds_for_its_subtree() {
    check_when(
        "category = \"Shoes\"",
        &[
            " | category=Shoes > Running",
            " | category=Clothing",
            " | filter=category:Shoes",
            "shoes",
        ],
        expect![[r#"
            category=Shoes > Running: held
            category=Clothing: the page is not of category `Shoes`; would hold without category = Shoes
            filter=category:Shoes: held
            shoes: the page is not of category `Shoes`; would hold without category = Shoes
        "#]],
    );
}

#[test]
fn filters_hold_by_their_meaning() {
    check_when(
        "filter = \"brand:Acorn AND price < 100\"",
        &[
            " | filter=price:10 TO 50 AND \"brand\":acorn",
            " | filter=price < 100 AND brand:'Acorn' AND color:red",
            " | filter=brand:Acorn",
            " | filter=(brand:Acorn OR brand:Birch) AND price < 50",
        ],
        expect![[r#"
            filter=price:10 TO 50 AND "brand":acorn: held
            filter=price < 100 AND brand:'Acorn' AND color:red: held
            filter=brand:Acorn: the shopper's filters do not say so; would hold without filter = brand:Acorn AND price < 100
            filter=(brand:Acorn OR brand:Birch) AND price < 50: the shopper's filters do not say so; would hold without filter = brand:Acorn AND price < 100
        "#]],
    );
    check_when(
        "filter = \"brand:Acorn OR brand:Birch\"",
        &[
            " | filter=brand:Birch",
            " | filter=brand:Birch OR brand:Acorn",
            " | filter=NOT brand:Acorn",
        ],
        expect![[r#"
            filter=brand:Birch: held
            filter=brand:Birch OR brand:Acorn: held
            filter=NOT brand:Acorn: the shopper's filters do not say so; would hold without filter = brand:Acorn OR brand:Birch
        "#]],
    );
}

#[test]
fn a_segment_a_surface_a_device_a_campaign_a_language() {
    check_when(
        "segment = [\"new\", \"vip\"]",
        &[" | segment=vip", " | segment=discount", "shoes"],
        expect![[r#"
            segment=vip: held
            segment=discount: the shopper is not in segment `new` or `vip`; would hold without segment = new or vip
            shoes: the shopper is not in segment `new` or `vip`; would hold without segment = new or vip
        "#]],
    );
    check_when(
        "surface = \"category\"",
        &[" | surface=category", "shoes"],
        expect![[r#"
            surface=category: held
            shoes: the surface is `search`, not `category`; would hold without surface = category
        "#]],
    );
    check_when(
        "device = \"phone\"",
        &[" | device=phone", " | device=tablet", "shoes"],
        expect![[r#"
            device=phone: held
            device=tablet: the device is `tablet`, not `phone`; would hold without device = phone
            shoes: the request names no device, not `phone`; would hold without device = phone
        "#]],
    );
    check_when(
        "campaign = \"spring-mail\"",
        &[" | campaign=spring-mail", "shoes"],
        expect![[r#"
            campaign=spring-mail: held
            shoes: the request names no campaign, not `spring-mail`; would hold without campaign = spring-mail
        "#]],
    );
    check_when(
        "language = \"fr\"",
        &[" | language=fr", " | language=de"],
        expect![[r#"
            language=fr: held
            language=de: the language is `de`, not `fr`; would hold without language = fr
        "#]],
    );
}

#[test]
fn context_tags_must_all_be_there() {
    check_when(
        "context = [\"snow\", \"outlet\"]",
        &[" | context=outlet,snow", " | context=snow"],
        expect![[r#"
            context=outlet,snow: held
            context=snow: the request has no context tag `outlet`; would hold without context = snow, outlet
        "#]],
    );
}

#[test]
fn an_arm_of_an_experiment() {
    check_when(
        "experiment = { layout = \"b\" }",
        &[" | arm=layout:b", " | arm=layout:a"],
        expect![[r#"
            arm=layout:b: held
            arm=layout:a: the shopper is not in arm `b` of experiment `layout`; would hold without experiment = layout:b
        "#]],
    );
}

#[test]
fn dates_hold_in_their_time_zone() {
    check_when(
        "from = \"2026-11-23\", until = \"2026-11-23\", timezone = \"Europe/Berlin\"",
        &[
            " | now=2026-11-22T22:59:59Z",
            " | now=2026-11-22T23:00:00Z",
            " | now=2026-11-23T22:59:59Z",
            " | now=2026-11-23T23:00:00Z",
        ],
        expect![[r#"
            now=2026-11-22T22:59:59Z: it begins 2026-11-23; would hold without from = 2026-11-23
            now=2026-11-22T23:00:00Z: held
            now=2026-11-23T22:59:59Z: held
            now=2026-11-23T23:00:00Z: it ended 2026-11-23; would hold without until = 2026-11-23
        "#]],
    );
    check_when(
        "from = 2026-11-24",
        &["shoes", " | now=2026-11-24T00:00:00Z"],
        expect![[r#"
            shoes: it begins 2026-11-24; would hold without from = 2026-11-24
            now=2026-11-24T00:00:00Z: held
        "#]],
    );
}

#[test]
fn hours_hold_every_week() {
    check_when(
        "weekly = { days = [\"fri\"], from = \"22:00\", until = \"02:00\" }, timezone = \"America/New_York\"",
        &[
            " | now=2026-11-28T02:59:00Z",
            " | now=2026-11-28T03:00:00Z",
            " | now=2026-11-28T06:59:00Z",
            " | now=2026-11-28T07:00:00Z",
        ],
        expect![[r#"
            now=2026-11-28T02:59:00Z: it is not one of its hours of the week; would hold without weekly = fri 22:00 to 02:00
            now=2026-11-28T03:00:00Z: held
            now=2026-11-28T06:59:00Z: held
            now=2026-11-28T07:00:00Z: it is not one of its hours of the week; would hold without weekly = fri 22:00 to 02:00
        "#]],
    );
}

#[test]
fn a_placeholder_stands_for_any_value() {
    let shop = shoes().rules(
        "[[rule]]
        name = \"brand first\"
        when = { query = { contains = \"{brand} shoes\" } }
        filter = \"brand:{brand}\"",
    );
    assert_eq!(told(&shop, "birch shoes"), "4 2");
    assert_eq!(told(&shop, "acorn shoes"), "1 3");
    assert_eq!(shop.page(&ask("red shoes")).rules, []);
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
        FILE:1: rule `a`, category: no product has category `Sheos` (did you mean `Shoes`?)
        FILE:1: rule `a`: unknown segment `nwe` (did you mean `new`?)
        FILE:1: rule `a`: unknown surface `serch` (did you mean `search`?)
        FILE:1: rule `a`, suppress: no product `77` in the catalog (check the id; it holds again when the product is indexed)
        FILE:5: rule `b`: unknown attribute `brnd` in `{brnd} shoes` (did you mean `{brand}`?)
        FILE:9: rule `c`, filter: nothing says what `{brand}` is (write `{brand}` into the query condition too)
        FILE:12: rule `d`: lists cannot be sorted by `prise` (did you mean `price`?)
        FILE:15: rule `e`: unknown recipe `defaul` (did you mean `default`?)
        FILE:18: rule `f`: unknown time zone `Europe/Brelin` (write one such as Europe/Berlin or America/New_York)
        FILE:22: rule `g`: `weekly`: unknown day `freitag` (did you mean `friday`?)
        FILE:26: rule `h`: unknown facet `brnd` (did you mean `brand`?)"#]].assert_eq(
        &lines
            .join("\n")
            .replace("merchandising/rules/rules.toml", "FILE"),
    );
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
        {"text_rank":2,"moves":[{"by":"goal","name":"Earn","places":1}]}
        merchandising/goals.toml: goal `Convert`: no attribute says what it is about (name the `attribute` it looks at, or give one its role in index/schema.toml)"#]].assert_eq(&told);
    assert_eq!(told_ids(&shop, "lamp | rules=off"), "1 2 3");
}

fn told_ids(shop: &Shop, request: &str) -> String {
    ids(&shop.page(&ask(request))).join(" ")
}
