//! Promises:
//! 1. What a product is comes before what belongs to it, learned from the catalog alone; asking for what belongs to it
//!    finds that.
//! 2. What a title says a product is made for counts less than what it is; of several
//!    attributes that say what it is the first decides.
//! 3. Words that stand side by side come before the same words apart.
//! 4. A word that only an attribute says finds the product, after those that say it in their title.
//! 5. An attribute with the columns `*` finds by every other column with words, but not by addresses or numbers.
//! 6. A synonym of several words is not found by one of them, and comes first where its words stand together.
//! 7. Of products that are called what was asked for, those that have little in common with most of them come last.
//! 8. Every one of these can be turned off by recipe.

use endcap::catalog::feed::Feed;
use endcap::catalog::schema::Schema;
use endcap::engine::{Engine, Request};
use endcap::publishing::{self, Order, ShopPaths};

use crate::shop::{Shop, ask, ids, now, shop};

/// Things and what belongs to them, each called as shops call them.
fn office() -> Shop {
    shop(
        "id | title                          | brand | price
         1  | Acorn laptop bag               | Acorn | 20
         2  | Birch laptop stand             | Birch | 30
         3  | Cedar camera bag red           | Cedar | 25
         4  | Acorn monitor stand            | Acorn | 35
         5  | Birch X200 laptop              | Birch | 900
         6  | Cedar P7 laptop                | Cedar | 800
         7  | Acorn sports bag               | Acorn | 15
         8  | Birch lamp stand               | Birch | 12
         9  | Cedar M24 monitor              | Cedar | 200
         10 | Stand for monitor              | Acorn | 18",
    )
}

fn found(shop: &Shop, request: &str) -> Vec<String> {
    ids(&shop.page(&ask(request)))
}

#[test]
fn what_a_product_is_comes_before_what_belongs_to_it() {
    let shop = office();
    assert_eq!(found(&shop, "laptop")[..2], ["5", "6"]);
    assert_eq!(found(&shop, "laptop bag")[0], "1");
    assert_eq!(found(&shop, "monitor")[0], "9");
    let without = office().ranking("[recipe.default]\ntype = 0\nadjacent = 0\n");
    assert_ne!(found(&without, "laptop")[..2], ["5", "6"]);
}

#[test]
fn what_a_product_is_made_for_counts_less() {
    let shop = shop(
        "id | title
         1  | Case for phone
         2  | Phone holder case",
    );
    assert_eq!(found(&shop, "phone"), ["2", "1"]);
}

#[test]
fn the_first_type_says_what_a_product_is() {
    let schema = "id = \"id\"
        [[attribute]]
        name = \"title\"
        type = \"text\"
        role = \"title\"
        searched = 3.0
        [[attribute]]
        name = \"product_type\"
        type = \"keyword\"
        role = \"type\"
        searched = 1.0
        [[attribute]]
        name = \"device_type\"
        type = \"keyword\"
        role = \"type\"
        searched = 1.0
        ";
    let feed = [
        r#"{"id":"1","title":"Oak lamp black"}"#,
        r#"{"id":"2","title":"Oak S6 Lite 10 inch with pen","device_type":"Full-size tablet"}"#,
        r#"{"id":"3","title":"Elm cover black","product_type":"Keyboard cover","device_type":"Tablet"}"#,
        r#"{"id":"4","title":"Laptop stand grey"}"#,
        r#"{"id":"5","title":"Fir monitor stand"}"#,
    ];
    let found = found_in(schema, &feed.join("\n"));
    assert_eq!(found("tablet"), ["2", "3"]);
    assert_eq!(found("cover"), ["3"]);
}

