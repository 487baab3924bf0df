//! `endcap eval`: how good the plain order is, on judged queries, next to another or by itself.

mod against;
mod guarded;

pub(super) use against::contender;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use comfy_table::{Table, presets};
use indicatif::ProgressBar;

use super::next_item::NextItems;
use super::output::{print_json, print_problems};
use super::sessions::Sessions;
use super::tastes::Tastes;
use super::{CliError, Outcome, now, open_without_shoppers};
use crate::evaluation::intervals::Interval;
use crate::evaluation::{
    Contender, Judgements, Queries, RandomShoppers, Report, Sheet, TypoReport, compare,
    compare_typos, evaluate, mistyped, read_qrels, read_queries,
};
use crate::problem::Problem;
use crate::publishing::ShopPaths;
use crate::query::Spelling;
use crate::ranking::DEFAULT_RECIPE;

#[derive(clap::Args)]
pub(super) struct Eval {
    /// Queries, one a line: `query_id<TAB>text`.
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Judgements in TREC form, `query_id 0 product_id grade`, or a sheet of `endcap judge`, which has queries of its own.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["sessions", "last_days", "tastes", "next_item", "basket"])]
    qrels: Option<PathBuf>,
    #[command(flatten)]
    sessions: Sessions,
    #[command(flatten)]
    tastes: Tastes,
    #[command(flatten)]
    next_item: NextItems,
    /// Run every query for this many random shoppers too, and say what their tastes cost.
    #[arg(long, value_name = "COUNT", requires = "qrels", value_parser = clap::value_parser!(u32).range(1..))]
    random_profiles: Option<u32>,
    /// Other numbers give other random shoppers.
    #[arg(long, default_value_t = 1, requires = "random_profiles")]
    seed: u64,
    /// Print means and every query's figures as JSON.
    #[arg(long)]
    json: bool,
    /// Rank by this recipe of `index/ranking.toml`; that of the search page when not said.
    #[arg(long, requires = "qrels")]
    recipe: Option<String>,
    /// Compare with this: another recipe's name, another ranking file, or another shop directory.
    #[arg(
        long,
        value_name = "RECIPE|FILE|DIR",
        requires = "qrels",
        conflicts_with = "random_profiles"
    )]
    against: Option<String>,
    /// How many of the queries that moved most are shown.
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "against")]
    moved: usize,
    /// Mistype every query in one or two places, at random from this seed, and say how much of the figures is kept.
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
        if let Some(outcome) = self.next_item.run(self.json) {
            return outcome;
        }
        let Some(qrels) = &self.qrels else {
            let reason = "give --queries and --qrels, --sessions, --last-days, --tastes, --next-item or --basket";
            return Err(CliError::Usage(reason.into()));
        };
        let (judged, problems) = Judged::read(self.queries.as_deref(), qrels)?;
        let Judged {
            mut queries,
            judgements,
        } = judged;
        let mut as_meant = None;
        if let Some(seed) = self.typos {
            let mistyped = mistyped(&queries, seed);
            as_meant = Some(std::mem::replace(&mut queries, mistyped));
        }
        if let Some(profiles) = self.random_profiles {
            let shoppers = RandomShoppers {
                profiles: profiles as usize,
                seed: self.seed,
                impact: self.sessions.impact,
            };
            guarded::guard_report(paths, &queries, &judgements, shoppers, self.json)?;
            return Ok(outcome(&problems));
        }
        let asked = Judged {
            queries,
            judgements,
        };
        self.measure(paths, &asked, as_meant)?;
        Ok(outcome(&problems))
    }

    fn measure(
        &self,
        paths: &ShopPaths,
        judged: &Judged,
        as_meant: Option<Queries>,
    ) -> Result<(), CliError> {
        let this = self.contender(paths)?;
        let report = judged.ask(&this)?;
        if let Some(other) = &self.against {
            let other = contender(paths, &this, other, "--against")?;
            let others = judged.ask(&other)?;
            let judgements = &judged.judgements;
            let sides = ((&this, &report), (&other, &others));
            let comparison = compare(sides.0, sides.1, judgements, self.moved);
            if self.json {
                return print_json(&comparison);
            }
            against::print(&comparison);
            return Ok(());
        }
        if let Some(queries) = as_meant {
            let judgements = judged.judgements.clone();
            let as_meant = Judged {
                queries,
                judgements,
            };
            let report = compare_typos(report, &as_meant.ask(&this)?);
            if self.json {
                return print_json(&report);
            }
            print_report(&report.mistyped, self.summary);
            print_kept(&report);
            return Ok(());
        }
        if self.json {
            return print_json(&report);
        }
        print_report(&report, self.summary);
        Ok(())
    }

    /// The shop as the other arguments say.
    fn contender(&self, paths: &ShopPaths) -> Result<Contender, CliError> {
        let engine = Arc::new(open_without_shoppers(paths)?);
        let recipe = self.recipe.as_deref().unwrap_or(DEFAULT_RECIPE);
        Ok(Contender {
            name: format!("recipe `{recipe}`"),
            snapshot: engine.snapshot(),
            engine,
            recipe: self.recipe.clone(),
            spelling: if self.no_spelling {
                Spelling::AsTyped
            } else {
                Spelling::Corrected
            },
            now: now(),
        })
    }
}

