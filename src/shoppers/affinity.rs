//! How much more a shopper leans to a value than the shop's shoppers do, and the settings that say how fast.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An affinity is a log ratio within plus and minus this: at most e² ≈ 7.4 times the shop's share.
pub const AFFINITY_MAX: f64 = 2.0;

/// Negative evidence never leaves less than this share of a value's prior.
const PRIOR_LEFT_MIN: f64 = 0.01;

/// A value that the shop has never counted is treated as this rare.
const PRIOR_SHARE_MIN: f64 = 1e-4;

/// How evidence is weighed: `[affinity]` in `index/ranking.toml`. Changed half-lives rebuild the profiles from the
/// journal when the shop is next opened; the other settings act at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AffinitySettings {
    /// How much evidence it takes to move away from the shop's average; above 0.
    pub kappa: f64,
    /// Long-term evidence halves in this many days; above 0.
    pub half_life_days: f64,
    /// Evidence of the current session halves in this many minutes; above 0.
    pub session_half_life_minutes: f64,
    /// Session evidence counts this many times, on top of the long term; 0 or more.
    ///
    /// With 2, three views of a brand that has 5 % of the shop give an affinity of 1.36 at once and 0.73, the long
    /// term's part, after a few hours.
    pub session_weight: f64,
}

impl Default for AffinitySettings {
    fn default() -> Self {
        AffinitySettings {
            kappa: 50.0,
            half_life_days: 90.0,
            session_half_life_minutes: 30.0,
            session_weight: 2.0,
        }
    }
}

impl AffinitySettings {
    /// What is wrong with the settings: the key, and what to write instead.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let positive = [
            ("kappa", self.kappa, 50.0),
            ("half_life_days", self.half_life_days, 90.0),
            (
                "session_half_life_minutes",
                self.session_half_life_minutes,
                30.0,
            ),
        ];
        let mut faults: Vec<_> = positive
            .into_iter()
            .filter(|(_, value, _)| !(value.is_finite() && *value > 0.0))
            .map(|(key, value, default)| {
                let fault =
                    format!("`{key}` is {value}: write a number above 0, such as {default}");
                (key, fault)
            })
            .collect();
        if !(self.session_weight.is_finite() && self.session_weight >= 0.0) {
            let fault = format!(
                "`session_weight` is {}: write 0 or more, such as 2",
                self.session_weight
            );
            faults.push(("session_weight", fault));
        }
        faults
    }
}

/// `ln((e + κp) / ((E + κ)p))` within ±`AFFINITY_MAX`; exactly 0 when there is no evidence at all.
///
/// `evidence` is that of the value, and may be negative; `evidence_total` is the sum of the positive evidence of all
/// values of the attribute; `prior_share` is the value's share of the shop, above 0 and at most 1.
pub fn affinity(evidence: f64, evidence_total: f64, prior_share: f64, kappa: f64) -> f64 {
    if evidence == 0.0 && evidence_total <= 0.0 {
        return 0.0;
    }
    let prior_share = prior_share.clamp(PRIOR_SHARE_MIN, 1.0);
    let prior = kappa * prior_share;
    let leaning = (evidence + prior).max(PRIOR_LEFT_MIN * prior);
    let affinity = (leaning / ((evidence_total.max(0.0) + kappa) * prior_share)).ln();
    if affinity.is_nan() {
        return 0.0;
    }
    affinity.clamp(-AFFINITY_MAX, AFFINITY_MAX)
}
