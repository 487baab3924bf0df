//! The rows of a trial's table, gathered by unit.

use rustc_hash::FxHashMap;

use super::columns::Columns;
use crate::catalog::feed::{Cell, Row, cell};
use crate::problem::Problem;

/// More arms than this are a column that says something else.
const ARMS_MAX: usize = 100;

/// All units of a trial.
#[derive(Debug, Clone)]
pub struct Units {
    pub columns: Columns,
    /// Names of arms, in the order in which they were met.
    pub arms: Vec<String>,
    pub units: Vec<Unit>,
    /// Columns taken for metrics until a cell was no number.
    pub dropped: Vec<String>,
    by_id: FxHashMap<String, usize>,
}

/// What is known of one unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// `None`: its rows name several arms.
    pub arm: Option<usize>,
    /// Of each metric, the sum over the unit's rows, or whether any says yes; `None` where no row says anything.
    pub metrics: Vec<Option<f64>>,
    /// The covariate's sum, and of how many rows.
    covariate: (f64, u32),
}

enum Said {
    Nothing,
    Number(f64),
    YesOrNo(bool),
    Other,
}

impl Units {
    pub fn new(columns: Columns) -> Units {
        Units {
            columns,
            arms: Vec::new(),
            units: Vec::new(),
            dropped: Vec::new(),
            by_id: FxHashMap::default(),
        }
    }

    /// Takes a row in.
    ///
    /// # Errors
    /// When it names no unit or no arm, or holds something else than a number where one is needed.
    pub fn add(&mut self, row: &Row<'_>) -> Result<(), Problem> {
        let arm = text(cell(&row.cells, &self.columns.arm));
        let arm = arm.ok_or_else(|| row.problem(format!("`{}` names no arm", self.columns.arm)))?;
        let metrics = self.metrics_of(row)?;
        let covariate = match &self.columns.covariate {
            None => Said::Nothing,
            Some(name) => said(cell(&row.cells, name)),
        };
        if let (Said::Other, Some(name)) = (&covariate, &self.columns.covariate) {
            return Err(row.problem(format!("`{name}` is no number")));
        }
        let arm = self.arm(arm).map_err(|reason| row.problem(reason))?;
        let at = self.unit(row, arm)?;
        let unit = &mut self.units[at];
        for (known, said) in unit.metrics.iter_mut().zip(metrics) {
            let so_far = known.unwrap_or_default();
            match said {
                Said::Number(number) => *known = Some(so_far + number),
                Said::YesOrNo(yes) => *known = Some(so_far.max(f64::from(u8::from(yes)))),
                Said::Nothing | Said::Other => {}
            }
        }
        if let Some(number) = covariate.number() {
            unit.covariate.0 += number;
            unit.covariate.1 += 1;
        }
        Ok(())
    }

    /// What each metric's column says; a column that says something else than numbers is no metric, unless it was named.
    fn metrics_of(&mut self, row: &Row<'_>) -> Result<Vec<Said>, Problem> {
        let names = self.columns.metrics.iter();
        let mut metrics: Vec<Said> = names.map(|name| said(cell(&row.cells, name))).collect();
        while let Some(at) = metrics.iter().position(|said| matches!(said, Said::Other)) {
            let name = &self.columns.metrics[at];
            if self.columns.metrics_are_named {
                let reason = format!("`{name}` is neither a number nor yes or no");
                return Err(row.problem(reason));
            }
            self.dropped.push(self.columns.metrics.remove(at));
            self.units.iter_mut().for_each(|unit| {
                unit.metrics.remove(at);
            });
            metrics.remove(at);
        }
        Ok(metrics)
    }

    fn arm(&mut self, name: &str) -> Result<usize, String> {
        if let Some(at) = self.arms.iter().position(|known| known == name) {
            return Ok(at);
        }
        if self.arms.len() == ARMS_MAX {
            let column = &self.columns.arm;
            return Err(format!(
                "`{column}` names more than {ARMS_MAX} arms: name another with --arm"
            ));
        }
        self.arms.push(name.to_owned());
        Ok(self.arms.len() - 1)
    }

    /// The position of the unit that a row is about.
    fn unit(&mut self, row: &Row<'_>, arm: usize) -> Result<usize, Problem> {
        let new = Unit {
            arm: Some(arm),
            metrics: vec![None; self.columns.metrics.len()],
            covariate: (0.0, 0),
        };
        let Some(column) = &self.columns.unit else {
            self.units.push(new);
            return Ok(self.units.len() - 1);
        };
        let id = text_of(cell(&row.cells, column));
        let id = id.ok_or_else(|| row.problem(format!("`{column}` names no unit")))?;
        let next = self.units.len();
        let at = *self.by_id.entry(id).or_insert(next);
        if at == next {
            self.units.push(new);
        } else if self.units[at].arm != Some(arm) {
            self.units[at].arm = None;
        }
        Ok(at)
    }
}

impl Unit {
    /// The mean of what its rows say.
    pub fn covariate(&self) -> Option<f64> {
        (self.covariate.1 > 0).then(|| self.covariate.0 / f64::from(self.covariate.1))
    }
}

impl Said {
    fn number(&self) -> Option<f64> {
        match self {
            Said::Number(number) => Some(*number),
            Said::YesOrNo(yes) => Some(f64::from(u8::from(*yes))),
            Said::Nothing | Said::Other => None,
        }
    }
}

fn said(cell: Option<&Cell<'_>>) -> Said {
    match cell {
        None | Some(Cell::Null) => Said::Nothing,
        Some(Cell::Bool(yes)) => Said::YesOrNo(*yes),
        Some(Cell::Number(number)) => number.as_f64().map_or(Said::Other, Said::Number),
        Some(Cell::Str(text)) => match text.trim().to_lowercase().as_str() {
            "" | "na" | "nan" | "null" => Said::Nothing,
            "true" | "yes" => Said::YesOrNo(true),
            "false" | "no" => Said::YesOrNo(false),
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Said::Number(number),
                _ => Said::Other,
            },
        },
        Some(_) => Said::Other,
    }
}

fn text<'c>(cell: Option<&'c Cell<'_>>) -> Option<&'c str> {
    cell?
        .as_str()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// A text, or a number as one.
fn text_of(cell: Option<&Cell<'_>>) -> Option<String> {
    match cell? {
        Cell::Number(number) => Some(number.to_string()),
        other => text(Some(other)).map(str::to_owned),
    }
}
