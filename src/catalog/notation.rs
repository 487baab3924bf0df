//! Numbers, truths, dates and stock as merchants write them.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, fmt::strtime, tz::TimeZone};

/// Whole numbers from here on are taken for milliseconds when a date is wanted.
const MILLISECONDS_FROM: f64 = 1e11;

/// A number with either decimal sign, thousands marked or not, a percent or currency sign on either side; with
/// `money`, also up to four letters of a currency (`USD 15.00`, `15 kr`).
///
/// A single mark is the decimal sign, except a comma before exactly three digits: `1,299` is 1299 and `0,299` is not.
pub(crate) fn number(text: &str, money: bool) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let first = text.find(|letter: char| letter.is_ascii_digit())?;
    let last = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    // A sign or a decimal mark may stand directly before the first digit.
    let marks = |letter: char| matches!(letter, '-' | '+' | '−' | '.' | ',');
    let digits_from = text[..first].trim_end_matches(marks).len();
    let before = &text[..digits_from];
    let between = &text[digits_from..first];
    // `15,-` and `15.–` are whole amounts.
    let after = text[last..].trim_start_matches(['-', '–', '—', '.', ',']);
    if !is_unit(before, money) || !is_unit(after, money) {
        return None;
    }
    let negative = between.starts_with(['-', '−']) || before.trim_end().ends_with(['-', '−']);
    let unsigned = between.trim_start_matches(['-', '−', '+']);
    let digits = decimal_point(&format!("{unsigned}{}", &text[first..last]))?;
    let number: f64 = digits.parse().ok()?;
    Some(if negative { -number } else { number })
}

/// Currencies by their codes, and the signs that mean only one of them.
pub(crate) const CURRENCIES: [&str; 24] = [
    "EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "JPY", "CAD", "AUD",
    "BRL", "INR", "CNY", "NZD", "MXN", "RON", "TRY", "ZAR", "KRW", "SGD", "HKD",
];
const SIGNS: [(char, &str); 5] = [
    ('€', "EUR"),
    ('£', "GBP"),
    ('₹', "INR"),
    ('₺', "TRY"),
    ('₩', "KRW"),
];

/// The currency that stands beside an amount; `None` when there is none, or a sign of several, such as `$`.
pub(crate) fn currency(text: &str) -> Option<&'static str> {
    let words = text.split(|letter: char| !letter.is_alphabetic());
    let mut codes = words.filter_map(|word| CURRENCIES.iter().find(|code| **code == word));
    let of_sign = |(sign, code): &(char, &'static str)| text.contains(*sign).then_some(*code);
    codes
        .next()
        .copied()
        .or_else(|| SIGNS.iter().find_map(of_sign))
}

/// Whether a spreadsheet made this of a long code: `6.23E+12`.
pub(crate) fn is_shortened(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once("E+") else {
        return false;
    };
    let numeric = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    let digits = digits.replacen(['.', ','], "", 1);
    !digits.is_empty() && numeric(&digits) && exponent.len() == 2 && numeric(exponent)
}

/// Whether a spreadsheet made a date of this: `8-10` became `8-Oct` or `10-Aug`.
pub(crate) fn is_false_date(text: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let day = |text: &str| text.len() <= 2 && text.parse::<u8>().is_ok();
    text.split_once('-').is_some_and(|(left, right)| {
        MONTHS.contains(&right) && day(left) || MONTHS.contains(&left) && day(right)
    })
}

/// Nothing, a sign of a currency or percent, or with `letters` a short name of a currency.
fn is_unit(text: &str, letters: bool) -> bool {
    let text = text.trim().trim_end_matches(['-', '−']).trim();
    let name = |letter: char| letter.is_alphabetic() || letter == '.';
    let is_name = letters && text.chars().count() <= 5 && text.chars().all(name);
    let is_sign = text.chars().count() <= 3
        && text.chars().all(|letter| {
            matches!(
                letter,
                '%' | '$'
                    | '¢'
                    | '£'
                    | '¥'
                    | '₩'
                    | '₹'
                    | '₺'
                    | '₽'
                    | '₴'
                    | '₪'
                    | '₫'
                    | '฿'
                    | '€'
            ) || letters && letter.is_ascii_uppercase()
        });
    text.is_empty() || is_name || is_sign
}

