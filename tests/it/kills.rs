//! Promises, of jobs that are ended without any warning, by `kill -9` at random moments:
//! 1. The shop is the old catalog or the new one, whole; never a mixture, never nothing.
//! 2. The history can be read, and names the generation that is live when it says that it was published.
//! 3. The same job run again, or taken up again by the next server, ends in the same catalog.

use std::time::Duration;

use serde_json::json;

use crate::folder::{Folder, indexed};
use crate::process::{endcap_killed, serve};

const PRODUCTS: usize = 400;

/// A catalog whose every title says which of two it is.
fn catalog(word: &str) -> String {
    let line = |id: usize| json!({"id": id.to_string(), "title": format!("{word} number {id}")});
    (0..PRODUCTS).map(|id| format!("{}\n", line(id))).collect()
}

fn total(folder: &Folder, word: &str) -> u64 {
    let page = folder.run(&["search", word, "--json"]).succeeds().json();
    page["total"].as_u64().unwrap()
}

/// Which of the two catalogs is live, whole.
#[track_caller]
fn live(folder: &Folder) -> &'static str {
    match (total(folder, "walnut"), total(folder, "cherry")) {
        (found, 0) if found == PRODUCTS as u64 => "walnut",
        (0, found) if found == PRODUCTS as u64 => "cherry",
        mixed => panic!("a mixed or lost catalog: {mixed:?}"),
    }
}

fn kill_full_jobs(kills: usize) {
    let folder = indexed();
    for word in ["walnut", "cherry"] {
        folder.write(&format!("{word}.jsonl"), catalog(word));
    }
    folder.index("walnut.jsonl").succeeds();
    let mut reached = [0, 0];
    for _ in 0..kills {
        let was = live(&folder);
        let next = if was == "walnut" { "cherry" } else { "walnut" };
        let feed = folder.path(&format!("{next}.jsonl"));
        let shop = folder.path("shop");
        let arguments = [
            "index",
            feed.to_str().unwrap(),
            "--shop",
            shop.to_str().unwrap(),
        ];
        endcap_killed(
            &arguments,
            Duration::from_millis(rand::random_range(0..400)),
        );
        reached[usize::from(live(&folder) == next)] += 1;
        folder.run(&["history", "--json"]).succeeds().json();
        folder.index(&format!("{next}.jsonl")).succeeds();
        assert_eq!(live(&folder), next);
    }
    // For whoever runs it by hand: were the moments early and late ones?
    eprintln!("old and new after {kills} kills: {reached:?}");
}

fn kill_pushed_jobs(kills: usize) {
    let folder = indexed();
    folder.write("walnut.jsonl", catalog("walnut"));
    folder.index("walnut.jsonl").succeeds();
    let shop = folder.path("shop");
    for kill in 0..kills {
        let next = if kill.is_multiple_of(2) {
            "cherry"
        } else {
            "walnut"
        };
        let mut server = serve(&shop);
        let (status, job) = server.post("/v1/feeds", &catalog(next)).unwrap();
        assert_eq!(status, 202, "{job}");
        std::thread::sleep(Duration::from_millis(rand::random_range(0..300)));
        server.kill();
        live(&folder);
        let server = serve(&shop);
        let path = format!("/v1/jobs/{}", job["id"]);
        server.wait_until(&path, |job| job["state"] == "done");
        drop(server);
        assert_eq!(live(&folder), next);
    }
}

/// The whole catalog is changed row by row, in one write.
fn kill_delta_jobs(kills: usize) {
    let folder = indexed();
    for word in ["walnut", "cherry"] {
        folder.write(&format!("{word}.jsonl"), catalog(word));
    }
    folder.index("walnut.jsonl").succeeds();
    let mut reached = [0, 0];
    for _ in 0..kills {
        let was = live(&folder);
        let next = if was == "walnut" { "cherry" } else { "walnut" };
        let (feed, shop) = (folder.path(&format!("{next}.jsonl")), folder.path("shop"));
        let (feed, shop) = (feed.to_str().unwrap(), shop.to_str().unwrap());
        endcap_killed(
            &["index", "--delta", feed, "--shop", shop],
            Duration::from_millis(rand::random_range(0..200)),
        );
        reached[usize::from(live(&folder) == next)] += 1;
        folder.run(&["history", "--json"]).succeeds().json();
        folder.run(&["index", "--delta", feed]).succeeds();
        assert_eq!(live(&folder), next);
    }
    eprintln!("old and new after {kills} kills: {reached:?}");
}

#[test]
fn a_delta_job_killed_at_any_moment_leaves_the_old_or_the_new_catalog() {
    kill_delta_jobs(4);
}

#[test]
fn a_full_job_killed_at_any_moment_leaves_the_old_or_the_new_catalog() {
    kill_full_jobs(4);
}

#[test]
fn a_pushed_job_killed_at_any_moment_is_taken_up_again() {
    kill_pushed_jobs(2);
}

/// Takes a few minutes: `cargo test --test it -- --ignored hundred_kills`.
#[test]
#[ignore = "takes a few minutes"]
fn a_hundred_kills_at_random_moments_never_mix_or_lose_a_catalog() {
    kill_full_jobs(60);
    kill_pushed_jobs(10);
    kill_delta_jobs(30);
}
