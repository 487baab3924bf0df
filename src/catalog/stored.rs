//! Products as they were read from the feed, by ordinal: what a change is made to.

use std::io;
use std::path::Path;

use super::pieces::{PieceFiles, Pieces};
use super::product::Product;

/// Where the products of a generation are.
pub const PRODUCT_FILES: PieceFiles = PieceFiles {
    bytes: "products.bin",
    offsets: "products.offsets",
};

/// All values of every product, searched, shown or neither; cheap to copy.
#[derive(Clone)]
pub struct StoredProducts(Pieces);

/// A product as it is stored.
pub fn stored(product: &Product) -> Vec<u8> {
    postcard::to_stdvec(product).expect("values are text and numbers")
}

impl StoredProducts {
    pub fn open(dir: &Path) -> io::Result<Self> {
        Pieces::open(dir, PRODUCT_FILES).map(StoredProducts)
    }

    /// How many products there were when the generation was built.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A product; `None` when it cannot be read.
    pub fn get(&self, product: u32) -> Option<Product> {
        postcard::from_bytes(self.0.get(product)).ok()
    }

    /// A product as it was when the generation was built.
    pub fn built(&self, product: u32) -> Option<Product> {
        postcard::from_bytes(self.0.written(product)).ok()
    }

    /// The products that changed since the generation was built, in order.
    pub fn changed(&self) -> impl Iterator<Item = u32> {
        self.0.changed()
    }

    /// Replaces a product; `None` when it is gone.
    pub fn put(&mut self, ordinal: u32, product: Option<&Product>) {
        self.0.put(ordinal, product.map_or_else(Vec::new, stored));
    }
}
