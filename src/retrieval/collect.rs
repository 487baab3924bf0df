//! One pass over everything that matches: filter, count, keep the best.

use super::block::Block;
use super::bm25::Lengths;
use super::called::AskedFor;
use super::facets::Facet;
use super::features::Look;
use super::matching::match_units;
use super::text_index::TextIndex;
use super::top::Top;
use super::weights::UnitWeights;
use super::{Candidate, Candidates, Counting, Features, Order, Plan, SoldOut, UNITS_MAX};
use crate::catalog::columns::Columns;
use crate::catalog::filter::{Filter, Predicate};

pub(super) fn fetch_all(
    index: &TextIndex,
    columns: &Columns,
    plans: &[Plan],
) -> tantivy::Result<Vec<Candidates>> {
    let Some(first) = plans.first() else {
        return Ok(Vec::new());
    };
    let weights = UnitWeights::new(index, &first.units);
    let asked_for = AskedFor::new(index, first);
    let of = |plan| Collector::new(columns, plan, &weights, &asked_for);
    let mut collectors: Vec<Collector<'_>> = plans.iter().map(of).collect();
    let resolve = collectors.iter_mut().map(Collector::resolve_inclusions);
    let included: Vec<Vec<Option<u32>>> = resolve.collect();
    let mut kind = Vec::new();
    if first.units.is_empty() {
        collectors.iter_mut().for_each(Collector::visit_everything);
    } else {
        let lengths = Lengths::new(index.average_words);
        let (mut matched, mut block) = (Block::default(), Block::default());
        let (matches, all_units) =
            match_units(index, &first.units, first.head, first.matches_enough)?;
        if all_units {
            kind = asked_for.some_of(&matches);
        }
        for mut matches in matches {
            while matches.next(&mut matched) {
                for collector in &mut collectors {
                    block.set_to(&matched);
                    collector.select(&mut block);
                    if collector.keeps_any() {
                        matches.score(&lengths, &mut block);
                        collector.keep(&block);
                    }
                }
            }
        }
        collectors.iter_mut().for_each(Collector::visit_missing);
    }
    let finished = collectors.into_iter().zip(included);
    let candidates = finished.map(|(own, included)| own.finish(index, &kind, included));
    Ok(candidates.collect())
}

/// When those are chosen that are looked at closely, products that are called what was asked for match this many times
/// better.
const CALLED: f32 = 2.0;

/// A product that matches, and how.
#[derive(Debug, Clone, Copy)]
struct Found {
    ordinal: u32,
    /// Sum of the BM25 scores of the units it matches.
    score: f32,
    /// Bit `i` is set when unit `i` matches.
    units: u32,
}

struct Collector<'c> {
    columns: &'c Columns,
    plan: &'c Plan,
    weights: &'c UnitWeights,
    asked_for: &'c AskedFor,
    facets: Vec<Facet<'c>>,
    /// What must hold for a product to be counted anywhere.
    base: Predicate<'c>,
    /// A facet's own choice: it does not shrink that facet's counts.
    choices: Vec<(usize, Predicate<'c>)>,
    /// Variants of one product may differ in what passes or is counted.
    per_variant: bool,
    included: Vec<u32>,
    pinned: Vec<Found>,
    top: Top<Found>,
    total: usize,
    /// A product that was not brought in matches fewer words than were asked for.
    relaxed: bool,
    /// Units that some product has.
    units_found: u32,
}

impl<'c> Collector<'c> {
    fn new(
        columns: &'c Columns,
        plan: &'c Plan,
        weights: &'c UnitWeights,
        asked_for: &'c AskedFor,
    ) -> Self {
        let mut facets: Vec<Facet<'c>> = Vec::new();
        for attribute in &plan.facets {
            if facets.iter().all(|facet| facet.attribute() != *attribute) {
                facets.push(Facet::new(columns, *attribute, plan.counting));
            }
        }
        let mut base: Vec<Filter> = Vec::new();
        let mut choices: Vec<(usize, Vec<Filter>)> = Vec::new();
        let is_counted_apart = plan.counting == Counting::Choices;
        for part in plan.filter.clone().into_conjuncts() {
            let choice = part.choice_of().filter(|_| is_counted_apart);
            let facet = choice.and_then(|attribute| {
                facets
                    .iter()
                    .position(|facet| facet.attribute() == attribute)
            });
            match facet {
                None => base.push(part),
                Some(facet) => match choices.iter_mut().find(|(own, _)| *own == facet) {
                    Some((_, parts)) => parts.push(part),
                    None => choices.push((facet, vec![part])),
                },
            }
        }
        let bind = |parts| Predicate::bind(&Filter::All(parts), columns);
        let base = bind(base);
        let choices: Vec<(usize, Predicate)> = choices
            .into_iter()
            .map(|(facet, parts)| (facet, bind(parts)))
            .collect();
        let per_variant = base.per_variant()
            || choices.iter().any(|(_, choice)| choice.per_variant())
            || facets.iter().any(Facet::per_variant);
        Collector {
            columns,
            plan,
            weights,
            asked_for,
            facets,
            base,
            choices,
            per_variant,
            included: Vec::new(),
            pinned: Vec::new(),
            top: Top::new(plan.candidates_max),
            total: 0,
            relaxed: false,
            units_found: 0,
        }
    }

