//! One pass over everything that matches: filter, count, keep the best.

use super::bm25::rarity;
use super::facets::Facet;
use super::matching::{Match, match_units};
use super::text_index::TextIndex;
use super::top::Top;
use super::{Candidate, Candidates, Features, Order, Plan, SoldOut, UNITS_MAX};
use crate::catalog::columns::{Columns, Values};
use crate::catalog::filter::{Filter, Predicate};
use crate::query::Unit;

/// This many matches go through each step together.
const BLOCK_MATCHES: usize = 1_024;

pub(super) fn fetch(
    index: &TextIndex,
    columns: &Columns,
    plan: &Plan,
) -> tantivy::Result<Candidates> {
    let weights = UnitWeights::new(index, &plan.units);
    let mut collector = Collector::new(columns, plan, &weights);
    let included = collector.resolve_inclusions();
    if plan.units.is_empty() {
        collector.visit_all((0..columns.products()).map(Match::without_words));
    } else {
        let matches = match_units(index, &plan.units, plan.matches_enough)?;
        let mut missing = included.iter().flatten().copied().collect::<Vec<u32>>();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            for found in &matches {
                missing.retain(|ordinal| *ordinal != found.ordinal);
            }
        }
        collector.visit_all(matches.into_iter());
        collector.visit_all(missing.into_iter().map(Match::without_words));
    }
    let relaxed = collector.relaxed;
    let (total, kept, facets) = collector.finish();
    let mut candidates: Vec<Candidate> = Vec::with_capacity(kept.len());
    for found in kept {
        candidates.push(Candidate {
            ordinal: found.ordinal,
            sold_out: columns.sold_out(found.ordinal),
            features: weights.features(index, found),
        });
    }
    let facets = facets.into_iter().map(Facet::finish).collect();
    Ok(Candidates {
        total,
        candidates,
        included,
        facets,
        relaxed,
    })
}

struct Collector<'c> {
    columns: &'c Columns,
    plan: &'c Plan,
    weights: &'c UnitWeights,
    facets: Vec<Facet<'c>>,
    /// What must hold for a product to be counted anywhere.
    base: Predicate<'c>,
    /// A facet's own choice: it does not shrink that facet's counts.
    choices: Vec<(usize, Predicate<'c>)>,
    /// Variants of one product may differ in what passes or is counted.
    per_variant: bool,
    included: Vec<u32>,
    pinned: Vec<Match>,
    top: Top<Match>,
    total: usize,
    /// A product that was not brought in matches fewer words than were asked for.
    relaxed: bool,
}

