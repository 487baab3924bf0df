//! How languages write several words as one.

/// What may stand between the words of a compound such as `Arbeitshose`, nothing included, folded; `None` for languages
/// that put a space there.
pub(super) fn of(language: &str) -> Option<&'static [&'static str]> {
    Some(match language {
        "de" => &["", "s", "n", "en", "es", "er", "e"],
        "nl" => &["", "s", "e", "en", "n", "er"],
        "sv" => &["", "s", "e", "o", "u", "a"],
        "da" | "no" => &["", "s", "e", "er"],
        "fi" => &["", "n"],
        _ => return None,
    })
}
