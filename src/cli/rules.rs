//! `endcap rules …`: rules listed, explained, tried, published, taken back, and moved to and from spreadsheets.

use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{grouped, print_json, print_problems};
use super::{CliError, Outcome, now, open, open_without_shoppers};
use crate::engine::{Engine, Request};
use crate::evaluation::{BackTest, DAYS, Searches, Usage, back_test, usage};
use crate::merchandising::{from_sheet, to_sheet};
use crate::publishing::ShopPaths;
use crate::publishing::history::{self, Change};
use crate::publishing::rulebook::{self, EditError};

#[derive(clap::Args)]
pub(super) struct Rules {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the rules of the shop.
    List(List),
    /// Say of every rule whether it holds for a query, and what it changes.
    Why(Why),
    /// Try a draft on the searches of the last days.
    Test(Test),
    /// Write a draft into the shop's rules; the version before it is kept.
    Publish(Publish),
    /// Bring back the version before the last change.
    Undo(Undo),
    /// Who changed a file, when and why.
    History(File),
    /// What changed between two versions of a file.
    Diff(Diff),
    /// Write all rules as CSV to standard output.
    Export,
    /// Write the rules of a CSV into a rule file.
    Import(Import),
    /// How much each rule and each line of synonyms was used.
    Usage(Days),
}

#[derive(clap::Args)]
struct List {
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Why {
    /// The words; none lists every product.
    #[arg(default_value = "")]
    query: Vec<String>,
    #[arg(long)]
    filter: Option<String>,
    #[arg(long)]
    category: Option<String>,
    /// The shop must not be served at the same time.
    #[arg(long)]
    shopper: Option<String>,
    #[arg(long)]
    segment: Option<String>,
    #[arg(long, default_value = "search")]
    surface: String,
    /// Tags, comma-separated.
    #[arg(long, value_delimiter = ',')]
    context: Vec<String>,
    #[arg(long)]
    device: Option<String>,
    #[arg(long)]
    campaign: Option<String>,
    /// As of this time, such as 2026-12-01T08:00:00Z.
    #[arg(long)]
    at: Option<jiff::Timestamp>,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Test {
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
struct Reason {
    /// Who changes it.
    #[arg(long, env = "USER", default_value = "")]
    who: String,
    /// Why.
    #[arg(long, default_value = "")]
    why: String,
}

impl Reason {
    fn change(self) -> Change {
        Change {
            who: self.who,
            when: now(),
            why: self.why,
        }
    }
}

#[derive(clap::Args)]
struct Publish {
    /// A file of rules.
    draft: PathBuf,
    /// The rule file it becomes; of the draft's name when not said.
    #[arg(long)]
    file: Option<String>,
    /// Only while the file is at this version.
    #[arg(long)]
    version: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(clap::Args)]
struct File {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Undo {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    /// The version to bring back.
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    reason: Reason,
}

#[derive(clap::Args)]
struct Diff {
    /// A rule file, as `spring`, or a synonym file, as `synonyms/en.txt`.
    file: String,
    /// An earlier version; the one before the last change when not said.
    from: Option<String>,
    /// A later version; the file as it is when not said.
    to: Option<String>,
}

#[derive(clap::Args)]
struct Import {
    /// The CSV.
    sheet: PathBuf,
    /// The rule file they belong in.
    #[arg(long, default_value = rulebook::RULE_FILE)]
    file: String,
    #[command(flatten)]
    reason: Reason,
}

#[derive(clap::Args)]
struct Days {
    #[arg(long, default_value_t = 30)]
    days: u16,
    #[arg(long)]
    json: bool,
}

impl From<EditError> for CliError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Name(_) | EditError::NoRule(_) => CliError::Usage(error.to_string()),
            _ => CliError::Failed(error.to_string()),
        }
    }
}

impl Rules {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        match self.command {
            Command::List(list) => list.run(paths),
            Command::Why(why) => why.run(paths),
            Command::Test(test) => test.run(paths),
            Command::Publish(publish) => publish.run(paths),
            Command::Undo(undo) => undo.run(paths),
            Command::History(file) => file.run(paths),
            Command::Diff(diff) => diff.run(paths),
            Command::Export => export(paths),
            Command::Import(import) => import.run(paths),
            Command::Usage(days) => days.run(paths),
        }
    }
}

impl List {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let files = rulebook::rule_files(paths)?;
        if self.json {
            print_json(&files)?;
            return Ok(Outcome::Done);
        }
        for file in files {
            println!("{} (version {})", file.file, file.version);
            for placed in file.rules {
                let off = if placed.rule.enabled { "" } else { " (off)" };
                println!("  {:>4}  {}{off}", placed.line, placed.rule.name);
            }
        }
        Ok(Outcome::Done)
    }
}