/// The digits with a point as the decimal sign and no marks of thousands.
fn decimal_point(digits: &str) -> Option<String> {
    let spaces = |letter: char| letter.is_whitespace() || matches!(letter, '\'' | '’' | '_');
    let digits: String = digits.chars().filter(|letter| !spaces(*letter)).collect();
    let known = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | ',');
    if !digits.chars().all(known) {
        return None;
    }
    let points = digits.matches('.').count();
    let commas = digits.matches(',').count();
    let decimal = match (points, commas) {
        (0, 0) => None,
        (1, 0) => Some('.'),
        (0, 1) if marks_thousands(&digits) => None,
        (0, 1) => Some(','),
        (0, _) | (_, 0) => None,
        (_, 1) if digits.rfind(',') > digits.rfind('.') => Some(','),
        (1, _) if digits.rfind('.') > digits.rfind(',') => Some('.'),
        _ => return None,
    };
    let thousands = |letter: char| matches!(letter, '.' | ',') && Some(letter) != decimal;
    let digits: String = digits
        .chars()
        .filter(|letter| !thousands(*letter))
        .collect();
    Some(digits.replace(',', "."))
}

/// Whether the only comma stands as in `1,299`.
fn marks_thousands(digits: &str) -> bool {
    digits.split_once(',').is_some_and(|(before, after)| {
        after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
    })
}

/// Yes or no in the words of the common platforms.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "on" | "t" | "ja" | "oui" | "si" | "sí" | "sì" | "sim" => {
            Some(true)
        }
        "false" | "no" | "n" | "0" | "off" | "f" | "nein" | "non" | "não" => Some(false),
        _ => in_stock(text).map(|stock| stock != Some(0.0)),
    }
}

/// Words about stock: 1 for some, 0 for none, no number when the product can be bought at zero. `None` for other text.
pub(crate) fn in_stock(text: &str) -> Option<Option<f64>> {
    let word = text.rsplit('/').next().unwrap_or(text);
    let letters: String = word
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    match letters.as_str() {
        "instock"
        | "available"
        | "limitedavailability"
        | "lowstock"
        | "instoreonly"
        | "onlineonly"
        | "true"
        | "yes"
        | "auflager"
        | "lieferbar"
        | "verfügbar"
        | "enstock"
        | "disponible" => Some(Some(1.0)),
        "outofstock" | "soldout" | "discontinued" | "unavailable" | "notavailable" | "false"
        | "no" | "none" | "nichtlieferbar" | "nichtverfügbar" | "ausverkauft"
        | "rupturedestock" | "agotado" => Some(Some(0.0)),
        "preorder" | "presale" | "backorder" | "backordered" | "onbackorder"
        | "availablefororder" | "madetoorder" | "unlimited" | "unmanaged" => Some(None),
        _ => None,
    }
}

/// A date or time as seconds since 1970; without a zone it is UTC.
///
/// Reads RFC 3339, `2026-11-23`, `2026-11-23 10:00:00`, `23.11.2026`, and seconds or milliseconds since 1970.
pub(crate) fn date(text: &str) -> Option<i64> {
    if text.len() > 6
        && let Ok(since_1970) = text.parse::<f64>()
    {
        let seconds = if since_1970.abs() >= MILLISECONDS_FROM {
            since_1970 / 1000.0
        } else {
            since_1970
        };
        return Timestamp::from_second(seconds as i64)
            .ok()
            .map(|time| time.as_second());
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    let civil = text
        .parse::<DateTime>()
        .or_else(|_| text.parse::<Date>().map(DateTime::from));
    let civil = civil.or_else(|_| Date::strptime("%d.%m.%Y", text).map(DateTime::from));
    if let Ok(civil) = civil {
        let time = TimeZone::UTC.to_timestamp(civil);
        return time.ok().map(|time| time.as_second());
    }
    let zoned = [
        "%Y-%m-%dT%H:%M%z",
        "%Y-%m-%dT%H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S %z",
    ];
    zoned.iter().find_map(|format| {
        let parsed = strtime::parse(format, text).ok()?;
        parsed.to_timestamp().ok().map(|time| time.as_second())
    })
}
