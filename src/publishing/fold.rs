//! What was changed since a generation was built becomes part of the next one, while it is served.

use std::fs;
use std::thread;

use super::build::{Batches, Parts, prepare};
use super::generation::{Draft, Manifest, folder, live_manifest};
use super::{PublishError, ShopPaths};
use crate::catalog::product::Assembled;
use crate::engine::{BuiltFrom, Catalog};
use crate::parallel::in_order;
use crate::problem::Problem;
use crate::retrieval::WordsReader;

/// Builds a generation of a catalog with everything that was changed, publishes it, and removes the one that it takes the
/// place of. `None`, and nothing is done, when another generation is live by now.
///
/// # Errors
/// When another process is indexing, or nothing can be written.
pub fn fold(paths: &ShopPaths, catalog: &Catalog) -> Result<Option<Manifest>, PublishError> {
    let draft = Draft::begin(&paths.data)?;
    let live = live_manifest(&paths.data).filter(|live| live.generation == catalog.generation);
    let Some(live) = live else {
        return Ok(None);
    };
    let schema = &*catalog.schema;
    let mut parts = Parts::create(&draft.dir, schema)?;
    let read = |ordinals: Vec<u32>| -> Vec<Result<Assembled, Problem>> {
        let there = ordinals
            .into_iter()
            .filter_map(|ordinal| catalog.stored.get(ordinal));
        there.map(|product| Ok((product, Vec::new()))).collect()
    };
    thread::scope(|scope| -> Result<(), PublishError> {
        let words = WordsReader::new(schema);
        let ordinals = Batches(0..catalog.columns.products());
        let prepared = in_order(scope, ordinals, move |ordinals| {
            prepare(schema, &words, read(ordinals))
        });
        for batch in prepared {
            parts.push(schema, &batch)?;
        }
        Ok(())
    })?;
    let manifest = Manifest {
        generation: draft.generation,
        products: parts.columns.products(),
        variants: parts.columns.variants(),
        built: BuiltFrom {
            as_of: catalog.built.as_of,
            changes: catalog.changes,
        },
        counts: std::mem::take(&mut parts.counting).finish(),
        ..live
    };
    parts.finish(&draft, schema)?;
    draft.publish(&manifest)?;
    let replaced = folder(&paths.data, catalog.generation);
    if let Err(error) = fs::remove_dir_all(&replaced) {
        tracing::warn!(%error, "a generation that another took the place of cannot be removed");
    }
    Ok(Some(manifest))
}
