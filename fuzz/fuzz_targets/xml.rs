//! RSS, Atom and other XML.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(b"<rss><channel><item>", bytes)));
