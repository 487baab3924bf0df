//! Where candidates come from, one model each.

use rustc_hash::FxHashSet;

use super::alike::{alike, better};
use super::shelves::{category_above, category_of, is_reduced};
use super::{Known, Reason, STARTS_MAX, Start, Suggested};
use crate::journal::EventKind;
use crate::shoppers::NeighbourSettings;

/// Of what the shopper met lately, so many products are looked at.
const MET_MAX: usize = 12;

/// Of the categories a shopper leans to, so many are gone through,
const CATEGORIES_MAX: usize = 4;

/// and so many products of each.
const OF_CATEGORY_MAX: usize = 60;

/// What is bought with a product of its own category completes it by so much of what others do.
const OF_SAME_CATEGORY: f64 = 0.3;

/// Sessions say enough when they name so many products.
const NEXT_MAX: usize = 60;

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Looked at by those who look at a product, rather than bought with it, and of the same category.
    LookedAtInstead,
    /// Bought with a product, and no substitute of it.
    BoughtTogether,
    /// Met next in sessions like this one.
    NextInSession,
    /// The same, in other categories than those of the products the list starts from.
    NextElsewhere,
    /// Says the same of itself.
    Alike,
    /// Alike, dearer and rated no worse.
    Better,
    /// Looked at by the shopper before.
    Viewed,
    /// In a category that the shopper leans to.
    Leaning,
    /// Wanted most in the last days.
    Trending,
    /// Popular in the same category.
    PopularThere,
    /// Popular in the categories beside it.
    PopularBeside,
    Popular,
    New,
    /// Reduced, and looked at by the shopper before.
    ReducedViewed,
    Reduced,
    /// Whatever else the filters let through.
    Anything,
    /// Brought in by a rule.
    Rule,
}

impl Model {
    /// The products it finds, the strongest first.
    pub(super) fn suggest(self, known: &Known<'_>, start: &Start) -> Vec<Suggested> {
        match self {
            Model::LookedAtInstead => looked_at_instead(known, start),
            Model::BoughtTogether => bought_together(known, start),
            Model::NextInSession => next_in_session(known, start),
            Model::NextElsewhere => next_elsewhere(known, start),
            Model::Alike => of_each(start, |product| alike(known, product)),
            Model::Better => of_each(start, |product| better(known, product)),
            Model::Viewed => viewed(known, self, |_| true),
            Model::ReducedViewed => viewed(known, self, |product| is_reduced(known.shelf, product)),
            Model::Leaning => leaning(known),
            Model::Trending => trending(known),
            Model::PopularThere => of_each(start, |product| popular_there(known, product)),
            Model::PopularBeside => of_each(start, |product| popular_beside(known, product)),
            Model::Popular => in_order(self, &known.shelves.popular),
            Model::New => in_order(self, &known.shelves.newest),
            Model::Reduced => {
                let mut reduced = known.shelves.reduced.clone();
                reduced.retain(|product| is_reduced(known.shelf, *product));
                in_order(self, &reduced)
            }
            Model::Anything | Model::Rule => Vec::new(),
        }
    }
}

/// Products of one order: the first are a little stronger, so that a taste may still tell them apart.
fn in_order(model: Model, products: &[u32]) -> Vec<Suggested> {
    let of = |(place, product): (usize, &u32)| Suggested {
        product: *product,
        strength: 1.0 - 0.6 * place as f64 / products.len() as f64,
        reason: Reason {
            model,
            with: None,
            times: 0,
        },
    };
    products.iter().enumerate().map(of).collect()
}

/// What is found from each product that a list starts from, the first before the others.
fn of_each(start: &Start, find: impl Fn(u32) -> Vec<Suggested>) -> Vec<Suggested> {
    let starts = start.products.iter().take(STARTS_MAX);
    let mut found: Vec<Suggested> = starts.flat_map(|product| find(*product)).collect();
    if start.products.len() > 1 {
        found.sort_by(|one, other| other.strength.total_cmp(&one.strength));
    }
    found
}

fn looked_at_instead(known: &Known<'_>, start: &Start) -> Vec<Suggested> {
    let instead = |product: u32| {
        let own = category_of(known.shelf, product);
        let others = known.word(product).into_iter();
        let others = others.flat_map(|word| known.demand.instead_of(word));
        let suggested = others.filter_map(|(word, strength)| {
            let other = known.product(word)?;
            let is_like = own.is_none() || category_of(known.shelf, other) == own;
            is_like.then_some(suggested(Model::LookedAtInstead, other, strength, product))
        });
        suggested.collect()
    };
    scaled(of_each(start, instead))
}

