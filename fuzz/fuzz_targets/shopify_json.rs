//! Shopify's product JSON and bulk export.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(br#"{"id":"gid://shopify/Product/1","handle":"a","variants":"#, bytes)));
