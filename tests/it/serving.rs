//! Promises, of the built binary while it serves:
//! 1. A shop is served by one process, and a port that is in use is named.
//! 2. A new generation and changed files are noticed without a restart, those in folders that appear included.
//! 3. A bad file leaves the last good one in force, and `check` names its line; so does a server that starts with it.
//! 4. Whatever the server acknowledged is there after it was killed.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use serde_json::json;

use crate::folder::indexed;
use crate::process::{ask, free_address, serve};

#[test]
fn a_shop_is_served_once_and_a_port_is_used_once() {
    let folder = indexed();
    let server = serve(&folder.path("shop"));
    let other = free_address();
    let again = folder
        .run(&["serve", "--open", "--listen", &other])
        .exits(1);
    assert!(
        again.stderr.contains("is in use by another process"),
        "{}",
        again.stderr
    );
    let elsewhere = indexed();
    let ended = elsewhere
        .run(&["serve", "--open", "--listen", &server.address])
        .exits(1);
    let told = ended.stderr.replace(&server.address, "ADDRESS");
    expect![[r#"
        error: ADDRESS is in use by another process: stop it, or choose another port with --listen
    "#]]
    .assert_eq(&told);
    assert_eq!(server.get("/health").unwrap().0, 200);
}

#[test]
fn a_new_generation_is_picked_up_while_served() {
    let folder = indexed();
    let server = serve(&folder.path("shop"));
    let (_, ready) = server.get("/ready").unwrap();
    assert_eq!(
        (&ready["generation"], &ready["products"]),
        (&json!(1), &json!(3))
    );
    folder.write(
        "next.jsonl",
        "{\"id\": \"9\", \"title\": \"Green vest\"}\n{\"id\": \"10\", \"title\": \"Mug\"}\n",
    );
    folder.index("next.jsonl").succeeds();
    server.wait_until("/ready", |ready| {
        ready["generation"] == 2 && ready["products"] == 2
    });
    let (_, page) = server.get("/v1/search?q=vests").unwrap();
    assert_eq!(page["hits"][0]["id"], "9");
    folder.write(
        "cut.jsonl",
        "{\"id\": \"1\", \"title\": \"Hat\"}\n{\"id\": \"2\", \"ti",
    );
    folder.index("cut.jsonl").exits(1);
    assert_eq!(server.get("/ready").unwrap().1["generation"], 2);
}

#[test]
fn a_bad_rule_file_leaves_the_last_good_one_in_force_while_served() {
    let folder = indexed();
    let name = "shop/merchandising/rules/recall.toml";
    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n");
    let server = serve(&folder.path("shop"));
    let hats = "/v1/search?q=red";
    assert_eq!(server.get(hats).unwrap().1["hits"][0]["id"], "2");

    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"\n");
    server.wait_until("/ready", |ready| {
        ready["problems"] == 1 && ready["rules"] == 1
    });
    assert_eq!(server.get(hats).unwrap().1["total"], 1);
    let ended = folder.run(&["check"]).exits(1);
    expect![[r#"
        merchandising/rules/recall.toml:3: unclosed array, expected `]` (the last good version stays in force until it is mended)
        1 problem
    "#]].assert_eq(&ended.stdout);

    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"2\"]\n");
    server.wait_until("/ready", |ready| ready["problems"] == 0);
    assert_eq!(server.get(hats).unwrap().1["hits"][0]["id"], "1");
}

#[test]
fn whatever_becomes_of_rule_files_the_last_good_rules_are_served() {
    let folder = indexed();
    let name = "shop/merchandising/rules/recall.toml";
    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = [\"1\"]\n");
    let server = serve(&folder.path("shop"));
    let mut told = Vec::new();
    let mut problem = |reason: &str| {
        server.wait_until("/v1/problems", |problems| {
            let first = problems["problems"][0]["reason"].as_str();
            first.is_some_and(|first| first.contains(reason))
        });
        let problems = server.get("/v1/problems").unwrap().1;
        told.push(problems["problems"][0].to_string());
        let page = server.get("/v1/search?q=red").unwrap().1;
        assert_eq!(
            (&page["total"], &page["hits"][0]["id"]),
            (&1.into(), &"2".into())
        );
    };
    folder.write(name, "[[rule]]\nname = \"recall\"\nsuppress = \"2\"]\n");
    problem("newline");
    folder.write(name, "[[rule]]\nname = \"recall\"\nsupp");
    problem("key with no value");
    // Whole at once, so that the problem names one size.
    let large = format!("x = [\n{}", "# more of the same\n".repeat(50 << 20 >> 4));
    fs::rename(folder.write("large", large), folder.path(name)).unwrap();
    problem("bytes");
    folder.write(name, "\n");
    problem("is empty");
    folder.write(name, [0xff, 0xfe, 0x00]);
    problem("is no text");
    fs::remove_dir_all(folder.path("shop/merchandising")).unwrap();
    problem("the folder is gone");
    expect![[r#"
        {"file":"merchandising/rules/recall.toml","line":3,"reason":"unexpected key or value, expected newline, `#`","suggestion":"a comma, a quote or a bracket is missing before it, or `=`; the last good version stays in force until it is mended"}
        {"file":"merchandising/rules/recall.toml","line":3,"reason":"key with no value, expected `=`","suggestion":"the last good version stays in force until it is mended"}
        {"file":"merchandising/rules/recall.toml","reason":"has 62259206 bytes, at most 16777216 are read","suggestion":"split it into several files; the last good version stays in force until it is mended"}
        {"file":"merchandising/rules/recall.toml","reason":"is empty, as a file is that is being written","suggestion":"remove it, or write a comment into it, when nothing should hold; the last good version stays in force until it is mended"}
        {"file":"merchandising/rules/recall.toml","line":1,"reason":"is no text in UTF-8","suggestion":"save it with the encoding UTF-8; the last good version stays in force until it is mended"}
        {"file":"merchandising/rules","reason":"the folder is gone, so its last good files stay in force","suggestion":"bring it back; an empty folder means that there is nothing"}
    "#]]
    .assert_eq(&(told.join("\n") + "\n"));
}

#[test]
fn rules_and_synonyms_written_for_the_first_time_are_noticed_while_served() {
    let folder = indexed();
    let server = serve(&folder.path("shop"));
    folder.write("shop/synonyms/en.txt", "cap, hat\n");
    server.wait_until("/ready", |ready| ready["synonyms"] != 0);
    let rule = |id: &str| format!("[[rule]]\nname = \"r\"\nsuppress = [\"{id}\"]\n");
    folder.write("shop/merchandising/rules/first.toml", rule("1"));
    server.wait_until("/v1/search?q=red", |page| page["total"] == 1);
    folder.write("shop/merchandising/rules/second.toml", rule("2"));
    server.wait_until("/v1/search?q=red", |page| page["total"] == 0);
}

#[test]
fn every_acknowledged_event_survives_a_kill() {
    const BATCHES: usize = 100;
    const BATCH: usize = 100;
    const KILLED_AFTER: usize = 20;
    let folder = indexed();
    let shop = folder.path("shop");
    let mut server = serve(&shop);
    let address = server.address.clone();
    let acknowledged = AtomicUsize::new(0);
    let send = |sender: usize| -> Vec<usize> {
        let mut kept = Vec::new();
        for number in (sender..BATCHES).step_by(2) {
            match ask(&address, "POST", "/v1/events", &batch(number, BATCH)) {
                Ok((202, answer)) => {
                    assert_eq!(
                        (&answer["accepted"], &answer["refused"]),
                        (&json!(BATCH), &json!([]))
                    );
                    kept.push(number);
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                Ok((status, answer)) => panic!("{status}: {answer}"),
                Err(_) => break,
            }
        }
        kept
    };
    let kept: Vec<usize> = std::thread::scope(|scope| {
        let senders = [0, 1].map(|sender| scope.spawn(move || send(sender)));
        while acknowledged.load(Ordering::SeqCst) < KILLED_AFTER {
            std::thread::yield_now();
        }
        server.kill();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    assert!(kept.len() >= KILLED_AFTER);
    let server = serve(&shop);
    for number in &kept {
        let (status, answer) = server.post("/v1/events", &batch(*number, BATCH)).unwrap();
        assert_eq!(
            (status, &answer["duplicates"]),
            (202, &json!(BATCH)),
            "batch {number}"
        );
    }
    for number in 0..BATCHES {
        let (status, _) = server.post("/v1/events", &batch(number, BATCH)).unwrap();
        assert_eq!(status, 202);
    }
    let last = server
        .post("/v1/events", &batch(BATCHES - 1, BATCH))
        .unwrap();
    assert_eq!(last.1["duplicates"], BATCH);
}

/// Takes a minute or two: `cargo test --release --test it -- --ignored twenty_kills`.
#[test]
#[ignore = "takes a minute or two"]
fn twenty_kills_at_random_moments_lose_nothing_and_count_nothing_twice() {
    const KILLS: usize = 20;
    const BATCH: usize = 100;
    let folder = indexed();
    let shop = folder.path("shop");
    let next = AtomicUsize::new(0);
    let mut kept: Vec<usize> = Vec::new();
    for _ in 0..KILLS {
        let mut server = serve(&shop);
        let address = server.address.clone();
        let acknowledged = AtomicUsize::new(0);
        let killed_after = rand::random_range(1..60);
        let send = || -> Vec<usize> {
            let mut kept = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                match ask(&address, "POST", "/v1/events", &batch(number, BATCH)) {
                    Ok((status, answer)) => {
                        assert_eq!((status, &answer["accepted"]), (202, &json!(BATCH)));
                    }
                    Err(_) => return kept,
                }
                kept.push(number);
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
        };
        std::thread::scope(|scope| {
            let senders = [0; 4].map(|_| scope.spawn(send));
            while acknowledged.load(Ordering::SeqCst) < killed_after {
                std::thread::yield_now();
            }
            server.kill();
            for sender in senders {
                kept.extend(sender.join().unwrap());
            }
        });
    }
    let server = serve(&shop);
    let send = |number: usize| server.post("/v1/events", &batch(number, BATCH)).unwrap();
    for number in &kept {
        assert_eq!(send(*number).1["duplicates"], BATCH, "batch {number}");
    }
    let sent = next.load(Ordering::SeqCst);
    for number in 0..sent {
        assert_eq!(send(number).0, 202);
    }
    let events = |shopper: usize| {
        let path = format!("/v1/shoppers/s{shopper}");
        server.get(&path).unwrap().1["events"].as_u64().unwrap()
    };
    let counted: u64 = (0..7).map(events).sum();
    assert_eq!(counted, (sent * BATCH) as u64);
}

/// Events of one shopper, each with an id of its own.
fn batch(number: usize, events: usize) -> String {
    let event = |at: usize| {
        json!({
            "id": format!("e{number}-{at}"), "type": "view", "shopper": format!("s{}", number % 7), "products": ["1"],
        })
    };
    json!({"events": (0..events).map(event).collect::<Vec<_>>()}).to_string()
}

#[test]
fn a_shop_that_starts_with_a_bad_file_says_so() {
    let folder = indexed();
    folder.write("shop/merchandising/rules/a.toml", "[[rule]\n");
    let _server = serve(&folder.path("shop"));
    let log = fs::read_to_string(folder.path("shop/serve.log")).unwrap();
    assert!(log.contains("merchandising/rules/a.toml:1"), "{log}");
    assert!(!log.contains('\u{1b}'), "{log}");
}
