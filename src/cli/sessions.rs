//! `endcap eval --sessions`: what the personal order earns, on later events.

use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use indicatif::ProgressBar;
use jiff::SignedDuration;

use super::output::print_json;
use super::replay::{columns, read};
use super::{CliError, Outcome, now};
use crate::catalog::feed::{Feed, Source};
use crate::engine::Engine;
use crate::evaluation::intervals::Estimate;
use crate::evaluation::{Orders, SessionsReport, replay_sessions};
use crate::journal::{Consent, Event, JournalError};
use crate::publishing::{self, ShopPaths};
use crate::shoppers::Shoppers;
use crate::shoppers::history::Columns;

/// At most this many events are recorded at once.
const BATCH_EVENTS: usize = 10_000;

#[derive(clap::Args)]
pub(super) struct Sessions {
    /// Later events to judge the personal order by, in any form that `endcap replay` reads.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["queries", "qrels"])]
    pub(super) sessions: Option<String>,
    /// Judge by the shop's own events of this many days up to its last one, on what was recorded before them.
    #[arg(long, value_name = "DAYS", conflicts_with_all = ["queries", "qrels", "sessions"], value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) last_days: Option<u32>,
    /// What shoppers did before them; what the shop has recorded when not said.
    #[arg(long, value_name = "FILE", requires = "sessions")]
    past: Vec<String>,
    /// Which columns of these files hold what, as `endcap replay` takes it.
    #[arg(
        long,
        value_name = "FIELD=COLUMN,…",
        value_delimiter = ',',
        requires = "sessions"
    )]
    columns: Vec<String>,
    /// The type of events that say none, such as `purchase`.
    #[arg(long = "type", value_name = "TYPE", requires = "sessions")]
    kind: Option<String>,
    /// How much the shopper's taste may move, 0 to 100.
    #[arg(long, default_value_t = 100.0)]
    pub(super) impact: f64,
}

impl Sessions {
    /// Judges in a journal of its own, so that nothing is recorded in the shop's. `None` when it is not asked for.
    pub(super) fn run(
        &self,
        paths: &ShopPaths,
        as_json: bool,
    ) -> Option<Result<Outcome, CliError>> {
        match (&self.sessions, self.last_days) {
            (Some(later), _) => Some(self.run_later(paths, later, as_json)),
            (None, Some(days)) => Some(self.run_last(paths, days, as_json)),
            (None, None) => None,
        }
    }

    fn run_later(
        &self,
        paths: &ShopPaths,
        later: &str,
        as_json: bool,
    ) -> Result<Outcome, CliError> {
        let columns = columns(&self.columns, self.kind.as_deref())?;
        let later = events(later, &columns)?;
        let own = OwnJournal::new(paths, self.past.is_empty())?;
        let engine = own.open(paths)?;
        for past in &self.past {
            record(&engine, &events(past, &columns)?)?;
        }
        self.judge(&engine, later, as_json)
    }

    fn run_last(&self, paths: &ShopPaths, days: u32, as_json: bool) -> Result<Outcome, CliError> {
        let mut past = recorded(paths)?;
        past.sort_by_key(|event| event.at);
        let Some(last) = past.last() else {
            let reason = "the shop has recorded no events: read a history with `endcap replay`";
            return Err(CliError::Failed(reason.into()));
        };
        let from = last.at - SignedDuration::from_hours(24 * i64::from(days));
        let later = past.split_off(past.partition_point(|event| event.at < from));
        let own = OwnJournal::new(paths, false)?;
        let engine = own.open(paths)?;
        record(&engine, &past)?;
        self.judge(&engine, later, as_json)
    }

    fn judge(
        &self,
        engine: &Engine,
        later: Vec<Event>,
        as_json: bool,
    ) -> Result<Outcome, CliError> {
        let bar = ProgressBar::new(later.len() as u64);
        let progress = |done| bar.set_position(done as u64);
        let report = replay_sessions(engine, later, self.impact, progress)
            .map_err(|error| CliError::Failed(error.to_string()))?;
        bar.finish_and_clear();
        if as_json {
            print_json(&report)?;
        } else {
            print_report(&report);
        }
        Ok(Outcome::Done)
    }
}

