//! WooCommerce's product CSV.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(b"ID,Type,SKU,Name,Published,Regular price,Sale price,Stock,In stock?,Parent,Attribute 1 name,Attribute 1 value(s)\n", bytes)));
