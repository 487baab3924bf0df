//! Promises:
//! 1. Every figure that gbstats computed is reproduced to 1e-6 (when its file is there, else this says that it skipped).
//! 2. A trial's table gives what statsmodels and scipy give for it, and a wrong split is said loudly.
//! 3. Of 1,000 A/A tests about one in twenty is a false alarm at the planned end, and no more than that by looking a
//!    hundred times at the sequential bound; the interval holds the truth as often as it says.
//! 4. What cannot be read is said with what to write instead.

use std::fmt::Write as _;
use std::path::Path;

use endcap::experiments::assignment::bucket;
use endcap::experiments::simulation::{Game, play};
use endcap::experiments::statistics::{
    Difference, Pairs, Sample, Scale, balance, sequential, theta, welch,
};
use expect_test::expect;
use serde_json::Value;

use crate::process::endcap;

/// Where the figures are when they are there, beside the repository.
const GOLDEN: &str = "../shared/data/statistics/golden.json";
const ALPHA: f64 = 0.05;

#[test]
fn figures_of_gbstats_are_reproduced() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN);
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: there is no {GOLDEN}");
        return;
    };
    let golden: Value = serde_json::from_str(&text).unwrap();
    let inputs = &golden["inputs"];
    let sample = |name: &str| {
        let sums = &inputs[name];
        let n = sums["n"].as_u64().unwrap();
        Sample::from_sums(n, number(&sums["sum"]), number(&sums["sum_squares"]))
    };
    let (a, b) = (sample("a").estimate(), sample("b").estimate());
    let before = |own: &str, pre: &str, cross: &str| {
        Pairs::from_sums(sample(own), sample(pre), number(&inputs[cross]))
    };
    let (pairs_a, pairs_b) = (
        before("a", "pre_a", "cross_a"),
        before("b", "pre_b", "cross_b"),
    );
    let theta = theta(&pairs_a, &pairs_b);
    let (adjusted_a, adjusted_b) = (pairs_a.adjusted(theta), pairs_b.adjusted(theta));

    same(
        &golden["welch_absolute"],
        welch(&a, &b, Scale::Absolute, ALPHA),
    );
    same(
        &golden["welch_relative"],
        welch(&a, &b, Scale::Relative, ALPHA),
    );
    same(
        &golden["seq_absolute"],
        sequential(&a, &b, Scale::Absolute, ALPHA),
    );
    close(theta, &golden["cuped_theta"]);
    same(
        &golden["cuped_absolute"],
        welch(&adjusted_a, &adjusted_b, Scale::Absolute, ALPHA),
    );
    close(pairs_a.ratio().mean, &golden["ratio_a"]["mean"]);
    close(pairs_a.ratio().variance, &golden["ratio_a"]["variance"]);
    for split in [&golden["srm"], &golden["srm2"]] {
        let list = |name: &str| {
            split[name]
                .as_array()
                .unwrap()
                .iter()
                .map(number)
                .collect::<Vec<f64>>()
        };
        let users: Vec<u64> = list("users").iter().map(|users| *users as u64).collect();
        close(balance(&users, &list("weights")).0, &split["p"]);
    }
    for (key, expected) in golden["hash_v2"].as_object().unwrap() {
        let (seed, unit) = key.split_once('|').unwrap();
        close(bucket(seed, unit), expected);
    }
}

#[test]
fn a_unit_falls_where_growthbook_says() {
    let fallen = [("my-exp", "u1"), ("my-exp", "u2"), ("exp-b", "shopper-42")];
    let fallen = fallen.map(|(seed, unit)| bucket(seed, unit));
    expect!["[0.4435, 0.7012, 0.8224]"].assert_eq(&format!("{fallen:?}"));
}

#[test]
fn false_alarms_and_covered_truths_are_as_many_as_promised() {
    let game = Game {
        experiments: 1_000,
        units: 2_000,
        looks: 100,
        effect: 0.0,
        alpha: ALPHA,
        seed: 1,
    };
    let alike = play(&game);
    assert!(
        (0.035..=0.065).contains(&alike.found_at_the_end),
        "{alike:?}"
    );
    assert!(alike.found_by_the_sequential_bound <= 0.05, "{alike:?}");
    assert!(
        alike.found_by_looking > 0.15,
        "looking must show why nobody should: {alike:?}"
    );
    let apart = play(&Game {
        effect: 0.2,
        seed: 2,
        ..game
    });
    assert!((0.93..=0.97).contains(&apart.covered), "{apart:?}");
    assert!(apart.found_at_the_end > alike.found_at_the_end, "{apart:?}");
}

/// 150 shoppers in the control and 250 in the treatment, two rows each: a split nobody planned.
fn table() -> String {
    let mut table = String::from("user_id,variant,spend,bought,pre\n");
    for unit in 0..400_u32 {
        let treated = unit >= 150;
        let arm = if treated { "new" } else { "control" };
        let pre = unit * 7 % 50;
        let spend = pre + unit * 13 % 31 + if treated { 4 } else { 0 };
        let bought = if unit % 3 == 0 { "True" } else { "False" };
        writeln!(table, "{unit},{arm},{spend},{bought},{pre}").unwrap();
        writeln!(table, "{unit},{arm},1.5,False,{pre}").unwrap();
    }
    table
}

