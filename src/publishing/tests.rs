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
        &Order::at(jiff::Timestamp::UNIX_EPOCH),
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
fn a_rule_that_is_spoiled_stays_in_force_as_it_was_and_the_others_change() {
    let shop = shop();
    index(
        &shop,
        b"{\"id\":\"1\",\"title\":\"red shoes\"}\n{\"id\":\"2\",\"title\":\"blue shoes\"}\n{\"id\":\"3\",\"title\":\"old shoes\"}\n",
    )
    .unwrap();
    let rules = shop.paths.shop.join("merchandising/rules/a.toml");
    let recall = "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n";
    let spoiled = recall.replace("suppress", "supress");
    let other = "[[rule]]\nname = \"other\"\nsuppress = [\"2\"]\n";
    fs::write(&rules, recall).unwrap();
    assert_eq!(ids(&shop, "shoes"), ["2", "3"]);
    // Twice: a restart changes nothing.
    fs::write(&rules, format!("{spoiled}{other}")).unwrap();
    assert_eq!(ids(&shop, "shoes"), ["3"]);
    assert_eq!(ids(&shop, "shoes"), ["3"]);
    let problems = load(&shop.paths).unwrap().problems;
    assert_eq!(
        problems[0].suggestion.as_deref(),
        Some("did you mean `suppress`?; its last good version stays in force until it is mended")
    );
    fs::write(&rules, other).unwrap();
    assert_eq!(ids(&shop, "shoes"), ["1", "3"]);
}

#[test]
fn a_rule_file_that_never_was_whole_yields_what_is_good() {
    let shop = shop();
    index(
        &shop,
        b"{\"id\":\"1\",\"title\":\"red shoes\"}\n{\"id\":\"2\",\"title\":\"blue shoes\"}\n",
    )
    .unwrap();
    let rules = shop.paths.shop.join("merchandising/rules/a.toml");
    let text = "[[rule]]\nname = \"bad\"\nsupress = [\"1\"]\n[[rule]]\nname = \"good\"\nsuppress = [\"2\"]\n";
    fs::write(&rules, text).unwrap();
    assert_eq!(ids(&shop, "shoes"), ["1"]);
    fs::write(&rules, "[[rule]").unwrap();
    assert_eq!(ids(&shop, "shoes"), ["1"]);
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

#[test]
fn the_generation_before_a_damaged_one_is_served_and_that_is_said() {
    let shop = shop();
    index(&shop, b"{\"id\":\"1\",\"title\":\"red shoes\"}\n").unwrap();
    index(&shop, b"{\"id\":\"2\",\"title\":\"blue shoes\"}\n").unwrap();
    let documents = shop.paths.data.join("generations/000002/documents.json");
    fs::write(documents, b"{\"title\":\"grey shoes\"}").unwrap();
    let snapshot = load(&shop.paths).unwrap();
    assert_eq!(snapshot.catalog.generation, 1);
    let said = snapshot.problems.last().unwrap().to_string();
    assert!(
        said.contains("generation 2") && said.contains("generation 1 is served in its place"),
        "{said}"
    );
    // Nothing changed, so the damaged one is not read again; the next one is served when it is there.
    assert_eq!(reload(&shop.paths, &snapshot).unwrap().problems.len(), 1);
    index(&shop, b"{\"id\":\"3\",\"title\":\"green shoes\"}\n").unwrap();
    let snapshot = reload(&shop.paths, &snapshot).unwrap();
    assert_eq!(
        (snapshot.catalog.generation, snapshot.problems.len()),
        (3, 0)
    );
}

#[test]
fn a_check_names_each_problem_once_and_needs_no_catalog() {
    let shop = shop();
    let reasons = || {
        let problems = validate(&shop.paths, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let reasons: Vec<String> = problems
            .iter()
            .map(|problem| problem.reason.clone())
            .collect();
        reasons
    };
    fs::write(
        shop.paths.shop.join("index/ranking.toml"),
        "[recipe.default]\nimpact = 200\n",
    )
    .unwrap();
    assert_eq!(
        reasons(),
        [
            "recipe `default`: `impact` must be between 0 and 100",
            "nothing is indexed yet, so rules cannot be checked against products",
        ]
    );
    index(&shop, b"{\"id\":\"1\",\"title\":\"red shoes\"}\n").unwrap();
    fs::remove_file(shop.paths.shop.join("index/ranking.toml")).unwrap();
    fs::write(
        shop.paths.shop.join("index/schema.toml"),
        SCHEMA.replace("role = \"title\"\n", ""),
    )
    .unwrap();
    assert_eq!(reasons(), ["no attribute has the role of title"]);
}

#[test]
fn a_damaged_byte_is_found_before_anything_is_served() {
    let shop = shop();
    let feed: String = (0..40)
        .map(|id| format!("{{\"id\":\"{id}\",\"title\":\"red shoes {id}\"}}\n"))
        .collect();
    index(&shop, feed.as_bytes()).unwrap();
    let generation = shop.paths.data.join("generations/000001");
    let mut damaged_files = 0;
    for name in fingerprint::of_folder(&generation).unwrap().into_keys() {
        // A manifest whose damage can be read past still names whole files.
        if name == "manifest.json" {
            continue;
        }
        let path = generation.join(&name);
        let bytes = fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(9)) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x5a;
            fs::write(&path, damaged).unwrap();
            let Err(error) = load(&shop.paths) else {
                panic!("{name} with another byte {at} was loaded")
            };
            assert!(error.to_string().contains(&name), "{error}");
        }
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(load(&shop.paths).is_err(), "{name} cut short was loaded");
        fs::write(&path, bytes).unwrap();
        damaged_files += 1;
    }
    assert!(
        damaged_files >= 10,
        "only {damaged_files} files were damaged"
    );
    assert_eq!(ids(&shop, "shoes").len(), 24);
}

