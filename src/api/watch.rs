//! Hot reload: a file is saved, or another generation published, and the next requests see it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::Shop;
use crate::merchandising::RULES_DIR;
use crate::publishing::reload;

/// Editors write a file in several steps; what arrives within this time is read together.
const SETTLE: Duration = Duration::from_millis(30);

/// Watches until the returned watcher is dropped; `None` when the machine cannot watch.
pub(super) fn watch(shop: &Shop) -> Option<RecommendedWatcher> {
    let (sender, changes) = channel();
    let started = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if let Ok(event) = event
            && !event.kind.is_access()
        {
            // Nobody listens any more once the shop is closed.
            let _ = sender.send(());
        }
    })
    .and_then(|mut watcher| {
        watched(shop)
            .iter()
            .try_for_each(|dir| watcher.watch(dir, RecursiveMode::NonRecursive))
            .map(|()| watcher)
    });
    let watcher = match started {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "changed files are not noticed until the next start");
            return None;
        }
    };
    let shop = shop.clone();
    std::thread::Builder::new()
        .name("reload".into())
        .spawn(move || follow(&shop, &changes))
        .ok()?;
    Some(watcher)
}

/// The folders that exist of those whose files matter.
fn watched(shop: &Shop) -> Vec<PathBuf> {
    let dirs =
        ["index", "synonyms", "merchandising", RULES_DIR].map(|dir| shop.paths.shop.join(dir));
    dirs.into_iter()
        .chain([shop.paths.data.clone()])
        .filter(|dir: &PathBuf| Path::is_dir(dir))
        .collect()
}

fn follow(shop: &Shop, changes: &Receiver<()>) {
    while changes.recv().is_ok() {
        while changes.recv_timeout(SETTLE).is_ok() {}
        let current = shop.engine.snapshot();
        match reload(&shop.paths, &current) {
            Ok(snapshot) => {
                for problem in snapshot
                    .problems
                    .iter()
                    .filter(|problem| !current.problems.contains(problem))
                {
                    tracing::warn!(%problem, "a file of the shop has a problem");
                }
                tracing::info!(
                    generation = snapshot.catalog.generation,
                    rules = snapshot.rules.rules.len(),
                    "reloaded"
                );
                shop.engine.swap(snapshot);
            }
            Err(error) => {
                tracing::error!(%error, "the shop cannot be reloaded; what was served before stays")
            }
        }
    }
}