#[test]
fn a_table_gives_what_reference_programs_give() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("trial.csv");
    std::fs::write(&file, table()).unwrap();
    let file = file.to_str().unwrap();
    let ran = endcap(&["experiment", "analyze", file, "--json"]);
    assert_eq!(
        ran.code,
        Some(1),
        "a wrong split is a problem: {}",
        ran.stderr
    );
    let analysis: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(analysis["units"], 400);
    // scipy.stats.chisquare([150, 250])
    close(
        number(&analysis["split"]["p_value"]),
        &5.733_031_437_583_875e-7.into(),
    );
    assert_eq!(analysis["split"]["mismatch"], true);
    let spend = &analysis["metrics"][0];
    let found = &spend["arms"][0];
    SPEND.iter().for_each(|(name, expected)| {
        close(number(found.pointer(name).unwrap()), &(*expected).into());
    });
    assert_eq!(
        found["certain"], false,
        "nothing is certain with a wrong split"
    );

    let weighted = endcap(&[
        "experiment",
        "analyze",
        file,
        "--weights",
        "control=3,new=5",
    ]);
    assert_eq!(weighted.code, Some(0), "{}", weighted.stderr);
    expect![[r#"
        400 units (one for each `user_id`)
          control: 150 units, 37.50 % (planned 37.50 %), the control
          new: 250 units, 62.50 % (planned 62.50 %)
          such a split by chance: p = 1.0000
        ! `control` is taken for the control: --control says another

        spend per unit
         arm      mean      difference  interval              relative  p       p, all  at any time
         control  40.94000
         new      45.03200  +4.09200    +0.40621 to +7.77779  +10.00 %  0.0297  0.0594  -3.56008 to +11.74408  not certain
          new with the covariate taken out: +4.09200 (+2.28557 to +5.89843), p = 1.2e-5; 76.0 % of the variance is gone

        bought per unit
         arm      mean     difference  interval              relative  p       p, all  at any time
         control  0.33333
         new      0.33600  +0.00267    -0.09347 to +0.09880  +0.80 %   0.9565  0.9565  -0.19697 to +0.20231  not certain
          new with the covariate taken out: +0.00267 (-0.09347 to +0.09880), p = 0.9565; 0.0 % of the variance is gone
    "#]].assert_eq(&weighted.stdout);
}

/// What statsmodels' `CompareMeans(…).ttest_ind(usevar="unequal")` and `tconfint_diff` give.
const SPEND: [(&str, f64); 9] = [
    ("/difference/estimate", 4.091_999_999_999_999),
    ("/difference/p_value", 0.029_680_302_026_537_316),
    ("/difference/interval/0", 0.406_211_519_660_981_7),
    ("/difference/interval/1", 7.777_788_480_339_016),
    ("/adjusted/theta", 1.063_019_207_683_073_1),
    ("/adjusted/difference/estimate", 4.091_999_999_999_999),
    ("/adjusted/difference/p_value", 1.154_457_748_543_263_9e-5),
    ("/adjusted/difference/interval/0", 2.285_565_581_032_962_3),
    ("/adjusted/difference/interval/1", 5.898_434_418_967_028),
];

#[test]
fn what_cannot_be_read_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let said = |text: &str, more: &[&str]| {
        let file = dir.path().join("trial.csv");
        std::fs::write(&file, text).unwrap();
        let ran = endcap(&[&["experiment", "analyze", file.to_str().unwrap()], more].concat());
        assert_ne!(ran.code, Some(0), "{}", ran.stdout);
        ran.stderr.replace(&*dir.path().to_string_lossy(), "…")
    };
    let good = "unit,arm,spend\na,x,1\nb,y,2\nc,x,3\n";
    let told = [
        said("who,where,spend\na,x,1\nb,y,2\n", &[]),
        said(good, &["--arm", "amr"]),
        said(good, &["--control", "z"]),
        said(good, &["--weights", "z=1"]),
        said("unit,arm,spend\na,x,1\n", &[]),
        said(
            "unit,arm,spend\na,x,1\nb,,2\nc,y,3\nd,y,much\n",
            &["--metric", "spend"],
        ),
    ];
    expect![[r#"
        error: …/trial.csv:2: no column is named like an arm: write --arm with one of `who`, `where`, `spend`
        error: …/trial.csv:2: no column is named `amr`: did you mean `arm`?
        error: no arm is named `z`: there are `x`, `y`
        error: no arm is named `z`: there are `x`, `y`
        error: `arm` names 1 arm: at least two are needed
        …/trial.csv:3: `arm` names no arm
        …/trial.csv:5: `spend` is neither a number nor yes or no
    "#]].assert_eq(&told.concat());
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[track_caller]
fn close(found: f64, expected: &Value) {
    let expected = number(expected);
    let apart = (found - expected).abs();
    assert!(
        apart <= 1e-6 * expected.abs().min(1.0),
        "{found} is not {expected}"
    );
}

#[track_caller]
fn same(expected: &Value, found: Option<Difference>) {
    let found = found.unwrap();
    close(found.estimate, &expected["expected"]);
    close(found.standard_error, &expected["uplift"]["stddev"]);
    close(found.p_value, &expected["p_value"]);
    for (side, expected) in found
        .interval
        .iter()
        .zip(expected["ci"].as_array().unwrap())
    {
        close(*side, expected);
    }
}
