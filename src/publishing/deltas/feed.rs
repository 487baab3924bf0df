//! Feeds of changes: rows in, operations out.

use super::{Applied, Deltas, Operation, PublishError, Status};
use crate::catalog::feed::Feed;
use crate::problem::Problem;
use crate::publishing::generation::live_generation;
use crate::publishing::publications::{Outcome, Publication, record};

/// Rows that are applied together.
const ROWS: usize = 1_000;

/// What became of a feed of changes.
#[derive(Debug, Default)]
pub struct Changed {
    pub applied: u64,
    pub stale: u64,
    pub refused: u64,
    /// Why rows were refused, in the order of the feed.
    pub problems: Vec<Problem>,
}

impl Changed {
    fn add(&mut self, (feed, line): &(String, u64), one: Applied) {
        match one.status {
            Status::Applied => self.applied += 1,
            Status::Stale => self.stale += 1,
            Status::Refused => {
                let reason = one.reason.unwrap_or_default();
                self.refuse(Problem::new(feed.clone(), reason).at(*line));
            }
        }
    }

    fn refuse(&mut self, problem: Problem) {
        self.refused += u64::from(problem.line.is_some());
        self.problems.push(problem);
    }
}

impl Deltas {
    /// Applies the rows of feeds, a thousand at a time; products that no row names stay as they are. `progress` is told how
    /// many rows were read. It goes into the history.
    ///
    /// # Errors
    /// When changes cannot be made durable; those of earlier rows are applied, and applying the same feed again does no harm
    /// unless it says `increment`.
    pub fn apply_feeds(
        &self,
        feeds: Vec<Feed>,
        mut progress: impl FnMut(u64),
    ) -> Result<Changed, PublishError> {
        let names: Vec<String> = feeds.iter().map(|feed| feed.name.clone()).collect();
        let (mut changed, mut rows) = (Changed::default(), 0);
        let (mut places, mut operations) = (Vec::new(), Vec::new());
        for row in feeds.into_iter().flatten() {
            rows += 1;
            let read = row.and_then(|row| {
                let place = (row.feed.to_string(), row.line);
                let at = |reason| Problem::new(place.0.clone(), reason).at(place.1);
                let operation = Operation::of_row(row.cells()?).map_err(at)?;
                Ok((place, operation))
            });
            match read {
                Ok((place, operation)) => {
                    places.push(place);
                    operations.push(operation);
                }
                Err(problem) => changed.refuse(problem),
            }
            if operations.len() == ROWS {
                self.apply_rows(&mut places, &mut operations, &mut changed)?;
                progress(rows);
            }
        }
        self.apply_rows(&mut places, &mut operations, &mut changed)?;
        progress(rows);
        let (applied, stale) = (changed.applied, changed.stale);
        let entry = Publication {
            at: (self.clock)(),
            what: Outcome::Changed,
            live: live_generation(&self.paths.data),
            feed: names.join(", "),
            counts: None,
            refused: changed.refused,
            differences: None,
            beyond: Vec::new(),
            reason: Some(format!("{applied} applied, {stale} stale")),
        };
        record(&self.paths.data, &entry).map_err(PublishError::io(&self.paths.data))?;
        Ok(changed)
    }

    fn apply_rows(
        &self,
        places: &mut Vec<(String, u64)>,
        operations: &mut Vec<Operation>,
        changed: &mut Changed,
    ) -> Result<(), PublishError> {
        if operations.is_empty() {
            return Ok(());
        }
        let answers = self.apply(std::mem::take(operations));
        let answers = answers.map_err(|error| PublishError::Changes(error.to_string()))?;
        for (place, one) in places.drain(..).zip(answers) {
            changed.add(&place, one);
        }
        Ok(())
    }
}
