//! A learned correction of the order: gradient-boosted trees over what ranking knows of a candidate.
//!
//! The recipe comes first and the trees add to it, as one signal among others. What they add is explained like the rest.

mod features;
mod lightgbm;
#[cfg(test)]
mod tests;

pub use features::{FEATURES, Row, rows};

/// Trees and what they look at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// Added up.
    pub trees: Vec<Tree>,
}

/// Questions that lead to a leaf.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// The first one is asked first; none leads to the first leaf.
    pub nodes: Vec<Node>,
    /// What is added for a candidate that ends here, a natural logarithm.
    pub leaves: Vec<f64>,
}

/// A question: is a feature at most this?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Position in `FEATURES`.
    pub feature: usize,
    pub threshold: f64,
    /// What is not known, and where it leads.
    pub missing: Missing,
    pub missing_goes_left: bool,
    /// Where yes and no lead.
    pub left: Child,
    pub right: Child,
}

/// Which numbers say that nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// None; what is no number counts as 0.
    Nothing,
    /// What is 0, or as good as.
    Zero,
    /// What is no number.
    NotANumber,
}

/// Where a question leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Child {
    /// To a later one.
    Node(u32),
    Leaf(u32),
}

/// Numbers closer to 0 are taken for it, as LightGBM does.
const ZERO: f64 = 1e-35;

impl Model {
    /// What the trees add to the score of each candidate.
    pub fn predict(&self, rows: &[Row]) -> Vec<f64> {
        let mut sums = vec![0.0; rows.len()];
        for tree in &self.trees {
            for (sum, row) in sums.iter_mut().zip(rows) {
                *sum += tree.leaf(row);
            }
        }
        sums
    }

    /// How often each feature is asked for, most first.
    pub fn uses(&self) -> Vec<(&'static str, usize)> {
        let mut counts = [0; FEATURES.len()];
        let nodes = self.trees.iter().flat_map(|tree| &tree.nodes);
        nodes.for_each(|node| counts[node.feature] += 1);
        let mut uses: Vec<_> = FEATURES.into_iter().zip(counts).collect();
        uses.retain(|(_, count)| *count > 0);
        uses.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        uses
    }
}

impl Tree {
    /// What is added for this candidate.
    pub fn leaf(&self, row: &Row) -> f64 {
        let mut at = if self.nodes.is_empty() {
            Child::Leaf(0)
        } else {
            Child::Node(0)
        };
        loop {
            match at {
                Child::Node(number) => at = self.nodes[number as usize].next(row),
                Child::Leaf(number) => return self.leaves[number as usize],
            }
        }
    }
}

impl Node {
    fn next(&self, row: &Row) -> Child {
        let mut value = row[self.feature];
        if value.is_nan() && self.missing != Missing::NotANumber {
            value = 0.0;
        }
        let is_missing = match self.missing {
            Missing::Nothing => false,
            Missing::Zero => value.abs() <= ZERO,
            Missing::NotANumber => value.is_nan(),
        };
        let goes_left = if is_missing {
            self.missing_goes_left
        } else {
            value <= self.threshold
        };
        if goes_left { self.left } else { self.right }
    }
}
