//! The shop over HTTP.

pub mod storefront;
