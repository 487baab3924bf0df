//! One pass over what pages show of the products: titles, descriptions, pictures, links, codes and prices.

mod findings;

use rustc_hash::{FxHashMap, FxHasher};
use serde_json_borrow::Value;
use std::hash::{Hash, Hasher};

use super::Found;
use super::codes::{Flaw, flaw};
use crate::catalog::infer::language_of;
use crate::catalog::schema::{Attribute, Kind, Role};
use crate::engine::Catalog;
use crate::text::fold;

/// A description of fewer words says little.
const WORDS_MIN: usize = 5;

/// Words in addresses of pictures that are none.
const PLACEHOLDERS: [&str; 6] = [
    "placeholder",
    "no-image",
    "noimage",
    "no_image",
    "image-missing",
    "coming-soon",
];

/// Parts of the names of columns with trade item numbers.
const TRADE_NUMBERS: [&str; 6] = ["gtin", "ean", "upc", "isbn", "barcode", "jan"];

/// What was seen in all products.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By position of the attribute: products whose page shows a value.
    pub(super) shown: Vec<u64>,
    same_title: Found,
    same_product: Found,
    thin: Found,
    described: u64,
    foreign: Found,
    broken_pictures: Found,
    placeholders: Found,
    pictures: u64,
    broken_links: Found,
    links: u64,
    check_digits: Found,
    lost_zeros: Found,
    no_codes: Found,
    codes: u64,
    no_price: Found,
    false_reductions: Found,
    reductions: u64,
    shallow: Found,
    categorized: u64,
    outliers: Found,
    priced: u64,
    alike_variants: Found,
    several_variants: u64,
}

/// Reads every document once.
pub(super) fn look(catalog: &Catalog) -> Seen {
    let mut seen = Seen {
        shown: vec![0; catalog.schema.attributes.len()],
        ..Seen::default()
    };
    let mut titles: FxHashMap<u64, u32> = FxHashMap::default();
    let mut whole: FxHashMap<u64, u32> = FxHashMap::default();
    let depths = Depths::of(catalog);
    let attributes = catalog.schema.attributes.iter().enumerate();
    let trade_numbers: Vec<usize> = attributes
        .filter(|(_, attribute)| is_trade_number(attribute))
        .map(|(position, _)| position)
        .collect();
    let attributes = catalog.schema.attributes.iter();
    let telling: Vec<&Attribute> = attributes.filter(|own| tells_apart(own)).collect();
    let usual = UsualPrice::of(catalog);
    let there = |product: &u32| !catalog.columns.is_gone(*product);
    for product in (0..catalog.columns.products()).filter(there) {
        let document: Value<'_> =
            serde_json::from_slice(catalog.documents.bytes(product)).unwrap_or_default();
        let id = || catalog.columns.product_id(product).to_string();
        let mut title = None;
        for (position, attribute) in catalog.schema.attributes.iter().enumerate() {
            let value = document.get(attribute.name.as_str());
            if value.is_null() {
                continue;
            }
            seen.shown[position] += 1;
            seen.look_at(catalog, attribute, value, &id);
            if attribute.role == Some(Role::Title) {
                title = value.as_str();
            }
        }
        for position in &trade_numbers {
            seen.look_at_codes(catalog.columns.words_of(*position, product), &id);
        }
        seen.look_at_prices(catalog, product, &document, usual, &id);
        seen.look_at_depth(&depths, catalog, product, &id);
        seen.look_at_variants(&telling, &document, &id);
        let Some(title) = title else { continue };
        let folded = fold(title);
        let price = price(catalog, product).map(f64::to_bits);
        if *titles.entry(hash(&folded)).or_insert(product) != product {
            seen.same_title.add(id);
        }
        let brand = catalog.schema.role(Role::Brand);
        let brand = brand.map(|position| catalog.columns.words_of(position, product));
        if *whole
            .entry(hash(&(&folded, price, brand)))
            .or_insert(product)
            != product
        {
            seen.same_product.add(id);
        }
    }
    seen
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

fn price(catalog: &Catalog, product: u32) -> Option<f64> {
    let position = catalog.schema.role(Role::Price)?;
    catalog.columns.number(position, product)
}

/// The texts of a value that is one or a list.
fn texts<'v>(value: &'v Value<'_>) -> Vec<&'v str> {
    match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        single => single.as_str().into_iter().collect(),
    }
}

impl Seen {
    fn look_at(
        &mut self,
        catalog: &Catalog,
        attribute: &Attribute,
        value: &Value<'_>,
        id: &impl Fn() -> String,
    ) {
        match attribute.role {
            Some(Role::Description) => {
                self.described += 1;
                let text = texts(value).join(" ");
                if text.split(' ').count() < WORDS_MIN {
                    self.thin.add(id);
                }
                if language_of(&text).is_some_and(|own| own != catalog.schema.language) {
                    self.foreign.add(id);
                }
            }
            Some(Role::Image) => {
                self.pictures += 1;
                let addresses = texts(value);
                let placeholder = |address: &&str| {
                    let lower = address.to_lowercase();
                    PLACEHOLDERS.iter().any(|word| lower.contains(word))
                };
                if addresses.iter().any(placeholder) {
                    self.placeholders.add(id);
                }
                if !addresses.iter().all(|address| is_address(address)) {
                    self.broken_pictures.add(id);
                }
            }
            Some(Role::Url) => {
                self.links += 1;
                if !texts(value).iter().all(|address| is_address(address)) {
                    self.broken_links.add(id);
                }
            }
            _ => {}
        }
    }

