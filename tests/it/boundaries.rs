//! Promises:
//! 1. A module of `src/` names only modules that stand above it in reading order, and `src/lib.rs` lists them so.
//! 2. Only `catalog` and `retrieval` name tantivy, only `api` names axum, only `api` and `cli` name tokio.
//! 3. Nothing above `api` reads a clock or the environment.
//! 4. Every folder of `src/` opens with its charter.
//! 5. No file names a path of the machine it was written on.
//!
//! Tests inside `src/` are exempt from 1 to 3.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src/`, in reading order. Put a new one here before filling it.
const READING_ORDER: [&str; 20] = [
    "problem",
    "parallel",
    "text",
    "catalog",
    "journal",
    "shoppers",
    "query",
    "retrieval",
    "ranking",
    "merchandising",
    "recommendations",
    "experiments",
    "engine",
    "publishing",
    "evaluation",
    "training",
    "audit",
    "demo",
    "api",
    "cli",
];

/// Crates that only some modules may name.
const CRATES: [(&str, &[&str]); 3] = [
    ("tantivy", &["catalog", "retrieval"]),
    ("axum", &["api"]),
    ("tokio", &["api", "cli"]),
];

/// What only the doors may ask for.
const CLOCK_AND_ENVIRONMENT: [&str; 5] = [
    "Timestamp::now",
    "Zoned::now",
    "SystemTime::now",
    "Instant::now",
    "env::var",
];

/// The modules where time and settings enter.
const DOORS: [&str; 2] = ["api", "cli"];

struct SourceFile {
    path: PathBuf,
    module: String,
    /// Without comments and without a trailing `mod tests { … }`.
    code: String,
}

#[test]
fn the_library_lists_its_modules_in_reading_order() {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(listed, READING_ORDER);
}

#[test]
fn a_module_names_only_modules_above_it() {
    let mut crossings = Vec::new();
    for file in source_files() {
        let own = place_of(&file.module).unwrap_or_else(|| {
            panic!("put `{}` into READING_ORDER before filling it", file.module)
        });
        for name in names_after(&file.code, "crate::") {
            match place_of(&name) {
                Some(place) if place <= own => {}
                Some(_) => {
                    crossings.push(format!("{} names crate::{name}", file.path.display()));
                }
                None => crossings.push(format!(
                    "{} names crate::{name}, which is no module",
                    file.path.display()
                )),
            }
        }
    }
    assert_eq!(crossings, [""; 0], "a module may name only those above it");
}

#[test]
fn crates_are_named_only_where_they_belong() {
    let mut crossings = Vec::new();
    for file in source_files() {
        for (name, modules) in CRATES {
            if names_crate(&file.code, name) && !modules.contains(&file.module.as_str()) {
                crossings.push(format!("{} names {name}", file.path.display()));
            }
        }
    }
    assert_eq!(crossings, [""; 0]);
}

#[test]
fn only_the_doors_read_the_clock_and_the_environment() {
    let mut readings = Vec::new();
    for file in source_files() {
        let inside = !DOORS.contains(&file.module.as_str());
        for reading in CLOCK_AND_ENVIRONMENT {
            if inside && file.code.contains(reading) {
                readings.push(format!("{} asks for {reading}", file.path.display()));
            }
        }
    }
    assert_eq!(readings, [""; 0], "`now` and settings arrive as arguments");
}

#[test]
fn every_folder_opens_with_its_charter() {
    let mut without = Vec::new();
    for path in rust_files(&root().join("src")) {
        let opens = path
            .file_name()
            .is_some_and(|name| name == "mod.rs" || name == "lib.rs");
        let text = fs::read_to_string(&path).unwrap();
        if opens && !text.starts_with("//! ") {
            without.push(path);
        }
    }
    assert_eq!(without, [""; 0].map(PathBuf::from));
}

#[test]
fn no_file_names_a_path_of_a_machine() {
    // Put together here, so that this file does not name them either.
    let folders = ["work", "tmp", "root", "home", "Users"].map(|name| format!("/{name}/"));
    let mut named = Vec::new();
    for path in text_files(&root()) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        for (number, line) in (1..).zip(text.lines()) {
            if folders.iter().any(|folder| begins_a_path(line, folder)) {
                named.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert_eq!(named, [""; 0]);
}

/// Whether `folder` stands in `line` as the beginning of a path, not inside one such as `../data/`.
fn begins_a_path(line: &str, folder: &str) -> bool {
    let opens = |c: char| !c.is_alphanumeric() && !"._-{}*".contains(c);
    line.match_indices(folder)
        .any(|(at, _)| line[..at].chars().next_back().is_none_or(opens))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn place_of(module: &str) -> Option<usize> {
    READING_ORDER.iter().position(|name| *name == module)
}

/// The library's files without its tests.
fn source_files() -> Vec<SourceFile> {
    let source = root().join("src");
    let mut files = Vec::new();
    for path in rust_files(&source) {
        let inner = path.strip_prefix(&source).unwrap();
        let is_test = inner
            .iter()
            .any(|part| part == "tests" || part == "tests.rs");
        let first = inner.iter().next().unwrap().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_string();
        if is_test || module == "lib" || module == "main" {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap_or_default()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        files.push(SourceFile { path, module, code });
    }
    assert!(files.len() > 50, "the files of src/ were not found");
    files
}

/// The names that follow `prefix`, those of `prefix{a, b}` included.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let end = list.find('}').unwrap_or(list.len());
                names.extend(list[..end].split(',').map(first_name));
            }
            None => names.push(first_name(rest)),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_name(text: &str) -> String {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    text.trim_start().chars().take_while(is_part).collect()
}

/// Whether code says `name::…` or `use name`, with nothing joined to the front of it.
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let alone = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let rest = &code[at + name.len()..];
        alone && (rest.starts_with("::") || (rest.starts_with(';') && code[..at].ends_with("use ")))
    })
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = files_below(dir);
    files.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    files
}

/// Everything people write in this repository.
fn text_files(root: &Path) -> Vec<PathBuf> {
    const FOLDERS: [&str; 9] = [
        "src",
        "tests",
        "benches",
        "examples",
        "docs",
        "index",
        "synonyms",
        "merchandising",
        ".github",
    ];
    const ENDINGS: [&str; 12] = [
        "rs", "toml", "md", "txt", "mjs", "js", "css", "html", "json", "yml", "yaml", "sh",
    ];
    let mut files: Vec<PathBuf> = FOLDERS
        .iter()
        .flat_map(|folder| files_below(&root.join(folder)))
        .collect();
    let top = fs::read_dir(root).unwrap().flatten().map(|e| e.path());
    files.extend(top.filter(|path| path.is_file()));
    files.retain(|path| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ENDINGS.contains(&ending))
    });
    files
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            files.extend(files_below(&path));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files
}
