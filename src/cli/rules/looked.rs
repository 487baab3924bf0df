//! Rules as they are: listed, and asked why they hold or not.

use super::super::output::{counted, grouped, print_json, print_problems};
use super::super::{CliError, Outcome, now, open, open_without_shoppers, read_time};
use crate::engine::{Catalog, Change, Request};
use crate::journal::JournalError;
use crate::merchandising::RULES_DIR;
use crate::publishing::rulebook;
use crate::publishing::{ShopPaths, validate};

/// A rule that moves everything, such as a boost without conditions, says so in a few lines.
const CHANGES_PRINTED_MAX: usize = 5;

#[derive(clap::Args)]
pub(super) struct List {
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(super) struct Why {
    /// The words; none lists every product.
    #[arg(default_value = "")]
    query: Vec<String>,
    #[arg(long)]
    filter: Option<String>,
    #[arg(long)]
    category: Option<String>,
    /// Ask `POST /v1/rules/trace` while the shop is being served: then the server has its shoppers.
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
    /// As of this time, such as 2026-12-01 or 2026-12-01T08:00+01:00.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    at: Option<jiff::Timestamp>,
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let files = rulebook::rule_files(paths)?;
        if self.json {
            print_json(&files)?;
            return Ok(Outcome::Done);
        }
        for file in files {
            println!("{} (version {})", file.file, file.version);
            for placed in file.rules {
                let state = match (placed.last_good, placed.rule.enabled) {
                    (true, _) => " (its last good version: what is written now cannot be read)",
                    (false, true) => "",
                    (false, false) => " (off)",
                };
                println!("  {:>4}  {}{state}", placed.line, placed.rule.name);
            }
        }
        let problems = validate(paths, now())?.into_iter();
        let of_rules = problems.filter(|problem| problem.file.starts_with(RULES_DIR));
        let (_, wrong): (Vec<_>, Vec<_>) = of_rules.partition(|problem| problem.alert);
        print_problems(&wrong);
        Ok(match wrong.is_empty() {
            true => Outcome::Done,
            false => Outcome::FoundProblems,
        })
    }
}

impl Why {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = match self.shopper {
            Some(_) => open(paths).map_err(served)?,
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
            if let Some(why) = &rule.outdated {
                println!(
                    "    this is its last good version: what is written now cannot be read: {why}"
                );
            }
            if let Some(only) = &rule.would_hold_without {
                println!("    would hold without `{only}`");
            }
            if rule.held {
                println!("    wants: {}", rule.does.join("; "));
            }
            if rule.held && rule.changed.is_empty() {
                println!("    changes no place on this page");
            }
            print_changes(
                &engine.snapshot().catalog,
                &rule.changed,
                CHANGES_PRINTED_MAX,
            );
        }
        Ok(Outcome::Done)
    }
}

/// Products that stand elsewhere, with their titles; the first ones, and how many more.
pub(super) fn print_changes(catalog: &Catalog, changes: &[Change], printed_max: usize) {
    let place = |place: Option<usize>| match place {
        Some(place) => place.to_string(),
        None => "not on the page".to_string(),
    };
    for change in changes.iter().take(printed_max) {
        let (from, to) = (place(change.without), place(change.with));
        let title = catalog.title(&change.product).unwrap_or_default();
        println!("    {} {title}: {from} → {to}", change.product);
    }
    let more = changes.len().saturating_sub(printed_max);
    if more > 0 {
        println!("    … and {}", counted(more as u64, "more product"));
    }
}

fn served(error: CliError) -> CliError {
    match error {
        CliError::Journal(JournalError::InUse { .. }) => CliError::Failed(
            "the shop is being served, and its shoppers are with the server: send the same to `POST /v1/rules/trace`, or leave out --shopper"
                .into(),
        ),
        error => error,
    }
}
