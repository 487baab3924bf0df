//! `index/schema.toml`: which attributes products have and what each is used for.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::{Problem, line_of, nearest};
use crate::text::is_known_language;

/// Where a shop directory keeps its schema.
pub const SCHEMA_FILE: &str = "index/schema.toml";

/// At most this many attributes in one schema.
pub const ATTRIBUTES_MAX: usize = 500;

/// What a shop's products are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Feed column with the product's id, or the variant's when `group` is set.
    pub id: String,
    /// Feed column shared by the rows that are variants of one product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Feed column with a nested array of variant objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<String>,
    /// ISO 4217 code of every money attribute.
    #[serde(default = "default_currency")]
    pub currency: String,
    /// ISO 639-1 code of the language the texts are written in.
    #[serde(default = "default_language")]
    pub language: String,
    /// The facets that come first when `facets=auto` chooses them, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facet_order: Vec<String>,
    /// In the order the shop wants them shown.
    #[serde(rename = "attribute")]
    pub attributes: Vec<Attribute>,
}

/// A named property of products: where the feed has it and what it is used for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The name filters, facets and responses use.
    pub name: String,
    /// Feed columns, first non-empty wins; empty means the column of the same name, and `*` the words of all columns
    /// that no other attribute searches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// How values are read and compared.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What the attribute means to Endcap, when it means something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Weight of a match here; absent means the attribute is not searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched: Option<f32>,
    /// Shown as a facet, and so filtered by.
    #[serde(default, skip_serializing_if = "is_false")]
    pub facet: bool,
    /// Filters may name it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub filter: bool,
    /// Lists may be sorted by it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sort: bool,
    /// Pages show it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shown: bool,
    /// Shoppers' leanings to values of this attribute are learned and used.
    #[serde(default, skip_serializing_if = "is_false")]
    pub affinity: bool,
    /// The value may differ between variants of one product.
    #[serde(default, skip_serializing_if = "is_false")]
    pub variant: bool,
    /// ISO 639-1 code of the language of its texts, when it is not the shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether mistyped words may be read as its words; `false` for names and codes that must be typed as they are.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub typos: bool,
    /// Numbers are multiplied by this: 0.01 turns cents into euros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// Splits one text cell into several values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
}

/// How an attribute's values are read and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Prose: searched and shown.
    Text,
    /// A short value: faceted, filtered, sorted by its letters.
    Keyword,
    /// A category path, levels split at ` > `; a filter holds for the whole subtree.
    Path,
    Number,
    Money,
    Boolean,
    /// A date or time, compared as seconds since 1970.
    Date,
    Url,
}

/// What an attribute means to Endcap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Title,
    Description,
    Brand,
    Category,
    Price,
    /// What the price was before a reduction.
    ListPrice,
    /// How many can be bought; absent means stock is not managed, which is not sold out.
    Stock,
    Image,
    Url,
    Color,
    Size,
    Rating,
    Popularity,
    /// Share of the price that is profit, 0 to 1.
    Margin,
    Released,
    /// What kind of thing it is, in a word or two; several attributes may say so, and the first that does decides.
    Type,
}

impl Kind {
    /// Whether values are compared as numbers.
    pub fn is_numeric(self) -> bool {
        matches!(
            self,
            Kind::Number | Kind::Money | Kind::Date | Kind::Boolean
        )
    }

    /// Whether values are words from a dictionary.
    pub fn is_keyword(self) -> bool {
        matches!(self, Kind::Keyword | Kind::Path | Kind::Text | Kind::Url)
    }
}

impl Attribute {
    /// A plain attribute of this name and kind, used for nothing yet.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Attribute {
            name: name.into(),
            columns: Vec::new(),
            kind,
            role: None,
            searched: None,
            facet: false,
            filter: false,
            sort: false,
            shown: false,
            affinity: false,
            variant: false,
            language: None,
            typos: true,
            scale: None,
            separator: None,
        }
    }

    /// The feed columns to look in, in order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let own = self.columns.is_empty().then_some(self.name.as_str());
        own.into_iter()
            .chain(self.columns.iter().map(String::as_str))
    }

    /// Whether it reads the words of all columns that no other attribute searches: `columns = ["*"]`.
    pub fn takes_the_rest(&self) -> bool {
        self.columns == ["*"]
    }

    /// Whether filters may name it: every facet can be filtered.
    pub fn filterable(&self) -> bool {
        self.filter || self.facet
    }

    /// Whether it needs a column beside the text index.
    pub fn has_column(&self) -> bool {
        let ranks = matches!(
            self.role,
            Some(
                Role::Price
                    | Role::ListPrice
                    | Role::Stock
                    | Role::Rating
                    | Role::Popularity
                    | Role::Margin
                    | Role::Released
            )
        );
        self.filterable() || self.sort || self.affinity || ranks
    }
}

impl Schema {
    /// Reads a schema; on failure says which line is wrong and what would be right.
    pub fn parse(file: &str, text: &str) -> Result<Schema, Vec<Problem>> {
        let schema: Schema = toml::from_str(text).map_err(|error| {
            let problem = Problem::new(file, error.message().to_string());
            vec![match error.span() {
                Some(span) => problem.at(line_of(text, span.start)),
                None => problem,
            }]
        })?;
        let problems = schema.problems(file);
        if problems.is_empty() {
            Ok(schema)
        } else {
            Err(problems)
        }
    }

