//! Changes of a rule file that leave everything else in it as it was: comments, order, spacing.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

use super::mistakes;
use super::written::WrittenRule;
use crate::problem::{Problem, line_of};

/// Puts a rule into the text of a rule file: in the place of the rule of this name, or at the end.
pub fn put_rule(file: &str, text: &str, rule: &WrittenRule) -> Result<String, Problem> {
    let mut document = parse(file, text)?;
    let written = toml_edit::ser::to_document(rule)
        .map_err(|error| Problem::new(file, format!("rule `{}`: {error}", rule.name)))?;
    let rules = rules_of(file, &mut document)?;
    let place = rules.iter().position(|own| is_named(own, &rule.name));
    match place.and_then(|place| rules.get_mut(place)) {
        Some(own) => update(own, written.as_table()),
        None => {
            let mut table = Table::new();
            if !rules.is_empty() || !text.trim().is_empty() {
                table.decor_mut().set_prefix("\n");
            }
            for (key, item) in written.iter() {
                table.insert(key, item.clone());
            }
            rules.push(table);
        }
    }
    Ok(document.to_string())
}

/// Takes a rule out of the text of a rule file; `None` when it has no rule of this name.
pub fn remove_rule(file: &str, text: &str, name: &str) -> Result<Option<String>, Problem> {
    let mut document = parse(file, text)?;
    let rules = rules_of(file, &mut document)?;
    let Some(place) = rules.iter().position(|own| is_named(own, name)) else {
        return Ok(None);
    };
    rules.remove(place);
    Ok(Some(document.to_string()))
}

fn parse(file: &str, text: &str) -> Result<DocumentMut, Problem> {
    // What is no TOML is told as when the file is read.
    toml::from_str::<toml::Table>(text).map_err(|error| mistakes::of_file(file, text, error))?;
    let document = text.parse();
    document.map_err(|error: toml_edit::TomlError| Problem::new(file, error.message()))
}

fn rules_of<'d>(
    file: &str,
    document: &'d mut DocumentMut,
) -> Result<&'d mut ArrayOfTables, Problem> {
    let rules = document
        .entry("rule")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    rules.as_array_of_tables_mut().ok_or_else(|| {
        Problem::new(file, "`rule` is no list of tables")
            .suggest("a rule begins with `[[rule]]`, in two brackets")
    })
}

fn is_named(rule: &Table, name: &str) -> bool {
    rule.get("name").and_then(Item::as_str) == Some(name)
}

/// Changes what differs and leaves the rest, its comments included.
fn update(own: &mut Table, written: &Table) {
    let gone: Vec<String> = own
        .iter()
        .map(|(key, _)| key.to_string())
        .filter(|key| !written.contains_key(key))
        .collect();
    for key in gone {
        own.remove(&key);
    }
    for (key, item) in written.iter() {
        match own.get_mut(key) {
            Some(known) if same(known, item) => {}
            Some(known) => {
                let decor = known.as_value().map(|value| value.decor().clone());
                *known = item.clone();
                if let (Some(value), Some(decor)) = (known.as_value_mut(), decor) {
                    *value.decor_mut() = decor;
                }
            }
            None => {
                own.insert(key, item.clone());
            }
        }
    }
}

/// Whether two items say the same, however they are written.
fn same(one: &Item, other: &Item) -> bool {
    let plain = |item: &Item| {
        let mut document = DocumentMut::new();
        document.insert("value", item.clone());
        let value: toml::Value = toml::from_str(&document.to_string()).ok()?;
        Some(with_fractions(value))
    };
    plain(one).is_some_and(|one| Some(one) == plain(other))
}

/// The same value with whole numbers as any others: `2` says the same as `2.0`.
fn with_fractions(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::Integer(number) => toml::Value::Float(number as f64),
        toml::Value::Array(parts) => {
            toml::Value::Array(parts.into_iter().map(with_fractions).collect())
        }
        toml::Value::Table(parts) => {
            let parts = parts.into_iter();
            let parts = parts.map(|(key, part)| (key, with_fractions(part)));
            toml::Value::Table(parts.collect())
        }
        value => value,
    }
}

/// A rule as it stands in a file.
pub struct Standing {
    /// Empty when it has none.
    pub name: String,
    /// Where it begins, counted from 1.
    pub line: u64,
    /// Or why it cannot be read.
    pub rule: Result<WrittenRule, Problem>,
}

/// The rules of a file as they are written; a problem when none of it can be read.
pub fn written_rules(file: &str, text: &str) -> Result<Vec<Standing>, Problem> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        rule: Vec<toml::Spanned<toml::Value>>,
    }
    let read: File = toml::from_str(text).map_err(|error| mistakes::of_file(file, text, error))?;
    let rules = mistakes::with_sources(text, read.rule).into_iter();
    let standing = rules.map(|(begins, source, rule)| {
        let line = line_of(text, begins);
        let name = rule.get("name").and_then(toml::Value::as_str);
        let name = name.unwrap_or_default().to_string();
        let rule = rule.try_into();
        Standing {
            rule: rule.map_err(|error| mistakes::of_rule(file, line, source, &name, error)),
            line,
            name,
        }
    });
    Ok(standing.collect())
}
