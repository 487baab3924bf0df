//! What a trial says: of each metric, each arm beside the control.

use serde::Serialize;

use super::units::{Unit, Units};
use crate::experiments::statistics::{
    Balance, Difference, Estimate, Pairs, Sample, Scale, balance, holm, sequential, theta, welch,
};

/// Names of arms that are taken for the control when nothing is said.
const CONTROL_NAMES: [&str; 9] = [
    "control", "holdout", "baseline", "a", "0", "off", "none", "false", "plain",
];

/// How a trial is to be analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The arm that others are compared with.
    pub control: Option<String>,
    /// The planned weight of each named arm; empty: all alike.
    pub weights: Vec<(String, f64)>,
    /// How often chance alone may look like an effect, such as 0.05.
    pub alpha: f64,
    /// Values above this share of all (such as 0.999) are cut off at it.
    pub winsorize: Option<f64>,
    /// Units that were planned; until they are there nothing is decided.
    pub planned: Option<u64>,
}

/// All that a trial says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    pub units: u64,
    /// Units whose rows name several arms; they are left out.
    pub units_in_several_arms: u64,
    pub control: String,
    pub split: Split,
    pub metrics: Vec<Metric>,
    /// What somebody who decides by this has to know.
    pub warnings: Vec<String>,
}

/// How units are spread over arms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Split {
    pub arms: Vec<Arm>,
    /// How often chance alone splits units as unevenly.
    pub p_value: f64,
    pub balance: Balance,
    /// Something is wrong with who was counted: no figure below can be relied on.
    pub mismatch: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Arm {
    pub name: String,
    pub units: u64,
    /// Of all units, as planned.
    pub planned_share: f64,
}

/// One metric in all arms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metric {
    pub name: String,
    pub control: Estimate,
    /// Values were cut off at this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_at: Option<f64>,
    /// Units without a value, which are left out of this metric.
    pub units_without: u64,
    pub arms: Vec<Compared>,
}

/// An arm beside the control.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    pub arm: String,
    pub treatment: Estimate,
    /// In the metric's own unit; `None` where nothing varies.
    pub difference: Option<Difference>,
    /// In parts of the control's mean.
    pub relative: Option<Difference>,
    /// May be looked at at any time.
    pub sequential: Option<Difference>,
    /// Corrected for all comparisons of this trial (Holm).
    pub p_value_corrected: f64,
    /// With the covariate taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjusted: Option<Adjusted>,
    /// The planned size is reached, the split is right and chance alone is no explanation.
    pub certain: bool,
}

/// What knowing more beforehand gives (CUPED).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjusted {
    pub theta: f64,
    pub difference: Option<Difference>,
    pub relative: Option<Difference>,
    /// The share of the difference's variance that is gone: 0 is no gain.
    pub variance_reduction: f64,
}

/// Analyses a trial.
///
/// # Errors
/// When there are fewer than two arms, or a named arm is not there.
pub fn analyse(units: &Units, wanted: &Wanted) -> Result<Analysis, String> {
    let control = control_of(units, wanted)?;
    let split = split(units, wanted)?;
    let mut warnings = Vec::new();
    if wanted.control.is_none() {
        let name = &units.arms[control];
        warnings.push(format!(
            "`{name}` is taken for the control: --control says another"
        ));
    }
    let names = units.columns.metrics.iter().enumerate();
    let metrics = names.map(|(at, name)| metric(units, wanted, control, at, name));
    let mut analysis = Analysis {
        units: units.units.len() as u64,
        units_in_several_arms: units.units.iter().filter(|unit| unit.arm.is_none()).count() as u64,
        control: units.arms[control].clone(),
        metrics: metrics.collect(),
        split,
        warnings,
    };
    analysis.warn(wanted);
    analysis.decide(wanted);
    Ok(analysis)
}

fn control_of(units: &Units, wanted: &Wanted) -> Result<usize, String> {
    let arms = &units.arms;
    if arms.len() < 2 {
        let column = &units.columns.arm;
        return Err(format!(
            "`{column}` names {} arm: at least two are needed",
            arms.len()
        ));
    }
    if let Some(control) = &wanted.control {
        let found = arms.iter().position(|arm| arm == control);
        return found.ok_or_else(|| no_such_arm(control, arms));
    }
    let known = CONTROL_NAMES
        .iter()
        .find_map(|name| arms.iter().position(|arm| arm.to_lowercase() == *name));
    let starts = || {
        arms.iter().position(|arm| {
            let arm = arm.to_lowercase();
            arm.starts_with("control") || arm.starts_with("no ") || arm.starts_with("no_")
        })
    };
    let first = || {
        (0..arms.len())
            .min_by_key(|at| &arms[*at])
            .unwrap_or_default()
    };
    Ok(known.or_else(starts).unwrap_or_else(first))
}

fn no_such_arm(name: &str, arms: &[String]) -> String {
    format!(
        "no arm is named `{name}`: there are `{}`",
        arms.join("`, `")
    )
}

