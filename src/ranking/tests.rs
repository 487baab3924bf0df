//! Promises: an impact of 0 is the plain order; taste is bounded, and moves less where it comes from elsewhere; sold-out
//! products sink; moves add up.

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
        features: Features {
            bm25: *bm25,
            coverage: 1.0,
            ..Features::default()
        },
    };
    relevances.iter().enumerate().map(candidate).collect()
}

/// Ranks the first products, as many as there are relevances, for a shopper who viewed the last product of each of
/// these brands.
fn order(shop: &Shop, relevances: &[f32], viewed: &[&str], impact: f64) -> (Vec<u32>, Vec<Moves>) {
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
        settings: &settings,
        now,
    };
    let taste = Taste::bind(&known, shelf, &tiers);
    // Brands are what these tests are about.
    let recipe = Recipe {
        own_history: 0.0,
        ..Recipe::default()
    };
    let ranking = Ranking {
        recipe: &recipe,
        impact,
        taste: &taste,
        adjustments: &[],
        wanted: &[],
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
fn sold_out_products_sink_and_the_moves_add_up() {
    let shop = shop(&["!HP", "HP", "Xerox"]);
    let (order, moves) = order(&shop, &[10.0, 9.0, 8.0], &["Xerox"; 3], 50.0);
    assert_eq!(order.last(), Some(&0));
    for (place, moves) in moves.iter().enumerate() {
        let moved: i64 = moves.moves.iter().map(|reason| reason.places).sum();
        assert_eq!(
            moves.text_rank as i64 - moved,
            place as i64 + 1,
            "{moves:?}"
        );
    }
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
