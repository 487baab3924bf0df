//! Numbers with units, however they are written: `10 in.`, `10-inch`, `10"`, `25.4 cm` and `1/2 in` each become one term.

use std::ops::Range;

use super::tokens::is_joint;

/// What the term of a measure begins with; no word has it.
const MARK: &str = "\u{1}m";

/// Reads the words of one text, in order.
pub struct MeasureReader<'t> {
    text: &'t str,
    words: usize,
    number: Option<Number>,
}

/// The number that was read last.
struct Number {
    value: f64,
    first_word: usize,
    /// Where it ends in the text.
    end: usize,
}

impl<'t> MeasureReader<'t> {
    pub fn new(text: &'t str) -> Self {
        MeasureReader {
            text,
            words: 0,
            number: None,
        }
    }

    /// Takes the next word; a measure that ends with it is handed on as its term and the words it is made of.
    pub fn read(
        &mut self,
        folded: &str,
        span: &Range<usize>,
        found: &mut impl FnMut(&str, Range<usize>),
    ) {
        let word = self.words;
        self.words += 1;
        let before = self.number.take();
        if folded.starts_with(|c: char| c.is_ascii_digit()) {
            self.number = self.number(folded, span, before, word);
        } else if let Some(number) = before
            && let Some(unit) = unit(folded)
            && is_joint(&self.text[number.end..span.start])
        {
            found(&unit.term(number.value), number.first_word..word + 1);
        }
    }

    /// The number that ends here, with what was read of it before: `1-` of `1-1/2`, `1,` of `1,000`.
    fn number(
        &self,
        folded: &str,
        span: &Range<usize>,
        before: Option<Number>,
        word: usize,
    ) -> Option<Number> {
        let fraction = folded.split_once('/');
        let mut value: f64 = match fraction {
            Some((over, under)) => over.parse::<f64>().ok()? / under.parse::<f64>().ok()?,
            None => folded.parse().ok()?,
        };
        let bytes = self.text.as_bytes();
        let byte = |back: usize| span.start.checked_sub(back).map_or(b' ', |at| bytes[at]);
        if byte(1) == b'.' && !byte(2).is_ascii_alphanumeric() {
            value /= 10f64.powi(folded.len() as i32);
        }
        let mut first_word = word;
        if let Some(before) = before {
            let gap = &self.text[before.end..span.start];
            let joined = match gap {
                "-" | " " if fraction.is_some() => Some(before.value + value),
                "," if folded.len() == 3 => Some(before.value * 1_000.0 + value),
                "," if fraction.is_none() => {
                    Some(before.value + value / 10f64.powi(folded.len() as i32))
                }
                _ => None,
            };
            if let Some(joined) = joined {
                value = joined;
                first_word = before.first_word;
            }
        }
        Some(Number {
            value,
            first_word,
            end: span.end,
        })
    }
}

/// The unit a column is measured in, when its name says so: `weight_kg`, `Screen size (inches)`.
pub fn unit_of_name(name: &str) -> Option<Unit> {
    const LETTERS_MIN: usize = 2;
    let words = super::words(&name.replace('_', " "));
    let last = words.last()?;
    let is_spelled = last.folded.chars().count() >= LETTERS_MIN && words.len() > 1;
    let after_number = || spelled_after_number(&last.folded, "").and_then(unit);
    is_spelled
        .then(|| unit(&last.folded).or_else(after_number))
        .flatten()
}

/// Something measured, in a size of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    dimension: &'static str,
    /// How many of the dimension's smallest unit it is.
    factor: f64,
}

impl Unit {
    /// The term of so many of this unit. Three digits tell measures apart, so that 17 inches are 43.2 cm.
    pub fn term(self, value: f64) -> String {
        format!("{MARK}{}{:.2e}", self.dimension, value * self.factor)
    }
}

/// Whether a term is of a measure.
pub fn is_measure(term: &str) -> bool {
    term.starts_with(MARK)
}

/// How a unit is spelled that is spelled in many ways; `None` for other words.
pub(super) fn spelled(folded: &str) -> Option<&'static str> {
    Some(match folded {
        "inch" | "inches" | "zoll" | "pouce" | "pouces" | "pulgada" | "pulgadas" | "pollici"
        | "polegadas" | "tommer" => "inch",
        "ft" | "foot" | "feet" => "foot",
        "yd" | "yds" | "yard" | "yards" => "yard",
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => "mm",
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" | "zentimeter" => "cm",
        "sq" | "square" => "square",
        "cu" | "cubic" => "cubic",
        "gal" | "gallon" | "gallons" => "gallon",
        "qt" | "quart" | "quarts" => "quart",
        "ml" | "milliliter" | "milliliters" => "ml",
        "liter" | "liters" | "litre" | "litres" | "litros" | "litri" => "liter",
        "lb" | "lbs" | "pound" | "pounds" => "pound",
        "oz" | "ounce" | "ounces" => "ounce",
        "kg" | "kilogram" | "kilograms" | "kilogramm" => "kg",
        "gram" | "grams" | "gramm" | "gramme" | "grammes" => "gram",
        "watt" | "watts" => "watt",
        "volt" | "volts" => "volt",
        "amp" | "amps" | "ampere" | "amperes" => "amp",
        "kb" => "kb",
        "mb" | "megabyte" | "megabytes" => "mb",
        "gb" | "gigabyte" | "gigabytes" => "gb",
        "tb" | "terabyte" | "terabytes" => "tb",
        "mah" => "mah",
        "hz" => "hz",
        "khz" => "khz",
        "mhz" => "mhz",
        "ghz" => "ghz",
        "kw" => "kw",
        "megapixel" | "megapixels" | "mpix" => "megapixel",
        "lumen" | "lumens" => "lumen",
        "psi" => "psi",
        "rpm" => "rpm",
        "btu" => "btu",
        "deg" | "degree" | "degrees" => "degree",
        "pcs" | "piece" | "pieces" | "stuck" | "stk" | "pieza" | "piezas" | "pezzi" => "piece",
        "pk" | "pack" | "packs" => "pack",
        _ => return None,
    })
}

