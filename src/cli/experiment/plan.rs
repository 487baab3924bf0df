//! `endcap experiment plan`: how many units and days it takes to see an effect.

use comfy_table::{Table, presets};

use crate::cli::output::{grouped, print_json};
use crate::cli::{CliError, Outcome};
use crate::experiments::statistics::{self, power, smallest_effect, units_needed};

/// Effects of the power curve, in parts of the effect asked for.
const CURVE: [f64; 7] = [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0];

#[derive(clap::Args)]
pub(super) struct Plan {
    /// The metric's mean per unit now, such as a conversion rate of 0.03.
    #[arg(long)]
    mean: f64,
    /// Its standard deviation over units [default: that of yes and no with this mean].
    #[arg(long)]
    deviation: Option<f64>,
    /// The smallest effect worth finding, in parts of the mean, such as 0.05.
    #[arg(long)]
    effect: f64,
    /// Units that come in a day, all arms together.
    #[arg(long, value_name = "UNITS")]
    daily: f64,
    /// The share of units in the treatment; the rest is the control.
    #[arg(long, default_value_t = 0.5)]
    share: f64,
    /// How often chance alone may look like an effect.
    #[arg(long, default_value_t = 0.05)]
    alpha: f64,
    /// How often the effect has to be found when it is there.
    #[arg(long, default_value_t = 0.8)]
    power: f64,
    /// Days that are at hand, to say what they can show.
    #[arg(long)]
    days: Option<f64>,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) fn run(self) -> Result<Outcome, CliError> {
        let plan = self.checked()?;
        let effect = self.effect * self.mean.abs();
        let units = units_needed(&plan, effect, self.power).ceil();
        let days = (units / self.daily).ceil();
        // Whole weeks, for weekdays differ.
        let weeks = (days / 7.0).ceil();
        let at_hand = self.days.unwrap_or(weeks * 7.0);
        let smallest = smallest_effect(&plan, at_hand * self.daily, self.power) / self.mean.abs();
        let curve = CURVE.map(|part| {
            (
                self.effect * part,
                power(&plan, effect * part, at_hand * self.daily),
            )
        });
        if self.json {
            let curve =
                curve.map(|(effect, power)| serde_json::json!({"effect": effect, "power": power}));
            print_json(&serde_json::json!({
                "units": units, "days": days, "weeks": weeks, "days_at_hand": at_hand,
                "smallest_effect": smallest, "power_curve": curve,
            }))?;
            return Ok(Outcome::Done);
        }
        println!(
            "{} units, {} days: run it for {weeks} whole weeks",
            grouped(units as u64),
            grouped(days as u64)
        );
        println!(
            "{at_hand} days find effects from {:.2} % on, {:.0} % of the time",
            smallest * 100.0,
            self.power * 100.0
        );
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_header(["true effect", "found"]);
        for (effect, power) in curve {
            table.add_row([
                format!("{:.2} %", effect * 100.0),
                format!("{:.1} %", power * 100.0),
            ]);
        }
        println!("{}", table.trim_fmt());
        Ok(Outcome::Done)
    }

    fn checked(&self) -> Result<statistics::Plan, CliError> {
        let between = |name: &str, value: f64| {
            let reason = format!("--{name} is {value}: write a number above 0 and below 1");
            (value > 0.0 && value < 1.0)
                .then_some(())
                .ok_or(CliError::Usage(reason))
        };
        between("share", self.share)?;
        between("alpha", self.alpha)?;
        between("power", self.power)?;
        let deviation = self.deviation.or_else(|| {
            let is_a_rate = self.mean > 0.0 && self.mean < 1.0;
            is_a_rate.then(|| (self.mean * (1.0 - self.mean)).sqrt())
        });
        let Some(deviation) = deviation.filter(|deviation| *deviation > 0.0) else {
            let reason =
                "the mean is no rate: give the metric's --deviation over units, a number above 0";
            return Err(CliError::Usage(reason.into()));
        };
        if self.effect == 0.0
            || self.mean == 0.0
            || self.daily <= 0.0
            || self.days.is_some_and(|days| days <= 0.0)
        {
            let reason = "--mean, --effect, --daily and --days must not be 0";
            return Err(CliError::Usage(reason.into()));
        }
        Ok(statistics::Plan {
            variance: deviation * deviation,
            share: self.share,
            alpha: self.alpha,
        })
    }
}
