//! Promises: a feed becomes live whole or not at all; a bad file never replaces a good one, not even after a restart.

use std::fs;

use super::*;
use crate::catalog::feed::Feed;
use crate::catalog::schema::Schema;
use crate::engine::{Engine, Request};

const SCHEMA: &str = "id = \"id\"\n[[attribute]]\nname = \"title\"\ntype = \"text\"\nrole = \"title\"\nsearched = 1.0\nshown = true\n";

struct Shop {
    _dir: tempfile::TempDir,
    paths: ShopPaths,
    schema: Schema,
}

fn shop() -> Shop {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("index")).unwrap();
    fs::create_dir_all(dir.path().join("merchandising/rules")).unwrap();
    fs::write(dir.path().join("index/schema.toml"), SCHEMA).unwrap();
    let paths = ShopPaths::new(dir.path(), "data");
    Shop {
        _dir: dir,
        paths,
        schema: Schema::parse("schema.toml", SCHEMA).unwrap(),
    }
}

fn index(shop: &Shop, feed: &[u8]) -> Result<Built, PublishError> {
    let feed = Feed::from_bytes("feed", feed.to_vec())?;
    build(
        &shop.paths,
        &shop.schema,
        vec![feed],
        Shrinking::Refused,
        |_| {},
    )
}

fn ids(shop: &Shop, q: &str) -> Vec<String> {
    let engine = Engine::new(load(&shop.paths).unwrap(), None);
    let page = engine
        .search(&Request::new(q, "2026-11-23T00:00:00Z".parse().unwrap()))
        .unwrap();
    page.hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn a_feed_becomes_live_and_the_next_one_replaces_it() {
    let shop = shop();
    assert!(matches!(
        load(&shop.paths),
        Err(PublishError::NothingIndexed(_))
    ));
    let built = index(
        &shop,
        b"{\"id\":\"1\",\"title\":\"red shoes\"}\n{\"id\":\"2\"}\n",
    )
    .unwrap();
    assert_eq!((built.manifest.products, built.manifest.refused), (1, 1));
    assert_eq!(built.problems[0].line, Some(2));
    assert_eq!(ids(&shop, "shoe"), ["1"]);
    index(&shop, b"{\"id\":\"3\",\"title\":\"blue shoes\"}\n").unwrap();
    assert_eq!(ids(&shop, "shoe"), ["3"]);
}

#[test]
fn an_empty_a_truncated_and_a_hopeless_feed_change_nothing() {
    let shop = shop();
    index(&shop, b"{\"id\":\"1\",\"title\":\"red shoes\"}\n").unwrap();
    assert!(matches!(index(&shop, b""), Err(PublishError::Feed(_))));
    assert!(matches!(
        index(
            &shop,
            b"{\"id\":\"2\",\"title\":\"hat\"}\n{\"id\":\"3\",\"ti"
        ),
        Err(PublishError::Truncated { .. })
    ));
    assert!(matches!(
        index(&shop, b"{\"title\":\"no id\"}\n"),
        Err(PublishError::NoProducts { .. })
    ));
    assert_eq!(ids(&shop, ""), ["1"]);
}

#[test]
fn a_bad_rule_file_leaves_the_last_good_one_in_force() {
    let shop = shop();
    index(
        &shop,
        b"{\"id\":\"1\",\"title\":\"red shoes\"}\n{\"id\":\"2\",\"title\":\"blue shoes\"}\n",
    )
    .unwrap();
    let rules = shop.paths.shop.join("merchandising/rules/a.toml");
    fs::write(&rules, "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n").unwrap();
    assert_eq!(ids(&shop, "shoes"), ["2"]);
    fs::write(&rules, "[[rule]\nname = ").unwrap();
    assert_eq!(ids(&shop, "shoes"), ["2"]);
    let problems = load(&shop.paths).unwrap().problems;
    assert_eq!(
        (problems[0].file.as_str(), problems[0].line),
        ("merchandising/rules/a.toml", Some(1))
    );
    fs::remove_file(&rules).unwrap();
    assert_eq!(ids(&shop, "shoes"), ["1", "2"]);
}

#[test]
fn a_damaged_generation_is_named() {
    let shop = shop();
    index(&shop, b"{\"id\":\"1\",\"title\":\"red shoes\"}\n").unwrap();
    fs::write(
        shop.paths.data.join("generations/000001/columns.bin"),
        b"garbage",
    )
    .unwrap();
    let Err(error) = load(&shop.paths) else {
        panic!("a damaged generation was loaded")
    };
    assert!(error.to_string().contains("generation 1"), "{error}");
}
