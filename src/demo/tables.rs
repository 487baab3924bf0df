//! The shop's words: brands, categories, colours and sizes, read once from the TOML files beside this one.

use std::sync::OnceLock;

use serde::Deserialize;
use toml::Table;

/// Everything the generator chooses from. Borrowed for the life of the program.
pub(crate) struct Tables {
    pub(crate) brands: Vec<Brand>,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) colors: Vec<Color>,
    pub(crate) faces: Vec<FaceEntry>,
}

/// An invented brand. `tier` runs from 1 (budget) to 4 (luxury).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Brand {
    pub(crate) name: String,
    pub(crate) tier: u8,
    pub(crate) weight: f64,
    pub(crate) sells: Vec<String>,
    pub(crate) lines: Vec<String>,
}

/// A category without children, with all that its root and group lend it.
pub(crate) struct Leaf {
    /// The whole path: `Shoes > Boots > Hiking Boots`.
    pub(crate) category: String,
    /// The path of its group: `Shoes > Boots`.
    pub(crate) group: String,
    pub(crate) drawing: String,
    pub(crate) nouns: Vec<String>,
    /// Cheapest and dearest price in euros.
    pub(crate) price: [f64; 2],
    pub(crate) margin: [f64; 2],
    pub(crate) weight: f64,
    pub(crate) titles: Vec<String>,
    pub(crate) openings: Vec<String>,
    pub(crate) traits: Vec<(String, String)>,
    pub(crate) facts: Vec<String>,
    pub(crate) materials: Vec<String>,
    /// Positions in [`Tables::colors`].
    pub(crate) palette: Vec<usize>,
    /// False where the colour is only seen in the picture: books, soaps, games.
    pub(crate) color_named: bool,
    pub(crate) sizes: Sizes,
    pub(crate) gender: Gender,
    /// Positions in [`Tables::brands`] of the brands that sell this.
    pub(crate) brands: Vec<usize>,
}

/// One size: what it is called and its price as a multiple of the product's.
pub(crate) type Size = (String, f64);

