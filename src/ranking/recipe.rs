//! `index/ranking.toml`: recipes, named blends of signals, and which surface uses which.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Model;
use crate::problem::{Problem, line_of};
use crate::retrieval::SoldOut;
use crate::shoppers::AffinitySettings;

/// Where a shop directory keeps its recipes.
pub const RANKING_FILE: &str = "index/ranking.toml";

/// Where a shop directory keeps the models that recipes name.
pub const MODELS_DIR: &str = "index/models";

/// The recipe used where nothing else is said.
pub const DEFAULT_RECIPE: &str = "default";

/// All recipes of a shop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recipes {
    /// By name; `default` is used where nothing else is said.
    #[serde(rename = "recipe")]
    pub recipes: BTreeMap<String, Recipe>,
    /// Which recipe a surface uses.
    pub surfaces: BTreeMap<String, String>,
    /// Which recipe a segment uses, wherever its shoppers are; the first segment that a shopper is in decides.
    pub segments: BTreeMap<String, String>,
    /// How evidence becomes affinity.
    pub affinity: AffinitySettings,
    /// The models that recipes name, as far as they can be read.
    #[serde(skip)]
    pub models: BTreeMap<String, Model>,
}

/// A named blend of ranking signals and weights.
///
/// The score of a candidate is `ln(relevance / best relevance) + Σ weight · signal`, so that a weight of 0.1 on a
/// signal between 0 and 1 is worth up to a tenth more relevance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// What becomes of products of which nothing can be bought.
    pub sold_out: SoldOut,
    /// 0 to 100: how much a shopper's taste may move. At 100 it tells a favourite from its opposite by half the
    /// relevance; at 0 by nothing.
    pub impact: f64,
    /// How much more relevant a product is whose title or description has the words side by side.
    pub adjacent: f64,
    /// How much more relevant a product is that is what was asked for, rather than something that belongs to it.
    #[serde(rename = "type")]
    pub product_type: f64,
    /// How much less relevant a product is that has little in common with those that are what was asked for.
    pub likeness: f64,
    /// Weight of how much the feed says a product is bought.
    pub popularity: f64,
    /// Weight of how well it is rated.
    pub rating: f64,
    /// Weight of how new it is.
    pub freshness: f64,
    /// Weight of what the shop earns on it.
    pub margin: f64,
    /// Weight of how many pieces are in stock, as a logarithm.
    pub stock: f64,
    /// Weight of how much shoppers in general want a product, as a logarithm, where words were asked for.
    pub demand: f64,
    /// The same on lists without words, such as category pages; 1 is most wanted first.
    pub demand_browsed: f64,
    /// On lists without words, taste moves a product by at most this much of a logarithm either way, at an impact of
    /// 100: there is no relevance that it could wreck.
    pub taste_browsed: f64,
    /// Weight of what the shopper did with a product before, dismissals included.
    pub own_history: f64,
    /// The same on lists without words, where what was bought before is most likely what is looked for.
    pub own_history_browsed: f64,
    /// Weight of what others want together with what the shopper met lately.
    pub together: f64,
    /// Weight of what others went on to in sessions like the shopper's latest.
    pub neighbours: f64,
    /// The share, 0 to 1, of what a brand lifts a product by that is lost with every product of it that stands before:
    /// 0 lets a favourite fill the page.
    pub variety: f64,
    /// The share of the places, 0 to 0.5, that products get which few shoppers have met yet.
    pub explore: f64,
    /// Weight of the shopper's usual tier of price.
    pub price_tier: f64,
    /// A file in `index/models/` that `endcap train` or LightGBM wrote: a learned correction of the order where words
    /// were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Weight of a shopper's affinity, by attribute; others have 0.5.
    pub affinity: BTreeMap<String, f64>,
}

impl Default for Recipe {
    fn default() -> Self {
        Recipe {
            sold_out: SoldOut::Sink,
            impact: 50.0,
            adjacent: 0.3,
            product_type: 0.8,
            likeness: 2.0,
            popularity: 0.1,
            rating: 0.05,
            freshness: 0.0,
            margin: 0.0,
            stock: 0.0,
            demand: 0.1,
            demand_browsed: 1.0,
            taste_browsed: 6.0,
            own_history: 0.5,
            own_history_browsed: 4.0,
            together: 0.3,
            neighbours: 0.3,
            variety: 0.05,
            explore: 0.0,
            price_tier: 0.3,
            model: None,
            affinity: BTreeMap::new(),
        }
    }
}

impl Default for Recipes {
    fn default() -> Self {
        Recipes {
            recipes: BTreeMap::from([(DEFAULT_RECIPE.to_string(), Recipe::default())]),
            surfaces: BTreeMap::new(),
            segments: BTreeMap::new(),
            affinity: AffinitySettings::default(),
            models: BTreeMap::new(),
        }
    }
}