impl Why {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = match self.shopper {
            Some(_) => open(paths)?,
            None => open_without_shoppers(paths)?,
        };
        let request = Request {
            filter: self.filter,
            category: self.category,
            shopper: self.shopper,
            segment: self.segment,
            surface: self.surface,
            context: self.context,
            device: self.device,
            campaign: self.campaign,
            ..Request::new(self.query.join(" "), self.at.unwrap_or_else(now))
        };
        let trace = engine.trace(&request)?;
        if self.json {
            print_json(&trace)?;
            return Ok(Outcome::Done);
        }
        if let Some(spelling) = &trace.spelling {
            println!("read as `{spelling}`");
        }
        println!("{} hits", grouped(trace.total as u64));
        for rule in &trace.rules {
            let held = if rule.held { "held" } else { "did not hold" };
            let reason = rule.reason.as_ref();
            let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
            println!(
                "{}:{}: rule `{}` {held}{reason}",
                rule.file, rule.line, rule.name
            );
            if let Some(only) = &rule.would_hold_without {
                println!("    would hold without `{only}`");
            }
            if rule.held {
                println!("    {}", rule.does.join("; "));
            }
            for change in &rule.changed {
                let place = |place: Option<usize>| match place {
                    Some(place) => place.to_string(),
                    None => "not on the page".to_string(),
                };
                let (from, to) = (place(change.without), place(change.with));
                println!("    product {}: {from} → {to}", change.product);
            }
        }
        Ok(Outcome::Done)
    }
}

impl Test {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let text = read(&self.draft)?;
        let engine = open(paths)?;
        let snapshot = engine.snapshot();
        let name = self.draft.display().to_string();
        let (draft, problems) = rulebook::read_draft(&snapshot, &name, &text)?;
        print_problems(&problems);
        print_problems(&rulebook::conflicts_of(&snapshot, &name, &draft));
        let searches = searches_of(&engine, self.days)?;
        let bar = ProgressBar::new(0);
        bar.set_style(
            ProgressStyle::with_template("{bar:30} {percent:>3} %  {pos} of {len} queries")
                .expect("the template is a constant that is known to parse"),
        );
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

impl Publish {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let text = read(&self.draft)?;
        let own = self.draft.file_stem().unwrap_or_default().to_string_lossy();
        let file = rulebook::rule_file(self.file.as_deref().unwrap_or(&own))?;
        let engine = open_without_shoppers(paths)?;
        let snapshot = engine.snapshot();
        let version = self.version.as_deref();
        let change = self.reason.change();
        let published = rulebook::publish_rules(paths, &snapshot, &file, &text, version, &change)?;
        print_problems(&published.problems);
        print_problems(&published.conflicts);
        println!(
            "{} is at version {}",
            published.file, published.version.version
        );
        Ok(if published.problems.is_empty() {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

impl Undo {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let change = self.reason.change();
        let version =
            history::undo(paths, &file, self.to.as_deref(), &change).map_err(EditError::from)?;
        println!("{file} is at version {}", version.version);
        Ok(Outcome::Done)
    }
}

impl File {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let versions = history::history(paths, &file).map_err(EditError::from)?;
        if self.json {
            print_json(&versions)?;
            return Ok(Outcome::Done);
        }
        for version in versions {
            let who = if version.who.is_empty() {
                "somebody"
            } else {
                &version.who
            };
            println!(
                "{}  {}  {who}: {}",
                version.version, version.at, version.why
            );
        }
        Ok(Outcome::Done)
    }
}

impl Diff {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let file = rulebook::any_file(&self.file)?;
        let diff = history::diff_of(paths, &file, self.from.as_deref(), self.to.as_deref());
        println!("{}", diff.map_err(EditError::from)?.trim_end());
        Ok(Outcome::Done)
    }
}

fn export(paths: &ShopPaths) -> Result<Outcome, CliError> {
    let rules = rulebook::written_rules(paths)?;
    println!("{}", to_sheet(&rules).trim_end());
    Ok(Outcome::Done)
}

impl Import {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let sheet = read(&self.sheet)?;
        let (rules, problems) = from_sheet(&self.sheet.display().to_string(), &sheet);
        if !problems.is_empty() {
            return Err(EditError::Refused(problems).into());
        }
        let file = rulebook::rule_file(&self.file)?;
        let snapshot = open_without_shoppers(paths)?.snapshot();
        let change = self.reason.change();
        let published = rulebook::put_rules(paths, &snapshot, &file, &rules, None, &change)?;
        print_problems(&published.problems);
        print_problems(&published.conflicts);
        println!("{} rules are in {file}", grouped(rules.len() as u64));
        Ok(Outcome::Done)
    }
}

impl Days {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = open(paths)?;
        let searches = searches_of(&engine, self.days)?;
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
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "searches", "clicks", "revenue", "last used"]);
    for one in used.rules.iter().chain(&used.synonyms) {
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
    println!("{table}");
    println!(
        "synonyms had a say in {:.1} % of the searches",
        100.0 * used.synonym_coverage
    );
}

pub(super) fn searches_of(engine: &Engine, days: u16) -> Result<Searches, CliError> {
    if !DAYS.contains(&days) {
        let reason = format!("--days is {days}: write a number from 1 to 365");
        return Err(CliError::Usage(reason));
    }
    Ok(Searches::of_days(engine.shoppers(), days, now())?)
}

fn read(path: &Path) -> Result<String, CliError> {
    fs::read_to_string(path).map_err(|error| CliError::file(path, error))
}
