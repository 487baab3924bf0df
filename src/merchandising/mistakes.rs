//! Mistakes in rules, told so that whoever wrote them can mend them: on which line, in plain words, with what to write.

use super::written::WrittenFile;
use crate::problem::{OTHERS_HOLD, Problem, line_of, nearest};

/// Typographic quotes, as word processors make them of plain ones.
const CURLY: [char; 10] = ['“', '”', '„', '‟', '«', '»', '‘', '’', '‚', '‛'];

/// Why a text is no TOML, or not the tables that were expected: the first mistake in it.
pub(super) fn of_file(file: &str, text: &str, error: toml::de::Error) -> Problem {
    let place = |error: &toml::de::Error| error.span().map(|span| span.start);
    let (_, mistakes) = toml::de::DeTable::parse_recoverable(text);
    let error = mistakes.into_iter().min_by_key(place).unwrap_or(error);
    let message = one_line(error.message());
    let mut problem = Problem::new(file, plain(&message));
    let line = place(&error).map(|start| line_of(text, start));
    problem.line = line;
    let source = line.and_then(|line| text.lines().nth(line as usize - 1));
    problem.suggestion = in_line(source.unwrap_or_default(), &message);
    if text.lines().any(|line| line.trim() == "[rule]") {
        problem.suggestion = Some("a rule begins with `[[rule]]`, in two brackets".into());
    }
    problem
}

/// What is probably wrong with a line that is no TOML.
fn in_line(source: &str, message: &str) -> Option<String> {
    let plain_quotes = source.matches('"').count() - source.matches("\\\"").count();
    if let Some(curly) = source.chars().find(|char| CURLY.contains(char)) {
        return Some(format!(
            "`{curly}` is a typographic quote: write a plain \""
        ));
    }
    if plain_quotes % 2 == 1 {
        return Some("a quote \" is missing on this line".into());
    }
    let is_unfinished = message.starts_with("unexpected key or value")
        || message.starts_with("missing key for inline table")
        || message.contains("newline");
    is_unfinished.then(|| "a comma, a quote or a bracket is missing before it, or `=`".into())
}

/// The rules of a file that were read as values: where each begins, its text from there on, and the value.
pub(super) fn with_sources(
    text: &str,
    rules: Vec<toml::Spanned<toml::Value>>,
) -> Vec<(usize, &str, toml::Value)> {
    let begins: Vec<usize> = rules.iter().map(|rule| rule.span().start).collect();
    let with_source = |(place, rule): (usize, toml::Spanned<toml::Value>)| {
        let ends = begins.get(place + 1).copied().unwrap_or(text.len());
        let source = text.get(begins[place]..ends).unwrap_or_default();
        (begins[place], source, rule.into_inner())
    };
    rules.into_iter().enumerate().map(with_source).collect()
}

/// Why a rule that begins on this line, with this text, cannot be read.
pub(super) fn of_rule(
    file: &str,
    line: u64,
    source: &str,
    name: &str,
    unplaced: toml::de::Error,
) -> Problem {
    // Read again from its text, the mistake has a place.
    let error = toml::from_str::<WrittenFile>(source)
        .err()
        .unwrap_or(unplaced);
    let message = one_line(error.message());
    let reason = match name {
        "" => plain(&message),
        name => format!("rule `{name}`: {}", plain(&message)),
    };
    let place = error.span().map_or(0, |span| span.start);
    let problem = Problem::new(file, reason).at(line + line_of(source, place) - 1);
    problem.suggest(instead_of(&message))
}

/// Where in the text of a rule the words stand that a complaint quotes, those quoted last first; the rule's own name,
/// which begins every complaint, is none of them.
pub(super) fn place_of(source: &str, reason: &str) -> Option<usize> {
    let quoted: Vec<&str> = reason.split('`').skip(1).step_by(2).collect();
    let own = usize::from(reason.starts_with("rule `"));
    let words = quoted
        .iter()
        .skip(own)
        .rev()
        .filter(|word| !word.is_empty());
    words.into_iter().find_map(|word| {
        let as_text = ["\"", "'"].map(|quote| format!("{quote}{word}{quote}"));
        let found = as_text.iter().find_map(|text| source.find(text.as_str()));
        let as_key = || key(source, word);
        found.or_else(as_key).or_else(|| whole_word(source, word))
    })
}

