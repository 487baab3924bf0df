//! Which column of a trial's table says what.

use crate::problem::nearest;

/// Names that say who a row is about.
const UNIT_NAMES: [&str; 10] = [
    "unit",
    "unit_id",
    "user",
    "user_id",
    "userid",
    "shopper",
    "shopper_id",
    "customer",
    "customer_id",
    "id",
];

/// Names that say which arm a row's unit is in.
const ARM_NAMES: [&str; 10] = [
    "arm",
    "variant",
    "variation",
    "version",
    "group",
    "treatment",
    "test_group",
    "bucket",
    "segment",
    "condition",
];

/// Names for what was known of a unit before.
const COVARIATE_NAMES: [&str; 3] = ["covariate", "pre", "before"];

/// What somebody said of the columns; what is not said is guessed from names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Asked {
    pub unit: Option<String>,
    pub arm: Option<String>,
    /// Empty: every column that holds numbers or yes and no.
    pub metrics: Vec<String>,
    pub covariate: Option<String>,
}

/// Where a trial's table has what is needed.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// `None`: every row is a unit.
    pub unit: Option<String>,
    pub arm: String,
    pub metrics: Vec<String>,
    pub covariate: Option<String>,
    /// Metrics were asked for by name, so that a cell that holds no number is a mistake.
    pub metrics_are_named: bool,
}

impl Columns {
    /// Finds them among the columns of a table.
    ///
    /// # Errors
    /// When a named column is not there, or none can be the arm.
    pub fn find(asked: &Asked, there: &[String]) -> Result<Columns, String> {
        let named = |name: &Option<String>| match name {
            Some(name) => is_there(name, there).map(Some),
            None => Ok(None),
        };
        let unit = named(&asked.unit)?.or_else(|| first_of(&UNIT_NAMES, there));
        let arm = named(&asked.arm)?.or_else(|| first_of(&ARM_NAMES, there));
        let arm = arm.ok_or_else(|| {
            let there = there.join("`, `");
            format!("no column is named like an arm: write --arm with one of `{there}`")
        })?;
        let covariate = named(&asked.covariate)?.or_else(|| first_of(&COVARIATE_NAMES, there));
        let taken = [unit.as_ref(), Some(&arm), covariate.as_ref()];
        let metrics_are_named = !asked.metrics.is_empty();
        let metrics: Vec<String> = if metrics_are_named {
            let names = asked.metrics.iter();
            names
                .map(|name| is_there(name, there))
                .collect::<Result<_, _>>()?
        } else {
            let left = there.iter().filter(|name| !taken.contains(&Some(*name)));
            left.cloned().collect()
        };
        Ok(Columns {
            unit,
            arm,
            metrics,
            covariate,
            metrics_are_named,
        })
    }
}

fn is_there(name: &str, there: &[String]) -> Result<String, String> {
    if there.iter().any(|column| column == name) {
        return Ok(name.to_owned());
    }
    let near = nearest(name, there.iter().map(String::as_str));
    let instead = near.map_or_else(
        || format!("there are `{}`", there.join("`, `")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(format!("no column is named `{name}`: {instead}"))
}

fn first_of(names: &[&str], there: &[String]) -> Option<String> {
    let mut found = names.iter().filter_map(|name| {
        let is_named =
            |column: &&String| column.trim().to_lowercase().replace([' ', '-'], "_") == *name;
        there.iter().find(is_named)
    });
    found.next().cloned()
}
