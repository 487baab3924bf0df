//! `endcap check`: what is wrong with the shop's files, and with its data.

use std::path::PathBuf;

use super::output::{counted, grouped, print_json};
use super::settings::Settings;
use super::{CliError, Outcome, now, open, open_without_shoppers};
use crate::audit::{Audit, Finding, Weight, audit, html};
use crate::publishing::{ShopPaths, SynonymLine, synonym_lines, validate};

#[derive(clap::Args)]
pub(super) struct Check {
    /// Print the problems as JSON.
    #[arg(long)]
    json: bool,
    /// Print how many products each line of the synonym files adds, and which lines can never match.
    #[arg(long)]
    synonyms: bool,
    /// Look at the data instead: the catalog, and the events when no server has them open.
    #[arg(long)]
    data: bool,
    /// With --data: also write the report as a page.
    #[arg(long, value_name = "FILE", requires = "data")]
    html: Option<PathBuf>,
}

impl Check {
    pub(super) fn run(self, paths: &ShopPaths, settings: &Settings) -> Result<Outcome, CliError> {
        if self.synonyms {
            return print_lines(paths, self.json);
        }
        if self.data {
            return self.print_audit(paths, settings);
        }
        let problems = validate(paths, now())?;
        let errors = problems.iter().filter(|problem| !problem.alert).count();
        if self.json {
            print_json(&problems)?;
        } else {
            for problem in &problems {
                println!("{problem}");
            }
            println!("{}", summary(errors, problems.len() - errors));
        }
        Ok(if errors == 0 {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }

    fn print_audit(&self, paths: &ShopPaths, settings: &Settings) -> Result<Outcome, CliError> {
        let with_events = paths.journal().exists().then(|| open(paths));
        let engine = match with_events {
            Some(Ok(engine)) => engine,
            Some(Err(error)) => {
                eprintln!("the events were not looked at: {error}");
                open_without_shoppers(paths)?
            }
            None => open_without_shoppers(paths)?,
        };
        let audit = audit(&engine)?;
        if self.json {
            print_json(&audit)?;
        } else {
            print_findings(&audit);
        }
        if let Some(file) = &self.html {
            let page = html(&audit, &settings.name);
            std::fs::write(file, page).map_err(|error| CliError::file(file, error))?;
        }
        Ok(match audit.has_errors() {
            true => Outcome::FoundProblems,
            false => Outcome::Done,
        })
    }
}

/// Alerts pass by themselves, so they are no reason to fail.
fn summary(errors: usize, alerts: usize) -> String {
    let errors = match errors {
        0 => "no problems".to_string(),
        some => counted(some as u64, "problem"),
    };
    match alerts {
        0 => errors,
        some => format!("{errors}, {}", counted(some as u64, "alert")),
    }
}

/// What each line of the synonym files does.
pub(super) fn print_lines(paths: &ShopPaths, json: bool) -> Result<Outcome, CliError> {
    let snapshot = open_without_shoppers(paths)?.snapshot();
    let lines = synonym_lines(paths, &snapshot)?;
    if json {
        print_json(&lines)?;
    } else {
        for line in &lines {
            let SynonymLine {
                file,
                line,
                text,
                adds,
                never_matches,
                starter,
            } = line;
            let effect = match (adds, never_matches) {
                (_, true) if *starter => "matches nothing in this catalog".to_string(),
                (_, true) => "can never match".to_string(),
                (1, _) => "adds 1 product".to_string(),
                (many, _) => format!("adds {many} products"),
            };
            println!("{file}:{line}: {effect}: {text}");
        }
    }
    let is_mistaken = |line: &SynonymLine| line.never_matches && !line.starter;
    Ok(match lines.iter().any(is_mistaken) {
        true => Outcome::FoundProblems,
        false => Outcome::Done,
    })
}

fn print_findings(audit: &Audit) {
    println!(
        "generation {}: {} products, {} variants",
        audit.generation,
        grouped(audit.products),
        grouped(audit.variants)
    );
    for tier in &audit.tiers.0 {
        let reached = if tier.reached {
            "reached"
        } else {
            "not reached"
        };
        let missing = match tier.missing.as_slice() {
            [] => String::new(),
            missing => format!(": {}", missing.join("; ")),
        };
        println!("{} {reached}{missing}", tier.name);
    }
    audit.findings.iter().for_each(print_finding);
}

fn print_finding(finding: &Finding) {
    let weight = match finding.weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
    };
    let (count, of) = (grouped(finding.count), grouped(finding.of));
    let attribute = finding.attribute.as_deref();
    let attribute = attribute.map_or(String::new(), |name| format!(" `{name}`"));
    println!("\n{weight}{attribute}: {} ({count} of {of})", finding.what);
    if !finding.examples.is_empty() {
        println!("  such as {}", finding.examples.join("; "));
    }
    println!("  {}", finding.effect);
    println!("  → {}", finding.fix);
}
