//! Promises of the relevance work bench, of the built binary:
//! 1. `eval` says how sure its figures are, and how much of them typos leave.
//! 2. `eval --against` says by how much another recipe, file or shop differs, how sure that is, and which products came
//!    into the first ten and went out of them.
//! 3. `search --explain` says how each word was read, and of each hit what its score is made of and what moved it.
//! 4. `judge` writes a sheet, keeps the grades of one that is there, and `eval` reads it back or says what is not filled in.
//! 5. `train` corrects a recipe where that pays, and else leaves it as it is; clicks that say their position are learned from.
//! 6. A model that is missing or damaged is a problem that `check` tells of, and the order stays that of the recipe.

use expect_test::expect;

use crate::folder::{Folder, folder};
use crate::process::Ended;
use crate::shop::{columns_of, feed_of, schema_of};

const LAMPS: &str = "id | title                   | brand | price | popularity
                     1  | Desk lamp               | Acorn | 20    | 1
                     2  | Lamp shade              | Birch | 5.5   | 9
                     3  | Floor lamp for the desk | Birch | 12    | 4
                     4  | Lamp oil                | Cedar | 3     | 50
                     5  | Oak table               | Cedar | 90    | 2";

/// A shop of lamps, indexed, with judged queries.
fn lamps() -> Folder {
    let folder = folder();
    let wicks = (11..20).map(|number| format!("\n{number} | Lamp wick {number} | Birch | 1 | 70"));
    let table = format!("{LAMPS}{}", wicks.collect::<String>());
    folder.write("shop/index/schema.toml", schema_of(&columns_of(&table)));
    folder.write("feed.jsonl", feed_of(&table));
    folder.index("feed.jsonl").succeeds();
    folder.write("queries.tsv", "q1\tlamp\nq2\ttable\nq3\tsofa\n");
    folder.write("qrels.txt", "q1 0 1 3\nq1 0 3 2\nq1 0 2 0\nq2 0 5 3\n");
    folder
}

fn eval(folder: &Folder, more: &[&str]) -> Ended {
    let [queries, qrels] = ["queries.tsv", "qrels.txt"].map(|name| folder.path(name));
    let judged = [
        "eval",
        "--queries",
        queries.to_str().unwrap(),
        "--qrels",
        qrels.to_str().unwrap(),
    ];
    folder.run(&[&judged[..], more].concat())
}

#[test]
fn figures_say_how_sure_they_are() {
    let folder = lamps();
    let report = eval(&folder, &["--json"]).succeeds().json();
    let interval = &report["intervals"]["ndcg@10"];
    assert!(interval["low"].as_f64() < report["ndcg@10"].as_f64());
    assert_eq!(interval["high"], 1.0);
    let typos = eval(&folder, &["--json", "--typos", "1"]).succeeds().json();
    assert_eq!(typos["as_meant"]["ndcg@10"], report["ndcg@10"]);
    assert!(typos["kept"]["ndcg@10"]["high"].as_f64().unwrap() <= 1.0);
    let told = eval(&folder, &["--typos", "1"]).succeeds().stdout;
    assert!(told.contains("95 % interval"), "{told}");
    assert!(told.contains("% of ndcg@10 ("), "{told}");
}

