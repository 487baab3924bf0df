//! Rules beside what shoppers searched: drafts tried, and what is in force judged by its use.

use std::path::PathBuf;

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::output::{counted, grouped, print_json, print_problems};
use super::super::{CliError, Outcome, now, open, open_without_shoppers};
use super::read;
use crate::engine::Engine;
use crate::evaluation::{BackTest, DAYS, Searches, Usage, Use, back_test, usage};
use crate::journal::JournalError;
use crate::publishing::ShopPaths;
use crate::publishing::rulebook;

#[derive(clap::Args)]
pub(super) struct Test {
    /// A file of rules; those of the same name replace the shop's.
    draft: PathBuf,
    /// How many days of searches.
    #[arg(long, default_value_t = 14)]
    days: u16,
    /// As of this time, so that a scheduled rule can be tried.
    #[arg(long)]
    at: Option<jiff::Timestamp>,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Days {
    /// How many days of searches.
    #[arg(long, default_value_t = 30)]
    pub(in crate::cli) days: u16,
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

impl Test {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let text = read(&self.draft)?;
        let (engine, searches) = shop_and_searches(paths, self.days)?;
        let snapshot = engine.snapshot();
        let name = self.draft.display().to_string();
        let (draft, problems) = rulebook::read_draft(&snapshot, &name, &text)?;
        print_problems(&problems);
        print_problems(&rulebook::conflicts_of_draft(&snapshot, &name, &draft));
        let bar = query_bar();
        let at = self.at.unwrap_or_else(now);
        let report = back_test(&engine, &draft, &searches, at, |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        if self.json {
            print_json(&report)?;
        } else {
            print_back_test(&report, self.days);
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

fn print_back_test(report: &BackTest, days: u16) {
    if report.searches == 0 {
        println!("no searches of {days} days are logged: storefronts send them as `search` events");
        return;
    }
    println!(
        "{} searches in {days} days, {} distinct queries",
        grouped(report.searches),
        grouped(report.distinct_queries as u64)
    );
    println!(
        "touched: {} searches, {} queries; measured: {} searches, {} queries",
        grouped(report.searches_touched),
        grouped(report.queries_touched as u64),
        grouped(report.searches_measured),
        grouped(report.queries_measured as u64)
    );
    if report.searches_unreadable > 0 {
        println!(
            "left out: {} searches whose category, filter or sort the shop no longer has",
            grouped(report.searches_unreadable)
        );
    }
    println!(
        "first page changes in {} searches: {:.1} places moved, {:.2} products entering, on average",
        grouped(report.searches_changed),
        report.places_moved,
        report.products_entering
    );
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "before", "after"]);
    for (name, counts) in [
        ("sold-out products shown", report.sold_out_shown),
        ("suppressed products shown", report.suppressed_shown),
        ("searches without results", report.without_results),
    ] {
        table.add_row([
            name.to_string(),
            grouped(counts.before),
            grouped(counts.after),
        ]);
    }
    let (before, after) = (report.expected_before, report.expected_after);
    for (name, before, after) in [
        ("expected clicks", before.clicks, after.clicks),
        ("expected revenue", before.revenue, after.revenue),
        ("expected margin", before.margin, after.margin),
    ] {
        table.add_row([
            name.to_string(),
            format!("{before:.1}"),
            format!("{after:.1}"),
        ]);
    }
    println!("{table}");
    println!(
        "the model of clicks was learned from {} clicks with a position",
        grouped(report.clicks_learned_from)
    );
    for example in &report.examples {
        let moved = example.moved.len();
        println!(
            "  `{}` ({} searches): {moved} products move",
            example.query,
            grouped(example.searches)
        );
    }
}

impl Days {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let (engine, searches) = shop_and_searches(paths, self.days)?;
        let files = rulebook::synonym_texts(paths)?;
        let used = usage(&engine, &searches, &files)?;
        if self.json {
            print_json(&used)?;
        } else {
            print_usage(&used, self.days);
        }
        Ok(Outcome::Done)
    }
}

fn print_usage(used: &Usage, days: u16) {
    println!("{} searches in {days} days", grouped(used.searches));
    println!("{}", table_of(used.rules.iter().chain(&used.synonyms)));
    println!(
        "not used once: {}, {}",
        counted(Usage::never(&used.rules) as u64, "rule"),
        counted(Usage::never(&used.synonyms) as u64, "synonym line")
    );
    println!(
        "synonyms had a say in {:.1} % of the searches",
        100.0 * used.synonym_coverage
    );
}

/// The shop and what its shoppers searched in the last days. While the shop is being served, its shoppers are with the
/// server: then the log is read beside it.
pub(in crate::cli) fn shop_and_searches(
    paths: &ShopPaths,
    days: u16,
) -> Result<(Engine, Searches), CliError> {
    if !DAYS.contains(&days) {
        let reason = format!("--days is {days}: write a number from 1 to 365");
        return Err(CliError::Usage(reason));
    }
    match open(paths) {
        Err(CliError::Journal(JournalError::InUse { .. })) => {
            eprintln!(
                "note: the shop is being served, so the log is read beside the server, and category pages are tried without what shoppers want most; `POST /v1/rules/preview` asks the server itself"
            );
            let searches = Searches::of_journal(&paths.journal(), days, now())?;
            Ok((open_without_shoppers(paths)?, searches))
        }
        opened => {
            let engine = opened?;
            let searches = Searches::of_days(engine.shoppers(), days, now())?;
            Ok((engine, searches))
        }
    }
}

/// A bar over queries; hidden when standard error is not a terminal.
fn query_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {pos} of {len} queries");
    bar.set_style(style.expect("the template is a constant that is known to parse"));
    bar
}

/// How much rules or lines were used, one in each row.
pub(in crate::cli) fn table_of<'u>(uses: impl Iterator<Item = &'u Use>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "searches", "clicks", "revenue", "last used"]);
    for one in uses {
        let last = one
            .last_used
            .map_or("never".to_string(), |at| at.to_string());
        table.add_row([
            format!("{}:{} {}", one.file, one.line, one.name),
            grouped(one.searches),
            grouped(one.clicks),
            format!("{:.2}", one.revenue),
            last,
        ]);
    }
    table
}
