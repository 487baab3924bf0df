//! Promises:
//! 1. A facet's own choice does not shrink its counts; `NOT` does, and so does an `OR` over several attributes.
//! 2. A category holds for everything below it, and for nothing that only begins like it.
//! 3. A filter must hold for one variant; totals and counts are of products.
//! 4. However many facets are asked for, each is counted.
//! 5. `auto` shows the facets that tell the products of a list apart, in an order: what rules want, what the schema
//!    wants, what the shopper refined by, then the most useful.
//! 6. Numbers of enough products come with round steps.

use expect_test::expect;

use crate::shop::{Shop, ask, check, ids, shoes, shop};

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

/// Twelve products: every price and code differs, there are three colors, two brands, and one shop.
fn twelve() -> Shop {
    let mut table = "id | title | brand | color | price | vendor | code2 | rare\n".to_string();
    for n in 0..12 {
        let (brand, color) = (["Acorn", "Birch"][n % 2], ["red", "green", "blue"][n % 3]);
        let rare = if n == 0 { "yes" } else { "" };
        table += &format!(
            "{n} | Mug | {brand} | {color} | {} | Corner | c{n} | {rare}\n",
            10 * (n + 1)
        );
    }
    shop(&table)
}

#[test]
fn the_most_useful_facets_are_chosen_in_order() {
    let shop = twelve();
    let order = |shop: &Shop, request: &str| {
        let page = shop.page(&ask(request));
        let mut shown: Vec<&String> = page.facets.keys().chain(page.ranges.keys()).collect();
        let mut order: Vec<&String> = page.facet_order.iter().collect();
        shown.sort();
        order.sort();
        assert_eq!(shown, order, "what is shown has a place");
        page.facet_order.join(" ")
    };
    assert_eq!(order(&shop, "mug | facets=auto"), "price code2 color brand");
    assert_eq!(
        order(&shop, "mug | facets=auto | filter=brand:Acorn"),
        "brand price code2 color"
    );
    assert_eq!(order(&shop, "unknown | facets=auto"), "");
    let rules = "[[rule]]\nname = \"r\"\nfacets = [\"color\"]\n";
    let shop = shop.rules(rules);
    assert_eq!(order(&shop, "mug | facets=auto"), "color price code2 brand");
}

#[test]
fn numbers_come_with_round_steps() {
    let price = |request: &str| twelve().page(&ask(request)).ranges["price"].clone();
    let all = price("mug | facets=price");
    assert_eq!((all.min, all.max), (10.0, 120.0));
    assert_eq!(all.steps, [20.0, 50.0, 100.0]);
    assert_eq!(
        price("mug | facets=price | filter=color:red").steps,
        [0.0; 0]
    );
}
