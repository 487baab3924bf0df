//! Promises to whoever writes rule files by hand and with the command line:
//! 1. While something cannot be read, every list says so and names what is in force, and nothing is written over it.
//! 2. What is published never removes rules, doubles them or brings a problem by mistake.
//! 3. A sheet changes what it says otherwise, and nothing else.
//! 4. What is saved in an editor is a version like any other.
//! 5. The page of another time is asked for without offsets, and shown with its banners and where it sends shoppers.
//! 6. A file that nobody reads is named.

use std::fs;

use expect_test::expect;

use crate::folder::{Folder, indexed};

const FILE: &str = "merchandising/rules/mine.toml";

/// A shop with two rules of its own, and its files read once.
fn with_rules() -> Folder {
    let folder = indexed();
    write(
        &folder,
        "[[rule]]\nname = \"Hats\" # season\nboost = [{ filter = \"brand:Birch\", by = 2 }]\n
[[rule]]\nname = \"Red\"\nwhen = { query = { contains = \"red\" } }\npin = [{ product = \"3\", position = 2 }]\n",
    );
    folder.run(&["check"]).succeeds();
    folder
}

fn write(folder: &Folder, text: &str) {
    folder.write(&format!("shop/{FILE}"), text);
}

fn text(folder: &Folder) -> String {
    fs::read_to_string(folder.path(&format!("shop/{FILE}"))).unwrap()
}

/// What a command says on both streams.
fn told(folder: &Folder, code: i32, arguments: &[&str]) -> String {
    let ended = folder.run(arguments).exits(code);
    let both = format!("{}{}", ended.stdout, ended.stderr);
    let both = both.replace(folder.dir.path().to_str().unwrap(), "DIR");
    let version = both
        .split("(version ")
        .nth(1)
        .and_then(|rest| rest.get(..16));
    version.map_or(both.clone(), |version| both.replace(version, "VERSION"))
}

