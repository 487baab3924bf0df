//! One tree, grown where it gains most.

use super::Settings;
use super::bins::{BINS_MAX, Bins};
use super::lambdas::Pull;
use crate::ranking::{Child, Missing, Node, Tree};

/// Answers are given for candidates whose pulls change at least this fast.
const CURVATURE_MIN: f64 = 1e-3;

/// A tree and the candidates at its leaves.
pub(super) struct Growing<'t> {
    bins: &'t Bins,
    pulls: &'t [Pull],
    settings: Settings,
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
}

struct Leaf {
    candidates: Vec<u32>,
    sum: Pull,
    /// The question that leads here, and whether by yes.
    from: Option<(usize, bool)>,
    split: Option<Split>,
}

/// The best question of a leaf.
#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    /// The last step that says yes.
    step: usize,
}

impl<'t> Growing<'t> {
    pub(super) fn new(bins: &'t Bins, pulls: &'t [Pull], settings: Settings) -> Self {
        let mut growing = Growing {
            bins,
            pulls,
            settings,
            nodes: Vec::new(),
            leaves: Vec::new(),
        };
        let root = growing.leaf((0..pulls.len() as u32).collect(), None);
        growing.leaves.push(root);
        growing
    }

    pub(super) fn grow(mut self) -> Tree {
        while self.leaves.len() < self.settings.leaves {
            let splits = self.leaves.iter().enumerate();
            let splits = splits.filter_map(|(leaf, own)| Some((leaf, own.split?)));
            let Some((leaf, split)) = splits.max_by(|(_, a), (_, b)| a.gain.total_cmp(&b.gain))
            else {
                break;
            };
            self.split(leaf, split);
        }
        let advice = |leaf: &Leaf| {
            let Pull {
                gradient,
                curvature,
            } = leaf.sum;
            -self.settings.learning_rate * gradient / (curvature + self.settings.reluctance)
        };
        Tree {
            leaves: self.leaves.iter().map(advice).collect(),
            nodes: self.nodes,
        }
    }

    /// Yes keeps the leaf's number, no gets the next one.
    fn split(&mut self, leaf: usize, split: Split) {
        let steps = &self.bins.steps[split.feature];
        let candidates = std::mem::take(&mut self.leaves[leaf].candidates);
        let (yes, no) = candidates
            .into_iter()
            .partition(|candidate| usize::from(steps[*candidate as usize]) <= split.step);
        let node = self.nodes.len();
        let (left, right) = (leaf as u32, self.leaves.len() as u32);
        if let Some((parent, by_yes)) = self.leaves[leaf].from {
            let parent = &mut self.nodes[parent];
            let child = if by_yes {
                &mut parent.left
            } else {
                &mut parent.right
            };
            *child = Child::Node(node as u32);
        }
        self.nodes.push(Node {
            feature: split.feature,
            threshold: self.bins.thresholds[split.feature][split.step],
            missing: Missing::Nothing,
            missing_goes_left: true,
            left: Child::Leaf(left),
            right: Child::Leaf(right),
        });
        self.leaves[leaf] = self.leaf(yes, Some((node, true)));
        let no = self.leaf(no, Some((node, false)));
        self.leaves.push(no);
    }

    fn leaf(&self, candidates: Vec<u32>, from: Option<(usize, bool)>) -> Leaf {
        let pulls = candidates.iter().map(|of| self.pulls[*of as usize]);
        let sum = pulls.fold(Pull::default(), |sum, pull| sum.and(pull));
        let features = 0..self.bins.steps.len();
        let splits = features.filter_map(|feature| self.best_split(&candidates, sum, feature));
        Leaf {
            split: splits.max_by(|a, b| a.gain.total_cmp(&b.gain)),
            candidates,
            sum,
            from,
        }
    }

    fn best_split(&self, candidates: &[u32], all: Pull, feature: usize) -> Option<Split> {
        let mut sums = [(0usize, Pull::default()); BINS_MAX];
        let steps = &self.bins.steps[feature];
        for candidate in candidates {
            let sum = &mut sums[usize::from(steps[*candidate as usize])];
            *sum = (sum.0 + 1, sum.1.and(self.pulls[*candidate as usize]));
        }
        let (mut count, mut yes) = (0, Pull::default());
        let mut best: Option<Split> = None;
        let thresholds = self.bins.thresholds[feature].len();
        for (step, (here, pull)) in sums.iter().take(thresholds).enumerate() {
            count += here;
            yes = yes.and(*pull);
            let no = Pull {
                gradient: all.gradient - yes.gradient,
                curvature: all.curvature - yes.curvature,
            };
            let fewest = count.min(candidates.len() - count);
            let flattest = yes.curvature.min(no.curvature);
            if fewest < self.settings.candidates_min || flattest < CURVATURE_MIN {
                continue;
            }
            let gain = self.worth(yes) + self.worth(no) - self.worth(all);
            if gain > 0.0 && best.is_none_or(|best| gain > best.gain) {
                best = Some(Split {
                    gain,
                    feature,
                    step,
                });
            }
        }
        best
    }

    /// How much the loss falls when all of these are given the same answer.
    fn worth(&self, sum: Pull) -> f64 {
        sum.gradient * sum.gradient / (sum.curvature + self.settings.reluctance)
    }
}

impl Pull {
    fn and(self, other: Pull) -> Pull {
        Pull {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
        }
    }
}