impl<'c> Collector<'c> {
    fn new(columns: &'c Columns, plan: &'c Plan, weights: &'c UnitWeights) -> Self {
        let mut facets: Vec<Facet<'c>> = Vec::new();
        for attribute in &plan.facets {
            if facets.iter().all(|facet| facet.attribute() != *attribute) {
                facets.push(Facet::new(columns, *attribute));
            }
        }
        let mut base: Vec<Filter> = Vec::new();
        let mut choices: Vec<(usize, Vec<Filter>)> = Vec::new();
        for part in plan.filter.clone().into_conjuncts() {
            let facet = part.choice_of().and_then(|attribute| {
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
            facets,
            base,
            choices,
            per_variant,
            included: Vec::new(),
            pinned: Vec::new(),
            top: Top::new(plan.candidates_max),
            total: 0,
            relaxed: false,
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

    fn visit_all(&mut self, mut matches: impl Iterator<Item = Match>) {
        let mut block = Vec::with_capacity(BLOCK_MATCHES);
        loop {
            block.clear();
            block.extend(matches.by_ref().take(BLOCK_MATCHES));
            if block.is_empty() {
                return;
            }
            if self.plan.sold_out == SoldOut::Hide || !self.plan.suppressed.is_empty() {
                block.retain(|found| self.may_appear(found.ordinal));
            }
            if self.per_variant {
                block.retain(|found| self.count_variants(found.ordinal));
            } else if !self.choices.is_empty() {
                block.retain(|found| self.count_product(found.ordinal));
            } else {
                self.count_block(&mut block);
            }
            self.total += block.len();
            block.iter().for_each(|found| self.keep(*found));
        }
    }

    fn may_appear(&self, product: u32) -> bool {
        let hidden = self.plan.sold_out == SoldOut::Hide && self.columns.sold_out(product);
        !hidden && !self.plan.suppressed.contains(&product)
    }

    fn keep(&mut self, found: Match) {
        let product = found.ordinal;
        if !self.included.is_empty() && self.included.contains(&product) {
            self.pinned.push(found);
        } else {
            let units = self.plan.units.len().min(UNITS_MAX);
            self.relaxed |= (found.units.count_ones() as usize) < units;
            let sold_out = self.columns.sold_out(product);
            self.top.push(self.key(&found, sold_out), product, found);
        }
    }

    /// Leaves those that pass and counts them; for when no facet has a choice and no variant matters.
    fn count_block(&mut self, block: &mut Vec<Match>) {
        // One column after the other and without branches, so that many cells are fetched at a time.
        let mut passing = 0;
        for at in 0..block.len() {
            let found = block[at];
            block[passing] = found;
            // Nothing reads the variant here.
            passing += usize::from(self.base.holds(found.ordinal, u32::MAX));
        }
        block.truncate(passing);
        let products: Vec<u32> = block.iter().map(|found| found.ordinal).collect();
        for facet in &mut self.facets {
            facet.count_products(&products);
        }
    }

    fn count_product(&mut self, product: u32) -> bool {
        let variant = self.columns.variants_of(product).start;
        match self.failing(product, variant) {
            Failing::None => {
                self.facets
                    .iter_mut()
                    .for_each(|facet| facet.count(product));
                true
            }
            Failing::Choice(facet) => {
                self.facets[facet].count(product);
                false
            }
            Failing::More => false,
        }
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

    /// Higher comes first. A shopper's own sort is obeyed to the letter; otherwise what is sold out sinks.
    fn key(&self, found: &Match, sold_out: bool) -> f64 {
        const SOLD_OUT: f64 = 1e9;
        match self.plan.order {
            Order::Relevance => {
                let relevance = f64::from(found.score * self.weights.coverage(found.units));
                if sold_out && self.plan.sold_out == SoldOut::Sink {
                    relevance - SOLD_OUT
                } else {
                    relevance
                }
            }
            Order::By {
                attribute,
                descending,
            } => {
                let value = self.sort_value(attribute, found.ordinal, descending);
                value.map_or(
                    f64::NEG_INFINITY,
                    |value| if descending { value } else { -value },
                )
            }
        }
    }

    /// The value a product is sorted by: its variants' lowest, or highest when `descending`.
    fn sort_value(&self, attribute: usize, product: u32, descending: bool) -> Option<f64> {
        let column = self.columns.column(attribute)?;
        let rows = self.columns.rows_of(column.per_variant, product);
        let best = |a: f64, b: f64| if descending { a.max(b) } else { a.min(b) };
        match &column.values {
            Values::Numbers(cells) => rows.flat_map(|row| cells.of(row)).copied().reduce(best),
            Values::Words { codes, .. } => rows
                .flat_map(|row| codes.of(row))
                .map(|code| f64::from(*code))
                .reduce(best),
        }
    }

    fn finish(self) -> (usize, Vec<Match>, Vec<Facet<'c>>) {
        let mut kept = self.pinned;
        kept.extend(self.top.into_sorted());
        (self.total, kept, self.facets)
    }
}

/// Which conditions a row fails.
enum Failing {
    None,
    /// Only the own choice of this facet.
    Choice(usize),
    More,
}

/// How much of the query each unit is.
struct UnitWeights {
    /// By unit: its share of the query, rarer words weighing more; they sum to 1.
    shares: Vec<f32>,
    /// By unit: the numbers of the stems of its alternatives.
    stems: Vec<Vec<Vec<u32>>>,
}

impl UnitWeights {
    fn new(index: &TextIndex, units: &[Unit]) -> Self {
        let mut shares = Vec::with_capacity(units.len());
        let mut stems = Vec::with_capacity(units.len());
        for unit in units.iter().take(UNITS_MAX) {
            let mut found = 0;
            let mut numbers = Vec::with_capacity(unit.alternatives.len());
            for alternative in &unit.alternatives {
                let mut rarest = u32::MAX;
                for stem in &alternative.stems {
                    rarest = rarest.min(index.products_with(stem));
                }
                found += rarest;
                let known = alternative
                    .stems
                    .iter()
                    .map(|stem| index.vocabulary.number_of(stem));
                numbers.extend(known.collect::<Option<Vec<u32>>>());
            }
            shares.push(rarity(found.min(index.products), index.products));
            stems.push(numbers);
        }
        let sum: f32 = shares.iter().sum();
        shares
            .iter_mut()
            .for_each(|share| *share /= sum.max(f32::MIN_POSITIVE));
        UnitWeights { shares, stems }
    }

    /// The share of the query that these units are, 0 to 1.
    fn coverage(&self, units: u32) -> f32 {
        self.shares
            .iter()
            .enumerate()
            .filter(|(unit, _)| units & (1 << unit) != 0)
            .map(|(_, share)| share)
            .sum()
    }

    fn features(&self, index: &TextIndex, found: Match) -> Features {
        Features {
            bm25: found.score,
            coverage: self.coverage(found.units),
            made_for: self.made_for(index, found.ordinal),
        }
    }

    /// The share of the query that the title names only after a word such as "for".
    fn made_for(&self, index: &TextIndex, product: u32) -> f32 {
        if !index.names_a_purpose[product as usize] {
            return 0.0;
        }
        let title = index.titles.of(product);
        let Some(purpose) = title.iter().position(|stem| index.purposes.contains(stem)) else {
            return 0.0;
        };
        let named =
            |part: &[u32], unit: usize| self.stems[unit].iter().any(|stems| names(part, stems));
        let (before, after) = title.split_at(purpose);
        let only_after = |unit: &usize| named(after, *unit) && !named(before, *unit);
        (0..self.stems.len())
            .filter(only_after)
            .map(|unit| self.shares[unit])
            .sum()
    }
}

/// Whether these stems stand side by side in a part of a title.
fn names(part: &[u32], stems: &[u32]) -> bool {
    !stems.is_empty() && part.windows(stems.len()).any(|window| window == stems)
}
