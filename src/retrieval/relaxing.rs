//! Which words are given up while too few products have all: first what only describes a thing, never what kind of thing
//! it is; then any, one after the other. Asking for the kind of thing in every step was measured and is worse: titles do
//! not always name it.

use crate::query::Unit;

/// What products must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// All of these units, as bits, …
    pub(super) all_of: u32,
    /// … and so many of all units.
    pub(super) at_least: usize,
}

/// From all units that are known, given by their places in the query, to any of them.
pub(super) fn steps(units: &[Unit], known: &[usize], head: Option<usize>) -> Vec<Step> {
    let bits = |units: &mut dyn Iterator<Item = usize>| units.fold(0, |all, unit| all | 1 << unit);
    let head = head.filter(|head| known.contains(head));
    let describes = |unit: &usize| Some(*unit) != head && units[*unit].is_described();
    let described = known.iter().copied().filter(describes).count();
    let mut steps = vec![Step {
        all_of: 0,
        at_least: known.len(),
    }];
    let others = bits(&mut known.iter().copied().filter(|unit| !describes(unit)));
    for given_up in 1..=described.min(known.len() - 1) {
        steps.push(Step {
            all_of: others,
            at_least: known.len() - given_up,
        });
    }
    steps.extend((1..known.len()).rev().map(|at_least| Step {
        all_of: 0,
        at_least,
    }));
    steps
}

#[cfg(test)]
mod tests {
    //! Promise: descriptions are given up first, unless they are what is asked for.

    use super::*;
    use crate::query::{Alternative, value_term};

    #[test]
    fn descriptions_are_given_up_first() {
        let mut red = Unit::word("red");
        let color = value_term(3, &["red"]);
        red.alternatives.push(Alternative::stem(color, 0.5));
        let units = [red, Unit::word("trail"), Unit::word("shoe")];
        let step = |all_of, at_least| Step { all_of, at_least };
        assert_eq!(
            steps(&units, &[0, 1, 2], Some(2)),
            [step(0, 3), step(0b110, 2), step(0, 2), step(0, 1)]
        );
        assert_eq!(
            steps(&units, &[0, 2], Some(0)),
            [step(0, 2), step(0, 1)],
            "it is what is asked for"
        );
        assert_eq!(steps(&units, &[1], None), [step(0, 1)]);
    }
}
