//! A feed becomes a generation beside the live one, and then the live one.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::generation::{Draft, Manifest, live_products};
use super::{PublishError, ShopPaths};
use crate::catalog::columns::ColumnsBuilder;
use crate::catalog::documents::{DocumentsWriter, TEXT_FILE};
use crate::catalog::feed::{Feed, RawRow};
use crate::catalog::product::{Assembled, Product, ReadRow, products, read_row, write_shown};
use crate::catalog::repairs::{Repair, Repairs};
use crate::catalog::schema::Schema;
use crate::parallel::in_order;
use crate::problem::Problem;
use crate::retrieval::{TextIndexBuilder, Words, WordsReader};

/// Rows, or products, handed from thread to thread at a time.
const BATCH_ITEMS: usize = 512;

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
    /// What was mended or left out on purpose.
    pub repairs: Vec<Repair>,
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
    let mut feeds = feeds;
    let mut parts = Parts::create(&draft.dir, schema)?;
    let (mut problems, mut refused) = (Vec::new(), 0);
    let repairs = Mutex::new(Repairs::default());
    thread::scope(|scope| -> Result<(), PublishError> {
        let rows = Batches(feeds.iter_mut().flatten());
        let rows = in_order(scope, rows, |rows| read_rows(schema, rows, &repairs)).flatten();
        let products = Batches(products(schema, rows));
        let words = WordsReader::new(schema);
        for batch in in_order(scope, products, move |batch| prepare(schema, &words, batch)) {
            parts.push(&batch)?;
            refused += batch.refused;
            problems.extend(batch.problems);
            progress(Progress {
                products: parts.columns.products().into(),
                finishing: false,
            });
        }
        Ok(())
    })?;
    let indexed = parts.columns.products();
    let truncated = feeds.iter().any(Feed::truncated);
    progress(Progress {
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
    if shrinking == Shrinking::Refused
        && let Some(live) = live_products(&paths.data)
        && indexed.saturating_mul(SHRUNK_TO_MIN) < live
    {
        return Err(PublishError::Shrunk {
            feed: name,
            products: indexed,
            live,
        });
    }
    let manifest = Manifest {
        generation: draft.generation,
        products: indexed,
        variants: parts.columns.variants(),
        feed: name,
        refused,
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
    })
}

/// The parts of a generation while products are added.
struct Parts {
    columns: ColumnsBuilder,
    documents: DocumentsWriter,
    text: TextIndexBuilder,
}

impl Parts {
    fn create(dir: &Path, schema: &Schema) -> Result<Self, PublishError> {
        Ok(Parts {
            columns: ColumnsBuilder::new(schema),
            documents: DocumentsWriter::create(dir).map_err(PublishError::io(dir))?,
            text: TextIndexBuilder::create(dir, schema)?,
        })
    }

    fn push(&mut self, batch: &Prepared) -> Result<(), PublishError> {
        for product in &batch.products {
            self.columns.push(product);
        }
        self.documents
            .push(&batch.shown, &batch.shown_ends)
            .map_err(PublishError::io(Path::new(TEXT_FILE)))?;
        Ok(self.text.push(&batch.words)?)
    }

    /// Writes all parts at the same time and makes them durable.
    fn finish(self, draft: &Draft, schema: &Schema) -> Result<(), PublishError> {
        let dir = &draft.dir;
        thread::scope(|scope| {
            let text = scope.spawn(|| self.text.finish(dir));
            let documents = scope.spawn(|| self.documents.finish(dir));
            draft.write_columns(schema, &self.columns.finish_for_writing())?;
            let finished = "writing does not panic: it only returns errors";
            documents
                .join()
                .expect(finished)
                .map_err(PublishError::io(dir))?;
            Ok(text.join().expect(finished)?)
        })
    }
}

/// A batch of products with all that can be made of them without the others.
struct Prepared {
    products: Vec<Product>,
    /// What a page shows of each, as JSON, one after the other.
    shown: Vec<u8>,
    /// By product: where that ends.
    shown_ends: Vec<usize>,
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

fn prepare(
    schema: &Schema,
    reader: &WordsReader,
    assembled: Vec<Result<Assembled, Problem>>,
) -> Prepared {
    let mut products = Vec::with_capacity(assembled.len());
    let (mut shown, mut shown_ends) = (Vec::new(), Vec::with_capacity(assembled.len()));
    let (mut problems, mut refused) = (Vec::new(), 0);
    for assembled in assembled {
        match assembled {
            Ok((product, own_problems)) => {
                write_shown(schema, &product, &mut shown);
                shown_ends.push(shown.len());
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
        products,
        shown,
        shown_ends,
        problems,
        refused,
    }
}

/// Items in batches, which are cheaper to hand from thread to thread.
struct Batches<Items>(Items);

impl<Items: Iterator> Iterator for Batches<Items> {
    type Item = Vec<Items::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch: Vec<Items::Item> = self.0.by_ref().take(BATCH_ITEMS).collect();
        (!batch.is_empty()).then_some(batch)
    }
}