fn bought_together(known: &Known<'_>, start: &Start) -> Vec<Suggested> {
    let starts = start.products.iter().take(STARTS_MAX);
    let basket: Vec<_> = starts.filter_map(|product| known.word(*product)).collect();
    let complements = known.demand.complements(&basket).into_iter();
    let suggested = complements.filter_map(|complement| {
        let product = known.product(complement.product)?;
        let with = known.product(complement.with)?;
        let same = category_of(known.shelf, product)
            .is_some_and(|category| category_of(known.shelf, with) == Some(category));
        let rather = known
            .demand
            .is_instead_of(complement.with, complement.product);
        (!same || !rather).then_some(Suggested {
            product,
            strength: complement.strength * if same { OF_SAME_CATEGORY } else { 1.0 },
            reason: Reason {
                model: Model::BoughtTogether,
                with: Some(with),
                times: complement.baskets,
            },
        })
    });
    scaled(suggested.collect())
}

fn next_in_session(known: &Known<'_>, start: &Start) -> Vec<Suggested> {
    let met = known.met(start);
    let Some(latest) = met.first().and_then(|word| known.product(*word)) else {
        return Vec::new();
    };
    let next = known
        .neighbours
        .at_least(known.person, &met, &NeighbourSettings::LIST, NEXT_MAX);
    let suggested = next.into_iter().filter_map(|(word, strength)| {
        let product = known.product(word)?;
        let is_new = product != latest;
        is_new.then_some(suggested(Model::NextInSession, product, strength, latest))
    });
    scaled(suggested.collect())
}

fn next_elsewhere(known: &Known<'_>, start: &Start) -> Vec<Suggested> {
    let category = |product: &u32| category_of(known.shelf, *product);
    let own: FxHashSet<u32> = start.products.iter().filter_map(category).collect();
    let mut next = next_in_session(known, start);
    next.retain(|of| category(&of.product).is_none_or(|category| !own.contains(&category)));
    for of in &mut next {
        of.reason.model = Model::NextElsewhere;
    }
    next
}

/// What the shopper looked at, the latest first.
fn viewed(known: &Known<'_>, model: Model, is_meant: impl Fn(u32) -> bool) -> Vec<Suggested> {
    let recent = known.profile.map_or(&[][..], |profile| profile.recent());
    let looked = recent
        .iter()
        .filter(|recent| recent.kind != EventKind::Purchase);
    let products = looked.filter_map(|recent| known.product(recent.product));
    let mut seen = FxHashSet::default();
    let products: Vec<u32> = products
        .filter(|product| seen.insert(*product) && is_meant(*product))
        .take(MET_MAX)
        .collect();
    in_order(model, &products)
}

fn leaning(known: &Known<'_>) -> Vec<Suggested> {
    let categories = known.categories.iter().take(CATEGORIES_MAX);
    let products = categories.flat_map(|category| {
        let products = known.shelves.category(*category).iter();
        products.take(OF_CATEGORY_MAX).copied()
    });
    let products: Vec<u32> = products.collect();
    in_order(Model::Leaning, &products)
}

fn trending(known: &Known<'_>) -> Vec<Suggested> {
    let trending = known.demand.trending(known.now_ms).into_iter();
    let products = trending.filter_map(|(word, _)| known.product(word));
    let products: Vec<u32> = products.collect();
    in_order(Model::Trending, &products)
}

fn popular_there(known: &Known<'_>, product: u32) -> Vec<Suggested> {
    let category = category_of(known.shelf, product);
    let products = category.map_or(&[][..], |category| known.shelves.category(category));
    in_order(Model::PopularThere, products)
}

/// What is popular below the same category above, in others than the product's own.
fn popular_beside(known: &Known<'_>, product: u32) -> Vec<Suggested> {
    let own = category_of(known.shelf, product);
    let above = own.and_then(|own| category_above(known.shelf, own));
    let products = above.map_or(&[][..], |above| known.shelves.category(above));
    let others = products.iter().copied();
    let others: Vec<u32> = others
        .filter(|other| category_of(known.shelf, *other) != own)
        .collect();
    in_order(Model::PopularBeside, &others)
}

fn suggested(model: Model, product: u32, strength: f64, with: u32) -> Suggested {
    Suggested {
        product,
        strength,
        reason: Reason {
            model,
            with: Some(with),
            times: 0,
        },
    }
}

/// Strengths in shares of the strongest.
fn scaled(mut suggested: Vec<Suggested>) -> Vec<Suggested> {
    let most = suggested.iter().map(|own| own.strength).fold(0.0, f64::max);
    for own in &mut suggested {
        own.strength = (own.strength / most.max(f64::MIN_POSITIVE)).max(1e-3);
    }
    suggested
}
