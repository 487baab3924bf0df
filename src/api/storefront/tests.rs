//! The storefront promises: whatever the shop's files say is escaped, nothing is inline or from elsewhere, and script
//! and style stay small.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;

fn shop() -> ShopFace {
    ShopFace {
        name: "Salt & <Pepper>".into(),
        currency: "EUR".into(),
        language: "en-IE".into(),
        faces: vec![Face {
            shopper: "ida".into(),
            name: "Ida".into(),
            blurb: "Runs \"trails\" & likes green".into(),
        }],
        sorts: vec![
            Sort {
                value: String::new(),
                label: "Relevance".into(),
            },
            Sort {
                value: "price:asc".into(),
                label: "Price, low to high".into(),
            },
        ],
    }
}

#[test]
fn the_shop_shows_its_name_faces_and_sorts_escaped() {
    let page = page(&shop()).into_string();
    assert!(page.contains("<title>Salt &amp; &lt;Pepper&gt;</title>"));
    assert!(page.contains(r#"value="ida" data-name="Ida""#));
    assert!(page.contains("Runs &quot;trails&quot; &amp; likes green"));
    assert!(page.contains(r#"<option value="price:asc">Price, low to high</option>"#));
    assert!(page.contains(r#"data-currency="EUR" data-language="en-IE""#));
}

#[test]
fn a_shop_that_says_nothing_still_has_a_page() {
    let page = page(&ShopFace::default()).into_string();
    assert!(page.contains(r#"data-language="en""#));
    assert!(page.contains(r#"id="sort" hidden"#));
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let page = page(&shop()).into_string();
    assert!(!page.contains(" style=") && !page.contains("<style"));
    assert!(!page.contains(" onclick=") && !page.contains("javascript:"));
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains(r#"<script type="module" src="/assets/storefront.js"></script>"#));
    for part in [STYLE, SCRIPT] {
        assert!(
            !part.contains("http://") && !part.contains("https://") && !part.contains("@import")
        );
    }
    assert!(!SCRIPT.contains("innerHTML") && !SCRIPT.contains("eval("));
}

#[test]
fn every_element_the_script_asks_for_is_in_the_page() {
    let page = page(&shop()).into_string();
    let named = SCRIPT
        .split("byId(\"")
        .skip(1)
        .chain(SCRIPT.split("fill(\"").skip(1));
    for id in named
        .filter_map(|rest| rest.split_once('"'))
        .map(|(id, _)| id)
    {
        assert!(
            page.contains(&format!(r#"id="{id}""#)),
            "no element with id `{id}`"
        );
    }
}

#[test]
fn the_script_and_style_are_small() {
    assert!(SCRIPT.len() <= 47_000, "{} bytes of script", SCRIPT.len());
    let compressed = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap().len()
    };
    assert!(
        compressed(SCRIPT) < 15_500,
        "{} bytes of script",
        compressed(SCRIPT)
    );
    assert!(
        compressed(STYLE) < 8_000,
        "{} bytes of style",
        compressed(STYLE)
    );
}
