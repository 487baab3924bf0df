//! The stems of what every product says of itself, in order and place by place: where a match is looked at closely.

use serde::{Deserialize, Serialize};

/// Where a product's words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Title,
    Description,
    Brand,
    /// All other searched attributes.
    Rest,
    /// What attributes say the product is, a word for each thing: these words stand in the rest as well, if searched.
    Type,
}

impl Place {
    pub(super) const ALL: [Place; 5] = [
        Place::Title,
        Place::Description,
        Place::Brand,
        Place::Rest,
        Place::Type,
    ];
}

/// What stands further back says little of what the product is.
const STEMS_MAX: usize = 200;

/// Stems that the processor fetches together.
const STEMS_A_CACHE_LINE: usize = 64 / size_of::<u32>();

/// The texts of one catalog, as numbers of stems.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Passages {
    /// By product and place: where the text starts.
    starts: Vec<u32>,
    stems: Vec<u32>,
    fields: [Field; Place::ALL.len()],
}

/// The texts that all products have in one place.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Field {
    words: u64,
    /// By stem: in how many products it stands here.
    product_counts: Vec<u32>,
}

impl Passages {
    /// Adds the next product's texts, by place.
    pub(super) fn push(&mut self, texts: [Vec<u32>; Place::ALL.len()]) {
        for (mut text, field) in texts.into_iter().zip(&mut self.fields) {
            text.truncate(STEMS_MAX);
            self.starts.push(self.stems.len() as u32);
            self.stems.extend_from_slice(&text);
            field.words += text.len() as u64;
            text.sort_unstable();
            text.dedup();
            for stem in text {
                if stem as usize >= field.product_counts.len() {
                    field.product_counts.resize(stem as usize + 1, 0);
                }
                field.product_counts[stem as usize] += 1;
            }
        }
    }

    pub(super) fn products(&self) -> u32 {
        (self.starts.len() / Place::ALL.len()) as u32
    }

    /// What a product says in one place.
    pub(super) fn of(&self, product: u32, place: Place) -> &[u32] {
        let at = product as usize * Place::ALL.len() + place as usize;
        let end = self.starts.get(at + 1).copied();
        let end = end.map_or(self.stems.len(), |end| end as usize);
        &self.stems[self.starts[at] as usize..end]
    }

    /// Reads a little everywhere in what these products say. Memory answers many such questions at a time, as long as
    /// none depends on another's answer; later reading finds everything in the cache.
    pub(super) fn bring_near(&self, products: &[u32]) {
        let texts: Vec<&[u32]> = products
            .iter()
            .map(|product| self.all_of(*product))
            .collect();
        let touched = texts
            .iter()
            .flat_map(|text| text.iter().step_by(STEMS_A_CACHE_LINE));
        std::hint::black_box(touched.fold(0, |all, stem| all ^ stem));
    }

    /// What a product says in all places, one after the other.
    fn all_of(&self, product: u32) -> &[u32] {
        let start = |product: usize| self.starts.get(product * Place::ALL.len()).copied();
        let end = start(product as usize + 1).map_or(self.stems.len(), |end| end as usize);
        &self.stems[self.starts[product as usize * Place::ALL.len()] as usize..end]
    }

    /// Words that an average product has in this place, those that have none included.
    pub(super) fn average_words(&self, place: Place) -> f32 {
        self.fields[place as usize].words as f32 / self.products().max(1) as f32
    }

    /// In how many products a stem stands in this place.
    pub(super) fn products_with(&self, stem: u32, place: Place) -> u32 {
        let counts = &self.fields[place as usize].product_counts;
        counts.get(stem as usize).copied().unwrap_or_default()
    }
}
