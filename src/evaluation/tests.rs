//! Promises: figures are those computed by hand; bad lines are reported with their number.

use std::io::Write;

use super::*;
use crate::shoppers::NeighbourSettings;

fn grades(pairs: &[(&str, u32)]) -> rustc_hash::FxHashMap<String, u32> {
    pairs
        .iter()
        .map(|(id, grade)| (id.to_string(), *grade))
        .collect()
}

#[test]
fn ndcg_is_what_one_computes_by_hand() {
    let grades = grades(&[("a", 3), ("b", 1), ("c", 0)]);
    // Found: 0 + 7/log2(3) + 1/log2(5); ideal: 7 + 1/log2(3).
    let found = 7.0 / 3f64.log2() + 1.0 / 5f64.log2();
    let ideal = 7.0 + 1.0 / 3f64.log2();
    assert!((ndcg_at(10, &["x", "a", "c", "b"], &grades) - found / ideal).abs() < 1e-12);
    assert_eq!(ndcg_at(10, &["a", "b"], &grades), 1.0);
    assert_eq!(ndcg_at(1, &["x", "a"], &grades), 0.0);
    assert_eq!(
        ndcg_at(10, &condensed(&["x", "a", "y", "b"], &grades), &grades),
        1.0
    );
}

#[test]
fn recall_and_judged_count_what_is_there() {
    let grades = grades(&[("a", 3), ("b", 1), ("c", 0)]);
    assert_eq!(recall_at(100, &["x", "a"], &grades), 0.5);
    assert_eq!(judged_at(10, &["x", "a", "c"], &grades), 0.2);
}

#[test]
fn bad_lines_are_reported_with_their_number() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("qrels.txt");
    std::fs::File::create(&path)
        .unwrap()
        .write_all(b"1 0 a 3\n1 a 2\n2 0 b x\n")
        .unwrap();
    let (judgements, problems) = read_qrels(&path).unwrap();
    assert_eq!(judgements["1"]["a"], 3);
    assert_eq!(
        problems
            .iter()
            .map(|problem| problem.line)
            .collect::<Vec<_>>(),
        [Some(2), Some(3)]
    );
}

fn file_of(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn sessions_are_read_from_tables_and_lines() {
    let clicks = "SessionId\tItemId\tTime\n2\tb\t20.0\n1\ta\t2.0\n1\tb\t1.0\n2\tc\t21.0\n";
    let lines = "b a\nb,c\n";
    for text in [clicks, lines] {
        let mut items = Items::default();
        let sessions = read_session_lists(file_of(text).path(), &mut items).unwrap();
        assert_eq!(
            sessions[0][0], sessions[1][0],
            "both begin with b in {text}"
        );
        assert_eq!((sessions.len(), items.len()), (2, 3));
    }
}

#[test]
fn what_comes_next_is_read_from_prefixes_and_sessions() {
    for text in ["a\tb\na b\tc\n", "a b c\n"] {
        let mut items = Items::default();
        let guesses = read_next_items(file_of(text).path(), &mut items).unwrap();
        let lengths: Vec<usize> = guesses.iter().map(|guess| guess.met.len()).collect();
        assert_eq!(lengths, [1, 2], "{text}");
    }
    let refused = read_next_items(file_of("a\t\n").path(), &mut Items::default());
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("line 1"), "{refused}");
}

#[test]
fn sessions_foretell_what_comes_next() {
    let sessions: SessionLists = vec![vec![1, 2, 3]; 5];
    let guesses = [NextItem {
        met: vec![1, 2],
        next: 3,
    }];
    let settings = NeighbourSettings::THOROUGH;
    let foretold = foretell(&learned(&sessions), &guesses, &settings, 2, |_| {});
    assert_eq!((foretold.hit_rate, foretold.mrr), (1.0, 1.0));
    assert_eq!(foretold.popular_hit_rate, 0.0, "1 and 2 are as often met");
    assert!((foretold.coverage - 2.0 / 3.0).abs() < 1e-9);
}

#[test]
fn baskets_foretell_what_completes_another() {
    let demand = bought_together(&[vec![1, 2], vec![1, 2], vec![3, 4], vec![3]]);
    let completed = complete(&demand, &vec![vec![1, 2], vec![9]], 1, |_| {});
    assert_eq!((completed.baskets, completed.hit_rate), (1, 1.0));
}
