//! `endcap shopper`: what is known of a shopper, and the rights they have over it.

use super::output::print_json;
use super::{CliError, Outcome, now, open};
use crate::publishing::ShopPaths;
use crate::shoppers::{Consent, Summary};

#[derive(clap::Args)]
pub(super) struct Shopper {
    /// A token or an account.
    #[arg(required_unless_present_any = ["segments", "sweep_days"])]
    shopper: Option<String>,
    /// Print everything that is held of the shopper, every event included, as JSON.
    #[arg(long)]
    export: bool,
    /// Erase everything about the shopper, at once and for good.
    #[arg(long, conflicts_with = "export")]
    erase: bool,
    /// What the shopper allows from now on: personalize, measure, or nothing.
    #[arg(long, value_parser = consent)]
    consent: Option<Consent>,
    /// Print what is known as JSON.
    #[arg(long)]
    json: bool,
    /// List the segments and how many shoppers are in each.
    #[arg(long)]
    segments: bool,
    /// Erase whoever was not seen for this many days.
    #[arg(long, value_name = "DAYS")]
    sweep_days: Option<u32>,
}

impl Shopper {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = open(paths)?;
        if let Some(days) = self.sweep_days {
            println!("erased {} shoppers", engine.sweep(days, now())?);
            return Ok(Outcome::Done);
        }
        if self.segments {
            let segments = engine.segment_counts(now());
            if self.json {
                print_json(&segments)?;
                return Ok(Outcome::Done);
            }
            for segment in segments {
                println!(
                    "{:>8}  {}: {}",
                    segment.shoppers, segment.name, segment.when
                );
            }
            return Ok(Outcome::Done);
        }
        let id = self.shopper.unwrap_or_default();
        if self.erase {
            let erased = engine.erase(&id)?;
            println!(
                "{}",
                if erased {
                    "erased"
                } else {
                    "nobody is known by this name"
                }
            );
            return Ok(Outcome::Done);
        }
        if let Some(consent) = self.consent {
            engine.set_consent(&id, consent)?;
        }
        let unknown = || CliError::Failed(format!("nobody is known as `{id}`"));
        if self.export {
            print_json(&engine.held(&id, now())?.ok_or_else(unknown)?)?;
            return Ok(Outcome::Done);
        }
        let summary = engine.shopper(&id, now()).ok_or_else(unknown)?;
        if self.json {
            print_json(&summary)?;
        } else {
            print_summary(&summary);
        }
        Ok(Outcome::Done)
    }
}

fn consent(name: &str) -> Result<Consent, String> {
    match name {
        "personalize" => Ok(Consent::Personalize),
        "measure" => Ok(Consent::Measure),
        "nothing" => Ok(Consent::Nothing),
        _ => Err("write personalize, measure or nothing".to_owned()),
    }
}

fn print_summary(summary: &Summary) {
    let kinds = summary.events_by_type.iter();
    let kinds: Vec<String> = kinds
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    println!(
        "{}: {} events ({})",
        summary.shopper,
        summary.events,
        kinds.join(", ")
    );
    println!("segments: {}", summary.segments.join(", "));
    if let Some(last_seen) = summary.last_seen {
        println!(
            "last seen {last_seen}, active on {} days, bought for {:.2}",
            summary.days_active, summary.value
        );
    }
    for (attribute, leanings) in &summary.affinities {
        for leaning in leanings.iter().take(5) {
            println!("  {:+.2}  {attribute}:{}", leaning.affinity, leaning.value);
        }
    }
}
