//! Promises:
//! 1. Words meet through stems, case and accents; what was found is marked as the product spells it.
//! 2. Synonyms find both ways or one way, as written, and the page says which were read in.
//! 3. When too little matches every word, fewer words do, after all the others, and the page says so only when a
//!    product on the list lacks a word. A filter that nothing passes is not relaxed.
//! 4. Sorts are obeyed to the letter; products without a value come last.
//! 5. Pages of every size concatenate to the whole list; a page past the end says where the end is.
//! 6. Sold-out products sink, hide or stay, by recipe; stock that nobody manages is not sold out.
//! 7. A product code finds its product.
//! 8. Brands, colors and categories are found when no text says them, and prices said in words are conditions.
//! 9. Suggestions complete the last word, also when only few products match, and leave suppressed products out.

use endcap::engine::Request;
use expect_test::expect;

use crate::shop::{Shop, ask, check, ids, now, shoes, shop};

#[test]
fn words_meet_through_stems_case_and_accents() {
    check(
        &shoes(),
        "RUNS",
        expect![[r#"
        1 Red <em>running</em> shoes
        2 Blue <em>running</em> shoe (sold out)
    "#]],
    );
    check(
        &shoes(),
        "cafe",
        expect![[r#"
        5 <em>Café</em> au lait mug
    "#]],
    );
    check(
        &shoes(),
        "birch jackets",
        expect![[r#"
        4 Trail <em>jacket</em>
        2 Blue running shoe (sold out)
        relaxed
    "#]],
    );
}

#[test]
fn synonyms_find_as_they_are_written() {
    let shop = shoes().synonyms("sneaker, running shoe\ncup => mug\n");
    check(
        &shop,
        "sneakers",
        expect![[r#"
            1 Red <em>running</em> <em>shoes</em>
            2 Blue <em>running</em> <em>shoe</em> (sold out)
            sneakers → running shoe
        "#]],
    );
    check(
        &shop,
        "cup",
        expect![[r#"
            5 Café au lait <em>mug</em>
            cup → mug
        "#]],
    );
    check(
        &shop,
        "mug",
        expect![[r#"
            5 Café au lait <em>mug</em>
        "#]],
    );
}

#[test]
fn fewer_words_are_asked_for_when_too_little_matches_all() {
    check(
        &shoes(),
        "red leather",
        expect![[r#"
            3 <em>Red</em> <em>leather</em> boots
            1 <em>Red</em> running shoes
            6 Notebook NX-2041
            relaxed
        "#]],
    );
    check(
        &shoes(),
        "red unheard",
        expect![[r#"
            1 <em>Red</em> running shoes
            3 <em>Red</em> leather boots
            6 Notebook NX-2041
            relaxed
        "#]],
    );
    check(&shoes(), "red shoes | filter=price > 1000", expect![""]);
}

#[test]
fn a_word_typed_twice_asks_for_no_more_than_once() {
    let shop = shoes();
    let found = |text: &str| ids(&shop.page(&ask(text)));
    assert_eq!(found("red trail red"), found("red trail"));
}

#[test]
fn nothing_is_relaxed_when_every_hit_has_every_word() {
    check(
        &shoes(),
        "leather boots",
        expect![[r#"
            3 Red <em>leather</em> <em>boots</em>
        "#]],
    );
    check(&shoes(), "unheard", expect![""]);
}

#[test]
fn sorts_are_obeyed_and_missing_values_come_last() {
    check(
        &shoes(),
        " | sort=price:asc",
        expect![[r#"
            6 Notebook NX-2041
            1 Red running shoes
            2 Blue running shoe (sold out)
            4 Trail jacket
            3 Red leather boots
            5 Café au lait mug
        "#]],
    );
    check(
        &shoes(),
        " | sort=price:desc | hits_per_page=3",
        expect![[r#"
            3 of 6
            3 Red leather boots
            4 Trail jacket
            2 Blue running shoe (sold out)
        "#]],
    );
    check(
        &shoes(),
        " | sort=title:asc | hits_per_page=2",
        expect![[r#"
            2 of 6
            2 Blue running shoe (sold out)
            5 Café au lait mug
        "#]],
    );
}

#[test]
fn pages_of_every_size_concatenate_to_the_whole_list() {
    let shop = shoes().rules(
        "[[rule]]\nname = \"pins\"\npin = [{ product = \"6\", position = 2 }, { product = \"4\", position = 6 }]\n",
    );
    for text in [
        "",
        "red shoes",
        " | sort=price:desc",
        "shoes | filter=NOT brand:Cedar",
    ] {
        let request = ask(text);
        let whole = ids(&shop.page(&Request {
            hits_per_page: 1_000,
            ..request.clone()
        }));
        for size in 1..=whole.len() + 1 {
            assert_eq!(
                shop.all_ids(&request, size),
                whole,
                "`{text}` in pages of {size}"
            );
        }
    }
}

#[test]
fn positions_count_through_all_pages() {
    let page = shoes().page(&ask(" | page=2 | hits_per_page=4"));
    let positions: Vec<usize> = page.hits.iter().map(|hit| hit.position).collect();
    assert_eq!((page.page, positions), (2, vec![5, 6]));
}

#[test]
fn a_page_past_the_end_says_where_the_end_is() {
    check(
        &shoes(),
        "shoes | page=40 | hits_per_page=2",
        expect![[r#"
            0 of 3
            request: page 40 is past the end of 3 hits (the last page is 2)
        "#]],
    );
    check(
        &shoes(),
        "unheard | page=3",
        expect![[r#"
            request: page 3 is past the end of 0 hits (the last page is 1)
        "#]],
    );
}

#[test]
fn sold_out_products_sink_hide_or_stay_by_recipe() {
    let list = "running shoe";
    check(
        &shoes(),
        list,
        expect![[r#"
        1 Red <em>running</em> <em>shoes</em>
        3 Red leather boots
        2 Blue <em>running</em> <em>shoe</em> (sold out)
        relaxed
    "#]],
    );
    let of = |how: &str| format!("[recipe.default]\nsold_out = \"{how}\"\n");
    check(
        &shoes().ranking(&of("hide")),
        list,
        expect![[r#"
        1 Red <em>running</em> <em>shoes</em>
        3 Red leather boots
        relaxed
    "#]],
    );
    let stays = shop(
        "id | title | stock
         1  | Red shoes for every day  | 1
         2  | Red shoes                | 0
         3  | Red shoes, a pair        |",
    );
    check(
        &stays,
        "red shoes",
        expect![[r#"
        3 <em>Red</em> <em>shoes</em>, a pair
        1 <em>Red</em> <em>shoes</em> for every day
        2 <em>Red</em> <em>shoes</em> (sold out)
    "#]],
    );
    check(
        &stays.ranking(&of("ignore")),
        "red shoes",
        expect![[r#"
        2 <em>Red</em> <em>shoes</em> (sold out)
        3 <em>Red</em> <em>shoes</em>, a pair
        1 <em>Red</em> <em>shoes</em> for every day
    "#]],
    );
}

#[test]
fn a_product_code_finds_its_product() {
    let shop = shoes();
    for text in ["NX-2041", "nx-2041", "2041", "006R90321", "006r90321"] {
        assert_eq!(ids(&shop.page(&ask(text))), ["6"], "{text}");
    }
}

#[test]
fn words_of_a_query_need_not_stand_in_any_text() {
    let shop = shop(
        "id | title     | brand | category         | color | price
         1  | Runner 300 | Nikola | Men > Shoes      | red   | 45
         2  | Runner 200 | Nikola | Men > Shoes      | blue  | 45
         3  | Runner 100 | Nikola | Men > Shoes      | red   | 80
         4  | Sprinter   | Birch | Women > Shoes    | red   | 40",
    );
    check(
        &shop,
        "red nikola shoes under $50 | hits_per_page=1",
        expect![[r#"
            1 of 3
            1 Runner 300
            relaxed
        "#]],
    );
}

#[test]
fn a_measure_is_found_however_it_is_written() {
    let shop = shop(
        "id | title
         1  | Tablet 25.4 cm
         2  | Tablet 10-inch
         3  | Tablet 10\" black
         4  | Tablet 8 inch",
    );
    for text in ["10 inch tablet", "tablet 10in.", "10\" tablet"] {
        let mut found = ids(&shop.page(&ask(text)));
        found.truncate(3);
        found.sort();
        assert_eq!(found, ["1", "2", "3"], "{text}");
    }
}

fn suggested(shop: &Shop, text: &str) -> Vec<String> {
    let request = Request {
        hits_per_page: 8,
        ..Request::new(text, now())
    };
    let suggestions = shop.engine.suggest(&request).unwrap();
    suggestions
        .into_iter()
        .map(|suggestion| suggestion.highlight)
        .collect()
}

#[test]
fn suggestions_complete_the_last_word() {
    let shop = shoes();
    assert_eq!(
        suggested(&shop, "aco"),
        ["<em>Aco</em>rn", "Red running shoes", "Red leather boots"]
    );
    assert_eq!(
        suggested(&shop, "red run"),
        ["<em>Red</em> <em>running</em> shoes"]
    );
    assert_eq!(suggested(&shop, "red unhea"), [""; 0]);
    assert_eq!(suggested(&shop, ""), [""; 0]);
    let shop = shop.rules("[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n");
    assert_eq!(suggested(&shop, "red run"), [""; 0]);
}
