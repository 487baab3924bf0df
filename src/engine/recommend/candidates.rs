//! Candidates of a list: what models find, what rules bring in, and what must not be among them.

use std::collections::hash_map::Entry;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::shoppers::Visitor;
use super::super::{EngineError, Snapshot};
use super::Recommending;
use crate::catalog::filter::Predicate;
use crate::catalog::schema::Role;
use crate::journal::EventKind;
use crate::ranking::Taste;
use crate::recommendations::{self, Known, List, Model, Reason, Start, Suggested};
use crate::retrieval::{self, Candidate, Features, Plan, SoldOut};
use crate::shoppers::words::PRODUCT;
use crate::shoppers::{Demand, Neighbours, Words};

/// Products that the slot must not show: those it starts from, those in other slots, those that the shopper dismissed or
/// gave back, and for some lists what they bought.
pub(super) fn barred(
    snapshot: &Snapshot,
    asking: &Recommending,
    list: List,
    visitor: &Visitor<'_>,
    elsewhere: &FxHashSet<String>,
) -> FxHashSet<u32> {
    let columns = &snapshot.catalog.columns;
    let named = asking.products.iter().chain(elsewhere);
    let mut barred: FxHashSet<u32> = named.filter_map(|id| columns.ordinal(id)).collect();
    let (Some(shoppers), Some(profile)) = (visitor.shoppers, &visitor.profile) else {
        return barred;
    };
    let words = shoppers.words();
    let recent = profile.recent().iter();
    let bought = recent
        .filter(|recent| list.leaves_out_bought() && recent.kind == EventKind::Purchase)
        .map(|recent| recent.product);
    let settings = &snapshot.recipes.affinity;
    let evidence = profile.evidence(&words, settings, PRODUCT, asking.request.now);
    let disliked = evidence.into_iter().filter(|(_, evidence)| *evidence < 0.0);
    let disliked = disliked.map(|(word, _)| word);
    let all = profile.dismissed().chain(bought).chain(disliked);
    barred.extend(all.filter_map(|word| columns.ordinal(words.value(word))));
    barred
}

/// What candidates are looked for with.
pub(super) struct Search<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) asking: &'s Recommending,
    pub(super) list: List,
    pub(super) visitor: &'s Visitor<'s>,
    pub(super) taste: &'s Taste<'s>,
    pub(super) plan: &'s Plan,
    pub(super) barred: FxHashSet<u32>,
    pub(super) now: Timestamp,
}

/// What was found.
pub(super) struct Found {
    pub(super) candidates: Vec<Candidate>,
    /// For each of the plan's inclusions, which product it came to.
    pub(super) included: Vec<Option<u32>>,
    pub(super) reasons: FxHashMap<u32, Reason>,
}

