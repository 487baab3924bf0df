//! The command line: one file per subcommand, exit code 0 done, 1 found problems, 2 bad usage.

/// Like the standard macro, except that a reader who has gone, as in `endcap search | head`, is no reason to panic.
macro_rules! println {
    ($($said:tt)*) => {
        crate::cli::output::say(std::io::stdout().lock(), format_args!($($said)*))
    };
}

/// Like the standard macro, except that a reader who has gone is no reason to panic.
macro_rules! eprintln {
    ($($said:tt)*) => {
        crate::cli::output::say(std::io::stderr().lock(), format_args!($($said)*))
    };
}

mod check;
mod demo;
mod eval;
mod experiment;
mod explained;
mod history;
mod index;
mod init;
mod judge;
mod keys;
mod next_item;
mod output;
mod recommend;
mod replay;
mod rollback;
mod rules;
mod schema;
mod search;
mod serve;
mod sessions;
mod settings;
mod shopper;
mod synonyms;
mod tastes;
mod train;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::engine::{Engine, EngineError};
use crate::journal::JournalError;
use crate::publishing::{self, PublishError, ShopPaths};
use crate::shoppers::Shoppers;
use settings::Settings;

/// A personalized product search engine in one binary.
#[derive(Parser)]
#[command(name = "endcap", version, about, max_term_width = 110)]
struct Arguments {
    #[command(flatten)]
    shop: ShopArguments,
    #[command(subcommand)]
    command: Command,
}

/// Which shop is meant.
#[derive(Args, Clone)]
struct ShopArguments {
    /// The shop directory.
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        default_value = ".",
        env = "ENDCAP_SHOP"
    )]
    shop: PathBuf,
    /// The data directory, relative to the shop directory [default: data].
    #[arg(long, global = true, value_name = "DIR", env = "ENDCAP_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Look at a feed and write a shop directory for it.
    Init(init::Init),
    /// Generate a believable shop, index it and serve it.
    Demo(demo::Demo),
    /// Read feeds whole and publish the catalog.
    Index(index::Index),
    /// Make an earlier generation of the catalog live again.
    Rollback(rollback::Rollback),
    /// Show what was published, refused and rolled back.
    History(history::History),
    /// Serve the storefront and the API.
    Serve(serve::Serve),
    /// List, make, rotate and revoke keys.
    Keys(keys::KeysOf),
    /// Search from the command line.
    Search(search::Search),
    /// Recommend products from the command line.
    Recommend(recommend::Recommend),
    /// Say what is wrong with the shop's files, or with its data.
    Check(check::Check),
    /// Record a history of events, or write it out again.
    Replay(replay::Replay),
    /// Show, export or erase a shopper.
    Shopper(shopper::Shopper),
    /// The JSON Schema of each file of the shop, for editors.
    Schema(schema::SchemaOf),
    /// List, explain, try, publish and take back merchandising rules.
    Rules(rules::Rules),
    /// Say what synonym lines do, suggest new ones, try and publish drafts.
    Synonyms(synonyms::Synonyms),
    /// Measure relevance on judged queries.
    Eval(Box<eval::Eval>),
    /// Write a sheet of products to judge, which `eval` reads.
    Judge(judge::Judge),
    /// Analyse, plan and simulate controlled trials.
    Experiment(experiment::Experiment),
    /// Learn a correction of a recipe from judgements or clicks, and use it when it pays.
    Train(train::Train),
}

/// How a command ended, when it did not fail.
enum Outcome {
    Done,
    FoundProblems,
}

/// What a command could not do.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    #[error("{0}")]
    Publish(#[from] PublishError),
    #[error("{0}")]
    Engine(#[from] EngineError),
    #[error("{0}")]
    Journal(#[from] JournalError),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        match self {
            CliError::Usage(_) => 2,
            CliError::Engine(EngineError::Index(_)) => 1,
            CliError::Engine(_) => 2,
            CliError::Failed(_) | CliError::Publish(_) | CliError::Journal(_) => 1,
        }
    }

    /// A file that was named on the command line cannot be used.
    fn file(path: &std::path::Path, error: impl std::fmt::Display) -> CliError {
        CliError::Failed(format!("{}: {error}", path.display()))
    }
}

/// Runs the command that was typed.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    output::log_to_stderr();
    let settings = match Settings::load(&arguments.shop.shop) {
        Ok(settings) => settings,
        Err(error) => return failed(&error),
    };
    let data = arguments
        .shop
        .data_dir
        .clone()
        .unwrap_or_else(|| settings.data_dir.clone());
    let paths = ShopPaths::new(&arguments.shop.shop, data);
    let outcome = match arguments.command {
        Command::Init(init) => init.run(),
        Command::Demo(demo) => demo.run(&paths),
        Command::Index(index) => index.run(&paths, &settings),
        Command::Rollback(rollback) => rollback.run(&paths),
        Command::History(history) => history.run(&paths),
        Command::Serve(serve) => serve.run(&paths, &settings),
        Command::Keys(keys) => keys.run(&paths),
        Command::Search(search) => search.run(&paths),
        Command::Recommend(recommend) => recommend.run(&paths),
        Command::Check(check) => check.run(&paths, &settings),
        Command::Replay(replay) => replay.run(&paths),
        Command::Shopper(shopper) => shopper.run(&paths),
        Command::Schema(schema) => schema.run(&paths),
        Command::Rules(rules) => rules.run(&paths),
        Command::Synonyms(synonyms) => synonyms.run(&paths),
        Command::Eval(eval) => eval.run(&paths),
        Command::Judge(judge) => judge.run(&paths),
        Command::Experiment(experiment) => experiment.run(),
        Command::Train(train) => train.run(&paths),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::FoundProblems) => ExitCode::from(1),
        Err(error) => failed(&error),
    }
}

fn failed(error: &CliError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(error.exit_code())
}

/// The shop as it stands, without its shoppers, so that it can be read while it is served.
fn open_without_shoppers(paths: &ShopPaths) -> Result<Engine, CliError> {
    Ok(Engine::new(publishing::load(paths)?, None))
}

/// The shop with its shoppers; only one process at a time may have them.
fn open(paths: &ShopPaths) -> Result<Engine, CliError> {
    let snapshot = publishing::load(paths)?;
    let journal = paths.journal();
    std::fs::create_dir_all(&journal).map_err(|error| CliError::file(&journal, error))?;
    let shoppers = Shoppers::open(&journal, snapshot.recipes.affinity)?;
    Ok(Engine::new(snapshot, Some(shoppers)))
}

/// A time as it is typed: a day, a time in UTC, or one that names its offset or its zone.
fn read_time(text: &str) -> Result<jiff::Timestamp, String> {
    let read = crate::merchandising::moment_of(text, &jiff::tz::TimeZone::UTC, 0);
    read.ok_or_else(|| {
        "write 2026-12-01, 2026-12-01T08:00 (in UTC), 2026-12-01T08:00+01:00 or 2026-12-01T08:00[Europe/Berlin]".into()
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "the command line is where time enters"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
