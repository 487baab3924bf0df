//! The stems of what every product says of itself, in order and place by place: where a match is looked at closely.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalog::overlay::Overlay;

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

/// What a product says, by place.
pub(super) type Texts = [Vec<u32>; Place::ALL.len()];

/// The texts of one catalog, as numbers of stems; a copy shares what does not change.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(super) struct Passages {
    /// By product and place: where the text starts.
    starts: Arc<Vec<u32>>,
    stems: Arc<Vec<u32>>,
    fields: Arc<[Field; Place::ALL.len()]>,
    /// What products say that changed since.
    #[serde(skip)]
    changed: Overlay<Arc<Texts>>,
    /// How many products more there are than were built, or fewer.
    #[serde(skip)]
    more: i64,
}

/// The texts that all products have in one place.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(super) struct Field {
    words: u64,
    /// By stem: in how many products it stands here.
    product_counts: Vec<u32>,
}

impl Passages {
    /// Adds the next product's texts, by place.
    pub(super) fn push(&mut self, texts: Texts) {
        let (starts, stems) = (
            Arc::make_mut(&mut self.starts),
            Arc::make_mut(&mut self.stems),
        );
        let fields = Arc::make_mut(&mut self.fields);
        for (mut text, field) in texts.into_iter().zip(fields) {
            text.truncate(STEMS_MAX);
            starts.push(stems.len() as u32);
            stems.extend_from_slice(&text);
            field.count(text, 1);
        }
    }

    /// Puts what a product says now in place of what it said; `None` for one that is not there.
    pub(super) fn replace(&mut self, product: u32, before: Option<Texts>, now: Option<Texts>) {
        let fields = Arc::make_mut(&mut self.fields);
        self.more += i64::from(now.is_some()) - i64::from(before.is_some());
        let cut = |mut texts: Texts| {
            texts.iter_mut().for_each(|text| text.truncate(STEMS_MAX));
            texts
        };
        for (texts, by) in [(before, -1), (now.clone(), 1)] {
            for (text, field) in texts.map(cut).into_iter().flatten().zip(fields.iter_mut()) {
                field.count(text, by);
            }
        }
        let now = now.map(cut).unwrap_or_default();
        self.changed.put(product, Arc::new(now));
    }

    /// How many products it was built of.
    pub(super) fn products(&self) -> u32 {
        (self.starts.len() / Place::ALL.len()) as u32
    }

    /// What a product says in one place.
    pub(super) fn of(&self, product: u32, place: Place) -> &[u32] {
        if let Some(changed) = self.changed.get(product) {
            return &changed[place as usize];
        }
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
        if let Some(changed) = self.changed.get(product) {
            return &changed[0];
        }
        let start = |product: usize| self.starts.get(product * Place::ALL.len()).copied();
        let end = start(product as usize + 1).map_or(self.stems.len(), |end| end as usize);
        &self.stems[self.starts[product as usize * Place::ALL.len()] as usize..end]
    }

    /// Words that an average product has in this place, those that have none included.
    pub(super) fn average_words(&self, place: Place) -> f32 {
        let products = i64::from(self.products()) + self.more;
        self.fields[place as usize].words as f32 / products.max(1) as f32
    }

    /// In how many products a stem stands in this place.
    pub(super) fn products_with(&self, stem: u32, place: Place) -> u32 {
        let counts = &self.fields[place as usize].product_counts;
        counts.get(stem as usize).copied().unwrap_or_default()
    }
}

impl Field {
    /// Counts the words of a text, or with -1 takes them away.
    fn count(&mut self, mut text: Vec<u32>, by: i32) {
        self.words = self
            .words
            .saturating_add_signed(i64::from(by) * text.len() as i64);
        text.sort_unstable();
        text.dedup();
        for stem in text {
            if stem as usize >= self.product_counts.len() {
                self.product_counts.resize(stem as usize + 1, 0);
            }
            let count = &mut self.product_counts[stem as usize];
            *count = count.saturating_add_signed(by);
        }
    }
}
