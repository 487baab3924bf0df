//! The files people write. The last good version of each is kept, so that a bad one never takes the shop down, not
//! even after a restart.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{ShopPaths, history};
use crate::problem::{Problem, line_of};

/// The operator's settings.
pub const SETTINGS_FILE: &str = "endcap.toml";

/// Where the last good versions are, inside the data directory.
const ACCEPTED_DIR: &str = "accepted";

/// The ending of a last good version whose file was removed lately.
const REMOVED: &str = "removed";

/// Larger files are refused.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Reads a file with `parse`; when it is bad, the last good version is read instead and the problems are returned.
/// `None` when there is no file, or no version of it ever was good. What is not `whole` is used and becomes the last
/// good version only when there is no other.
pub(super) fn read_or_last_good<T>(
    paths: &ShopPaths,
    name: &str,
    parse: impl Fn(&str) -> Result<T, Vec<Problem>>,
    whole: impl Fn(&T) -> bool,
) -> (Option<T>, Vec<Problem>) {
    let path = paths.shop.join(name);
    if !path.exists() {
        let is_folder_gone = path.parent().is_some_and(|folder| !folder.is_dir());
        let kept = is_folder_gone.then(|| last_good(paths, name, &parse));
        return (kept.flatten(), Vec::new());
    }
    let text = read_limited(&path, name).and_then(|text| {
        let was_emptied = text.trim().is_empty() && holds_something(&accepted(paths, name));
        if was_emptied {
            let problem = Problem::new(name, "is empty, as a file is that is being written");
            return Err(vec![problem.suggest(
                "remove it, or write a comment into it, when nothing should hold",
            )]);
        }
        Ok(text)
    });
    match text.and_then(|text| parse(&text).map(|value| (text, value))) {
        Ok((text, value)) => {
            let accepted = accepted(paths, name);
            if whole(&value) || !accepted.exists() {
                accept(paths, name, &text);
            }
            (Some(value), Vec::new())
        }
        Err(mut problems) => {
            let last_good = last_good(paths, name, parse);
            let stays = match &last_good {
                Some(last_good) if whole(last_good) => "the last good version stays in force",
                Some(_) => "what could be read of it before stays in force",
                None => "it has no effect",
            };
            if let Some(problem) = problems.first_mut() {
                problem.add(&format!("{stays} until it is mended"));
            }
            (last_good, problems)
        }
    }
}

/// The last good version of a file; `None` when no version of it ever was good.
pub(super) fn last_good<T>(
    paths: &ShopPaths,
    name: &str,
    parse: impl Fn(&str) -> Result<T, Vec<Problem>>,
) -> Option<T> {
    parse(&last_good_text(paths, name)?).ok()
}

/// The text of the last good version of a file.
pub(super) fn last_good_text(paths: &ShopPaths, name: &str) -> Option<String> {
    fs::read_to_string(accepted(paths, name)).ok()
}

/// The names of the files of a folder. When the folder itself is gone, those of its last good files, and a problem that
/// says so: a folder that was moved away by mistake takes nothing with it.
pub(super) fn names_or_last_good(
    paths: &ShopPaths,
    dir: &str,
    ending: &str,
) -> (Vec<String>, Option<Problem>) {
    let kept_in = paths.data.join(ACCEPTED_DIR);
    let removed = names_in(&kept_in, dir, REMOVED);
    if !paths.shop.join(dir).is_dir() {
        for name in removed {
            let _ = fs::rename(kept_in.join(&name), kept_in.join(&name).with_extension(""));
        }
        let kept = names_in(&kept_in, dir, ending);
        let problem = Problem::new(
            dir,
            "the folder is gone, so its last good files stay in force",
        )
        .suggest("bring it back; an empty folder means that there is nothing");
        let problem = (!kept.is_empty()).then_some(problem);
        return (kept, problem);
    }
    let names = names_in(&paths.shop, dir, ending);
    for name in removed {
        let _ = fs::remove_file(kept_in.join(name));
    }
    // Whoever removes a file means it, unless it is the first of a folder that is being removed: the next look tells.
    let kept = names_in(&kept_in, dir, ending);
    for gone in kept.iter().filter(|name| !names.contains(name)) {
        let kept = kept_in.join(gone);
        if let Err(error) = fs::rename(&kept, kept.with_extension(format!("{ending}.{REMOVED}"))) {
            tracing::warn!(file = %gone, %error, "the last good version of a removed file cannot be removed");
        }
    }
    (names, None)
}

fn accepted(paths: &ShopPaths, name: &str) -> PathBuf {
    paths.data.join(ACCEPTED_DIR).join(name)
}

/// The files of a folder with this ending, sorted, as names relative to the shop directory.
pub(super) fn names_in(shop: &Path, dir: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(shop.join(dir)).into_iter().flatten().flatten();
    let paths = entries
        .map(|entry| entry.path())
        .filter(|path: &PathBuf| path.extension().is_some_and(|own| own == ending));
    let mut names: Vec<String> = paths
        .filter_map(|path| Some(format!("{dir}/{}", path.file_name()?.to_str()?)))
        .collect();
    names.sort();
    names
}

fn holds_something(accepted: &Path) -> bool {
    fs::read_to_string(accepted).is_ok_and(|text| !text.trim().is_empty())
}

fn read_limited(path: &Path, name: &str) -> Result<String, Vec<Problem>> {
    let problem = |reason: String| vec![Problem::new(name, reason)];
    let bytes = fs::metadata(path)
        .map_err(|error| problem(format!("cannot be read: {error}")))?
        .len();
    if bytes > FILE_BYTES_MAX {
        let reason = format!("has {bytes} bytes, at most {FILE_BYTES_MAX} are read");
        let problem = Problem::new(name, reason);
        return Err(vec![problem.suggest("split it into several files")]);
    }
    let bytes = fs::read(path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    String::from_utf8(bytes).map_err(|error| {
        let sound = error.utf8_error().valid_up_to();
        let line = line_of(&String::from_utf8_lossy(&error.as_bytes()[..sound]), sound);
        let problem = Problem::new(name, "is no text in UTF-8").at(line);
        vec![problem.suggest("save it with the encoding UTF-8")]
    })
}

/// Keeps a good version, and notes in the file's history that somebody saved it; failing to is no reason not to use it.
fn accept(paths: &ShopPaths, name: &str, text: &str) {
    let accepted = &accepted(paths, name);
    if fs::read_to_string(accepted).is_ok_and(|known| known == text) {
        return;
    }
    let saved = fs::metadata(paths.shop.join(name)).and_then(|file| file.modified());
    let saved = saved.ok().and_then(|saved| Timestamp::try_from(saved).ok());
    if let Some(saved) = saved
        && let Err(error) = history::note_edit(paths, name, text, saved)
    {
        tracing::warn!(file = %name, %error, "a saved version of a file is not in its history");
    }
    let kept = accepted
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| {
            let next = accepted.with_extension("next");
            crate::catalog::write_durably(&next, text.as_bytes())?;
            fs::rename(next, accepted)
        });
    if let Err(error) = kept {
        tracing::warn!(file = %accepted.display(), %error, "the last good version of a file cannot be kept");
    }
}
