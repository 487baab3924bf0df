//! Trade item numbers: whether the last digit is what the others say.

/// What is wrong with a trade item number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Not 8, 12, 13 or 14 digits.
    Length,
    /// Leading zeros are missing: with them the check digit is right.
    Zeros,
    CheckDigit,
}

/// What is wrong with a GTIN, EAN, UPC or ISBN-13; `None` when nothing is.
pub(super) fn flaw(code: &str) -> Option<Flaw> {
    let digits: String = code
        .chars()
        .filter(|letter| !matches!(letter, ' ' | '-'))
        .collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Flaw::Length);
    }
    match digits.len() {
        8 | 12 | 13 | 14 if checks(&digits) => None,
        8 | 12 | 13 | 14 => Some(Flaw::CheckDigit),
        6..=11 if checks(&digits) => Some(Flaw::Zeros),
        _ => Some(Flaw::Length),
    }
}

/// From the right, digits count 1, 3, 1, 3…; their sum is a multiple of ten.
fn checks(digits: &str) -> bool {
    let weights = [1, 3].into_iter().cycle();
    let digits = digits.bytes().rev().map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    sum.is_multiple_of(10)
}