    /// Reads the schema of a shop directory.
    pub fn load(shop: &Path) -> Result<Schema, Vec<Problem>> {
        let text = std::fs::read_to_string(shop.join(SCHEMA_FILE)).map_err(|error| {
            vec![
                Problem::new(SCHEMA_FILE, format!("cannot be read: {error}"))
                    .suggest("write one with `endcap init DIR --from FEED`"),
            ]
        })?;
        Schema::parse(SCHEMA_FILE, &text)
    }

    /// The position of the attribute of this name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.attributes
            .iter()
            .position(|attribute| attribute.name == name)
    }

    /// The position of the attribute of this name, or of the path whose level this names: `category.lvl1`. Others call
    /// tags `_tags`.
    pub fn named(&self, name: &str) -> Option<usize> {
        let tags = || self.position("tags").filter(|_| name == "_tags");
        let level = || Some(self.level(name)?.0);
        self.position(name).or_else(tags).or_else(level)
    }

    /// The path attribute and the level of it, counted from 0, that a name such as `category.lvl1` means: shops that
    /// keep a field for each level call them so. Whatever is before the level means the category when no attribute is
    /// called that.
    pub fn level(&self, name: &str) -> Option<(usize, usize)> {
        let (path, level) = name.rsplit_once(".lvl")?;
        let level = level.parse().ok()?;
        let position = self.position(path).or_else(|| self.role(Role::Category))?;
        (self.attributes[position].kind == Kind::Path).then_some((position, level))
    }

    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The position of the attribute that plays this role.
    pub fn role(&self, role: Role) -> Option<usize> {
        self.attributes
            .iter()
            .position(|attribute| attribute.role == Some(role))
    }

    /// The positions of all attributes that play this role.
    pub fn roles(&self, role: Role) -> Vec<usize> {
        let plays = |position: &usize| self.attributes[*position].role == Some(role);
        (0..self.attributes.len()).filter(plays).collect()
    }

    /// The name of the attribute nearest to a mistyped one, for suggestions.
    pub fn nearest_name(&self, name: &str) -> Option<&str> {
        nearest(
            name,
            self.attributes
                .iter()
                .map(|attribute| attribute.name.as_str()),
        )
    }

    fn problems(&self, file: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.attributes.len() > ATTRIBUTES_MAX {
            problems.push(Problem::new(
                file,
                format!(
                    "has {} attributes, at most {ATTRIBUTES_MAX} are allowed",
                    self.attributes.len()
                ),
            ));
        }
        for (position, attribute) in self.attributes.iter().enumerate() {
            let earlier = &self.attributes[..position];
            if earlier.iter().any(|other| other.name == attribute.name) {
                problems.push(Problem::new(
                    file,
                    format!("attribute `{}` is defined twice", attribute.name),
                ));
            }
            let is_alone = attribute.role.is_some_and(|role| role != Role::Type);
            if is_alone && earlier.iter().any(|other| other.role == attribute.role) {
                problems.push(Problem::new(
                    file,
                    format!(
                        "attribute `{}` has a role that another attribute has too",
                        attribute.name
                    ),
                ));
            }
            problems.extend(attribute.problem().map(|reason| Problem::new(file, reason)));
        }
        for name in &self.facet_order {
            let is_facet = self.attribute(name).is_some_and(|own| own.facet);
            if !is_facet {
                let problem = Problem::new(
                    file,
                    format!("`facet_order` names `{name}`, which is no facet"),
                );
                problems.push(problem.suggest("name attributes that have `facet = true`"));
            }
        }
        if self.role(Role::Title).is_none() {
            problems.push(
                Problem::new(file, "no attribute has the role of title")
                    .suggest("add `role = \"title\"` to one"),
            );
        }
        problems
    }
}

impl Attribute {
    fn problem(&self) -> Option<String> {
        let name = &self.name;
        let valid = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !valid {
            return Some(format!(
                "attribute name `{name}` may hold only letters, digits, `_`, `-` and `.`"
            ));
        }
        if self
            .searched
            .is_some_and(|weight| !(0.0..=100.0).contains(&weight))
        {
            return Some(format!(
                "attribute `{name}`: `searched` must be a weight between 0 and 100"
            ));
        }
        if let Some(language) = self
            .language
            .as_deref()
            .filter(|own| !is_known_language(own))
        {
            return Some(format!(
                "attribute `{name}`: `language` is `{language}`, which must be a code such as `en` or `de`"
            ));
        }
        if self.scale.is_some() && !matches!(self.kind, Kind::Number | Kind::Money) {
            return Some(format!(
                "attribute `{name}`: `scale` is for the types number and money"
            ));
        }
        if self
            .scale
            .is_some_and(|scale| !scale.is_finite() || scale == 0.0)
        {
            return Some(format!(
                "attribute `{name}`: `scale` must be a number other than 0, such as 0.01"
            ));
        }
        let numeric_role = matches!(
            self.role,
            Some(
                Role::Price
                    | Role::ListPrice
                    | Role::Stock
                    | Role::Rating
                    | Role::Popularity
                    | Role::Margin
            )
        );
        if numeric_role && !matches!(self.kind, Kind::Number | Kind::Money) {
            return Some(format!(
                "attribute `{name}`: its role needs the type number or money"
            ));
        }
        if self.role == Some(Role::Released) && self.kind != Kind::Date {
            return Some(format!(
                "attribute `{name}`: the role released needs the type date"
            ));
        }
        None
    }
}

fn default_currency() -> String {
    "EUR".into()
}

fn default_language() -> String {
    "en".into()
}

fn is_false(value: &bool) -> bool {
    !value
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}
