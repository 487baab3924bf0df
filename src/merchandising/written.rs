//! A rule as people write it, in TOML, in a spreadsheet or over HTTP: the words of the language and nothing else.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::reader::SURFACES;
use super::schedule::DAYS;

/// A file of `merchandising/rules/`: any number of rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenFile {
    /// The rules of this file.
    #[serde(default, rename = "rule", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<WrittenRule>,
}

/// A merchandiser's decision: `when` it holds, and what follows.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct WrittenRule {
    /// The name in explanations, problems and reports. Each rule has its own.
    pub name: String,
    /// What people should know about this rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// `false` switches the rule off.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Rules with a higher priority come first; 0 when not said.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: i32,
    /// While this rule holds, the rules after it do not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stop: bool,
    /// What must hold; a rule without it always holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: WrittenWhen,
    /// Products at fixed positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pin: Vec<WrittenPin>,
    /// Positions for the best product of a kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slot: Vec<WrittenSlot>,
    /// What should stand higher.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boost: Vec<WrittenAdjustment>,
    /// What should stand lower.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bury: Vec<WrittenAdjustment>,
    /// What must not appear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppress: Vec<WrittenSuppression>,
    /// Only what passes this filter appears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Words of the query that are read as others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<WrittenReplacement>,
    /// Words of the query that are left out, unless nothing else was asked for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub remove: Texts,
    /// Words that are added to the query.
    #[serde(default, skip_serializing_if = "is_default")]
    pub add: Texts,
    /// The order, `attribute:asc` or `attribute:desc`, unless the shopper chose one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The recipe of `index/ranking.toml`, unless the request names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// Something the page shows beside the products.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub banner: Vec<Banner>,
    /// Where the shopper is sent instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// Anything the storefront should get with the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub data: Option<serde_json::Value>,
    /// Facets in the order the page should show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<String>,
}

/// Conditions that must all hold.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenWhen {
    /// The words of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<WrittenQuery>,
    /// One of these categories, or one below it.
    #[serde(skip_serializing_if = "is_default")]
    pub category: Texts,
    /// The shopper's filters say at least this, however they are written: `brand:Nike AND price < 50`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The shopper is in one of these segments.
    #[serde(skip_serializing_if = "is_default")]
    pub segment: Texts,
    /// The list appears on one of these: search, category, home, product, cart, after-purchase, e-mail.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(schema_with = "surfaces")]
    pub surface: Texts,
    /// The request carries all of these tags.
    #[serde(skip_serializing_if = "is_default")]
    pub context: Texts,
    /// The shopper uses one of these devices, as the storefront names them.
    #[serde(skip_serializing_if = "is_default")]
    pub device: Texts,
    /// The shopper came by one of these campaigns.
    #[serde(skip_serializing_if = "is_default")]
    pub campaign: Texts,
    /// The shopper reads one of these languages.
    #[serde(skip_serializing_if = "is_default")]
    pub language: Texts,
    /// The arm the shopper is in, by experiment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub experiment: BTreeMap<String, String>,
    /// From this day or time on: `2026-11-23`, or `2026-11-23T08:00:00+01:00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<WrittenMoment>,
    /// Up to this time, or to the end of this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<WrittenMoment>,
    /// Some hours of every week, or a list of them.
    #[serde(skip_serializing_if = "is_default")]
    pub weekly: Weeklies,
    /// Where days and hours are counted, such as `Europe/Berlin`; UTC when not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// What the words of the query must be. All that is said must hold; of a list, one is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenQuery {
    /// The query is exactly this; `{brand}` stands for any value of the attribute `brand`.
    #[serde(skip_serializing_if = "is_default")]
    pub is: Texts,
    /// These words stand in the query, one after the other.
    #[serde(skip_serializing_if = "is_default")]
    pub contains: Texts,
    /// The query starts with these words.
    #[serde(skip_serializing_if = "is_default")]
    pub starts: Texts,
    /// The query ends with these words.
    #[serde(skip_serializing_if = "is_default")]
    pub ends: Texts,
    /// At least one of these stands in the query.
    #[serde(skip_serializing_if = "is_default")]
    pub any: Texts,
    /// None of these stands in the query.
    #[serde(skip_serializing_if = "is_default")]
    pub none: Texts,
    /// `false`: the words as they were typed, not as they were corrected.
    #[serde(skip_serializing_if = "is_yes")]
    pub spelling: bool,
    /// `false`: `shoe` is not `shoes`.
    #[serde(skip_serializing_if = "is_yes")]
    pub stemming: bool,
    /// `false`: words of the same meaning are not the same.
    #[serde(skip_serializing_if = "is_yes")]
    pub synonyms: bool,
}

impl Default for WrittenQuery {
    fn default() -> Self {
        WrittenQuery {
            is: Texts::default(),
            contains: Texts::default(),
            starts: Texts::default(),
            ends: Texts::default(),
            any: Texts::default(),
            none: Texts::default(),
            spelling: true,
            stemming: true,
            synonyms: true,
        }
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(untagged, expecting = "expected a text, or a list of texts")]
pub enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Texts::Many(Vec::new())
    }
}

