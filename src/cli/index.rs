//! `endcap index FEED…`: feeds in, a new generation live.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::output::{FeedBar, counted, grouped, print_json, print_problems};
use super::settings::Settings;
use super::{CliError, Outcome, now};
use crate::catalog::feed::{Feed, Source};
use crate::catalog::repairs::Repair;
use crate::catalog::schema::Schema;
use crate::engine::Engine;
use crate::problem::Problem;
use crate::publishing::{
    self, Built, Changed, Deltas, Differences, Manifest, Order, PublishError, ShopPaths, build,
};

#[derive(clap::Args)]
pub(super) struct Index {
    /// Feeds: files, folders or - for standard input; JSON, JSON Lines, CSV, TSV, RSS, Atom or Parquet, of whatever
    /// platform, plain or as .gz, .zst or .zip.
    #[arg(required = true)]
    feeds: Vec<String>,
    /// Publish even if more changes than `[limits]` in endcap.toml allow, and write down why.
    #[arg(long, value_name = "REASON")]
    force: Option<String>,
    /// Take the rows as changes to what is live: what a row does not say stays, products that no row names stay, and a
    /// column `op` with `delete` takes one away.
    #[arg(long, conflicts_with = "force")]
    delta: bool,
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
    differences: Option<&'r Differences>,
    beyond: &'r [String],
}

/// A feed and what it was found to be.
#[derive(Serialize)]
pub(super) struct Read {
    name: String,
    format: String,
}

impl Index {
    pub(super) fn run(self, paths: &ShopPaths, settings: &Settings) -> Result<Outcome, CliError> {
        if self
            .force
            .as_ref()
            .is_some_and(|reason| reason.trim().is_empty())
        {
            let reason = "--force wants a reason, which is kept in the history: --force \"spring clearance\"";
            return Err(CliError::Usage(reason.into()));
        }
        if self.delta {
            return self.change(paths);
        }
        let order = Order {
            limits: settings.limits,
            force: self.force,
            as_of: written(&self.feeds),
            ..Order::at(now())
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
            differences,
            beyond,
        } = build_with_bar(paths, &schema, feeds, &order)?;
        if self.json {
            print_json(&Report {
                feeds: &formats,
                manifest: &manifest,
                problems: &problems,
                repairs: &repairs,
                differences: differences.as_ref(),
                beyond: &beyond,
            })?;
        } else {
            print_problems(&problems);
            for repair in &repairs {
                eprintln!("{repair}");
            }
            for limit in &beyond {
                eprintln!("forced: {limit}");
            }
            print_manifest(&manifest);
            if let Some(differences) = &differences {
                print_differences(differences);
            }
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

/// What became of changes.
#[derive(Serialize)]
struct ChangedReport<'r> {
    applied: u64,
    stale: u64,
    refused: u64,
    problems: &'r [Problem],
}

impl Index {
    /// Applies feeds of changes; a server that has the shop open serves them too.
    fn change(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = Engine::new(publishing::load(paths)?, None);
        let deltas = Deltas::open(paths.clone(), Arc::new(engine), now)?;
        let feeds = open_feeds(&self.feeds)?;
        let total = feeds.iter().map(Feed::bytes_total).sum();
        let bar = FeedBar::new(total, feeds.iter().map(Feed::bytes_read).collect());
        let changed = deltas.apply_feeds(feeds, |rows| bar.set("changing", rows, 0))?;
        bar.finish();
        let Changed {
            applied,
            stale,
            refused,
            problems,
        } = &changed;
        if self.json {
            print_json(&ChangedReport {
                applied: *applied,
                stale: *stale,
                refused: *refused,
                problems,
            })?;
        } else {
            print_problems(problems);
            let [applied, stale, refused] = [applied, stale, refused].map(|count| grouped(*count));
            println!("{applied} applied, {stale} stale, {refused} refused");
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

/// When the oldest of these files was written; now for folders and standard input.
fn written(feeds: &[String]) -> Timestamp {
    let written = |feed: &String| {
        let about = std::fs::metadata(feed).ok().filter(|about| about.is_file());
        Timestamp::try_from(about?.modified().ok()?).ok()
    };
    let written = feeds.iter().filter_map(written).min();
    written.map_or_else(now, |written| written.min(now()))
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
    order: &Order,
) -> Result<Built, CliError> {
    let total = feeds.iter().map(Feed::bytes_total).sum();
    let bar = FeedBar::new(total, feeds.iter().map(Feed::bytes_read).collect());
    let built = build(paths, schema, feeds, order, |progress| {
        let doing = if progress.finishing {
            "writing and checking"
        } else {
            "indexing"
        };
        bar.set(doing, progress.rows, progress.products);
    });
    bar.finish();
    Ok(built?)
}

fn print_differences(differences: &Differences) {
    let Differences {
        added,
        changed,
        removed,
        sample,
    } = differences;
    println!(
        "{} added, {} changed, {} removed",
        grouped(*added),
        grouped(*changed),
        grouped(*removed)
    );
    for (sign, ids) in [
        ("+", &sample.added),
        ("~", &sample.changed),
        ("-", &sample.removed),
    ] {
        if !ids.is_empty() {
            println!("  {sign} {}", ids.join(", "));
        }
    }
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