impl Search<'_> {
    pub(super) fn find(&self, enough: usize) -> Result<Found, EngineError> {
        let mut suggested = self.suggested(enough);
        if suggested.len() < enough && !self.list.is_factual() {
            self.fill_up(&mut suggested, enough)?;
        }
        let mut candidates: Vec<Candidate> =
            suggested.iter().map(|of| self.candidate(of)).collect();
        let mut reasons: FxHashMap<u32, Reason> = FxHashMap::default();
        reasons.extend(suggested.iter().map(|of| (of.product, of.reason)));
        let included = self.included();
        for product in included.iter().flatten() {
            if let Entry::Vacant(new) = reasons.entry(*product) {
                let brought = brought(*product);
                new.insert(brought.reason);
                candidates.push(Candidate {
                    matches: false,
                    ..self.candidate(&brought)
                });
            }
        }
        Ok(Found {
            candidates,
            included,
            reasons,
        })
    }

    fn suggested(&self, enough: usize) -> Vec<Suggested> {
        let columns = &self.snapshot.catalog.columns;
        let products = self.asking.products.iter();
        let start = Start {
            products: products.filter_map(|id| columns.ordinal(id)).collect(),
        };
        let Some(shoppers) = self.visitor.shoppers else {
            return self.without_shoppers(&start, enough);
        };
        let category = self.snapshot.catalog.schema.role(Role::Category);
        let categories = category.map_or_else(Vec::new, |of| self.taste.leant_to(of));
        let known = Known {
            shelf: self.snapshot.shelf(),
            shelves: self.snapshot.shelves(),
            tiers: self.snapshot.price_tiers(),
            words: &shoppers.words(),
            demand: &shoppers.demand(),
            neighbours: &shoppers.neighbours(),
            profile: self.visitor.profile.as_deref(),
            person: self.visitor.person,
            categories: &categories,
            now_ms: self.now.as_millisecond(),
        };
        recommendations::suggest(&known, self.list, &start, enough, |own| self.pass(own))
    }

    /// A shop that is read without its shoppers knows what its catalog says.
    fn without_shoppers(&self, start: &Start, enough: usize) -> Vec<Suggested> {
        let known = Known {
            shelf: self.snapshot.shelf(),
            shelves: self.snapshot.shelves(),
            tiers: self.snapshot.price_tiers(),
            words: &Words::default(),
            demand: &Demand::default(),
            neighbours: &Neighbours::new(0),
            profile: None,
            person: None,
            categories: &[],
            now_ms: self.now.as_millisecond(),
        };
        recommendations::suggest(&known, self.list, start, enough, |own| self.pass(own))
    }

    /// Whatever else the filters let through, when models found too little.
    fn fill_up(&self, suggested: &mut Vec<Suggested>, enough: usize) -> Result<(), EngineError> {
        let mut plan = Plan {
            included: Vec::new(),
            candidates_max: enough,
            sold_out: if self.asking.sold_out {
                SoldOut::Sink
            } else {
                SoldOut::Hide
            },
            ..self.plan.clone()
        };
        plan.suppressed.extend(&self.barred);
        plan.suppressed
            .extend(suggested.iter().map(|of| of.product));
        let catalog = &self.snapshot.catalog;
        let fetched = retrieval::fetch(&catalog.text, &catalog.columns, &plan)?;
        suggested.extend(fetched.candidates.iter().map(|of| Suggested {
            product: of.ordinal,
            strength: 1e-3,
            reason: Reason {
                model: Model::Anything,
                with: None,
                times: 0,
            },
        }));
        Ok(())
    }

    /// Which of some products may be shown.
    fn pass(&self, products: &[u32]) -> Vec<bool> {
        let columns = &self.snapshot.catalog.columns;
        let predicate = Predicate::bind(&self.plan.filter, columns);
        let mut pass = predicate.hold_for_some(columns, products);
        for (product, pass) in products.iter().zip(&mut pass) {
            *pass = *pass
                && !self.plan.suppressed.contains(product)
                && !columns.is_gone(*product)
                && !self.barred.contains(product)
                && (self.asking.sold_out || !columns.sold_out(*product));
        }
        pass
    }

    /// Which product each inclusion comes to: the first that passes.
    fn included(&self) -> Vec<Option<u32>> {
        let mut taken: Vec<u32> = Vec::new();
        let mut included = Vec::new();
        for alternatives in &self.plan.included {
            let pass = self.pass(alternatives);
            let mut passing = alternatives.iter().zip(pass);
            let first = passing.find(|(product, pass)| *pass && !taken.contains(product));
            let first = first.map(|(product, _)| *product);
            taken.extend(first);
            included.push(first);
        }
        included
    }

    fn candidate(&self, suggested: &Suggested) -> Candidate {
        Candidate {
            ordinal: suggested.product,
            sold_out: self.snapshot.catalog.columns.sold_out(suggested.product),
            matches: true,
            features: Features {
                bm25: suggested.strength as f32,
                coverage: 1.0,
                ..Features::default()
            },
        }
    }
}

/// A product that a rule brings in.
fn brought(product: u32) -> Suggested {
    Suggested {
        product,
        strength: 1e-3,
        reason: Reason {
            model: Model::Rule,
            with: None,
            times: 0,
        },
    }
}