#[test]
fn what_changed_is_counted_and_kept_in_the_history() {
    let shop = shop();
    let line = |id: u32, title: &str| format!("{{\"id\":\"{id}\",\"title\":\"{title}\"}}\n");
    let feed: String = (0..20).map(|id| line(id, "Shoe")).collect();
    let built = index(&shop, feed.as_bytes()).unwrap();
    assert_eq!(built.differences, None);
    let next: String = (1..21)
        .map(|id| line(id, if id == 5 { "Boot" } else { "Shoe" }))
        .collect();
    let built = index(&shop, next.as_bytes()).unwrap();
    let found = built.differences.unwrap();
    assert_eq!((found.added, found.changed, found.removed), (1, 1, 1));
    assert_eq!(found.sample.added, ["20"]);
    assert_eq!(found.sample.changed, ["5"]);
    assert_eq!(found.sample.removed, ["0"]);
    let half: String = (1..11).map(|id| line(id, "Shoe")).collect();
    let refused = index(&shop, half.as_bytes()).unwrap_err();
    assert!(
        matches!(&refused, PublishError::Beyond { beyond, .. } if beyond.len() == 2),
        "{refused}"
    );
    let history = publications(&shop.paths.data).unwrap();
    let outcomes: Vec<Outcome> = history.iter().map(|entry| entry.what).collect();
    assert_eq!(
        outcomes,
        [Outcome::Published, Outcome::Published, Outcome::Refused]
    );
    assert_eq!(history[2].reason, Some(refused.to_string()));
    assert_eq!(history[2].live, Some(2));
}

#[test]
fn a_cancelled_build_changes_nothing() {
    let shop = shop();
    index(&shop, b"{\"id\":\"1\",\"title\":\"red shoes\"}\n").unwrap();
    let feed = Feed::from_bytes("feed", b"{\"id\":\"2\",\"title\":\"hat\"}\n".to_vec()).unwrap();
    let order = Order::at(jiff::Timestamp::UNIX_EPOCH);
    order
        .cancelled
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let cancelled = build(&shop.paths, &shop.schema, vec![feed], &order, |_| {});
    assert!(matches!(cancelled, Err(PublishError::Cancelled { .. })));
    assert_eq!(ids(&shop, ""), ["1"]);
}
