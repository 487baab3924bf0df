//! From a shop directory to the snapshot that requests read.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::deltas::up_to_date;
use super::files::{last_good, names_in, names_or_last_good, read_or_last_good};
use super::generation::{self, GENERATIONS_DIR, live_generation};
use super::{PublishError, ShopPaths};
use crate::catalog::schema::{SCHEMA_FILE, Schema};
use crate::engine::{Catalog, Snapshot};
use crate::merchandising::{
    self, GOALS_FILE, Known, RULES_DIR, RULES_MAX, Reading, Rules, read_goals,
};
use crate::problem::Problem;
use crate::query::{Language, SYNONYMS_DIR, Synonyms};
use crate::ranking::{Adjustment, MODELS_DIR, Model, RANKING_FILE, Recipes, Shelf};
use crate::shoppers::segments::{SEGMENTS_FILE, Segments};
use crate::text::Analyzer;

/// Reads everything: the live generation and the shop's files.
pub fn load(paths: &ShopPaths) -> Result<Snapshot, PublishError> {
    let Some(live) = live_generation(&paths.data) else {
        return Err(PublishError::NothingIndexed(paths.data.clone()));
    };
    let catalog = generation::open_live(&paths.data, live)?;
    let catalog = up_to_date(&paths.data, catalog)?;
    Ok(with_files(paths, Arc::new(catalog)))
}

/// Reads what may have changed: the shop's files always, the catalog only when another generation is live.
pub fn reload(paths: &ShopPaths, current: &Snapshot) -> Result<Snapshot, PublishError> {
    match live_generation(&paths.data) {
        Some(live) if live != meant(&current.catalog) => load(paths),
        _ => Ok(with_files(paths, current.catalog.clone())),
    }
}

/// The generation that was live when the catalog was opened, whether it could be served or not.
fn meant(catalog: &Catalog) -> u64 {
    let damaged = catalog.instead_of.as_ref();
    damaged.map_or(catalog.generation, |damaged| damaged.generation)
}

/// A damaged catalog is a problem of the shop like one in its files.
fn damage(catalog: &Catalog) -> Option<Problem> {
    let damaged = catalog.instead_of.as_ref()?;
    let reason = format!(
        "{}; until then generation {} is served in its place",
        damaged.reason, catalog.generation
    );
    Some(Problem::new(GENERATIONS_DIR, reason))
}

/// Everything that is wrong with a shop's files, each problem once: what cannot be read, and what rules do to one
/// another. The live generation is read too when there is one.
pub fn validate(paths: &ShopPaths, now: Timestamp) -> Result<Vec<Problem>, PublishError> {
    match load(paths) {
        Ok(snapshot) => {
            let mut problems = snapshot.problems;
            problems.extend(snapshot.conflicts);
            problems.extend(merchandising::expired(&snapshot.rules, now));
            Ok(problems)
        }
        Err(PublishError::NothingIndexed(_)) => Ok(problems_before_indexing(paths)),
        Err(error) => Err(error),
    }
}

/// What can be said of a shop's files without a catalog: everything but whether rules fit its products.
fn problems_before_indexing(paths: &ShopPaths) -> Vec<Problem> {
    let mut problems = Vec::new();
    match Schema::load(&paths.shop) {
        Ok(schema) => {
            load_recipes(paths, &schema, &mut problems);
            load_segments(paths, &schema, &mut problems);
            load_synonyms(paths, &Analyzer::new(&schema.language), &mut problems);
        }
        Err(found) => problems.extend(found),
    }
    let hint = "nothing is indexed yet, so rules cannot be checked against products";
    problems.push(Problem::new(SCHEMA_FILE, hint).suggest("run `endcap index FEED`"));
    problems
}

pub(super) fn with_files(paths: &ShopPaths, catalog: Arc<Catalog>) -> Snapshot {
    let mut problems = schema_problems(paths, &catalog.schema);
    problems.extend(damage(&catalog));
    let analyzer = Analyzer::new(&catalog.schema.language);
    let recipes = load_recipes(paths, &catalog.schema, &mut problems);
    let synonyms = load_synonyms(paths, &analyzer, &mut problems);
    let shelf = Shelf {
        schema: &catalog.schema,
        columns: &catalog.columns,
    };
    let segments = load_segments(paths, &catalog.schema, &mut problems);
    let known = Known {
        recipes: recipes.recipes.keys().cloned().collect(),
        segments: segments.names().map(str::to_string).collect(),
    };
    let reading = Reading {
        shelf,
        analyzer: &analyzer,
        known: &known,
    };
    let mut rules = load_rules(paths, reading, &mut problems);
    rules.ready(reading);
    let goals = load_goals(paths, reading, &mut problems);
    let conflicts = merchandising::conflicts(&rules, &catalog.columns);
    Snapshot {
        language: Arc::new(Language::new(&catalog.schema, analyzer, synonyms)),
        rules,
        goals,
        recipes,
        segments,
        problems,
        conflicts,
        known,
        catalog,
    }
}

/// A changed schema takes effect with the next index.
fn schema_problems(paths: &ShopPaths, live: &Schema) -> Vec<Problem> {
    match Schema::load(&paths.shop) {
        Err(problems) => problems,
        Ok(written) if written != *live => {
            let problem = Problem::new(SCHEMA_FILE, "changed since the catalog was indexed");
            vec![problem.suggest("run `endcap index FEED` for it to take effect")]
        }
        Ok(_) => Vec::new(),
    }
}

