//! The exports of known platforms made plain: what they say in their own way becomes columns like any others.

use std::fmt;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value};

use crate::catalog::notation::{date, number};
use crate::catalog::repairs::Repairs;

use super::{google, schema_org, shopify_csv, shopify_json, woocommerce};

/// Cells by column, as they are changed.
pub(super) type Fields = Map<String, Value>;

/// Fields, and the line they stand on.
pub(super) type LineFields = (u64, Fields);

/// At most this many products are remembered as hidden, so that their variants are left out with them.
const HIDDEN_MAX: usize = 1_000_000;

/// Whose export a feed is, told by its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Google Merchant Center's product data.
    Google,
    /// Shopify's product CSV, with the headers of either generation.
    ShopifyCsv,
    /// Shopify's products as the APIs and the bulk export write them.
    ShopifyJson,
    /// WooCommerce's product CSV.
    WooCommerce,
    /// Products in schema.org's words, as JSON-LD.
    SchemaOrg,
}

impl fmt::Display for Platform {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Platform::Google => "Google Merchant Center",
            Platform::ShopifyCsv | Platform::ShopifyJson => "Shopify products",
            Platform::WooCommerce => "WooCommerce products",
            Platform::SchemaOrg => "schema.org products",
        })
    }
}

impl Platform {
    /// The platform whose CSV or TSV has these columns.
    pub(super) fn of_header(names: &[String]) -> Option<Platform> {
        let plain: FxHashSet<String> = names
            .iter()
            .map(|name| name.trim().to_lowercase())
            .collect();
        let has = |name: &str| plain.contains(name);
        let has_any = |names: &[&str]| names.iter().any(|name| plain.contains(*name));
        if has_any(&["handle", "url handle"])
            && has_any(&[
                "variant price",
                "option1 name",
                "variant sku",
                "option1 value",
            ])
        {
            return Some(Platform::ShopifyCsv);
        }
        let woo = [
            "regular price",
            "in stock?",
            "visibility in catalog",
            "parent",
        ];
        if has("type") && has("name") && woo.iter().filter(|name| has(name)).count() >= 2 {
            return Some(Platform::WooCommerce);
        }
        let google: FxHashSet<String> = names
            .iter()
            .map(|name| google::plain_column(name).into_owned())
            .collect();
        let wanted = ["id", "title", "link", "image_link"];
        let is_google = wanted.iter().all(|name| google.contains(*name));
        is_google.then_some(Platform::Google)
    }

    /// The platform whose JSON starts like this.
    pub(super) fn of_json(start: &[u8]) -> Option<Platform> {
        let text = String::from_utf8_lossy(start);
        let has = |key: &str| text.contains(key);
        if has("gid://shopify/") {
            return Some(Platform::ShopifyJson);
        }
        let classic = has("\"body_html\"") || has("\"product_type\"");
        if has("\"handle\"") && has("\"variants\"") && classic {
            return Some(Platform::ShopifyJson);
        }
        (has("schema.org") && has("\"@type\"")).then_some(Platform::SchemaOrg)
    }
}

/// What is known of a feed's earlier rows, and what was done to them.
#[derive(Default)]
pub(super) struct Context {
    /// Seconds since 1970 by which sales and expiries are judged; they are not when it is unknown.
    pub(super) as_of: Option<i64>,
    pub(super) repairs: Repairs,
    /// The line of the row at hand.
    pub(super) line: u64,
    /// Ids of products that are left out, by which their variants are too.
    pub(super) hidden: FxHashSet<String>,
    pub(super) shopify: shopify_csv::Handle,
    /// The product of the bulk export that came last, by its id.
    pub(super) bulk_parent: (String, Fields),
    pub(super) woocommerce: woocommerce::Parents,
}

impl Context {
    /// Counts a repair of the row at hand.
    pub(super) fn note(&mut self, what: &str) {
        self.repairs.note(what, self.line);
    }

    pub(super) fn hide(&mut self, id: String) {
        if self.hidden.len() < HIDDEN_MAX {
            self.hidden.insert(id);
        }
    }
}