    /// Whether anything that is found matters beyond being counted.
    fn keeps_any(&self) -> bool {
        self.plan.candidates_max > 0 || !self.included.is_empty()
    }

    /// `kind` are products of the catalog that are what was asked for.
    fn finish(self, index: &TextIndex, kind: &[u32], included: Vec<Option<u32>>) -> Candidates {
        let (plan, columns) = (self.plan, self.columns);
        // A shopper's own sort asks nothing of what a product says.
        let is_looked_at = plan.order == Order::Relevance && plan.candidates_max > 0;
        let look = is_looked_at.then(|| Look::new(index, plan, self.weights));
        let mut counts = Vec::new();
        let mut kept = self.pinned;
        kept.extend(self.top.into_sorted());
        let products: Vec<u32> = kept.iter().map(|found| found.ordinal).collect();
        if let Some(look) = &look {
            look.approach(&products);
        }
        let candidates = kept.into_iter().map(|found| Candidate {
            ordinal: found.ordinal,
            sold_out: columns.sold_out(found.ordinal),
            matches: found.units != 0 || plan.units.is_empty(),
            features: look.as_ref().map_or_else(Features::default, |look| {
                look.features(found.ordinal, found.units, &mut counts)
            }),
        });
        let mut candidates: Vec<Candidate> = candidates.collect();
        if let Some(head) = plan.head.filter(|_| look.is_some()) {
            let share = self.weights.coverage(1 << head);
            index.marks.compare(kind, &mut candidates, share);
        }
        Candidates {
            total: self.total,
            candidates,
            included,
            facets: self.facets.into_iter().map(Facet::finish).collect(),
            relaxed: self.relaxed,
            units_found: self.units_found,
        }
    }

    /// Which product each inclusion comes to: the first that passes the filter and can be bought.
    fn resolve_inclusions(&mut self) -> Vec<Option<u32>> {
        let passes = |product: &u32| {
            !self.plan.suppressed.contains(product)
                && !self.columns.sold_out(*product)
                && self
                    .columns
                    .variants_of(*product)
                    .any(|variant| self.passes(*product, variant))
        };
        let mut taken: Vec<u32> = Vec::new();
        let mut resolved = Vec::with_capacity(self.plan.included.len());
        for alternatives in &self.plan.included {
            let first = alternatives
                .iter()
                .copied()
                .find(|product| !taken.contains(product) && passes(product));
            taken.extend(first);
            resolved.push(first);
        }
        self.included = taken;
        resolved
    }

    fn passes(&self, product: u32, variant: u32) -> bool {
        self.base.holds(product, variant)
            && self
                .choices
                .iter()
                .all(|(_, choice)| choice.holds(product, variant))
    }

    /// Every product of the catalog, nobody having asked for words.
    fn visit_everything(&mut self) {
        let products = self.columns.products();
        for first in (0..products).step_by(Block::PRODUCTS) {
            let end = products.min(first + Block::PRODUCTS as u32);
            let there = |product: &u32| !self.columns.is_gone(*product);
            self.visit_without_words((first..end).filter(there).collect());
        }
    }

    /// The inclusions that the words did not find.
    fn visit_missing(&mut self) {
        let is_missing = |product: &u32| self.pinned.iter().all(|found| found.ordinal != *product);
        let missing = self.included.iter().copied().filter(is_missing).collect();
        self.visit_without_words(missing);
    }

    fn visit_without_words(&mut self, ordinals: Vec<u32>) {
        let mut block = Block::without_words(ordinals);
        self.select(&mut block);
        self.keep(&block);
    }

    /// Leaves the products that pass, and counts them.
    fn select(&mut self, block: &mut Block) {
        self.leave_out(block);
        if self.per_variant {
            let products = std::mem::take(&mut block.ordinals);
            let passing: Vec<bool> = products
                .iter()
                .map(|product| self.count_variants(*product))
                .collect();
            block.ordinals = products;
            block.retain(&passing);
        } else {
            self.count_products(block);
        }
        self.total += block.ordinals.len();
    }

    /// Leaves out what must not appear.
    fn leave_out(&self, block: &mut Block) {
        let hides = self.plan.sold_out == SoldOut::Hide;
        if !hides && self.plan.suppressed.is_empty() {
            return;
        }
        let may_appear = |product: &u32| {
            let hidden = hides && self.columns.sold_out(*product);
            !hidden && !self.plan.suppressed.contains(product)
        };
        let may_appear: Vec<bool> = block.ordinals.iter().map(may_appear).collect();
        block.retain(&may_appear);
    }

