//! `endcap synonyms …`: what lines do, what shoppers suggest, and drafts tried before they are published.

use std::path::PathBuf;

use super::check::print_lines;
use super::output::{counted, grouped, print_json};
use super::rules::{Days, Reason, print_published, read, shop_and_searches, table_of};
use super::{CliError, Outcome, now, open_without_shoppers};
use crate::evaluation::{Suggestions, SynonymTest, Usage, suggested_synonyms, synonym_test, usage};
use crate::publishing::ShopPaths;
use crate::publishing::rulebook;

#[derive(clap::Args)]
pub(super) struct Synonyms {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// How many products each line adds, and which lines can never match.
    Lines(Lines),
    /// Lines that shoppers' searches suggest, each with its evidence, and searches that find nothing.
    Suggest(Days),
    /// Try a draft of a file on the searches of the last days.
    Test(Test),
    /// Write a draft into the shop's synonyms; the version before it is kept.
    Publish(Publish),
    /// How much each line was used.
    Usage(Days),
}

#[derive(clap::Args)]
struct Lines {
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Draft {
    /// The whole file as it would be.
    draft: PathBuf,
    /// The file it becomes, as `en`; of the draft's name when not said.
    #[arg(long)]
    file: Option<String>,
}

#[derive(clap::Args)]
struct Test {
    #[command(flatten)]
    draft: Draft,
    /// How many days of searches.
    #[arg(long, default_value_t = 14)]
    days: u16,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Publish {
    #[command(flatten)]
    draft: Draft,
    /// Only while the file is at this version.
    #[arg(long)]
    version: Option<String>,
    /// Although it removes most lines of the file.
    #[arg(long)]
    anyway: bool,
    #[command(flatten)]
    reason: Reason,
}

impl Synonyms {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        match self.command {
            Command::Lines(lines) => print_lines(paths, lines.json),
            Command::Suggest(days) => suggest(paths, &days),
            Command::Test(test) => test.run(paths),
            Command::Publish(publish) => publish.run(paths),
            Command::Usage(days) => used(paths, &days),
        }
    }
}

fn suggest(paths: &ShopPaths, days: &Days) -> Result<Outcome, CliError> {
    let (engine, searches) = shop_and_searches(paths, days.days, "/v1/synonyms/suggestions")?;
    let found = suggested_synonyms(&engine, &searches, now())?;
    if days.json {
        print_json(&found)?;
    } else {
        print_suggestions(&found, days.days);
    }
    Ok(Outcome::Done)
}

fn print_suggestions(found: &Suggestions, days: u16) {
    for suggested in &found.suggestions {
        println!("{}", suggested.line);
        println!(
            "    {} × `{}` ({}) was followed by `{}` ({}) and a click",
            grouped(suggested.rephrased),
            suggested.from,
            counted(suggested.from_finds as u64, "product"),
            suggested.to,
            counted(suggested.to_finds as u64, "product")
        );
    }
    if found.suggestions.is_empty() {
        println!("nobody said the same in other words often enough in {days} days");
    }
    if !found.without_results.is_empty() {
        println!("searches that find nothing:");
    }
    for fruitless in &found.without_results {
        let unknown = match fruitless.unknown_words.as_slice() {
            [] => String::new(),
            words => format!(": no product has `{}`", words.join("`, `")),
        };
        println!(
            "    {} × `{}`{unknown}",
            grouped(fruitless.searches),
            fruitless.query
        );
    }
}

impl Draft {
    /// The file it becomes, and its text.
    fn read(&self) -> Result<(String, String), CliError> {
        let own = self.draft.file_stem().unwrap_or_default().to_string_lossy();
        let file = rulebook::synonym_file(self.file.as_deref().unwrap_or(&own))?;
        Ok((file, read(&self.draft)?))
    }
}

impl Test {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let (file, text) = self.draft.read()?;
        let (engine, searches) = shop_and_searches(paths, self.days, "/v1/synonyms/preview")?;
        let draft = rulebook::synonyms_with(paths, &engine.snapshot(), &file, &text)?;
        let report = synonym_test(&engine, draft, &searches, now())?;
        if self.json {
            print_json(&report)?;
        } else {
            print_test(&report, self.days);
        }
        Ok(Outcome::Done)
    }
}

fn print_test(report: &SynonymTest, days: u16) {
    println!(
        "{} searches in {days} days; the draft reads {} of them otherwise, {} queries",
        grouped(report.searches),
        grouped(report.searches_touched),
        grouped(report.queries_touched as u64)
    );
    println!(
        "searches with too few products that have every word: {} before, {} after; products found, added up: {} before, {} after",
        grouped(report.relaxed.before),
        grouped(report.relaxed.after),
        grouped(report.products_found.before),
        grouped(report.products_found.after)
    );
    for example in &report.examples {
        println!(
            "  `{}` ({} searches): {} → {} products",
            example.query,
            grouped(example.searches),
            grouped(example.before as u64),
            grouped(example.after as u64)
        );
    }
}

impl Publish {
    fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let (file, text) = self.draft.read()?;
        let snapshot = open_without_shoppers(paths)?.snapshot();
        let (version, change) = (self.version.as_deref(), self.reason.change());
        let changes = rulebook::changes_of(paths, &file, &text)?;
        let removed = changes.removed.len();
        if removed > text.lines().count() && !self.anyway {
            let reason = format!(
                "nothing was written: the draft would become {file} whole and remove {}; write the lines to keep into the draft too, or say --anyway",
                counted(removed as u64, "line")
            );
            return Err(CliError::Failed(reason));
        }
        let published =
            rulebook::publish_synonyms(paths, &snapshot, &file, &text, version, &change)?;
        Ok(print_published(&[published]))
    }
}

fn used(paths: &ShopPaths, days: &Days) -> Result<Outcome, CliError> {
    let (engine, searches) = shop_and_searches(paths, days.days, "/v1/synonyms/usage")?;
    let files = rulebook::synonym_texts(paths)?;
    let used = usage(&engine, &searches, &files)?;
    if days.json {
        print_json(&used.synonyms)?;
        return Ok(Outcome::Done);
    }
    println!("{}", table_of(used.synonyms.iter()));
    println!(
        "{} of {} lines were not used once in {} days; lines had a say in {:.1} % of {} searches, counted as if they had been there all the time",
        grouped(Usage::never(&used.synonyms) as u64),
        grouped(used.synonyms.len() as u64),
        days.days,
        100.0 * used.synonym_coverage,
        grouped(used.searches)
    );
    Ok(Outcome::Done)
}
