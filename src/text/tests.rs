//! Promises: feed and query read alike; accents and case never matter; codes stay whole; spans point home.

use super::*;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let found: Vec<String> = words(text).into_iter().map(|word| word.folded).collect();
    assert_eq!(found, expected, "words of {text:?}");
}

#[test]
fn words_are_runs_of_letters_and_digits() {
    check(
        "Xerox 006R90321 toner, 6 pc(s)",
        &["xerox", "006r90321", "toner", "6", "piece", "s"],
    );
    check("43.2 cm (17\")", &["43.2", "cm", "17", "inch"]);
    check("v1. end.", &["v1", "end"]);
    check("", &[]);
}

#[test]
fn numbers_and_units_are_written_as_one() {
    for text in ["10 inch", "10-inch", "10in.", "10\"", "10''", "10 inches"] {
        check(text, &["10", "inch"]);
    }
    check("1-1/2 in. x 4ft", &["1", "1/2", "inch", "x", "4", "foot"]);
    check("4x8 ft. 18V", &["4", "x", "8", "foot", "18", "volt"]);
    check("8' by 10'", &["8", "foot", "by", "10", "foot"]);
    check(
        "2-in-1, 802.11a/b 8/16 GB",
        &["2", "in", "1", "802.11a", "b", "8", "16", "gb"],
    );
    check("in V-neck don't", &["in", "v", "neck", "don", "t"]);
}

#[test]
fn letters_without_spaces_are_read_in_pairs() {
    check(
        "ノートパソコン 15",
        &["ノー", "ート", "トハ", "ハソ", "ソコ", "コン", "15"],
    );
    check("黒い机 A4黒", &["黒い", "い机", "a4", "黒"]);
}

#[test]
fn case_and_accents_do_not_matter() {
    check(
        "Crème BRÛLÉE Straße Ærø",
        &["creme", "brulee", "strasse", "aero"],
    );
    check("cafe\u{301}", &["cafe"]);
}

#[test]
fn spans_point_into_the_original_text() {
    let text = "Crème brûlée";
    let spans: Vec<&str> = words(text)
        .iter()
        .map(|word| &text[word.span.clone()])
        .collect();
    assert_eq!(spans, ["Crème", "brûlée"]);
}

#[test]
fn stems_meet_across_inflections_but_codes_stay_whole() {
    let english = Analyzer::new("en");
    assert_eq!(english.stems("running shoes"), english.stems("run shoe"));
    assert_eq!(english.stem("mx3070s"), "mx3070s");
    assert_eq!(Analyzer::new("xx").stem("shoes"), "shoes");
}

#[test]
fn endless_words_are_cut_at_a_character() {
    let long = "é".repeat(200) + "ü世" + &"x".repeat(100);
    assert!(
        words(&long)
            .iter()
            .all(|word| word.folded.len() <= WORD_BYTES_MAX)
    );
}

#[test]
fn plain_letters_are_read_as_all_others() {
    let text = "Ab.c 1.5 x.5 5.x .5. A1.2.3 tail.";
    let plain = words(text);
    let among_accents = words(&format!("{text} é"));
    assert_eq!(plain, among_accents[..among_accents.len() - 1]);
}
