//! `endcap eval --tastes`: whether shoppers whose tastes are known get what suits them.

use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use indicatif::ProgressBar;

use super::output::{print_json, print_problems};
use super::sessions::OwnJournal;
use super::{CliError, Outcome, now};
use crate::engine::Request;
use crate::evaluation::intervals::Estimate;
use crate::evaluation::{Suited, TastesReport, judge_tastes, read_tastes};
use crate::publishing::ShopPaths;

#[derive(clap::Args)]
pub(super) struct Tastes {
    /// Tastes that are known from elsewhere, such as a demo shop's `demo/tastes.jsonl`: one shopper a line, as
    /// `{"shopper": "ida", "tastes": {"brand": ["Acorn"]}}`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["queries", "qrels", "sessions", "last_days"])]
    tastes: Option<PathBuf>,
}

impl Tastes {
    /// Judges what the shop has recorded; `None` when it is not asked for.
    pub(super) fn run(
        &self,
        paths: &ShopPaths,
        impact: f64,
        as_json: bool,
    ) -> Option<Result<Outcome, CliError>> {
        let file = self.tastes.as_ref()?;
        Some(report(paths, file, impact, as_json))
    }
}

fn report(paths: &ShopPaths, file: &Path, impact: f64, as_json: bool) -> Result<Outcome, CliError> {
    let (tastes, problems) = read_tastes(file).map_err(|error| CliError::file(file, error))?;
    let own = OwnJournal::new(paths, true)?;
    let engine = own.open(paths)?;
    let asking = Request {
        impact: Some(impact),
        ..Request::new("", now())
    };
    let bar = ProgressBar::new(tastes.len() as u64);
    let report = judge_tastes(&engine, &tastes, &asking, |done| {
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    if as_json {
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

fn print_report(report: &TastesReport) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "lists",
        "",
        "ndcg@10 plain",
        "personal",
        "change",
        "helped",
        "hurt",
    ]);
    add(&mut table, "all with history", &report.known);
    for (name, suited) in report.by_list.iter().chain(&report.by_history) {
        add(&mut table, name, suited);
    }
    println!("{table}");
}

fn add(table: &mut Table, name: &str, suited: &Suited) {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let change = |times: f64| format!("{:+.1}", 100.0 * (times - 1.0));
    let Estimate { value, interval } = suited.times_plain;
    table.add_row([
        name.to_owned(),
        suited.lists.to_string(),
        format!("{:.4}", suited.ndcg_plain),
        format!("{:.4}", suited.ndcg_personal),
        format!(
            "{} % ({} to {})",
            change(value),
            change(interval.low),
            change(interval.high)
        ),
        percent(suited.helped),
        percent(suited.hurt),
    ]);
}
