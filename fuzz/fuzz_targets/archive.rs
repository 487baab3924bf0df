//! Zip archives.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(b"PK\x03\x04", bytes)));
