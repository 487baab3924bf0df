//! Feed lines in, validated products out, and the columns that hold them.

pub mod schema;
