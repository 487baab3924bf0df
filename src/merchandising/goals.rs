//! `merchandising/goals.toml`: what the shop as a whole wants more or less of, by name and strength.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mistakes;
use super::rules::Reading;
use crate::catalog::filter::{self, Filter};
use crate::catalog::schema::Role;
use crate::problem::{Problem, nearest};
use crate::ranking::{Adjustment, Measure, Wanted};

/// Where a shop directory keeps its goals.
pub const GOALS_FILE: &str = "merchandising/goals.toml";

/// At most this many goals have a say.
const GOALS_MAX: usize = 20;

/// A launched product is half as new after this many days, when nothing is said.
const NEW_DAYS: f64 = 30.0;

/// The file: any number of goals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenGoals {
    /// What the shop wants, wherever its products appear.
    #[serde(default, rename = "goal")]
    pub goals: Vec<WrittenGoal>,
}

/// Something the shop wants more or less of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenGoal {
    /// The name in explanations.
    pub name: String,
    /// What it is about.
    pub wants: Wants,
    /// 0 to 3: how much; 0.3 lifts the best of the list as if it were 1.3 times as relevant.
    #[schemars(range(min = 0, max = 3))]
    pub strength: f64,
    /// Only for products of this category and those below it.
    #[serde(default)]
    pub category: Option<String>,
    /// The number attribute it looks at, instead of the one with the role.
    #[serde(default)]
    pub attribute: Option<String>,
    /// For `launch`: half as new after this many days; 30 when not said.
    #[serde(default)]
    pub days: Option<f64>,
}

/// What a goal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wants {
    /// Products that earn more come up.
    Margin,
    /// Products of which there is much come up.
    Overstock,
    /// New products come up.
    Launch,
    /// Products that are looked at and not bought go down; name the `attribute` that says how often they are bought.
    LowConverting,
}

/// The goals as adjustments of every list, and what is wrong with them. `Err` when the file cannot be read at all.
pub fn read_goals(
    text: &str,
    reading: Reading<'_>,
) -> Result<(Vec<Adjustment>, Vec<Problem>), Problem> {
    let written: WrittenGoals =
        toml::from_str(text).map_err(|error| mistakes::of_file(GOALS_FILE, text, error))?;
    let (mut goals, mut problems) = (Vec::new(), Vec::new());
    for goal in written.goals.iter().take(GOALS_MAX) {
        match read_goal(goal, reading) {
            Ok(adjustment) => goals.push(adjustment),
            Err((reason, instead)) => {
                let reason = format!("goal `{}`: {reason}", goal.name);
                problems.push(Problem::new(GOALS_FILE, reason).suggest(instead));
            }
        }
    }
    Ok((goals, problems))
}

fn read_goal(goal: &WrittenGoal, reading: Reading<'_>) -> Result<Adjustment, (String, String)> {
    if !(0.0..=3.0).contains(&goal.strength) {
        let reason = format!("`strength` is {}", goal.strength);
        return Err((reason, "write a number between 0 and 3, such as 0.3".into()));
    }
    let schema = reading.shelf.schema;
    let role = match goal.wants {
        Wants::Margin => Some(Role::Margin),
        Wants::Overstock => Some(Role::Stock),
        Wants::Launch => Some(Role::Released),
        Wants::LowConverting => None,
    };
    let attribute = match (&goal.attribute, role) {
        (Some(name), _) => schema.position(name).ok_or_else(|| {
            let known = schema.attributes.iter().map(|known| known.name.as_str());
            let instead = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            let reason = format!("unknown attribute `{name}`");
            (
                reason,
                instead.unwrap_or("name a number of index/schema.toml".into()),
            )
        })?,
        (None, role) => role.and_then(|role| schema.role(role)).ok_or_else(|| {
            let instead =
                "name the `attribute` it looks at, or give one its role in index/schema.toml";
            (
                "no attribute says what it is about".to_string(),
                instead.to_string(),
            )
        })?,
    };
    if !schema.attributes[attribute].kind.is_numeric() {
        let reason = format!("`{}` is no number", schema.attributes[attribute].name);
        return Err((reason, "name an attribute that is one".into()));
    }
    let filter = match &goal.category {
        None => Filter::everything(),
        Some(category) => {
            let category =
                filter::parse(schema, &format!("{}:{category:?}", category_name(schema)));
            category.map_err(|error| (error.to_string(), "name a category".to_string()))?
        }
    };
    let (wanted, by) = match goal.wants {
        Wants::Margin | Wants::Overstock => (Wanted::High, 1.0 + goal.strength),
        Wants::Launch => {
            let half_life_days = goal.days.unwrap_or(NEW_DAYS).max(1.0);
            (Wanted::New { half_life_days }, 1.0 + goal.strength)
        }
        Wants::LowConverting => (Wanted::Low, 1.0 / (1.0 + goal.strength)),
    };
    Ok(Adjustment {
        name: goal.name.clone(),
        filter,
        by,
        measure: Some(Measure { attribute, wanted }),
    })
}

fn category_name(schema: &crate::catalog::schema::Schema) -> &str {
    let category = schema.role(Role::Category);
    category.map_or("category", |at| schema.attributes[at].name.as_str())
}
