//! Promises: synonyms meet through stems, the longest wins, bad lines are reported with theirs; marks survive stemming.

use super::*;
use crate::problem::Problem;
use crate::text::{code_term, words};

fn language(lines: &str) -> (Language, Vec<Problem>) {
    let analyzer = Analyzer::new("en");
    let (synonyms, problems) = Synonyms::parse("synonyms/en.txt", lines, &analyzer);
    (
        Language::new(&schema(), analyzer, settled(synonyms)),
        problems,
    )
}

fn settled(mut synonyms: Synonyms) -> Synonyms {
    synonyms.settle();
    synonyms
}

/// In these tests, words stand together wherever they stand.
struct Everywhere;

impl Together for Everywhere {
    fn products_with_both(&self, _: u32, _: u32) -> f64 {
        1.0
    }

    fn products_named(&self, _: u32) -> u32 {
        1
    }

    fn products(&self) -> u32 {
        10
    }
}

fn understand(
    language: &Language,
    vocabulary: &Vocabulary,
    text: &str,
    last_word: LastWord,
    spelling: Spelling,
) -> Query {
    let together = &Everywhere;
    let knowledge = Knowledge {
        language,
        vocabulary,
        together,
        spelling,
    };
    knowledge.understand(text, last_word)
}

/// What whole words are understood as, their spelling corrected.
fn corrected(language: &Language, vocabulary: &Vocabulary, text: &str) -> Query {
    understand(
        language,
        vocabulary,
        text,
        LastWord::Whole,
        Spelling::Corrected,
    )
}

fn schema() -> Schema {
    let text = r#"
        id = "id"
        [[attribute]]
        name = "title"
        type = "text"
        role = "title"
        [[attribute]]
        name = "price"
        type = "money"
        role = "price"
        [[attribute]]
        name = "rating"
        type = "number"
        role = "rating"
        "#;
    Schema::parse("schema.toml", text).unwrap()
}

fn vocabulary(texts: &[&str]) -> Vocabulary {
    let analyzer = Analyzer::new("en");
    let mut builder = VocabularyBuilder::default();
    for (product, text) in texts.iter().enumerate() {
        for word in words(text) {
            let stem = builder.stem(&analyzer, &word.folded);
            builder.count(stem, product as u32);
        }
    }
    let dir = tempfile::tempdir().unwrap();
    builder.write(dir.path()).unwrap();
    Vocabulary::open(dir.path()).unwrap()
}

/// Units as `a|b+c`, alternatives split at `|`, stems joined by `+`.
#[track_caller]
fn check(lines: &str, text: &str, expected: &[&str]) {
    let (language, problems) = language(lines);
    assert_eq!(problems, []);
    let query = understand(
        &language,
        &vocabulary(&[]),
        text,
        LastWord::Whole,
        Spelling::Corrected,
    );
    let units: Vec<String> = query
        .units
        .iter()
        .map(|unit| {
            unit.alternatives
                .iter()
                .map(|a| a.stems.join("+"))
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect();
    assert_eq!(units, expected, "units of {text:?}");
}

#[test]
fn words_become_stems_and_stopwords_say_nothing() {
    check("", "cases for the iPhones", &["case", "iphon"]);
    check("", "the", &["the"]);
    check("", "  ", &[]);
}

#[test]
fn synonyms_meet_through_stems_and_the_longest_wins() {
    check("tv, television\n", "televisions", &["tv|televis"]);
    check("gpu => graphics card", "gpu fan", &["graphic+card", "fan"]);
    check(
        "power bank, powerbank\npower => energy",
        "power banks",
        &["power+bank|powerbank"],
    );
}

#[test]
fn bad_synonym_lines_are_reported_and_the_others_hold() {
    let (language, problems) =
        language("tv, television # both\nalone\na => \n\n# comment\nx => y => z\n");
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(2), Some(3), Some(6)]);
    assert_eq!(language.synonyms.len(), 2);
}

