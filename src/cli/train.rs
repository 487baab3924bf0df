//! `endcap train`: a learned correction of a recipe, used when it pays.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use indicatif::ProgressBar;
use serde::Serialize;
use toml_edit::DocumentMut;

use super::eval::Judged;
use super::output::{print_json, print_problems};
use super::{CliError, Outcome, now, open_without_shoppers};
use crate::evaluation::Contender;
use crate::evaluation::intervals::Estimate;
use crate::problem::Problem;
use crate::publishing::ShopPaths;
use crate::query::Spelling;
use crate::ranking::{DEFAULT_RECIPE, MODELS_DIR, Model, RANKING_FILE, Row};
use crate::training::{
    ClickLog, Example, Settings, Validation, ask, examples, examples_of_clicks, train, validate,
};

/// Prediction is timed on so many candidates: as many as a page re-ranks.
const TIMED_CANDIDATES: usize = crate::ranking::RERANKED_MAX;

/// … and so often, of which the median is told.
const TIMED_TIMES: usize = 101;

#[derive(clap::Args)]
pub(super) struct Train {
    /// Queries, one a line: `query_id<TAB>text`.
    #[arg(long, value_name = "FILE", requires = "qrels")]
    queries: Option<PathBuf>,
    /// Judgements as `endcap eval` reads them: TREC qrels, or a sheet of `endcap judge`.
    #[arg(long, value_name = "FILE", required_unless_present = "clicks")]
    qrels: Option<PathBuf>,
    /// Learn from the searches and clicks of the last days instead.
    #[arg(long, value_name = "DAYS", conflicts_with = "qrels", value_parser = clap::value_parser!(u16).range(1..=365))]
    clicks: Option<u16>,
    /// The recipe that is corrected.
    #[arg(long, default_value = DEFAULT_RECIPE)]
    recipe: String,
    /// How many trees are grown.
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    trees: u16,
    /// Into how many parts the queries are cut: each is asked of a model that has learned from the others.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// Write the model to this file, whether it pays or not, and leave the recipe as it is.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

/// What became of a training.
#[derive(Serialize)]
struct Report {
    recipe: String,
    candidates: usize,
    #[serde(flatten)]
    validation: Validation,
    beats_the_recipe: bool,
    trees: usize,
    /// How often each feature is asked for.
    uses: Vec<(&'static str, usize)>,
    /// For 500 candidates, in milliseconds.
    prediction_ms: f64,
    /// Where the model was written.
    written: Option<String>,
}

impl Train {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = Arc::new(open_without_shoppers(paths)?);
        let contender = Contender {
            name: self.recipe.clone(),
            snapshot: engine.snapshot(),
            engine,
            recipe: Some(self.recipe.clone()),
            spelling: Spelling::Corrected,
            now: now(),
        };
        let (examples, problems) = self.examples(paths, &contender)?;
        if examples.len() < usize::from(self.folds) {
            print_problems(&problems);
            let reason = format!(
                "{} queries with a relevant product are too few to learn from and to be asked in {} parts",
                examples.len(),
                self.folds
            );
            return Err(CliError::Failed(reason));
        }
        let report = self.report(paths, &contender, &examples)?;
        if self.json {
            print_json(&report)?;
        } else {
            print_report(&report);
        }
        print_problems(&problems);
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }

    fn examples(
        &self,
        paths: &ShopPaths,
        contender: &Contender,
    ) -> Result<(Vec<Example>, Vec<Problem>), CliError> {
        let bar = ProgressBar::new_spinner();
        let progress = |done| bar.set_message(format!("{done} queries asked"));
        let Some(qrels) = &self.qrels else {
            let days = self.clicks.unwrap_or(1);
            let log = ClickLog::of_journal(&paths.journal(), days, now())?;
            let examples = examples_of_clicks(contender, &log, progress)?;
            return Ok((examples, Vec::new()));
        };
        let (judged, problems) = Judged::read(self.queries.as_deref(), qrels)?;
        let Judged {
            queries,
            judgements,
        } = &judged;
        let examples = examples(contender, queries, judgements, progress)?;
        bar.finish_and_clear();
        Ok((examples, problems))
    }

