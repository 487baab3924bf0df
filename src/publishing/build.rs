//! A feed becomes a generation beside the live one, and then the live one.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::generation::{Draft, Manifest, live_products};
use super::{PublishError, ShopPaths};
use crate::catalog::columns::ColumnsBuilder;
use crate::catalog::documents::DocumentsWriter;
use crate::catalog::feed::Feed;
use crate::catalog::product::{Assembled, products, shown};
use crate::catalog::schema::Schema;
use crate::problem::Problem;
use crate::retrieval::TextIndexBuilder;

/// Products handed from reading to indexing at a time, and how many such batches may wait.
const BATCH_PRODUCTS: usize = 256;
const BATCHES_WAITING_MAX: usize = 8;

/// A feed that holds less than one in this many of the live products is taken for a part of the catalog.
const SHRUNK_TO_MIN: u32 = 2;

/// Whether the catalog may lose more than half of its products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shrinking {
    Refused,
    Allowed,
}

/// What a build came to.
#[derive(Debug)]
pub struct Built {
    pub manifest: Manifest,
    /// Everything that was wrong with the feed, in its order.
    pub problems: Vec<Problem>,
}

/// How far a build is.
pub struct Progress {
    pub products: u64,
    /// The last batch is in; what follows is writing and checking.
    pub finishing: bool,
}

/// Reads feeds whole, one after the other, builds the next generation and publishes it. The live one serves until the
/// very end; a feed that is truncated, feeds without a product, or, when shrinking is refused, with less than half of
/// the live products, change nothing.
pub fn build(
    paths: &ShopPaths,
    schema: &Schema,
    feeds: Vec<Feed>,
    shrinking: Shrinking,
    mut progress: impl FnMut(Progress),
) -> Result<Built, PublishError> {
    let draft = Draft::begin(&paths.data)?;
    let name = feeds
        .iter()
        .map(|feed| feed.name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut problems = Vec::new();
    let mut columns = ColumnsBuilder::new(schema);
    let mut documents =
        DocumentsWriter::create(&draft.dir).map_err(PublishError::io(&draft.dir))?;
    let mut text = TextIndexBuilder::create(&draft.dir, schema)?;
    let mut indexed = 0u64;
    let mut refused = 0u64;
    let truncated = thread::scope(|scope| {
        let (sender, batches) = sync_channel(BATCHES_WAITING_MAX);
        let reader = scope.spawn(move || read(schema, feeds, |batch| sender.send(batch).is_ok()));
        let mut index = |batches: Receiver<Vec<Read>>| -> Result<(), PublishError> {
            for read in batches.into_iter().flatten() {
                match read {
                    Read::Product {
                        assembled: (product, own_problems),
                        shown,
                    } => {
                        columns.push(&product);
                        documents
                            .push(&shown)
                            .map_err(PublishError::io(&draft.dir))?;
                        text.push(&product)?;
                        problems.extend(own_problems);
                        indexed += 1;
                        if indexed.is_multiple_of(BATCH_PRODUCTS as u64) {
                            progress(Progress {
                                products: indexed,
                                finishing: false,
                            });
                        }
                    }
                    Read::Refused(problem) => {
                        refused += 1;
                        problems.push(problem);
                    }
                    Read::Repaired(problem) => problems.push(problem),
                }
            }
            Ok(())
        };
        let indexing = index(batches);
        let truncated = reader
            .join()
            .expect("the reader does not panic: it only reads and sends");
        indexing.map(|()| truncated)
    })?;
    progress(Progress {
        products: indexed,
        finishing: true,
    });
    if truncated {
        return Err(PublishError::Truncated { feed: name });
    }
    if indexed == 0 {
        let first = problems
            .first()
            .map_or_else(|| "it has no rows".to_string(), Problem::to_string);
        return Err(PublishError::NoProducts {
            feed: name,
            refused,
            first,
        });
    }
    let columns = columns.finish();
    if shrinking == Shrinking::Refused
        && let Some(live) = live_products(&paths.data)
        && columns.products().saturating_mul(SHRUNK_TO_MIN) < live
    {
        return Err(PublishError::Shrunk {
            feed: name,
            products: columns.products(),
            live,
        });
    }
    let manifest = Manifest {
        generation: draft.generation,
        products: columns.products(),
        variants: columns.variants(),
        feed: name,
        refused,
    };
    draft.write_columns(schema, &columns)?;
    drop(columns);
    documents
        .finish(&draft.dir)
        .map_err(PublishError::io(&draft.dir))?;
    text.finish(&draft.dir)?;
    draft.publish(&manifest)?;
    Ok(Built { manifest, problems })
}

/// What reading hands to indexing.
enum Read {
    Product {
        assembled: Assembled,
        /// What a page shows of it, as JSON.
        shown: Vec<u8>,
    },
    Refused(Problem),
    /// Something the reader mended by itself.
    Repaired(Problem),
}

/// Reads the feeds to their end, or until nobody listens; says whether one was truncated.
fn read(schema: &Schema, mut feeds: Vec<Feed>, mut send: impl FnMut(Vec<Read>) -> bool) -> bool {
    let mut batch = Vec::with_capacity(BATCH_PRODUCTS);
    for assembled in products(schema, feeds.iter_mut().flatten()) {
        batch.push(match assembled {
            Ok(assembled) => Read::Product {
                shown: serde_json::to_vec(&shown(schema, &assembled.0))
                    .expect("a JSON map with text keys can be written"),
                assembled,
            },
            Err(problem) if problem.line.is_none() => Read::Repaired(problem),
            Err(problem) => Read::Refused(problem),
        });
        if batch.len() == BATCH_PRODUCTS
            && !send(std::mem::replace(
                &mut batch,
                Vec::with_capacity(BATCH_PRODUCTS),
            ))
        {
            return false;
        }
    }
    send(batch);
    feeds.iter().any(Feed::truncated)
}