impl PartialEq for Texts {
    /// One text is a list of one.
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

impl Texts {
    pub fn all(&self) -> &[String] {
        match self {
            Texts::One(text) => std::slice::from_ref(text),
            Texts::Many(texts) => texts,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}

/// A day or a time, as text or as TOML's own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(untagged, expecting = "expected a date such as 2026-11-23")]
pub enum WrittenMoment {
    Text(String),
    #[schemars(skip)]
    #[schema(value_type = String)]
    Datetime(toml::value::Datetime),
}

impl PartialEq for WrittenMoment {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl WrittenMoment {
    pub fn text(&self) -> String {
        match self {
            WrittenMoment::Text(text) => text.clone(),
            WrittenMoment::Datetime(datetime) => datetime.to_string(),
        }
    }
}

/// Hours of the week, or a list of them.
#[derive(Debug, Clone, Serialize, JsonSchema, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Weeklies {
    One(WrittenWeekly),
    Many(Vec<WrittenWeekly>),
}

impl Default for Weeklies {
    fn default() -> Self {
        Weeklies::Many(Vec::new())
    }
}

impl PartialEq for Weeklies {
    fn eq(&self, other: &Self) -> bool {
        self.all() == other.all()
    }
}

impl Weeklies {
    pub fn all(&self) -> &[WrittenWeekly] {
        match self {
            Weeklies::One(weekly) => std::slice::from_ref(weekly),
            Weeklies::Many(weeklies) => weeklies,
        }
    }
}

/// Not derived, so that a mistake is told with its key and its line.
impl<'de> Deserialize<'de> for Weeklies {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Weeklies;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(
                    "hours of the week, such as { from = \"fri 08:00\", until = \"sun 20:00\" }",
                )
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Weeklies, A::Error> {
                let table = MapAccessDeserializer::new(table);
                WrittenWeekly::deserialize(table).map(Weeklies::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Weeklies, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Weeklies::Many)
            }
        }
        reader.deserialize_any(OneOrMany)
    }
}

/// Hours of the week.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenWeekly {
    /// `monday` to `sunday`, or `mon` to `sun`; every day when not said.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(schema_with = "days")]
    pub days: Texts,
    /// `18:00`; the beginning of the day when not said. With a day, `fri 18:00`, it begins there and lasts until `until`,
    /// which has a day too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `22:00`; the end of the day, `24:00`, when not said. Earlier than `from` means the morning after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A product, or several one after the other, at a position.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct WrittenPin {
    /// The id of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The ids of a group: they stand one after the other from the position on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// Counted from 1.
    #[schemars(range(min = 1, max = 1000))]
    pub position: usize,
    /// What stands in while the product is sold out or outside the shopper's filters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fallback: Texts,
    /// `filters`: the pin obeys the shopper's filters. `query`: the product must match the words as well.
    #[serde(default, skip_serializing_if = "is_default")]
    pub obey: Obey,
}

/// What a pin gives way to.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Obey {
    /// The shopper's filters.
    #[default]
    Filters,
    /// The shopper's filters and words.
    Query,
}

/// The best product of a kind at a position.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct WrittenSlot {
    /// What the product must be; what is sold out is not taken.
    pub filter: String,
    /// Counted from 1.
    #[schemars(range(min = 1, max = 1000))]
    pub position: usize,
}

/// More or less of what passes a filter.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct WrittenAdjustment {
    /// What it is about, such as `brand:Acorn AND price < 100`.
    pub filter: String,
    /// 1 to 100: how many times as good, or as bad; a boost of 1.5 or a bury of 3 when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub by: Option<f64>,
}

/// A product's id, or a filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected the id of a product, or { filter = \"…\" }"
)]
pub enum WrittenSuppression {
    Product(String),
    #[serde(rename_all = "lowercase")]
    Filter {
        filter: String,
    },
}

/// Words and what they are read as.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct WrittenReplacement {
    /// The words that are replaced; the whole query when not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What stands there instead.
    pub with: String,
}

/// Something a page shows beside its products. Which of it is said is up to the storefront.
#[derive(
    Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(default, deny_unknown_fields)]
pub struct Banner {
    /// Where on the page: `top`, `bottom`, or a name the storefront knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it says in large letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it says besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Where it leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

fn surfaces(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    one_or_many(&SURFACES)
}

fn days(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let short = DAYS.iter().map(|day| &day[..3]);
    one_or_many(&DAYS.into_iter().chain(short).collect::<Vec<_>>())
}

/// One of these names, or a list of them.
fn one_or_many(names: &[&str]) -> schemars::Schema {
    let one = serde_json::json!({ "type": "string", "enum": names });
    schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_yes(said: &bool) -> bool {
    *said
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
