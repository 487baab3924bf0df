//! Products that go through matching, filters, facets and scoring together.

/// So many products that columns are read in long runs, and so few that what is known of them stays in the cache.
#[derive(Default)]
pub(super) struct Block {
    /// By product: its document in the segment that is read.
    pub(super) documents: Vec<u32>,
    pub(super) ordinals: Vec<u32>,
    /// By product: the sum of the BM25 scores of the units it matches.
    pub(super) scores: Vec<f32>,
    /// By product: bit `i` is set when unit `i` matches.
    pub(super) units: Vec<u32>,
}

impl Block {
    /// A block has at least so many products, unless there are no more, and at most 63 more.
    pub(super) const PRODUCTS: usize = 1_024;

    /// Products that nobody asked for by words.
    pub(super) fn without_words(ordinals: Vec<u32>) -> Self {
        Block {
            documents: vec![0; ordinals.len()],
            scores: vec![0.0; ordinals.len()],
            units: vec![0; ordinals.len()],
            ordinals,
        }
    }

    /// Takes over the products of another block, not scored yet.
    pub(super) fn set_to(&mut self, matched: &Block) {
        self.documents.clone_from(&matched.documents);
        self.ordinals.clone_from(&matched.ordinals);
    }

    pub(super) fn clear(&mut self) {
        self.documents.clear();
        self.ordinals.clear();
    }

    /// Leaves the products that are to be kept; they are not scored yet.
    pub(super) fn retain(&mut self, keep: &[bool]) {
        // Without branches: whether a product is kept cannot be foretold.
        let mut kept = 0;
        for (at, keep) in keep.iter().enumerate() {
            self.documents[kept] = self.documents[at];
            self.ordinals[kept] = self.ordinals[at];
            kept += usize::from(*keep);
        }
        self.documents.truncate(kept);
        self.ordinals.truncate(kept);
        self.scores.truncate(kept);
        self.units.truncate(kept);
    }
}