impl Recipes {
    /// Reads `index/ranking.toml`; on failure says which line is wrong and what would be right.
    pub fn parse(text: &str) -> Result<Recipes, Vec<Problem>> {
        let mut recipes: Recipes = toml::from_str(text).map_err(|error| {
            let problem = Problem::new(RANKING_FILE, error.message().trim().replace('\n', ", "));
            vec![match error.span() {
                Some(span) => problem.at(line_of(text, span.start)),
                None => problem,
            }]
        })?;
        recipes
            .recipes
            .entry(DEFAULT_RECIPE.to_string())
            .or_default();
        let problems = recipes.problems();
        if problems.is_empty() {
            Ok(recipes)
        } else {
            Err(problems)
        }
    }

    /// The recipe of this name; `None` when there is none.
    pub fn named(&self, name: &str) -> Option<&Recipe> {
        self.recipes.get(name)
    }

    /// The model that a recipe names; `None` when it names none or an unreadable one.
    pub fn model_of(&self, recipe: &Recipe) -> Option<&Model> {
        self.models.get(recipe.model.as_ref()?)
    }

    /// The recipe of the first of these segments that has one.
    pub fn for_segments(&self, segments: &[String]) -> Option<&Recipe> {
        let mut names = segments
            .iter()
            .filter_map(|segment| self.segments.get(segment));
        names.find_map(|name| self.named(name))
    }

    /// The recipe a surface uses.
    pub fn for_surface(&self, surface: &str) -> &Recipe {
        let name = self
            .surfaces
            .get(surface)
            .map_or(DEFAULT_RECIPE, String::as_str);
        self.named(name)
            .or_else(|| self.named(DEFAULT_RECIPE))
            .expect("parse adds a default recipe and checks names")
    }

    fn problems(&self) -> Vec<Problem> {
        let problem = |reason: String| Problem::new(RANKING_FILE, reason);
        let mut problems: Vec<Problem> = self
            .affinity
            .faults()
            .into_iter()
            .map(|(_, fault)| problem(fault))
            .collect();
        let uses = |what: &'static str, names: &BTreeMap<String, String>| {
            let names = names.clone().into_iter();
            names.map(move |(user, name)| (what, user, name))
        };
        let surfaces = uses("surface", &self.surfaces);
        for (what, user, name) in surfaces.chain(uses("segment", &self.segments)) {
            if !self.recipes.contains_key(&name) {
                let known: Vec<&str> = self.recipes.keys().map(String::as_str).collect();
                let reason = format!("{what} `{user}` uses the unknown recipe `{name}`");
                problems.push(problem(reason).suggest(format!("recipes are {}", known.join(", "))));
            }
        }
        for (name, recipe) in &self.recipes {
            if !(0.0..=100.0).contains(&recipe.impact) {
                problems.push(problem(format!(
                    "recipe `{name}`: `impact` must be between 0 and 100"
                )));
            }
            for (key, share, most) in [
                ("variety", recipe.variety, 1.0),
                ("explore", recipe.explore, 0.5),
            ] {
                if !(0.0..=most).contains(&share) {
                    problems.push(problem(format!(
                        "recipe `{name}`: `{key}` is {share}, write a share between 0 and {most}"
                    )));
                }
            }
            let weights = recipe.weights();
            for (key, weight) in weights
                .into_iter()
                .filter(|(_, weight)| !(0.0..=10.0).contains(weight))
            {
                problems.push(problem(format!(
                    "recipe `{name}`: `{key}` is {weight}, write a weight between 0 and 10"
                )));
            }
        }
        problems
    }

    /// Attributes that recipes name but the schema has not marked for affinity.
    pub fn unknown_attributes(&self, known: &[&str]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, recipe) in &self.recipes {
            for attribute in recipe
                .affinity
                .keys()
                .filter(|attribute| !known.contains(&attribute.as_str()))
            {
                let reason = format!(
                    "recipe `{name}`: attribute `{attribute}` is not marked `affinity` in the schema"
                );
                problems.push(
                    Problem::new(RANKING_FILE, reason)
                        .suggest(format!("marked are {}", known.join(", "))),
                );
            }
        }
        problems
    }
}

impl Recipe {
    fn weights(&self) -> Vec<(&str, f64)> {
        let mut weights = vec![
            ("adjacent", self.adjacent),
            ("type", self.product_type),
            ("likeness", self.likeness),
            ("popularity", self.popularity),
            ("rating", self.rating),
            ("freshness", self.freshness),
            ("margin", self.margin),
            ("stock", self.stock),
            ("demand", self.demand),
            ("demand_browsed", self.demand_browsed),
            ("taste_browsed", self.taste_browsed),
            ("own_history", self.own_history),
            ("own_history_browsed", self.own_history_browsed),
            ("together", self.together),
            ("neighbours", self.neighbours),
            ("price_tier", self.price_tier),
        ];
        weights.extend(
            self.affinity
                .iter()
                .map(|(attribute, weight)| (attribute.as_str(), *weight)),
        );
        weights
    }
}
