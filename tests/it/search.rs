//! Promises:
//! 1. Words meet through stems, case and accents; what was found is marked as the product spells it.
//! 2. Synonyms find both ways or one way, as written, and the page says which were read in.
//! 3. When too little matches every word, fewer words do, after all the others, and the page says so only when a
//!    product on the list lacks a word. A filter that nothing passes is not relaxed.
//! 4. Sorts are obeyed to the letter; products without a value come last.
//! 5. Pages of every size concatenate to the whole list; a page past the end says where the end is.
//! 6. Unknown names and malformed filters are errors that say what to write instead.
//! 7. Sold-out products sink, hide or stay, by recipe; stock that nobody manages is not sold out.
//! 8. A product code finds its product, and taste has no say in it.
//! 9. A facet's own choice does not shrink its counts; `NOT` does, and so does an `OR` over several attributes.
//! 10. A filter must hold for one variant; totals and counts are of products.
//! 11. Rules pin, suppress, boost and bury; what could not be done is said.
//! 12. Suggestions complete the last word, also when only few products match, and leave suppressed products out.

use endcap::engine::Request;
use expect_test::expect;

use crate::shop::{Shop, ask, check, ids, now, shop};

fn shoes() -> Shop {
    shop(
        "id | title              | brand | category           | price | stock | color | tags      | code
         1  | Red running shoes  | Acorn | Shoes > Running    | 60    | 5     | red   | sale,new  |
         2  | Blue running shoe  | Birch | Shoes > Running    | 80    | 0     | blue  | new       |
         3  | Red leather boots  | Acorn | Shoes > Boots      | 120   | 2     | red   |           |
         4  | Trail jacket       | Birch | Clothing > Jackets | 95.5  |       | green | sale      | TJ77B
         5  | Café au lait mug   | Cedar | Kitchen            |       | 9     |       |           |
         6  | Notebook NX-2041   | Cedar | Office             | 4     | 7     | red   | clearance | 006R90321",
    )
}

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
            relaxed
        "#]],
    );
    check(
        &shoes(),
        "red unheard",
        expect![[r#"
            1 <em>Red</em> running shoes
            3 <em>Red</em> leather boots
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
fn a_facets_own_choice_does_not_shrink_it() {
    let shop = shoes();
    check(
        &shop,
        " | filter=brand:Acorn | facets=brand,color,tags",
        expect![[r#"
            1 Red running shoes
            3 Red leather boots
            brand: Acorn 2, Birch 2, Cedar 2
            color: red 2
            tags: new 1, sale 1
        "#]],
    );
    check(
        &shop,
        " | filter=(brand:Acorn OR brand:Cedar) AND color:red | facets=brand,color",
        expect![[r#"
            1 Red running shoes
            3 Red leather boots
            6 Notebook NX-2041
            brand: Acorn 2, Cedar 1
            color: red 3
        "#]],
    );
    check(
        &shop,
        " | filter=price < 70 | facets=price,brand",
        expect![[r#"
            1 Red running shoes
            6 Notebook NX-2041
            brand: Acorn 1, Cedar 1
            price: 4 to 120
        "#]],
    );
}

#[test]
fn not_and_an_or_over_several_attributes_do() {
    let shop = shoes();
    check(
        &shop,
        " | filter=NOT brand:Acorn | facets=brand",
        expect![[r#"
        4 Trail jacket
        5 Café au lait mug
        6 Notebook NX-2041
        2 Blue running shoe (sold out)
        brand: Birch 2, Cedar 2
    "#]],
    );
    check(
        &shop,
        " | filter=brand:Acorn OR color:green | facets=brand,color",
        expect![[r#"
            1 Red running shoes
            3 Red leather boots
            4 Trail jacket
            brand: Acorn 2, Birch 1
            color: red 2, green 1
        "#]],
    );
}

#[test]
fn a_category_holds_for_everything_below_it() {
    let shop = shoes();
    check(
        &shop,
        " | category=Shoes | facets=category",
        expect![[r#"
        1 Red running shoes
        3 Red leather boots
        2 Blue running shoe (sold out)
        category: Shoes 3, Shoes > Running 2, Clothing 1, Clothing > Jackets 1, Kitchen 1, Office 1, Shoes > Boots 1
    "#]],
    );
    check(
        &shop,
        " | filter=category:\"Shoes > Boots\"",
        expect![[r#"
        3 Red leather boots
    "#]],
    );
    check(&shop, " | category=Sho", expect![[r#""#]]);
}

fn shirts() -> Shop {
    shop(
        "id | group | title       | brand | color | size | price | stock
         1a | 1     | Linen shirt | Acorn | red   | S    | 30    | 1
         1b | 1     | Linen shirt | Acorn | red   | M    | 30    | 0
         1c | 1     | Linen shirt | Acorn | blue  | M    | 35    | 2
         2a | 2     | Wool shirt  | Birch | red   | M    | 50    | 0
         2b | 2     | Wool shirt  | Birch | blue  | S    | 55    | 0
         3a | 3     | Silk shirt  | Acorn | blue  | S    | 90    | 4",
    )
}

#[test]
fn a_filter_must_hold_for_one_variant() {
    let shop = shirts();
    check(
        &shop,
        " | filter=color:blue AND size:M",
        expect![[r#"
        1 Linen shirt
    "#]],
    );
    check(
        &shop,
        " | filter=color:red AND size:S AND price > 30",
        expect![[r#""#]],
    );
    check(
        &shop,
        " | filter=color:red AND stock > 0",
        expect![[r#"
        1 Linen shirt
    "#]],
    );
    check(
        &shop,
        " | filter=NOT color:red",
        expect![[r#"
        1 Linen shirt
        3 Silk shirt
        2 Wool shirt (sold out)
    "#]],
    );
}

#[test]
fn counts_are_of_products_and_not_of_variants() {
    let shop = shirts();
    check(
        &shop,
        "shirt | facets=*",
        expect![[r#"
        1 Linen <em>shirt</em>
        3 Silk <em>shirt</em>
        2 Wool <em>shirt</em> (sold out)
        brand: Acorn 2, Birch 1
        color: blue 3, red 2
        size: S 3, M 2
        price: 30 to 90
    "#]],
    );
    check(
        &shop,
        "shirt | filter=color:red | facets=*",
        expect![[r#"
        1 Linen <em>shirt</em>
        2 Wool <em>shirt</em> (sold out)
        brand: Acorn 1, Birch 1
        color: blue 3, red 2
        size: M 2, S 1
        price: 30 to 50
    "#]],
    );
    check(
        &shop,
        "shirt | filter=color:red AND size:S | facets=color,size,brand",
        expect![[r#"
            1 Linen <em>shirt</em>
            brand: Acorn 1
            color: blue 2, red 1
            size: M 2, S 1
        "#]],
    );
}

#[test]
fn a_variants_product_sorts_by_its_best_variant() {
    let shop = shirts();
    assert_eq!(ids(&shop.page(&ask(" | sort=price:asc"))), ["1", "2", "3"]);
    assert_eq!(ids(&shop.page(&ask(" | sort=price:desc"))), ["3", "2", "1"]);
}

#[test]
fn more_facets_than_one_could_want_are_counted_right() {
    let names: Vec<String> = (0..140).map(|number| format!("a{number:03}")).collect();
    let header = format!("id | group | title | size | {}", names.join(" | "));
    let row = |id: &str, size: &str| {
        let cells = vec!["yes"; names.len()].join(" | ");
        format!("{id} | 1 | Shirt | {size} | {cells}")
    };
    let shop = shop(&[header, row("1a", "S"), row("1b", "M")].join("\n"));
    let page = shop.page(&ask(" | facets=*"));
    for name in names {
        assert_eq!(page.facets[&name].len(), 1, "{name}");
        assert_eq!(page.facets[&name][0].count, 1, "{name}");
    }
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
        rule `runners` held
        rule `sold out` held: a pinned product is sold out, suppressed or outside the shopper's filters
    "#]],
    );
    check(
        &shop,
        "shoes | filter=brand:Acorn",
        expect![[r#"
        3 Red leather boots
        rule `runners` held: a pinned product is sold out, suppressed or outside the shopper's filters
        rule `sold out` held: a pinned product is sold out, suppressed or outside the shopper's filters
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
        rule `sold out` held: a pinned product is sold out, suppressed or outside the shopper's filters
        rule `later` held
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
