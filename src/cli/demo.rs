//! `endcap demo`: a believable shop, from nothing to served.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use indicatif::ProgressBar;

use super::index::{build_with_bar, open_feeds, print_manifest};
use super::output::grouped;
use super::schema::write_schemas;
use super::serve::Serve;
use super::settings::Settings;
use super::{CliError, Outcome, now, open};
use crate::catalog::schema::{SCHEMA_FILE, Schema};
use crate::demo::{SEED, generate};
use crate::publishing::{Order, PublishError, ShopPaths, live_generation};
use crate::shoppers::event;

/// Where the generator leaves its feed and its events, inside the shop directory.
const FEED_FILE: &str = "data/demo/products.jsonl";
const EVENTS_FILE: &str = "data/demo/events.jsonl";

/// Written when the demo is complete.
const DONE_FILE: &str = "data/demo/done";

/// The demo's own files, which are those at the root of the repository.
const SHOP_FILES: [(&str, &str); 5] = [
    ("endcap.toml", include_str!("../../endcap.toml")),
    (SCHEMA_FILE, include_str!("../../index/schema.toml")),
    (
        "index/ranking.toml",
        include_str!("../../index/ranking.toml"),
    ),
    ("synonyms/en.txt", include_str!("../../synonyms/en.txt")),
    (
        "merchandising/rules/demo.toml",
        include_str!("../../merchandising/rules/demo.toml"),
    ),
];

#[derive(clap::Args)]
pub(super) struct Demo {
    /// Address and port to listen on [default: 127.0.0.1:7700].
    #[arg(long, env = "ENDCAP_LISTEN", value_name = "ADDRESS")]
    listen: Option<String>,
    /// Generate and index, but do not serve.
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let done = paths.shop.join(DONE_FILE);
        if done.exists() && live_generation(&paths.data).is_some() {
            println!("the demo shop is here already; delete the data directory to begin anew");
        } else {
            prepare(paths)?;
            fs::write(&done, "").map_err(|error| CliError::file(&done, error))?;
        }
        if self.no_serve {
            return Ok(Outcome::Done);
        }
        // The demo's own settings may have been written just now.
        let settings = &Settings::load(&paths.shop)?;
        let serve = Serve {
            listen: self.listen,
            open: true,
            body_bytes_max: None,
            retention_days: None,
            name: None,
        };
        serve.serve(paths, settings, |address| {
            println!("\nthe shop is open: http://{address}/");
            println!("  search for \"trail shoes\", \"desk lamp\" or \"red mug\"");
            println!("  shop as Ida, then switch between Personalized and Plain to see what moves");
            println!("  ask a card \"why is this here\"");
            println!("  edit merchandising/rules/demo.toml, save, and search again");
            println!("it asks for no keys; `endcap keys add NAME --role ROLE` and `endcap serve` make it ask");
            println!("stop with Ctrl-C");
        })
    }
}

/// Generates, indexes and tells the shop what its shoppers did.
fn prepare(paths: &ShopPaths) -> Result<(), CliError> {
    if live_generation(&paths.data).is_some() && !paths.shop.join(FEED_FILE).exists() {
        let reason = "this shop has a catalog of its own: run `endcap demo --shop DIR` with another directory";
        return Err(CliError::Usage(reason.into()));
    }
    write_shop_files(&paths.shop)?;
    write_schemas(&paths.shop)?;
    println!("generating products, shoppers, events and pictures");
    let bar = ProgressBar::new(1);
    let generated = generate(&paths.shop, SEED, now(), &mut |stage, done, total| {
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(stage.to_string());
    })
    .map_err(|error| CliError::file(&paths.shop, error))?;
    bar.finish_and_clear();
    println!(
        "generated {} products, {} shoppers, {} events, {} pictures",
        grouped(generated.products),
        grouped(generated.shoppers),
        grouped(generated.events),
        grouped(generated.pictures)
    );
    let feed = paths.shop.join(FEED_FILE).to_string_lossy().into_owned();
    let schema = Schema::load(&paths.shop).map_err(PublishError::Files)?;
    let built = build_with_bar(
        paths,
        &schema,
        open_feeds(&[feed])?,
        &Order::at(now()).force("a new demo"),
    )?;
    print_manifest(&built.manifest);
    let recorded = record_history(paths)?;
    println!("recorded {} events", grouped(recorded));
    Ok(())
}

/// Writes the demo's files where there are none; what somebody wrote stays.
fn write_shop_files(shop: &Path) -> Result<(), CliError> {
    for (name, text) in SHOP_FILES {
        let path = shop.join(name);
        if !path.exists() {
            let dir = path.parent().unwrap_or(shop);
            fs::create_dir_all(dir)
                .and_then(|()| fs::write(&path, text))
                .map_err(|error| CliError::file(&path, error))?;
            println!("wrote {}", path.display());
        }
    }
    Ok(())
}

/// Records the generated month of events; events that are there already are not counted twice. Then the journal alone
/// holds them, so that a demo shopper who is erased is gone.
fn record_history(paths: &ShopPaths) -> Result<u64, CliError> {
    const BATCH_EVENTS: usize = 20_000;
    let path = paths.shop.join(EVENTS_FILE);
    let file = fs::File::open(&path).map_err(|error| CliError::file(&path, error))?;
    let engine = open(paths)?;
    let (mut recorded, mut batch) = (0, Vec::with_capacity(BATCH_EVENTS));
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| CliError::file(&path, error))?;
        let event = serde_json::from_str::<serde_json_borrow::Value<'_>>(&line)
            .map_err(|error| error.to_string())
            .and_then(|value| event::parse(&value, now()).map_err(|refused| refused.to_string()))
            .map_err(|reason| CliError::file(&path, format!("line {number}: {reason}")))?;
        batch.push(event);
        if batch.len() == BATCH_EVENTS {
            recorded += engine.record(std::mem::take(&mut batch), now())?.accepted as u64;
        }
    }
    recorded += engine.record(batch, now())?.accepted as u64;
    fs::remove_file(&path).map_err(|error| CliError::file(&path, error))?;
    Ok(recorded)
}
