//! A small language for shops: a table of products in, a shop directory that was indexed and can be asked out.
//!
//! ```text
//! id | title     | brand | price | stock
//! 1  | Red shoes | Acme  | 20    | 3
//! ```
//!
//! Empty cells are left out of the feed. With a column `group` every row is a variant, and price, stock, color and size
//! are the variants'. Requests are written `shoes | filter=brand:Acme | facets=brand,price`.

use std::fs;
use std::path::PathBuf;

use endcap::catalog::feed::Feed;
use endcap::catalog::schema::Schema;
use endcap::engine::{Engine, Page, Request, RulesSwitch};
use endcap::publishing::{self, ShopPaths};
use endcap::shoppers::Shoppers;
use expect_test::Expect;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// When every request is asked.
pub(crate) const NOW: &str = "2026-11-23T10:00:00Z";

/// A shop in a folder of its own, open for business.
pub(crate) struct Shop {
    _dir: tempfile::TempDir,
    pub(crate) paths: ShopPaths,
    pub(crate) engine: Engine,
}

/// Builds a shop from a table of products.
pub(crate) fn shop(table: &str) -> Shop {
    shop_of(table, |schema| schema)
}

/// The same with another schema than the one the columns make.
pub(crate) fn shop_of(table: &str, change: impl Fn(String) -> String) -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let paths = ShopPaths::new(dir.path(), "data");
    let schema = change(schema_of(&columns_of(table)));
    write(&paths, "index/schema.toml", &schema);
    let schema = Schema::load(&paths.shop).unwrap();
    let feed = Feed::from_bytes("feed.jsonl", feed_of(table).into_bytes()).unwrap();
    let built = publishing::build(
        &paths,
        &schema,
        vec![feed],
        &publishing::Order::at(NOW.parse().unwrap()),
        |_| {},
    )
    .unwrap();
    assert_eq!(built.problems, [], "the fixture's feed has problems");
    let engine = Engine::new(publishing::load(&paths).unwrap(), None);
    Shop {
        _dir: dir,
        paths,
        engine,
    }
}

impl Shop {
    /// With this rule file.
    pub(crate) fn rules(self, text: &str) -> Shop {
        self.with("merchandising/rules/rules.toml", text)
    }

    /// With this synonym file.
    pub(crate) fn synonyms(self, text: &str) -> Shop {
        self.with("synonyms/en.txt", text)
    }

    /// With this ranking file.
    pub(crate) fn ranking(self, text: &str) -> Shop {
        self.with("index/ranking.toml", text)
    }

    /// With shoppers, whose events are kept.
    pub(crate) fn shoppers(self) -> Shop {
        let snapshot = publishing::load(&self.paths).unwrap();
        fs::create_dir_all(self.paths.journal()).unwrap();
        let shoppers = Shoppers::open(&self.paths.journal(), snapshot.recipes.affinity).unwrap();
        Shop {
            engine: Engine::new(snapshot, Some(shoppers)),
            ..self
        }
    }

    /// With this file.
    pub(crate) fn with_file(self, name: &str, text: &str) -> Shop {
        self.with(name, text)
    }

    fn with(self, name: &str, text: &str) -> Shop {
        write(&self.paths, name, text);
        let snapshot = publishing::load(&self.paths).unwrap();
        assert_eq!(snapshot.problems, [], "the fixture's files have problems");
        self.engine.swap(snapshot);
        self
    }

    /// With this file, whatever is wrong with it.
    pub(crate) fn with_flaws(self, name: &str, text: &str) -> Shop {
        write(&self.paths, name, text);
        self.engine.swap(publishing::load(&self.paths).unwrap());
        self
    }

    /// The page of a request that is known to be answered.
    #[track_caller]
    pub(crate) fn page(&self, request: &Request) -> Page {
        self.engine.search(request).unwrap()
    }

