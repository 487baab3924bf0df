//! Promises, of `endcap schema`:
//! 1. Every TOML file that people write has a JSON Schema that knows all its keys.
//! 2. Schema and reader agree: a file that uses everything passes both, and with any one key mistyped, or any one value
//!    of another type, what one refuses the other refuses too.
//! 3. A new shop has the schemas, its files name them, and pass.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;

use endcap::catalog::schema::Schema;
use endcap::merchandising::{Rules, read_goals};
use endcap::ranking::Recipes;
use endcap::shoppers::segments::Segments;
use serde_json::Value;

use crate::folder::folder;
use crate::process::endcap;
use crate::shop::{Shop, shoes};

/// A file in which every key is used.
struct Whole {
    name: &'static str,
    text: &'static str,
    /// Whether the reader takes a text without a complaint.
    accepts: fn(&str) -> bool,
}

static SHOP: LazyLock<Shop> = LazyLock::new(shoes);

const FILES: [Whole; 6] = [
    Whole {
        name: "endcap",
        text: "listen = '127.0.0.1:7700'\ndata_dir = 'data'\nbody_bytes_max = 1\nretention_days = 1\nname = 'x'
[limits]\nproducts_lost = 20\nsellable_lost = 30\ncategories_lost = 30\nimages_lost = 30\nprice_changed = 50
[algolia]\nindices = ['x']\nreplicas = { y = 'price:asc' }\n",
        accepts: |text| {
            let folder = folder();
            folder.write("shop/endcap.toml", text);
            folder.run(&["schema"]).code == Some(0)
        },
    },
    Whole {
        name: "schema",
        text: "id = 'id'\ngroup = 'group'\nvariants = 'variants'\ncurrency = 'EUR'\nlanguage = 'en'\nfacet_order = ['brand']
[[attribute]]\nname = 'brand'\ncolumns = ['brand']\ntype = 'keyword'\nrole = 'brand'\nsearched = 2.0\nfacet = true\nfilter = true
sort = true\nshown = true\naffinity = true\nvariant = true\nseparator = ','
[[attribute]]\nname = 'price'\ntype = 'money'\nscale = 0.01
[[attribute]]\nname = 'title'\ntype = 'text'\nrole = 'title'\ntypos = true\nlanguage = 'de'\n",
        accepts: |text| Schema::parse("schema.toml", text).is_ok(),
    },
    Whole {
        name: "ranking",
        text: "surfaces = { category = 'default' }\nsegments = { vip = 'default' }
[recipe.default]\nsold_out = 'hide'\nimpact = 50\nstock = 0.1\nadjacent = 0.3\ntype = 0.3\nlikeness = 1\npopularity = 0.1\nrating = 0.1
freshness = 0.1\nmargin = 0.1\ndemand = 0.1\ndemand_browsed = 1\ntaste_browsed = 4\nown_history = 1\nown_history_browsed = 1
together = 1\nneighbours = 1\nvariety = 1\nexplore = 0.1\nprice_tier = 1\nmodel = \"default.txt\"\naffinity = { brand = 0.7 }
[affinity]\nkappa = 50\nhalf_life_days = 90\nsession_half_life_minutes = 30\nsession_weight = 2\n",
        accepts: |text| Recipes::parse(text).is_ok(),
    },
    Whole {
        name: "rules",
        text: "[[rule]]\nname = 'all'\nnote = 'x'\nenabled = true\npriority = 1\nstop = true\nadd = 'x'\nremove = ['x']\nsort = 'price:asc'
recipe = 'default'\nredirect = '/sale'\nfilter = 'price > 1'\nfacets = ['brand']\nsuppress = ['5', { filter = 'brand:Birch' }]
pin = [{ product = '1', position = 1, fallback = '3', obey = 'query' }, { products = ['4', '6'], position = 2, fallback = ['3'] }]
slot = [{ filter = 'brand:Acorn', position = 3 }]\nboost = [{ filter = 'brand:Acorn', by = 2 }]\nbury = [{ filter = 'price > 5' }]
replace = [{ words = 'a', with = 'b' }]\nbanner = [{ place = 'top', title = 'x', text = 'x', image = '/x', url = '/x' }]
[rule.data]\nbadge = 'x'
[rule.when]\ncategory = 'Shoes'\nfilter = 'brand:Acorn'\nsegment = ['vip', 'new']\nsurface = 'search'\ncontext = 'x'\ndevice = 'x'
campaign = 'x'\nlanguage = 'x'\nexperiment = { layout = 'b' }\nfrom = '2026-01-01'\nuntil = '2026-02-01'\ntimezone = 'Europe/Berlin'
[rule.when.weekly]\ndays = ['mon', 'tuesday']\nfrom = '18:00'\nuntil = '22:00'
[rule.when.query]\nis = 'x'\ncontains = ['x', '{brand}']\nstarts = 'x'\nends = 'x'\nany = 'x'\nnone = 'y'\nspelling = false
stemming = false\nsynonyms = false
[[rule]]\nname = 'weekend'\nsort = 'price:asc'
[[rule.when.weekly]]\nfrom = 'fri 08:00'\nuntil = 'sun 20:00'\n",
        accepts: |text| {
            let read = Rules::parse("rules.toml", text, SHOP.engine.snapshot().reading());
            read.is_ok_and(|(_, problems)| problems.is_empty())
        },
    },
    Whole {
        name: "goals",
        text: "[[goal]]\nname = 'x'\nwants = 'launch'\nstrength = 0.3\ncategory = 'Shoes'\nattribute = 'stock'\ndays = 30\n",
        accepts: |text| {
            let read = read_goals(text, SHOP.engine.snapshot().reading());
            read.is_ok_and(|(_, problems)| problems.is_empty())
        },
    },
    Whole {
        name: "segments",
        text: "[[segment]]\nname = 'x'\nwhen = 'purchase >= 5'\nleans_to = ['brand:Acorn']\n",
        accepts: |text| {
            let schema = &SHOP.engine.snapshot().catalog.schema;
            Segments::parse(text, schema).is_ok_and(|(_, problems)| problems.is_empty())
        },
    },
];

