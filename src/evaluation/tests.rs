//! Promises: figures are those computed by hand; bad lines are reported with their number.

use std::io::Write;

use super::*;

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
