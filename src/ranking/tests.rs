//! Promises: an impact of 0 is the plain order; taste is bounded, and moves less where it comes from elsewhere; sold-out
//! products sink; moves add up; a favourite does not fill the page; places for new products are drawn by the query.

use super::*;
use crate::catalog::columns::ColumnsBuilder;
use crate::catalog::product::{Product, Value, Variant};
use crate::journal::{Entry, Event, EventKind, Evidence};
use crate::retrieval::Features;
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{AffinitySettings, Shoppers};

const SCHEMA: &str = r#"
id = "id"
[[attribute]]
name = "title"
type = "text"
role = "title"
[[attribute]]
name = "brand"
type = "keyword"
role = "brand"
facet = true
affinity = true
[[attribute]]
name = "stock"
type = "number"
role = "stock"
"#;

struct Shop {
    schema: Schema,
    columns: Columns,
}

/// Products of these brands, in catalog order; a `!` before the brand means sold out.
fn shop(brands: &[&str]) -> Shop {
    let schema = Schema::parse("schema.toml", SCHEMA).unwrap();
    let mut builder = ColumnsBuilder::new(&schema);
    for (number, brand) in brands.iter().enumerate() {
        let stock = if brand.starts_with('!') { 0.0 } else { 5.0 };
        let values = vec![
            vec![Value::Text(format!("product {number}"))],
            vec![Value::Text(brand.trim_start_matches('!').to_string())],
            vec![Value::Number(stock)],
        ];
        let id = number.to_string();
        let variants = vec![Variant {
            id: id.clone(),
            values: vec![Vec::new(); 3],
        }];
        builder.push(&Product {
            filled: Vec::new(),
            id,
            values,
            variants,
        });
    }
    Shop {
        schema,
        columns: builder.finish(),
    }
}

fn candidates(shop: &Shop, relevances: &[f32]) -> Vec<Candidate> {
    let candidate = |(ordinal, bm25): (usize, &f32)| Candidate {
        ordinal: ordinal as u32,
        sold_out: shop.columns.sold_out(ordinal as u32),
        matches: true,
        features: Features {
            bm25: *bm25,
            coverage: 1.0,
            ..Features::default()
        },
    };
    relevances.iter().enumerate().map(candidate).collect()
}

/// What an order is made with beside a shopper.
struct Made<'m> {
    impact: f64,
    recipe: Recipe,
    wanted: &'m [f64],
    draw: u128,
}

impl Made<'_> {
    fn at(impact: f64) -> Self {
        Made {
            impact,
            // Brands are what these tests are about.
            recipe: Recipe {
                own_history: 0.0,
                ..Recipe::default()
            },
            wanted: &[],
            draw: 0,
        }
    }
}

fn order(shop: &Shop, relevances: &[f32], viewed: &[&str], impact: f64) -> (Vec<u32>, Vec<Moves>) {
    order_made(&Made::at(impact), shop, relevances, viewed)
}

/// Ranks the first products, as many as there are relevances, for a shopper who viewed the last product of each of
/// these brands.
fn order_made(
    made: &Made<'_>,
    shop: &Shop,
    relevances: &[f32],
    viewed: &[&str],
) -> (Vec<u32>, Vec<Moves>) {
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let settings = AffinitySettings::default();
    let shoppers = Shoppers::open(dir.path(), settings).unwrap();
    let brand_at = shop.schema.position("brand").unwrap();
    let view = |brand: &&str| {
        let has = |product: &u32| shop.columns.words_of(brand_at, *product).contains(brand);
        let product = (0..shop.columns.products()).rfind(has).unwrap();
        let product = shop.columns.product_id(product).to_owned();
        let evidence = |attribute: &str, value: &str| Evidence {
            attribute: attribute.into(),
            value: value.into(),
        };
        Entry {
            evidence: vec![evidence(PRODUCT, &product), evidence("brand", brand)],
            event: Event {
                products: vec![product],
                ..Event::new(EventKind::View, "anna", now)
            },
        }
    };
    shoppers
        .record(viewed.iter().map(view).collect(), now)
        .unwrap();
    let shelf = Shelf {
        schema: &shop.schema,
        columns: &shop.columns,
    };
    let tiers = PriceTiers::new(shelf);
    let known = Known {
        profile: &shoppers.profile("anna"),
        words: &shoppers.words(),
        demand: &shoppers.demand(),
        neighbours: &shoppers.neighbours(),
        person: shoppers.find("anna").map(|shopper| shopper.person),
        starts: &[],
        settings: &settings,
        now,
    };
    let taste = Taste::bind(&known, shelf, &tiers);
    let ranking = Ranking {
        recipe: &made.recipe,
        impact: made.impact,
        taste: &taste,
        adjustments: &[],
        model: None,
        wanted: made.wanted,
        draw: made.draw,
        is_browsed: false,
        now,
    };
    let ranked = rank(shelf, &ranking, candidates(shop, relevances));
    let moves = explain(shelf, &ranked, ranked.hits.len());
    (
        ranked
            .hits
            .iter()
            .map(|hit| hit.candidate.ordinal)
            .collect(),
        moves,
    )
}

#[test]
fn three_views_lift_near_equals_and_say_so() {
    let shop = shop(&["HP", "HP", "Xerox", "HP", "HP", "HP", "HP", "HP"]);
    let relevances = [10.0, 9.9, 9.8, 9.7, 4.0, 4.0, 4.0, 4.0];
    let (order, moves) = order(&shop, &relevances, &["Xerox"; 3], 50.0);
    assert_eq!(order[0], 2);
    assert_eq!(moves[0].text_rank, 3);
    assert_eq!(
        moves[0].moves[0],
        Move {
            places: 2,
            value: Some("brand:Xerox".into()),
            ..Move::by("affinity")
        }
    );
}