    fn report(
        &self,
        paths: &ShopPaths,
        contender: &Contender,
        queries: &[Example],
    ) -> Result<Report, CliError> {
        let settings = Settings {
            trees: usize::from(self.trees),
            ..Settings::default()
        };
        let folds = usize::from(self.folds);
        let bar = ProgressBar::new(folds as u64);
        let progress = |done| bar.set_position(done as u64);
        let ask = |query: &Example, model: &Model| ask(contender, query, model);
        let validation = validate(queries, settings, folds, ask, progress)?;
        bar.finish_and_clear();
        let model = train(&queries.iter().collect::<Vec<_>>(), settings);
        let rows: Vec<Row> = queries
            .iter()
            .flat_map(|query| &query.candidates)
            .map(|candidate| candidate.row)
            .cycle()
            .take(TIMED_CANDIDATES)
            .collect();
        Ok(Report {
            recipe: self.recipe.clone(),
            candidates: queries.iter().map(|query| query.candidates.len()).sum(),
            beats_the_recipe: validation.beats_the_recipe(),
            trees: model.trees.len(),
            uses: model.uses(),
            prediction_ms: timed_ms(&model, &rows),
            written: self.write(paths, &model, validation)?,
            validation,
        })
    }

    /// Writes the model where it was asked for; else, when it pays, where the recipe finds it.
    fn write(
        &self,
        paths: &ShopPaths,
        model: &Model,
        validation: Validation,
    ) -> Result<Option<String>, CliError> {
        if let Some(out) = &self.out {
            write(out, &model.written())?;
            return Ok(Some(out.display().to_string()));
        }
        if !validation.beats_the_recipe() {
            return Ok(None);
        }
        let name = format!("{}.txt", self.recipe);
        let path = paths.shop.join(MODELS_DIR).join(&name);
        write(&path, &model.written())?;
        name_in_recipe(&paths.shop.join(RANKING_FILE), &self.recipe, &name)?;
        Ok(Some(format!("{MODELS_DIR}/{name}")))
    }
}

fn write(path: &Path, text: &str) -> Result<(), CliError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, text))
        .map_err(|error| CliError::file(path, error))
}

/// Names the model in `index/ranking.toml`; everything else stays as it is written.
fn name_in_recipe(path: &Path, recipe: &str, model: &str) -> Result<(), CliError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    };
    let text = text.map_err(|error| CliError::file(path, error))?;
    let mut document: DocumentMut = text.parse().map_err(|error| CliError::file(path, error))?;
    let recipes = document.entry("recipe").or_insert_with(toml_edit::table);
    if let Some(recipes) = recipes.as_table_mut() {
        recipes.set_implicit(true);
    }
    recipes[recipe]["model"] = toml_edit::value(model);
    write(path, &document.to_string())
}

/// How long a prediction takes, in milliseconds.
fn timed_ms(model: &Model, rows: &[Row]) -> f64 {
    let time = |_| {
        let begun = Instant::now();
        std::hint::black_box(model.predict(rows));
        begun.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..TIMED_TIMES).map(time).collect();
    times.sort_by(f64::total_cmp);
    times[TIMED_TIMES / 2]
}

fn print_report(report: &Report) {
    let Validation {
        queries,
        folds,
        with_recipe,
        with_model,
        difference,
    } = report.validation;
    println!(
        "learned from {queries} queries with {} candidates: {} trees, {:.2} ms for {TIMED_CANDIDATES} candidates",
        report.candidates, report.trees, report.prediction_ms
    );
    let uses: Vec<String> = report
        .uses
        .iter()
        .map(|(feature, count)| format!("{feature} {count} ×"))
        .collect();
    println!("they ask for {}", uses.join(", "));
    println!("asked of queries that were not learned from, in {folds} parts, ndcg@10:");
    let told = |Estimate { value, interval }: Estimate| {
        format!("{value:.4} ({:.4} to {:.4})", interval.low, interval.high)
    };
    println!("  recipe      {}", told(with_recipe));
    println!("  with model  {}", told(with_model));
    println!(
        "  difference  {:+.4} ({:+.4} to {:+.4})",
        difference.value, difference.interval.low, difference.interval.high
    );
    let verdict = if report.beats_the_recipe {
        "the model beats the recipe"
    } else {
        "the model does not beat the recipe for sure"
    };
    match &report.written {
        Some(file) if report.beats_the_recipe && file.starts_with(MODELS_DIR) => {
            println!("{verdict}: wrote {file} and named it in {RANKING_FILE}");
        }
        Some(file) => println!("{verdict}: wrote {file}, and no recipe uses it"),
        None => println!(
            "{verdict}: nothing was written, and `{}` stays as it is",
            report.recipe
        ),
    }
}
