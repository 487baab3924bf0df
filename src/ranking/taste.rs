//! One shopper's leanings, bound to one catalog's codes, and what they add to the score of each candidate.

use jiff::Timestamp;
use rustc_hash::FxHashMap;

use super::price_tiers::{PriceTiers, TIER_SHARE, TIERS};
use super::signals::Table;
use super::{Ranking, Shelf, Signal};
use crate::catalog::columns::{Codes, Columns, PATH_SEPARATOR};
use crate::catalog::schema::Kind;
use crate::journal::{EventKind, Person, Word};
use crate::retrieval::Candidate;
use crate::shoppers::affinity::affinity;
use crate::shoppers::words::{PRICE_TIER, PRODUCT};
use crate::shoppers::{AffinitySettings, Demand, NeighbourSettings, Neighbours, Profile, Words};

/// At an impact of 100, taste moves a product by at most this much of a logarithm either way: a favourite is told from
/// its opposite by no more than half the relevance.
const TASTE_SPAN: f64 = std::f64::consts::LN_2 / 2.0;

/// Where words were asked for, a taste that comes from other things than these may move this share of what it may say.
const FOREIGN_SHARE: f64 = 0.05;

/// So many products of the list that the shopper met make half of the rest.
const MET_HALF: f64 = 2.0;

/// Weight of an affinity whose attribute the recipe does not name.
const AFFINITY_WEIGHT: f64 = 0.5;

/// A value that shoppers like this one start with counts as so many views of it.
const START_EVIDENCE: f64 = 6.0;

/// Of the products a shopper met, this many count for what is wanted together with them; each counts less than the one
/// after it.
const MET_MAX: usize = 12;
const MET_FADING: f64 = 0.8;

/// A product that is always wanted together with what the shopper met is lifted as by an affinity of this much.
const TOGETHER_SPAN: f64 = 2.0;

/// Evidence for one product, in views, that counts as much as its like and no more.
const OWN_HALF: f64 = 4.0;

/// The signal of what a shopper did with a product.
const OWN_HISTORY: &str = "own_history";

/// How a shopper's own dealings with a product count, as an affinity: from never to always.
const OWN_SPAN: f64 = 2.0;

/// What a shopper leans to in one catalog; empty for a shopper nobody knows.
#[derive(Default)]
pub struct Taste<'c> {
    leanings: Vec<AttributeTaste<'c>>,
    /// By tier of price, from 0.
    tiers: Option<(&'c PriceTiers, [f64; TIERS])>,
    /// By product: what the shopper did with it before.
    own: FxHashMap<u32, f64>,
    /// By product: how much it is wanted together with what the shopper met lately.
    together: FxHashMap<u32, f64>,
    /// By product: how often others went on to it in sessions like the shopper's latest.
    neighbours: FxHashMap<u32, f64>,
}

/// What a shopper leans to in one attribute.
struct AttributeTaste<'c> {
    attribute: usize,
    codes: &'c Codes,
    per_variant: bool,
    by_code: FxHashMap<u32, f64>,
}

/// A shopper and what the shop knows besides.
pub struct Known<'k> {
    pub profile: &'k Profile,
    pub words: &'k Words,
    pub demand: &'k Demand,
    pub neighbours: &'k Neighbours,
    /// Whose profile it is; `None` for somebody nobody knows.
    pub person: Option<Person>,
    /// Attributes and codes of values that shoppers like this one are taken to lean to while little is known.
    pub starts: &'k [(usize, u32)],
    pub settings: &'k AffinitySettings,
    pub now: Timestamp,
}

impl<'c> Taste<'c> {
    /// The taste of nobody: it moves nothing.
    pub fn none() -> Self {
        Taste::default()
    }

    /// Binds a profile to a catalog.
    pub fn bind(known: &Known<'_>, shelf: Shelf<'c>, tiers: &'c PriceTiers) -> Self {
        let attributes = shelf.schema.attributes.iter().enumerate();
        let leanings = attributes.filter(|(_, attribute)| attribute.affinity);
        Taste {
            leanings: leanings
                .filter_map(|(position, attribute)| {
                    AttributeTaste::bind(known, shelf, position, attribute.kind, &attribute.name)
                })
                .collect(),
            tiers: tier_leanings(known).map(|leanings| (tiers, leanings)),
            own: own(known, shelf.columns),
            together: together(known, shelf.columns),
            neighbours: neighbours(known, shelf.columns),
        }
    }

