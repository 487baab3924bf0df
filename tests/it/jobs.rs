//! Promises, of feeds that are pushed:
//! 1. What was answered with 202 is on disk and becomes the catalog, or says why not.
//! 2. A job that waits or runs can be taken back; a job that a crash interrupted is taken up again.
//! 3. Whoever watches hears until the end.

use std::fs;

use axum::http::StatusCode;
use endcap::publishing;
use serde_json::{Value, json};

use crate::served::{Served, corner_shop, served};
use crate::shop::shop;

/// Asks for a job until it has ended.
fn ended(shop: &Served, job: &Value) -> Value {
    let path = format!("/v1/jobs/{}", job["id"]);
    loop {
        let (status, job) = shop.json("GET", &path, "");
        assert_eq!(status, StatusCode::OK, "{job}");
        if job.get("ended_at").is_some() {
            return job;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_pushed_feed_becomes_the_catalog_and_says_what_it_changed() {
    let shop = corner_shop();
    let feed = "id,title,brand,price,stock,color\n1,Red shoes,Acorn,20,3,red\n2,Red socks,Birch,\"6,5\",0,red\n9,Green hat,Birch,12,,green\n,No id,,,,\n";
    let (status, job) = shop.json("POST", "/v1/feeds?name=morning.csv", feed);
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    let job = ended(&shop, &job);
    assert_eq!(job["state"], "done", "{job}");
    assert_eq!(
        [&job["name"], &job["format"], &job["generation"]],
        [&json!("morning.csv"), &json!("CSV"), &json!(2)]
    );
    assert_eq!([&job["rows"], &job["products"], &job["refused"]], [4, 3, 1]);
    assert_eq!(
        job["differences"]["sample"],
        json!({"added": ["9"], "changed": ["2"], "removed": ["3"]})
    );
    assert!(
        job["problems"][0]["reason"]
            .as_str()
            .unwrap()
            .starts_with("has no id")
    );
    assert!(
        job["repairs"][0]["what"]
            .as_str()
            .unwrap()
            .contains("comma")
    );
    assert_eq!(publishing::live_generation(&shop.paths().data), Some(2));
    let (_, events) = shop.ask("GET", &format!("/v1/jobs/{}/events", job["id"]), "");
    assert!(events.starts_with("event: job\ndata: {"), "{events}");
    let (_, history) = shop.json("GET", "/v1/publications", "");
    let entry = &history["publications"][0];
    assert_eq!(
        [&entry["what"], &entry["feed"]],
        ["published", "morning.csv"]
    );
    assert_eq!(entry["differences"], job["differences"]);
    let (_, list) = shop.json("GET", "/v1/jobs", "");
    assert_eq!(list["jobs"], json!([job]));
}

#[test]
fn a_feed_that_changes_too_much_fails_and_is_forced() {
    let shop = corner_shop();
    let feed = "{\"id\": \"1\", \"title\": \"Red shoes\"}\n";
    let (_, job) = shop.json("POST", "/v1/feeds", feed);
    let job = ended(&shop, &job);
    assert_eq!(job["state"], "failed");
    assert!(
        job["error"]
            .as_str()
            .unwrap()
            .contains("products fall from 3 to 1"),
        "{job}"
    );
    let (_, job) = shop.json("POST", "/v1/feeds?force=clearance", feed);
    let job = ended(&shop, &job);
    assert_eq!(
        (&job["state"], &job["force"]),
        (&json!("done"), &json!("clearance"))
    );
}

#[test]
fn what_is_asked_wrongly_is_said() {
    let shop = corner_shop();
    for (method, path, status, said) in [
        ("POST", "/v1/feeds", 400, "the feed is empty"),
        ("POST", "/v1/feeds?force=", 400, "`force` wants a reason"),
        ("GET", "/v1/jobs/77", 404, "there is no job 77"),
        ("DELETE", "/v1/jobs/77", 404, "there is no job 77"),
        ("GET", "/v1/jobs/x", 400, "a whole number"),
    ] {
        let (answered, body) = shop.json(method, path, "");
        assert_eq!(answered, status, "{path}: {body}");
        assert!(body["message"].as_str().unwrap().contains(said), "{body}");
    }
    let (_, job) = shop.json("POST", "/v1/feeds", "hello");
    let job = ended(&shop, &job);
    assert!(
        job["error"]
            .as_str()
            .unwrap()
            .contains("is in no known format"),
        "{job}"
    );
}

#[test]
fn jobs_that_a_crash_interrupted_are_taken_up_again_and_one_that_ended_is_not_taken_back() {
    let own = shop("id | title\n1 | Red shoes\n2 | Blue hat");
    let jobs = own.paths.data.join("jobs");
    fs::create_dir_all(&jobs).unwrap();
    let interrupted = |id: u64, begun: u32| {
        let job = json!({"id": id, "state": "running", "name": "night.jsonl", "queued_at": "2026-11-23T10:00:00Z",
            "begun": begun, "rows": 0, "products": 0, "bytes_read": 0, "rows_per_second": 0, "finishing": false,
            "refused": 0, "problems_total": 0, "problems": [], "repairs": [], "beyond": []});
        fs::write(jobs.join(format!("{id:06}.json")), job.to_string()).unwrap();
        let feed = "{\"id\": \"1\", \"title\": \"Red shoes\"}\n{\"id\": \"2\", \"title\": \"Green hat\"}\n";
        fs::write(jobs.join(format!("{id:06}.feed")), feed).unwrap();
    };
    interrupted(4, 1);
    interrupted(5, 3);
    let shop = served(own);
    let job = ended(&shop, &json!({"id": 4}));
    assert_eq!(
        (&job["state"], &job["begun"]),
        (&json!("done"), &json!(2)),
        "{job}"
    );
    let hopeless = ended(&shop, &json!({"id": 5}));
    assert_eq!(hopeless["state"], "failed");
    let (status, job) = shop.json("DELETE", "/v1/jobs/4", "");
    assert_eq!((status, &job["state"]), (StatusCode::OK, &json!("done")));
    let (_, next) = shop.json("POST", "/v1/feeds", "hello");
    assert_eq!(next["id"], 6);
    ended(&shop, &next);
    let left = fs::read_dir(&jobs).unwrap().flatten();
    let feeds = left.filter(|entry| entry.path().extension().is_some_and(|e| e == "feed"));
    assert_eq!(feeds.count(), 0);
}
