//! BM25 (Robertson and Zaragoza 2009) over tantivy's postings and field lengths.

use tantivy::fieldnorm::FieldNormReader;

/// How fast repeated words stop mattering.
const K1: f32 = 1.2;
/// How much long texts are discounted, 0 to 1. Product texts that go on are about more than the product: 0.9 beat the
/// usual 0.75 on both judged catalogs we develop against.
const B: f32 = 0.9;

/// The length part of BM25 for each of the 256 lengths tantivy stores.
pub(super) struct Lengths([f32; 256]);

impl Lengths {
    /// For texts of `average_words` on average.
    pub(super) fn new(average_words: f32) -> Self {
        let average = average_words.max(1.0);
        Lengths(std::array::from_fn(|id| {
            let words = FieldNormReader::id_to_fieldnorm(id as u8) as f32;
            K1 * (1.0 - B + B * words / average)
        }))
    }

    /// How well a word standing `frequency` times in a text of this length matches, 0 to `K1 + 1`.
    #[inline]
    pub(super) fn saturation(&self, length_id: u8, frequency: u32) -> f32 {
        let frequency = frequency as f32;
        (K1 + 1.0) * frequency / (frequency + self.0[length_id as usize])
    }
}

/// The length part of BM25 for the texts of one place.
pub(super) struct Saturation {
    fixed: f32,
    per_word: f32,
}

impl Saturation {
    /// For texts of `average_words` on average; `b` is how much long ones are discounted, 0 to 1.
    pub(super) fn new(average_words: f32, b: f32) -> Self {
        Saturation {
            fixed: K1 * (1.0 - b),
            per_word: K1 * b / average_words.max(1.0),
        }
    }

    /// How well a word standing `frequency` times in a text of this many words matches, 0 to `K1 + 1`.
    #[inline]
    pub(super) fn of(&self, words: usize, frequency: u32) -> f32 {
        let frequency = frequency as f32;
        (K1 + 1.0) * frequency / (frequency + self.fixed + self.per_word * words as f32)
    }
}

/// How rare a word is: standing in `found` of `products`.
pub(super) fn rarity(found: u32, products: u32) -> f32 {
    let (found, products) = (found as f32, products.max(found) as f32);
    (1.0 + (products - found + 0.5) / (found + 0.5)).ln()
}
