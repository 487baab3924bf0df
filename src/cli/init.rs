//! `endcap init DIR --from FEED`: a commented shop directory for a feed never seen before.

use std::path::PathBuf;

use super::output::{counted, print_problems};
use super::{CliError, Outcome};
use crate::catalog::feed::{Feed, Source};
use crate::catalog::infer::infer;
use crate::catalog::shop_files::write_shop;

#[derive(clap::Args)]
pub(super) struct Init {
    /// The shop directory to write.
    dir: PathBuf,
    /// The feed to look at: a file, a folder, or - for standard input.
    #[arg(long, value_name = "FEED")]
    from: String,
}

impl Init {
    pub(super) fn run(self) -> Result<Outcome, CliError> {
        let source = Source::from_argument(&self.from);
        let feeds = Feed::open_all(&source).map_err(|error| CliError::Failed(error.to_string()))?;
        for feed in &feeds {
            println!("looking at {} ({})", feed.name, feed.described());
        }
        let inferred = infer(feeds.into_iter().flatten());
        print_problems(&inferred.problems);
        if inferred.rows == 0 {
            let reason = format!("{} has no rows: there is nothing to look at", source.name());
            return Err(CliError::Failed(reason));
        }
        // Without its folder, so that the shop directory can go elsewhere.
        let feed_name = match &source {
            Source::File(path) => path.file_name().unwrap_or_default().to_string_lossy(),
            Source::Pushed { .. } | Source::StandardInput => source.name().into(),
        };
        let written = write_shop(&self.dir, &inferred, &feed_name)
            .map_err(|error| CliError::Failed(error.to_string()))?;
        let attributes = &inferred.schema.attributes;
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.role.is_some())
        {
            let role = serde_json::to_string(&attribute.role).unwrap_or_default();
            let columns: Vec<&str> = attribute.columns().collect();
            println!("  {:12} {}", role.trim_matches('"'), columns.join(", "));
        }
        let facets = attributes
            .iter()
            .filter(|attribute| attribute.facet)
            .count();
        println!(
            "  {} of {}, {facets} of them facets",
            counted(attributes.len() as u64, "attribute"),
            counted(inferred.columns as u64, "column"),
        );
        let schemas = super::schema::write_schemas(&self.dir)?;
        for path in written.into_iter().chain(schemas) {
            println!("wrote {}", path.display());
        }
        super::keys::make_first(&super::ShopPaths::new(&self.dir, "data"))?;
        println!(
            "next: endcap index {} --shop {}",
            self.from,
            self.dir.display()
        );
        Ok(Outcome::Done)
    }
}