    /// The ids of the whole list, page by page.
    #[track_caller]
    pub(crate) fn all_ids(&self, request: &Request, hits_per_page: usize) -> Vec<String> {
        let mut found = Vec::new();
        for page in 1.. {
            let answer = self.page(&Request {
                page,
                hits_per_page,
                ..request.clone()
            });
            if answer.hits.is_empty() {
                assert_eq!(found.len(), answer.total);
                break;
            }
            found.extend(ids(&answer));
        }
        found
    }
}

/// The shop that most tests ask.
pub(crate) fn shoes() -> Shop {
    shop(
        "id | title              | brand | category           | price | stock | color | tags      | code
         1  | Red running shoes  | Acorn | Shoes > Running    | 60    | 5     | red   | sale,new  |
         2  | Blue running shoe  | Birch | Shoes > Running    | 80    | 0     | blue  | new       |
         3  | Red leather boots  | Acorn | Shoes > Boots      | 120   | 2     | red   |           |
         4  | Trail jacket       | Birch | Clothing > Jackets | 95.5  |       | green | sale      | TJ77B
         5  | Café au lait mug   | Cedar | Kitchen            |       | 9     |       |           |
         6  | Notebook NX-2041   | Cedar | Office             | 4     | 7     | red   | clearance | 006R90321",
    )
}

/// Asks and compares what a shopper would see: `id title` lines, then everything said about them.
#[track_caller]
pub(crate) fn check(shop: &Shop, request: &str, expected: Expect) {
    let told = match shop.engine.search(&ask(request)) {
        Ok(page) => told(&page),
        Err(error) => format!("error: {error}\n"),
    };
    expected.assert_eq(&told);
}