fn load_recipes(paths: &ShopPaths, schema: &Schema, problems: &mut Vec<Problem>) -> Recipes {
    let (recipes, found) = read_or_last_good(paths, RANKING_FILE, Recipes::parse, |_| true);
    problems.extend(found);
    let mut recipes = recipes.unwrap_or_default();
    problems.extend(load_models(paths, &mut recipes));
    let affinity = schema
        .attributes
        .iter()
        .filter(|attribute| attribute.affinity);
    let known: Vec<&str> = affinity.map(|attribute| attribute.name.as_str()).collect();
    problems.extend(recipes.unknown_attributes(&known));
    recipes
}

/// Reads the models that recipes name; a recipe whose model cannot be read ranks without it.
pub fn load_models(paths: &ShopPaths, recipes: &mut Recipes) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (recipe, model) in &recipes.recipes {
        let Some(model) = &model.model else {
            continue;
        };
        let file = format!("{MODELS_DIR}/{model}");
        let is_name = Path::new(model).components().count() == 1 && !model.contains(['/', '\\']);
        let (read, found) = if is_name {
            let parse = |text: &str| Model::parse(&file, text);
            read_or_last_good(paths, &file, parse, |_| true)
        } else {
            (None, Vec::new())
        };
        if read.is_none() && found.is_empty() {
            let reason = format!("recipe `{recipe}` names the model `{model}`, which is not there");
            let suggestion = format!(
                "put it into {MODELS_DIR}, or remove the line; until then the recipe ranks without it"
            );
            problems.push(Problem::new(RANKING_FILE, reason).suggest(suggestion));
        }
        problems.extend(found);
        if let Some(read) = read {
            recipes.models.insert(model.clone(), read);
        }
    }
    problems
}

/// The shop's segments, or the default ones.
fn load_segments(paths: &ShopPaths, schema: &Schema, problems: &mut Vec<Problem>) -> Segments {
    let parse = |text: &str| Segments::parse(text, schema);
    let whole = |(_, problems): &(Segments, Vec<Problem>)| problems.is_empty();
    let (read, found) = read_or_last_good(paths, SEGMENTS_FILE, parse, whole);
    // What the last good version has wrong stands on lines that the file no longer has.
    let is_last_good = !found.is_empty();
    problems.extend(found);
    let Some((segments, found)) = read else {
        return Segments::defaults(schema);
    };
    if !is_last_good {
        problems.extend(found);
    }
    segments
}

fn load_synonyms(paths: &ShopPaths, analyzer: &Analyzer, problems: &mut Vec<Problem>) -> Synonyms {
    let mut synonyms = Synonyms::default();
    let (names, gone) = names_or_last_good(paths, SYNONYMS_DIR, "txt");
    problems.extend(gone);
    for name in names.into_iter().filter(|name| analyzer.reads(name)) {
        let parse = |text: &str| Ok(Synonyms::parse(&name, text, analyzer));
        let (read, found) = read_or_last_good(paths, &name, parse, |_| true);
        // What the last good version has wrong stands on lines that the file no longer has.
        let is_last_good = !found.is_empty();
        problems.extend(found);
        if let Some((read, found)) = read {
            if !is_last_good {
                problems.extend(found);
            }
            synonyms.extend(read);
        }
    }
    synonyms.settle();
    synonyms
}

fn load_goals(
    paths: &ShopPaths,
    reading: Reading<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Adjustment> {
    let parse = |text: &str| read_goals(text, reading).map_err(|problem| vec![problem]);
    let whole = |(_, problems): &(_, Vec<Problem>)| problems.is_empty();
    let (read, found) = read_or_last_good(paths, GOALS_FILE, parse, whole);
    problems.extend(found);
    let (goals, found) = read.unwrap_or_default();
    problems.extend(found);
    goals
}

/// Files that were meant to be rule files and are not read, as some editors and systems name them.
fn misnamed(paths: &ShopPaths) -> Vec<Problem> {
    let endings = ["txt", "TOML"];
    let names = endings.map(|ending| names_in(&paths.shop, RULES_DIR, ending));
    let meant = names
        .into_iter()
        .flatten()
        .filter(|name| name.to_lowercase().contains(".toml"));
    let told = meant.map(|name| {
        let plain = name
            .trim_end_matches(".txt")
            .trim_end_matches(".TOML")
            .trim_end_matches(".toml");
        let instead = format!("rename it to {plain}.toml");
        Problem::new(name, "is not read: the name of a rule file ends in .toml").suggest(instead)
    });
    told.collect()
}

fn load_rules(paths: &ShopPaths, reading: Reading<'_>, problems: &mut Vec<Problem>) -> Rules {
    let mut rules = Rules::default();
    let (names, gone) = names_or_last_good(paths, RULES_DIR, "toml");
    problems.extend(gone);
    problems.extend(misnamed(paths));
    for name in names {
        let parse =
            |text: &str| Rules::parse(&name, text, reading).map_err(|problem| vec![problem]);
        let whole = |(rules, _): &(Rules, Vec<Problem>)| rules.is_whole();
        let (read, found) = read_or_last_good(paths, &name, parse, whole);
        // What the last good version has wrong stands on lines that the file no longer has.
        let unreadable = found.first().cloned();
        let is_last_good = unreadable.is_some();
        problems.extend(found);
        if let Some((mut read, mut found)) = read {
            if let Some(problem) = &unreadable {
                read.outdate(problem);
            }
            if !read.is_whole() {
                let good = last_good(paths, &name, parse);
                let good = good.map(|(good, _)| good).unwrap_or_default();
                read.keep_refused(&good, &mut found);
            }
            if !is_last_good {
                problems.extend(found);
            }
            rules.extend(read);
        }
    }
    if rules.rules.len() > RULES_MAX {
        let reason = format!(
            "has {} rules, only the first {RULES_MAX} hold",
            rules.rules.len()
        );
        problems.push(Problem::new(RULES_DIR, reason));
        rules.rules.truncate(RULES_MAX);
    }
    rules
}
