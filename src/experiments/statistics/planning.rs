//! Before the start: how many units it takes to see an effect.

use statrs::distribution::{ContinuousCDF, Normal};

/// What an experiment is planned with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Of one unit of the metric.
    pub variance: f64,
    /// The treatment's share of all units of both arms, above 0 and below 1.
    pub share: f64,
    /// How often chance alone may look like an effect.
    pub alpha: f64,
}

/// Units of both arms together until a true difference of `effect` is found with probability `power`.
pub fn units_needed(plan: &Plan, effect: f64, power: f64) -> f64 {
    let wanted = quantile(1.0 - plan.alpha / 2.0) + quantile(power);
    plan.variance * (wanted / effect).powi(2) / (plan.share * (1.0 - plan.share))
}

/// The smallest true difference that `units` of both arms together find with probability `power`.
pub fn smallest_effect(plan: &Plan, units: f64, power: f64) -> f64 {
    let wanted = quantile(1.0 - plan.alpha / 2.0) + quantile(power);
    wanted * standard_error(plan, units)
}

/// How often a true difference of `effect` is found with `units` of both arms together.
pub fn power(plan: &Plan, effect: f64, units: f64) -> f64 {
    let away = effect.abs() / standard_error(plan, units);
    let bound = quantile(1.0 - plan.alpha / 2.0);
    let normal = Normal::standard();
    normal.sf(bound - away) + normal.cdf(-bound - away)
}

fn standard_error(plan: &Plan, units: f64) -> f64 {
    (plan.variance / (units * plan.share * (1.0 - plan.share))).sqrt()
}

fn quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_suffices() {
        let plan = Plan {
            variance: 4.0,
            share: 0.2,
            alpha: 0.05,
        };
        let units = units_needed(&plan, 0.1, 0.8);
        assert!((smallest_effect(&plan, units, 0.8) - 0.1).abs() < 1e-9);
        assert!((power(&plan, 0.1, units) - 0.8).abs() < 1e-4);
        assert!((power(&plan, 0.0, units) - 0.05).abs() < 1e-9);
    }
}