    /// How much the shopper leans to a value, 0 when nothing is known.
    pub fn leaning(&self, attribute: usize, code: u32) -> f64 {
        let mut leanings = self.leanings.iter();
        let own = leanings.find(|own| own.attribute == attribute);
        let leaning = own.and_then(|own| own.by_code.get(&code));
        leaning.copied().unwrap_or_default()
    }

    /// The codes of the values that the shopper leans to in an attribute, the most first.
    pub fn leant_to(&self, attribute: usize) -> Vec<u32> {
        let own = self.leanings.iter().find(|own| own.attribute == attribute);
        let leanings = own.into_iter().flat_map(|own| &own.by_code);
        let mut liked: Vec<(u32, f64)> = leanings
            .filter(|(_, leaning)| **leaning > 0.0)
            .map(|(code, leaning)| (*code, *leaning))
            .collect();
        liked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        liked.into_iter().map(|(code, _)| code).collect()
    }

    /// Whether anything is known of the shopper's leanings in an attribute.
    pub fn leans_in(&self, attribute: usize) -> bool {
        self.leanings.iter().any(|own| own.attribute == attribute)
    }

    pub fn is_empty(&self) -> bool {
        self.leanings.is_empty()
            && self.tiers.is_none()
            && self.own.is_empty()
            && self.together.is_empty()
            && self.neighbours.is_empty()
    }
}

impl<'c> AttributeTaste<'c> {
    fn bind(
        known: &Known<'_>,
        shelf: Shelf<'c>,
        position: usize,
        kind: Kind,
        name: &str,
    ) -> Option<Self> {
        let (dictionary, codes, per_variant) = shelf.columns.words(position)?;
        let evidence = known
            .profile
            .evidence(known.words, known.settings, name, known.now);
        let of_profile = evidence
            .iter()
            .map(|(word, evidence)| (known.words.value(*word), *evidence));
        let starts = known
            .starts
            .iter()
            .filter(|(attribute, _)| *attribute == position);
        let starts = starts.map(|(_, code)| (dictionary.value(*code), START_EVIDENCE));
        let mut by_code: FxHashMap<u32, f64> = FxHashMap::default();
        let mut totals: Vec<f64> = Vec::new();
        for (value, evidence) in of_profile.chain(starts) {
            let level = level(kind, value);
            totals.resize(totals.len().max(level + 1), 0.0);
            totals[level] += evidence.max(0.0);
            if let Some(code) = dictionary.code(value) {
                *by_code.entry(code).or_default() += evidence;
            }
        }
        by_code.retain(|code, leaning| {
            let share = prior_share(dictionary.product_count(*code), shelf.columns.products());
            let total = totals[level(kind, dictionary.value(*code))];
            *leaning = affinity(*leaning, total, share, known.settings.kappa);
            *leaning != 0.0
        });
        (!by_code.is_empty()).then_some(AttributeTaste {
            attribute: position,
            codes,
            per_variant,
            by_code,
        })
    }

    /// By product: the strongest leaning to any value it has, and that value's code; `None` without one.
    fn strongest(&self, columns: &Columns, products: &[u32]) -> Vec<Option<(u32, f64)>> {
        let mut codes = Vec::with_capacity(products.len());
        if !self.per_variant && self.codes.gather(products, &mut codes) {
            let mut known: FxHashMap<u32, Option<(u32, f64)>> = FxHashMap::default();
            let mut of = |code: u32| {
                let levels = self.codes.with_levels_above(code);
                *known
                    .entry(code)
                    .or_insert_with(|| self.strongest_of(levels))
            };
            return codes.iter().map(|code| of(*code)).collect();
        }
        let rows = |product: &u32| columns.rows_of(self.per_variant, *product);
        let codes = |product: &u32| rows(product).flat_map(|row| self.codes.of(row));
        let of = |product: &u32| self.strongest_of(codes(product));
        products.iter().map(of).collect()
    }

    fn strongest_of(&self, codes: impl Iterator<Item = u32>) -> Option<(u32, f64)> {
        let leanings = codes.filter_map(|code| Some((code, *self.by_code.get(&code)?)));
        leanings.max_by(|(code, a), (other, b)| a.abs().total_cmp(&b.abs()).then(other.cmp(code)))
    }
}

/// How many levels a value stands below the first.
fn level(kind: Kind, value: &str) -> usize {
    match kind {
        Kind::Path => value.matches(PATH_SEPARATOR).count(),
        _ => 0,
    }
}