/// The same for words that are units only after a number; `rest` is the text that follows.
pub(super) fn spelled_after_number(folded: &str, rest: &str) -> Option<&'static str> {
    // The `in` of `3 in 1` and of `2-in-1`.
    let next_is_number = || {
        let next = rest.trim_start_matches([' ', '-']);
        next.starts_with(|c: char| c.is_ascii_digit())
    };
    Some(match folded {
        "in" | "ins" if !next_is_number() => "inch",
        "tum" | "duim" => "inch",
        "w" => "watt",
        "v" => "volt",
        "mp" => "megapixel",
        "lm" => "lumen",
        "pc" | "ct" => "piece",
        "by" => "x",
        _ => return None,
    })
}

/// What a unit measures, by its one spelling.
fn unit(spelled: &str) -> Option<Unit> {
    let (dimension, factor) = match spelled {
        "mm" => ("length", 1.0),
        "cm" => ("length", 10.0),
        "m" | "meter" => ("length", 1e3),
        "km" => ("length", 1e6),
        "inch" => ("length", 25.4),
        "foot" => ("length", 304.8),
        "yard" => ("length", 914.4),
        "kb" => ("data", 1.0),
        "mb" => ("data", 1e3),
        "gb" => ("data", 1e6),
        "tb" => ("data", 1e9),
        "mg" => ("mass", 1e-3),
        "g" | "gr" | "gram" => ("mass", 1.0),
        "kg" => ("mass", 1e3),
        "pound" => ("mass", 453.592),
        "ounce" => ("mass", 28.3495),
        "ml" => ("volume", 1.0),
        "cl" => ("volume", 10.0),
        "l" | "liter" => ("volume", 1e3),
        "gallon" => ("volume", 3785.41),
        "quart" => ("volume", 946.353),
        "watt" => ("power", 1.0),
        "kw" => ("power", 1e3),
        "btu" => ("heat", 1.0),
        "volt" => ("voltage", 1.0),
        "amp" => ("current", 1.0),
        "mah" => ("charge", 1.0),
        "hz" => ("frequency", 1.0),
        "khz" => ("frequency", 1e3),
        "mhz" => ("frequency", 1e6),
        "ghz" => ("frequency", 1e9),
        "megapixel" => ("pixels", 1.0),
        "lumen" => ("light", 1.0),
        "psi" => ("pressure", 1.0),
        "rpm" => ("turns", 1.0),
        "degree" => ("degrees", 1.0),
        "piece" | "pack" => ("pieces", 1.0),
        _ => return None,
    };
    Some(Unit { dimension, factor })
}

#[cfg(test)]
mod tests {
    //! Promises: a measure is one term however it is written; what is no measure is none.

    use super::*;
    use crate::text::for_each_word;

    fn terms(text: &str) -> Vec<(String, Range<usize>)> {
        let mut reader = MeasureReader::new(text);
        let mut found = Vec::new();
        for_each_word(text, |folded, span| {
            reader.read(folded, &span, &mut |term, words| {
                found.push((term.to_string(), words));
            });
        });
        found
    }

    #[track_caller]
    fn same(texts: &[&str]) {
        let first = terms(texts[0]);
        assert_eq!(first.len(), 1, "{}", texts[0]);
        for text in texts {
            assert_eq!(terms(text)[0].0, first[0].0, "{text}");
        }
    }

    #[test]
    fn a_measure_is_one_term_however_it_is_written() {
        same(&[
            "10 inch",
            "10 in.",
            "10-inch",
            "10\"",
            "10in",
            "25.4 cm",
            "10 Zoll",
            "10″ wide",
        ]);
        same(&["2tb", "2 TB", "2000 GB", "2,000 GB", "2 terabytes"]);
        same(&[
            "1-1/2 in.",
            "1.5\"",
            "1 1/2 inch",
            "1,5 Zoll",
            "1-1/2in",
            "3.81 cm",
        ]);
        same(&[".75 in", "3/4 in.", "3/4\"", "0.75-inch"]);
        same(&["6 ft.", "6'", "6 feet", "72 in"]);
        same(&["6-pack", "6 pc(s)", "6 ct."]);
        same(&["43.2 cm", "17\""]);
    }

    #[test]
    fn what_is_no_measure_is_none() {
        for text in [
            "3 in 1",
            "2-in-1 laptop",
            "10 red shoes",
            "in 10",
            "iphone 7",
            "inch",
            "10, inch",
        ] {
            assert_eq!(terms(text), [], "{text}");
        }
    }

    #[test]
    fn a_measure_knows_its_words() {
        assert_eq!(terms("brad nails 1-1/2 in.")[0].1, 2..5);
        assert_eq!(terms("tv 17\"")[0].1, 1..3);
    }

    #[test]
    fn a_columns_name_may_name_its_unit() {
        let inch = unit_of_name("Screen size (inches)").unwrap();
        assert_eq!(inch.term(10.0), terms("10 inch")[0].0);
        assert!(unit_of_name("weight_kg").is_some());
        assert!(unit_of_name("rating").is_none() && unit_of_name("count").is_none());
    }
}
