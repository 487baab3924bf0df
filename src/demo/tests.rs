//! Promises of the demo shop.
