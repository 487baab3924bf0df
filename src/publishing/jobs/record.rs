//! What is known of a job, and how it is kept.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{Built, Differences, Progress, PublishError};
use crate::catalog::repairs::Repair;
use crate::catalog::write_durably;
use crate::problem::Problem;

/// At most this many problems of a feed are kept with its job.
pub const PROBLEMS_MAX: usize = 100;

/// How a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    /// Its feed is the live catalog, or was.
    Done,
    /// Nothing was published; `error` says why.
    Failed,
    Cancelled,
}

/// A feed that was pushed, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Job {
    pub id: u64,
    pub state: JobState,
    /// What the feed is called in problems.
    pub name: String,
    /// What it was found to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Why the limits do not hold for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub queued_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub began_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// How often it was begun; more than once after a crash.
    pub begun: u32,
    /// Rows read.
    pub rows: u64,
    /// Products made of them.
    pub products: u64,
    /// Bytes of the feed as it was sent.
    pub bytes_read: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_total: Option<u64>,
    pub rows_per_second: u64,
    /// Until all rows are read, at the rate so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<u64>,
    /// All rows are read; what follows is writing and checking.
    pub finishing: bool,
    /// The generation it published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Lines that were refused.
    pub refused: u64,
    /// How many problems the feed has.
    pub problems_total: u64,
    /// The first of them.
    pub problems: Vec<Problem>,
    pub repairs: Vec<Repair>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differences: Option<Differences>,
    /// Limits that were exceeded; it was forced.
    pub beyond: Vec<String>,
    /// Why nothing was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl JobState {
    pub fn ended(self) -> bool {
        !matches!(self, JobState::Queued | JobState::Running)
    }
}

impl Job {
    pub(super) fn queued(id: u64, name: String, force: Option<String>, now: Timestamp) -> Self {
        Job {
            id,
            state: JobState::Queued,
            name,
            format: None,
            force,
            queued_at: now,
            began_at: None,
            ended_at: None,
            begun: 0,
            rows: 0,
            products: 0,
            bytes_read: 0,
            bytes_total: None,
            rows_per_second: 0,
            seconds_left: None,
            finishing: false,
            generation: None,
            refused: 0,
            problems_total: 0,
            problems: Vec::new(),
            repairs: Vec::new(),
            differences: None,
            beyond: Vec::new(),
            error: None,
        }
    }

    pub(super) fn begin(&mut self, now: Timestamp) {
        self.state = JobState::Running;
        self.began_at = Some(now);
        self.begun += 1;
    }

    pub(super) fn progress(
        &mut self,
        progress: &Progress,
        (bytes_read, bytes_total): (u64, Option<u64>),
        now: Timestamp,
    ) {
        let began = self.began_at.unwrap_or(now);
        let seconds = now.duration_since(began).as_secs_f64().max(0.001);
        self.rows = progress.rows;
        self.products = progress.products;
        self.finishing = progress.finishing;
        self.bytes_read = bytes_read;
        self.bytes_total = bytes_total;
        self.rows_per_second = (progress.rows as f64 / seconds) as u64;
        self.seconds_left = bytes_total.filter(|_| bytes_read > 0).map(|total| {
            let left = total.saturating_sub(bytes_read) as f64;
            (seconds * left / bytes_read as f64).ceil() as u64
        });
    }

    pub(super) fn end(&mut self, built: Result<Built, PublishError>, now: Timestamp) {
        match built {
            Ok(built) => {
                self.state = JobState::Done;
                self.ended_at = Some(now);
                self.seconds_left = Some(0);
                self.generation = Some(built.manifest.generation);
                self.products = built.manifest.products.into();
                self.refused = built.manifest.refused;
                self.problems_total = built.problems.len() as u64;
                self.problems = built.problems;
                self.problems.truncate(PROBLEMS_MAX);
                self.repairs = built.repairs;
                self.differences = built.differences;
                self.beyond = built.beyond;
            }
            Err(PublishError::Cancelled { .. }) => {
                self.state = JobState::Cancelled;
                self.ended_at = Some(now);
            }
            Err(error) => self.fail(error.to_string(), now),
        }
    }

    pub(super) fn fail(&mut self, reason: String, now: Timestamp) {
        self.state = JobState::Failed;
        self.ended_at = Some(now);
        self.error = Some(reason);
    }

    /// Writes it whole and waits until it is on disk.
    pub(super) fn write(&self, dir: &Path) -> io::Result<()> {
        fs::create_dir_all(dir)?;
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        let next = dir.join(format!("{:06}.next", self.id));
        write_durably(&next, &text)?;
        fs::rename(next, path(dir, self.id))
    }
}

pub(super) fn path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:06}.json"))
}

/// Every job of a folder by its number; a file that cannot be read is passed over, and the log says so.
pub(super) fn read_all(dir: &Path) -> io::Result<BTreeMap<u64, Job>> {
    let mut jobs = BTreeMap::new();
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(jobs),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        match serde_json::from_slice::<Job>(&fs::read(&path)?) {
            Ok(job) => {
                jobs.insert(job.id, job);
            }
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "a job cannot be read");
            }
        }
    }
    Ok(jobs)
}
