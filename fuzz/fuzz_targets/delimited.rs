//! CSV and TSV with any header.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(b"id,title,price\n", bytes)));