fn schema(name: &str) -> Value {
    endcap(&["schema", name]).succeeds().json()
}

#[test]
fn schemas_know_every_key() {
    for file in &FILES {
        let fixture: Value = toml::from_str(file.text).unwrap();
        let (mut known, mut used) = (BTreeSet::new(), BTreeSet::new());
        properties(&schema(file.name), &mut known);
        keys(&fixture, &mut used);
        let unused: Vec<&String> = known.difference(&used).collect();
        assert_eq!(
            unused, [""; 0],
            "{}: write them into the test's file",
            file.name
        );
    }
}

#[test]
fn schemas_and_readers_agree() {
    for file in &FILES {
        let validator = jsonschema::validator_for(&schema(file.name)).unwrap();
        let whole: Value = toml::from_str(file.text).unwrap();
        let agree = |value: &Value| {
            let text = toml::to_string(value).unwrap();
            let (accepted, valid) = ((file.accepts)(&text), validator.is_valid(value));
            assert_eq!(accepted, valid, "{}: reader, schema:\n{text}", file.name);
            valid
        };
        assert!(agree(&whole), "{} is not accepted", file.name);
        let (mut refused, places) = (0, places(&whole));
        for place in &places {
            refused += usize::from(!agree(&renamed(&whole, place)));
            agree(&changed(&whole, place));
        }
        assert!(refused > 0, "nothing of {} is refused", file.name);
    }
}

#[test]
fn a_new_shop_has_schemas_that_its_files_name_and_pass() {
    let folder = folder();
    let feed = folder.path("feed.jsonl");
    let shop = folder.path("new");
    let said = [
        "init",
        shop.to_str().unwrap(),
        "--from",
        feed.to_str().unwrap(),
    ];
    endcap(&said).succeeds();
    for name in [
        "endcap.toml",
        "index/schema.toml",
        "index/ranking.toml",
        "merchandising/rules/example.toml",
    ] {
        let path = shop.join(name);
        let text = fs::read_to_string(&path).unwrap();
        let named = text
            .lines()
            .next()
            .unwrap()
            .strip_prefix("#:schema ")
            .unwrap();
        let schema = fs::read_to_string(path.parent().unwrap().join(named)).unwrap();
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let value: Value = toml::from_str(&text).unwrap();
        assert!(validator.is_valid(&value), "{name}");
    }
    let unknown = endcap(&["schema", "rule"]).exits(2);
    assert!(unknown.stderr.contains("did you mean `rules`?"));
}

/// The names of all properties of a schema.
fn properties(schema: &Value, known: &mut BTreeSet<String>) {
    if let Some(own) = schema.get("properties").and_then(Value::as_object) {
        known.extend(own.keys().cloned());
    }
    match schema {
        Value::Object(parts) => parts.values().for_each(|part| properties(part, known)),
        Value::Array(parts) => parts.iter().for_each(|part| properties(part, known)),
        _ => {}
    }
}

fn keys(value: &Value, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            used.extend(parts.keys().cloned());
            parts.values().for_each(|part| keys(part, used));
        }
        Value::Array(parts) => parts.iter().for_each(|part| keys(part, used)),
        _ => {}
    }
}

/// Where every key stands, as a pointer.
fn places(value: &Value) -> Vec<String> {
    let inner = |key: &str, part: &Value| -> Vec<String> {
        let inner = places(part).into_iter();
        inner.map(|rest| format!("/{key}{rest}")).collect()
    };
    match value {
        Value::Object(parts) => parts
            .iter()
            .flat_map(|(key, part)| [vec![format!("/{key}")], inner(key, part)].concat())
            .collect(),
        Value::Array(parts) => {
            let parts = parts.iter().enumerate();
            parts
                .flat_map(|(at, part)| inner(&at.to_string(), part))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// With the key at this place mistyped.
fn renamed(whole: &Value, place: &str) -> Value {
    let mut value = whole.clone();
    let (table, key) = place.rsplit_once('/').unwrap();
    let table = value.pointer_mut(table).unwrap().as_object_mut().unwrap();
    let own = table.remove(key).unwrap();
    table.insert(format!("{key}s_"), own);
    value
}

/// With a value that nothing has at this place.
fn changed(whole: &Value, place: &str) -> Value {
    let mut value = whole.clone();
    *value.pointer_mut(place).unwrap() = serde_json::json!([[1]]);
    value
}