#[test]
fn highlighting_survives_stemming_and_synonyms() {
    let (language, _) = language("tv, television");
    let vocabulary = vocabulary(&["Stand for Télévision, oak", "Chair"]);
    let query = corrected(&language, &vocabulary, "tv stands");
    let highlighter = FoundWords::of(&vocabulary, &query);
    let marked = highlighter.mark("Stand for Télévision, oak").unwrap();
    assert_eq!(marked, "<em>Stand</em> for <em>Télévision</em>, oak");
    assert_eq!(highlighter.mark("Chair"), None);
}

#[test]
fn a_word_being_typed_is_completed_from_the_catalog() {
    let (language, _) = language("");
    let vocabulary = vocabulary(&["running shoes", "runners", "rug"]);
    let query = understand(
        &language,
        &vocabulary,
        "red runn",
        LastWord::Beginning,
        Spelling::Corrected,
    );
    let last: Vec<&str> = query.units[1]
        .alternatives
        .iter()
        .map(|a| a.stems[0].as_str())
        .collect();
    assert_eq!(last, ["runn", "run", "runner"]);
}

#[test]
fn a_product_code_is_known_for_what_it_is() {
    let (language, _) = language("");
    let names = |text: &str| {
        understand(
            &language,
            &vocabulary(&[]),
            text,
            LastWord::Whole,
            Spelling::Corrected,
        )
        .names_a_product
    };
    assert!(names("006R90321"));
    assert!(!names("ps4") && !names("toner") && !names("xerox 006R90321"));
}

#[test]
fn unknown_words_are_read_as_what_was_meant_and_known_ones_stay() {
    let (language, _) = language("sofa, couch");
    let vocabulary = vocabulary(&[
        "wireless headset",
        "wireless headset",
        "power bank",
        "power tool",
        "weird wierless",
        "keyboard",
    ]);
    let spelling = |text: &str| corrected(&language, &vocabulary, text).understood.spelling;
    assert_eq!(
        spelling("wireles headset").as_deref(),
        Some("wireless headset")
    );
    assert_eq!(spelling("headste").as_deref(), Some("headset"));
    assert_eq!(
        spelling("keybaord wirelss").as_deref(),
        Some("keyboard wireless")
    );
    assert_eq!(spelling("powerbank").as_deref(), Some("power bank"));
    assert_eq!(spelling("head set").as_deref(), Some("headset"));
    assert_eq!(spelling("headsets"), None);
    assert_eq!(spelling("couch"), None, "a word with synonyms is known");
    let (whole, _) = self::language("headset, wirelss keybord\n");
    let several = |text: &str| corrected(&whole, &vocabulary, text).understood.spelling;
    assert_eq!(several("wirelss keybord"), None, "so are several together");
    assert!(several("keybord wirelss").is_some());
    assert_eq!(spelling("hdst 123x567"), None);
    let typed = understand(
        &language,
        &vocabulary,
        "headste",
        LastWord::Whole,
        Spelling::AsTyped,
    );
    assert_eq!(typed.understood.spelling, None);
}

#[test]
fn a_short_word_is_not_read_as_another_that_is_merely_near() {
    let (language, _) = language("");
    let vocabulary = vocabulary(&["bike", "bike", "pump", "mouse", "wireless", "bag"]);
    let spelling = |text: &str| {
        let query = corrected(&language, &vocabulary, text);
        query.understood.spelling
    };
    for brand in ["nike", "puma", "house", "bi"] {
        assert_eq!(spelling(brand), None, "{brand}");
    }
    for (slip, meant) in [
        ("bkie", "bike"),
        ("ibke", "bike"),
        ("bije", "bike"),
        ("bikke", "bike"),
        ("mose", "mouse"),
        ("qbike", "bike"),
        ("nike wireless", "bike wireless"),
        ("pmp wierless", "pump wireless"),
        ("bg wierless", "bag wireless"),
    ] {
        assert_eq!(spelling(slip).as_deref(), Some(meant));
    }
}

