//! A folder with a shop directory and a feed, and the built binary to run on them.

use std::fs;
use std::path::PathBuf;

use expect_test::Expect;
use serde_json::Value;

use crate::process::{Ended, endcap};
use crate::shop::{columns_of, feed_of, schema_of};

/// The products of every folder.
pub(crate) const TABLE: &str = "id | title     | brand | price | stock
                     1  | Red shoes | Acorn | 20    | 3
                     2  | Red socks | Birch | 5.5   | 0
                     3  | Blue hat  | Birch | 12    | 4";

/// A folder with a shop directory `shop` and a feed `feed.jsonl`, not indexed.
pub(crate) struct Folder {
    pub(crate) dir: tempfile::TempDir,
}

pub(crate) fn folder() -> Folder {
    let folder = Folder {
        dir: tempfile::tempdir().unwrap(),
    };
    folder.write("shop/index/schema.toml", schema_of(&columns_of(TABLE)));
    folder.write("feed.jsonl", feed_of(TABLE));
    folder
}

/// The same with its feed indexed.
pub(crate) fn indexed() -> Folder {
    let folder = folder();
    folder.index("feed.jsonl").succeeds();
    folder
}

impl Folder {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs a command on the shop.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let shop = self.path("shop");
        let mut all = arguments.to_vec();
        all.extend(["--shop", shop.to_str().unwrap()]);
        endcap(&all)
    }

    pub(crate) fn index(&self, feed: &str) -> Ended {
        self.run(&["index", self.path(feed).to_str().unwrap()])
    }

    /// Indexes bytes that are refused, and compares the complaint; what was live stays.
    #[track_caller]
    pub(crate) fn check_refused(&self, name: &str, bytes: &[u8], expected: Expect) {
        self.write(name, bytes);
        let complaint = self.index(name).exits(1).complaint(self.dir.path());
        expected.assert_eq(&complaint);
        assert_eq!(self.ids(""), ["1", "3", "2"]);
    }

    pub(crate) fn ids(&self, query: &str) -> Vec<Value> {
        let page = self.run(&["search", query, "--json"]).succeeds().json();
        let hits = page["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["id"].clone()).collect()
    }
}
