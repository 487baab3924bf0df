//! `endcap experiment analyze`: what a finished trial's table says.

use comfy_table::{Table, presets};

use crate::catalog::feed::{Feed, RawRow, Source};
use crate::cli::output::{grouped, print_json, print_problems};
use crate::cli::{CliError, Outcome};
use crate::experiments::statistics::{Difference, Estimate};
use crate::experiments::trial::{
    Analysis, Asked, Columns, Compared, Metric, Units, Wanted, analyse,
};
use crate::problem::Problem;

#[derive(clap::Args)]
pub(super) struct Analyze {
    /// CSV, TSV, JSON Lines or Parquet, plain or compressed; `-` is standard input.
    file: String,
    /// The column that names the unit; rows of the same unit are added up [default: a column named like one, else every
    /// row is a unit].
    #[arg(long, value_name = "COLUMN")]
    unit: Option<String>,
    /// The column that names the arm [default: a column named like one].
    #[arg(long, value_name = "COLUMN")]
    arm: Option<String>,
    /// The arm that others are compared with [default: one named like a control, else the first by name].
    #[arg(long, value_name = "ARM")]
    control: Option<String>,
    /// Columns of numbers or of yes and no [default: all that are].
    #[arg(long = "metric", value_name = "COLUMN", value_delimiter = ',')]
    metrics: Vec<String>,
    /// A column of what was known before the start; what it foretells is taken out (CUPED).
    #[arg(long, value_name = "COLUMN")]
    covariate: Option<String>,
    /// Planned weights of arms where they differ, such as `control=1,treatment=3`.
    #[arg(long, value_name = "ARM=WEIGHT", value_delimiter = ',', value_parser = weight)]
    weights: Vec<(String, f64)>,
    /// How often chance alone may look like an effect.
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    alpha: f64,
    /// Cut values off at this quantile of all, such as 0.999.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    winsorize: Option<f64>,
    /// How many units were planned: before they are there, nothing is decided.
    #[arg(long, value_name = "UNITS")]
    planned: Option<u64>,
    /// Print all figures as JSON.
    #[arg(long)]
    json: bool,
}

