//! `endcap index FEED…`: feeds in, a new generation live.

use serde::Serialize;

use super::output::{FeedBar, counted, grouped, print_json, print_problems};
use super::{CliError, Outcome};
use crate::catalog::feed::{Feed, Source};
use crate::catalog::schema::Schema;
use crate::problem::Problem;
use crate::publishing::{Built, Manifest, PublishError, ShopPaths, Shrinking, build};

#[derive(clap::Args)]
pub(super) struct Index {
    /// Feeds: JSON Lines, JSON, CSV or TSV, plain, .gz or .zst; - is standard input.
    #[arg(required = true)]
    feeds: Vec<String>,
    /// Publish even if more than half of the live products are gone.
    #[arg(long)]
    allow_shrink: bool,
    /// Print the result and every problem as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'r> {
    #[serde(flatten)]
    manifest: &'r Manifest,
    problems: &'r [Problem],
}

impl Index {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let shrinking = if self.allow_shrink {
            Shrinking::Allowed
        } else {
            Shrinking::Refused
        };
        let Built { manifest, problems } = index(paths, &self.feeds, shrinking)?;
        if self.json {
            print_json(&Report {
                manifest: &manifest,
                problems: &problems,
            })?;
        } else {
            print_problems(&problems);
            print_manifest(&manifest);
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

/// Builds and publishes with a progress bar.
pub(super) fn index(
    paths: &ShopPaths,
    names: &[String],
    shrinking: Shrinking,
) -> Result<Built, CliError> {
    let schema = Schema::load(&paths.shop).map_err(PublishError::Files)?;
    let mut feeds = Vec::with_capacity(names.len());
    for name in names {
        feeds.push(Feed::open(&Source::from_argument(name)).map_err(PublishError::Feed)?);
    }
    let total = feeds.iter().map(Feed::bytes_total).sum();
    let bar = FeedBar::new(total, feeds.iter().map(Feed::bytes_read).collect());
    let built = build(paths, &schema, feeds, shrinking, |progress| {
        let doing = if progress.finishing {
            "writing and checking"
        } else {
            "indexing"
        };
        bar.set(format!("{doing}, {} products", grouped(progress.products)));
    });
    bar.finish();
    Ok(built?)
}

pub(super) fn print_manifest(manifest: &Manifest) {
    println!(
        "generation {} is live: {}, {}, {} refused",
        manifest.generation,
        counted(manifest.products.into(), "product"),
        counted(manifest.variants.into(), "variant"),
        counted(manifest.refused, "line"),
    );
}
