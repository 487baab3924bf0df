//! Sets of documents, a bit for each: what sets have in common is found 64 documents at a time.

use multiversion::multiversion;

/// Documents whose bits stand in one word.
const WORD: u32 = u64::BITS;
/// Words that are worked on together.
const CHUNK: usize = 8;

/// A set of the documents of one segment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Bits(Vec<[u64; CHUNK]>);

/// How many words of a set have been listed.
#[derive(Default)]
pub(super) struct Cursor(usize);

impl Bits {
    /// The empty set of so many documents.
    pub(super) fn none_of(documents: u32) -> Self {
        let words = documents.div_ceil(WORD) as usize;
        Bits(vec![[0; CHUNK]; words.div_ceil(CHUNK)])
    }

    fn words(&self) -> &[u64] {
        self.0.as_flattened()
    }

    #[inline]
    pub(super) fn insert(&mut self, document: u32) {
        self.0.as_flattened_mut()[(document / WORD) as usize] |= 1 << (document % WORD);
    }

    /// The word in which a document's bit stands, its bits, and which of them is the document's own.
    #[inline(always)]
    pub(super) fn around(&self, document: u32) -> (usize, u64, u64) {
        let word = (document / WORD) as usize;
        (word, self.words()[word], 1 << (document % WORD))
    }

    /// By word: how many documents stand in the words before it.
    pub(super) fn counts_before(&self) -> Vec<u32> {
        let mut counts = vec![0; self.words().len()];
        count_before(self.words(), &mut counts);
        counts
    }

    /// How many documents it has.
    pub(super) fn count(&self) -> usize {
        count(self.words())
    }

    /// Leaves what both sets have.
    pub(super) fn intersect(&mut self, other: &Bits) {
        let words = self.0.as_flattened_mut().iter_mut().zip(other.words());
        words.for_each(|(own, other)| *own &= other);
    }

    /// Whether it has no documents, nor room for any.
    pub(super) fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes away what the other set has.
    pub(super) fn subtract(&mut self, other: &Bits) {
        let words = self.0.as_flattened_mut().iter_mut().zip(other.words());
        words.for_each(|(own, other)| *own &= !other);
    }

    /// Adds what the other set has.
    pub(super) fn unite(&mut self, other: &Bits) {
        let words = self.0.as_flattened_mut().iter_mut().zip(other.words());
        words.for_each(|(own, other)| *own |= other);
    }

    /// Replaces `documents` by the next ones in order: at least `documents_min` unless there are no more, and at most
    /// 63 more.
    pub(super) fn list(&self, cursor: &mut Cursor, documents: &mut Vec<u32>, documents_min: usize) {
        documents.resize(documents_min + WORD as usize, 0);
        let listed = list(self.words(), cursor, documents, documents_min);
        documents.truncate(listed);
    }
}

/// The documents that are in at least `required` of these sets; `required` is 1 to as many as there are sets, which are
/// of the same segment.
pub(super) fn in_at_least(required: usize, sets: &[&Bits]) -> Bits {
    debug_assert!((1..=sets.len()).contains(&required));
    let mut found = sets[0].clone();
    if required == sets.len() {
        intersect_all(&mut found.0, &sets[1..]);
    } else {
        add_up(required, sets, &mut found.0);
    }
    found
}

// What follows is compiled for several processors. Closures would be called, not inlined, there: these are loops.

#[multiversion(targets = "simd")]
fn intersect_all(found: &mut [[u64; CHUNK]], others: &[&Bits]) {
    for (at, found) in found.iter_mut().enumerate() {
        let mut words = *found;
        for other in others {
            let other = other.0[at];
            for lane in 0..CHUNK {
                words[lane] &= other[lane];
            }
        }
        *found = words;
    }
}

/// Level `k` holds the documents that were in at least `k` of the sets so far; levels that cannot matter for the
/// result are not kept.
#[multiversion(targets = "simd")]
fn add_up(required: usize, sets: &[&Bits], found: &mut [[u64; CHUNK]]) {
    let mut levels = vec![[0u64; CHUNK]; required + 1];
    for (at, found) in found.iter_mut().enumerate() {
        levels.fill([0; CHUNK]);
        levels[0] = [u64::MAX; CHUNK];
        for (seen, set) in sets.iter().enumerate() {
            let left = sets.len() - seen - 1;
            let own = set.0[at];
            let mut level = required.min(seen + 1);
            let lowest = required.saturating_sub(left).max(1);
            while level >= lowest {
                let below = levels[level - 1];
                let here = &mut levels[level];
                for lane in 0..CHUNK {
                    here[lane] |= below[lane] & own[lane];
                }
                level -= 1;
            }
        }
        *found = levels[required];
    }
}

#[multiversion(targets = "simd")]
fn count(words: &[u64]) -> usize {
    let mut count = 0;
    for word in words {
        count += u64::from(word.count_ones());
    }
    count as usize
}

#[multiversion(targets = "simd")]
fn count_before(words: &[u64], counts: &mut [u32]) {
    let mut before = 0;
    for (word, count) in words.iter().zip(counts) {
        *count = before;
        before += word.count_ones();
    }
}

/// How many documents were listed; there is room for a word more than `documents_min`.
#[multiversion(targets = "simd")]
fn list(words: &[u64], cursor: &mut Cursor, documents: &mut [u32], documents_min: usize) -> usize {
    let mut listed = 0;
    while listed < documents_min && cursor.0 < words.len() {
        let first = cursor.0 as u32 * WORD;
        let mut left = words[cursor.0];
        while left != 0 {
            documents[listed] = first + left.trailing_zeros();
            listed += 1;
            left &= left - 1;
        }
        cursor.0 += 1;
    }
    listed
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
