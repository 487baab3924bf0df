//! The ranked list with its pins in place.

use super::decide::Decision;
use crate::ranking::Ranked;

/// A list as it will be shown.
#[derive(Debug, Default, PartialEq)]
pub struct Arranged<'r> {
    pub hits: Vec<ArrangedHit<'r>>,
    /// Pins that did not land, and why.
    pub suspended: Vec<(&'r str, String)>,
}

/// A place in the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArrangedHit<'r> {
    /// Which of the ranked hits stands here, counted from 0.
    pub ranked: usize,
    /// The rule that pinned it.
    pub pinned_by: Option<&'r str>,
}

/// Puts pinned products at their positions and everything else around them, in ranked order.
///
/// `included` says for each of the decision's pins which product it came to; it is empty when the shopper chose a sort,
/// which pins do not hold against. Of two pins that land on one position, the earlier rule's stands there and the later
/// moves down; a pin that does not land takes nobody's place. `complete` says that `ranked` holds every
/// product of the list, so that a pin past its end moves up to the end.
pub fn arrange<'r>(
    decision: &Decision<'r>,
    ranked: &Ranked,
    included: &[Option<u32>],
    complete: bool,
) -> Arranged<'r> {
    let mut arranged = Arranged::default();
    let mut pins: Vec<(usize, ArrangedHit<'r>)> = Vec::new();
    for pin in &decision.pins[included.len()..] {
        let reason = "pins give way to the sort that the shopper chose".to_string();
        arranged.suspended.push((pin.rule, reason));
    }
    for (pin, product) in decision.pins.iter().zip(included) {
        let place = product.and_then(|product| {
            ranked
                .hits
                .iter()
                .position(|hit| hit.candidate.ordinal == product)
        });
        match place {
            Some(ranked) => pins.push((
                free_position(&pins, pin.position),
                ArrangedHit {
                    ranked,
                    pinned_by: Some(pin.rule),
                },
            )),
            None => {
                let reason =
                    "a pinned product is sold out, suppressed or outside the shopper's filters"
                        .to_string();
                arranged.suspended.push((pin.rule, reason));
            }
        }
    }
    pins.sort_by_key(|(position, _)| *position);
    let pinned: Vec<usize> = pins.iter().map(|(_, hit)| hit.ranked).collect();
    let mut others =
        (0..ranked.hits.len()).filter(|hit| pinned.is_empty() || !pinned.contains(hit));
    let mut pins = pins.into_iter().peekable();
    loop {
        if let Some((_, hit)) = pins.next_if(|(position, _)| *position <= arranged.hits.len() + 1) {
            arranged.hits.push(hit);
        } else if let Some(ranked) = others.next() {
            arranged.hits.push(ArrangedHit {
                ranked,
                pinned_by: None,
            });
        } else {
            break;
        }
    }
    if complete {
        arranged.hits.extend(pins.map(|(_, hit)| hit));
    }
    arranged
}

/// The first position from the wanted one on that no other pin has.
fn free_position(pins: &[(usize, ArrangedHit<'_>)], wanted: usize) -> usize {
    let taken = |position: usize| pins.iter().any(|(own, _)| *own == position);
    (wanted..)
        .find(|position| !taken(*position))
        .unwrap_or(wanted)
}
