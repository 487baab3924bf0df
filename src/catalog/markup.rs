//! HTML out, text left: merchants' descriptions arrive with tags and with entities escaped once or twice.

use std::borrow::Cow;

/// Entities that catalogs use, beside the numeric ones.
const ENTITIES: [(&str, &str); 40] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("reg", "®"),
    ("copy", "©"),
    ("trade", "™"),
    ("deg", "°"),
    ("micro", "µ"),
    ("middot", "·"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("bull", "•"),
    ("times", "×"),
    ("plusmn", "±"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("sup2", "²"),
    ("sup3", "³"),
    ("frac12", "½"),
    ("frac14", "¼"),
    ("euro", "€"),
    ("pound", "£"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("agrave", "à"),
    ("ccedil", "ç"),
    ("ntilde", "ñ"),
];

/// A longer tag is taken for text.
const TAG_BYTES_MAX: usize = 4_000;

/// Tags that may stand inside a word.
const INLINE: [&str; 10] = [
    "a", "b", "em", "font", "i", "span", "strong", "sub", "sup", "u",
];

/// Tags whose content is not text.
const CODE: [&str; 2] = ["script", "style"];

/// Text as a person reads it: no tags, no entities, no control letters, single blanks.
///
/// `a < b` stays as it is: only what looks like a tag is one.
pub(crate) fn plain_text(text: &str) -> String {
    if is_plain(text) {
        return text.to_string();
    }
    let mut text = Cow::Borrowed(text);
    // Twice, for `&amp;lt;p&amp;gt;` and the like.
    for _ in 0..2 {
        if text.contains('<') {
            text = Cow::Owned(without_tags(&text));
        }
        if !text.contains('&') {
            break;
        }
        text = Cow::Owned(unescaped(&text));
    }
    if text.contains('<') {
        text = Cow::Owned(without_tags(&text));
    }
    single_blanks(&text)
}

/// Whether there is nothing to take out of the text, as is the case for most: single blanks between ASCII letters.
fn is_plain(text: &str) -> bool {
    let mut last = b' ';
    let plain = text.bytes().all(|byte| {
        let blank_again = last == b' ' && byte == b' ';
        last = byte;
        matches!(byte, b' '..=b'~') && !matches!(byte, b'<' | b'&') && !blank_again
    });
    plain && (last != b' ' || text.is_empty())
}

/// The text with its entities decoded once.
pub(crate) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let entity = after
            .bytes()
            .take(12)
            .position(|byte| byte == b';')
            .and_then(|end| Some((decoded(&after[..end])?, end)));
        match entity {
            Some((letters, end)) => {
                plain.push_str(&letters);
                rest = &after[end + 1..];
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn decoded(entity: &str) -> Option<Cow<'static, str>> {
    if let Some(code) = entity.strip_prefix('#') {
        let code = match code.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => code.parse().ok()?,
        };
        return char::from_u32(code).map(|letter| Cow::Owned(letter.to_string()));
    }
    let known = ENTITIES.iter().find(|(name, _)| *name == entity);
    known.map(|(_, letters)| Cow::Borrowed(*letters))
}

fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        match tag_end(rest) {
            Some(end) => {
                if !is_inline(&rest[..end]) {
                    plain.push(' ');
                }
                rest = after_code(rest, end);
            }
            None => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn is_inline(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name.find(|letter: char| !letter.is_ascii_alphanumeric());
    let name = &name[..end.unwrap_or(name.len())];
    INLINE
        .iter()
        .any(|inline| inline.eq_ignore_ascii_case(name))
}

/// Where the tag at the start of the text ends; `None` when it is no tag.
fn tag_end(text: &str) -> Option<usize> {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.find("-->").map(|end| end + 7);
    }
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    if !name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '!') {
        return None;
    }
    let end = text
        .bytes()
        .take(TAG_BYTES_MAX)
        .position(|byte| byte == b'>')?;
    // Another opening bracket first: this one was not a tag.
    (!text[1..end].contains('<')).then_some(end + 1)
}

/// What follows the tag, and its content when that is code.
fn after_code(text: &str, tag_end: usize) -> &str {
    let after = &text[tag_end..];
    let opens = |name: &&&str| {
        text.get(1..=name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let Some(name) = CODE.iter().find(opens) else {
        return after;
    };
    let closes = |at: &usize| {
        let name_at = at + 2;
        let found = after.get(name_at..name_at + name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    };
    let mut closings = after.match_indices("</").map(|(at, _)| at);
    closings.find(closes).map_or("", |at| &after[at..])
}

fn single_blanks(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let separates = |letter: char| letter.is_whitespace() || letter.is_control();
    for word in text.split(separates).filter(|word| !word.is_empty()) {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(word);
    }
    plain
}