#[test]
fn what_has_little_in_common_with_most_that_are_called_so_comes_last() {
    let mut feed = Vec::new();
    for (id, model) in (1..).zip(["Q11", "Q22", "Q33", "Q44", "Q55", "Q66"]) {
        let title = format!("Birch {model} notebook 14 inch 16 gb grey lid");
        feed.push(format!(
            r#"{{"id":"{id}","title":"{title}","cores":"8","memory":"16"}}"#
        ));
    }
    for (id, title) in (7..).zip([
        "Elm notebook",
        "Elm pad",
        "Fir pad",
        "Fir pad",
        "Fir pad",
        "Oak sheet",
    ]) {
        feed.push(format!(
            r#"{{"id":"{id}","title":"{title}","paper":"90 g","sheets":"80"}}"#
        ));
    }
    let schema = "id = \"id\"
        [[attribute]]
        name = \"title\"
        type = \"text\"
        role = \"title\"
        searched = 3.0
        ";
    let feed = feed.join("\n");
    let computers = ["1", "2", "3", "4", "5", "6"];
    let notebooks = found_in(schema, &feed)("notebook");
    assert_eq!(notebooks[..6], computers);
    let without = found_under("[recipe.default]\nlikeness = 0\n", schema, &feed)("notebook");
    assert_eq!(without[0], "7");
}

#[test]
fn words_side_by_side_come_first() {
    let table = "id | title
         1  | Hard plastic drive bay cover
         2  | Plastic cover hard drive bay";
    assert_eq!(found(&shop(table), "hard drive"), ["2", "1"]);
    let without = shop(table).ranking("[recipe.default]\nadjacent = 0\ntype = 0\n");
    assert_eq!(found(&without, "hard drive"), ["1", "2"]);
}

#[test]
fn synonyms_of_several_words_are_found_whole() {
    let shop = shop(
        "id | title                | description             | brand
         1  | Oak trail hiking sock | Soft wool for new shoes | Shoes
         2  | Elm sandals           | For the beach           | Shoes
         3  | Fir trail shoes       | Light and grippy        | Fir
         4  | Ash mountain runners  | Light and grippy        | Ash",
    )
    .synonyms("trail shoes, mountain runners");
    assert_eq!(found(&shop, "trail shoes"), ["3", "4", "1"]);
}

#[test]
fn every_column_with_words_finds_after_the_title() {
    let schema = "id = \"id\"
        [[attribute]]
        name = \"title\"
        type = \"text\"
        role = \"title\"
        searched = 3.0
        [[attribute]]
        name = \"image\"
        type = \"url\"
        role = \"image\"
        [[attribute]]
        name = \"details\"
        type = \"text\"
        columns = [\"*\"]
        searched = 0.4
        ";
    let feed = concat!(
        r#"{"id":"1","title":"Galaxy S6 10 inch","kind":"Tablet","image":"oak.png","more":["Wi-Fi","http://oak.example/"]}"#,
        "\n",
        r#"{"id":"2","title":"Tablet case","weight":"12 "}"#,
        "\n",
    );
    let found = found_in(schema, feed);
    assert_eq!(found("tablet"), ["2", "1"]);
    assert_eq!(found("wi-fi"), ["1"]);
    assert_eq!(found("oak"), [""; 0]);
    assert_eq!(found("12"), [""; 0]);
}

/// What queries find in a shop of this schema and feed.
fn found_in(schema: &str, feed: &str) -> impl Fn(&str) -> Vec<String> + use<> {
    found_under("", schema, feed)
}

/// The same with recipes.
fn found_under(recipes: &str, schema: &str, feed: &str) -> impl Fn(&str) -> Vec<String> + use<> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("index")).unwrap();
    std::fs::write(dir.path().join("index/ranking.toml"), recipes).unwrap();
    let paths = ShopPaths::new(dir.path(), "data");
    let schema = Schema::parse("schema.toml", schema).unwrap();
    let feed = Feed::from_bytes("feed.jsonl", feed.as_bytes().to_vec()).unwrap();
    let order = Order::at(crate::shop::NOW.parse().unwrap());
    publishing::build(&paths, &schema, vec![feed], &order, |_| {}).unwrap();
    let engine = Engine::new(publishing::load(&paths).unwrap(), None);
    move |words| {
        // The index is read from its directory while the engine lives.
        let _ = &dir;
        ids(&engine.search(&Request::new(words, now())).unwrap())
    }
}
