//! The schema as a file an engineer reads: every attribute with the reason it is there.

use crate::catalog::schema::Attribute;

use super::Inferred;

const USES: &str = "\
# What products are made of. Each attribute says where the feed has it and what it is used for:
#   searched = weight   a word typed may be found here; the title's weight is 3
#   facet, filter, sort refine by it, name it in filters, order by it (a facet can be filtered)
#   shown               it is in search results
#   affinity            shoppers' leanings to its values are learned and used
#   variant             its value may differ between the variants of one product
# Types: text, keyword, path, number, money, boolean, date, url. Unknown keys are refused.
";

/// At most so many columns are listed as left out.
const LEFT_OUT_MAX: usize = 500;

/// The schema as `index/schema.toml`, with a comment over each attribute. It reads back as the same schema.
pub fn commented_toml(inferred: &Inferred) -> String {
    let schema = &inferred.schema;
    let mut text = format!(
        "{USES}#\n# Proposed after looking at {} rows with {} columns; change what you know better.\n\n",
        inferred.rows, inferred.columns
    );
    text += "# The column whose value tells products apart";
    text += if schema.group.is_some() {
        " (here: variants, their product is the group below).\n"
    } else {
        ".\n"
    };
    text += &line("id", &schema.id);
    if let Some(group) = &schema.group {
        text += "# Rows with the same value here are variants of one product.\n";
        text += &line("group", group);
    }
    if let Some(variants) = &schema.variants {
        text += "# The column with a list of variants inside each product.\n";
        text += &line("variants", variants);
    }
    text += "# ISO 4217 and ISO 639-1 codes.\n";
    text += &line("currency", &schema.currency);
    text += &line("language", &schema.language);
    for (attribute, note) in schema.attributes.iter().zip(&inferred.notes) {
        text += &format!(
            "\n# {}\n[[attribute]]\n{}",
            one_line(note),
            table(attribute)
        );
    }
    text + &left_out(&inferred.left_out)
}

/// The columns without an attribute, as comments.
fn left_out(columns: &[String]) -> String {
    let mut text = String::new();
    if columns.is_empty() {
        return text;
    }
    text += "\n# Columns left out, and why; what you need becomes an attribute when you add it as above.\n";
    for column in columns.iter().take(LEFT_OUT_MAX) {
        text += &format!("#   {}\n", one_line(column));
    }
    if columns.len() > LEFT_OUT_MAX {
        text += &format!("#   … and {} more\n", columns.len() - LEFT_OUT_MAX);
    }
    text
}

fn line(key: &str, value: &str) -> String {
    format!("{key} = {}\n", toml::Value::String(value.to_string()))
}

fn table(attribute: &Attribute) -> String {
    toml::to_string(attribute)
        .expect("an attribute holds only text, numbers, truths and lists of text")
}

/// A comment ends with its line, so it must not hold a line break or another control letter.
fn one_line(note: &str) -> String {
    note.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
