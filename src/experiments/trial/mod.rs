//! A finished experiment as a table, one row or more for each unit: read, checked and analysed.

mod analysis;
mod columns;
mod units;

pub use analysis::{Analysis, Arm, Compared, Metric, Split, Wanted, analyse};
pub use columns::{Asked, Columns};
pub use units::Units;
