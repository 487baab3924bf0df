//! A product's colours and sizes, what they cost and how many are left.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::catalog::{Variant, weighted};
use super::phrases::slug;
use super::pictures::picture_path;
use super::tables::{Leaf, Size, Sizes, Tables};

/// Share of products with no variant in stock.
pub(crate) const SOLD_OUT_PRODUCTS: f64 = 0.04;
/// Share of the other products' variants that are gone; together about 8 % of all variants.
const SOLD_OUT_VARIANTS: f64 = 0.048;
const REDUCED_PRODUCTS: f64 = 0.18;

/// What a product decides for its variants.
pub(crate) struct Offer {
    pub(crate) id: usize,
    pub(crate) tier: u8,
    pub(crate) gender: Option<&'static str>,
    pub(crate) sold_out: bool,
}

/// All variants of a product: colours in the order of appeal, sizes in the order of size. Never empty.
pub(crate) fn variants(
    tables: &'static Tables,
    leaf: &'static Leaf,
    offer: &Offer,
    rng: &mut StdRng,
) -> Vec<Variant> {
    let shades = shades(leaf, rng);
    let sizes = sizes(leaf, offer.gender, rng);
    let tag = Tag::draw(leaf, offer.tier, rng);
    let mut variants = Vec::with_capacity(shades.len() * sizes.len().max(1));
    for &shade in &shades {
        let shade = tables.colors[shade].name.as_str();
        let reduction = tag
            .reduction
            .filter(|_| !tag.some_colors || rng.random_bool(0.5));
        if sizes.is_empty() {
            variants.push(variant(
                leaf,
                offer,
                shade,
                None,
                tag.prices(1.0, reduction),
            ));
        }
        for (size, factor) in sizes {
            variants.push(variant(
                leaf,
                offer,
                shade,
                Some(size),
                tag.prices(*factor, reduction),
            ));
        }
    }
    if !offer.sold_out {
        fill(&mut variants, rng);
    }
    variants
}

fn variant(
    leaf: &Leaf,
    offer: &Offer,
    shade: &'static str,
    size: Option<&'static str>,
    (price, list_price): (f64, Option<f64>),
) -> Variant {
    let color = leaf.color_named.then_some(shade);
    let mut id = offer.id.to_string();
    for part in color.into_iter().chain(size) {
        id.push('-');
        id.push_str(&slug(part));
    }
    if color.is_none() && size.is_none() {
        id.push_str("-one");
    }
    Variant {
        id,
        color,
        size,
        price,
        list_price,
        stock: 0,
        image: picture_path(&leaf.drawing, shade),
        shade,
    }
}

fn shades(leaf: &Leaf, rng: &mut StdRng) -> Vec<usize> {
    let most = if leaf.color_named {
        leaf.palette.len()
    } else {
        1
    };
    let count = *weighted(
        &[(1, 0.36), (2, 0.3), (3, 0.2), (4, 0.14)],
        |choice| choice.1,
        rng,
    );
    let mut shades = leaf.palette.clone();
    shades.shuffle(rng);
    shades.truncate(count.0.min(most));
    shades
}

/// The sizes a product comes in: a run, shortened at either end now and then.
fn sizes(leaf: &'static Leaf, gender: Option<&str>, rng: &mut StdRng) -> &'static [Size] {
    let run: &[Size] = match (&leaf.sizes, gender) {
        (Sizes::None, _) => return &[],
        (Sizes::Run(run), _) => run,
        (Sizes::Shoes { women, .. }, Some("women")) => women,
        (Sizes::Shoes { men, .. }, Some("men")) => men,
        (Sizes::Shoes { unisex, .. }, _) => unisex,
    };
    let first = usize::from(run.len() > 3 && rng.random_bool(0.3));
    let last = run.len() - usize::from(run.len() > 2 && rng.random_bool(0.35));
    &run[first..last]
}

/// The price tag of a product: its price before sizes and reductions.
struct Tag {
    full: f64,
    cents: f64,
    reduction: Option<f64>,
    some_colors: bool,
}

impl Tag {
    fn draw(leaf: &Leaf, tier: u8, rng: &mut StdRng) -> Tag {
        let [low, high] = leaf.price;
        let level = (f64::from(tier - 1) * 0.24 + rng.random_range(-0.04..0.32)).clamp(0.0, 1.0);
        let reduced = rng.random_bool(REDUCED_PRODUCTS);
        let percent = f64::from(rng.random_range(2..=8)) * 5.0;
        Tag {
            full: low * (high / low).powf(level),
            cents: weighted(
                &[(0.95, 0.4), (0.90, 0.2), (0.99, 0.25), (0.50, 0.15)],
                |choice| choice.1,
                rng,
            )
            .0,
            reduction: reduced.then_some(1.0 - percent / 100.0),
            some_colors: rng.random_bool(0.4),
        }
    }

    /// The price and, if reduced, the price before, for a size that costs `factor` times the usual.
    fn prices(&self, factor: f64, reduction: Option<f64>) -> (f64, Option<f64>) {
        let before = charming(self.full * factor, self.cents);
        match reduction.map(|share| charming(before * share, self.cents)) {
            Some(price) if price < before => (price, Some(before)),
            _ => (before, None),
        }
    }
}

/// A price as shops print it: `24.95`, `129.00`, `1290.00`.
fn charming(price: f64, cents: f64) -> f64 {
    if price >= 600.0 {
        return (price / 50.0).round() * 50.0 - 10.0;
    }
    if price >= 100.0 {
        return (price / 5.0).round() * 5.0 - if cents > 0.92 { 1.0 } else { 0.0 };
    }
    let whole = (price - 0.5).floor().max(1.0);
    ((whole + cents) * 100.0).round() / 100.0
}

/// Gives variants their stock; at least one is left in a shop that has not sold out.
fn fill(variants: &mut [Variant], rng: &mut StdRng) {
    let kept = rng.random_range(0..variants.len());
    for (position, variant) in variants.iter_mut().enumerate() {
        let gone = position != kept && rng.random_bool(SOLD_OUT_VARIANTS);
        let plenty = rng.random::<f64>().powi(2) * 48.0;
        variant.stock = if gone { 0 } else { 1 + plenty as u32 };
    }
}
