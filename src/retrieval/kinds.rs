//! What attributes say a product is: the things that a value of a type or a category names.

use crate::catalog::columns::PATH_SEPARATOR;
use crate::text::{Analyzer, for_each_word, has_digit};

/// What stands between the things that a value names: "Laptops & Tablets".
const BETWEEN: [char; 9] = [',', ';', '/', '|', '&', '+', '(', ')', ':'];

/// Each thing that a value names, as one folded word: of "Wear > Bags & Cases for Phones" these are "bags" and "cases",
/// of "USB headset" it is "headset".
pub(super) fn things_named(analyzer: &Analyzer, value: &str) -> Vec<String> {
    let deepest = value.rsplit(PATH_SEPARATOR).next().unwrap_or(value);
    let mut things = Vec::new();
    for part in deepest.split(BETWEEN) {
        let (mut thing, mut ended) = (String::new(), false);
        for_each_word(part, |word, _| {
            ended |= analyzer.is_purpose(word);
            if ended || has_digit(word) {
                return;
            }
            if analyzer.is_stopword(word) {
                things.push(std::mem::take(&mut thing));
            } else if thing.is_empty() || !analyzer.heads_come_first() {
                thing = word.to_string();
            }
        });
        things.push(thing);
    }
    things.retain(|thing| !thing.is_empty());
    things
}

#[cfg(test)]
mod tests {
    //! Promise: of a value, what counts is what each of its things is, not what tells more about it.

    use super::*;

    #[track_caller]
    fn check(language: &str, value: &str, expected: &[&str]) {
        let things = things_named(&Analyzer::new(language), value);
        assert_eq!(things, expected, "{value}");
    }

    #[test]
    fn a_value_names_things() {
        check("en", "Full-size tablet", &["tablet"]);
        check(
            "en",
            "Computers > Laptops & Tablets",
            &["laptops", "tablets"],
        );
        check("en", "Bags and cases for phones", &["bags", "cases"]);
        check("en", "Mini Tower 2U", &["tower"]);
        check("en", "1", &[]);
        check("fr", "Housse ordinateur / Sac bleu", &["housse", "sac"]);
    }
}