    fn look_at_codes(&mut self, codes: Vec<&str>, id: &impl Fn() -> String) {
        self.codes += u64::from(!codes.is_empty());
        let mut flawed = codes
            .into_iter()
            .filter_map(|code| Some((code, flaw(code)?)));
        let Some((code, flaw)) = flawed.next() else {
            return;
        };
        let found = match flaw {
            Flaw::CheckDigit => &mut self.check_digits,
            Flaw::Zeros => &mut self.lost_zeros,
            Flaw::Length => &mut self.no_codes,
        };
        found.add(|| format!("{}: {code}", id()));
    }

    fn look_at_prices(
        &mut self,
        catalog: &Catalog,
        product: u32,
        document: &Value<'_>,
        usual: Option<UsualPrice>,
        id: &impl Fn() -> String,
    ) {
        let Some(position) = catalog.schema.role(Role::Price) else {
            return;
        };
        self.priced += 1;
        let Some(price) = price(catalog, product).filter(|price| *price > 0.0) else {
            self.no_price.add(id);
            return;
        };
        if usual.is_some_and(|usual| usual.is_far(price)) {
            self.outliers.add(|| format!("{}: {price}", id()));
        }
        let number = |position: usize| {
            let name = catalog.schema.attributes[position].name.as_str();
            document.get(name).as_f64()
        };
        let before = catalog.schema.role(Role::ListPrice).and_then(number);
        if let (Some(before), Some(now)) = (before, number(position)) {
            self.reductions += 1;
            if before < now {
                self.false_reductions
                    .add(|| format!("{}: {before} → {now}", id()));
            }
        }
    }

    fn look_at_depth(
        &mut self,
        depths: &Option<Depths>,
        catalog: &Catalog,
        product: u32,
        id: &impl Fn() -> String,
    ) {
        let Some(depths) = depths else { return };
        let words = catalog.columns.words_of(depths.position, product);
        let Some(deepest) = words.iter().map(|path| depth(path)).max() else {
            return;
        };
        self.categorized += 1;
        if deepest + 1 < depths.usual {
            self.shallow
                .add(|| format!("{}: {}", id(), words.join(", ")));
        }
    }

    /// Variants that nothing tells apart.
    fn look_at_variants(
        &mut self,
        telling: &[&Attribute],
        document: &Value<'_>,
        id: &impl Fn() -> String,
    ) {
        let Some(variants) = document
            .get("variants")
            .as_array()
            .filter(|list| list.len() > 1)
        else {
            return;
        };
        self.several_variants += 1;
        let told = |variant: &Value<'_>| -> Vec<String> {
            let values = telling
                .iter()
                .map(|own| variant.get(own.name.as_str()).to_string());
            values.collect()
        };
        let mut all: Vec<Vec<String>> = variants.iter().map(told).collect();
        all.sort_unstable();
        let before = all.len();
        all.dedup();
        if all.len() < before {
            self.alike_variants.add(id);
        }
    }
}

fn is_address(text: &str) -> bool {
    let whole = text.starts_with("https://") || text.starts_with("http://");
    (whole && text.len() > 10 || text.starts_with('/')) && !text.contains(char::is_whitespace)
}

fn is_trade_number(attribute: &Attribute) -> bool {
    let name = attribute.name.to_lowercase();
    let mut words = name.split(|letter: char| !letter.is_alphabetic());
    words.any(|word| TRADE_NUMBERS.contains(&word))
}

/// Whether shoppers choose between variants by it.
fn tells_apart(attribute: &Attribute) -> bool {
    let bought_by = matches!(attribute.role, Some(Role::Color | Role::Size) | None);
    attribute.variant && bought_by && attribute.kind == Kind::Keyword && !is_trade_number(attribute)
}

fn depth(path: &str) -> usize {
    path.split('>').count()
}

/// How deep categories usually are.
struct Depths {
    position: usize,
    usual: usize,
}

impl Depths {
    fn of(catalog: &Catalog) -> Option<Depths> {
        let position = catalog.schema.role(Role::Category)?;
        let is_path = catalog.schema.attributes[position].kind == Kind::Path;
        let (dictionary, _, _) = catalog.columns.words(position).filter(|_| is_path)?;
        let mut depths: Vec<usize> = dictionary.values().map(depth).collect();
        depths.sort_unstable();
        let usual = *depths.get(depths.len() / 2)?;
        Some(Depths { position, usual })
    }
}

/// The median price.
#[derive(Debug, Clone, Copy)]
struct UsualPrice(f64);

impl UsualPrice {
    fn of(catalog: &Catalog) -> Option<UsualPrice> {
        let all = 0..catalog.columns.products();
        let mut prices: Vec<f64> = all.filter_map(|product| price(catalog, product)).collect();
        prices.retain(|price| *price > 0.0);
        prices.sort_by(f64::total_cmp);
        (prices.len() >= 20).then(|| UsualPrice(prices[prices.len() / 2]))
    }

    fn is_far(self, price: f64) -> bool {
        price > 100.0 * self.0 || price < self.0 / 100.0
    }
}
