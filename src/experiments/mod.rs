//! Shopper → arm; units and their outcomes → intervals.

pub mod assignment;
pub mod simulation;
pub mod statistics;
pub mod trial;