pub(crate) enum Sizes {
    None,
    Run(Vec<Size>),
    Shoes {
        women: Vec<Size>,
        men: Vec<Size>,
        unisex: Vec<Size>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Gender {
    /// Not a thing that is made for women or men.
    None,
    /// Made for women, for men and for both.
    All,
    Women,
}

#[derive(Clone)]
pub(crate) struct Color {
    pub(crate) name: String,
    pub(crate) rgb: [u8; 3],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaceEntry {
    pub(crate) shopper: String,
    pub(crate) name: String,
    pub(crate) blurb: String,
    pub(crate) brand: Vec<String>,
    pub(crate) category: Vec<String>,
    pub(crate) color: Vec<String>,
    pub(crate) price_tier: String,
    pub(crate) gender: String,
}

/// The tables, parsed on first use.
pub(crate) fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(read)
}

impl Tables {
    pub(crate) fn color(&self, name: &str) -> Option<&Color> {
        self.colors.iter().find(|color| color.name == name)
    }
}

const ROOTS: [&str; 12] = [
    include_str!("tables/clothing.toml"),
    include_str!("tables/shoes.toml"),
    include_str!("tables/accessories.toml"),
    include_str!("tables/outdoor.toml"),
    include_str!("tables/sports.toml"),
    include_str!("tables/home.toml"),
    include_str!("tables/kitchen.toml"),
    include_str!("tables/electronics.toml"),
    include_str!("tables/garden.toml"),
    include_str!("tables/toys.toml"),
    include_str!("tables/books.toml"),
    include_str!("tables/bath.toml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootTable {
    name: String,
    margin: [f64; 2],
    #[serde(default = "one")]
    weight: f64,
    gender: Option<Gender>,
    palette: Option<String>,
    titles: Vec<String>,
    group: Vec<GroupTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupTable {
    name: String,
    palette: Option<String>,
    sizes: Option<String>,
    gender: Option<Gender>,
    color_named: Option<bool>,
    titles: Option<Vec<String>>,
    materials: Vec<String>,
    traits: Vec<(String, String)>,
    facts: Vec<String>,
    leaf: Vec<LeafTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafTable {
    name: String,
    drawing: String,
    nouns: Vec<String>,
    price: [f64; 2],
    palette: Option<String>,
    sizes: Option<String>,
    /// Names of the group's traits that fit this leaf; absent where all do.
    traits: Option<Vec<String>>,
    materials: Option<Vec<String>>,
    facts: Option<Vec<String>>,
    titles: Option<Vec<String>>,
    openings: Vec<String>,
}

fn one() -> f64 {
    1.0
}

fn read() -> Tables {
    let brands = field(&parse(include_str!("tables/brands.toml")), "brand");
    let faces = field(&parse(include_str!("tables/faces.toml")), "face");
    let mut tables = Tables {
        brands,
        leaves: Vec::new(),
        colors: Vec::new(),
        faces,
    };
    let shades = parse(include_str!("tables/colors.toml"));
    let named: Table = field(&shades, "color");
    tables.colors = named
        .iter()
        .map(|(name, hex)| color(name, hex.as_str().unwrap_or_default()))
        .collect();
    let palettes: Table = field(&shades, "palette");
    let sizes = parse(include_str!("tables/sizes.toml"));
    for text in ROOTS {
        let root: RootTable =
            toml::from_str(text).expect("the category tables are checked by the tests");
        for group in &root.group {
            for leaf in &group.leaf {
                let leaf = flatten(&tables, &palettes, &sizes, (&root, group, leaf));
                tables.leaves.push(leaf);
            }
        }
    }
    tables
}

fn flatten(
    tables: &Tables,
    palettes: &Table,
    sizes: &Table,
    (root, group, leaf): (&RootTable, &GroupTable, &LeafTable),
) -> Leaf {
    let group_path = format!("{} > {}", root.name, group.name);
    let category = format!("{group_path} > {}", leaf.name);
    let palette = leaf
        .palette
        .as_ref()
        .or(group.palette.as_ref())
        .or(root.palette.as_ref());
    let names: Vec<String> = field(palettes, palette.expect("every group has a palette"));
    Leaf {
        drawing: leaf.drawing.clone(),
        nouns: leaf.nouns.clone(),
        price: leaf.price,
        margin: root.margin,
        weight: root.weight,
        titles: leaf
            .titles
            .as_ref()
            .or(group.titles.as_ref())
            .unwrap_or(&root.titles)
            .clone(),
        openings: leaf.openings.clone(),
        traits: fitting(&group.traits, leaf.traits.as_deref()),
        facts: leaf.facts.as_ref().unwrap_or(&group.facts).clone(),
        materials: leaf.materials.as_ref().unwrap_or(&group.materials).clone(),
        palette: names
            .iter()
            .map(|name| color_position(tables, name))
            .collect(),
        color_named: group.color_named.unwrap_or(true),
        sizes: size_run(sizes, leaf.sizes.as_ref().or(group.sizes.as_ref())),
        gender: group.gender.or(root.gender).unwrap_or(Gender::None),
        brands: sellers(&tables.brands, &category),
        category,
        group: group_path,
    }
}

/// The group's traits that a leaf asks for by name.
fn fitting(traits: &[(String, String)], wanted: Option<&[String]>) -> Vec<(String, String)> {
    let fits =
        |quality: &&(String, String)| wanted.is_none_or(|wanted| wanted.contains(&quality.0));
    traits.iter().filter(fits).cloned().collect()
}

fn sellers(brands: &[Brand], category: &str) -> Vec<usize> {
    let sells = |brand: &Brand| {
        brand.sells.iter().any(|sold| {
            category
                .strip_prefix(sold.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(" > "))
        })
    };
    (0..brands.len())
        .filter(|&position| sells(&brands[position]))
        .collect()
}

fn size_run(sizes: &Table, name: Option<&String>) -> Sizes {
    match name.map(String::as_str) {
        None => Sizes::None,
        Some("shoes") => Sizes::Shoes {
            women: field(sizes, "shoes-women"),
            men: field(sizes, "shoes-men"),
            unisex: field(sizes, "shoes-unisex"),
        },
        Some(run) => Sizes::Run(field(sizes, run)),
    }
}

fn color_position(tables: &Tables, name: &str) -> usize {
    let position = tables.colors.iter().position(|color| color.name == name);
    position.expect("palettes name known colours, checked by the tests")
}

fn color(name: &str, hex: &str) -> Color {
    let channel = |from: usize| {
        u8::from_str_radix(hex.get(from..from + 2).unwrap_or("80"), 16).unwrap_or(128)
    };
    Color {
        name: name.to_owned(),
        rgb: [channel(1), channel(3), channel(5)],
    }
}

fn parse(text: &str) -> Table {
    text.parse().expect("the tables are checked by the tests")
}

fn field<'a, T: Deserialize<'a>>(table: &Table, name: &str) -> T {
    let value = table
        .get(name)
        .unwrap_or_else(|| panic!("the tables lack `{name}`"))
        .clone();
    T::deserialize(value).unwrap_or_else(|error| panic!("table `{name}`: {error}"))
}