/// Where a word stands that is no part of another.
fn whole_word(source: &str, word: &str) -> Option<usize> {
    let mut places = source.match_indices(word).map(|(place, _)| place);
    places.find(|place| {
        let before = source[..*place].chars().next_back();
        let after = source[place + word.len()..].chars().next();
        let mut beside = before.into_iter().chain(after);
        !beside.any(char::is_alphanumeric)
    })
}

/// Where a key is given its value.
fn key(source: &str, name: &str) -> Option<usize> {
    let mut places = source.match_indices(name).map(|(place, _)| place);
    places.find(|place| {
        let before = source[..*place].chars().next_back();
        let after = source[place + name.len()..].trim_start();
        before.is_none_or(|before| " \t\n.{,".contains(before)) && after.starts_with('=')
    })
}

/// What to write instead of what the TOML reader did not take.
fn instead_of(message: &str) -> String {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    if message.starts_with("unknown field")
        && let Some(near) = nearest(first, quoted)
    {
        return format!("did you mean `{near}`?");
    }
    let is_number = ["integer", "floating point"];
    let is_number = is_number
        .iter()
        .any(|kind| message.contains(&format!("invalid type: {kind}")));
    if is_number && (message.contains("string") || message.contains("text")) {
        return format!("write it in quotes: \"{first}\"");
    }
    let text = message.strip_prefix("invalid type: string \"");
    if let Some((text, wanted)) = text.and_then(|text| text.split_once("\", expected ")) {
        if ["a sequence", "a list"]
            .iter()
            .any(|list| wanted.starts_with(list))
        {
            return format!("write a list: [\"{text}\"]");
        }
        if wanted.starts_with("struct WrittenPin") {
            return format!("write what and where: {{ product = \"{text}\", position = 1 }}");
        }
    }
    if let Some((text, _)) = text.and_then(|text| text.split_once("\", expected "))
        && (text.parse::<f64>().is_ok() || ["true", "false"].contains(&text))
    {
        return format!("write it without quotes: {text}");
    }
    if message.starts_with("expected the id of a product") || message.starts_with("expected a text")
    {
        return "texts and ids stand in quotes: \"1992211\"".into();
    }
    OTHERS_HOLD.into()
}

/// A complaint of the TOML reader in words that need no programmer.
fn plain(message: &str) -> String {
    if let Some((key, known)) = message
        .strip_prefix("unknown field ")
        .and_then(|message| message.split_once(", expected "))
    {
        let is_slip = instead_of(message).starts_with("did you mean");
        let known = known.trim_start_matches("one of ");
        return match is_slip {
            true => format!("unknown key {key}"),
            false => format!("unknown key {key}: known are {known}"),
        };
    }
    let Some((found, wanted)) = message
        .strip_prefix("invalid type: ")
        .and_then(|message| message.split_once(", expected "))
    else {
        return message.to_string();
    };
    let found = match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer", number)) => format!("the number {number}"),
        Some(("floating", number)) => format!("the number {}", number.trim_start_matches("point ")),
        Some(("boolean", said)) => said.to_string(),
        _ if found == "map" => "a table".to_string(),
        _ if found == "sequence" => "a list".to_string(),
        _ => found.to_string(),
    };
    let wanted = match wanted {
        "usize" | "i32" | "u32" | "u64" | "i64" => "a whole number",
        "f64" => "a number",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list in brackets [ ]",
        "a map" => "a table in braces { }",
        _ if wanted.starts_with("struct ") => "a table in braces { }",
        wanted => wanted,
    };
    format!("found {found}, expected {wanted}")
}

/// A message of the TOML reader on one line.
pub(super) fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}
