//! Build, verify, publish, reload, sweep: how a feed and a shop's files become the live snapshot.
//!
//! A generation of the index is an immutable folder with its manifest written last. Publishing is the atomic
//! replacement of one small file, `live`, that names a generation.

mod build;
mod deltas;
mod differences;
mod files;
mod fingerprint;
mod fold;
mod generation;
mod guards;
pub mod history;
mod jobs;
mod load;
mod publications;
mod rollback;
pub mod rulebook;
mod synonym_lines;
#[cfg(test)]
mod tests;

pub use build::{Built, Order, Progress, build};
pub use deltas::{
    Answer, Applied, Changed, Deltas, Fields, OPERATIONS_MAX, Operation, Status, Verb,
};
pub use differences::{Differences, SAMPLE_MAX, Sample};
pub use files::SETTINGS_FILE;
pub use fold::fold;
pub use generation::{GENERATIONS_KEPT, Manifest, generations, live_generation};
pub use guards::{Counts, Limits};
pub use jobs::{
    JOBS_KEPT_MAX, Job, JobState, Jobs, JobsSettings, PROBLEMS_MAX, QUEUED_MAX, Upload,
};
pub use load::{load, load_models, reload, validate};
pub use publications::{Outcome, Publication, publications};
pub use rollback::roll_back;
pub use synonym_lines::{SynonymLine, synonym_lines};

use std::path::{Path, PathBuf};

use crate::catalog::feed::FeedError;
use crate::problem::Problem;
use crate::retrieval::IndexError;

/// Where a shop's files and its data are.
#[derive(Debug, Clone)]
pub struct ShopPaths {
    /// The shop directory: what people write.
    pub shop: PathBuf,
    /// The data directory: what Endcap writes.
    pub data: PathBuf,
}

impl ShopPaths {
    /// The data directory is `data`, inside the shop directory unless absolute.
    pub fn new(shop: impl Into<PathBuf>, data: impl AsRef<Path>) -> Self {
        let shop = shop.into();
        ShopPaths {
            data: shop.join(data),
            shop,
        }
    }

    /// Where the journal lies, apart from what is watched for changes.
    pub fn journal(&self) -> PathBuf {
        self.data.join("journal")
    }
}

/// Why nothing was published, or nothing can be loaded.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("{}", list(.0))]
    Files(Vec<Problem>),
    #[error("{0}")]
    Feed(#[from] FeedError),
    #[error("{feed} has no usable product ({refused} refused): {first}")]
    NoProducts {
        feed: String,
        refused: u64,
        first: String,
    },
    #[error(
        "{feed} is truncated, so nothing was published and the live index stays: send the whole feed again"
    )]
    Truncated { feed: String },
    #[error(
        "{feed} changes more than the limits allow, so nothing was published and the live index stays:\n{}\nif the feed is right, say so with --force \"REASON\"; the limits are `[limits]` in {SETTINGS_FILE}",
        lines(.beyond)
    )]
    Beyond { feed: String, beyond: Vec<String> },
    #[error("{feed}: the job was cancelled, nothing was published and the live index stays")]
    Cancelled { feed: String },
    #[error("{}", no_such_generation(*.wanted, .kept))]
    NoSuchGeneration { wanted: Option<u64>, kept: Vec<u64> },
    #[error(
        "generation {generation} is written in format {written} and this endcap reads format {read}: run `endcap index FEED` to build the next one, or use the endcap that wrote it"
    )]
    Format {
        generation: u64,
        written: u32,
        read: u32,
    },
    #[error("nothing is indexed in {}: run `endcap index FEED` first, or `endcap demo` for a shop to try", .0.display())]
    NothingIndexed(PathBuf),
    #[error("generation {generation} in {} is damaged: {reason}; run `endcap index FEED` to build the next one", .data.display())]
    Damaged {
        generation: u64,
        data: PathBuf,
        reason: String,
    },
    #[error("another process is indexing into {}: wait until it is done", .0.display())]
    Busy(PathBuf),
    #[error("{}: {error}", .path.display())]
    Io {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("changes cannot be kept: {0}")]
    Changes(String),
    #[error("the index cannot be written: {0}")]
    Index(#[from] IndexError),
}

impl PublishError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> PublishError {
        move |error| PublishError::Io {
            path: path.to_path_buf(),
            error,
        }
    }
}

fn lines(found: &[String]) -> String {
    let indented: Vec<String> = found.iter().map(|line| format!("  {line}")).collect();
    indented.join("\n")
}

fn no_such_generation(wanted: Option<u64>, kept: &[u64]) -> String {
    let kept: Vec<String> = kept.iter().map(u64::to_string).collect();
    let others = match kept.as_slice() {
        [] => "no other generation is kept".to_string(),
        kept => format!(
            "generations that are kept beside the live one: {}",
            kept.join(", ")
        ),
    };
    match wanted {
        Some(number) => format!("there is no generation {number} to go back to; {others}"),
        None => format!("there is no generation before the live one; {others}"),
    }
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
