//! `facetFilters`, `numericFilters`, `tagFilters`, `filters` and `optionalFilters` in the one filter language.

use serde_json::Value;

use super::AlgoliaError;
use super::parameters::{Parameters, invalid};
use crate::engine::Leaning;

/// A score of 1 lifts or buries by this factor.
const LIFT: f64 = 2.0;

/// Higher scores lift no more than this one.
const SCORE_MAX: f64 = 10.0;

/// Where tags are.
const TAGS: &str = "_tags";

/// What the lists of conditions say, each a filter of its own; all must hold. `filters` is not among them.
pub(super) fn conditions(parameters: &Parameters) -> Result<Vec<String>, AlgoliaError> {
    let mut conditions = Vec::new();
    let mut add = |name: &str, read: &dyn Fn(&str) -> Result<String, AlgoliaError>| {
        for any in alternatives(name, parameters)? {
            let read: Result<Vec<String>, AlgoliaError> =
                any.iter().map(|text| read(text)).collect();
            conditions.push(read?.join(" OR "));
        }
        Ok::<(), AlgoliaError>(())
    };
    add("facetFilters", &|text| {
        facet_condition("facetFilters", text)
    })?;
    add("numericFilters", &numeric_condition)?;
    add("tagFilters", &tag_condition)?;
    Ok(conditions)
}

/// What `filters` says; scores in it order nothing.
pub(super) fn filters(parameters: &Parameters) -> Result<Option<String>, AlgoliaError> {
    let text = parameters.text("filters")?;
    let text = text.filter(|text| !text.trim().is_empty());
    Ok(text.map(|text| without_scores(&text)))
}

/// What `optionalFilters` lifts and buries.
pub(super) fn leanings(parameters: &Parameters) -> Result<Vec<Leaning>, AlgoliaError> {
    let sums = parameters.truth("sumOrFiltersScores")? == Some(true);
    let mut leanings = Vec::new();
    for any in alternatives("optionalFilters", parameters)? {
        let mut scored = Vec::with_capacity(any.len());
        for text in &any {
            scored.push(scored_condition(text)?);
        }
        scored.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
        let mut before: Vec<String> = Vec::new();
        for (condition, score) in scored {
            // Of alternatives the one with the highest score counts.
            let apart = if sums || before.is_empty() {
                condition.clone()
            } else {
                format!("{condition} AND NOT ({})", before.join(" OR "))
            };
            let by = LIFT.powf(score.clamp(-SCORE_MAX, SCORE_MAX));
            leanings.push(Leaning { filter: apart, by });
            before.push(condition);
        }
    }
    Ok(leanings)
}

/// The outer list is all of, an inner one any of; a string may stand for a list of one, or for one separated by commas.
fn alternatives(name: &str, parameters: &Parameters) -> Result<Vec<Vec<String>>, AlgoliaError> {
    let wrong = || invalid(name, "an array of strings and of arrays of strings");
    let texts = |value: &Value| match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(inner) => {
            let inner = inner.iter().map(|text| text.as_str().map(str::to_string));
            inner.collect::<Option<Vec<String>>>()
        }
        _ => None,
    };
    let all: Vec<Vec<String>> = match parameters.value(name) {
        None => return Ok(Vec::new()),
        Some(Value::String(text)) => text.split(',').map(|one| vec![one.to_string()]).collect(),
        Some(Value::Array(outer)) => {
            let outer = outer.iter().map(texts);
            outer.collect::<Option<_>>().ok_or_else(wrong)?
        }
        Some(_) => return Err(wrong()),
    };
    let said = |text: &String| !text.trim().is_empty();
    let all = all
        .into_iter()
        .map(|any| any.into_iter().filter(said).collect());
    Ok(all.filter(|any: &Vec<String>| !any.is_empty()).collect())
}

/// `brand:Acorn`, `color:-red`, `color:\-red`, `-color:red`.
pub(super) fn facet_condition(parameter: &str, text: &str) -> Result<String, AlgoliaError> {
    let wrong = || invalid(parameter, &format!("attribute:value, but found `{text}`"));
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let (excluded_first, name) = match name.trim().strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, name.trim()),
    };
    if !is_plain_name(name) {
        return Err(wrong());
    }
    let (excluded, value) = match value.strip_prefix('-') {
        Some(value) => (true, value),
        None => (
            false,
            value
                .strip_prefix('\\')
                .filter(|rest| rest.starts_with('-'))
                .unwrap_or(value),
        ),
    };
    let condition = format!("{name}:{}", quoted(value));
    Ok(if excluded != excluded_first {
        format!("NOT {condition}")
    } else {
        condition
    })
}

/// `price>=10`, `price:10 TO 50`.
fn numeric_condition(text: &str) -> Result<String, AlgoliaError> {
    let wrong = || {
        let expected =
            format!("conditions such as price>=10 or price:10 TO 50, but found `{text}`");
        invalid("numericFilters", &expected)
    };
    const OPERATORS: [&str; 7] = ["<=", ">=", "!=", "<", ">", "=", ":"];
    let at = text.find(|c: char| "<>=!:".contains(c)).ok_or_else(wrong)?;
    let (name, rest) = (text[..at].trim(), &text[at..]);
    let operator = OPERATORS
        .into_iter()
        .find(|operator| rest.starts_with(operator));
    let operator = operator.ok_or_else(wrong)?;
    let numbers: Vec<&str> = rest[operator.len()..].split_whitespace().collect();
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    if !is_plain_name(name) {
        return Err(wrong());
    }
    match numbers[..] {
        [number] if is_number(number) => Ok(format!("{name} {operator} {number}")),
        [from, "TO", to] if operator == ":" && is_number(from) && is_number(to) => {
            Ok(format!("{name}:{from} TO {to}"))
        }
        _ => Err(wrong()),
    }
}

