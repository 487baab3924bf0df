//! Hot reload: a file is saved, or another generation published, and the next requests see it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::Shop;
use crate::merchandising::RULES_DIR;
use crate::problem::Problem;
use crate::publishing::{self, PublishError, ShopPaths, reload};

/// Editors write a file in several steps; what arrives within this time is read together.
const SETTLE: Duration = Duration::from_millis(30);

/// A folder that is written to all the time is read after this time all the same.
const SETTLE_MAX: Duration = Duration::from_millis(500);

/// How often it is looked whether much was changed.
const FOLD_EVERY: Duration = Duration::from_secs(1);

/// What shoppers search is learned again after this time.
const LEARN_EVERY: Duration = Duration::from_secs(10 * 60);

/// The watcher, shared with the thread that follows it.
pub(super) type SharedWatcher = Arc<Mutex<RecommendedWatcher>>;

/// Watches until the returned watcher is dropped; `None` when the machine cannot watch.
pub(super) fn watch(shop: &Shop) -> Option<SharedWatcher> {
    let (sender, changes) = channel();
    // What changed while the shop was being opened was seen by nobody.
    let _ = sender.send(());
    let paths = shop.paths.clone();
    let started = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && !event.kind.is_access()
            && (event.paths.is_empty() || event.paths.iter().any(|path| !is_beside(&paths, path)))
        {
            // Nobody listens any more once the shop is closed.
            let _ = sender.send(());
        }
    })
    .and_then(|mut watcher| {
        watcher.watch(&shop.paths.shop, RecursiveMode::NonRecursive)?;
        watch_folders(shop, &mut watcher)?;
        Ok(Arc::new(Mutex::new(watcher)))
    });
    let watcher = match started {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "changed files are not noticed until the next start");
            return None;
        }
    };
    let (reloaded, reloads) = channel();
    let learner = shop.clone();
    spawn("learn", move || learn(&learner, &reloads))?;
    let (shop, own) = (shop.clone(), Arc::downgrade(&watcher));
    spawn("reload", move || follow(&shop, &own, &changes, &reloaded))?;
    Some(watcher)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Option<()> {
    let thread = std::thread::Builder::new().name(name.into());
    thread.spawn(work).ok().map(|_| ())
}

/// Learns what shoppers search, again and again, and at once when there is another snapshot to search in.
fn learn(shop: &Shop, reloads: &Receiver<()>) {
    while reloads.recv_timeout(LEARN_EVERY) != Err(RecvTimeoutError::Disconnected) {
        while reloads.try_recv().is_ok() {}
        shop.engine.snapshot().names();
        if let Err(error) = shop.engine.learn_searches(super::now()) {
            tracing::warn!(%error, "popular queries are not suggested");
        }
    }
}

/// The folders whose files matter.
fn folders(shop: &Shop) -> [PathBuf; 5] {
    let of_shop = |dir: &str| shop.paths.shop.join(dir);
    [
        of_shop("index"),
        of_shop("synonyms"),
        of_shop("merchandising"),
        of_shop(RULES_DIR),
        shop.paths.data.clone(),
    ]
}

/// Whether a path is a file beside the folders that matter, such as a log. The shop directory itself is watched only
/// for folders that appear.
fn is_beside(paths: &ShopPaths, path: &Path) -> bool {
    let is_parent = |dir: &Path| std::path::absolute(dir).ok().as_deref() == path.parent();
    is_parent(&paths.shop) && !is_parent(&paths.data) && path.is_file()
}

/// Watches the folders that exist; one that is watched already stays watched.
fn watch_folders(shop: &Shop, watcher: &mut RecommendedWatcher) -> notify::Result<()> {
    folders(shop)
        .iter()
        .filter(|folder| Path::is_dir(folder))
        .try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))
}

fn follow(
    shop: &Shop,
    watcher: &Weak<Mutex<RecommendedWatcher>>,
    changes: &Receiver<()>,
    reloaded: &Sender<()>,
) {
    while changes.recv().is_ok() {
        let began = Instant::now();
        while began.elapsed() < SETTLE_MAX && changes.recv_timeout(SETTLE).is_ok() {}
        // Before reading, so that what is written into a new folder meanwhile is noticed.
        if let Some(watcher) = watcher.upgrade() {
            let mut watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = watch_folders(shop, &mut watcher) {
                tracing::warn!(%error, "changes in a new folder are not noticed until the next start");
            }
        }
        reload_now(shop);
        // The learner ends when this sender does.
        let _ = reloaded.send(());
    }
}

/// Files that had problems and have none.
fn mended<'p>(before: &'p [Problem], now: &[Problem]) -> BTreeSet<&'p str> {
    let files = |problems: &[Problem], file: &str| problems.iter().any(|one| one.file == file);
    let before = before.iter().map(|problem| problem.file.as_str());
    before.filter(|file| !files(now, file)).collect()
}

/// Builds the next generation whenever so much was changed that searches would notice.
pub(super) fn fold(shop: &Shop) {
    let Some(deltas) = shop.deltas.clone() else {
        return;
    };
    let shop = shop.clone();
    // It ends with the process.
    let _ = spawn("fold", move || {
        loop {
            if let Some(catalog) = deltas.due() {
                match publishing::fold(&shop.paths, &catalog) {
                    Ok(Some(_)) => reload_now(&shop),
                    Ok(None) | Err(PublishError::Busy(_)) => {}
                    Err(error) => tracing::warn!(%error, "changes cannot be folded in"),
                }
            }
            std::thread::sleep(FOLD_EVERY);
        }
    });
}

/// Reads what changed and serves it from the next request on.
pub(super) fn reload_now(shop: &Shop) {
    let current = shop.engine.snapshot();
    match reload(&shop.paths, &current) {
        Ok(snapshot) => {
            let is_new = |problem: &&Problem| {
                !current.problems.contains(problem) && !current.conflicts.contains(problem)
            };
            let problems = snapshot.problems.iter().chain(&snapshot.conflicts);
            for problem in problems.filter(is_new) {
                tracing::warn!(%problem, "a file of the shop has a problem");
            }
            for file in mended(&current.problems, &snapshot.problems) {
                // As loud as the problem was.
                tracing::warn!(%file, "a file of the shop has no problem any more");
            }
            tracing::info!(
                generation = snapshot.catalog.generation,
                rules = snapshot.rules.rules.len(),
                "reloaded"
            );
            match &shop.deltas {
                None => shop.engine.swap(snapshot),
                Some(deltas) => {
                    if let Err(error) = deltas.swap(snapshot) {
                        tracing::error!(%error, "what was served before stays");
                    }
                }
            }
        }
        Err(error) => {
            tracing::error!(%error, "the shop cannot be reloaded; what was served before stays")
        }
    }
}
