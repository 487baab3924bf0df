//! `endcap judge`: a sheet to judge on, which `endcap eval` reads when it is filled in.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;

use super::eval::contender;
use super::output::{counted, print_problems};
use super::{CliError, Outcome, now, open_without_shoppers};
use crate::evaluation::{Contender, DAYS, Searches, Sheet, pool};
use crate::publishing::ShopPaths;
use crate::query::Spelling;

/// Searches of so many days are looked through for the most frequent ones.
const LOGGED_DAYS: u16 = *DAYS.end();

#[derive(clap::Args)]
pub(super) struct Judge {
    /// The file to write, tab-separated; when it is there, its grades are kept and what is new is added.
    #[arg(value_name = "SHEET")]
    sheet: PathBuf,
    /// Queries, one a line; what stands before a tab is an id and left out.
    #[arg(long, value_name = "FILE", required_unless_present = "logged")]
    queries: Option<PathBuf>,
    /// So many of the queries that the shop's shoppers searched most in the last year.
    #[arg(long, value_name = "COUNT")]
    logged: Option<usize>,
    /// Pool what this finds too: another recipe's name, another ranking file, or another shop directory.
    #[arg(long = "with", value_name = "RECIPE|FILE|DIR")]
    others: Vec<String>,
    /// How many of the first hits are pooled.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    depth: u16,
}

impl Judge {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let queries = self.queries(paths)?;
        let engine = std::sync::Arc::new(open_without_shoppers(paths)?);
        let this = Contender {
            name: String::new(),
            snapshot: engine.snapshot(),
            engine,
            recipe: None,
            spelling: Spelling::Corrected,
            now: now(),
        };
        let mut contenders = vec![this];
        for other in &self.others {
            contenders.push(contender(paths, &contenders[0], other, "--with")?);
        }
        let bar = ProgressBar::new(queries.len() as u64);
        let progress = |done| bar.set_position(done as u64);
        let mut sheet = pool(&contenders, &queries, usize::from(self.depth), progress)?;
        bar.finish_and_clear();
        let io = |error| CliError::file(&self.sheet, error);
        let mut problems = Vec::new();
        if self.sheet.exists() {
            let (known, found) = Sheet::read(&self.sheet).map_err(io)?;
            if !found.is_empty() {
                print_problems(&found);
                let reason = "is there and cannot be read whole, so it is left as it is";
                return Err(CliError::file(&self.sheet, reason));
            }
            sheet = sheet.with_grades_of(&known);
            problems = found;
        }
        write(&self.sheet, &sheet.written()).map_err(io)?;
        println!(
            "{}: {} to judge for {} queries, {} of them graded",
            self.sheet.display(),
            counted(sheet.rows.len() as u64, "product"),
            queries.len(),
            sheet.graded()
        );
        println!("grades: 0 wrong, 1 belongs to it, 2 good, 3 just right");
        println!("next: endcap eval --qrels {}", self.sheet.display());
        print_problems(&problems);
        Ok(Outcome::Done)
    }

    fn queries(&self, paths: &ShopPaths) -> Result<Vec<String>, CliError> {
        let mut queries = Vec::new();
        if let Some(file) = &self.queries {
            let text = fs::read_to_string(file).map_err(|error| CliError::file(file, error))?;
            let lines = text
                .lines()
                .map(|line| line.split_once('\t').map_or(line, |(_, text)| text));
            queries.extend(lines.map(|line| line.trim().to_owned()));
        }
        if let Some(count) = self.logged {
            queries.extend(logged(paths, count)?);
        }
        let mut known = HashSet::new();
        queries.retain(|query| !query.is_empty() && known.insert(query.clone()));
        if queries.is_empty() {
            return Err(CliError::Failed("there are no queries to judge".into()));
        }
        Ok(queries)
    }
}

/// What was searched most.
fn logged(paths: &ShopPaths, count: usize) -> Result<Vec<String>, CliError> {
    let searches = Searches::of_journal(&paths.journal(), LOGGED_DAYS, now())?;
    let mut searched: Vec<_> = searches
        .queries
        .iter()
        .filter(|one| !one.text.is_empty())
        .collect();
    searched.sort_by_key(|one| std::cmp::Reverse(one.searches));
    let texts = searched.into_iter().map(|one| one.text.clone());
    Ok(texts.take(count).collect())
}

/// Writes beside and renames, so that what is cut short leaves the grades that were there.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("next");
    fs::write(&beside, text)?;
    fs::rename(beside, path)
}