/// The leaning to each tier of price; `None` when nothing is known.
fn tier_leanings(known: &Known<'_>) -> Option<[f64; TIERS]> {
    let evidence = known
        .profile
        .evidence(known.words, known.settings, PRICE_TIER, known.now);
    let total = evidence.iter().map(|(_, evidence)| evidence.max(0.0)).sum();
    let mut leanings = [0.0; TIERS];
    for (tier, leaning) in (1..).zip(&mut leanings) {
        let is_tier = |(word, _): &&(Word, f64)| known.words.value(*word).parse() == Ok(tier);
        let own = evidence.iter().find(is_tier).map_or(0.0, |(_, own)| *own);
        *leaning = affinity(own, total, TIER_SHARE, known.settings.kappa);
    }
    (!evidence.is_empty()).then_some(leanings)
}

/// What the shopper did with single products, as leanings: 0 for all others.
fn own(known: &Known<'_>, columns: &Columns) -> FxHashMap<u32, f64> {
    let evidence = known
        .profile
        .evidence(known.words, known.settings, PRODUCT, known.now);
    let leaning = |(word, evidence): (Word, f64)| {
        let product = columns.ordinal(known.words.value(word))?;
        let leaning = OWN_SPAN * evidence / (evidence.abs() + OWN_HALF);
        (leaning != 0.0).then_some((product, leaning))
    };
    evidence.into_iter().filter_map(leaning).collect()
}

/// What is wanted together with the products the shopper met lately, those themselves left out.
fn together(known: &Known<'_>, columns: &Columns) -> FxHashMap<u32, f64> {
    let mut met: Vec<Word> = Vec::new();
    for recent in known.profile.recent() {
        let is_wanted = recent.kind != EventKind::Dismiss;
        if is_wanted && !met.contains(&recent.product) && met.len() < MET_MAX {
            met.push(recent.product);
        }
    }
    let mut strength: FxHashMap<Word, f64> = FxHashMap::default();
    let mut weight = 1.0;
    for product in &met {
        for (other, own) in known.demand.together(*product) {
            *strength.entry(other).or_default() += weight * own;
        }
        weight *= MET_FADING;
    }
    let product = |(word, strength): (Word, f64)| {
        let product = columns.ordinal(known.words.value(word))?;
        Some((product, TOGETHER_SPAN * strength / (strength + 0.1)))
    };
    strength
        .into_iter()
        .filter(|(word, _)| !met.contains(word))
        .filter_map(product)
        .collect()
}

/// What others went on to in sessions like the one whose latest products these are.
fn neighbours(known: &Known<'_>, columns: &Columns) -> FxHashMap<u32, f64> {
    let session = known.profile.session();
    let of = known
        .neighbours
        .of(known.person, &session, &NeighbourSettings::PAGE);
    let Some((_, most)) = of.first().copied() else {
        return FxHashMap::default();
    };
    let product = |(word, strength): (Word, f64)| {
        let product = columns.ordinal(known.words.value(word))?;
        Some((product, TOGETHER_SPAN * strength / most))
    };
    of.into_iter().filter_map(product).collect()
}

/// The share of the catalog that has a value, never 0.
pub fn prior_share(products_with: u32, products: u32) -> f64 {
    f64::from(products_with.max(1)) / f64::from(products.max(1))
}

/// One signal for each thing the shopper leans in, relative to the average candidate: what all candidates share tells
/// none of them apart. The sum is bounded, so that taste orders near-equals but cannot lift a product past one that is
/// far more relevant.
pub(super) fn contribute(
    shelf: Shelf<'_>,
    ranking: &Ranking<'_>,
    candidates: &[Candidate],
    signals: &mut Vec<Signal>,
    table: &mut Table,
) {
    let impact = ranking.impact.clamp(0.0, 100.0) / 100.0;
    if impact == 0.0 {
        return;
    }
    let mut columns = columns(shelf, ranking, candidates);
    if ranking.is_browsed {
        let most = ranking.recipe.taste_browsed;
        bound(
            &mut columns.iter_mut().collect::<Vec<_>>(),
            most,
            impact * most,
        );
    } else {
        let bearing = bearing(ranking.taste, candidates, table);
        let (mut own, mut leant): (Vec<_>, Vec<_>) = columns
            .iter_mut()
            .partition(|column| column.signal == Signal::Personal(OWN_HISTORY));
        // What the shopper did with the product itself is no guess from other things.
        bound(&mut own, 1.0, impact * TASTE_SPAN);
        bound(&mut leant, 1.0, impact * TASTE_SPAN * bearing);
    }
    for Column {
        signal,
        lifts,
        about,
    } in columns
    {
        signals.push(signal);
        table.push(lifts, about);
    }
}