fn split(units: &Units, wanted: &Wanted) -> Result<Split, String> {
    if let Some((name, _)) = wanted
        .weights
        .iter()
        .find(|(name, _)| !units.arms.contains(name))
    {
        return Err(no_such_arm(name, &units.arms));
    }
    let weight = |arm: &String| {
        let said = wanted.weights.iter().find(|(name, _)| name == arm);
        said.map_or(
            if wanted.weights.is_empty() { 1.0 } else { 0.0 },
            |(_, weight)| *weight,
        )
    };
    let weights: Vec<f64> = units.arms.iter().map(weight).collect();
    let mut counts = vec![0; units.arms.len()];
    units
        .units
        .iter()
        .filter_map(|unit| unit.arm)
        .for_each(|arm| counts[arm] += 1);
    let (p_value, seen) = balance(&counts, &weights);
    let total: f64 = weights.iter().sum();
    let arms = units.arms.iter().zip(&counts).zip(&weights);
    let arms = arms.map(|((name, units), weight)| Arm {
        name: name.clone(),
        units: *units,
        planned_share: weight / total,
    });
    Ok(Split {
        arms: arms.collect(),
        p_value,
        balance: seen,
        mismatch: seen != Balance::AsPlanned,
    })
}

fn metric(units: &Units, wanted: &Wanted, control: usize, at: usize, name: &str) -> Metric {
    let counted = || units.units.iter().filter(|unit| unit.arm.is_some());
    let cut_at = wanted.winsorize.and_then(|share| {
        cut_at(
            counted().filter_map(|unit| unit.metrics[at]).collect(),
            share,
        )
    });
    let value = |unit: &Unit| {
        let value = unit.metrics[at]?;
        Some(cut_at.map_or(value, |most| value.min(most)))
    };
    let sample = |arm: usize| {
        let mut sample = Sample::default();
        of_arm(units, arm)
            .filter_map(value)
            .for_each(|value| sample.add(value));
        sample
    };
    let pairs = |arm: usize| {
        let mut pairs = Pairs::default();
        let both = of_arm(units, arm).filter_map(|unit| Some((value(unit)?, unit.covariate()?)));
        both.for_each(|(value, before)| pairs.add(value, before));
        pairs
    };
    let base = sample(control).estimate();
    let before = units.columns.covariate.as_ref().map(|_| pairs(control));
    let others = (0..units.arms.len()).filter(|arm| *arm != control);
    let arms = others.map(|arm| {
        let treatment = sample(arm).estimate();
        Compared {
            arm: units.arms[arm].clone(),
            difference: welch(&base, &treatment, Scale::Absolute, wanted.alpha),
            relative: welch(&base, &treatment, Scale::Relative, wanted.alpha),
            sequential: sequential(&base, &treatment, Scale::Absolute, wanted.alpha),
            adjusted: before.map(|before| adjusted(&before, &pairs(arm), wanted.alpha)),
            treatment,
            p_value_corrected: 1.0,
            certain: false,
        }
    });
    Metric {
        name: name.to_owned(),
        control: base,
        cut_at,
        units_without: counted().filter(|unit| unit.metrics[at].is_none()).count() as u64,
        arms: arms.collect(),
    }
}

fn of_arm(units: &Units, arm: usize) -> impl Iterator<Item = &Unit> {
    units.units.iter().filter(move |unit| unit.arm == Some(arm))
}

fn adjusted(control: &Pairs, treatment: &Pairs, alpha: f64) -> Adjusted {
    let theta = theta(control, treatment);
    let (base, other) = (control.adjusted(theta), treatment.adjusted(theta));
    let variance = |base: &Estimate, other: &Estimate| {
        base.variance / base.n.max(1) as f64 + other.variance / other.n.max(1) as f64
    };
    let plain = variance(&control.adjusted(0.0), &treatment.adjusted(0.0));
    Adjusted {
        theta,
        difference: welch(&base, &other, Scale::Absolute, alpha),
        relative: welch(&base, &other, Scale::Relative, alpha),
        variance_reduction: if plain > 0.0 {
            1.0 - variance(&base, &other) / plain
        } else {
            0.0
        },
    }
}

/// The value below which `share` of all lie.
fn cut_at(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = (share.clamp(0.0, 1.0) * last as f64).ceil() as usize;
    Some(values[at])
}

impl Analysis {
    fn warn(&mut self, wanted: &Wanted) {
        if self.split.mismatch {
            let p = self.split.p_value;
            let shares: Vec<String> = self.split.arms.iter().map(Arm::told).collect();
            self.warnings.push(format!(
                "the split is not as planned (sample-ratio mismatch, p = {p:.2e}): {}. Find out who is missing before \
                 believing any figure",
                shares.join(", ")
            ));
        }
        if self.units_in_several_arms > 0 {
            let units = self.units_in_several_arms;
            self.warnings.push(format!(
                "{units} units were in several arms and are left out"
            ));
        }
        if let Some(planned) = wanted.planned.filter(|planned| self.units < *planned) {
            let units = self.units;
            self.warnings.push(format!(
                "{units} of {planned} planned units: only the sequential interval holds, and nothing is decided yet"
            ));
        }
    }

    /// Corrects for how many comparisons were made, and says what is certain.
    fn decide(&mut self, wanted: &Wanted) {
        let size_is_reached = wanted.planned.is_none_or(|planned| self.units >= planned);
        let may_decide = size_is_reached && !self.split.mismatch;
        let mut compared: Vec<&mut Compared> = self
            .metrics
            .iter_mut()
            .flat_map(|metric| &mut metric.arms)
            .collect();
        let p_value =
            |compared: &&mut Compared| compared.difference.map_or(1.0, |found| found.p_value);
        let p_values: Vec<f64> = compared.iter().map(p_value).collect();
        for (compared, corrected) in compared.iter_mut().zip(holm(&p_values)) {
            compared.p_value_corrected = corrected;
            compared.certain = may_decide && corrected < wanted.alpha;
        }
    }
}

impl Arm {
    fn told(&self) -> String {
        format!(
            "{} units in `{}` (planned {:.1} %)",
            self.units,
            self.name,
            self.planned_share * 100.0
        )
    }
}
