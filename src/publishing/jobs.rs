//! Feeds that were pushed, one after the other: queued on disk, built, reported on, taken up again after a crash.

mod record;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::{Limits, Order, Progress, PublishError, ShopPaths, build};
use crate::catalog::feed::{Feed, Source};
use crate::catalog::schema::Schema;
use crate::publishing::Built;

pub use record::{Job, JobState, PROBLEMS_MAX};

/// Where jobs and the feeds that wait are, in the data directory.
const JOBS_DIR: &str = "jobs";

/// At most this many feeds wait.
pub const QUEUED_MAX: usize = 20;

/// Older jobs that ended are forgotten.
pub const JOBS_KEPT_MAX: usize = 100;

/// A job that was running this many times when the process ended is not begun again.
const BEGUN_MAX: u32 = 3;

/// How long a job waits when another process is indexing, before it tries again.
const BUSY_WAIT: Duration = Duration::from_millis(500);

/// What a job needs beside its feed.
pub struct JobsSettings {
    pub paths: ShopPaths,
    pub limits: Limits,
    /// Says what time it is.
    pub clock: fn() -> Timestamp,
}

/// The jobs of a shop; one at a time runs.
pub struct Jobs {
    shared: Arc<Shared>,
}

struct Shared {
    settings: JobsSettings,
    dir: PathBuf,
    state: Mutex<State>,
    /// Told when there may be something to do.
    queued: Condvar,
}

#[derive(Default)]
struct State {
    jobs: BTreeMap<u64, Job>,
    /// The job that runs, and how it is told to stop.
    running: Option<(u64, Arc<AtomicBool>)>,
    /// Numbers that were given out.
    last: u64,
    closing: bool,
}

/// A feed that is being received; what is not finished leaves nothing.
pub struct Upload {
    shared: Arc<Shared>,
    id: u64,
    file: File,
    finished: bool,
}

impl Jobs {
    /// Opens the jobs of a shop; those that a crash interrupted are queued again.
    ///
    /// # Errors
    /// When the folder cannot be read, or no thread can be started.
    pub fn open(settings: JobsSettings) -> io::Result<Jobs> {
        let dir = settings.paths.data.join(JOBS_DIR);
        let jobs = record::read_all(&dir)?;
        let mut state = State {
            last: jobs.keys().next_back().copied().unwrap_or_default(),
            ..State::default()
        };
        for (id, mut job) in jobs {
            if job.state == JobState::Running {
                job.state = JobState::Queued;
                if job.begun >= BEGUN_MAX {
                    let reason =
                        "the process ended each time this job ran; its feed is kept no longer";
                    job.fail(reason.into(), (settings.clock)());
                    discard(&dir, id);
                }
                job.write(&dir)?;
            }
            state.jobs.insert(id, job);
        }
        let shared = Arc::new(Shared {
            settings,
            dir,
            state: Mutex::new(state),
            queued: Condvar::new(),
        });
        let worker = Arc::clone(&shared);
        thread::Builder::new()
            .name("jobs".into())
            .spawn(move || worker.work())?;
        Ok(Jobs { shared })
    }

    /// Begins to receive a feed; `None` when as many as may are waiting.
    pub fn begin(&self) -> io::Result<Option<Upload>> {
        let mut state = self.shared.lock();
        let waiting = state.jobs.values().filter(|job| !job.state.ended());
        if waiting.count() >= QUEUED_MAX {
            return Ok(None);
        }
        state.last += 1;
        let id = state.last;
        drop(state);
        fs::create_dir_all(&self.shared.dir)?;
        Ok(Some(Upload {
            file: File::create(feed_path(&self.shared.dir, id))?,
            shared: Arc::clone(&self.shared),
            id,
            finished: false,
        }))
    }

    /// Every job that is remembered, the newest first.
    pub fn list(&self) -> Vec<Job> {
        self.shared.lock().jobs.values().rev().cloned().collect()
    }

    pub fn get(&self, id: u64) -> Option<Job> {
        self.shared.lock().jobs.get(&id).cloned()
    }

    /// Takes a job back: one that waits is not begun, one that runs stops before it publishes. A job that ended stays
    /// as it is. `None` when there is no such job.
    pub fn cancel(&self, id: u64) -> Option<Job> {
        let mut state = self.shared.lock();
        if let Some((running, cancelled)) = &state.running
            && *running == id
        {
            cancelled.store(true, Ordering::Relaxed);
        }
        let job = state.jobs.get_mut(&id)?;
        if job.state == JobState::Queued {
            job.state = JobState::Cancelled;
            job.ended_at = Some((self.shared.settings.clock)());
            keep(&self.shared.dir, job);
            discard(&self.shared.dir, id);
        }
        Some(job.clone())
    }
}

