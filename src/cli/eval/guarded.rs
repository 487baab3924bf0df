//! `endcap eval --random-profiles`: what random shoppers' tastes cost.

use indicatif::ProgressBar;

use crate::cli::output::print_json;
use crate::cli::sessions::OwnJournal;
use crate::cli::{CliError, now};
use crate::evaluation::{Judgements, Queries, RandomShoppers, guard};
use crate::publishing::ShopPaths;

/// Measures in a journal of its own, so that nothing is recorded in the shop's.
pub(super) fn guard_report(
    paths: &ShopPaths,
    queries: &Queries,
    judgements: &Judgements,
    random: RandomShoppers,
    as_json: bool,
) -> Result<(), CliError> {
    let own = OwnJournal::new(paths, false)?;
    let engine = own.open(paths)?;
    let bar = ProgressBar::new(queries.len() as u64);
    let progress = |done| bar.set_position(done as u64);
    let guard = guard(&engine, queries, judgements, random, now(), progress)
        .map_err(|error| CliError::Failed(error.to_string()))?;
    bar.finish_and_clear();
    if as_json {
        return print_json(&guard);
    }
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    println!(
        "{} random profiles on {} queries, at an impact of {}",
        guard.profiles, guard.queries, random.impact
    );
    println!("ndcg@10 plain     {:.4}", guard.plain);
    println!("ndcg@10 personal  {:.4}", guard.personal);
    println!(
        "mean drop         {} ({} to {})",
        percent(guard.mean_drop),
        percent(guard.mean_drop_interval.low),
        percent(guard.mean_drop_interval.high)
    );
    println!("worst drop        {}", percent(guard.worst_drop));
    println!("over 1 %          {} profiles", guard.profiles_over);
    println!("places moved      {}", percent(guard.moved));
    Ok(())
}
