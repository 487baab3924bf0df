//! What is written, and what the repository says about it.

use rustc_hash::FxHashSet;

use super::*;
use crate::catalog::schema::{SCHEMA_FILE, Schema};

#[test]
fn every_picture_is_small_and_complete() {
    assert!(
        pictures::DRAWINGS.is_sorted(),
        "the drawings must be in the order of their names"
    );
    for (drawing, shade) in pictures_of(&shop().products) {
        let svg =
            picture(drawing, shade).unwrap_or_else(|| panic!("no drawing `{drawing}` in {shade}"));
        assert!(
            svg.len() < 3_000,
            "{drawing}-{shade} takes {} bytes",
            svg.len()
        );
        assert!(
            !svg.contains('$') && !svg.contains("<text"),
            "{drawing}-{shade}"
        );
        assert_eq!(
            svg.matches("<g ").count(),
            svg.matches("</g>").count(),
            "{drawing}"
        );
    }
}

#[test]
fn generated_files_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut heard = Vec::new();
    let made = generate(folder.path(), SEED, now(), &mut |what, done, total| {
        heard.push((what.to_owned(), done, total))
    })
    .unwrap();
    let lines = |name: &str| {
        fs::read_to_string(folder.path().join(name))
            .unwrap()
            .lines()
            .count() as u64
    };
    assert_eq!(lines("data/demo/products.jsonl"), made.products);
    assert_eq!(lines("data/demo/events.jsonl"), made.events);
    assert_eq!(lines("demo/tastes.jsonl"), made.shoppers);
    let faces: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("demo/shoppers.json")).unwrap())
            .unwrap();
    assert_eq!(faces.as_array().unwrap().len(), made.faces.len());
    for product in &shop().products {
        for variant in &product.variants {
            assert!(
                folder
                    .path()
                    .join(variant.image.trim_start_matches('/'))
                    .is_file(),
                "{}",
                variant.image
            );
        }
    }
    assert!(heard.contains(&("products".to_owned(), made.products, made.products)));
}

/// A file of the shop at the repository's root.
fn committed(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_schema_names_what_products_carry() {
    let schema = Schema::parse(SCHEMA_FILE, &committed(SCHEMA_FILE)).unwrap();
    let named: FxHashSet<&str> = schema
        .attributes
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    let mut carried = FxHashSet::default();
    for product in &shop().products {
        let line = serde_json::to_value(product).unwrap();
        for (name, value) in line
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "id")
        {
            match value.as_array() {
                Some(variants) => {
                    let names = variants
                        .iter()
                        .flat_map(|variant| variant.as_object().unwrap().keys());
                    carried.extend(names.filter(|name| *name != "id").cloned());
                }
                None => _ = carried.insert(name.clone()),
            }
        }
    }
    assert_eq!(named, carried.iter().map(String::as_str).collect());
}

#[test]
fn the_rules_name_products_that_suit_them() {
    let products = by_id();
    let suits = |id: &str, category: &str| {
        let product = products
            .get(id)
            .unwrap_or_else(|| panic!("no product {id}"));
        assert!(
            product.category.ends_with(category),
            "{id} is {}, not {category}",
            product.category
        );
        product.buyable()
    };
    assert!(suits("17204", "Trail Running Shoes"));
    assert!(
        !suits("16635", "Trail Running Shoes"),
        "the second pin shows what happens when a product is sold out"
    );
    assert!(suits("12042", "Trail Running Shoes"));
    assert!(suits("14133", "Power Banks") && suits("10871", "Power Banks"));
    assert!(suits("13018", "Teddy Bears") && suits("11678", "Teddy Bears"));
    let text = committed("merchandising/rules/demo.toml");
    let rules: toml::Table = text.parse().unwrap();
    assert_eq!(rules["rule"].as_array().unwrap().len(), 5);
    let is_id = |word: &&str| word.len() == 5 && word.bytes().all(|byte| byte.is_ascii_digit());
    let ids = text.split('"').filter(is_id).count();
    assert_eq!(ids, 7, "a rule names an id that this test does not know");
}

#[test]
fn the_synonyms_are_in_solr_format() {
    let text = committed("synonyms/en.txt");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(lines.len() >= 40, "{} lines", lines.len());
    for line in lines {
        let terms = line
            .split([',', '>'])
            .map(|term| term.trim_end_matches('=').trim());
        assert!(
            terms.clone().count() >= 2 && terms.clone().all(|term| !term.is_empty()),
            "{line}"
        );
    }
}