#[test]
fn an_order_is_compared_with_another() {
    let folder = lamps();
    let draft = folder.write(
        "draft.toml",
        "[recipe.default]\npopularity = 9.0\ntype = 0.0\n",
    );
    let told = eval(&folder, &["--against", draft.to_str().unwrap()]).succeeds();
    let told = told
        .stdout
        .replace(folder.dir.path().to_str().unwrap(), "DIR");
    expect![[r#"
                                 ndcg@10           condensed         recall@100        judged@10        
         this: recipe `default`  0.966             0.978             1.000             0.200            
         95 % interval           0.932–1.000       0.956–1.000       1.000–1.000       0.100–0.300      
         against: draft.toml     0.500             0.833             1.000             0.050            
         95 % interval           0.000–1.000       0.665–1.000       1.000–1.000       0.000–0.100      
         difference              +0.466            +0.145            +0.000            +0.150           
         95 % interval           +0.000 to +0.932  +0.000 to +0.291  +0.000 to +0.000  +0.000 to +0.300 
        2 queries: 1 better, 0 worse by ndcg@10; which is better cannot be told from these queries

        lamp: ndcg@10 +0.932 (0.932 against 0.000)
          +  1  grade 3     Desk lamp (1)
          +  3  grade 0     Lamp shade (2)
          +  4  grade 2     Floor lamp for the desk (3)
          -  7  not judged  Lamp wick 17 (17)
          -  8  not judged  Lamp wick 18 (18)
          -  9  not judged  Lamp wick 19 (19)
    "#]].assert_eq(&told);

    folder.write(
        "shop/index/ranking.toml",
        "[recipe.default]\n[recipe.sold]\npopularity = 9.0\ntype = 0.0\n",
    );
    let with = eval(&folder, &["--against", "sold", "--json"])
        .succeeds()
        .json();
    assert_eq!(with["against"]["name"], "recipe `sold`");
    assert!(with["difference"]["ndcg@10"]["value"].as_f64().unwrap() > 0.0);
    let turned = ["--recipe", "sold", "--against", "default", "--json"];
    let turned = eval(&folder, &turned).succeeds().json();
    assert_eq!(turned["this"]["ndcg@10"], with["against"]["ndcg@10"]);
    let shop = folder.path("shop");
    let same = ["--against", shop.to_str().unwrap(), "--json"];
    let same = eval(&folder, &same).succeeds().json();
    assert_eq!(same["moved"].as_array().unwrap().len(), 0);
}

#[test]
fn what_cannot_be_compared_with_is_said() {
    let folder = lamps();
    let complaint = |against: &str| {
        let ended = eval(&folder, &["--against", against]);
        assert_ne!(ended.code, Some(0));
        ended.complaint(folder.dir.path())
    };
    expect![[r#"
        error: --against `sold` is no recipe, file or shop directory (recipes are default)
    "#]]
    .assert_eq(&complaint("sold"));
    let bad = folder.write("bad.toml", "[recipe.default]\ntype = 99\n");
    expect![[r#"
        error: DIR/bad.toml: index/ranking.toml: recipe `default`: `type` is 99, write a weight between 0 and 10
    "#]].assert_eq(&complaint(bad.to_str().unwrap()));
}

#[test]
fn explain_says_how_the_query_was_read_and_why_hits_stand_where_they_stand() {
    let folder = lamps();
    folder.write("shop/synonyms/en.txt", "lights => lamp (0.8)\n");
    folder.write(
        "shop/merchandising/rules/desk.toml",
        "[[rule]]\nname = \"Desk week\"\nwhen = { query = { contains = \"lights\" } }\nboost = [{ filter = \"brand:Birch AND price > 5\", by = 3.0 }]\n",
    );
    let search = |query: &str| {
        folder
            .run(&["search", query, "--explain", "--hits-per-page", "4"])
            .succeeds()
            .stdout
    };
    let told = search("cedar desk lights under $50");
    let (_, told) = told.split_once('\n').unwrap();
    expect![[r#"
        the query was read as
          "cedar": cedar or brand: cedar (0.5)
          "desk", the kind of thing asked for: desk
          "lights": lamp (0.8)
          filtered by: price <= 50
          values of attributes: cedar → brand
          synonyms: lights → lamp
          relaxed: few products match every word, so near ones follow
         1  3  Floor lamp for the desk                                                  Birch  12     
               place 2 by words, 1 now: rule Desk week +1                                             
               score ×1.91 = relevance ×0.58 · type ×1.10 · rule Desk week ×3.00                      
               bm25 1.44, coverage 0.61, adjacent 0.00, type 0.12                                     
         2  1  Desk lamp                                                                Acorn  20     
               place 1 by words, 2 now: others -1                                                     
               score ×1.34 = relevance ×1.00 · type ×1.34                                             
               bm25 2.14, coverage 0.61, adjacent 0.50, type 0.36                                     
         3  4  Lamp oil                                                                 Cedar  3      
               place 3 by words, 3 now: not moved                                                     
               score ×0.56 = relevance ×0.52 · popularity ×1.07                                       
               bm25 1.89, coverage 0.42, adjacent 0.00, type 0.00                                     
         4  2  Lamp shade                                                               Birch  5.5    
               place 4 by words, 4 now: not moved                                                     
               score ×0.01 = relevance ×0.00 · popularity ×1.01 · rule Desk week ×3.00                
               bm25 0.10, coverage 0.03, adjacent 0.00, type 0.00                                     
        rule `Desk week` held
    "#]].assert_eq(told);
}

#[test]
fn a_sheet_is_written_filled_in_and_read_back() {
    let folder = lamps();
    let [queries, sheet] = ["queries.tsv", "sheet.tsv"].map(|name| folder.path(name));
    let (queries, sheet) = (queries.to_str().unwrap(), sheet.to_str().unwrap());
    let judge = || {
        folder
            .run(&["judge", sheet, "--queries", queries])
            .succeeds()
    };
    let told = judge()
        .stdout
        .replace(folder.dir.path().to_str().unwrap(), "DIR");
    expect![[r#"
        DIR/sheet.tsv: 11 products to judge for 3 queries, 0 of them graded
        grades: 0 wrong, 1 belongs to it, 2 good, 3 just right
        next: endcap eval --qrels DIR/sheet.tsv
    "#]]
    .assert_eq(&told);
    let written = std::fs::read_to_string(sheet).unwrap();
    assert!(written.starts_with("query\tproduct\ttitle\tbrand\tprice\tgrade\n"));
    assert!(
        written.contains("table\t5\tOak table\tCedar\t90"),
        "{written}"
    );

    let half = written
        .replace("\t20\t\n", "\t20\t3\n")
        .replace("\t90\t\n", "\t90\tx\n");
    std::fs::write(sheet, &half).unwrap();
    let ended = folder.run(&["eval", "--qrels", sheet]).exits(1);
    expect![[r#"
        sheet.tsv:3: `lamp` and product 3 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:4: `lamp` and product 12 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:5: `lamp` and product 14 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:6: `lamp` and product 11 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:7: `lamp` and product 2 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:8: `lamp` and product 4 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:9: `lamp` and product 13 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:10: `lamp` and product 16 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:11: `lamp` and product 15 have no grade (write 0 for wrong to 3 for just right, or remove the line)
        sheet.tsv:12: `x` is no grade (write 0 for wrong to 3 for just right, or remove the line)
    "#]].assert_eq(&ended.stderr);

    let filled: String = half.replace("\tx\n", "\t2\n").replace("\t\n", "\t0\n");
    std::fs::write(sheet, filled).unwrap();
    let report = folder
        .run(&["eval", "--qrels", sheet, "--json"])
        .succeeds()
        .json();
    assert_eq!(report["queries"], 2);
    assert_eq!(report["judged@10"], 0.55);
    assert!(judge().stdout.contains("11 of them graded"));
}

/// Lamps that differ in nothing but their price, and queries about them of which the dear one is the right answer.
fn dear_lamps() -> Folder {
    let folder = folder();
    let products =
        (0..12).map(|number| format!("\n{number} | Lamp {number} | {}", 1 + number * 7 % 12));
    let table = format!("id | title | price{}", products.collect::<String>());
    folder.write("shop/index/schema.toml", schema_of(&columns_of(&table)));
    folder.write("feed.jsonl", feed_of(&table));
    folder.index("feed.jsonl").succeeds();
    let queries = (0..40).map(|number| format!("q{number}\tlamp{}\n", " ".repeat(number)));
    folder.write("queries.tsv", queries.collect::<String>());
    let grade = |number: u32| if 1 + number * 7 % 12 > 9 { 3 } else { 0 };
    let lines = (0..40).flat_map(|query| {
        (0..12).map(move |number| format!("q{query} 0 {number} {}\n", grade(number)))
    });
    folder.write("qrels.txt", lines.collect::<String>());
    folder
}

fn train(folder: &Folder, more: &[&str]) -> Ended {
    let [queries, qrels] = ["queries.tsv", "qrels.txt"].map(|name| folder.path(name));
    let (queries, qrels) = (queries.to_str().unwrap(), qrels.to_str().unwrap());
    let judged = [
        "train",
        "--trees",
        "30",
        "--queries",
        queries,
        "--qrels",
        qrels,
    ];
    folder.run(&[&judged[..], more].concat())
}

#[test]
fn a_model_that_pays_is_named_in_the_recipe_and_used() {
    let folder = dear_lamps();
    folder.write(
        "shop/index/ranking.toml",
        "# ours\n[recipe.default]\ntype = 0.5 # tried\n",
    );
    let before = eval(&folder, &["--json"]).succeeds().json();
    let report = train(&folder, &["--json"]).succeeds().json();
    assert_eq!(report["beats_the_recipe"], true, "{report}");
    assert_eq!(report["uses"][0][0], "price", "{report}");
    let ranking = std::fs::read_to_string(folder.path("shop/index/ranking.toml")).unwrap();
    expect![[r##"
        # ours
        [recipe.default]
        type = 0.5 # tried
        model = "default.txt"
    "##]]
    .assert_eq(&ranking);
    let after = eval(&folder, &["--json"]).succeeds().json();
    assert!(before["ndcg@10"].as_f64() < after["ndcg@10"].as_f64());
    assert_eq!(after["ndcg@10"], 1.0);
    let told = folder
        .run(&["search", "lamp", "--explain"])
        .succeeds()
        .stdout;
    assert!(told.contains("· model ×"), "{told}");

    let model = folder.path("shop/index/models/default.txt");
    let text = std::fs::read_to_string(&model).unwrap();
    std::fs::write(&model, text.replace("end of trees", "")).unwrap();
    let found = folder.run(&["check"]).exits(1);
    let said = format!("{}{}", found.stdout, found.stderr);
    assert!(said.contains("models/default.txt:"), "{said}");
    assert!(
        said.contains("the last good version stays in force"),
        "{said}"
    );
    assert_eq!(eval(&folder, &["--json"]).succeeds().json()["ndcg@10"], 1.0);
}

#[test]
fn a_model_that_does_not_pay_changes_nothing() {
    let folder = dear_lamps();
    // The recipe's own order is the right one.
    let right = folder.ids("lamp");
    let lines = (0..40).flat_map(|query| {
        let grades = right.iter().enumerate();
        grades.map(move |(place, id)| {
            format!(
                "q{query} 0 {} {}\n",
                id.as_str().unwrap(),
                u32::from(place < 3)
            )
        })
    });
    folder.write("qrels.txt", lines.collect::<String>());
    let told = train(&folder, &[]).succeeds().stdout;
    assert!(
        told.ends_with(
            "does not beat the recipe for sure: nothing was written, and `default` stays as it is\n"
        ),
        "{told}"
    );
    assert!(!folder.path("shop/index/models").exists());
    folder.write("qrels.txt", "q0 0 1 3\n");
    let few = train(&folder, &[]).exits(1);
    assert!(
        few.stderr.contains("too few to learn from"),
        "{}",
        few.stderr
    );

    folder.write(
        "shop/index/ranking.toml",
        "[recipe.default]\nmodel = \"gone.txt\"\n",
    );
    let found = folder.run(&["check"]).exits(1);
    let said = format!("{}{}", found.stdout, found.stderr);
    assert!(
        said.contains("names the model `gone.txt`, which is not there"),
        "{said}"
    );
    assert_eq!(folder.ids("lamp"), right);
}

#[test]
fn clicks_are_learned_from() {
    let folder = dear_lamps();
    let mut events = String::new();
    // Whoever searches clicks the dear lamps, wherever they stand.
    let order = folder.ids("lamp");
    for search in 0..200 {
        let words = [
            "lamp",
            "lamps",
            "lamp lamp",
            "a lamp",
            "the lamp",
            "lamp a",
            "lamps a",
            "lamp the",
            "the lamps",
            "lamps the",
        ];
        let query = words[search % words.len()];
        let at = format!("2026-11-22T10:{:02}:{:02}Z", search / 60, search % 60);
        let head =
            format!("\"shopper\":\"s{search}\",\"at\":\"{at}\",\"query_id\":\"{search:032x}\"");
        events += &format!("{{\"type\":\"search\",{head},\"query\":\"{query}\"}}\n");
        for (place, id) in order.iter().enumerate().take(10) {
            let number: u32 = id.as_str().unwrap().parse().unwrap();
            if 1 + number * 7 % 12 > 9 {
                events += &format!(
                    "{{\"type\":\"click\",{head},\"products\":[\"{number}\"],\"positions\":[{}]}}\n",
                    place + 1
                );
            }
        }
    }
    let history = folder.write("history.jsonl", events);
    folder
        .run(&["replay", history.to_str().unwrap()])
        .succeeds();
    let report = folder
        .run(&["train", "--clicks", "365", "--trees", "30", "--json"])
        .succeeds()
        .json();
    assert_eq!(report["queries"], 10, "{report}");
    assert_eq!(report["uses"][0][0], "price", "{report}");
    assert_eq!(report["beats_the_recipe"], true, "{report}");
}
