//! What every target does: reads all rows of a feed, concludes a schema from them, and makes products of them.

use endcap::catalog::feed::Feed;
use endcap::catalog::infer::infer;
use endcap::catalog::product::{products, read_row};
use endcap::catalog::repairs::Repairs;

pub(crate) fn read(bytes: Vec<u8>) {
    let Ok(feeds) = Feed::all_from_bytes("feed", bytes) else {
        return;
    };
    let rows: Vec<_> = feeds.into_iter().flatten().collect();
    let schema = infer(rows.iter().cloned()).schema;
    let mut repairs = Repairs::default();
    let rows = rows.into_iter();
    let read = rows.map(|row| read_row(&schema, &row?, &mut repairs));
    for product in products(&schema, read) {
        drop(product);
    }
}

#[allow(dead_code, reason = "some targets take the bytes as they are")]
pub(crate) fn start_with(start: &[u8], bytes: &[u8]) -> Vec<u8> {
    [start, bytes].concat()
}
