//! Words that never tell products apart.

/// The stopwords of a language, folded; empty for languages without a list.
pub(super) fn of(language: &str) -> &'static [&'static str] {
    match language {
        "en" => &[
            "a", "an", "and", "at", "by", "for", "from", "in", "is", "it", "of", "on", "or", "our",
            "the", "to", "with", "your",
        ],
        "de" => &[
            "am", "an", "auf", "aus", "das", "dem", "den", "der", "des", "die", "ein", "eine",
            "einem", "einen", "einer", "fur", "im", "in", "mit", "oder", "und", "von", "zu", "zum",
            "zur",
        ],
        "fr" => &[
            "a", "au", "aux", "avec", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les",
            "ou", "par", "pour", "sur", "un", "une",
        ],
        "es" => &[
            "a", "con", "de", "del", "el", "en", "la", "las", "los", "o", "para", "por", "un",
            "una", "y",
        ],
        "it" => &[
            "a", "con", "da", "del", "della", "di", "e", "il", "in", "la", "le", "lo", "o", "per",
            "un", "una",
        ],
        "nl" => &[
            "de", "een", "en", "het", "in", "met", "of", "op", "te", "van", "voor",
        ],
        _ => &[],
    }
}

/// Words that stand between things of which the same is told ("laptop and tablet stand"), folded.
pub(super) fn joining(language: &str) -> &'static [&'static str] {
    match language {
        "en" => &["and", "or"],
        "de" => &["und", "oder"],
        "fr" => &["et", "ou"],
        "es" => &["y", "o"],
        "it" | "pt" => &["e", "o", "ou"],
        "nl" => &["en", "of"],
        _ => &[],
    }
}

/// Words after which a title names what a product is made for ("case for iPhone"), folded.
pub(super) fn purposes(language: &str) -> &'static [&'static str] {
    match language {
        "en" => &["for", "fits", "compatible"],
        "de" => &["fur", "passend", "kompatibel"],
        "fr" => &["pour", "compatible"],
        "es" | "pt" => &["para", "compatible", "compativel"],
        "it" => &["per", "compatibile"],
        "nl" => &["voor", "compatibel"],
        _ => &[],
    }
}
