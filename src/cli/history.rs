//! `endcap history`: what was published, refused and rolled back.

use super::output::{counted, grouped, print_json};
use super::{CliError, Outcome as CommandOutcome};
use crate::publishing::{Outcome, Publication, ShopPaths, publications};

#[derive(clap::Args)]
pub(super) struct History {
    /// How many of the last entries are shown.
    #[arg(long, default_value_t = 20)]
    last: usize,
    /// Print the entries as JSON, with samples of what changed.
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<CommandOutcome, CliError> {
        let all = publications(&paths.data).map_err(|error| CliError::file(&paths.data, error))?;
        let shown = &all[all.len().saturating_sub(self.last)..];
        if self.json {
            print_json(&shown)?;
        } else {
            shown.iter().for_each(print_entry);
        }
        Ok(CommandOutcome::Done)
    }
}

fn print_entry(entry: &Publication) {
    let live = entry.live.map_or("none".into(), |live| live.to_string());
    let what = match entry.what {
        Outcome::Published => "published",
        Outcome::Forced => "forced",
        Outcome::Changed => "changed",
        Outcome::Refused => "refused",
        Outcome::RolledBack => "rolled back",
    };
    println!(
        "{} {what}: {}, generation {live} is live",
        entry.at, entry.feed
    );
    if let Some(counts) = &entry.counts {
        let products = counted(counts.products, "product");
        println!("  {products}, {} refused", counted(entry.refused, "line"));
    }
    if let Some(found) = &entry.differences {
        let [added, changed, removed] = [found.added, found.changed, found.removed].map(grouped);
        println!("  {added} added, {changed} changed, {removed} removed");
    }
    for line in entry
        .beyond
        .iter()
        .map(String::as_str)
        .chain(entry.reason.as_deref())
    {
        println!("  {}", line.replace('\n', "\n  "));
    }
}
