//! The ranked list with its pins in place.

use super::decide::Decision;
use super::rule::Pin;
use crate::catalog::columns::Columns;
use crate::catalog::filter::Predicate;
use crate::ranking::{RERANKED_MAX, Ranked};

/// A list as it will be shown.
#[derive(Debug, Default, PartialEq)]
pub struct Arranged<'r> {
    pub hits: Vec<ArrangedHit<'r>>,
    /// Pins and slots that did not land as they were written, and why.
    pub notes: Vec<(&'r str, String)>,
}

/// A place in the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArrangedHit<'r> {
    /// Which of the ranked hits stands here, counted from 0.
    pub ranked: usize,
    /// The rule that pinned it.
    pub pinned_by: Option<&'r str>,
}

/// What arranging needs to know of the list besides its order.
#[derive(Clone, Copy)]
pub struct Fetched<'f> {
    pub columns: &'f Columns,
    /// For each of the pins that are brought in, which product it came to.
    pub included: &'f [Option<u32>],
    /// The shopper chose a sort, which pins do not hold against.
    pub is_sorted: bool,
    /// The ranked hits are the whole list, so that a pin past its end moves up to the end.
    pub complete: bool,
}

/// Pins that land, by position.
struct Landing<'r> {
    ranked: &'r Ranked,
    landed: Vec<(usize, ArrangedHit<'r>)>,
}

/// Puts pinned products at their positions and everything else around them, in ranked order.
///
/// Of two pins that land on one position, the earlier rule's stands there and the later moves down; a pin that does not
/// land takes nobody's place. Slots take the best of what is left.
pub fn arrange<'r>(
    decision: &Decision<'r>,
    ranked: &'r Ranked,
    fetched: Fetched<'_>,
) -> Arranged<'r> {
    let mut arranged = Arranged::default();
    let mut landing = Landing {
        ranked,
        landed: Vec::new(),
    };
    if fetched.is_sorted {
        let reason = "pins give way to the sort that the shopper chose";
        let pins = decision.pins().map(|(rule, _)| rule);
        let mut rules: Vec<&str> = pins
            .chain(decision.slots().map(|(rule, ..)| rule))
            .collect();
        rules.dedup();
        arranged
            .notes
            .extend(rules.into_iter().map(|rule| (rule, reason.to_string())));
    } else {
        land_pins(decision, &mut landing, fetched, &mut arranged.notes);
        land_slots(decision, &mut landing, fetched, &mut arranged.notes);
    }
    arranged.hits = around(ranked, landing.landed, fetched.complete);
    arranged
}

fn land_pins<'r>(
    decision: &Decision<'r>,
    landing: &mut Landing<'r>,
    fetched: Fetched<'_>,
    notes: &mut Vec<(&'r str, String)>,
) {
    let mut included = fetched.included.iter();
    for (rule, pin) in decision.pins() {
        let product = if pin.must_match {
            pin.products
                .iter()
                .copied()
                .find(|product| landing.is_free_match(*product))
        } else {
            included.next().copied().flatten()
        };
        let place = product.and_then(|product| landing.place_of(product));
        let place = place.filter(|place| !landing.is_taken(*place));
        let stood_in = product.is_none_or(|product| !pin.products[..pin.own].contains(&product));
        if let Some(ranked) = place {
            landing.land(rule, ranked, pin.position);
        }
        if place.is_none() || stood_in {
            let stands_in = product.filter(|_| place.is_some());
            let note = why_not(decision, landing, fetched, (rule, pin), stands_in);
            notes.push((rule, note));
        }
    }
}

fn land_slots<'r>(
    decision: &Decision<'r>,
    landing: &mut Landing<'r>,
    fetched: Fetched<'_>,
    notes: &mut Vec<(&'r str, String)>,
) {
    for (rule, slot, filter) in decision.slots() {
        let predicate = Predicate::bind(&filter, fetched.columns);
        let fits = |place: &usize| {
            let candidate = &landing.ranked.hits[*place].candidate;
            !candidate.sold_out
                && !landing.is_taken(*place)
                && predicate.holds_for_some(fetched.columns, candidate.ordinal)
        };
        let best = (0..landing.ranked.hits.len().min(RERANKED_MAX)).find(fits);
        match best {
            Some(place) => landing.land(rule, place, slot.position),
            None => {
                let position = slot.position;
                let note = format!("nothing in the list fits the slot at position {position}");
                notes.push((rule, note));
            }
        }
    }
}