/// A journal that is gone when the evaluation is.
pub(super) struct OwnJournal {
    pub(super) dir: PathBuf,
}

impl OwnJournal {
    pub(super) fn new(paths: &ShopPaths, with_past: bool) -> Result<OwnJournal, CliError> {
        let dir = paths.data.join(format!("eval-{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|error| CliError::file(&dir, error))?;
        let own = OwnJournal { dir };
        if with_past && paths.journal().exists() {
            copy(&paths.journal(), &own.dir)?;
        }
        Ok(own)
    }

    /// The shop with this journal.
    pub(super) fn open(&self, paths: &ShopPaths) -> Result<Engine, CliError> {
        let snapshot = publishing::load(paths)?;
        let shoppers = Shoppers::open(&self.dir, snapshot.recipes.affinity)?;
        Ok(Engine::new(snapshot, Some(shoppers)))
    }
}

impl Drop for OwnJournal {
    fn drop(&mut self) {
        // What cannot be removed is named after the process and in nobody's way.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), CliError> {
    let io = |error| CliError::file(from, error);
    for file in fs::read_dir(from).map_err(io)? {
        let path = file.map_err(io)?.path();
        if let Some(name) = path.file_name() {
            fs::copy(&path, to.join(name)).map_err(io)?;
        }
    }
    Ok(())
}

/// The events that the shop holds of those who want a personal order.
fn recorded(paths: &ShopPaths) -> Result<Vec<Event>, CliError> {
    let own = OwnJournal::new(paths, true)?;
    let engine = own.open(paths)?;
    let mut events = Vec::new();
    if let Some(shoppers) = engine.shoppers() {
        shoppers.for_each_deed(|deed| {
            let shopper = shoppers.find(&deed.event.shopper);
            if shopper.is_some_and(|shopper| shopper.consent == Consent::Personalize) {
                events.push(deed.event);
            }
            Ok::<(), JournalError>(())
        })?;
    }
    Ok(events)
}

fn record(engine: &Engine, events: &[Event]) -> Result<(), CliError> {
    for batch in events.chunks(BATCH_EVENTS) {
        engine.record(batch.to_vec(), now())?;
    }
    Ok(())
}

/// All events of a history; the first row that is none is told of.
fn events(file: &str, columns: &Columns) -> Result<Vec<Event>, CliError> {
    let feed = Feed::open(&Source::from_argument(file))
        .map_err(|error| CliError::Failed(error.to_string()))?;
    let problem = |problem: crate::problem::Problem| CliError::Failed(problem.to_string());
    feed.map(|row| read(&row.map_err(problem)?, columns).map_err(problem))
        .collect()
}

fn print_report(report: &SessionsReport) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "choices",
        "",
        "mrr popular",
        "plain",
        "personal",
        "× popular (95 %)",
        "× plain (95 %)",
        "ndcg plain",
        "personal",
        "helped",
        "hurt",
        "shoppers",
        "helped",
        "hurt",
    ]);
    add(&mut table, "all", &report.all);
    for (name, orders) in report
        .by_novelty
        .iter()
        .chain(&report.by_history)
        .chain(&report.by_segment)
    {
        add(&mut table, name, orders);
    }
    println!("{table}");
    if report.left_out > 0 {
        println!(
            "{} choices were left out: their list does not hold them",
            report.left_out
        );
    }
}

fn add(table: &mut Table, name: &str, orders: &Orders) {
    let figure = |figure: f64| format!("{figure:.4}");
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let times = |Estimate { value, interval }: Estimate| {
        format!("{value:.2} ({:.2}–{:.2})", interval.low, interval.high)
    };
    table.add_row([
        name.to_owned(),
        orders.choices.to_string(),
        figure(orders.mrr_popular),
        figure(orders.mrr_plain),
        figure(orders.mrr_personal),
        times(orders.times_popular),
        times(orders.times_plain),
        figure(orders.ndcg_plain),
        figure(orders.ndcg_personal),
        percent(orders.helped),
        percent(orders.hurt),
        orders.shoppers.to_string(),
        percent(orders.shoppers_helped),
        percent(orders.shoppers_hurt),
    ]);
}