/// Queries and what was judged of them.
pub(super) struct Judged {
    pub(super) queries: Queries,
    pub(super) judgements: Judgements,
}

impl Judged {
    /// Reads judgements with their queries, or a sheet, of which queries that are given are a choice.
    pub(super) fn read(
        queries: Option<&Path>,
        qrels: &Path,
    ) -> Result<(Judged, Vec<Problem>), CliError> {
        let file = |error| CliError::file(qrels, error);
        let is_sheet = Sheet::is_one(qrels).map_err(file)?;
        let given = match queries {
            Some(path) => Some(read_queries(path).map_err(|error| CliError::file(path, error))?),
            None if is_sheet => None,
            None => return Err(CliError::Usage("give the queries with --queries".into())),
        };
        let (given, mut problems) = given.map_or((None, Vec::new()), |(given, problems)| {
            (Some(given), problems)
        });
        if !is_sheet {
            let (judgements, more) = read_qrels(qrels).map_err(file)?;
            problems.extend(more);
            let queries = given.unwrap_or_default();
            return Ok((
                Judged {
                    queries,
                    judgements,
                },
                problems,
            ));
        }
        let (sheet, more) = Sheet::read(qrels).map_err(file)?;
        problems.extend(more);
        let name = qrels.file_name().unwrap_or_default().to_string_lossy();
        let (mut queries, judgements, more) = sheet.judgements(&name);
        problems.extend(more);
        if let Some(given) = given {
            queries.retain(|(_, text)| given.iter().any(|(_, own)| own == text));
        }
        Ok((
            Judged {
                queries,
                judgements,
            },
            problems,
        ))
    }

    fn ask(&self, contender: &Contender) -> Result<Report, CliError> {
        let bar = ProgressBar::new(self.queries.len() as u64);
        let progress = |done| bar.set_position(done as u64);
        let report = evaluate(contender, &self.queries, &self.judgements, progress)?;
        bar.finish_and_clear();
        Ok(report)
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
    let mut row = |name: String, cells: [String; 4]| {
        table.add_row([vec![name, String::new()], cells.to_vec()].concat());
    };
    row(
        format!("mean of {} queries", report.queries),
        report.mean.all().map(figure),
    );
    row("95 % interval".into(), report.intervals.all().map(range));
    println!("{table}");
    println!("{} queries found nothing", report.queries_without_results);
    if report.queries_without_relevant > 0 {
        println!(
            "{} queries without a relevant product were left out",
            report.queries_without_relevant
        );
    }
}

fn print_kept(report: &TypoReport) {
    let [ndcg, condensed, ..] = report.kept.all();
    for (name, kept) in [("ndcg@10", ndcg), ("condensed", condensed)] {
        println!(
            "kept of what they are without typos: {:.1} % of {name} ({:.1} to {:.1})",
            100.0 * kept.value,
            100.0 * kept.interval.low,
            100.0 * kept.interval.high
        );
    }
}

fn figure(figure: f64) -> String {
    format!("{figure:.3}")
}

fn range(interval: Interval) -> String {
    format!("{}–{}", figure(interval.low), figure(interval.high))
}
