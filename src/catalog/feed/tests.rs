//! What a feed promises:
//! 1. the same rows come out of every format and compression;
//! 2. a line that cannot be read is a problem with its true line number, and the rest is delivered;
//! 3. of a feed that was cut short everything before the cut is delivered, and it says so once;
//! 4. no bytes make it panic.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// What comes out of a feed: `line: cells` for rows, `! problem` for problems.
fn read(bytes: impl Into<Vec<u8>>) -> Vec<String> {
    let mut feed = Feed::from_bytes("feed", bytes.into()).expect("the feed opens");
    feed.by_ref()
        .map(|raw| {
            let raw = raw.map_err(|problem| format!("! {problem}"))?;
            let row = raw.read().map_err(|problem| format!("! {problem}"))?;
            Ok(format!("{}: {}", row.line, Cell::Object(row.cells)))
        })
        .map(|row: Result<String, String>| row.unwrap_or_else(|problem| problem))
        .collect()
}

fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    match Feed::from_bytes("feed", bytes.into()) {
        Err(error) => error.to_string(),
        Ok(feed) => panic!("the feed opens as {}", feed.format),
    }
}

fn format_of(bytes: impl Into<Vec<u8>>) -> Format {
    Feed::from_bytes("feed", bytes.into())
        .expect("the feed opens")
        .format
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory does not fail");
    encoder.finish().expect("memory does not fail")
}

