//! What gzip and zstd hold.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(b"\x1f\x8b\x08", bytes)));
