//! Products in schema.org's words.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(br#"{"@context":"https://schema.org","@type":"Product","offers":"#, bytes)));
