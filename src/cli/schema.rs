//! `endcap schema`: the JSON Schema of every TOML file of a shop, so that editors complete and check what is written.
//!
//! A schema comes from the types that the file is read into, so the two cannot disagree.

use std::fs;
use std::path::{Path, PathBuf};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::settings::Settings;
use super::{CliError, Outcome};
use crate::catalog::schema::{self, SCHEMA_FILE};
use crate::merchandising::written::WrittenFile;
use crate::merchandising::{GOALS_FILE, WrittenGoals};
use crate::problem::nearest;
use crate::publishing::{SETTINGS_FILE, ShopPaths};
use crate::ranking::{RANKING_FILE, Recipes};
use crate::shoppers::segments::{SEGMENTS_FILE, SegmentsFile};

/// Where a shop directory keeps them.
pub(super) const SCHEMAS_DIR: &str = "schemas";

/// A file that people write, and what describes it.
struct Described {
    name: &'static str,
    file: &'static str,
    schema: fn() -> Schema,
}

const FILES: [Described; 6] = [
    Described {
        name: "endcap",
        file: SETTINGS_FILE,
        schema: schema_of::<Settings>,
    },
    Described {
        name: "schema",
        file: SCHEMA_FILE,
        schema: schema_of::<schema::Schema>,
    },
    Described {
        name: "ranking",
        file: RANKING_FILE,
        schema: schema_of::<Recipes>,
    },
    Described {
        name: "rules",
        file: "merchandising/rules/*.toml",
        schema: schema_of::<WrittenFile>,
    },
    Described {
        name: "goals",
        file: GOALS_FILE,
        schema: schema_of::<WrittenGoals>,
    },
    Described {
        name: "segments",
        file: SEGMENTS_FILE,
        schema: schema_of::<SegmentsFile>,
    },
];

#[derive(clap::Args)]
pub(super) struct SchemaOf {
    /// Print this one: endcap, schema, ranking, rules, goals or segments.
    name: Option<String>,
    /// Write all of them into the shop's folder `schemas`, as `init` does.
    #[arg(long, conflicts_with = "name")]
    write: bool,
}

impl SchemaOf {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        if self.write {
            for path in write_schemas(&paths.shop)? {
                println!("wrote {}", path.display());
            }
            return Ok(Outcome::Done);
        }
        let Some(name) = self.name else {
            for described in &FILES {
                println!("{:10} {}", described.name, described.file);
            }
            return Ok(Outcome::Done);
        };
        let found = FILES.iter().find(|described| described.name == name);
        let described = found.ok_or_else(|| {
            let names = FILES.iter().map(|described| described.name);
            let instead = match nearest(&name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`endcap schema` lists them".to_string(),
            };
            CliError::Usage(format!("there is no schema `{name}`: {instead}"))
        })?;
        println!("{}", text_of(described).trim_end());
        Ok(Outcome::Done)
    }
}

/// Writes the schemas of all files, and returns where.
pub(super) fn write_schemas(shop: &Path) -> Result<Vec<PathBuf>, CliError> {
    let dir = shop.join(SCHEMAS_DIR);
    fs::create_dir_all(&dir).map_err(|error| CliError::file(&dir, error))?;
    let written = FILES.iter().map(|described| {
        let path = dir.join(format!("{}.json", described.name));
        fs::write(&path, text_of(described)).map_err(|error| CliError::file(&path, error))?;
        Ok(path)
    });
    written.collect()
}

fn text_of(described: &Described) -> String {
    let mut schema = (described.schema)();
    schema.insert("title".into(), described.file.into());
    let text = serde_json::to_string_pretty(&schema);
    text.expect("a schema is plain JSON") + "\n"
}

/// Draft 7 is what editors' TOML support knows best.
fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft07();
    settings.into_generator().into_root_schema_for::<T>()
}
