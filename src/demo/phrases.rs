//! Templates in, sentences out: `{a|b}` chooses, `{3-7}` draws a number, `{brand}` fills a word in.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// The words of one product that templates may name. A capital in the template (`{Noun}`) asks for a title's capitals.
pub(crate) struct Words<'a> {
    pub(crate) brand: &'a str,
    pub(crate) line: &'a str,
    pub(crate) noun: &'a str,
    pub(crate) material: &'a str,
    pub(crate) quality: &'a str,
    pub(crate) gender: &'a str,
}

/// Fills a template in. Double spaces left by empty words are closed.
pub(crate) fn expand(template: &str, words: &Words, rng: &mut StdRng) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else {
            break;
        };
        text.push_str(&rest[..open]);
        push_choice(&mut text, &rest[open + 1..open + length], words, rng);
        rest = &rest[open + length + 1..];
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The same, as a sentence: its first letter is a capital.
pub(crate) fn sentence(template: &str, words: &Words, rng: &mut StdRng) -> String {
    let text = expand(template, words, rng);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn push_choice(text: &mut String, choices: &str, words: &Words, rng: &mut StdRng) {
    match choices {
        "brand" => text.push_str(words.brand),
        "line" => text.push_str(words.line),
        "noun" => text.push_str(&words.noun.to_lowercase()),
        "Noun" => text.push_str(words.noun),
        "material" => text.push_str(words.material),
        "Material" => text.push_str(&title_case(words.material)),
        "trait" => text.push_str(words.quality),
        "Trait" => text.push_str(&title_case(words.quality)),
        "Gender" => text.push_str(words.gender),
        _ => {
            let options: Vec<&str> = choices.split('|').collect();
            let chosen = options.choose(rng).copied().unwrap_or_default();
            match number_range(chosen) {
                Some((low, high)) => text.push_str(&draw(low, high, rng)),
                None => text.push_str(chosen),
            }
        }
    }
}

fn number_range(text: &str) -> Option<(u32, u32)> {
    let (low, high) = text.split_once('-')?;
    Some((low.parse().ok()?, high.parse().ok()?))
}

/// A number a merchant would print: large ones are round.
fn draw(low: u32, high: u32, rng: &mut StdRng) -> String {
    let number = rng.random_range(low..=high);
    let step = if high >= 2000 {
        100
    } else if high >= 400 {
        10
    } else {
        1
    };
    (number / step * step).max(low).to_string()
}

/// `full-grain leather` → `Full-Grain Leather`; small words stay small.
pub(crate) fn title_case(text: &str) -> String {
    let mut start = true;
    let mut result = String::with_capacity(text.len());
    for word in text.split_inclusive([' ', '-']) {
        let small = matches!(word.trim_end(), "and" | "of" | "in" | "with");
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if start || !small => result.extend(first.to_uppercase()),
            Some(first) => result.push(first),
            None => {}
        }
        result.push_str(letters.as_str());
        start = false;
    }
    result
}

/// Letters and digits in lower case, everything else one hyphen: `80 x 150 cm` → `80-x-150-cm`.
pub(crate) fn slug(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            result.push(letter.to_ascii_lowercase());
        } else if !result.is_empty() && !result.ends_with('-') && letter != ',' {
            result.push('-');
        }
    }
    result.trim_end_matches('-').to_owned()
}
