//! How often shoppers go back to what they met in the session already, by how many other products ago that was.

/// Products met longer ago than so many others are not counted apart.
pub(super) const AGES: usize = 40;

/// So many chances are needed to believe what was counted halfway.
const PRIOR: f64 = 20.0;

/// Counts of all sessions.
#[derive(Debug, Clone)]
pub(super) struct Returns {
    /// By age: how often somebody could have gone back…
    chances: [u64; AGES],
    /// …and how often they did.
    taken: [u64; AGES],
}

impl Default for Returns {
    fn default() -> Self {
        Returns {
            chances: [0; AGES],
            taken: [0; AGES],
        }
    }
}

impl Returns {
    /// Somebody who had met `met` other products went on; to the one at `age` when they went back to it.
    pub(super) fn count(&mut self, met: usize, age: Option<usize>) {
        for chances in &mut self.chances[..met.min(AGES)] {
            *chances += 1;
        }
        if let Some(taken) = age.and_then(|age| self.taken.get_mut(age)) {
            *taken += 1;
        }
    }

    /// The share of those who met a product so many products ago and go back to it next.
    pub(super) fn share(&self, age: usize) -> f64 {
        let taken = self.taken.get(age).copied().unwrap_or_default();
        let chances = self.chances.get(age).copied().unwrap_or_default();
        taken as f64 / (chances as f64 + PRIOR)
    }
}
