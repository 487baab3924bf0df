//! A feed becomes a generation beside the live one, and then the live one.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use jiff::Timestamp;

use super::differences::{Contents, Differences, content};
use super::generation::{Draft, Manifest, folder, live_generation, live_manifest};
use super::guards::{self, Counting, Limits};
use super::publications::{Outcome, Publication, record};
use super::{PublishError, ShopPaths};
use crate::catalog::columns::ColumnsBuilder;
use crate::catalog::documents::DOCUMENT_FILES;
use crate::catalog::feed::{Feed, RawRow};
use crate::catalog::pieces::PiecesWriter;
use crate::catalog::product::{Assembled, Product, ReadRow, products, read_row, write_shown};
use crate::catalog::repairs::{Repair, Repairs};
use crate::catalog::schema::Schema;
use crate::catalog::stored::{PRODUCT_FILES, stored};
use crate::engine::BuiltFrom;
use crate::parallel::in_order;
use crate::problem::Problem;
use crate::retrieval::{TextIndexBuilder, Words, WordsReader};

/// Rows, or products, handed from thread to thread at a time.
const BATCH_ITEMS: usize = 512;

/// When a build is done, and how much it may change.
#[derive(Debug, Clone)]
pub struct Order {
    pub now: Timestamp,
    /// When the feed was exported: changes that are newer than that are made to it again.
    pub as_of: Timestamp,
    pub limits: Limits,
    /// Why the limits do not hold this time.
    pub force: Option<String>,
    /// Set from outside to give the build up.
    pub cancelled: Arc<AtomicBool>,
}

impl Order {
    /// Within the usual limits.
    pub fn at(now: Timestamp) -> Self {
        Order {
            now,
            as_of: now,
            limits: Limits::default(),
            force: None,
            cancelled: Arc::default(),
        }
    }

    /// Beyond all limits, for this reason.
    pub fn force(self, reason: impl Into<String>) -> Self {
        Order {
            force: Some(reason.into()),
            ..self
        }
    }
}

/// What a build came to.
#[derive(Debug)]
pub struct Built {
    pub manifest: Manifest,
    /// Everything that was wrong with the feed, in its order.
    pub problems: Vec<Problem>,
    /// What was mended or left out on purpose.
    pub repairs: Vec<Repair>,
    /// Against what was live; `None` when nothing was, or nothing that can be compared.
    pub differences: Option<Differences>,
    /// The limits that were exceeded; it was forced.
    pub beyond: Vec<String>,
}

/// How far a build is.
pub struct Progress {
    /// Rows read, whether they became products or not.
    pub rows: u64,
    pub products: u64,
    /// The last batch is in; what follows is writing and checking.
    pub finishing: bool,
}

/// Reads feeds whole, one after the other, builds the next generation and publishes it. The live one serves until the
/// very end; a feed that is truncated, feeds without a product, and what goes beyond the limits change nothing. Either
/// way it goes into the history.
pub fn build(
    paths: &ShopPaths,
    schema: &Schema,
    feeds: Vec<Feed>,
    order: &Order,
    progress: impl FnMut(Progress),
) -> Result<Built, PublishError> {
    let names: Vec<&str> = feeds.iter().map(|feed| feed.name.as_str()).collect();
    let feed = names.join(", ");
    let built = build_next(paths, schema, feeds, order, progress);
    let mut entry = Publication {
        at: order.now,
        what: Outcome::Refused,
        live: live_generation(&paths.data),
        feed,
        counts: None,
        refused: 0,
        differences: None,
        beyond: Vec::new(),
        reason: None,
    };
    match &built {
        Ok(built) => {
            entry.what = match built.beyond.is_empty() {
                true => Outcome::Published,
                false => Outcome::Forced,
            };
            entry.counts = Some(built.manifest.counts);
            entry.refused = built.manifest.refused;
            entry.differences.clone_from(&built.differences);
            entry.beyond.clone_from(&built.beyond);
            entry.reason.clone_from(&order.force);
        }
        Err(PublishError::Busy(_)) => return built,
        Err(error) => entry.reason = Some(error.to_string()),
    }
    if let Err(error) = record(&paths.data, &entry) {
        tracing::warn!(%error, "the history of publications cannot be kept");
    }
    built
}

