//! Changes of a rule file that leave everything else in it as it was: comments, order, spacing.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table};

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
    text.parse().map_err(|error: toml_edit::TomlError| {
        let problem = Problem::new(file, super::reader::one_line(error.message()));
        match error.span() {
            Some(span) => problem.at(line_of(text, span.start)),
            None => problem,
        }
    })
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
        toml::from_str::<toml::Value>(&document.to_string()).ok()
    };
    plain(one).is_some_and(|one| Some(one) == plain(other))
}

/// The rules of a file as they are written, each with its line; those that cannot be read are left out.
pub fn written_rules(text: &str) -> Vec<(u64, WrittenRule)> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        rule: Vec<toml::Spanned<toml::Value>>,
    }
    let Ok(file) = toml::from_str::<File>(text) else {
        return Vec::new();
    };
    let read = file.rule.into_iter().filter_map(|rule| {
        let line = line_of(text, rule.span().start);
        Some((line, rule.into_inner().try_into().ok()?))
    });
    read.collect()
}