    /// Keeps the best of a block that is scored.
    fn keep(&mut self, block: &Block) {
        let asked = self.plan.units.len().min(UNITS_MAX) as u32;
        let every_unit = u32::MAX.checked_shr(u32::BITS - asked).unwrap_or_default();
        let scored = block.scores.iter().zip(&block.units);
        for (ordinal, (score, units)) in block.ordinals.iter().zip(scored) {
            let found = Found {
                ordinal: *ordinal,
                score: *score,
                units: *units,
            };
            if !self.included.is_empty() && self.included.contains(ordinal) {
                self.pinned.push(found);
                continue;
            }
            self.relaxed |= *units != every_unit;
            self.units_found |= *units;
            let Some(key) = self.key(&found) else {
                continue;
            };
            self.top.push(key, *ordinal, found);
        }
    }

    /// Higher comes first; `None` for what cannot be among the best. A shopper's own sort is obeyed to the letter;
    /// otherwise what is sold out sinks.
    #[inline]
    fn key(&self, found: &Found) -> Option<f64> {
        const SOLD_OUT: f64 = 1e9;
        /// Shares are rounded, so that they may come to a little more than 1.
        const COVERAGE_MAX: f64 = 1.001;
        if let Order::By {
            attribute,
            descending,
        } = self.plan.order
        {
            return Some(self.sort_key(attribute, descending, found.ordinal));
        }
        let possible = |key: f64| self.top.may_keep(key, found.ordinal);
        if !possible(f64::from(found.score * CALLED) * COVERAGE_MAX) {
            return None;
        }
        let is_called = self.asked_for.contains(found.ordinal);
        let called = if is_called { CALLED } else { 1.0 };
        let key = f64::from(found.score * self.weights.coverage(found.units) * called);
        if !possible(key) {
            return None;
        }
        let sinks = self.plan.sold_out == SoldOut::Sink && self.columns.sold_out(found.ordinal);
        Some(if sinks { key - SOLD_OUT } else { key })
    }

    /// Leaves those that pass and counts them; for when variants do not matter.
    fn count_products(&mut self, block: &mut Block) {
        let passes = self.base.hold(&block.ordinals);
        block.retain(&passes);
        if self.choices.is_empty() {
            for facet in &mut self.facets {
                facet.count_products(&block.ordinals);
            }
            return;
        }
        let choices = self.choices.iter();
        let held: Vec<(usize, Vec<bool>)> = choices
            .map(|(facet, choice)| (*facet, choice.hold(&block.ordinals)))
            .collect();
        for (facet, counter) in self.facets.iter_mut().enumerate() {
            // A facet's own choice does not shrink its counts.
            let others = held.iter().filter(|(own, _)| *own != facet);
            let passes = all_hold(others, block.ordinals.len());
            let passing = block.ordinals.iter().zip(passes);
            let passing: Vec<u32> = passing
                .filter_map(|(product, passes)| passes.then_some(*product))
                .collect();
            counter.count_products(&passing);
        }
        block.retain(&all_hold(held.iter(), block.ordinals.len()));
    }

    fn count_variants(&mut self, product: u32) -> bool {
        let variants = self.columns.variants_of(product);
        let mut passes = false;
        for variant in variants {
            let counted = match self.failing(product, variant) {
                Failing::None => {
                    passes = true;
                    0..self.facets.len()
                }
                Failing::Choice(facet) => facet..facet + 1,
                Failing::More => continue,
            };
            for facet in &mut self.facets[counted] {
                facet.count_variant(product, variant);
            }
        }
        self.facets.iter_mut().for_each(Facet::end_product);
        passes
    }

    #[inline]
    fn failing(&self, product: u32, variant: u32) -> Failing {
        if !self.base.holds(product, variant) {
            return Failing::More;
        }
        let mut failing = Failing::None;
        for (facet, choice) in &self.choices {
            if !choice.holds(product, variant) {
                failing = match failing {
                    Failing::None => Failing::Choice(*facet),
                    Failing::Choice(_) | Failing::More => return Failing::More,
                };
            }
        }
        failing
    }

    /// The value a product is sorted by, its variants' lowest, or highest when `descending`; higher comes first.
    fn sort_key(&self, attribute: usize, descending: bool, product: u32) -> f64 {
        let Some(column) = self.columns.column(attribute) else {
            return f64::NEG_INFINITY;
        };
        // Codes compare as values do.
        let codes = self.columns.codes_of(column, product);
        if descending {
            codes.max().map_or(f64::NEG_INFINITY, f64::from)
        } else {
            codes
                .min()
                .map_or(f64::NEG_INFINITY, |code| -f64::from(code))
        }
    }
}

/// By product: whether all of these choices hold.
fn all_hold<'h>(
    choices: impl Iterator<Item = &'h (usize, Vec<bool>)>,
    products: usize,
) -> Vec<bool> {
    let mut all = vec![true; products];
    for (_, held) in choices {
        all.iter_mut()
            .zip(held)
            .for_each(|(all, held)| *all &= held);
    }
    all
}

/// Which conditions a row fails.
enum Failing {
    None,
    /// Only the own choice of this facet.
    Choice(usize),
    More,
}
