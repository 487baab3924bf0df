//! Promises, of the audit of a shop's data:
//! 1. What is wrong with the catalog is found, with examples, what it costs and how to mend it.
//! 2. It says what the data is good enough for.
//! 3. Its exit code tells pipelines whether shoppers see anything of it.

use expect_test::expect;
use std::fmt::Write as _;

use crate::folder::Folder;
use crate::process::endcap;
use crate::served::corner_shop;

const FEED: &str = "\
id,title,description,brand,category,price,list price,stock,image,link,color,gtin
1,Oak table,A table of solid oak for six people,Acorn,Home > Tables > Dining,120,150,3,https://shop.example/1.jpg,https://shop.example/1,Red,4006381333931
2,Oak chair,A chair of solid oak with a cushion,acorn,Home > Chairs > Dining,45,40,1,https://shop.example/2.jpg,https://shop.example/2,red,4006381333932
3,Oak bench,A bench of solid oak for the hall,ACORN,Home > Benches > Hall,80,,1,https://shop.example/placeholder.png,https://shop.example/3,RED,36000291452
4,Tin lamp,Short,Birch,Home,0,,1,,www shop,blue,12
5,Tin lamp,Der Schirm ist aus Blech und mit der Hand für das Haus von uns,Birch,Home > Lamps > Desk,30,,1,pictures/5.jpg,https://shop.example/5,blue,
6,Tin lamp,Another of the lamps that shine in the night,Birch,Home > Lamps > Desk,30,,0,https://shop.example/6.jpg,https://shop.example/6,blue,
";

fn told(folder: &Folder) -> String {
    let audit = folder.run(&["check", "--data", "--json"]).exits(1).json();
    let mut told = String::new();
    for finding in audit["findings"].as_array().unwrap() {
        writeln!(
            told,
            "{} {} {} {}/{} {}",
            finding["weight"].as_str().unwrap(),
            finding["kind"].as_str().unwrap(),
            finding["attribute"].as_str().unwrap_or("-"),
            finding["count"],
            finding["of"],
            finding["examples"]
        )
        .unwrap();
    }
    for tier in audit["tiers"].as_array().unwrap() {
        writeln!(
            told,
            "{} {} {}",
            tier["name"], tier["reached"], tier["missing"]
        )
        .unwrap();
    }
    told
}

#[test]
fn a_dirty_catalog_is_told_what_is_wrong_with_it() {
    let folder = Folder {
        dir: tempfile::tempdir().unwrap(),
    };
    let feed = folder.write("feed.csv", FEED);
    let shop = folder.path("shop");
    endcap(&[
        "init",
        shop.to_str().unwrap(),
        "--from",
        feed.to_str().unwrap(),
    ])
    .succeeds();
    folder.index("feed.csv");
    expect![[r#"
        error broken_picture image 1/5 ["5"]
        error missing image 1/6 []
        error price price 1/6 ["4"]
        error broken_link url 1/6 ["4"]
        warning alike brand 3/4 ["ACORN (1) / Acorn (1) / acorn (1)"]
        warning alike color 3/4 ["RED (1) / Red (1) / red (1)"]
        warning false_reduction list_price 1/2 ["2: 40 → 45"]
        warning gtin - 1/4 ["2: 4006381333932"]
        warning gtin_zeros - 1/4 ["3: 36000291452"]
        warning placeholder image 1/5 ["3"]
        warning same_product title 1/6 ["6"]
        note role_missing - 6/6 []
        note same_title title 2/6 ["5","6"]
        note gtin_length - 1/4 ["4: 12"]
        note thin description 1/6 ["4"]
        note language description 1/6 ["5"]
        "search" true []
        "popularity" false ["events were not looked at"]
        "personalization" false ["events were not looked at"]
        "revenue" false ["no attribute has the role margin","purchases with a price were not looked at"]
    "#]].assert_eq(&told(&folder));
    let page = folder.path("report.html");
    let words = folder
        .run(&["check", "--data", "--html", page.to_str().unwrap()])
        .exits(1);
    assert!(
        words.stdout.contains("export the price of every product"),
        "{}",
        words.stdout
    );
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("<title>Data quality: "), "{page}");
    assert!(
        !page.contains("http-equiv") && !page.contains("<script"),
        "{page}"
    );
}

#[test]
fn the_audit_is_answered_over_http_with_the_events() {
    let shop = corner_shop();
    let event = r#"{"events":[{"type":"click","shopper":"ada","products":["77"]}]}"#;
    shop.json("POST", "/v1/events", event);
    let (status, audit) = shop.json("GET", "/v1/audit", "");
    assert_eq!(status, 200, "{audit}");
    let kinds: Vec<&str> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["kind"].as_str().unwrap())
        .collect();
    for wanted in [
        "role_missing",
        "unknown_products",
        "no_query_ids",
        "no_events_of_type",
    ] {
        assert!(kinds.contains(&wanted), "{kinds:?}");
    }
    assert_eq!(audit["events"]["events"], 1);
    let (status, page) = shop.ask("GET", "/v1/audit/report", "");
    assert_eq!(status, 200);
    assert!(page.contains("Corner Shop"), "{page}");
}
