//! `endcap eval`: how good the plain order is, on judged queries, and what random shoppers' tastes cost it.

use std::path::PathBuf;

use comfy_table::{Table, presets};
use indicatif::ProgressBar;

use super::output::{print_json, print_problems};
use super::sessions::{OwnJournal, Sessions};
use super::tastes::Tastes;
use super::{CliError, Outcome, now, open_without_shoppers};
use crate::evaluation::{
    Judgements, Queries, RandomShoppers, Report, evaluate, guard, mistyped, read_qrels,
    read_queries,
};
use crate::problem::Problem;
use crate::publishing::ShopPaths;
use crate::query::Spelling;

#[derive(clap::Args)]
pub(super) struct Eval {
    /// Queries, one a line: `query_id<TAB>text`.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["sessions", "last_days", "tastes"])]
    queries: Option<PathBuf>,
    /// Judgements in TREC form: `query_id 0 product_id grade`.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["sessions", "last_days", "tastes"])]
    qrels: Option<PathBuf>,
    #[command(flatten)]
    sessions: Sessions,
    #[command(flatten)]
    tastes: Tastes,
    /// Run every query for this many random shoppers too, and say what their tastes cost.
    #[arg(long, value_name = "COUNT", requires = "queries", value_parser = clap::value_parser!(u32).range(1..))]
    random_profiles: Option<u32>,
    /// Other numbers give other random shoppers.
    #[arg(long, default_value_t = 1, requires = "random_profiles")]
    seed: u64,
    /// Print means and every query's figures as JSON.
    #[arg(long)]
    json: bool,
    /// Mistype every query in one or two places, at random from this seed.
    #[arg(long, value_name = "SEED")]
    typos: Option<u64>,
    /// Take every word as it is typed.
    #[arg(long)]
    no_spelling: bool,
    /// Print only the means.
    #[arg(long)]
    summary: bool,
}

impl Eval {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        if let Some(outcome) = self.sessions.run(paths, self.json) {
            return outcome;
        }
        if let Some(outcome) = self.tastes.run(paths, self.sessions.impact, self.json) {
            return outcome;
        }
        let (Some(queries_file), Some(qrels_file)) = (&self.queries, &self.qrels) else {
            let reason = "give --queries and --qrels, --sessions, --last-days or --tastes";
            return Err(CliError::Usage(reason.into()));
        };
        let (mut queries, mut problems) =
            read_queries(queries_file).map_err(|error| CliError::file(queries_file, error))?;
        let (judgements, more) =
            read_qrels(qrels_file).map_err(|error| CliError::file(qrels_file, error))?;
        problems.extend(more);
        if let Some(seed) = self.typos {
            queries = mistyped(&queries, seed);
        }
        if let Some(profiles) = self.random_profiles {
            let shoppers = RandomShoppers {
                profiles: profiles as usize,
                seed: self.seed,
                impact: self.sessions.impact,
            };
            guard_report(paths, &queries, &judgements, shoppers, self.json)?;
            return Ok(outcome(&problems));
        }
        let engine = open_without_shoppers(paths)?;
        let spelling = if self.no_spelling {
            Spelling::AsTyped
        } else {
            Spelling::Corrected
        };
        let bar = ProgressBar::new(queries.len() as u64);
        let report = evaluate(&engine, &queries, &judgements, spelling, now(), |done| {
            bar.set_position(done as u64)
        })?;
        bar.finish_and_clear();
        if self.json {
            print_json(&report)?
        } else {
            print_report(&report, self.summary)
        }
        Ok(outcome(&problems))
    }
}

fn outcome(problems: &[Problem]) -> Outcome {
    print_problems(problems);
    if problems.is_empty() {
        Outcome::Done
    } else {
        Outcome::FoundProblems
    }
}

/// Measures in a journal of its own, so that nothing is recorded in the shop's.
fn guard_report(
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
    println!("mean drop         {}", percent(guard.mean_drop));
    println!("worst drop        {}", percent(guard.worst_drop));
    println!("over 1 %          {} profiles", guard.profiles_over);
    println!("places moved      {}", percent(guard.moved));
    Ok(())
}

fn print_report(report: &Report, summary: bool) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "query",
        "hits",
        "ndcg@10",
        "condensed",
        "recall@100",
        "judged@10",
    ]);
    let figure = |figure: f64| format!("{figure:.3}");
    for query in report.per_query.iter().filter(|_| !summary) {
        let metrics = &query.metrics;
        table.add_row([
            query.query.clone(),
            query.total.to_string(),
            figure(metrics.ndcg_at_10),
            figure(metrics.condensed_ndcg_at_10),
            figure(metrics.recall_at_100),
            figure(metrics.judged_at_10),
        ]);
    }
    let mean = &report.mean;
    table.add_row([
        format!("mean of {} queries", report.queries),
        String::new(),
        figure(mean.ndcg_at_10),
        figure(mean.condensed_ndcg_at_10),
        figure(mean.recall_at_100),
        figure(mean.judged_at_10),
    ]);
    println!("{table}");
    println!("{} queries found nothing", report.queries_without_results);
    if report.queries_without_relevant > 0 {
        println!(
            "{} queries without a relevant product were left out",
            report.queries_without_relevant
        );
    }
}
