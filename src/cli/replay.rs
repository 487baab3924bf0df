//! `endcap replay`: a history of events into the journal, or out of it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::grouped;
use super::{CliError, Outcome, now, open};
use crate::catalog::feed::{Feed, RawRow, Source};
use crate::engine::Engine;
use crate::journal::{BATCH_MAX, Event, EventKind, JournalError};
use crate::problem::{Problem, nearest};
use crate::publishing::ShopPaths;
use crate::shoppers::history::{self, Columns, FIELDS};
use crate::shoppers::ubi;

/// At most this many rows that are no events are told of one by one.
const TOLD_MAX: u64 = 20;

#[derive(clap::Args)]
pub(super) struct Replay {
    /// Events as `POST /v1/events` takes them, in OpenSearch UBI 1.3 form, or in columns of your own: JSON Lines, JSON,
    /// CSV or TSV, plain, .gz or .zst; `-` for standard input. They may be of any age, and can be read twice: a row is
    /// recorded once.
    #[arg(value_name = "FILE", required_unless_present = "export")]
    files: Vec<String>,
    /// Which columns hold what, as `shopper=household_id,products=product_id,at=time`.
    #[arg(long, value_name = "FIELD=COLUMN,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// The type of events that say none, such as `purchase`.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Write all events that are held to this file instead, as JSON Lines.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    export: Option<PathBuf>,
    /// Write them in OpenSearch UBI 1.3 form.
    #[arg(long, requires = "export")]
    ubi: bool,
}

/// What became of a history.
#[derive(Default)]
struct Tally {
    recorded: u64,
    duplicates: u64,
    ignored: u64,
    refused: u64,
}

impl Replay {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let columns = columns(&self.columns, self.kind.as_deref())?;
        let engine = open(paths)?;
        if let Some(path) = &self.export {
            return export(&engine, path, self.ubi);
        }
        let mut tally = Tally::default();
        for file in &self.files {
            record(&engine, file, &columns, &mut tally)?;
        }
        println!(
            "recorded {} events; {} were there already, {} of shoppers who want nothing recorded, {} rows refused",
            grouped(tally.recorded),
            grouped(tally.duplicates),
            grouped(tally.ignored),
            grouped(tally.refused)
        );
        Ok(if tally.refused == 0 {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

/// Where a history has what events say, as it was typed.
pub(super) fn columns(written: &[String], kind: Option<&str>) -> Result<Columns, CliError> {
    let mut columns = BTreeMap::new();
    for pair in written {
        let Some((field, column)) = pair.split_once('=') else {
            let reason =
                format!("`{pair}` names no column: write for example shopper=household_id");
            return Err(CliError::Usage(reason));
        };
        if !FIELDS.contains(&field) {
            let suggestion = nearest(field, FIELDS.iter().copied()).map_or_else(
                || format!("write one of {}", FIELDS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(CliError::Usage(format!(
                "events have no field `{field}`: {suggestion}"
            )));
        }
        columns.insert(field.to_owned(), column.to_owned());
    }
    let kind = kind.map(|name| {
        EventKind::named(name).ok_or_else(|| {
            let names: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
            CliError::Usage(format!(
                "`{name}` is no type of event: write one of {}",
                names.join(", ")
            ))
        })
    });
    Ok(Columns {
        columns,
        kind: kind.transpose()?,
    })
}

fn record(
    engine: &Engine,
    file: &str,
    columns: &Columns,
    tally: &mut Tally,
) -> Result<(), CliError> {
    let feed = Feed::open(&Source::from_argument(file))
        .map_err(|error| CliError::Failed(error.to_string()))?;
    let bar = ProgressBar::new(feed.bytes_total().unwrap_or(0));
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let bytes_read = feed.bytes_read();
    let mut batch = Vec::with_capacity(BATCH_MAX);
    for row in feed {
        let row = match row {
            Ok(row) => row,
            Err(problem) => {
                refuse(tally, &problem.to_string());
                continue;
            }
        };
        match read(&row, columns) {
            Ok(event) => batch.push(event),
            Err(problem) => refuse(tally, &problem.to_string()),
        }
        if batch.len() == BATCH_MAX {
            bar.set_position(bytes_read.load(Relaxed));
            send(engine, std::mem::take(&mut batch), tally)?;
        }
    }
    send(engine, batch, tally)?;
    bar.finish_and_clear();
    Ok(())
}

/// The event in a row of a history, or what is wrong with it.
pub(super) fn read(row: &RawRow, columns: &Columns) -> Result<Event, Problem> {
    let row = row.read()?;
    let event = history::event(&row.cells, columns, row.line, now());
    event.map_err(|reason| row.problem(reason))
}

fn send(engine: &Engine, batch: Vec<Event>, tally: &mut Tally) -> Result<(), JournalError> {
    let recorded = engine.record(batch, now())?;
    tally.recorded += recorded.accepted as u64;
    tally.duplicates += recorded.duplicates.len() as u64;
    tally.ignored += recorded.ignored.len() as u64;
    Ok(())
}

fn refuse(tally: &mut Tally, told: &str) {
    tally.refused += 1;
    if tally.refused <= TOLD_MAX {
        eprintln!("{told}");
    }
}

fn export(engine: &Engine, path: &Path, as_ubi: bool) -> Result<Outcome, CliError> {
    let io = |error: std::io::Error| CliError::file(path, error);
    let mut file = BufWriter::new(File::create(path).map_err(io)?);
    let mut written = 0;
    if let Some(shoppers) = engine.shoppers() {
        shoppers.for_each_deed(|deed| {
            let line = if as_ubi {
                ubi::from_native(&deed.event)
            } else {
                serde_json::json!(deed.event)
            };
            written += 1;
            writeln!(file, "{line}").map_err(io)
        })?;
    }
    file.flush().map_err(io)?;
    println!("wrote {} lines to {}", grouped(written), path.display());
    Ok(Outcome::Done)
}