#[test]
fn what_cannot_be_read_is_listed_as_it_is_in_force() {
    let folder = with_rules();
    let good = text(&folder);
    write(&folder, &good.replace("pin =", "pinn ="));
    let mut all = told(&folder, 1, &["rules", "list"]);
    all += &told(&folder, 0, &["rules", "why", "red"]);
    write(&folder, &good.replace("\"red\"", "\"red"));
    all += &told(&folder, 1, &["rules", "list"]);
    let exported = told(&folder, 1, &["rules", "export"]);
    assert!(exported.contains("Hats") && exported.contains("Red"));
    expect![[r#"
        merchandising/rules/mine.toml (version VERSION)
             1  Hats
             5  Red (its last good version: what is written now cannot be read)
        merchandising/rules/mine.toml:8: rule `Red`: unknown key `pinn` (did you mean `pin`?; its last good version stays in force until it is mended)
        3 hits
        merchandising/rules/mine.toml:5: rule `Red` held
            this is its last good version: what is written now cannot be read: rule `Red`: unknown key `pinn` (did you mean `pin`?)
            wants: pins 3 at 2
            3 Blue hat: not on the page → 2
            2 Red socks: 2 → 3
        merchandising/rules/mine.toml:1: rule `Hats` held
            wants: boosts brand:Birch by 2
            changes no place on this page
        merchandising/rules/mine.toml (version VERSION)
             1  Hats (its last good version: what is written now cannot be read)
             5  Red (its last good version: what is written now cannot be read)
        merchandising/rules/mine.toml:7: invalid basic string, expected `"` (a quote " is missing on this line; the last good version stays in force until it is mended)
    "#]].assert_eq(&all);
}

#[test]
fn nothing_is_imported_while_something_cannot_be_read() {
    let folder = with_rules();
    let sheet = folder.run(&["rules", "export"]).succeeds().stdout;
    let sheet = folder.write("rules.csv", sheet);
    write(&folder, &text(&folder).replace("\"red\"", "\"red"));
    let refused = told(&folder, 1, &["rules", "import", sheet.to_str().unwrap()]);
    expect![[r#"
        error: merchandising/rules/mine.toml:7: invalid basic string, expected `"` (a quote " is missing on this line; nothing was written: mend this first)
    "#]].assert_eq(&refused);
    assert!(!folder.path("shop/merchandising/rules/rules.toml").exists());
}

#[test]
fn a_sheet_changes_what_it_says_otherwise_and_nothing_else() {
    let folder = with_rules();
    let before = text(&folder);
    let exported = folder.run(&["rules", "export"]).succeeds().stdout;
    let import = |sheet: &str, code: i32| {
        let sheet = folder.write("rules.csv", sheet);
        told(&folder, code, &["rules", "import", sheet.to_str().unwrap()])
    };
    let mut all = import(&exported, 0);
    assert_eq!(text(&folder), before);
    all += &import(
        "name;query_contains;pin\r\nRed;red;3 @ 1\r\nNew;blue;3 @ 1\r\n",
        0,
    );
    all += &import("name,timezone,suppress\nRed,,1\nRome,Rom,1\n", 1);
    all += &import("name,suppress\nGone,99\n", 1);
    expect![[r#"
        nothing was written: the files say the same already
        merchandising/rules/mine.toml: 1 rule changed (`Red`) (version VERSION)
        merchandising/rules/rules.toml: 1 new rule (`New`) (version 6d30f4ba8540c9dd)
        error: DIR/rules.csv:3: rule `Rome`: unknown time zone `Rom` (write one such as Europe/Berlin or America/New_York)
        error: DIR/rules.csv:2: rule `Gone`, suppress: no product `99` in the catalog (check the id; it holds again when the product is indexed; nothing was written; --anyway publishes it all the same)
    "#]].assert_eq(&all);
    assert!(text(&folder).starts_with(before.split("when").next().unwrap()));
    assert!(!text(&folder).contains("Rome"));
}

#[test]
fn a_draft_is_refused_that_doubles_removes_or_harms() {
    let folder = with_rules();
    let before = text(&folder);
    let draft = |rule: &str| folder.write("draft.toml", rule);
    let red = "[[rule]]\nname = \"Red\"\nwhen = { query = { contains = \"red\" } }\npin = [{ product = \"3\", position = 1 }]\n";
    let path = draft(red);
    let path = path.to_str().unwrap();
    let mut all = told(&folder, 1, &["rules", "publish", path]);
    all += &told(&folder, 1, &["rules", "publish", path, "--file", "mine"]);
    draft("[[rule]]\nname = \"New\"\nsuppress = [\"99\"]\n");
    all += &told(&folder, 1, &["rules", "publish", path]);
    assert_eq!(text(&folder), before);
    draft(red);
    all += &told(&folder, 0, &["rules", "test", path]);
    all += &told(&folder, 0, &["rules", "publish", path, "--replace"]);
    assert!(text(&folder).contains("Hats") && text(&folder).contains("position = 1"));
    all += &told(
        &folder,
        0,
        &["rules", "publish", path, "--file", "mine", "--anyway"],
    );
    expect![[r#"
        error: merchandising/rules/draft.toml:1: rule `Red` stands in merchandising/rules/mine.toml:5, and both would act (write it there, with `endcap rules publish --replace` or `PUT /v1/rules/NAME`, or give it another name)
        error: nothing was written: the draft would become merchandising/rules/mine.toml whole and remove 1 rule (`Hats`); --replace keeps them and puts the draft's rules beside them, --anyway removes them
        error: DIR/draft.toml:3: rule `New`, suppress: no product `99` in the catalog (check the id; it holds again when the product is indexed; nothing was written; --anyway publishes it all the same)
        no searches of 14 days are logged: storefronts send them as `search` events
        merchandising/rules/mine.toml: 1 rule changed (`Red`) (version VERSION)
        merchandising/rules/mine.toml: 1 rule removed (`Hats`) (version VERSION)
    "#]].assert_eq(&all);
}

#[test]
fn what_is_saved_in_an_editor_is_a_version() {
    let folder = with_rules();
    let first = text(&folder);
    let lone = told(&folder, 1, &["rules", "undo", "mine"]);
    assert!(lone.contains("no version before this one"), "{lone}");
    write(&folder, &first.replace("position = 2", "position = 1"));
    folder.run(&["check"]).succeeds();
    let history = told(&folder, 0, &["rules", "history", "mine"]);
    assert_eq!(
        history.matches("somebody: edited in the file").count(),
        2,
        "{history}"
    );
    let told_of = told(&folder, 0, &["rules", "undo", "mine", "--who", "ann"]);
    assert!(told_of.contains("1 rule changed (`Red`)"), "{told_of}");
    assert_eq!(text(&folder), first);
    let history = told(&folder, 0, &["rules", "history", "mine"]);
    assert!(history.contains("ann: takes back version"), "{history}");
    let unknown = told(&folder, 1, &["rules", "history", "mien"]);
    assert_eq!(
        unknown,
        "error: there is no merchandising/rules/mien.toml, and there never was\n"
    );
}

#[test]
fn the_page_of_another_time_has_its_banners() {
    let folder = indexed();
    write(
        &folder,
        "[[rule]]\nname = \"Friday\"\nwhen = { query = { is = \"red\" }, from = \"2030-11-29\", timezone = \"Europe/Berlin\" }
banner = [{ place = \"top\", title = \"Black Friday\", url = \"/sale\" }]\npin = [{ product = \"3\", position = 1 }]
[[rule]]\nname = \"Returns\"\nwhen = { query = { is = \"returns\" } }\nredirect = \"/help/returns\"\n",
    );
    let search = |at: &str| {
        let page = told(&folder, 0, &["search", "red", "--at", at]);
        page.contains("banner, top: Black Friday, /sale (rule `Friday`)")
    };
    assert!(search("2030-11-29") && search("2030-11-28T23:30"));
    assert!(search("2030-11-29T00:30+01:00") && search("2030-11-29T00:30[Europe/Berlin]"));
    assert!(!search("2030-11-28") && !search("2030-11-29T00:30+02:00"));
    let wrong = told(&folder, 2, &["search", "red", "--at", "29.11.2030"]);
    assert!(wrong.contains("write 2026-12-01"), "{wrong}");
    let page = told(&folder, 0, &["search", "returns"]);
    assert!(
        page.contains("sends shoppers to /help/returns (rule `Returns`)"),
        "{page}"
    );
    let why = told(&folder, 0, &["rules", "why", "red", "--at", "2030-11-29"]);
    expect![[r#"
        3 hits
        merchandising/rules/mine.toml:1: rule `Friday` held
            wants: pins 3 at 1; shows a banner
            3 Blue hat: not on the page → 1
            1 Red shoes: 1 → 2
            2 Red socks: 2 → 3
        merchandising/rules/mine.toml:6: rule `Returns` did not hold: the query is not `returns`
            would hold without `query is = returns`
    "#]]
    .assert_eq(&why);
    let draft = folder.path("shop/merchandising/rules/mine.toml");
    let test = folder
        .run(&["rules", "test", draft.to_str().unwrap()])
        .succeeds();
    let late = "rule `Friday` does not hold at this time (`from = 2030-11-29`)";
    assert!(test.stdout.contains(late), "{}", test.stdout);
}

#[test]
fn a_file_that_nobody_reads_is_named() {
    let folder = with_rules();
    folder.write("shop/merchandising/rules/more.toml.txt", "");
    folder.write("shop/merchandising/rules/readme.txt", "");
    let told = told(&folder, 1, &["check"]);
    expect![[r#"
        merchandising/rules/more.toml.txt: is not read: the name of a rule file ends in .toml (rename it to merchandising/rules/more.toml)
        1 problem
    "#]].assert_eq(&told);
}