/// Why the products of a pin do not stand where they were pinned, and what stands in.
fn why_not(
    decision: &Decision<'_>,
    landing: &Landing<'_>,
    fetched: Fetched<'_>,
    (rule, pin): (&str, &Pin),
    stands_in: Option<u32>,
) -> String {
    let columns = fetched.columns;
    let passed = match stands_in {
        Some(product) => pin.products.iter().position(|own| *own == product),
        None => None,
    };
    let failed = &pin.products[..passed.unwrap_or(pin.products.len())];
    // Of a group, those that landed are no reason.
    let failed = failed
        .iter()
        .filter(|product| pin.own == 1 || landing.pinned_by(**product) != Some(rule));
    let reasons = failed.map(|product| {
        let id = columns.product_id(*product);
        if let Some(rule) = decision.suppressed_by(*product) {
            format!("product `{id}` is suppressed by rule `{rule}`")
        } else if columns.sold_out(*product) {
            format!("product `{id}` is sold out")
        } else if let Some(rule) = landing.pinned_by(*product) {
            format!("product `{id}` is pinned by rule `{rule}` already")
        } else if pin.must_match {
            format!("product `{id}` is not among the matches")
        } else {
            format!("product `{id}` is outside the filters")
        }
    });
    let mut note = reasons.collect::<Vec<_>>().join(", ");
    if let Some(product) = stands_in {
        note.push_str(&format!(", so `{}` stands in", columns.product_id(product)));
    }
    note
}

impl<'r> Landing<'r> {
    fn place_of(&self, product: u32) -> Option<usize> {
        let mut hits = self.ranked.hits.iter();
        hits.position(|hit| hit.candidate.ordinal == product)
    }

    fn is_taken(&self, ranked: usize) -> bool {
        self.landed.iter().any(|(_, hit)| hit.ranked == ranked)
    }

    fn is_free_match(&self, product: u32) -> bool {
        self.place_of(product).is_some_and(|place| {
            let candidate = &self.ranked.hits[place].candidate;
            let can_land = candidate.matches && !candidate.sold_out;
            place < RERANKED_MAX && can_land && !self.is_taken(place)
        })
    }

    fn pinned_by(&self, product: u32) -> Option<&'r str> {
        let own = |hit: &ArrangedHit<'_>| self.ranked.hits[hit.ranked].candidate.ordinal == product;
        let found = self.landed.iter().find(|(_, hit)| own(hit));
        found.and_then(|(_, hit)| hit.pinned_by)
    }

    /// Lands at the first position from the wanted one on that no other pin has.
    fn land(&mut self, rule: &'r str, ranked: usize, wanted: usize) {
        let taken = |position: usize| self.landed.iter().any(|(own, _)| *own == position);
        let position = (wanted..)
            .find(|position| !taken(*position))
            .unwrap_or(wanted);
        let hit = ArrangedHit {
            ranked,
            pinned_by: Some(rule),
        };
        self.landed.push((position, hit));
    }
}

/// What landed, at its positions, and the other hits around it.
fn around<'r>(
    ranked: &Ranked,
    mut landed: Vec<(usize, ArrangedHit<'r>)>,
    complete: bool,
) -> Vec<ArrangedHit<'r>> {
    landed.sort_by_key(|(position, _)| *position);
    let pinned: Vec<usize> = landed.iter().map(|(_, hit)| hit.ranked).collect();
    let mut others =
        (0..ranked.hits.len()).filter(|hit| pinned.is_empty() || !pinned.contains(hit));
    let mut landed = landed.into_iter().peekable();
    let mut hits = Vec::with_capacity(ranked.hits.len());
    loop {
        if let Some((_, hit)) = landed.next_if(|(position, _)| *position <= hits.len() + 1) {
            hits.push(hit);
        } else if let Some(ranked) = others.next() {
            hits.push(ArrangedHit {
                ranked,
                pinned_by: None,
            });
        } else {
            break;
        }
    }
    if complete {
        hits.extend(landed.map(|(_, hit)| hit));
    }
    hits
}
