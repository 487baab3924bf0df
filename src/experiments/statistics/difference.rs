//! How far two arms are apart: once, at the planned end, and at any time.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Estimate;

/// At how many units, both arms together, the sequential interval is tightest (gbstats' choice).
const TIGHTEST_AT: f64 = 5_000.0;

/// What a difference is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The metric's own unit.
    Absolute,
    /// Parts of the control's mean.
    Relative,
}

/// Treatment less control.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    pub estimate: f64,
    pub standard_error: f64,
    /// Holds the true difference in `1 - alpha` of all experiments.
    pub interval: [f64; 2],
    /// How often chance alone makes a difference like this, two-sided.
    pub p_value: f64,
}

/// Two means that lie apart.
struct Apart {
    estimate: f64,
    variance: f64,
}

/// Welch's test, to be looked at once. `None` where no unit differs from another, or where the control's mean is zero and
/// the scale is relative.
pub fn welch(
    control: &Estimate,
    treatment: &Estimate,
    scale: Scale,
    alpha: f64,
) -> Option<Difference> {
    let apart = Apart::of(control, treatment, scale)?;
    let standard_error = apart.variance.sqrt();
    let students = StudentsT::new(0.0, 1.0, freedom(control, treatment)).ok()?;
    let width = students.inverse_cdf(1.0 - alpha / 2.0) * standard_error;
    let p_value = 2.0 * students.sf((apart.estimate / standard_error).abs());
    Some(apart.with(width, p_value))
}

/// A confidence sequence that may be looked at after every unit (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2023,
/// <https://arxiv.org/abs/2103.06476>, equations 9, 155 and 161). `None` as for [`welch`].
pub fn sequential(
    control: &Estimate,
    treatment: &Estimate,
    scale: Scale,
    alpha: f64,
) -> Option<Difference> {
    let apart = Apart::of(control, treatment, scale)?;
    let n = (control.n + treatment.n) as f64;
    let log = -2.0 * alpha.ln();
    let rho_squared = (log + (log + 1.0).ln()) / TIGHTEST_AT;
    let grown = n * rho_squared + 1.0;
    let width =
        (apart.variance * 2.0 * grown * (grown.sqrt() / alpha).ln() / (n * rho_squared)).sqrt();
    let surprise = apart.estimate * apart.estimate * n / apart.variance;
    let evidence = (rho_squared * surprise / (2.0 * grown)).exp() / grown.sqrt();
    Some(apart.with(width, (1.0 / evidence).min(1.0)))
}

impl Apart {
    fn of(control: &Estimate, treatment: &Estimate, scale: Scale) -> Option<Apart> {
        let own = control.variance / control.n.max(1) as f64;
        let other = treatment.variance / treatment.n.max(1) as f64;
        let difference = treatment.mean - control.mean;
        let (estimate, variance) = match scale {
            Scale::Absolute => (difference, own + other),
            Scale::Relative => {
                let base = control.unadjusted_mean;
                let ratio = treatment.unadjusted_mean / base;
                let variance = (other + own * ratio * ratio) / (base * base);
                (difference / base, variance)
            }
        };
        let known = control.variance > 0.0 && treatment.variance > 0.0;
        let usable = estimate.is_finite() && variance.is_finite() && variance > 0.0;
        (known && usable).then_some(Apart { estimate, variance })
    }

    fn with(self, width: f64, p_value: f64) -> Difference {
        Difference {
            estimate: self.estimate,
            standard_error: self.variance.sqrt(),
            interval: [self.estimate - width, self.estimate + width],
            p_value,
        }
    }
}

/// Degrees of freedom by Welch and Satterthwaite.
fn freedom(control: &Estimate, treatment: &Estimate) -> f64 {
    let of = |arm: &Estimate| {
        let share = arm.variance / arm.n as f64;
        (share, share * share / (arm.n - 1) as f64)
    };
    let ((own, own_squared), (other, other_squared)) = (of(control), of(treatment));
    (own + other).powi(2) / (own_squared + other_squared)
}