fn tag_condition(text: &str) -> Result<String, AlgoliaError> {
    let text = text.trim();
    Ok(match text.strip_prefix('-') {
        Some(tag) => format!("NOT {TAGS}:{}", quoted(tag)),
        None => format!("{TAGS}:{}", quoted(text)),
    })
}

/// `brand:Acorn<score=3>`: the condition and what it lifts by, less than nothing when it buries.
fn scored_condition(text: &str) -> Result<(String, f64), AlgoliaError> {
    let (text, score) = match text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once("<score="))
    {
        Some((text, score)) => {
            let score: Option<f64> = score
                .trim()
                .parse()
                .ok()
                .filter(|score: &f64| *score >= 0.0);
            (
                text,
                score.ok_or_else(|| invalid("optionalFilters", "a score of 0 or more"))?,
            )
        }
        None => (text, 1.0),
    };
    let condition = facet_condition("optionalFilters", text)?;
    Ok(match condition.strip_prefix("NOT ") {
        Some(buried) => (buried.to_string(), -score),
        None => (condition, score),
    })
}

/// A filter without the scores that stand outside of quotes.
fn without_scores(text: &str) -> String {
    const SCORE: &str = "<score=";
    let mut plain = String::with_capacity(text.len());
    let mut quote = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if quote.is_none()
            && let Some(end) = rest.strip_prefix(SCORE).and_then(|score| score.find('>'))
        {
            at += SCORE.len() + end + 1;
            continue;
        }
        match (c, quote) {
            ('\\', Some(_)) => {
                let escaped: String = rest.chars().take(2).collect();
                plain.push_str(&escaped);
                at += escaped.len();
                continue;
            }
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        plain.push(c);
        at += c.len_utf8();
    }
    plain
}

fn is_plain_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(is_plain)
}

/// A value as filters write it, whatever is in it.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameters(request: Value) -> Parameters {
        Parameters::of(request.as_object().unwrap()).unwrap()
    }

    fn check(request: Value, expected: &[&str]) {
        let found = conditions(&parameters(request)).unwrap();
        assert_eq!(found, expected);
    }

    #[test]
    fn outer_lists_are_all_of_and_inner_ones_any_of() {
        check(
            json!({"facetFilters": [["brand:a", "brand:b"], ["cat.lvl1:Shoes > Run"], "x:-no"]}),
            &[
                r#"brand:"a" OR brand:"b""#,
                r#"cat.lvl1:"Shoes > Run""#,
                r#"NOT x:"no""#,
            ],
        );
        check(
            json!({"facetFilters": "brand:a,color:red"}),
            &[r#"brand:"a""#, r#"color:"red""#],
        );
        check(json!({"facetFilters": [[], ""]}), &[]);
    }

    #[test]
    fn values_are_taken_to_the_letter() {
        check(
            json!({"facetFilters": [r"x:\-5", "x:a:b", r#"x:"quoted" \ OR y:1"#]}),
            &[r#"x:"-5""#, r#"x:"a:b""#, r#"x:"\"quoted\" \\ OR y:1""#],
        );
    }

    #[test]
    fn numbers_and_tags_are_read() {
        check(
            json!({"numericFilters": ["price>=10", ["price<=50", "stock=0"], "price:1 TO 2"], "tagFilters": "a,-b"}),
            &[
                "price >= 10",
                "price <= 50 OR stock = 0",
                "price:1 TO 2",
                r#"_tags:"a""#,
                r#"NOT _tags:"b""#,
            ],
        );
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for request in [
            json!({"facetFilters": ["brand"]}),
            json!({"facetFilters": ["a b OR c:d"]}),
            json!({"facetFilters": [[["deep"]]]}),
            json!({"numericFilters": ["price>=10 OR brand:x"]}),
            json!({"numericFilters": ["price>=NaN"]}),
            json!({"numericFilters": 3}),
        ] {
            assert!(conditions(&parameters(request)).is_err());
        }
    }

    #[test]
    fn scores_lift_and_bury_and_the_best_alternative_counts() {
        let found = leanings(&parameters(
            json!({"optionalFilters": ["brand:a<score=2>", "color:-red", ["x:1<score=1>", "x:2<score=3>"]]}),
        ));
        let found: Vec<(String, f64)> = found
            .unwrap()
            .into_iter()
            .map(|own| (own.filter, own.by))
            .collect();
        let expected = [
            (r#"brand:"a""#, 4.0),
            (r#"color:"red""#, 0.5),
            (r#"x:"2""#, 8.0),
            (r#"x:"1" AND NOT (x:"2")"#, 2.0),
        ];
        assert_eq!(found, expected.map(|(filter, by)| (filter.to_string(), by)));
    }

    #[test]
    fn scores_in_filters_are_left_out() {
        let found = filters(&parameters(
            json!({"filters": r#"brand:a<score=2> OR x:"b<score=3>\"<score=1>" "#}),
        ));
        assert_eq!(
            found.unwrap().unwrap(),
            r#"brand:a OR x:"b<score=3>\"<score=1>" "#
        );
    }
}
