//! Judged queries in, metrics out: how good the plain order is. Logged searches in, reports out: what drafts of rules
//! and synonyms would change, and what those in force were used for.

mod backtest;
mod baskets;
mod clicks;
mod comparison;
mod guard;
pub mod intervals;
mod judged;
mod judgements;
mod metrics;
mod next_item;
mod searches;
mod session_files;
mod sessions;
mod sheet;
mod tastes;
#[cfg(test)]
mod tests;
mod typos;
mod usage;
mod vocabulary;

pub use backtest::{BackTest, BeforeAfter, Example, MEASURED_QUERIES_MAX, back_test};
pub use baskets::{Completed, bought_together, complete};
pub use clicks::{ClickModel, Expected, looks};
pub use comparison::{Comparison, Moved, MovedProduct, Side, TypoReport, compare, compare_typos};
pub use guard::{Guard, GuardError, RandomShoppers, guard};
pub use judged::{Contender, Metrics, QueryMetrics, Report, evaluate};
pub use judgements::{Judgements, Queries, read_qrels, read_queries};
pub use metrics::{condensed, judged_at, ndcg_at, recall_at};
pub use next_item::{Foretold, foretell, learned, tuned};
pub use searches::{DAYS, Searched, Searches};
pub use session_files::{Items, NextItem, SessionLists, read_next_items, read_session_lists};
pub use sessions::{Orders, SessionsError, SessionsReport, replay_sessions};
pub use sheet::{BEST_GRADE, Sheet, SheetRow, pool};
pub use tastes::{KnownTaste, Liked, Suited, TastesReport, judge_tastes, read_tastes};
pub use typos::mistyped;
pub use usage::{Usage, Use, usage};
pub use vocabulary::{
    Fruitless, SuggestedSynonym, Suggestions, SynonymTest, suggested_synonyms, synonym_test,
};
