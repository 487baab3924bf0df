//! Why a rule held or not, and what each rule that held changed: the page with it beside the page without it.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::{Engine, EngineError, Page, Request};
use crate::merchandising::Idle;

/// What becomes of at most this many rules is measured by leaving each out in turn.
const MEASURED_RULES_MAX: usize = 50;

/// Every rule that was considered for a request.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Trace {
    pub query: String,
    /// The corrected query, when it was corrected.
    pub spelling: Option<String>,
    pub total: usize,
    /// Those that held in their order of precedence, then the others in the order of files, then those that are switched
    /// off or cannot be read.
    pub rules: Vec<RuleTrace>,
}

/// What became of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RuleTrace {
    pub name: String,
    pub file: String,
    pub line: u64,
    pub held: bool,
    /// Why it did not hold, or what of it could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The only condition that fails, when there is only one: a near miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_hold_without: Option<String>,
    /// This is its last good version: why what is written now cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated: Option<String>,
    /// What it does, in words.
    pub does: Vec<String>,
    /// What it changed on this page: places with all rules beside places without this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Change>,
}

/// A product and where it stands with and without something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Change {
    pub product: String,
    /// Without it; nothing when it is not on the page.
    pub without: Option<usize>,
    pub with: Option<usize>,
}

impl Engine {
    /// Considers every rule for a request and says what became of each.
    pub fn trace(&self, request: &Request) -> Result<Trace, EngineError> {
        let snapshot = self.snapshot();
        let request = Request {
            explain: true,
            ..request.clone()
        };
        let page = self.search_under(&snapshot, &snapshot.rules, &request)?;
        let unexplained = Request {
            explain: false,
            ..request
        };
        let mut rules = Vec::with_capacity(page.rules.len());
        let known = snapshot.rules.rules.iter().rev();
        let known: FxHashMap<&str, _> = known.map(|rule| (rule.name.as_str(), rule)).collect();
        for (number, report) in page.rules.iter().enumerate() {
            let Some(rule) = known.get(report.name.as_str()) else {
                continue;
            };
            let changed = if report.held && number < MEASURED_RULES_MAX {
                let others = snapshot.rules.without(&report.name);
                let without = self.search_under(&snapshot, &others, &unexplained)?;
                changes(&without, &page)
            } else {
                Vec::new()
            };
            rules.push(RuleTrace {
                name: report.name.clone(),
                file: rule.file.to_string(),
                line: rule.line,
                held: report.held,
                reason: report.reason.clone(),
                would_hold_without: report.would_hold_without.clone(),
                outdated: rule.outdated.clone(),
                does: rule.then.told.clone(),
                changed,
            });
        }
        rules.extend(snapshot.rules.idle.iter().map(RuleTrace::of_idle));
        Ok(Trace {
            query: page.query,
            spelling: page.understood.spelling,
            total: page.total,
            rules,
        })
    }
}

impl RuleTrace {
    fn of_idle(idle: &Idle) -> RuleTrace {
        RuleTrace {
            name: idle.name.clone(),
            file: idle.file.to_string(),
            line: idle.line,
            held: false,
            reason: Some(idle.reason.clone()),
            would_hold_without: None,
            outdated: None,
            does: Vec::new(),
            changed: Vec::new(),
        }
    }
}

/// Products that stand elsewhere on one page than on another, in the order of the second, then those that are gone.
pub fn changes(without: &Page, with: &Page) -> Vec<Change> {
    let place = |page: &Page, id: &str| {
        let mut hits = page.hits.iter();
        hits.find(|hit| hit.id == id).map(|hit| hit.position)
    };
    let gone = without
        .hits
        .iter()
        .filter(|hit| place(with, &hit.id).is_none());
    let all = with.hits.iter().chain(gone).map(|hit| Change {
        product: hit.id.clone(),
        without: place(without, &hit.id),
        with: place(with, &hit.id),
    });
    all.filter(|change| change.without != change.with).collect()
}
