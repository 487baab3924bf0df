//! `endcap eval --next-item` and `--basket`: how well sessions and baskets before foretell what comes next.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::output::print_json;
use super::{CliError, Outcome};
use crate::evaluation::{
    Completed, Foretold, Items, SessionLists, bought_together, complete, foretell, learned,
    read_next_items, read_session_lists, tuned,
};
use crate::shoppers::NeighbourSettings;

#[derive(clap::Args)]
pub(super) struct NextItems {
    /// What is to be foretold: `prefix<TAB>next` a line, or sessions as in `--train-sessions`.
    #[arg(long, value_name = "FILE", requires = "train_sessions", conflicts_with_all = ["queries", "qrels", "sessions", "last_days", "tastes"])]
    next_item: Option<PathBuf>,
    /// Baskets whose last product is to be found from the others: a table with columns for basket and item.
    #[arg(long, value_name = "FILE", requires = "train_sessions", conflicts_with_all = ["queries", "qrels", "sessions", "last_days", "tastes", "next_item"])]
    basket: Option<PathBuf>,
    /// Sessions or baskets to learn from: a table with columns for session, item and time, or one session a line.
    #[arg(long, value_name = "FILE")]
    train_sessions: Vec<PathBuf>,
    /// Choose settings by the latest tenth of the sessions to learn from.
    #[arg(long, requires = "train_sessions")]
    tune: bool,
    /// So many products at the top of a list count.
    #[arg(long, value_name = "K", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    at: u16,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    foretold: Foretold,
    sessions: usize,
    clicks: usize,
    products: usize,
    settings: Chosen,
}

/// The settings that may be tuned.
#[derive(Serialize)]
struct Chosen {
    fading_places: f64,
    near_places: f64,
    before: f64,
    rarity: f64,
    returns: f64,
}

impl NextItems {
    /// `None` when it is not asked for.
    pub(super) fn run(&self, as_json: bool) -> Option<Result<Outcome, CliError>> {
        match (&self.next_item, &self.basket) {
            (Some(file), _) => Some(self.report(file, as_json)),
            (None, Some(file)) => Some(self.report_baskets(file, as_json)),
            (None, None) => None,
        }
    }

    fn learned_from(&self, items: &mut Items) -> Result<SessionLists, CliError> {
        let mut sessions = SessionLists::new();
        for train in &self.train_sessions {
            let read = read_session_lists(train, items);
            sessions.extend(read.map_err(|error| CliError::file(train, error))?);
        }
        Ok(sessions)
    }

    fn report_baskets(&self, file: &Path, as_json: bool) -> Result<Outcome, CliError> {
        let mut items = Items::default();
        let demand = bought_together(&self.learned_from(&mut items)?);
        let baskets = read_session_lists(file, &mut items);
        let baskets = baskets.map_err(|error| CliError::file(file, error))?;
        let bar = ProgressBar::new(baskets.len() as u64);
        let progress = |done| bar.set_position(done as u64);
        let completed = complete(&demand, &baskets, usize::from(self.at), progress);
        bar.finish_and_clear();
        if as_json {
            print_json(&completed)?;
        } else {
            print_completed(&completed);
        }
        Ok(Outcome::Done)
    }

    fn report(&self, file: &Path, as_json: bool) -> Result<Outcome, CliError> {
        let mut items = Items::default();
        let sessions = self.learned_from(&mut items)?;
        let guesses = read_next_items(file, &mut items);
        let guesses = guesses.map_err(|error| CliError::file(file, error))?;
        if guesses.is_empty() {
            let reason = "nothing is to be foretold: every session has but one product";
            return Err(CliError::file(file, reason));
        }
        let settings = self.settings(&sessions);
        let neighbours = learned(&sessions);
        let bar = ProgressBar::new(guesses.len() as u64);
        let at = usize::from(self.at);
        let progress = |done| bar.set_position(done as u64);
        let foretold = foretell(&neighbours, &guesses, &settings, at, progress);
        bar.finish_and_clear();
        let report = Report {
            foretold,
            sessions: sessions.len(),
            clicks: sessions.iter().map(Vec::len).sum(),
            products: neighbours.products(),
            settings: Chosen::of(&settings),
        };
        if as_json {
            print_json(&report)?;
        } else {
            print_report(&report);
        }
        Ok(Outcome::Done)
    }

    fn settings(&self, sessions: &SessionLists) -> NeighbourSettings {
        if !self.tune {
            return NeighbourSettings::THOROUGH;
        }
        let style = ProgressStyle::with_template("choosing settings {bar:40} {percent} %");
        let bar = ProgressBar::new(100);
        bar.set_style(style.expect("the template is well-formed"));
        let progress = |share: f64| bar.set_position((100.0 * share) as u64);
        let settings = tuned(sessions, NeighbourSettings::THOROUGH, progress);
        bar.finish_and_clear();
        settings
    }
}

impl Chosen {
    fn of(settings: &NeighbourSettings) -> Chosen {
        Chosen {
            fading_places: settings.fading_places,
            near_places: settings.near_places,
            before: settings.before,
            rarity: settings.rarity,
            returns: settings.returns,
        }
    }
}

fn print_report(report: &Report) {
    let (told, settings) = (&report.foretold, &report.settings);
    let at = told.at;
    println!(
        "{} guesses, learned from {} clicks on {} products in {} sessions",
        told.guesses, report.clicks, report.products, report.sessions
    );
    println!("             neighbours  most met");
    println!(
        "hr@{at:<10}{:>10.4}{:>10.4}",
        told.hit_rate, told.popular_hit_rate
    );
    println!("mrr@{at:<9}{:>10.4}{:>10.4}", told.mrr, told.popular_mrr);
    println!("coverage     {:>10.4}", told.coverage);
    println!("gini         {:>10.4}", told.gini);
    println!(
        "popularity   {:>10.4}  of what came next {:.4}",
        told.popularity, told.popularity_of_next
    );
    println!(
        "settings     fading_places {}, near_places {}, before {}, rarity {}, returns {}",
        settings.fading_places,
        settings.near_places,
        settings.before,
        settings.rarity,
        settings.returns
    );
}

fn print_completed(completed: &Completed) {
    let at = completed.at;
    println!("{} baskets without their last product", completed.baskets);
    println!("             complements  most bought");
    println!(
        "hr@{at:<10}{:>11.4}{:>13.4}",
        completed.hit_rate, completed.popular_hit_rate
    );
    println!(
        "mrr@{at:<9}{:>11.4}{:>13.4}",
        completed.mrr, completed.popular_mrr
    );
    println!("listed       {:>11.2}", completed.listed);
}