/// A request from its short form.
pub(crate) fn ask(text: &str) -> Request {
    let mut parts = text.split(" | ").map(str::trim);
    let mut request = Request::new(parts.next().unwrap_or_default(), now());
    for part in parts {
        let (key, value) = part.split_once('=').expect("parts are key=value");
        let number = || value.parse().expect("a number");
        match key {
            "filter" => request.filter = Some(value.into()),
            "facets" => request.facets = value.split(',').map(str::to_string).collect(),
            "facet_values_max" => request.facet_values_max = Some(number()),
            "sort" => request.sort = Some(value.into()),
            "page" => request.page = number(),
            "hits_per_page" => request.hits_per_page = number(),
            "shopper" => request.shopper = Some(value.into()),
            "segment" => request.segment = Some(value.into()),
            "surface" => request.surface = value.into(),
            "category" => request.category = Some(value.into()),
            "context" => request.context = value.split(',').map(str::to_string).collect(),
            "device" => request.device = Some(value.into()),
            "campaign" => request.campaign = Some(value.into()),
            "language" => request.language = Some(value.into()),
            "arm" => {
                let (experiment, arm) = value.split_once(':').expect("experiment:arm");
                request.arms.push((experiment.into(), arm.into()));
            }
            "impact" => request.impact = Some(number() as f64),
            "recipe" => request.recipe = Some(value.into()),
            "rules" if value == "off" => request.rules = RulesSwitch::Off,
            "explain" => request.explain = value == "true",
            "now" => request.now = value.parse().expect("a time"),
            other => panic!("a request has no `{other}`"),
        }
    }
    request
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

pub(crate) fn ids(page: &Page) -> Vec<String> {
    page.hits.iter().map(|hit| hit.id.clone()).collect()
}

/// A page as text.
fn told(page: &Page) -> String {
    let mut lines = Vec::new();
    if page.total != page.hits.len() {
        lines.push(format!("{} of {}", page.hits.len(), page.total));
    }
    for hit in &page.hits {
        let shown = hit.product.get("title");
        let title = hit.highlight.get("title").map(String::as_str);
        let title = title.or_else(|| shown.as_ref()?.as_str()).unwrap();
        let sold_out = hit.product.get("sold_out").unwrap() == true;
        let note = if sold_out { " (sold out)" } else { "" };
        lines.push(format!("{} {title}{note}", hit.id));
    }
    for (name, values) in &page.facets {
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("{} {}", value.value, value.count))
            .collect();
        lines.push(format!("{name}: {}", values.join(", ")));
    }
    for (name, range) in &page.ranges {
        lines.push(format!("{name}: {} to {}", range.min, range.max));
    }
    if page.understood.relaxed {
        lines.push("relaxed".into());
    }
    lines.extend(page.understood.synonyms.iter().cloned());
    for rule in &page.rules {
        let state = if rule.held { "held" } else { "did not hold" };
        let reason = rule.reason.as_ref().map(|reason| format!(": {reason}"));
        lines.push(format!(
            "rule `{}` {state}{}",
            rule.name,
            reason.unwrap_or_default()
        ));
    }
    lines.extend(page.problems.iter().map(ToString::to_string));
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Writes a file of the shop directory.
pub(crate) fn write(paths: &ShopPaths, name: &str, text: &str) -> PathBuf {
    let path = paths.shop.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn cells(line: &str) -> Vec<&str> {
    line.split('|').map(str::trim).collect()
}

pub(crate) fn columns_of(table: &str) -> Vec<&str> {
    cells(table.trim().lines().next().unwrap_or_default())
}

/// The table as a JSON Lines feed, with every cell a text.
pub(crate) fn feed_of(table: &str) -> String {
    let columns = columns_of(table);
    let mut feed = String::new();
    for line in table.trim().lines().skip(1) {
        let row: Map<String, Value> = columns
            .iter()
            .zip(cells(line))
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(column, cell)| (column.to_string(), cell.into()))
            .collect();
        feed += &format!("{}\n", Value::Object(row));
    }
    feed
}

/// A schema for these columns, each used for everything it is good for.
pub(crate) fn schema_of(columns: &[&str]) -> String {
    let grouped = columns.contains(&"group");
    let group = if grouped { "group = \"group\"\n" } else { "" };
    let mut schema = format!("id = \"id\"\n{group}");
    for column in columns
        .iter()
        .filter(|name| !["id", "group"].contains(name))
    {
        let of_variant = grouped && ["price", "stock", "color", "size"].contains(column);
        schema += &format!(
            "[[attribute]]\nname = \"{column}\"\nshown = true\n{}\n{}",
            uses_of(column),
            if of_variant { "variant = true\n" } else { "" }
        );
    }
    schema
}

fn uses_of(column: &str) -> &'static str {
    match column {
        "title" => "type = \"text\"\nrole = \"title\"\nsearched = 3.0\nsort = true",
        "description" => "type = \"text\"\nrole = \"description\"\nsearched = 1.0",
        "brand" => {
            "type = \"keyword\"\nrole = \"brand\"\nsearched = 2.0\nfacet = true\naffinity = true"
        }
        "category" => {
            "type = \"path\"\nrole = \"category\"\nsearched = 1.0\nfacet = true\naffinity = true"
        }
        "color" => "type = \"keyword\"\nrole = \"color\"\nfacet = true\naffinity = true",
        "size" => "type = \"keyword\"\nrole = \"size\"\nfacet = true",
        "code" => "type = \"keyword\"\nsearched = 2.0",
        "tags" => "type = \"keyword\"\nfacet = true\nseparator = \",\"",
        "price" => "type = \"money\"\nrole = \"price\"\nfacet = true\nsort = true",
        "stock" => "type = \"number\"\nrole = \"stock\"\nfilter = true",
        "rating" => "type = \"number\"\nrole = \"rating\"\nfilter = true\nsort = true",
        "popularity" => "type = \"number\"\nrole = \"popularity\"\nfilter = true",
        "margin" => "type = \"number\"\nrole = \"margin\"\nfilter = true",
        "released" => "type = \"date\"\nrole = \"released\"\nfilter = true\nsort = true",
        _ => "type = \"keyword\"\nfacet = true",
    }
}
