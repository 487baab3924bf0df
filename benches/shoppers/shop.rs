//! A shop of lamps to do something in.

use std::fmt::Write as _;
use std::path::Path;

use endcap::catalog::feed::Feed;
use endcap::catalog::schema::Schema;
use endcap::publishing::{self, Order, ShopPaths};
use jiff::Timestamp;

pub(crate) const PRODUCTS: usize = 20_000;

const SCHEMA: &str = r#"
id = "id"
[[attribute]]
name = "title"
type = "text"
role = "title"
searched = 3.0
shown = true
[[attribute]]
name = "brand"
type = "keyword"
role = "brand"
affinity = true
[[attribute]]
name = "category"
type = "path"
role = "category"
affinity = true
[[attribute]]
name = "color"
type = "keyword"
affinity = true
[[attribute]]
name = "material"
type = "keyword"
affinity = true
[[attribute]]
name = "price"
type = "money"
role = "price"
"#;

/// Writes the shop's schema and builds its catalog.
pub(crate) fn write(dir: &Path) -> anyhow::Result<()> {
    let mut feed = String::new();
    for n in 0..PRODUCTS {
        writeln!(
            feed,
            r#"{{"id":"p{n}","title":"Desk lamp number {n}","brand":"brand {}","category":"Living > Lamps {}","color":"color {}","material":"material {}","price":{}}}"#,
            n % 300,
            n % 70,
            n % 80,
            n % 90,
            10 + n % 190
        )?;
    }
    std::fs::create_dir_all(dir.join("index"))?;
    std::fs::write(dir.join("index/schema.toml"), SCHEMA)?;
    let schema = Schema::parse("schema.toml", SCHEMA)
        .map_err(|problems| anyhow::anyhow!("the bench's schema is wrong: {problems:?}"))?;
    let paths = ShopPaths::new(dir, "data");
    let feed = Feed::from_bytes("lamps", feed.into_bytes())?;
    let order = Order::at(Timestamp::UNIX_EPOCH).force("a bench");
    publishing::build(&paths, &schema, vec![feed], &order, |_| {})?;
    Ok(())
}