fn build_next(
    paths: &ShopPaths,
    schema: &Schema,
    feeds: Vec<Feed>,
    order: &Order,
    mut progress: impl FnMut(Progress),
) -> Result<Built, PublishError> {
    let draft = Draft::begin(&paths.data)?;
    let name = feeds
        .iter()
        .map(|feed| feed.name.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut feeds = feeds;
    let mut parts = Parts::create(&draft.dir, schema)?;
    let (mut problems, mut refused) = (Vec::new(), 0);
    let rows_read = AtomicU64::new(0);
    let repairs = Mutex::new(Repairs::default());
    thread::scope(|scope| -> Result<(), PublishError> {
        let rows = feeds.iter_mut().flatten().inspect(|_| {
            rows_read.fetch_add(1, Ordering::Relaxed);
        });
        let rows = Batches(rows);
        let rows = in_order(scope, rows, |rows| read_rows(schema, rows, &repairs)).flatten();
        let products = Batches(products(schema, rows));
        let words = WordsReader::new(schema);
        for batch in in_order(scope, products, move |batch| prepare(schema, &words, batch)) {
            parts.push(schema, &batch)?;
            refused += batch.refused;
            problems.extend(batch.problems);
            if order.cancelled.load(Ordering::Relaxed) {
                return Err(PublishError::Cancelled { feed: name.clone() });
            }
            progress(Progress {
                rows: rows_read.load(Ordering::Relaxed),
                products: parts.columns.products().into(),
                finishing: false,
            });
        }
        Ok(())
    })?;
    let indexed = parts.columns.products();
    let truncated = feeds.iter().any(Feed::truncated);
    progress(Progress {
        rows: rows_read.load(Ordering::Relaxed),
        products: indexed.into(),
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
    let counts = std::mem::take(&mut parts.counting).finish();
    let live = live_manifest(&paths.data);
    let beyond = live.as_ref().map_or_else(Vec::new, |live| {
        guards::beyond(&order.limits, &live.counts, &counts)
    });
    if !beyond.is_empty() && order.force.is_none() {
        return Err(PublishError::Beyond { feed: name, beyond });
    }
    let differences = live.and_then(|live| {
        let earlier = folder(&paths.data, live.generation);
        parts.contents.differences(&earlier)
    });
    let manifest = Manifest {
        generation: draft.generation,
        products: indexed,
        variants: parts.columns.variants(),
        feed: name,
        refused,
        built: BuiltFrom {
            as_of: Some(order.as_of),
            changes: 0,
        },
        counts,
        forced: order.force.clone().filter(|_| !beyond.is_empty()),
    };
    parts.finish(&draft, schema)?;
    draft.publish(&manifest)?;
    let mut repairs = repairs.into_inner().unwrap_or_else(PoisonError::into_inner);
    for feed in &mut feeds {
        repairs.merge(feed.take_repairs());
    }
    Ok(Built {
        manifest,
        problems,
        repairs: repairs.into_list(),
        differences,
        beyond,
    })
}

/// The parts of a generation while products are added.
pub(super) struct Parts {
    pub(super) columns: ColumnsBuilder,
    documents: PiecesWriter,
    stored: PiecesWriter,
    text: TextIndexBuilder,
    contents: Contents,
    pub(super) counting: Counting,
}

impl Parts {
    pub(super) fn create(dir: &Path, schema: &Schema) -> Result<Self, PublishError> {
        Ok(Parts {
            columns: ColumnsBuilder::new(schema),
            documents: PiecesWriter::create(dir, DOCUMENT_FILES).map_err(PublishError::io(dir))?,
            stored: PiecesWriter::create(dir, PRODUCT_FILES).map_err(PublishError::io(dir))?,
            text: TextIndexBuilder::create(dir, schema)?,
            contents: Contents::default(),
            counting: Counting::default(),
        })
    }

    pub(super) fn push(&mut self, schema: &Schema, batch: &Prepared) -> Result<(), PublishError> {
        for (product, content) in batch.products.iter().zip(&batch.contents) {
            self.columns.push(product);
            self.contents.push(product, *content);
            self.counting.add(schema, product);
        }
        let pieces = [
            (&mut self.documents, DOCUMENT_FILES, &batch.shown),
            (&mut self.stored, PRODUCT_FILES, &batch.stored),
        ];
        for (writer, files, (bytes, ends)) in pieces {
            let written = writer.push(bytes, ends);
            written.map_err(PublishError::io(Path::new(files.bytes)))?;
        }
        Ok(self.text.push(&batch.words)?)
    }

    /// Writes all parts at the same time and makes them durable.
    pub(super) fn finish(self, draft: &Draft, schema: &Schema) -> Result<(), PublishError> {
        let dir = &draft.dir;
        thread::scope(|scope| {
            let text = scope.spawn(|| self.text.finish(dir));
            let documents = scope.spawn(|| self.documents.finish(dir));
            let stored = scope.spawn(|| self.stored.finish(dir));
            let contents = self.contents.write(dir);
            contents.map_err(PublishError::io(dir))?;
            draft.write_columns(schema, &self.columns.finish_for_writing())?;
            let finished = "writing does not panic: it only returns errors";
            for pieces in [documents, stored] {
                let written = pieces.join().expect(finished);
                written.map_err(PublishError::io(dir))?;
            }
            Ok(text.join().expect(finished)?)
        })
    }
}

/// Pieces one after the other, and where each ends.
type Gathered = (Vec<u8>, Vec<usize>);

/// A batch of products with all that can be made of them without the others.
pub(super) struct Prepared {
    products: Vec<Product>,
    /// By product: a fingerprint of its values.
    contents: Vec<u64>,
    /// What a page shows of each, as JSON.
    shown: Gathered,
    /// Each as it is stored.
    stored: Gathered,
    words: Words,
    /// What was wrong with these products and the rows between them.
    problems: Vec<Problem>,
    /// Rows that became no product.
    refused: u64,
}

fn read_rows(
    schema: &Schema,
    rows: Vec<Result<RawRow, Problem>>,
    repairs: &Mutex<Repairs>,
) -> Vec<Result<ReadRow, Problem>> {
    let mut own = Repairs::default();
    let read = |row: Result<RawRow, Problem>| read_row(schema, &row?, &mut own);
    let rows = rows.into_iter().map(read).collect();
    let mut repairs = repairs.lock().unwrap_or_else(PoisonError::into_inner);
    repairs.merge(own);
    rows
}

pub(super) fn prepare(
    schema: &Schema,
    reader: &WordsReader,
    assembled: Vec<Result<Assembled, Problem>>,
) -> Prepared {
    let mut products = Vec::with_capacity(assembled.len());
    let (mut shown, mut all_stored) = (Gathered::default(), Gathered::default());
    let mut contents = Vec::with_capacity(assembled.len());
    let (mut problems, mut refused) = (Vec::new(), 0);
    for assembled in assembled {
        match assembled {
            Ok((product, own_problems)) => {
                write_shown(schema, &product, &mut shown.0);
                shown.1.push(shown.0.len());
                let stored = stored(&product);
                contents.push(content(&stored));
                all_stored.0.extend_from_slice(&stored);
                all_stored.1.push(all_stored.0.len());
                problems.extend(own_problems);
                products.push(product);
            }
            // Without a line no row was refused: the reader mended something by itself.
            Err(problem) => {
                refused += u64::from(problem.line.is_some());
                problems.push(problem);
            }
        }
    }
    Prepared {
        words: reader.read(products.iter()),
        contents,
        products,
        shown,
        stored: all_stored,
        problems,
        refused,
    }
}

/// Items in batches, which are cheaper to hand from thread to thread.
pub(super) struct Batches<Items>(pub(super) Items);

impl<Items: Iterator> Iterator for Batches<Items> {
    type Item = Vec<Items::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch: Vec<Items::Item> = self.0.by_ref().take(BATCH_ITEMS).collect();
        (!batch.is_empty()).then_some(batch)
    }
}
