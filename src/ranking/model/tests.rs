//! Promises: a file of LightGBM gives LightGBM's scores; what is written is read back the same; a file that cannot be
//! used is a problem with its line, and no panic.

use proptest::prelude::*;

use super::*;

/// Written by LightGBM 4.7.0: lambdarank, three trees of five leaves, some of whose questions are about what is not known.
const FROM_LIGHTGBM: &str = include_str!("tests/lightgbm.txt");

/// The row of a candidate with these of the model's four features.
fn row(relevance: f64, coverage: f64, adjacent: f64, product_type: f64) -> Row {
    let mut row = Row::default();
    row[..6].copy_from_slice(&[relevance, 0.0, 0.0, coverage, adjacent, product_type]);
    row
}

#[test]
fn scores_are_those_of_lightgbm() {
    let model = Model::parse("model.txt", FROM_LIGHTGBM).unwrap();
    let (rows, expected): (Vec<Row>, Vec<f64>) = lightgbm_said().into_iter().unzip();
    for (own, expected) in model.predict(&rows).into_iter().zip(expected) {
        assert!((own - expected).abs() < 1e-12, "{own} is not {expected}");
    }
}

#[test]
fn what_is_written_is_read_back() {
    let model = Model::parse("model.txt", FROM_LIGHTGBM).unwrap();
    assert_eq!(Model::parse("model.txt", &model.written()).unwrap(), model);
}

#[test]
fn what_cannot_be_used_is_said_with_its_line() {
    let said = |from: &str, to: &str| {
        let text = FROM_LIGHTGBM.replacen(from, to, 1);
        Model::parse("model.txt", &text).unwrap_err()[0].to_string()
    };
    let told = [
        said("tree\n", "wood\n"),
        said("end of trees", ""),
        said("coverage", "coverge"),
        said("num_class=1", "num_class=3"),
        said("left_child=1", "left_child=0"),
        said("left_child=1", "left_child=x"),
        said("num_cat=0", "num_cat=1"),
        said("threshold=", "treshold="),
    ];
    let told: Vec<&str> = told
        .iter()
        .map(|told| told.split(" (write it").next().unwrap())
        .collect();
    expect_test::expect![[r#"
        model.txt:1: is no model of LightGBM: it does not begin with `tree`
        model.txt:80: is cut short: `end of trees` is missing
        model.txt:8: the feature `coverge` is not known (known: coverage)
        model.txt:3: `num_class` is 3: only models of one score are read
        model.txt:12: question 0 leads to 0, which is none after it
        model.txt:19: `x` in `left_child` cannot be read
        model.txt:14: `num_cat` is not 0: only plain trees over numbers are read
        model.txt:12: a tree lacks `threshold`"#]]
    .assert_eq(&told.join("\n"));
}

proptest! {
    #[test]
    fn a_damaged_file_is_a_problem_and_no_panic(at in 0usize..2_000, with in "[-0-9=. \n]{0,3}") {
        let mut text = FROM_LIGHTGBM.to_owned();
        let at = at % text.len();
        text.replace_range(at..(at + 1), &with);
        if let Ok(model) = Model::parse("model.txt", &text) {
            model.predict(&[row(0.5, 0.5, f64::NAN, 0.5), Row::default()]);
        }
    }
}

/// What LightGBM says of these rows with the file above.
fn lightgbm_said() -> Vec<(Row, f64)> {
    vec![
        (
            row(0.417022004702574, 0.75, f64::NAN, 0.30233257263183977),
            0.271520137195452,
        ),
        (
            row(
                0.14675589081711304,
                0.0,
                0.1862602113776709,
                0.34556072704304774,
            ),
            -0.45322995991395687,
        ),
        (
            row(
                0.39676747423066994,
                0.5,
                0.4191945144032948,
                0.6852195003967595,
            ),
            -0.4444783915475738,
        ),
        (
            row(
                0.20445224973151743,
                1.0,
                0.027387593197926163,
                0.6704675101784022,
            ),
            -0.08447696568521387,
        ),
        (
            row(
                0.41730480236712697,
                0.5,
                0.14038693859523377,
                0.1981014890848788,
            ),
            -0.4444783915475738,
        ),
        (
            row(
                0.8007445686755367,
                1.0,
                0.31342417815924284,
                0.6923226156693141,
            ),
            0.3299040489704985,
        ),
        (
            row(
                0.8763891522960383,
                1.0,
                0.08504421136977791,
                0.03905478323288236,
            ),
            0.3299040489704985,
        ),
        (
            row(0.1698304195645689, 1.0, f64::NAN, 0.42110762500505217),
            0.1587866563402508,
        ),
        (row(0.4, 0.375, 0.1, 0.2), -0.4444783915475738),
        (
            row(f64::NAN, f64::NAN, f64::NAN, f64::NAN),
            0.004709528856899611,
        ),
    ]
}