impl Drop for Jobs {
    /// The worker ends; a job that runs is taken up again when the jobs are opened the next time.
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closing = true;
        if let Some((_, cancelled)) = &state.running {
            cancelled.store(true, Ordering::Relaxed);
        }
        drop(state);
        self.shared.queued.notify_all();
    }
}

impl Upload {
    /// Adds bytes of the feed.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// The feed is here: it is on disk and queued when this returns.
    pub fn finish(mut self, name: String, force: Option<String>) -> io::Result<Job> {
        self.file.sync_all()?;
        let shared = &self.shared;
        let job = Job::queued(self.id, name, force, (shared.settings.clock)());
        job.write(&shared.dir)?;
        self.finished = true;
        let mut state = shared.lock();
        state.jobs.insert(job.id, job.clone());
        forget_oldest(&shared.dir, &mut state.jobs);
        drop(state);
        shared.queued.notify_all();
        Ok(job)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.finished {
            discard(&self.shared.dir, self.id);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one job after the other until the jobs are closed.
    fn work(&self) {
        while let Some((job, cancelled)) = self.next() {
            let built = self.run(&job, &cancelled);
            let mut state = self.lock();
            state.running = None;
            if state.closing {
                return;
            }
            let Some(job) = state.jobs.get_mut(&job.id) else {
                continue;
            };
            job.end(built, (self.settings.clock)());
            keep(&self.dir, job);
            discard(&self.dir, job.id);
        }
    }

    /// The job that waited longest, now running; `None` when the jobs are closed.
    fn next(&self) -> Option<(Job, Arc<AtomicBool>)> {
        let mut state = self.lock();
        loop {
            if state.closing {
                return None;
            }
            let waits = |job: &&mut Job| job.state == JobState::Queued;
            if let Some(job) = state.jobs.values_mut().find(waits) {
                job.begin((self.settings.clock)());
                keep(&self.dir, job);
                let job = job.clone();
                let cancelled = Arc::new(AtomicBool::new(false));
                state.running = Some((job.id, Arc::clone(&cancelled)));
                return Some((job, cancelled));
            }
            state = self
                .queued
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run(&self, job: &Job, cancelled: &Arc<AtomicBool>) -> Result<Built, PublishError> {
        loop {
            match self.build(job, cancelled) {
                Err(PublishError::Busy(_)) if !cancelled.load(Ordering::Relaxed) => {
                    thread::sleep(BUSY_WAIT);
                }
                built => return built,
            }
        }
    }

    fn build(&self, job: &Job, cancelled: &Arc<AtomicBool>) -> Result<Built, PublishError> {
        let JobsSettings {
            paths,
            limits,
            clock,
        } = &self.settings;
        let schema = Schema::load(&paths.shop).map_err(PublishError::Files)?;
        let source = Source::Pushed {
            path: feed_path(&self.dir, job.id),
            name: job.name.clone(),
        };
        let now = clock();
        let feeds = Feed::open_all(&source)?;
        let format = feeds.first().map(Feed::described);
        let bytes_total = feeds.iter().map(Feed::bytes_total).sum();
        let read: Vec<_> = feeds.iter().map(Feed::bytes_read).collect();
        let feeds = feeds.into_iter().map(|feed| feed.as_of(now)).collect();
        self.change(job.id, |job| job.format = format);
        let order = Order {
            limits: *limits,
            as_of: job.queued_at,
            force: job.force.clone(),
            cancelled: Arc::clone(cancelled),
            ..Order::at(now)
        };
        build(paths, &schema, feeds, &order, |progress: Progress| {
            let bytes_read = read.iter().map(|read| read.load(Ordering::Relaxed)).sum();
            self.change(job.id, |job| {
                job.progress(&progress, (bytes_read, bytes_total), clock());
            });
        })
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.lock().jobs.get_mut(&id) {
            change(job);
        }
    }
}

/// Writes down how a job is; when that fails the job goes on, and the log says so.
fn keep(dir: &Path, job: &Job) {
    if let Err(error) = job.write(dir) {
        tracing::warn!(job = job.id, %error, "the state of a job cannot be kept");
    }
}

/// Removes the feed of a job; it may be gone already.
fn discard(dir: &Path, id: u64) {
    let _ = fs::remove_file(feed_path(dir, id));
}

fn feed_path(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("{id:06}.feed"))
}

fn forget_oldest(dir: &Path, jobs: &mut BTreeMap<u64, Job>) {
    let ended: Vec<u64> = jobs
        .values()
        .filter(|job| job.state.ended())
        .map(|job| job.id)
        .collect();
    for id in ended.iter().take(ended.len().saturating_sub(JOBS_KEPT_MAX)) {
        jobs.remove(id);
        let _ = fs::remove_file(record::path(dir, *id));
    }
}
