//! When a rule holds, and why it does not.

use expect_test::{Expect, expect};

use super::told;
use crate::shop::{Shop, ask, shoes};

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
            now=2026-11-28T02:59:00Z: its hours of the week are fri 22:00 to 02:00; would hold without weekly = fri 22:00 to 02:00
            now=2026-11-28T03:00:00Z: held
            now=2026-11-28T06:59:00Z: held
            now=2026-11-28T07:00:00Z: its hours of the week are fri 22:00 to 02:00; would hold without weekly = fri 22:00 to 02:00
        "#]],
    );
}

#[test]
fn hours_of_the_week_may_last_for_days_and_there_may_be_several() {
    check_when(
        "weekly = [{ from = \"fri 8:00\", until = \"sun 20:00\" }, { days = \"tue\", from = \"12:00\" }]",
        &[
            " | now=2026-11-27T07:59:00Z",
            " | now=2026-11-27T08:00:00Z",
            " | now=2026-11-28T03:00:00Z",
            " | now=2026-11-29T19:59:00Z",
            " | now=2026-11-29T20:00:00Z",
            " | now=2026-12-01T23:59:00Z",
        ],
        expect![[r#"
            now=2026-11-27T07:59:00Z: its hours of the week are fri 8:00 to sun 20:00 or tue 12:00 to 24:00; would hold without weekly = fri 8:00 to sun 20:00 or tue 12:00 to 24:00
            now=2026-11-27T08:00:00Z: held
            now=2026-11-28T03:00:00Z: held
            now=2026-11-29T19:59:00Z: held
            now=2026-11-29T20:00:00Z: its hours of the week are fri 8:00 to sun 20:00 or tue 12:00 to 24:00; would hold without weekly = fri 8:00 to sun 20:00 or tue 12:00 to 24:00
            now=2026-12-01T23:59:00Z: held
        "#]],
    );
    // Over the end of the week.
    check_when(
        "weekly = { from = \"sun 20:00\", until = \"mon 06:00\" }",
        &[" | now=2026-11-30T05:59:00Z", " | now=2026-11-30T06:00:00Z"],
        expect![[r#"
            now=2026-11-30T05:59:00Z: held
            now=2026-11-30T06:00:00Z: its hours of the week are sun 20:00 to mon 06:00; would hold without weekly = sun 20:00 to mon 06:00
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
