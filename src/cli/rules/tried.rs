//! Rules beside what shoppers searched: drafts tried, and what is in force judged by its use.

use std::path::PathBuf;

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::output::{counted, grouped, print_json, print_problems, seconds};
use super::super::{CliError, Outcome, now, open, open_without_shoppers, read_time};
use super::looked::print_changes;
use super::read;
use crate::engine::{Catalog, Engine};
use crate::evaluation::{BackTest, DAYS, Searches, Usage, Use, back_test, usage};
use crate::journal::JournalError;
use crate::publishing::ShopPaths;
use crate::publishing::rulebook;

/// With fewer clicks that say their position, the model of clicks is mostly an assumption.
const CLICKS_ENOUGH: u64 = 300;

/// So many products of an example are named.
const MOVES_PRINTED_MAX: usize = 3;

#[derive(clap::Args)]
pub(super) struct Test {
    /// A file of rules; in the test, they take the place of the shop's rules of the same names.
    draft: PathBuf,
    /// How many days of searches.
    #[arg(long, default_value_t = 14)]
    days: u16,
    /// As of this time, so that a scheduled rule can be tried.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
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
        let (engine, searches) = shop_and_searches(paths, self.days, "/v1/rules/preview")?;
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
            print_back_test(&snapshot.catalog, &report, self.days);
            for rule in &draft.rules {
                if let Some(condition) = rule.out_of_time(at) {
                    let name = &rule.name;
                    println!(
                        "rule `{name}` does not hold at this time (`{condition}`): try it with --at and a time when it does"
                    );
                }
            }
        }
        Ok(if problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

fn print_back_test(catalog: &Catalog, report: &BackTest, days: u16) {
    if report.searches == 0 {
        println!("no searches of {days} days are logged: storefronts send them as `search` events");
        return;
    }
    println!(
        "{} searches in {days} days ({})",
        grouped(report.searches),
        distinct(report.distinct_queries)
    );
    println!(
        "rules of the draft, or those they replace, hold for {} of them ({})",
        grouped(report.searches_touched),
        distinct(report.queries_touched)
    );
    if report.queries_measured < report.queries_touched {
        println!(
            "tried: the most frequent of these, {} searches ({})",
            grouped(report.searches_measured),
            distinct(report.queries_measured)
        );
    }
    if report.searches_unreadable > 0 {
        println!(
            "left out: {} searches whose category, filter or sort the shop no longer has",
            grouped(report.searches_unreadable)
        );
    }
    if report.searches_touched == 0 {
        return;
    }
    println!(
        "the first page changes in {} of these; on an average page, products move by {:.1} places, all of them added up, and {:.2} products come onto it",
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
    let assumed = match report.clicks_learned_from < CLICKS_ENOUGH {
        true => {
            ", which are few: mostly, it is assumed that the second place is looked at half as often as the first, the third a third as often, and so on"
        }
        false => "",
    };
    println!(
        "what to expect was learned from {} that say their position{assumed}",
        counted(report.clicks_learned_from, "click")
    );
    for example in &report.examples {
        println!(
            "  {}, {}:",
            example.query,
            match example.searches {
                1 => "1 search".to_string(),
                many => format!("{} searches", grouped(many)),
            }
        );
        print_changes(catalog, &example.moved, MOVES_PRINTED_MAX);
    }
}

fn distinct(queries: usize) -> String {
    format!("{} different ones", grouped(queries as u64))
}

impl Days {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let (engine, searches) = shop_and_searches(paths, self.days, "/v1/rules/usage")?;
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
    println!(
        "{} searches in {days} days, counted as if rules and lines had been there, as they are now, all the time",
        grouped(used.searches)
    );
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
    route: &str,
) -> Result<(Engine, Searches), CliError> {
    if !DAYS.contains(&days) {
        let reason = format!("--days is {days}: write a number from 1 to 365");
        return Err(CliError::Usage(reason));
    }
    match open(paths) {
        Err(CliError::Journal(JournalError::InUse { .. })) => {
            eprintln!(
                "note: the shop is being served, so what is most in demand just now, which orders lists without words, is known to the server only and left out here (`{route}` asks the server)"
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
        let last = one.last_used.map_or("never".to_string(), seconds);
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
