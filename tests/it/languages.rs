//! Promises:
//! 1. In languages that write several words as one, a word finds the compounds that have it, and a compound what says
//!    its words apart; whole words come first, and a compound is what its last word says.
//! 2. Only words that the catalog has by themselves are parts.
//! 3. An attribute may be in another language than the shop: its words meet through the stems of that one.
//! 4. Nothing is corrected to what stands only where typos are not forgiven, and words that are protected stay.

use crate::shop::{Shop, ask, ids, shop, shop_of};

fn found(shop: &Shop, words: &str) -> Vec<String> {
    ids(&shop.page(&ask(words)))
}

fn spelled(shop: &Shop, words: &str) -> Option<String> {
    shop.page(&ask(words)).understood.spelling
}

fn shop_in(language: &str, table: &str) -> Shop {
    shop_of(table, |schema| {
        format!("language = \"{language}\"\n{schema}")
    })
}

fn german() -> Shop {
    shop_in(
        "de",
        "id | title                      | description
         1  | Leichte Laufschuhe         | Für das Joggen
         2  | Schuhe zum Laufen          | Der Lauf beginnt
         3  | Schuhschrank Eiche         | Platz für zehn Paar
         4  | Arbeitshose                | Für schwere Arbeit
         5  | Kurze Hosen für Damen      | Für den Garten und die Arbeit
         6  | Lauf und Sport             | Ein Buch
         7  | Schrank aus Eiche          | Ein Schrank
         8  | Damenschuhe                | Für den Abend
         9  | Schuhe für Damen           | Für den Tag
         10 | Weite Hosen                | Für den Schrank",
    )
}

#[test]
fn compounds_are_found_by_their_words() {
    let shop = german();
    let shoes = found(&shop, "schuhe");
    let place = |id: &str| shoes.iter().position(|own| own == id).unwrap();
    for compound in ["1", "8"] {
        for whole in ["2", "9"] {
            assert!(
                place(whole) < place(compound),
                "whole words first: {shoes:?}"
            );
        }
        assert!(
            place(compound) < place("3"),
            "a shoe is no cupboard: {shoes:?}"
        );
    }
    let trousers = found(&shop, "hosen");
    assert_eq!(trousers[0], "10");
    assert!(trousers.contains(&"4".to_string()), "{trousers:?}");
    let cupboards = found(&shop, "schrank");
    assert_eq!(cupboards[0], "7");
    assert!(cupboards.contains(&"3".to_string()), "{cupboards:?}");
}

#[test]
fn what_compounds_say_is_found_apart() {
    let shop = german();
    assert_eq!(found(&shop, "laufschuhe")[..2], ["1", "2"]);
    assert_eq!(found(&shop, "arbeitshosen")[0], "4");
    assert_eq!(found(&shop, "damenhosen")[0], "5");
    assert_eq!(spelled(&shop, "damenhosen"), None);
    assert_eq!(found(&shop, "lauf schuhe")[0], "2");
}

#[test]
fn the_north_and_the_netherlands_write_as_germany_does() {
    let table = |compound: &str, first: &str, second: &str| {
        format!(
            "id | title
             1  | {compound}
             2  | {second}
             3  | {first}
             4  | {first} {second}
             5  | {second}
             6  | {second}
             7  | {second}
             8  | {second}
             9  | {second}
             10 | {second}
             11 | {second}
             12 | {second}"
        )
    };
    for (language, compound, first, second) in [
        ("nl", "Tuinstoel", "Tuin", "Stoel"),
        ("sv", "Sportsko", "Sport", "Sko"),
        ("da", "Havebord", "Have", "Bord"),
        ("no", "Sportsklokke", "Sport", "Klokke"),
        ("fi", "Talvikenkä", "Talvi", "Kenkä"),
    ] {
        let shop = shop_in(language, &table(compound, first, second));
        let found = found(&shop, second);
        assert!(found.contains(&"1".to_string()), "{second}: {found:?}");
        assert_ne!(found[0], "1", "{second}: {found:?}");
    }
}

#[test]
fn parts_are_words_of_the_catalog() {
    let shop = shop(
        "id | title
         1  | Laufschuhe
         2  | Schuhe
         3  | Schuhe",
    );
    assert_eq!(found(&shop, "schuhe"), ["2", "3"], "an English shop");
    let shop = shop_in(
        "de",
        "id | title
         1  | Autoren
         2  | Auto
         3  | Auto Ren",
    );
    assert_eq!(found(&shop, "ren"), ["3"]);
}

#[test]
fn an_attribute_has_a_language_of_its_own() {
    let table = "id | title        | description
         1  | Trail jacket | Des chevaux pour la randonnée
         2  | Red jackets  | Une veste";
    let plain = shop(table);
    assert_eq!(spelled(&plain, "cheval").as_deref(), Some("chevaux"));
    let french = shop_of(table, |schema| {
        schema.replace(
            "role = \"description\"",
            "role = \"description\"\nlanguage = \"fr\"",
        )
    });
    assert_eq!(found(&french, "cheval"), ["1"]);
    assert_eq!(spelled(&french, "cheval"), None);
    assert_eq!(found(&french, "cheval pour jackets")[0], "1");
    assert_eq!(found(&french, "jacket"), ["1", "2"]);
}

#[test]
fn nothing_is_corrected_where_typos_are_not_forgiven() {
    let table = "id | title        | code
         1  | Trail jacket | Zenobia
         2  | Red kettle   | Zenobia";
    assert_eq!(spelled(&shop(table), "zenobai").as_deref(), Some("zenobia"));
    let strict = shop_of(table, |schema| {
        schema.replace("name = \"code\"", "name = \"code\"\ntypos = false")
    });
    assert_eq!(spelled(&strict, "zenobai"), None);
    assert_eq!(found(&strict, "zenobia"), ["1", "2"]);
    assert_eq!(spelled(&strict, "kettel").as_deref(), Some("kettle"));
}

#[test]
fn protected_words_stay_as_they_are() {
    let table = "id | title
         1  | Trail jackets
         2  | Red kettle";
    let plain = shop(table);
    assert_eq!(spelled(&plain, "jacketz").as_deref(), Some("jackets"));
    let plain = plain.with_file("synonyms/protected.txt", "jacketz gopro # brands\n");
    assert_eq!(spelled(&plain, "jacketz"), None);
    assert_eq!(spelled(&plain, "kettel").as_deref(), Some("kettle"));
}
