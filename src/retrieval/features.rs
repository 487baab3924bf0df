//! A close look at the products that may come first: where and how they say what was asked for.

use super::bm25::{Saturation, rarity};
use super::passages::Place;
use super::text_index::TextIndex;
use super::weights::UnitWeights;
use super::{Features, Plan, UNITS_MAX};
use crate::query::Alternative;

/// How much long texts are discounted, 0 to 1, and how much a word counts there, by place. Descriptions that go on say
/// more. What an attribute says is often about something else than what the product is, unless that is what it is for.
const PLACES: [(Place, f32, f32); Place::ALL.len()] = [
    (Place::Title, 0.75, 1.0),
    (Place::Description, 0.5, 1.0),
    (Place::Brand, 0.75, 1.0),
    (Place::Rest, 0.75, 0.4),
    (Place::Type, 0.0, 1.0),
];

/// How much words say that are sought side by side, such as those of a synonym, and stand apart.
const APART: f32 = 0.5;

/// How much of what a text says a product is remains when the product states another type, and its title says that too.
const STATED_OTHERWISE: f32 = 0.2;

/// What is looked for.
pub(super) struct Look<'i> {
    index: &'i TextIndex,
    weights: &'i UnitWeights,
    sought: Vec<Sought>,
    /// By unit and place: how much it says there. All ways to satisfy a unit say the same, else the rarest of several
    /// synonyms would count most.
    says: Vec<[f32; Place::ALL.len()]>,
    /// By unit: how well a product matches that has it in none of the places.
    elsewhere: Vec<f32>,
    /// Bit `stem % 64` is set for the last stem of everything sought, and for words such as "for".
    sieve: u64,
    /// By place.
    saturation: [Saturation; Place::ALL.len()],
    /// The unit that says what kind of thing is asked for, as a bit.
    head: u32,
}

/// One way to satisfy a unit.
struct Sought {
    unit: usize,
    /// Stems that stand side by side.
    stems: Vec<u32>,
    /// Compounds that say all of it, sorted, and whether they name the same kind of thing.
    compounds: Vec<u32>,
    names: bool,
    /// 1 for the shopper's own word.
    weight: f32,
}

/// What a text says; units are bits.
#[derive(Default)]
struct Said {
    /// Units that stand right after the unit before them.
    adjacent: u32,
    /// Units that it names.
    named: u32,
    /// How likely the text is about what was asked for, 0 to 1.
    head: f32,
}

impl<'i> Look<'i> {
    pub(super) fn new(index: &'i TextIndex, plan: &Plan, weights: &'i UnitWeights) -> Self {
        let mut sought: Vec<Sought> = Vec::new();
        let (mut says, mut elsewhere) = (Vec::new(), Vec::new());
        for (unit, asked) in plan.units.iter().take(UNITS_MAX).enumerate() {
            let ways = asked.alternatives.iter();
            let ways: Vec<Sought> = ways
                .filter_map(|way| Sought::new(index, unit, way))
                .collect();
            says.push(PLACES.map(|(place, _, weight)| {
                // Few products state a type, so that being one of them is no measure of a word.
                let with = |stem: u32| match place {
                    Place::Type => index.vocabulary.product_count(stem),
                    _ => index.passages.products_with(stem, place),
                };
                weight * rarity_of_any(index, &ways, with)
            }));
            elsewhere.push(rarity_elsewhere(index, &ways));
            sought.extend(ways);
        }
        let compounds = sought.iter().flat_map(|way| way.compounds.iter().copied());
        let last = sought.iter().map(Sought::last).chain(compounds);
        let telling = last.chain(index.heads.purposes().iter().copied());
        Look {
            index,
            weights,
            sieve: telling.fold(0, |sieve, stem| sieve | bit(stem)),
            sought,
            says,
            elsewhere,
            saturation: PLACES
                .map(|(place, b, _)| Saturation::new(index.passages.average_words(place), b)),
            head: plan.head.map_or(0, |head| 1 << head),
        }
    }

    /// Brings what these products say near, before it is looked at one by one.
    pub(super) fn approach(&self, products: &[u32]) {
        if !self.sought.is_empty() {
            self.index.passages.bring_near(products);
        }
    }

    /// How well a product matches that has these units somewhere; `counts` is scratch space.
    pub(super) fn features(&self, product: u32, units: u32, counts: &mut Vec<u32>) -> Features {
        if units == 0 || self.sought.is_empty() {
            return Features::default();
        }
        let mut best = [0.0f32; UNITS_MAX];
        let said = PLACES.map(|(place, ..)| {
            let text = self.index.passages.of(product, place);
            counts.clear();
            counts.resize(self.sought.len(), 0);
            let said = self.read(text, counts);
            for (way, count) in self
                .sought
                .iter()
                .zip(&*counts)
                .filter(|(_, count)| **count > 0)
            {
                let saturation = &self.saturation[place as usize];
                let says = way.weight * self.says[way.unit][place as usize];
                let says = says * saturation.of(text.len(), *count);
                best[way.unit] = best[way.unit].max(says);
            }
            said
        });
        for (unit, elsewhere) in self.elsewhere.iter().enumerate() {
            if best[unit] == 0.0 && units & (1 << unit) != 0 {
                best[unit] = *elsewhere;
            }
        }
        let [title, description, _, _, stated] = &said;
        let pairs = title
            .adjacent
            .count_ones()
            .max(description.adjacent.count_ones());
        Features {
            bm25: best.iter().sum(),
            coverage: self.weights.coverage(units),
            adjacent: pairs as f32 / (self.weights.shares.len() as f32 - 1.0).max(1.0),
            head: self.weights.coverage(self.head)
                * if stated.named & self.head != 0 {
                    1.0
                } else {
                    self.likely(product, title.head.max(description.head))
                },
            unlike: 0.0,
        }
    }