/// The rows that come of one row of a platform: usually one, none when it is left out on purpose, which is noted.
pub(super) fn plain_rows(platform: Platform, fields: Fields, context: &mut Context) -> Vec<Fields> {
    match platform {
        Platform::Google => google::plain(fields, context).into_iter().collect(),
        Platform::ShopifyCsv => shopify_csv::plain(fields, context).into_iter().collect(),
        Platform::ShopifyJson => shopify_json::plain(fields, context).into_iter().collect(),
        Platform::WooCommerce => woocommerce::plain(fields, context).into_iter().collect(),
        Platform::SchemaOrg => schema_org::plain(fields, context),
    }
}

/// The text of a column, trimmed; `None` when it is empty or holds something else.
pub(super) fn text<'f>(fields: &'f Fields, column: &str) -> Option<&'f str> {
    let text = fields.get(column)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

/// The text of the first of these columns that has any.
pub(super) fn text_of<'f>(fields: &'f Fields, columns: &[&str]) -> Option<&'f str> {
    columns.iter().find_map(|column| text(fields, column))
}

/// The amount in a column, whether it is a number or text.
pub(super) fn amount(fields: &Fields, column: &str) -> Option<f64> {
    match fields.get(column)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => number(text.trim(), true),
        _ => None,
    }
}

/// A scalar as text: ids are numbers in one export and text in the next.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_string()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Adds a column that the row does not have yet.
pub(super) fn add(fields: &mut Fields, column: &str, value: impl Into<Value>) {
    if !column.trim().is_empty() && fields.get(column).is_none_or(is_empty) {
        fields.insert(column.trim().to_string(), value.into());
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// Adds the share of the price that is profit, when the cost is known.
pub(super) fn add_margin(fields: &mut Fields, price: Option<f64>, cost: Option<f64>) {
    if let (Some(price), Some(cost)) = (price, cost)
        && price > 0.0
        && (0.0..=price).contains(&cost)
    {
        let margin = (10_000.0 * (price - cost) / price).round() / 10_000.0;
        add(fields, "margin", margin);
    }
}

/// A price from before a reduction that is none is taken out.
pub(super) fn drop_false_reduction(
    fields: &mut Fields,
    price: &str,
    before: &str,
    context: &mut Context,
) {
    if let (Some(now), Some(was)) = (amount(fields, price), amount(fields, before))
        && was <= now
    {
        fields.remove(before);
        // Shopify writes 0 where there is none.
        if was > 0.0 {
            context.note(&format!(
                "`{before}` is not above `{price}` and was left out"
            ));
        }
    }
}

/// A reduced price outside its window, or one that is no reduction, is taken out.
pub(super) fn judge_sale(
    fields: &mut Fields,
    (price, sale): (&str, &str),
    (starts, ends): (Option<&str>, Option<&str>),
    context: &mut Context,
) {
    let Some(reduced) = amount(fields, sale) else {
        return;
    };
    let regular = amount(fields, price);
    let time = |text: Option<&str>, end_of_day: bool| text.map(|text| moment(text, end_of_day));
    let (from, until) = (time(starts, false), time(ends, true));
    let reason = if regular.is_some_and(|regular| reduced >= regular) {
        "is not below the price"
    } else if reduced <= 0.0 {
        "is nothing"
    } else if from == Some(None) || until == Some(None) {
        "has dates that cannot be read"
    } else if let (Some(Some(from)), Some(Some(until))) = (from, until)
        && from > until
    {
        "ends before it begins"
    } else if let (Some(as_of), Some(Some(until))) = (context.as_of, until)
        && as_of > until
    {
        "is over"
    } else if let (Some(as_of), Some(Some(from))) = (context.as_of, from)
        && as_of < from
    {
        "has not begun"
    } else {
        return;
    };
    fields.remove(sale);
    context.note(&format!("`{sale}` {reason} and was left out"));
}

/// A time in seconds since 1970; the last second of a day that is only a date when its end is meant.
fn moment(text: &str, end_of_day: bool) -> Option<i64> {
    let seconds = date(text.trim())?;
    let is_day = text.trim().len() <= 10;
    Some(seconds + if is_day && end_of_day { 86_399 } else { 0 })
}

/// Values listed with commas, which are escaped as `\,` when they are part of a value.
pub(super) fn listed(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let value = values.last_mut().expect("there is always one");
        match letter {
            '\\' => value.extend(letters.next()),
            ',' => values.push(String::new()),
            _ => value.push(letter),
        }
    }
    let trimmed = values.iter().map(|value| value.trim().to_string());
    trimmed.filter(|value| !value.is_empty()).collect()
}
