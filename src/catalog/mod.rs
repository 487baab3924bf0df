//! Feed lines in, validated products out, and the columns that hold them.

mod assembly;
pub mod feed;
mod markup;
mod notation;
pub mod product;
pub mod schema;
mod shown;
mod values;
