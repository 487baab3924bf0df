//! The best `k` of many, in an order that does not depend on how they arrive.

/// Keeps the `k` entries with the highest keys; among equals, those with the lowest ordinals.
pub(super) struct Top<T> {
    k: usize,
    entries: Vec<Entry<T>>,
    /// Entries below this cannot be among the best.
    threshold: Option<(f64, u32)>,
}

struct Entry<T> {
    key: f64,
    ordinal: u32,
    item: T,
}

impl<T> Top<T> {
    pub(super) fn new(k: usize) -> Self {
        Top {
            k,
            entries: Vec::with_capacity((2 * k).min(4096)),
            threshold: None,
        }
    }

    /// Whether an entry may be among the best; when it may not, one with a lower key may not either.
    #[inline]
    pub(super) fn may_keep(&self, key: f64, ordinal: u32) -> bool {
        self.threshold
            .is_none_or(|(least, last)| key > least || (key == least && ordinal <= last))
    }

    #[inline]
    pub(super) fn push(&mut self, key: f64, ordinal: u32, item: T) {
        if self.k == 0 || !self.may_keep(key, ordinal) {
            return;
        }
        self.entries.push(Entry { key, ordinal, item });
        if self.entries.len() >= 2 * self.k {
            self.cut();
        }
    }

    /// The best entries, best first.
    pub(super) fn into_sorted(mut self) -> Vec<T> {
        if self.entries.len() > self.k && self.k > 0 {
            self.cut();
        }
        self.entries.truncate(self.k);
        self.entries.sort_unstable_by(better_first);
        self.entries.into_iter().map(|entry| entry.item).collect()
    }

    fn cut(&mut self) {
        let (_, last, _) = self
            .entries
            .select_nth_unstable_by(self.k - 1, better_first);
        self.threshold = Some((last.key, last.ordinal));
        self.entries.truncate(self.k);
    }
}

fn better_first<T>(a: &Entry<T>, b: &Entry<T>) -> std::cmp::Ordering {
    b.key.total_cmp(&a.key).then(a.ordinal.cmp(&b.ordinal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_come_first_and_ties_keep_catalog_order() {
        let mut top = Top::new(3);
        for (key, ordinal) in [
            (1.0, 9),
            (5.0, 4),
            (5.0, 2),
            (0.5, 1),
            (3.0, 7),
            (3.0, 3),
            (2.0, 5),
        ] {
            top.push(key, ordinal, ordinal);
        }
        assert_eq!(top.into_sorted(), [2, 4, 3]);
    }
}
