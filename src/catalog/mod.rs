//! Feed lines in, validated products out, and the columns that hold them.

mod assembly;
pub mod feed;
mod ids;
pub mod infer;
mod markup;
mod notation;
pub mod product;
pub mod schema;
pub mod shop_files;
mod shown;
mod values;
