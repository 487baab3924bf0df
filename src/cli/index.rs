//! `endcap index FEED…`: feeds in, a new generation live.

use serde::Serialize;

use super::output::{FeedBar, counted, grouped, print_json, print_problems};
use super::{CliError, Outcome, now};
use crate::catalog::feed::{Feed, Source};
use crate::catalog::repairs::Repair;
use crate::catalog::schema::Schema;
use crate::problem::Problem;
use crate::publishing::{Built, Manifest, PublishError, ShopPaths, Shrinking, build};

#[derive(clap::Args)]
pub(super) struct Index {
    /// Feeds: files, folders or - for standard input; JSON, JSON Lines, CSV, TSV, RSS, Atom or Parquet, of whatever
    /// platform, plain or as .gz, .zst or .zip.
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
    feeds: &'r [Read],
    #[serde(flatten)]
    manifest: &'r Manifest,
    problems: &'r [Problem],
    repairs: &'r [Repair],
}

/// A feed and what it was found to be.
#[derive(Serialize)]
pub(super) struct Read {
    name: String,
    format: String,
}

impl Index {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let shrinking = if self.allow_shrink {
            Shrinking::Allowed
        } else {
            Shrinking::Refused
        };
        let schema = Schema::load(&paths.shop).map_err(PublishError::Files)?;
        let feeds = open_feeds(&self.feeds)?;
        let formats: Vec<Read> = feeds.iter().map(Read::of).collect();
        if !self.json {
            for Read { name, format } in &formats {
                println!("reading {name} ({format})");
            }
        }
        let Built {
            manifest,
            problems,
            repairs,
        } = build_with_bar(paths, &schema, feeds, shrinking)?;
        if self.json {
            print_json(&Report {
                feeds: &formats,
                manifest: &manifest,
                problems: &problems,
                repairs: &repairs,
            })?;
        } else {
            print_problems(&problems);
            for repair in &repairs {
                eprintln!("{repair}");
            }
            print_manifest(&manifest);
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

/// Opens every feed of every source.
pub(super) fn open_feeds(names: &[String]) -> Result<Vec<Feed>, CliError> {
    let mut feeds = Vec::with_capacity(names.len());
    for name in names {
        let opened = Feed::open_all(&Source::from_argument(name)).map_err(PublishError::Feed)?;
        feeds.extend(opened.into_iter().map(|feed| feed.as_of(now())));
    }
    Ok(feeds)
}

impl Read {
    fn of(feed: &Feed) -> Read {
        Read {
            name: feed.name.clone(),
            format: feed.described(),
        }
    }
}

/// Builds and publishes with a progress bar.
pub(super) fn build_with_bar(
    paths: &ShopPaths,
    schema: &Schema,
    feeds: Vec<Feed>,
    shrinking: Shrinking,
) -> Result<Built, CliError> {
    let total = feeds.iter().map(Feed::bytes_total).sum();
    let bar = FeedBar::new(total, feeds.iter().map(Feed::bytes_read).collect());
    let built = build(paths, schema, feeds, shrinking, |progress| {
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