#[test]
fn an_impact_of_0_and_a_stranger_see_the_plain_order() {
    let shop = shop(&["HP", "Xerox", "HP"]);
    let plain = order(&shop, &[3.0, 2.9, 2.8], &[], 100.0);
    assert_eq!(plain.0, [0, 1, 2]);
    assert_eq!(order(&shop, &[3.0, 2.9, 2.8], &["Xerox"; 30], 0.0), plain);
}

#[test]
fn a_taste_that_comes_from_elsewhere_moves_less() {
    let relevances = [10.0, 9.7, 9.6];
    let near = shop(&["HP", "Xerox", "HP", "HP"]);
    assert_eq!(order(&near, &relevances, &["Xerox"; 30], 100.0).0[0], 1);
    let elsewhere = shop(&["HP", "Xerox", "HP", "Xerox"]);
    assert_eq!(
        order(&elsewhere, &relevances, &["Xerox"; 30], 100.0).0[0],
        0
    );
}

#[test]
fn taste_cannot_lift_past_what_is_far_more_relevant() {
    let shop = shop(&["HP", "Xerox", "HP"]);
    let (order, _) = order(&shop, &[10.0, 4.0, 3.0], &["Xerox"; 500], 100.0);
    assert_eq!(order, [0, 1, 2]);
}

#[test]
fn a_favourite_does_not_fill_the_page() {
    let brand = |at: usize| {
        if [1, 3, 5, 7].contains(&at) {
            "Xerox"
        } else {
            "HP"
        }
    };
    let shop = shop(&(0..16).map(brand).collect::<Vec<_>>());
    let relevances: Vec<f32> = (0..16_u8).map(|at| 10.0 - f32::from(at) / 10.0).collect();
    let with = |variety: f64| {
        let mut made = Made::at(100.0);
        made.recipe.variety = variety;
        order_made(&made, &shop, &relevances, &["Xerox"; 30])
    };
    assert_eq!(with(0.0).0[..3], [1, 3, 5]);
    let (mixed, moves) = with(0.5);
    assert_eq!(mixed[..4], [1, 3, 0, 2]);
    assert!(
        moves
            .iter()
            .any(|own| own.moves.iter().any(|reason| reason.by == "variety"))
    );
    assert_moves_add_up(&moves);
    let mut plain = Made::at(0.0);
    plain.recipe.variety = 0.5;
    let (plain, _) = order_made(&plain, &shop, &relevances, &["Xerox"; 30]);
    assert_eq!(
        plain,
        (0..16).collect::<Vec<u32>>(),
        "only taste is held back"
    );
}

#[test]
fn places_for_new_products_are_drawn_by_the_query() {
    let shop = shop(&["HP"; 40]);
    let relevances: Vec<f32> = (0..40_u8).map(|at| 10.0 - f32::from(at) / 20.0).collect();
    let wanted: Vec<f64> = (0..40)
        .map(|at| if at >= 30 { 0.0 } else { 50.0 })
        .collect();
    let drawn = |draw: u128, explore: f64| {
        let mut made = Made::at(50.0);
        made.recipe.explore = explore;
        order_made(
            &Made {
                wanted: &wanted,
                draw,
                ..made
            },
            &shop,
            &relevances,
            &[],
        )
    };
    let new_among = |order: &[u32]| order.iter().filter(|product| **product >= 30).count();
    assert_eq!(new_among(&drawn(7, 0.0).0[..20]), 0);
    let (order, moves) = drawn(7, 0.1);
    assert_eq!((new_among(&order[..10]), new_among(&order[..20])), (1, 2));
    assert!(
        order[..5].iter().all(|product| *product < 30),
        "the first half is kept"
    );
    assert_eq!(drawn(7, 0.1).0, order, "the same query, the same order");
    assert!((8..20).any(|draw| drawn(draw, 0.1).0 != order));
    assert_eq!(new_among(&drawn(0, 0.1).0[..20]), 0, "nothing to draw by");
    assert_moves_add_up(&moves);
    let mut all = order.clone();
    all.sort_unstable();
    assert_eq!(all, (0..40).collect::<Vec<u32>>());
}

fn assert_moves_add_up(moves: &[Moves]) {
    for (place, moves) in moves.iter().enumerate() {
        let moved: i64 = moves.moves.iter().map(|reason| reason.places).sum();
        let led_to = moves.text_rank as i64 - moved;
        assert_eq!(led_to, place as i64 + 1, "{moves:?}");
    }
}

#[test]
fn sold_out_products_sink_and_the_moves_add_up() {
    let shop = shop(&["!HP", "HP", "Xerox"]);
    let (order, moves) = order(&shop, &[10.0, 9.0, 8.0], &["Xerox"; 3], 50.0);
    assert_eq!(order.last(), Some(&0));
    assert_moves_add_up(&moves);
}

#[test]
fn a_liked_product_that_falls_was_passed_by_others() {
    let shop = shop(&["Xerox", "Canon", "HP", "HP", "HP", "HP", "HP", "HP"]);
    let relevances = [10.0, 9.9, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0];
    let viewed = [["Xerox"; 3], ["Canon"; 3], ["Canon"; 3]].concat();
    let (order, moves) = order(&shop, &relevances, &viewed, 50.0);
    assert_eq!(order[..2], [1, 0]);
    assert_eq!(
        moves[1].moves,
        [Move {
            places: -1,
            ..Move::by("others")
        }]
    );
}