/// Keeps the sum of what some columns say of a product within `most`, which is worth `worth`.
fn bound(columns: &mut [&mut Column], most: f64, worth: f64) {
    let strength = (worth / most.max(f64::MIN_POSITIVE)) as f32;
    let products = columns.first().map_or(0, |column| column.lifts.len());
    for at in 0..products {
        let sum: f32 = columns.iter().map(|column| column.lifts[at]).sum();
        let scale = strength * (most as f32 / sum.abs()).min(1.0);
        for column in &mut *columns {
            column.lifts[at] *= scale;
        }
    }
}

/// How much a taste bears on what was asked for, up to 1: who met such things is known to mean these, while leanings
/// that come from elsewhere, such as a brand's lamps among its cables, may only order near-equals. A product that was
/// met counts by the square of its relevance relative to the best of the list.
fn bearing(taste: &Taste<'_>, candidates: &[Candidate], table: &Table) -> f64 {
    let rows = 0..candidates.len();
    let best = rows
        .clone()
        .map(|row| table.score(row))
        .fold(f32::NEG_INFINITY, f32::max);
    let closeness = |row: usize| {
        let own = taste.own.get(&candidates[row].ordinal)?;
        (*own > 0.0).then(|| f64::from(2.0 * (table.score(row) - best)).exp())
    };
    let met: f64 = rows.filter_map(closeness).sum();
    FOREIGN_SHARE + (1.0 - FOREIGN_SHARE) * met / (met + MET_HALF)
}

/// What one leaning says of each candidate.
struct Column {
    signal: Signal,
    lifts: Vec<f32>,
    /// The code of the value it is about.
    about: Vec<Option<u32>>,
}

fn columns(shelf: Shelf<'_>, ranking: &Ranking<'_>, candidates: &[Candidate]) -> Vec<Column> {
    let (taste, recipe) = (ranking.taste, ranking.recipe);
    let mut columns = Vec::new();
    let products: Vec<u32> = candidates.iter().map(|of| of.ordinal).collect();
    for leaning in &taste.leanings {
        let name = &shelf.schema.attributes[leaning.attribute].name;
        let weight = recipe.affinity.get(name).copied();
        let strongest = leaning.strongest(shelf.columns, &products);
        let affinities = strongest.iter().map(|of| of.map_or(0.0, |of| of.1));
        columns.push(Column {
            signal: Signal::Affinity(leaning.attribute),
            lifts: relative(weight.unwrap_or(AFFINITY_WEIGHT), affinities.collect()),
            about: strongest.iter().map(|of| of.map(|of| of.0)).collect(),
        });
    }
    let mut add = |name: &'static str, weight: f64, lean: &dyn Fn(u32) -> f64| {
        let leanings = candidates.iter().map(|candidate| lean(candidate.ordinal));
        columns.push(Column {
            signal: Signal::Personal(name),
            lifts: relative(weight, leanings.collect()),
            about: Vec::new(),
        });
    };
    if let Some((tiers, leanings)) = taste.tiers.filter(|_| recipe.price_tier > 0.0) {
        let lean = |product| {
            tiers
                .of(product)
                .map_or(0.0, |tier| leanings[usize::from(tier) - 1])
        };
        add("price_tier", recipe.price_tier, &lean);
    }
    let own_history = if ranking.is_browsed {
        recipe.own_history_browsed
    } else {
        recipe.own_history
    };
    for (name, weight, leanings) in [
        (OWN_HISTORY, own_history, &taste.own),
        ("together", recipe.together, &taste.together),
        ("neighbours", recipe.neighbours, &taste.neighbours),
    ] {
        if weight > 0.0 && !leanings.is_empty() {
            let lean = |product| leanings.get(&product).copied().unwrap_or_default();
            add(name, weight, &lean);
        }
    }
    columns
}

/// Leanings relative to the average candidate's.
fn relative(weight: f64, leanings: Vec<f64>) -> Vec<f32> {
    let average = leanings.iter().sum::<f64>() / leanings.len().max(1) as f64;
    let lift = |leaning: f64| (weight * (leaning - average)) as f32;
    leanings.into_iter().map(lift).collect()
}
