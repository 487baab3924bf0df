//! Promises: check digits, and missing zeros.

use super::codes::{Flaw, flaw};

#[test]
fn check_digits_are_checked() {
    for good in [
        "4006381333931",
        "0036000291452",
        "036000291452",
        "96385074",
        "978-3-16-148410-0",
        "10614141000415",
    ] {
        assert_eq!(flaw(good), None, "{good}");
    }
    for (code, wrong) in [
        ("4006381333932", Flaw::CheckDigit),
        ("36000291452", Flaw::Zeros),
        ("12345", Flaw::Length),
        ("SKU-1", Flaw::Length),
        ("", Flaw::Length),
    ] {
        assert_eq!(flaw(code), Some(wrong), "{code}");
    }
}