const TWO_ROWS: [&str; 2] = [r#"{"id":"1","title":"Mug"}"#, r#"{"id":"2","title":"Pan"}"#];

fn two_rows(first: u64, second: u64) -> Vec<String> {
    vec![
        format!("{first}: {}", TWO_ROWS[0]),
        format!("{second}: {}", TWO_ROWS[1]),
    ]
}

#[test]
fn every_format_gives_the_same_rows() {
    let [mug, pan] = TWO_ROWS;
    let cases = [
        (Format::JsonLines, format!("{mug}\n{pan}\n"), [1, 2]),
        (
            Format::JsonLines,
            format!("\u{feff}\n{mug}\r\n\n{pan}"),
            [2, 4],
        ),
        (Format::Json, format!("[{mug},\n{pan}]"), [1, 2]),
        (
            Format::Json,
            format!("\u{feff} [\n {mug} , {pan} ]\n"),
            [2, 2],
        ),
        (
            Format::Json,
            format!("{{\"products\": [\n{mug},{pan}], \"total\": 2}}"),
            [2, 2],
        ),
        (
            Format::Json,
            "{\n\"id\":\"1\",\n\"title\":\"Mug\"\n}\n{\"id\":\"2\",\"title\":\"Pan\"}".into(),
            [1, 5],
        ),
        (Format::Csv, "id,title\n1,Mug\n2,Pan\n".into(), [2, 3]),
        (
            Format::Csv,
            "id;title\r\n1;\"Mug\"\r\n\r\n2;Pan".into(),
            [2, 4],
        ),
        (
            Format::Csv,
            "\u{feff}\"id\"|title\n1|Mug\n2|Pan".into(),
            [2, 3],
        ),
        (Format::Tsv, "id\ttitle\n1\tMug\n2\tPan\n".into(), [2, 3]),
    ];
    for (format, text, [first, second]) in cases {
        assert_eq!(format_of(text.as_bytes()), format, "{text}");
        assert_eq!(read(text.as_bytes()), two_rows(first, second), "{text}");
    }
}

#[test]
fn compression_is_found_by_content() {
    let [mug, pan] = TWO_ROWS.map(|row| format!("{row}\n"));
    let members = [gzip(mug.as_bytes()), gzip(pan.as_bytes())].concat();
    assert_eq!(read(members), two_rows(1, 2));
    let both = format!("{mug}{pan}");
    let zst = zstd::encode_all(both.as_bytes(), 0).expect("memory does not fail");
    assert_eq!(read(zst), two_rows(1, 2));
}

#[test]
fn quoted_cells_hold_anything_and_lines_are_counted_truly() {
    let text = "id,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,17\" monitor\r\n3,x\r\n";
    assert_eq!(
        read(text),
        [
            r#"2: {"id":"1","text":"a, \"b\"\r\nc"}"#,
            r#"4: {"id":"2","text":"17\" monitor"}"#,
            r#"5: {"id":"3","text":"x"}"#
        ]
    );
}

#[test]
fn a_bad_line_costs_only_itself() {
    let text = "{\"id\":\"1\"}\n{\"id\":}\n[1]\n{\"id\":\"2\"\n{\"id\":\"3\"}\n";
    assert_eq!(
        read(text),
        [
            r#"1: {"id":"1"}"#,
            "! feed:2: is not valid JSON: expected value at column 7",
            "! feed:3: is not a JSON object: `[1]`",
            "! feed:4: is not valid JSON: EOF while parsing an object at column 0",
            r#"5: {"id":"3"}"#
        ]
    );
    assert_eq!(
        read("[{\"a\":1},\n{\"a\":},\n7, {\"a\":2}]"),
        [
            r#"1: {"a":1}"#,
            "! feed:2: is not valid JSON: expected value at column 6",
            "! feed:3: is not a JSON object: `7`",
            r#"3: {"a":2}"#
        ]
    );
    assert_eq!(
        read("a,b\n1,2,3\n1\n1,2,,\n\"1,2\n3,4\n"),
        [
            "! feed:2: has 3 cells, the header has 2 (quote cells that hold the delimiter or a line break)",
            "! feed:3: has 1 cell, the header has 2 (quote cells that hold the delimiter or a line break)",
            r#"4: {"a":"1","b":"2"}"#,
            "! feed:5: opens a quoted cell that is never closed (double the quotes inside cells: `17\"\" monitor`)",
            r#"6: {"a":"3","b":"4"}"#
        ]
    );
}

#[test]
fn headers_without_a_name_of_their_own_get_one() {
    assert_eq!(
        read("a,,a\n1,2,3\n"),
        [
            "! feed:1: column 2 has no name, it is read as `column_2`",
            "! feed:1: column 3 is a second `a`, it is read as `a_3`",
            r#"2: {"a":"1","column_2":"2","a_3":"3"}"#
        ]
    );
}

#[test]
fn a_feed_cut_short_gives_what_it_has_and_says_so() {
    let rows: String = (0..20_000)
        .map(|id| format!("{{\"id\":\"{id}\"}}\n"))
        .collect();
    let packed = gzip(rows.as_bytes());
    let zst = zstd::encode_all(rows.as_bytes(), 0).expect("memory does not fail");
    let array = format!("[{}]", rows.trim_end().replace('\n', ",\n"));
    let csv: String = "id,title\n".to_string() + &"1,\"a cup\"\n".repeat(20_000);
    let mut broken = packed.clone();
    let checksum = broken.len() - 8;
    broken[checksum] ^= 0x55;
    for cut in [
        packed[..packed.len() / 2].to_vec(),
        packed[..packed.len() - 4].to_vec(),
        zst[..zst.len() - 10].to_vec(),
        rows.as_bytes()[..rows.len() - 5].to_vec(),
        array.as_bytes()[..array.len() - 5].to_vec(),
        array.as_bytes()[..array.len() - 1].to_vec(),
        csv.as_bytes()[..csv.len() - 3].to_vec(),
        csv.as_bytes()[..csv.len() - 9].to_vec(),
        gzip(csv.as_bytes())[..400].to_vec(),
        broken,
    ] {
        let mut feed = Feed::from_bytes("feed", cut).expect("the feed opens");
        let (rows, problems): (Vec<_>, Vec<_>) = feed.by_ref().partition(Result::is_ok);
        let problems: Vec<String> = problems
            .into_iter()
            .filter_map(Result::err)
            .map(|p| p.to_string())
            .collect();
        assert!(feed.truncated());
        let problem = problems.last().expect("it says so");
        assert!(problem.contains("truncated at line"), "{problem}");
        assert!(problems.len() <= 2, "{problem}");
        assert!(rows.len() > 10, "{} rows", rows.len());
    }
    let whole = Feed::from_bytes("feed", rows.trim_end().into()).expect("the feed opens");
    let mut whole = whole;
    assert_eq!(whole.by_ref().filter(Result::is_ok).count(), 20_000);
    assert!(!whole.truncated());
}

#[test]
fn lines_in_windows_1252_are_read_and_reported_once() {
    let text = b"id,title\n1,M\xfcsli\n2,\x80 5\n3,Caf\xc3\xa9\n4,\xff\x01\n";
    assert_eq!(
        read(text.to_vec()),
        [
            "2: {\"id\":\"1\",\"title\":\"Müsli\"}",
            "3: {\"id\":\"2\",\"title\":\"€ 5\"}",
            "4: {\"id\":\"3\",\"title\":\"Café\"}",
            "! feed:5: is neither UTF-8 nor Windows-1252 text, from byte 3 of the line on",
            "! feed: line 2 and 1 more are not UTF-8 and were read as Windows-1252 (export the feed as UTF-8)"
        ]
    );
}

#[test]
fn a_line_over_the_limit_is_skipped() {
    let long = "x".repeat(LINE_BYTES_MAX);
    let lines = format!("{}\n{{\"id\":\"{long}\"}}\n{}\n", TWO_ROWS[0], TWO_ROWS[1]);
    let read_lines = read(lines);
    assert_eq!(
        read_lines[1],
        "! feed:2: is longer than 16 MiB and was skipped"
    );
    assert_eq!(
        [&read_lines[0], &read_lines[2]],
        [&two_rows(1, 3)[0], &two_rows(1, 3)[1]]
    );
    let list = format!(
        "[{},\n{{\"id\":\"{long}\"}},\n{}]",
        TWO_ROWS[0], TWO_ROWS[1]
    );
    assert_eq!(
        read(list)[1..],
        [
            "! feed:2: is longer than 16 MiB and was skipped",
            two_rows(1, 3)[1].as_str()
        ]
    );
}

#[test]
fn what_is_no_feed_is_refused_with_what_was_seen() {
    assert_eq!(refusal(""), "feed feed is empty");
    assert_eq!(refusal(gzip(b"")), "feed feed is empty");
    assert!(refusal("\n \n").contains("holds only blanks"));
    assert!(refusal("<?xml version=\"1.0\"?><x>").contains("XML without products: `<?xml"));
    assert!(refusal("<html><body>").contains("is a web page"));
    assert!(refusal("PK\x03\x04rest").contains("nothing comes out of it"));
    assert!(refusal(b"\xff\xfei\0d\0".to_vec()).contains("UTF-16"));
    assert!(refusal("hello").contains("neither a JSON object nor a header"));
    assert!(refusal(b"\x00\x01\x02".to_vec()).contains("binary data: 00 01 02"));
    assert!(refusal(b"\x1f\x8b\x08".to_vec()).contains("nothing comes out of it"));
    let absent = Feed::open(&Source::from_argument("no/such/feed.csv"));
    assert!(absent.is_err_and(|error| {
        error
            .to_string()
            .starts_with("feed no/such/feed.csv cannot be opened")
    }));
}

#[test]
fn progress_is_counted_in_stored_bytes() {
    let packed = gzip(TWO_ROWS.join("\n").as_bytes());
    let length = packed.len() as u64;
    let mut feed = Feed::from_bytes("feed", packed).expect("the feed opens");
    let read = feed.bytes_read();
    assert_eq!(feed.by_ref().count(), 2);
    assert_eq!(feed.bytes_total(), Some(length));
    assert_eq!(read.load(std::sync::atomic::Ordering::Relaxed), length);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(start in "(\\[|\\{|id,b\n|a\tb\n|\\{\"a\": \\[\\{)?", bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let bytes = [start.as_bytes(), &bytes].concat();
        for stored in [bytes.clone(), gzip(&bytes)] {
            if let Ok(feed) = Feed::from_bytes("feed", stored) {
                prop_assert!(feed.count() <= bytes.len() + 3);
            }
        }
    }

    #[test]
    fn cells_come_back_as_they_were_quoted(cells in proptest::collection::vec("[a-c\",;\n \r]{0,8}", 2..5)) {
        let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        let header: Vec<String> = (0..cells.len()).map(|column| format!("c{column}")).collect();
        let text = format!("{}\n{}\n", header.join(","), quoted.join(","));
        let mut feed = Feed::from_bytes("feed", text.into()).expect("the feed opens");
        let raw = feed.next().expect("one row").expect("a good row");
        let row = raw.read().expect("a good row");
        let read: Vec<&str> = row.cells.values().filter_map(Cell::as_str).collect();
        prop_assert_eq!(read, cells);
    }
}