    /// How likely a product is what its texts say, when it does not state so.
    fn likely(&self, product: u32, said: f32) -> f32 {
        let title = self.index.passages.of(product, Place::Title);
        let mut stated = self.index.passages.of(product, Place::Type).iter();
        if said > 0.0 && stated.any(|stem| title.contains(stem)) {
            STATED_OTHERWISE * said
        } else {
            said
        }
    }

    /// Reads a text, and counts how often each way stands there.
    fn read(&self, text: &[u32], counts: &mut [u32]) -> Said {
        let mut said = Said::default();
        let (mut before, mut purpose) = (0, false);
        for (at, stem) in text.iter().enumerate() {
            if self.sieve & bit(*stem) == 0 {
                before = 0;
                continue;
            }
            let (units, named_here) = self.count(&text[..=at], counts);
            if units == 0 {
                purpose |= self.index.heads.purposes().contains(stem);
            } else {
                said.adjacent |= units & (before << 1);
                said.named |= named_here;
                if named_here & self.head != 0 {
                    let heads = &self.index.heads;
                    let head = if purpose {
                        heads.is_head_of_purpose(text, at)
                    } else {
                        heads.is_head(text, at)
                    };
                    said.head = said.head.max(head);
                }
            }
            before = units;
        }
        said
    }

    /// Counts what is sought at the end of a text; returns the units that it satisfies, and which of them it names.
    fn count(&self, text: &[u32], counts: &mut [u32]) -> (u32, u32) {
        let (mut units, mut named) = (0, 0);
        for (way, count) in self.sought.iter().zip(counts) {
            if way.ends(text) {
                *count += 1;
                units |= 1 << way.unit;
                named |= u32::from(way.names) << way.unit;
            }
        }
        (units, named)
    }
}

impl Sought {
    /// `None` when the catalog lacks one of the stems, or when there are none.
    fn new(index: &TextIndex, unit: usize, alternative: &Alternative) -> Option<Self> {
        let stems = alternative.stems.iter();
        let stems = stems.map(|stem| index.vocabulary.number_of(stem));
        let stems = stems.collect::<Option<Vec<u32>>>()?;
        let weight = alternative.weight;
        let last = *stems.last()?;
        Some(Sought {
            unit,
            compounds: compounds_of(index, &stems),
            names: index.vocabulary.names_compounds(last),
            stems,
            weight,
        })
    }

    /// Whether a text, which has a word, ends with it.
    fn ends(&self, text: &[u32]) -> bool {
        let is_compound = || self.compounds.binary_search(&text[text.len() - 1]).is_ok();
        text.ends_with(&self.stems) || !self.compounds.is_empty() && is_compound()
    }

    fn last(&self) -> u32 {
        *self
            .stems
            .last()
            .expect("ways without stems are not sought")
    }
}

/// The compounds that have all of these parts, sorted; none for stems that are no parts.
fn compounds_of(index: &TextIndex, stems: &[u32]) -> Vec<u32> {
    let with = |stem: &u32| index.vocabulary.compounds_with(*stem);
    let mut parts = stems.iter().map(with);
    let mut compounds = parts.next().unwrap_or_default().to_vec();
    for more in parts {
        compounds.retain(|compound| more.binary_search(compound).is_ok());
    }
    compounds
}

/// How rare a unit is that any of these ways satisfies, when so many products have a stem.
fn rarity_of_any(index: &TextIndex, ways: &[Sought], with: impl Fn(u32) -> u32) -> f32 {
    rarity(found_by_any(index, ways, with), index.products)
}

/// In how many products, at most, one of these ways is found.
fn found_by_any(index: &TextIndex, ways: &[Sought], with: impl Fn(u32) -> u32) -> u32 {
    let rarest = |way: &Sought| way.stems.iter().map(|stem| with(*stem)).min();
    let found: u32 = ways.iter().filter_map(rarest).sum();
    found.min(index.products)
}

/// How much a value, a measure or a code says that no text does: as much as the text that says most. Words that are
/// sought side by side, and stand apart, say less.
fn rarity_elsewhere(index: &TextIndex, ways: &[Sought]) -> f32 {
    let anywhere = found_by_any(index, ways, |stem| index.vocabulary.product_count(stem));
    if ways.iter().any(|way| way.stems.len() > 1) {
        return APART * rarity(anywhere, index.products);
    }
    let in_place = |place| {
        let with = |stem: u32| index.passages.products_with(stem, place);
        found_by_any(index, ways, with)
    };
    let texts = Place::ALL.into_iter();
    let texts = texts.filter(|place| *place != Place::Type).map(in_place);
    let fewest = texts.filter(|found| *found > 0).min();
    rarity(fewest.unwrap_or(anywhere), index.products)
}

fn bit(stem: u32) -> u64 {
    1 << (stem % 64)
}