#[test]
fn a_query_of_very_many_words_is_taken_as_typed() {
    let (language, _) = language("");
    let vocabulary = vocabulary(&["laptop"]);
    let spelled = |words: usize| {
        let text = vec!["laptpo"; words].join(" ");
        let query = corrected(&language, &vocabulary, &text);
        query.understood.spelling.is_some()
    };
    assert!(spelled(32));
    assert!(!spelled(33));
}

#[test]
fn prices_and_ratings_are_read_as_conditions() {
    let (language, _) = language("");
    let vocabulary = vocabulary(&["red shoes"]);
    let read = |text: &str| {
        let query = corrected(&language, &vocabulary, text);
        (query.understood.filters.join(", "), query.units.len())
    };
    let limits = |limits: &str, units| (limits.to_string(), units);
    assert_eq!(read("red shoes under $50"), limits("price <= 50", 2));
    assert_eq!(read("red shoes under 50"), limits("price <= 50", 2));
    assert_eq!(read("shoes between 20 and 40"), limits("price:20 TO 40", 1));
    assert_eq!(read("shoes $20-$40"), limits("price:20 TO 40", 1));
    assert_eq!(read("shoes 20 to 40 euros"), limits("price:20 TO 40", 1));
    assert_eq!(read("over 1,000 dollars"), limits("price >= 1000", 0));
    assert_eq!(read("shoes 4 stars"), limits("rating >= 4", 1));
    assert_eq!(
        read("shoes at least 4 stars under $30"),
        limits("rating >= 4, price <= 30", 1)
    );
    for text in [
        "under 10 inch",
        "up to 65",
        "shelf under 10 ft",
        "under shoes",
        "over 40 watt",
    ] {
        assert_eq!(read(text).0, "", "{text}");
    }
}

#[test]
fn a_query_of_only_symbols_finds_nothing() {
    check("", "--- !!", &[""]);
}

#[test]
fn codes_are_known_with_and_without_punctuation() {
    let (language, _) = language("");
    let vocabulary = {
        let analyzer = Analyzer::new("en");
        let mut builder = VocabularyBuilder::default();
        for word in ["mx", "3070n"] {
            builder.stem(&analyzer, word);
        }
        for code in ["mx3070n", "3070"] {
            builder.term(&code_term(code));
        }
        let dir = tempfile::tempdir().unwrap();
        builder.write(dir.path()).unwrap();
        Vocabulary::open(dir.path()).unwrap()
    };
    for text in ["MX-3070N", "mx3070n", "mx 3070n", "3070"] {
        let query = corrected(&language, &vocabulary, text);
        let by_code = |unit: &Unit| {
            unit.alternatives
                .iter()
                .any(|a| a.stems[0].starts_with('\u{1}'))
        };
        assert!(query.units.iter().all(by_code), "{text}");
    }
}

#[test]
fn synonyms_weigh_and_forbid() {
    let (language, problems) = language(
        "laptop => notebook (0.5), ultrabook\nmouse, mousse\nmouse !=> mousse\ngopro !=> *\nrun !=> runs\n",
    );
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(5)], "one stem cannot be told apart");
    let vocabulary = vocabulary(&["gopros", "mousse", "mousse", "notebook"]);
    let alternatives = |text: &str| {
        let query = corrected(&language, &vocabulary, text);
        let alternatives = query.units[0].alternatives.clone();
        let told = alternatives
            .iter()
            .map(|a| format!("{} {}", a.stems[0], a.weight));
        (query.understood.spelling, told.collect::<Vec<_>>())
    };
    assert_eq!(alternatives("laptop").1, ["notebook 0.5", "ultrabook 1"]);
    assert_eq!(alternatives("mouse").1, ["mous 1"]);
    assert_eq!(alternatives("goprp").0.as_deref(), Some("gopros"));
    assert_eq!(alternatives("gopro").0, None);
}

#[test]
fn words_nobody_sells_are_said_to_be_left_out() {
    let (language, _) = language("");
    let vocabulary = vocabulary(&["red shoes"]);
    let query = corrected(&language, &vocabulary, "red 4711x shoes");
    assert_eq!(query.understood.left_out, ["4711x"]);
}