impl Analyze {
    /// Ends with "found problems" when the split is not as planned or rows were refused.
    pub(super) fn run(self) -> Result<Outcome, CliError> {
        let asked = Asked {
            unit: self.unit,
            arm: self.arm,
            metrics: self.metrics,
            covariate: self.covariate,
        };
        let (units, problems) = read(&self.file, &asked)?;
        let wanted = Wanted {
            control: self.control,
            weights: self.weights,
            alpha: self.alpha,
            winsorize: self.winsorize,
            planned: self.planned,
        };
        let analysis = analyse(&units, &wanted).map_err(CliError::Usage)?;
        print_problems(&problems);
        if self.json {
            print_json(&analysis)?;
        } else {
            print_analysis(&analysis, &units);
        }
        let sound = problems.is_empty() && !analysis.split.mismatch;
        Ok(if sound {
            Outcome::Done
        } else {
            Outcome::FoundProblems
        })
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse()
        .ok()
        .filter(|share| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| format!("`{text}` is not between 0 and 1"))
}

fn weight(text: &str) -> Result<(String, f64), String> {
    let wrong = || format!("`{text}` is no weight: write for example control=1");
    let (arm, weight) = text.rsplit_once('=').ok_or_else(wrong)?;
    let weight = weight
        .trim()
        .parse()
        .ok()
        .filter(|weight| *weight >= 0.0 && f64::is_finite(*weight));
    Ok((arm.to_owned(), weight.ok_or_else(wrong)?))
}

fn read(file: &str, asked: &Asked) -> Result<(Units, Vec<Problem>), CliError> {
    let feed = Feed::open(&Source::from_argument(file));
    let feed = feed.map_err(|error| CliError::Failed(error.to_string()))?;
    let mut units: Option<Units> = None;
    let mut problems = Vec::new();
    for row in feed {
        if let Err(problem) = row.and_then(|row| take(&mut units, &row, asked)) {
            problems.push(problem);
        }
        // Without columns no row can be taken.
        if units.is_none() {
            break;
        }
    }
    let units = units.ok_or_else(|| match problems.first() {
        Some(problem) => CliError::Failed(problem.to_string()),
        None => CliError::Failed(format!("{file}: there is no row in it")),
    })?;
    Ok((units, problems))
}

/// Takes a row in; the first one says which columns there are.
fn take(units: &mut Option<Units>, row: &RawRow, asked: &Asked) -> Result<(), Problem> {
    let row = row.read()?;
    if units.is_none() {
        let there: Vec<String> = row.cells.iter().map(|(name, _)| name.to_owned()).collect();
        let columns = Columns::find(asked, &there).map_err(|reason| row.problem(reason))?;
        *units = Some(Units::new(columns));
    }
    units.as_mut().map_or(Ok(()), |units| units.add(&row))
}

fn print_analysis(analysis: &Analysis, units: &Units) {
    let unit = units.columns.unit.as_deref().unwrap_or("row");
    println!("{} units (one for each `{unit}`)", grouped(analysis.units));
    for arm in &analysis.split.arms {
        let control = if arm.name == analysis.control {
            ", the control"
        } else {
            ""
        };
        let of_all = arm.units as f64 / analysis.units.max(1) as f64;
        println!(
            "  {}: {} units, {:.2} % (planned {:.2} %){control}",
            arm.name,
            grouped(arm.units),
            of_all * 100.0,
            arm.planned_share * 100.0
        );
    }
    println!(
        "  such a split by chance: p = {}",
        p_value(analysis.split.p_value)
    );
    for warning in &analysis.warnings {
        println!("! {warning}");
    }
    for metric in &analysis.metrics {
        print_metric(metric, &analysis.control);
    }
    for column in &units.dropped {
        println!("`{column}` holds no numbers and is left out");
    }
}

fn print_metric(metric: &Metric, control: &str) {
    println!("\n{} per unit", metric.name);
    if let Some(cut_at) = metric.cut_at {
        println!("  values above {} are cut off at it", number(cut_at));
    }
    if metric.units_without > 0 {
        println!(
            "  {} units say nothing of it and are left out",
            grouped(metric.units_without)
        );
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "arm",
        "mean",
        "difference",
        "interval",
        "relative",
        "p",
        "p, all",
        "at any time",
        "",
    ]);
    let Estimate { mean, .. } = metric.control;
    table.add_row([control, &number(mean)]);
    for arm in &metric.arms {
        table.add_row(row(arm));
    }
    println!("{}", table.trim_fmt());
    for arm in &metric.arms {
        let Some(adjusted) = &arm.adjusted else {
            continue;
        };
        let found = adjusted
            .difference
            .map_or("nothing varies".into(), |found| told(&found));
        println!(
            "  {} with the covariate taken out: {found}; {:.1} % of the variance is gone",
            arm.arm,
            adjusted.variance_reduction * 100.0
        );
    }
}

fn row(arm: &Compared) -> Vec<String> {
    let mean = number(arm.treatment.mean);
    let Some(found) = &arm.difference else {
        return vec![arm.arm.clone(), mean, "nothing varies".into()];
    };
    let relative = arm
        .relative
        .map(|relative| format!("{:+.2} %", relative.estimate * 100.0));
    let any_time = arm.sequential.map(|found| interval(found.interval));
    let verdict = if arm.certain {
        "certain"
    } else {
        "not certain"
    };
    vec![
        arm.arm.clone(),
        mean,
        signed(found.estimate),
        interval(found.interval),
        relative.unwrap_or_default(),
        p_value(found.p_value),
        p_value(arm.p_value_corrected),
        any_time.unwrap_or_default(),
        verdict.into(),
    ]
}

fn told(found: &Difference) -> String {
    let (estimate, interval) = (signed(found.estimate), interval(found.interval));
    format!("{estimate} ({interval}), p = {}", p_value(found.p_value))
}

fn interval([low, high]: [f64; 2]) -> String {
    format!("{} to {}", signed(low), signed(high))
}

fn number(value: f64) -> String {
    let digits = if value.abs() >= 100.0 { 2 } else { 5 };
    format!("{value:.digits$}")
}

fn signed(value: f64) -> String {
    let sign = if value >= 0.0 { "+" } else { "" };
    format!("{sign}{}", number(value))
}

fn p_value(p: f64) -> String {
    if p < 0.0001 {
        format!("{p:.1e}")
    } else {
        format!("{p:.4}")
    }
}
