//! Sets of documents, a bit for each: what sets have in common is found 64 documents at a time.

use multiversion::multiversion;

/// Documents whose bits stand in one word.
const WORD: u32 = u64::BITS;
/// Words that are worked on together.
const CHUNK: usize = 8;

/// A set of the documents of one segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bits(Vec<u64>);

/// How far the documents of a set have been listed.
#[derive(Default)]
pub(super) struct Cursor {
    /// Words that were begun.
    begun: usize,
    /// What is left of the last one begun.
    left: u64,
}

impl Bits {
    /// The empty set of so many documents.
    pub(super) fn none_of(documents: u32) -> Self {
        Bits(vec![0; documents.div_ceil(WORD) as usize])
    }

    #[inline]
    pub(super) fn insert(&mut self, document: u32) {
        self.0[(document / WORD) as usize] |= 1 << (document % WORD);
    }

    /// The bits of the documents that share a word with this one, and which of them is its own.
    #[inline(always)]
    pub(super) fn around(&self, document: u32) -> (usize, u64, u64) {
        let word = (document / WORD) as usize;
        (word, self.0[word], 1 << (document % WORD))
    }

    pub(super) fn count(&self) -> usize {
        count(&self.0)
    }

    /// By word: how many documents stand in the words before it.
    pub(super) fn counts_before(&self) -> Vec<u32> {
        counts_before(&self.0)
    }

    /// Leaves what both sets have.
    pub(super) fn intersect(&mut self, other: &Bits) {
        let words = self.0.iter_mut().zip(&other.0);
        words.for_each(|(own, other)| *own &= other);
    }

    /// Adds what the other set has.
    pub(super) fn unite(&mut self, other: &Bits) {
        let words = self.0.iter_mut().zip(&other.0);
        words.for_each(|(own, other)| *own |= other);
    }

    /// Appends the next documents in order, until `documents` has at least `documents_min` or there are no more.
    pub(super) fn list(&self, cursor: &mut Cursor, documents: &mut Vec<u32>, documents_min: usize) {
        list(&self.0, cursor, documents, documents_min);
    }
}

/// The documents that are in at least `required` of these sets; `required` is 1 to as many as there are, and they are
/// sets of the same segment.
pub(super) fn in_at_least(required: usize, sets: &[&Bits]) -> Bits {
    debug_assert!((1..=sets.len()).contains(&required));
    if let [only] = sets {
        return (*only).clone();
    }
    let mut found = Bits(vec![0; sets[0].0.len()]);
    let sets: Vec<&[u64]> = sets.iter().map(|set| set.0.as_slice()).collect();
    add_up(required, &sets, &mut found.0);
    found
}

/// Level `k` holds the documents that were in at least `k` of the sets so far; levels that cannot matter for the
/// result are not kept.
#[multiversion(targets = "simd")]
fn add_up(required: usize, sets: &[&[u64]], found: &mut [u64]) {
    let mut levels = vec![[0u64; CHUNK]; required + 1];
    levels[0] = [u64::MAX; CHUNK];
    for (at, found) in found.chunks_mut(CHUNK).enumerate() {
        levels[1..].fill([0; CHUNK]);
        let words = at * CHUNK..at * CHUNK + found.len();
        for (seen, set) in sets.iter().enumerate() {
            let left = sets.len() - seen - 1;
            let mut own = [0; CHUNK];
            own[..found.len()].copy_from_slice(&set[words.clone()]);
            for level in (required.saturating_sub(left).max(1)..=required.min(seen + 1)).rev() {
                let below = levels[level - 1];
                let here = &mut levels[level];
                for lane in 0..CHUNK {
                    here[lane] |= below[lane] & own[lane];
                }
            }
        }
        found.copy_from_slice(&levels[required][..found.len()]);
    }
}

#[multiversion(targets = "simd")]
fn count(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

#[multiversion(targets = "simd")]
fn counts_before(words: &[u64]) -> Vec<u32> {
    let mut before = 0;
    let add = |word: &u64| {
        let own = before;
        before += word.count_ones();
        own
    };
    words.iter().map(add).collect()
}

#[multiversion(targets = "simd")]
fn list(words: &[u64], cursor: &mut Cursor, documents: &mut Vec<u32>, documents_min: usize) {
    loop {
        let first = (cursor.begun as u32).wrapping_sub(1).wrapping_mul(WORD);
        while cursor.left != 0 {
            documents.push(first + cursor.left.trailing_zeros());
            cursor.left &= cursor.left - 1;
        }
        if documents.len() >= documents_min || cursor.begun == words.len() {
            return;
        }
        cursor.left = words[cursor.begun];
        cursor.begun += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOCUMENTS: u32 = 1_500;

    fn set(documents: &[u32]) -> Bits {
        let mut bits = Bits::none_of(DOCUMENTS);
        documents.iter().for_each(|document| bits.insert(*document));
        bits
    }

    fn listed(bits: &Bits, at_a_time: usize) -> Vec<u32> {
        let (mut cursor, mut all) = (Cursor::default(), Vec::new());
        loop {
            let mut documents = Vec::new();
            bits.list(&mut cursor, &mut documents, at_a_time);
            if documents.is_empty() {
                return all;
            }
            all.append(&mut documents);
        }
    }

    proptest! {
        #[test]
        fn at_least_so_many_sets_have_a_document(
            sets in proptest::collection::vec(proptest::collection::vec(0..DOCUMENTS, 0..900), 1..7),
            required in 1usize..7,
        ) {
            let required = required.min(sets.len());
            let bits: Vec<Bits> = sets.iter().map(|documents| set(documents)).collect();
            let found = in_at_least(required, &bits.iter().collect::<Vec<_>>());
            let having = |document: &u32| sets.iter().filter(|set| set.contains(document)).count();
            let expected: Vec<u32> = (0..DOCUMENTS).filter(|at| having(at) >= required).collect();
            prop_assert_eq!(found.count(), expected.len());
            prop_assert_eq!(listed(&found, 100), expected);
        }
    }
}
