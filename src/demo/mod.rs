//! A believable shop from a seed: products, shoppers with tastes, a month of events, and drawn pictures.

mod catalog;
mod events;
mod phrases;
mod pictures;
mod queries;
mod shoppers;
mod tables;
mod variants;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

pub use catalog::{Catalog, PRODUCTS, Product, Variant, catalog};
pub use events::{EVENT_DAYS, Event, events};
pub use pictures::picture;
pub use shoppers::{Face, PRICE_TIERS, SHOPPERS, Shopper, Taste, faces, shoppers};

/// The seed of the shop that the committed rules speak of.
pub const SEED: u64 = 7;
/// How many lines are written between two reports of progress.
const PROGRESS_LINES: usize = 500;

/// What was written, and whom the storefront can introduce.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Generated {
    pub products: u64,
    pub variants: u64,
    pub shoppers: u64,
    pub events: u64,
    pub pictures: u64,
    pub faces: Vec<Face>,
}

/// Writes the demo shop's `data/demo/`, `pictures/`, and in `demo/` who its shoppers are, under `shop`: the same seed and `now` give the same bytes.
/// `progress` hears what is being written, how much is done and how much there is.
/// Fails when a folder or file cannot be written; what was written before stays.
pub fn generate(
    shop: &Path,
    seed: u64,
    now: Timestamp,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> io::Result<Generated> {
    let data = shop.join("data").join("demo");
    fs::create_dir_all(&data)?;
    let cast = shop.join("demo");
    fs::create_dir_all(&cast)?;
    let mut products = Vec::with_capacity(PRODUCTS);
    let lines = catalog(seed, now).inspect(|product| products.push(product.clone()));
    write_lines(
        &data.join("products.jsonl"),
        lines,
        PRODUCTS,
        &mut |done, total| progress("products", done, total),
    )?;
    let shoppers = shoppers(seed);
    let faces = faces();
    fs::write(
        cast.join("shoppers.json"),
        serde_json::to_vec_pretty(&faces)?,
    )?;
    write_lines(
        &cast.join("tastes.jsonl"),
        shoppers.iter(),
        shoppers.len(),
        &mut |done, total| {
            progress("shoppers", done, total);
        },
    )?;
    let events = events(seed, now, &products, &shoppers);
    write_lines(
        &data.join("events.jsonl"),
        events.iter(),
        events.len(),
        &mut |done, total| {
            progress("events", done, total);
        },
    )?;
    let pictures = write_pictures(&shop.join("pictures"), &products, progress)?;
    Ok(Generated {
        products: products.len() as u64,
        variants: products
            .iter()
            .map(|product| product.variants.len() as u64)
            .sum(),
        shoppers: shoppers.len() as u64,
        events: events.len() as u64,
        pictures,
        faces,
    })
}

fn write_lines<T: Serialize>(
    path: &Path,
    rows: impl Iterator<Item = T>,
    total: usize,
    progress: &mut dyn FnMut(u64, u64),
) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for (position, row) in rows.enumerate() {
        serde_json::to_writer(&mut file, &row)?;
        file.write_all(b"\n")?;
        if (position + 1) % PROGRESS_LINES == 0 {
            progress(position as u64 + 1, total as u64);
        }
    }
    progress(total as u64, total as u64);
    file.flush()
}

/// One picture for every drawing and colour that a product shows.
fn write_pictures(
    folder: &Path,
    products: &[Product],
    progress: &mut dyn FnMut(&str, u64, u64),
) -> io::Result<u64> {
    fs::create_dir_all(folder)?;
    let wanted = pictures_of(products);
    let total = wanted.len() as u64;
    for (done, (drawing, shade)) in wanted.into_iter().enumerate() {
        let name = pictures::file_name(drawing, shade);
        fs::write(
            folder.join(name),
            picture(drawing, shade).unwrap_or_default(),
        )?;
        if (done + 1) % PROGRESS_LINES == 0 {
            progress("pictures", done as u64 + 1, total);
        }
    }
    progress("pictures", total, total);
    Ok(total)
}

fn pictures_of(products: &[Product]) -> BTreeSet<(&'static str, &'static str)> {
    let leaves = &tables::tables().leaves;
    let shown = |product: &Product| {
        let drawing = leaves[product.leaf].drawing.as_str();
        product
            .variants
            .iter()
            .map(move |variant| (drawing, variant.shade))
            .collect::<Vec<_>>()
    };
    products.iter().flat_map(shown).collect()
}

#[cfg(test)]
mod tests;
