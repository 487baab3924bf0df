//! How good the shop's data is: what is wrong with it, what that costs, how to mend it, and what it is good enough for.

mod codes;
mod events;
mod products;
mod report;
#[cfg(test)]
mod tests;
mod tiers;
mod values;

use serde::Serialize;

use crate::engine::Engine;
use crate::journal::JournalError;

pub use report::html;
pub use tiers::{Tier, Tiers};

/// At most this many examples of a finding.
pub const EXAMPLES_MAX: usize = 5;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Shoppers see it, or find nothing because of it.
    Error,
    /// It makes the shop worse than it need be.
    Warning,
    /// Good to know.
    Note,
}

/// One thing that is wrong with the data.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Finding {
    pub weight: Weight,
    /// Stable; such as `missing`, `alike`, `gtin`.
    pub kind: &'static str,
    /// The attribute it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// What is wrong.
    pub what: String,
    /// How many products, values or events it concerns.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
    /// Ids of products, or values.
    pub examples: Vec<String>,
    /// What it costs.
    pub effect: &'static str,
    /// What to do.
    pub fix: &'static str,
}

/// How much of an attribute there is.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Coverage {
    pub attribute: String,
    /// Products that have a value.
    pub products: u64,
    /// Share of all products, 0 to 1.
    pub share: f64,
    /// Different values; absent for texts, which are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub different: Option<u64>,
}

/// The state of a shop's data.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Audit {
    pub generation: u64,
    pub products: u64,
    pub variants: u64,
    /// The gravest first, and of those what concerns most first.
    pub findings: Vec<Finding>,
    pub coverage: Vec<Coverage>,
    /// `None` when the events could not be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<events::EventCounts>,
    pub tiers: Tiers,
}

impl Audit {
    /// Whether anything is wrong that shoppers see.
    pub fn has_errors(&self) -> bool {
        let is_error = |finding: &Finding| finding.weight == Weight::Error;
        self.findings.iter().any(is_error)
    }
}

impl Finding {
    /// Share of what it was looked for in, 0 to 1.
    pub fn share(&self) -> f64 {
        self.count as f64 / self.of.max(1) as f64
    }
}

/// Looks at the live catalog and, when the shop is open with its shoppers, at their events.
///
/// # Errors
/// When the journal cannot be read.
pub fn audit(engine: &Engine) -> Result<Audit, JournalError> {
    let snapshot = engine.snapshot();
    let catalog = &snapshot.catalog;
    let seen = products::look(catalog);
    let (coverage, mut findings) = values::look(catalog, &seen);
    findings.extend(seen.findings(catalog));
    let events = match engine.shoppers() {
        Some(shoppers) => {
            let counts = events::count(shoppers, catalog)?;
            findings.extend(counts.findings());
            Some(counts)
        }
        None => None,
    };
    findings.sort_by(|left, right| {
        let by_share = right.share().total_cmp(&left.share());
        left.weight.cmp(&right.weight).then(by_share)
    });
    Ok(Audit {
        generation: catalog.generation,
        products: catalog.columns.products_there().into(),
        variants: catalog.columns.variants().into(),
        tiers: Tiers::of(catalog, &coverage, events.as_ref()),
        findings,
        coverage,
        events,
    })
}

/// Counts something and keeps the first examples of it.
#[derive(Debug, Default)]
struct Found {
    count: u64,
    examples: Vec<String>,
}

impl Found {
    fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < EXAMPLES_MAX {
            self.examples.push(example());
        }
    }
}
