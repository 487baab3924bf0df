//! Google Merchant Center's TSV.
#![no_main]

#[path = "read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read::read(read::start_with(b"id\ttitle\tlink\timage_link\tprice\tsale_price\tsale_price_effective_date\tproduct_detail\n", bytes)));
